"""The state file: proof of which routes in the kernel are ours, across ``kill -9``.

The protocol number alone is no proof: BIRD's is 12 as well. So every batch is written down here *before* the kernel
gets it, and what went away is written down after. It is a journal of JSON lines, one for up to 64 routes (some
1.5 KB; 50,000 routes are 800 appends, about 10 ms altogether), rewritten when it is mostly history:

    {"pybgp_fib": 1, "protocol": 12, "table": 254, "boot_id": "...", "namespace": 1}
    {"route": 1, "type": "unicast", "metric": 0, "next_hops": [["192.0.2.1", "eth0", false, 1]]}
    {"put": 1, "family": "ipv4-unicast", "keys": "1a0a0102401a0a010280"}
    {"gone": 0, "family": "ipv4-unicast", "keys": "1a0a010280"}

``put`` refers to a ``route`` line, ``gone`` names a metric; ``keys`` are wire keys one after the other. The file
lies in the page cache when ``write`` returns, which outlives the process; it isn't synced, because what doesn't
outlive the kernel isn't needed: routes are gone after a reboot too, and another boot id or network namespace (its
cookie: inode numbers are used again) makes the file void. A cut-off last line is a batch that was never sent.

On start a route in the kernel is ours if it has our protocol number and *is what the file says*: prefix, metric,
type and next hops. Of the ways put there since the last ``gone`` it may be any: the kernel may have refused the last
ones, or not have been asked, and the file doesn't say what it answered. A BIRD's route would be taken for ours only if
it equals, next hops included, a route that we had put there and that a third party removed while we were down.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from ..addresses import Family, address_octets, address_text
from ..errors import FibError
from ..speaker.fib import FibRoute, NextHop

_VERSION: Final = 1
_SLACK_OCTETS: Final = 1 << 20

Claims = dict[tuple[bytes, int], tuple[FibRoute, ...]]
"""(key, metric) -> the ways that we asked for there since nothing of ours was, the last one first."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the file's routes live in; with another one they can't be ours."""

    protocol: int
    table: int
    boot_id: str
    namespace: int
    """The cookie of the network namespace, never used twice (before Linux 5.14 its inode number, which may be)."""


@dataclass(slots=True)
class Journal:
    """Makes the lines and knows which routes have a number. No IO."""

    identity: Identity
    _numbers: dict[FibRoute, int] = field(default_factory=dict)

    def head(self) -> str:
        """The first line; numbers start again."""
        self._numbers.clear()
        return (
            json.dumps(
                {
                    "pybgp_fib": _VERSION,
                    "protocol": self.identity.protocol,
                    "table": self.identity.table,
                    "boot_id": self.identity.boot_id,
                    "namespace": self.identity.namespace,
                }
            )
            + "\n"
        )

    def put(self, family: Family, routes: Iterable[tuple[bytes, FibRoute]]) -> str:
        """We are about to put these into the kernel."""
        by_route: dict[int, list[bytes]] = {}
        lines = []
        for key, route in routes:
            number = self._numbers.get(route)
            if number is None:
                number = self._numbers[route] = len(self._numbers) + 1
                lines.append(_route_line(number, route))
            by_route.setdefault(number, []).append(key)
        lines += [
            f'{{"put": {number}, "family": "{family}", "keys": "{b"".join(keys).hex()}"}}\n'
            for number, keys in by_route.items()
        ]
        return "".join(lines)

    def gone(self, family: Family, places: Iterable[tuple[bytes, int]]) -> str:
        """These (key, metric) aren't ours any more."""
        by_metric: dict[int, list[bytes]] = {}
        for key, metric in places:
            by_metric.setdefault(metric, []).append(key)
        return "".join(
            f'{{"gone": {metric}, "family": "{family}", "keys": "{b"".join(keys).hex()}"}}\n'
            for metric, keys in by_metric.items()
        )


