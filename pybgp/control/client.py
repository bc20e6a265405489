"""Asks a running speaker. Blocking, and from the standard library's socket only: the command line starts fast."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator
from types import TracebackType
from typing import Any, Final, Self

from ..errors import ApiError

DEFAULT_SOCKET: Final = "/run/pybgp/pybgp.sock"
_RECEIVE_OCTETS: Final = 1 << 18


class NoDaemon(ApiError):
    """Nobody answers on the socket."""


class Refused(ApiError):
    """The speaker's answer is an error.

    ``code`` is "bad_request", "bad_argument", "unknown_peer", "config" or "failed"; ``problems`` are the findings of
    a bad configuration, one a line.
    """

    def __init__(self, message: str, *, code: str = "failed", problems: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.problems = problems


class Client:
    """One connection; questions are asked in turn."""

    def __init__(self, path: str = DEFAULT_SOCKET, *, timeout: float = 30) -> None:
        """``timeout`` in seconds is for each piece of an answer, not for the whole.

        Raises:
            NoDaemon: nobody listens on ``path``, or we may not ask.
        """
        self.path = path
        self._next_id = 1
        self._buffer = bytearray()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError as error:
            self._socket.close()
            raise NoDaemon(_why_not(path, error)) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._socket.close()

    def ask(self, query: str, **arguments: str | None) -> dict[str, Any]:
        """The answer to a question that has one.

        Raises:
            Refused: the speaker says no.
            NoDaemon: it went away.
        """
        request_id = self._send(query, arguments)
        answer: dict[str, Any] = self._receive(request_id)["result"]
        return answer

    def stream(self, query: str, **arguments: str | None) -> Iterator[dict[str, Any]]:
        """The items of a long answer, as they come. Read it to its end before the next question.

        Raises:
            Refused, NoDaemon: as ``ask``, also in the middle.
        """
        request_id = self._send(query, arguments)
        while True:
            answer = self._receive(request_id)
            if answer.get("end"):
                return
            yield from answer["items"]

    def _send(self, query: str, arguments: dict[str, str | None]) -> int:
        request_id = self._next_id
        self._next_id += 1
        given = {name: value for name, value in arguments.items() if value is not None}
        try:
            self._socket.sendall(json.dumps({"id": request_id, "query": query, "args": given}).encode() + b"\n")
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has closed already; what it said before is read next
        except OSError as error:
            raise NoDaemon(_why_not(self.path, error)) from None
        return request_id

    def _receive(self, request_id: int) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._line())
        if "error" in answer:
            error = answer["error"]
            raise Refused(error["message"], code=error["code"], problems=tuple(error.get("problems", ())))
        if answer.get("id") != request_id:
            raise Refused(f"answer {answer.get('id')} came for question {request_id}")
        return answer

    def _line(self) -> bytes:
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            try:
                data = self._socket.recv(_RECEIVE_OCTETS)
            except TimeoutError:
                raise NoDaemon(f"{self.path}: no answer for {self._socket.gettimeout():g} s") from None
            except OSError as error:
                raise NoDaemon(_why_not(self.path, error)) from None
            if not data:
                raise NoDaemon(f"{self.path}: the daemon went away")
            self._buffer += data
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        return line


def socket_path(given: str | None) -> str:
    """The socket to ask: as given, else PYBGP_SOCKET, else where a daemon listens by default."""
    return given or os.environ.get("PYBGP_SOCKET") or DEFAULT_SOCKET


def _why_not(path: str, error: OSError) -> str:
    if isinstance(error, FileNotFoundError | ConnectionRefusedError):
        return f"no pybgp is running on {path}"
    if isinstance(error, ConnectionResetError):
        return f"{path}: the daemon went away"
    if isinstance(error, PermissionError):
        return f"{path}: you may not talk to this pybgp (see control.mode and control.group)"
    return f"{path}: {error.strerror or error}"
