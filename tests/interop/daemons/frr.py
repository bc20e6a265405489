"""FRR: bgpd with zebra, which tells it about interfaces and next hops."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from typing import Any

from tests.machine import program
from tests.support import until

from .base import Announcement, Attributes, Daemon, Peering, end


class Frr(Daemon):
    kind = "frr"

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.zebra: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        shutil.chown(self.folder, "frr", "frr")  # it gives up root, and will have no other group
        (self.folder / "bgpd.conf").write_text("\n".join(self._config()) + "\n")
        (self.folder / "zebra.conf").write_text("")
        if self.zebra is None:
            self.zebra = self._daemon("zebra", log="zebra.log")
            # bgpd must find it at once: it tries again after 10 s, and drops IPv6 routes whose link it doesn't know.
            until(self._zebra_answers, limit=10, why=f"{self}: zebra", interval=0.02)
        self.process = self._daemon("bgpd", "-p", "179", log="log")
        until(lambda: "BGP" in self._ask("show bgp neighbors"), limit=10, why=f"{self} to answer", seen=self.log)

    def _zebra_answers(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe:
            probe.connect(str(self.folder / "zserv.api"))
        return True

    def _daemon(self, name: str, *arguments: str, log: str) -> subprocess.Popen[bytes]:
        return self.spawn(
            program(name),
            *("-A", "127.0.0.1", "--log", "stdout"),
            *("-f", f"{self.folder}/{name}.conf", "-i", f"{self.folder}/{name}.pid"),
            *("-z", f"{self.folder}/zserv.api", "--vty_socket", str(self.folder)),
            *arguments,
            log=self.folder / log,
        )

    def stop(self) -> None:
        super().stop()
        if self.zebra is not None:
            end(self.zebra, signal.SIGTERM)
            self.zebra = None
            (self.folder / "zserv.api").unlink(missing_ok=True)

    def reload(self) -> None:
        """bgpd again: frr-reload.py would take longer and needs more packages."""
        super().stop()
        self.start()

    def announce(self, *announcements: Announcement) -> None:
        self.announced |= {each.prefix: each for each in announcements}
        lines = [line for each in announcements for line in _route_map(each)]
        for each in announcements:
            lines += [f"router bgp {self.asn}", f"address-family ipv{each.version} unicast", _network(each), "exit"]
            lines += ["exit"]
        self._configure(lines)

    def withdraw(self, *prefixes: str) -> None:
        lines = []
        for each in (self.announced.pop(prefix) for prefix in prefixes):
            lines += [f"router bgp {self.asn}", f"address-family ipv{each.version} unicast", f"no {_network(each)}"]
            lines += ["exit", "exit"]
        self._configure(lines)

    def routes(self, version: int) -> dict[str, Attributes]:
        names = {peering.remote: peering.name for peering in self.peerings.values()}
        table = json.loads(self._ask(f"show bgp ipv{version} unicast json detail"))["routes"]
        return {prefix: route for prefix, route, best in _parse_routes(table, names) if best}

    def paths(self, prefix: str) -> list[Attributes]:
        names = {peering.remote: peering.name for peering in self.peerings.values()}
        table = json.loads(self._ask(f"show bgp ipv{6 if ':' in prefix else 4} unicast {prefix} json"))
        return [route for _, route, _ in _parse_routes({prefix: [{}, *table["paths"]]}, names)]

    def state(self, name: str) -> str:
        state: str = self._neighbor(name).get("bgpState", "Idle")
        return state.lower()

    def refresh(self, name: str) -> None:
        peering = self.peerings[name]
        self._ask(f"clear bgp ipv{peering.version} unicast {peering.remote} soft in")

    def updates_received(self, name: str) -> int:
        count: int = self._neighbor(name)["messageStats"]["updatesRecv"]
        return count

    def updates_sent(self, name: str) -> int:
        count: int = self._neighbor(name)["messageStats"]["updatesSent"]
        return count

    def last_error(self, name: str) -> str:
        reason: str = self._neighbor(name).get("lastNotificationReason", "")
        return reason

    def _neighbor(self, name: str) -> dict[str, Any]:
        remote = self.peerings[name].remote
        answer: dict[str, Any] = json.loads(self._ask(f"show bgp neighbors {remote} json"))
        return answer.get(remote, {})

    def _ask(self, question: str) -> str:
        return self.host.run(
            program("vtysh"), "--vty_socket", str(self.folder), "-d", "bgpd", "-c", question, check=False
        )

    def _configure(self, lines: list[str]) -> None:
        commands = [part for line in ("configure terminal", *lines) for part in ("-c", line)]
        answer = self.host.run(program("vtysh"), "--vty_socket", str(self.folder), "-d", "bgpd", *commands)
        assert "%" not in answer, answer

    # -- configuration -------------------------------------------------------------------------------------------------

    def _config(self) -> Iterator[str]:
        yield "log stdout informational"
        yield from self.more
        yield "bgp route-map delay-timer 0"  # else a change of a route map waits for 5 s
        for each in self.announced.values():
            yield from _route_map(each)
        yield f"router bgp {self.asn}"
        yield f" bgp router-id {self.host.router_id}"
        yield " no bgp default ipv4-unicast"
        yield " no bgp ebgp-requires-policy"
        yield " no bgp network import-check"
        yield " coalesce-time 0"  # else the first routes wait for up to 10 s
        for peering in self.peerings.values():
            yield from _neighbor(peering)
        for version in (4, 6):
            yield f" address-family ipv{version} unicast"
            yield from (f"  {_network(each)}" for each in self.announced.values() if each.version == version)
            for peering in self.peerings.values():
                if peering.version == version:
                    yield from _activate(peering)
            yield " exit-address-family"
        yield "exit"


def _neighbor(peering: Peering) -> Iterator[str]:
    head = f" neighbor {peering.remote}"
    yield f"{head} remote-as {peering.remote_as}"
    if peering.interface is not None:
        yield f"{head} interface {peering.interface}"
    yield f"{head} update-source {peering.local}"
    yield f"{head} timers {max(1, peering.hold_time // 3)} {peering.hold_time}"
    yield f"{head} timers connect 1"
    yield f"{head} advertisement-interval 0"
    yield f"{head} graceful-restart{'' if peering.restarts else '-disable'}"
    yield from (f"{head} {line}" for line in peering.more)
    if peering.passive:
        yield f"{head} passive"
    if peering.password is not None:
        yield f"{head} password {peering.password}"


def _activate(peering: Peering) -> Iterator[str]:
    head = f"  neighbor {peering.remote}"
    yield f"{head} activate"
    if peering.client:
        yield f"{head} route-reflector-client"
    if peering.add_path:
        yield f"{head} addpath-tx-all-paths"


def _network(announcement: Announcement) -> str:
    return f"network {announcement.prefix} route-map {_map_name(announcement)}"


def _map_name(announcement: Announcement) -> str:
    return "to-" + re.sub(r"\W", "-", announcement.prefix)


def _route_map(announcement: Announcement) -> Iterator[str]:
    yield f"route-map {_map_name(announcement)} permit 10"
    if announcement.communities:
        yield f" set community {' '.join(announcement.communities)}"
    if announcement.large_communities:
        yield f" set large-community {' '.join(announcement.large_communities)}"
    if announcement.med is not None:
        yield f" set metric {announcement.med}"
    if announcement.local_pref is not None:
        yield f" set local-preference {announcement.local_pref}"
    yield "exit"


# -- what it prints ----------------------------------------------------------------------------------------------------


def _parse_routes(table: dict[str, Any], names: dict[str, str]) -> Iterator[tuple[str, Attributes, bool]]:
    """A list a prefix: first what concerns them all, then a path each. True: it is the best."""
    for prefix, (_, *paths) in table.items():
        for path in paths:
            sender = path["peer"]["peerId"]
            if sender in names:
                yield prefix, _attributes(path, names[sender]), bool(path.get("bestpath", {}).get("overall"))


def _attributes(path: dict[str, Any], name: str) -> Attributes:
    return Attributes(
        peering=name,
        next_hop=next(hop["ip"] for hop in path["nexthops"] if hop.get("scope", "global") == "global"),
        as_path=tuple(asn for segment in path["aspath"]["segments"] for asn in segment["list"]),
        origin=path["origin"].lower(),
        local_pref=path.get("locPrf"),
        med=path.get("metric"),
        communities=frozenset(path.get("community", {}).get("string", "").split()),
        large_communities=frozenset(path.get("largeCommunity", {}).get("string", "").split()),
        originator_id=path.get("originatorId"),
        cluster_list=tuple(path.get("clusterList", {}).get("list", ())),
        atomic_aggregate=bool(path.get("atomicAggregate")),
        aggregator=(path["aggregatorAs"], path["aggregatorId"]) if "aggregatorAs" in path else None,
    )
