"""What helps to test programs that use pybgp, and pybgp itself; needs the packages of the extra ``dev``."""
