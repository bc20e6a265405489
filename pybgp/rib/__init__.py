"""The routing information base: one table a family, of which the RIBs of RFC 4271 §3.2 are views."""
