"""The core: one BGP instance as a value machine, without sockets, clock, threads or logging."""
