"""How fast: pybgp beside BIRD, FRR, GoBGP and OpenBGPD, the same work in the same run (``make bench``)."""
