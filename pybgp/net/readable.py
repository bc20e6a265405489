"""Has any connection brought octets that nobody has taken yet? asyncio's selector knows, but can't be asked."""

from __future__ import annotations

import select


class Readable:
    """The sockets of a speaker, beside asyncio's own selector. Where there is no epoll the answer is always yes."""

    __slots__ = ("_epoll",)

    def __init__(self) -> None:
        self._epoll = select.epoll() if hasattr(select, "epoll") else None

    def watch(self, fd: int) -> None:
        """A connection is there; the kernel itself forgets a socket that is closed."""
        if self._epoll is not None:
            self._epoll.register(fd, select.EPOLLIN)

    def __bool__(self) -> bool:
        """Are there octets, or has a peer hung up? Asking takes about 1 µs."""
        return self._epoll is None or bool(self._epoll.poll(0, 1))

    def close(self) -> None:
        if self._epoll is not None:
            self._epoll.close()
            self._epoll = None
