"""All listening sockets of a speaker: what a new configuration needs is there before anything of the old one goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from ..errors import PybgpError
from .endpoints import Listener, check_md5, in_the_way, listening_socket, set_passwords

if TYPE_CHECKING:
    import socket

Endpoint = tuple[str, int]


class Listeners:
    """``open`` what will be wanted, then ``use`` it or ``back_out``."""

    def __init__(self, loop: asyncio.AbstractEventLoop, accepted: Callable[[socket.socket], None]) -> None:
        self._loop = loop
        self._accepted = accepted
        self._listeners: dict[Endpoint, Listener] = {}
        self._spare: dict[Endpoint, socket.socket] = {}  # opened for a configuration that is not in use yet
        self._gone: list[Endpoint] = []  # closed to make room for those
        self._passwords: Mapping[str, str] = {}

    def open(self, wanted: Collection[Endpoint], *, passwords: bool) -> None:
        """Open what a configuration needs, with TCP-MD5 if there are ``passwords``; ``use`` takes it into use.

        Raises:
            PybgpError: an address can't be listened on, or the kernel has no TCP-MD5. Nothing has changed.
        """
        try:
            for endpoint in wanted:
                if endpoint not in self._listeners and endpoint not in self._spare:
                    self._make_room(endpoint, self._listeners.keys() - set(wanted))
                    self._spare[endpoint] = listening_socket(*endpoint)
            if passwords:
                check_md5()
        except PybgpError as error:
            self.back_out(error)
            raise

    def _make_room(self, endpoint: Endpoint, unwanted: set[Endpoint]) -> None:
        """Close what is to go anyway where it would keep us from listening there; ``back_out`` opens it again."""
        for other in unwanted:
            if in_the_way(endpoint, other):
                self._listeners.pop(other).close()
                self._gone.append(other)

    def back_out(self, error: PybgpError) -> None:
        """Listen as before, after this error; where that fails, too, the next ``open`` or ``back_out`` tries it again.

        Raises:
            PybgpError: an address that had made room is taken by somebody else now.
        """
        while self._spare:
            self._spare.popitem()[1].close()
        lost = []
        for endpoint in self._gone:
            try:
                sock = listening_socket(*endpoint)
            except PybgpError as another:
                lost.append((endpoint, another))
                continue
            set_passwords(sock, self._passwords, {})
            self._listeners[endpoint] = Listener(self._loop, sock, self._accepted)
        self._gone = [endpoint for endpoint, _ in lost]
        if lost:
            raise PybgpError("; ".join([str(error), *(f"and no longer: {another}" for _, another in lost)])) from error

    def use(self, endpoints: Collection[Endpoint], passwords: Mapping[str, str]) -> Iterator[Endpoint]:
        """Listen on exactly these, with these passwords by peer address or prefix; gives those that are new."""
        for endpoint in self._listeners.keys() - set(endpoints):
            self._listeners.pop(endpoint).close()
        for endpoint in endpoints:
            known = self._listeners.get(endpoint)
            if known is not None:
                set_passwords(known.socket, passwords, self._passwords)
                continue
            sock = self._spare.pop(endpoint, None) or listening_socket(*endpoint)
            set_passwords(sock, passwords, {})
            self._listeners[endpoint] = Listener(self._loop, sock, self._accepted)
            yield endpoint
        self._passwords = dict(passwords)
        self._gone.clear()

    def close(self) -> None:
        while self._listeners:
            self._listeners.popitem()[1].close()
