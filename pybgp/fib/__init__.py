"""Where best routes go: the kernel's tables, a dictionary, or nowhere (``pybgp.speaker.fib.Fib``)."""
