"""The daemon: puts a speaker, a FIB, the control socket and the log together, and lives until it is told to stop."""
