"""pybgp itself, as an operator runs it: ``python -m pybgp speak -c node.toml``, asked over its control socket."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pybgp.control.client import Client, NoDaemon
from tests.support import until

from .base import Announcement, Attributes, Daemon, Peering

ROOT = Path(__file__).parents[3]


class PyBgp(Daemon):
    kind = "pybgp"

    fib: str | None = None
    """Lines of the ``[fib]`` table; None: no table, the kernel is left alone."""
    listen: tuple[str, ...] | None = None
    """None: wherever it does by itself."""
    other: Any = None
    """Whoever a test has put beside it."""
    extra: str = ""
    """More of the file, at its end."""

    @property
    def socket(self) -> str:
        return str(self.folder / "pybgp.sock")

    def start(self) -> None:
        self._write()
        self.process = self.spawn(sys.executable, "-m", "pybgp", "speak", "-c", str(self.folder / "node.toml"))
        until(self._answers, limit=15, why=f"{self} to answer", seen=self.log)

    def _answers(self) -> bool:
        assert self.running, f"{self} left:\n{self.log()}"
        try:
            return bool(self._ask("version"))
        except NoDaemon:
            return False

    def reload(self) -> None:
        self._write()
        with Client(self.socket) as client:
            client.ask("reload")

    def announce(self, *announcements: Announcement) -> None:
        self.configure(announced=[*self.announced.values(), *announcements])

    def withdraw(self, *prefixes: str) -> None:
        self.configure(announced=[each for each in self.announced.values() if each.prefix not in prefixes])

    def routes(self, version: int) -> dict[str, Attributes]:
        with Client(self.socket) as client:
            rows = list(client.stream("routes", family=f"ipv{version}-unicast"))
        return {row["prefix"]: _attributes(row) for row in rows if row["peer"] in self.peerings and row["best"]}

    def paths(self, prefix: str) -> list[Attributes]:
        return [_attributes(row) for row in self.rows(prefix) if row["peer"] in self.peerings]

    def state(self, name: str) -> str:
        state: str = self.peer(name)["state"]
        return state.replace("_", "")

    def refresh(self, name: str) -> None:
        self.command("peer", "refresh", name)

    def updates_received(self, name: str) -> int:
        """All messages: it counts no kinds."""
        count: int = self.peer(name)["messages_in"]
        return count

    def updates_sent(self, name: str) -> int:
        """All messages."""
        count: int = self.peer(name)["messages_out"]
        return count

    def last_error(self, name: str) -> str:
        return self.peer(name)["last_error"] or ""

    def peer(self, name: str) -> dict[str, Any]:
        """A row of ``pybgp show peers --json``."""
        with Client(self.socket) as client:
            rows = list(client.stream("peers", name=name))
        return rows[0]

    def rows(self, prefix: str, peer: str | None = None, direction: str = "received") -> list[dict[str, Any]]:
        """Rows of ``pybgp show routes PREFIX --json``: all from a peer, or what it is told ("advertised")."""
        with Client(self.socket) as client:
            arguments = {"peer": peer} if peer is not None else {}
            return list(client.stream("routes", prefix=prefix, match="exact", direction=direction, **arguments))

    def command(self, *words: str) -> str:
        """What ``pybgp WORDS`` prints."""
        return self.host.run(sys.executable, "-m", "pybgp", *words, "-s", self.socket)

    def _ask(self, question: str) -> dict[str, Any]:
        with Client(self.socket) as client:
            return client.ask(question)

    def hang_up(self) -> None:
        """SIGHUP: read the file again."""
        assert self.process is not None
        self.process.send_signal(signal.SIGHUP)

    # -- configuration -------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        for peering in self.peerings.values():
            if peering.password is not None:
                self._secret(peering).write_text(peering.password + "\n")
        (self.folder / "node.toml").write_text("\n".join(self._config()) + "\n")

    def _secret(self, peering: Peering) -> Path:
        return self.folder / f"{peering.name}.key"

    def _config(self) -> Iterator[str]:
        yield f"local_as = {self.asn}"
        yield from self.more
        if self.listen is not None:
            yield f"listen = {json.dumps(self.listen)}"
        yield f'router_id = "{self.host.router_id}"'
        yield f'control = {{ socket = "{self.socket}" }}'
        yield 'log = { level = "info", format = "text" }'
        for peering in self.peerings.values():
            yield from self._peering(peering)
        yield from (line for each in self.announced.values() for line in _route(each))
        if self.fib is not None:
            yield "[fib]"
            yield f'state_file = "{self.folder}/fib.json"'
            yield self.fib
        yield self.extra

    def _peering(self, peering: Peering) -> Iterator[str]:
        if peering.limit is None:
            yield "[[peers]]"
            yield f'name = "{peering.name}"'
            yield f'address = "{peering.remote}"'
            yield f'local_address = "{peering.local}"'
            yield f"port = {peering.port}"
        else:
            yield "[[dynamic_peers]]"
            yield f'prefix = "{peering.remote}"'
            yield f"limit = {peering.limit}"
        if peering.interface is not None:
            yield f'interface = "{peering.interface}"'
        yield f"multihop = {peering.multihop}"
        yield f"ttl_security = {int(peering.ttl_security)}"
        yield f"remote_as = {peering.remote_as}"
        yield f"hold_time = {peering.hold_time}"
        if peering.limit is None:
            yield f"passive = {str(peering.passive).lower()}"
        yield f"route_reflector_client = {str(peering.client).lower()}"
        limit = "" if peering.add_path_limit is None else f", add_path_limit = {peering.add_path_limit}"
        add_path = f'{{ add_path = "both"{limit} }}' if peering.add_path else "{}"
        families = ", ".join(f"ipv{version}-unicast = {add_path}" for version in peering.versions)
        yield f"families = {{ {families} }}"
        yield "timers = { connect_retry = 1, idle_hold = 1, idle_hold_max = 2 }"
        if peering.restarts:
            yield 'graceful_restart = { role = "both", restart_time = 60 }'
        for key in ("import_policy", "export_policy"):
            if not any(line.startswith(key) for line in peering.more):
                yield f'{key} = ["accept"]'
        yield from peering.more
        if peering.password is not None:
            yield f'password = {{ file = "{self._secret(peering)}" }}'


def _route(announcement: Announcement) -> Iterator[str]:
    yield "[[routes]]"
    yield f'prefix = "{announcement.prefix}"'
    yield 'type = "blackhole"'
    yield f"communities = {json.dumps(announcement.communities)}"
    if announcement.med is not None:
        yield f"med = {announcement.med}"
    if announcement.local_pref is not None:
        yield f"local_pref = {announcement.local_pref}"


def _as_numbers(item: int | dict[str, list[int]]) -> list[int]:
    """An AS number of a sequence, or a segment of another kind."""
    return [item] if isinstance(item, int) else [asn for asns in item.values() for asn in asns]


def _attributes(row: dict[str, Any]) -> Attributes:
    return Attributes(
        peering=row["peer"],
        next_hop=row["next_hop"],
        as_path=tuple(asn for item in row["as_path"] for asn in _as_numbers(item)),
        origin=row["origin"],
        local_pref=row["local_pref"],
        med=row["med"],
        communities=frozenset(row["communities"]),
        large_communities=frozenset(row["large_communities"]),
        originator_id=row["originator_id"],
        cluster_list=tuple(row["cluster_list"]),
    )
