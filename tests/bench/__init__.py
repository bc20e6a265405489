"""How fast: pybgp beside BIRD and FRR, the same work in the same run (``make bench``; docs/performance.md)."""
