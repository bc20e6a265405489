"""How programs ask a running speaker: one implementation of each question, and a socket to ask it on."""
