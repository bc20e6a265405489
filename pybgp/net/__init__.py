"""The asyncio shell: TCP connections, the clock, and the public ``Speaker``."""
