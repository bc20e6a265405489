"""The control socket: JSON lines on a UNIX socket, one question a line, answers carry the question's id.

``docs/reference/control-socket.md`` is the protocol. A long answer is sent in slices of a few milliseconds and waits
for its reader, so neither the event loop nor memory suffers from it.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, Final

from ..errors import ApiError, ConfigError, PybgpError
from ..speaker.what_if import RouteChange
from . import drain, own_routes, peer_verbs, queries
from .answers import JsonObject, Steps
from .arguments import BadArgument, UnknownPeer
from .asked import Speaker
from .policy_diff import DEFAULT_LIMIT, items
from .socket_file import SocketFile

MAX_REQUEST_OCTETS: Final = 1 << 16
SLICE_S: Final = 0.004
"""How long a slice of an answer may keep the event loop."""
MAX_ITEMS: Final = 200
"""Items on one line of a long answer."""
WRITE_BUFFER_OCTETS: Final = 1 << 18
MAX_CLIENTS: Final = 64
MAX_LIMIT_DIGITS: Final = 9

_encode: Final = json.JSONEncoder(separators=(",", ":")).encode

Reload = Callable[[], Awaitable[JsonObject]]
PolicyDiff = Callable[[str], Awaitable[Iterator[RouteChange | None]]]
Answer = JsonObject | list[JsonObject] | Iterator[JsonObject | None]


class BadRequest(ApiError):
    """A line that is no question."""


class ControlServer:
    """Serves the questions of ``control.queries`` on one socket."""

    def __init__(
        self,
        speaker: Speaker,
        *,
        facts: Callable[[], Mapping[str, Any]] = dict,
        reload: Reload | None = None,
        policy_diff: PolicyDiff | None = None,
    ) -> None:
        """``facts`` are added to the answer of "status"; ``reload`` reads the configuration again; ``policy_diff`` says
        what the policies of another file would change.
        """
        self._speaker = speaker
        self._facts = facts
        self._reload = reload
        self._policy_diff = policy_diff
        self._server: asyncio.Server | None = None
        self._file: SocketFile | None = None
        self._clients: set[asyncio.Task[None]] = set()

    async def serve(self, file: SocketFile) -> None:
        """Answer on this socket, and no longer on the one before; conversations that are under way go on."""
        server = await asyncio.start_unix_server(self._connected, sock=file.socket, limit=MAX_REQUEST_OCTETS)
        self._stop_listening()
        self._server, self._file = server, file

    def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
        if self._file is not None:
            self._file.remove()
        self._server = self._file = None

    async def close(self) -> None:
        """Stop listening, end all conversations, remove the socket file if it is still ours."""
        self._stop_listening()
        clients = list(self._clients)
        for task in clients:
            task.cancel()
        await asyncio.gather(*clients, return_exceptions=True)

    # -- conversations -------------------------------------------------------------------------------------------------

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # asyncio runs this as a task
        self._clients.add(task)
        try:
            writer.transport.set_write_buffer_limits(high=WRITE_BUFFER_OCTETS)
            if len(self._clients) > MAX_CLIENTS:
                await _send(writer, _error(None, BadRequest(f"more than {MAX_CLIENTS} connections")))
                return
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            pass  # the reader went away, or we are stopping: nobody is left to tell
        finally:
            self._clients.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            try:
                line = await reader.readline()
            except ValueError:  # longer than the limit: where the next one starts is not known
                await _send(writer, _error(None, BadRequest(f"a line of more than {MAX_REQUEST_OCTETS} octets")))
                return
            if not line:
                return
            if line.strip():
                await self._answer_line(line, writer)

    async def _answer_line(self, line: bytes, writer: asyncio.StreamWriter) -> None:
        request_id: object = None
        try:
            request = _parse(line)
            request_id = request.get("id")
            answer = await self._answer(request)
            if isinstance(answer, dict):
                writer.write(f'{{"id":{_encode(request_id)},"result":{await _text(answer)}}}\n'.encode())
                await writer.drain()
            else:
                await self._send_items(writer, request_id, iter(answer))
        except PybgpError as error:
            await _send(writer, _error(request_id, error))

    async def _answer(self, request: JsonObject) -> Answer:
        query = request.get("query")
        arguments = request.get("args", {})
        allowed = _ARGUMENTS.get(query) if isinstance(query, str) else None
        if allowed is None:
            raise BadRequest(f"query {query!r}: expected one of {', '.join(_ARGUMENTS)}")
        if not isinstance(arguments, dict):
            raise BadArgument("args: expected an object")
        for name, value in arguments.items():
            if name not in allowed:
                raise BadArgument(f"{query} has no argument {name!r}: expected {', '.join(allowed) or 'none'}")
            if value is not None and not isinstance(value, str):
                raise BadArgument(f"{name} = {value!r}: expected a string")
        given = {name: value for name, value in arguments.items() if value is not None}
        match query:
            case "version":
                return queries.version()
            case "status":
                return await _whole(queries.status(self._speaker, self._facts()))
            case "peers":
                return queries.peers(self._speaker, given.get("name"))
            case "policies":
                return queries.policies(self._speaker)
            case "aggregates":
                return queries.aggregates(self._speaker)
            case "routes":
                return queries.routes(self._speaker, **given)
            case "explain":
                return queries.explain(self._speaker, **given)
            case "fib":
                return queries.fib(self._speaker, **given)
            case "rpki":
                return queries.rpki(self._speaker, **given)
            case "reset":
                return peer_verbs.reset(self._speaker, **given)
            case "refresh":
                return peer_verbs.refresh(self._speaker, **given)
            case "disable":
                return peer_verbs.disable(self._speaker, **given)
            case "drain":
                return await _whole(drain.drain(self._speaker, **given))
            case "announce":
                return own_routes.announce(self._speaker, **given)
            case "withdraw":
                return own_routes.withdraw(self._speaker, **given)
            case "enable":
                return peer_verbs.enable(self._speaker, **given)
        if query == "policy_diff":
            return await self._differences(**given)
        if self._reload is None:
            raise ApiError("this speaker has no configuration to read again")
        return await self._reload()

    async def _differences(self, path: str = "", limit: str = str(DEFAULT_LIMIT)) -> Answer:
        if not path.startswith("/"):
            raise BadArgument(f"path = {path!r}: expected the absolute path of a configuration file")
        if not (limit.isascii() and limit.isdigit() and len(limit) <= MAX_LIMIT_DIGITS):
            raise BadArgument(f"limit = {limit!r}: expected a number of examples")
        if self._policy_diff is None:
            raise ApiError("this speaker has no configuration to compare with")
        return items(await self._policy_diff(path), int(limit))

    async def _send_items(
        self, writer: asyncio.StreamWriter, request_id: object, items: Iterator[JsonObject | None]
    ) -> None:
        clock = asyncio.get_running_loop().time
        count = 0
        finished = False
        while not finished:
            batch: list[str] = []
            deadline = clock() + SLICE_S
            finished = True
            for item in items:
                if item is not None:
                    batch.append(_encode(item))
                if len(batch) == MAX_ITEMS or clock() > deadline:
                    finished = False
                    break
            if batch:
                count += len(batch)
                writer.write(f'{{"id":{_encode(request_id)},"items":[{",".join(batch)}]}}\n'.encode())
                await writer.drain()
            await asyncio.sleep(0)  # a turn for everybody else, also when nothing was found
        await _send(writer, {"id": request_id, "end": True, "count": count})


_PEERS: Final = ("name", "group", "all")
_ARGUMENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "version": (),
    "status": (),
    "peers": ("name",),
    "policies": (),
    "aggregates": (),
    "routes": (
        *("prefix", "match", "family", "peer", "direction", "count"),
        *("community", "as_path", "source", "next_hop", "origin_as"),
    ),
    "explain": ("prefix", "peer"),
    "fib": ("prefix", "match", "family"),
    "rpki": ("prefix", "origin_as"),
    "reset": (*_PEERS, "message"),
    "refresh": (*_PEERS, "direction"),
    "disable": (*_PEERS, "message"),
    "enable": _PEERS,
    "announce": own_routes.ARGUMENTS,
    "withdraw": ("prefix", "family"),
    "policy_diff": ("path", "limit"),
    "drain": ("action",),
    "reload": (),
}


def _parse(line: bytes) -> JsonObject:
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise BadRequest(f"not a JSON object: {error}") from None
    if not isinstance(request, dict):
        raise BadRequest("not a JSON object")
    return request


class _Slices:
    """Gives everybody else a turn when a slice is over."""

    def __init__(self) -> None:
        self._clock = asyncio.get_running_loop().time
        self._until = self._clock() + SLICE_S

    async def pause(self) -> None:
        if self._clock() > self._until:
            await asyncio.sleep(0)
            self._until = self._clock() + SLICE_S


async def _whole(steps: Steps) -> JsonObject:
    """What the steps come to."""
    slices = _Slices()
    while True:
        try:
            next(steps)
        except StopIteration as end:
            answer: JsonObject = end.value
            return answer
        await slices.pause()


async def _text(answer: JsonObject) -> str:
    """As JSON; a long list in it, item by item."""
    slices = _Slices()
    fields = []
    for name, value in answer.items():
        if isinstance(value, list):
            items = []
            for item in value:
                items.append(_encode(item))
                await slices.pause()
            fields.append(f"{_encode(name)}:[{','.join(items)}]")
        else:
            fields.append(f"{_encode(name)}:{_encode(value)}")
    return "{" + ",".join(fields) + "}"


async def _send(writer: asyncio.StreamWriter, answer: JsonObject) -> None:
    writer.write(_encode(answer).encode() + b"\n")
    await writer.drain()


def _error(request_id: object, error: PybgpError) -> JsonObject:
    about: JsonObject = {"code": _code(error), "message": str(error)}
    if isinstance(error, ConfigError):
        about["problems"] = list(error.problems)
    return {"id": request_id, "error": about}


def _code(error: PybgpError) -> str:
    match error:
        case BadRequest():
            return "bad_request"
        case BadArgument():
            return "bad_argument"
        case UnknownPeer():
            return "unknown_peer"
        case ConfigError():
            return "config"
    return "failed"