def replay(text: str, identity: Identity) -> dict[Family, Claims]:
    """What a state file claims; nothing if it is another boot's, namespace's, table's or protocol's, or not one."""
    lines = text.split("\n")[:-1]  # behind the last newline: cut off
    claims: dict[Family, Claims] = {}
    try:
        head = json.loads(lines[0]) if lines else {}
        if not isinstance(head, dict) or head.pop("pybgp_fib", None) != _VERSION or Identity(**head) != identity:
            return {}
        routes: dict[int, FibRoute] = {}
        alone: dict[int, tuple[FibRoute]] = {}  # one tuple for all prefixes that have only this
        for line in lines[1:]:
            entry = json.loads(line)
            if "route" in entry:
                routes[entry["route"]] = _route(entry)
                alone[entry["route"]] = (routes[entry["route"]],)
                continue
            mine = claims.setdefault(Family.parse(entry["family"]), {})
            if "put" in entry:
                route, only = routes[entry["put"]], alone[entry["put"]]
                metric = route.metric or 0
                for key in split_keys(bytes.fromhex(entry["keys"])):
                    before = mine.get((key, metric))
                    mine[key, metric] = only if before is None else (route, *(way for way in before if way != route))
            else:
                for key in split_keys(bytes.fromhex(entry["keys"])):
                    mine.pop((key, entry["gone"]), None)
    except (ValueError, KeyError, TypeError, AttributeError):
        return claims  # what was read before the broken line
    return claims


def split_keys(data: bytes) -> Iterator[bytes]:
    """Wire keys one after the other, apart again."""
    at = 0
    while at < len(data):
        end = at + 1 + (data[at] + 7) // 8
        yield data[at:end]
        at = end


def _route_line(number: int, route: FibRoute) -> str:
    hops = [
        [address_text(hop.gateway) if hop.gateway is not None else None, hop.device, hop.onlink, hop.weight]
        for hop in route.next_hops
    ]
    line = {"route": number, "type": route.type, "metric": route.metric or 0, "next_hops": hops}
    return json.dumps(line) + "\n"


def _route(entry: dict[str, object]) -> FibRoute:
    hops = tuple(
        NextHop(address_octets(gateway) if gateway is not None else None, device, onlink, weight)
        for gateway, device, onlink, weight in entry["next_hops"]  # type: ignore[attr-defined]
    )
    return FibRoute(entry["type"], hops, entry["metric"])  # type: ignore[arg-type]


class StateFile:
    """The journal on disk, locked against a second pybgp. Blocking calls of well under a millisecond."""

    __slots__ = ("_descriptor", "_path", "_size", "_size_written")

    def __init__(self, path: str) -> None:
        self._path = path
        self._descriptor = -1
        self._size = 0
        self._size_written = 0

    @property
    def mostly_history(self) -> bool:
        """Time for ``rewrite``: the journal is twice as long as when it was last written whole, and a megabyte more."""
        return self._size > 2 * self._size_written + _SLACK_OCTETS

    def open(self) -> str:
        """Make the directory, take the lock, and return what the file says ("" for a new one).

        Raises:
            FibError: it can't be written, or another pybgp has it.
        """
        try:
            os.makedirs(os.path.dirname(self._path) or ".", exist_ok=True)
            while True:
                descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
                try:
                    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    if os.path.exists(self._path) and os.path.samestat(os.fstat(descriptor), os.stat(self._path)):
                        break
                except BlockingIOError:
                    os.close(descriptor)
                    raise FibError(f"{self._path}: another pybgp has this state file") from None
                os.close(descriptor)  # rewritten between open and lock
            self._descriptor = descriptor
            with open(descriptor, encoding="utf-8", errors="replace", closefd=False) as file:
                return file.read()
        except OSError as error:
            raise FibError(f"{self._path}: {error.strerror}: routes can't be told from a BIRD's") from error

    def append(self, lines: str) -> None:
        """Add lines: with one ``write``.

        Raises:
            OSError: the disk is full.
        """
        data = lines.encode()
        self._size += len(data)
        if os.write(self._descriptor, data) != len(data):
            raise OSError("the state file was written in part only")

    def rewrite(self, text: str) -> None:
        """Put a new file in its place, atomically, and keep the lock.

        Raises:
            OSError: the directory can't be written.
        """
        path = f"{self._path}.new"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            data = text.encode()
            view = memoryview(data)
            while view:
                view = view[os.write(descriptor, view) :]
            os.rename(path, self._path)
        except OSError:
            os.close(descriptor)
            raise
        if self._descriptor >= 0:
            os.close(self._descriptor)
        self._descriptor = descriptor
        self._size = self._size_written = len(data)

    def close(self) -> None:
        """Let go of the lock; the file stays."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
