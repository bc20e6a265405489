"""What programs that aren't ours say of what pybgp encodes, and what pybgp makes of what they send."""
