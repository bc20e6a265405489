"""The codec beside those of PyPI: the same octets, the same work, in the same run (``make bench-codec``).

Each codec runs in a process of its own and says how much CPU it took; they take turns within a round. The others are
installed apart, in ``.venv-bench``, and what isn't installed is left out. Only pybgp's own subject imports pybgp.
"""
