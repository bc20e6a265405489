"""One peer's sessions: RFC 4271 §8 without sockets and without a clock. ``PeerFsm`` is the way in."""
