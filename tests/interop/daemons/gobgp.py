"""GoBGP: keeps routes to itself, it programs no kernel here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from tests.machine import program
from tests.support import until

from .base import Announcement, Attributes, Daemon, Peering

STATES = {0: "unknown", 1: "idle", 2: "connect", 3: "active", 4: "opensent", 5: "openconfirm", 6: "established"}
ORIGINS = ("igp", "egp", "incomplete")
# Path attributes as their codes in its JSON (RFC 4271, 1997, 4456, 4760, 8092).
ORIGIN, AS_PATH, NEXT_HOP, MED, LOCAL_PREF, COMMUNITY, ORIGINATOR_ID, CLUSTER_LIST = 1, 2, 3, 4, 5, 8, 9, 10
ATOMIC_AGGREGATE, AGGREGATOR, MP_REACH_NLRI, LARGE_COMMUNITY = 6, 7, 14, 32


class GoBgp(Daemon):
    kind = "gobgp"

    def start(self) -> None:
        (self.folder / "gobgpd.toml").write_text("\n".join(self._config()) + "\n")
        self.process = self.spawn(
            program("gobgpd"), "-f", "gobgpd.toml", "--api-hosts", "127.0.0.1:50051", "--pprof-disable", "-p"
        )
        until(lambda: "AS:" in self._ask("global"), limit=15, why=f"{self} to answer", seen=self.log)
        self._add(self.announced.values())

    def reload(self) -> None:
        """Again from the start: it reads only some changes of a file."""
        super().stop()
        self.start()

    def announce(self, *announcements: Announcement) -> None:
        self.announced |= {each.prefix: each for each in announcements}
        self._add(announcements)

    def withdraw(self, *prefixes: str) -> None:
        for prefix in prefixes:
            each = self.announced.pop(prefix)
            self._do(f"global rib -a ipv{each.version} del {prefix}")

    def _add(self, announcements: Any) -> None:
        for each in announcements:
            words = [f"global rib -a ipv{each.version} add {each.prefix} origin igp"]
            words += [f"med {each.med}"] if each.med is not None else []
            words += [f"local-pref {each.local_pref}"] if each.local_pref is not None else []
            words += [f"community {','.join(each.communities)}"] if each.communities else []
            words += [f"large-community {','.join(each.large_communities)}"] if each.large_communities else []
            self._do(" ".join(words))

    def routes(self, version: int) -> dict[str, Attributes]:
        names = {peering.remote: peering.name for peering in self.peerings.values()}
        table = json.loads(self._ask(f"global rib -a ipv{version} -j") or "{}")
        return {prefix: route for prefix, route, best in _parse_routes(table, names) if best}

    def paths(self, prefix: str) -> list[Attributes]:
        names = {peering.remote: peering.name for peering in self.peerings.values()}
        table = json.loads(self._ask(f"global rib -a ipv{6 if ':' in prefix else 4} {prefix} -j"))
        return [route for _, route, _ in _parse_routes(table, names)]

    def state(self, name: str) -> str:
        return STATES[self._neighbor(name)["state"].get("session_state", 0)]

    def refresh(self, name: str) -> None:
        self._do(f"neighbor {self.peerings[name].remote} softresetin")

    def updates_received(self, name: str) -> int:
        count: int = self._neighbor(name)["state"]["messages"]["received"].get("update", 0)
        return count

    def updates_sent(self, name: str) -> int:
        count: int = self._neighbor(name)["state"]["messages"]["sent"].get("update", 0)
        return count

    def last_error(self, name: str) -> str:
        """It keeps none; its log has the NOTIFICATIONs."""
        remote = re.escape(self.peerings[name].remote)
        lines = re.findall(rf'(?m)^.*msg="\w+ notification".*Key="?{remote}\b.*$', self.log(10_000))
        return lines[-1] if lines else ""

    def _neighbor(self, name: str) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self._ask(f"neighbor {self.peerings[name].remote} -j"))
        return answer

    def _ask(self, question: str) -> str:
        return self.host.run(program("gobgp"), *question.split(), check=False)

    def _do(self, command: str) -> None:
        self.host.run(program("gobgp"), *command.split())

    # -- configuration -------------------------------------------------------------------------------------------------

    def _config(self) -> Iterator[str]:
        yield "[global.config]"
        yield f"as = {self.asn}"
        yield f'router-id = "{self.host.router_id}"'
        for peering in self.peerings.values():
            yield from _neighbor(peering)
        yield from self.more


def _neighbor(peering: Peering) -> Iterator[str]:
    yield "[[neighbors]]"
    yield "[neighbors.config]"
    yield f'neighbor-address = "{peering.remote}"'
    yield f"peer-as = {peering.remote_as}"
    if peering.password is not None:
        yield f'auth-password = "{peering.password}"'
    yield "[neighbors.transport.config]"
    yield f'local-address = "{peering.local}"'
    yield f"passive-mode = {str(peering.passive).lower()}"
    yield "[neighbors.timers.config]"
    yield f"hold-time = {peering.hold_time}"
    yield f"keepalive-interval = {max(1, peering.hold_time // 3)}"
    yield "connect-retry = 1"
    yield "idle-hold-time-after-reset = 1"
    if peering.restarts:
        yield "[neighbors.graceful-restart.config]"
        yield "enabled = true"
        yield "restart-time = 60"
    if peering.client:
        yield "[neighbors.route-reflector.config]"
        yield "route-reflector-client = true"
        yield from peering.more
    yield "[[neighbors.afi-safis]]"
    yield "[neighbors.afi-safis.config]"
    yield f'afi-safi-name = "ipv{peering.version}-unicast"'
    if peering.restarts:
        yield "[neighbors.afi-safis.mp-graceful-restart.config]"
        yield "enabled = true"
    if peering.add_path:
        yield "[neighbors.afi-safis.add-paths.config]"
        yield "receive = true"
        yield "send-max = 8"


# -- what it prints ----------------------------------------------------------------------------------------------------


def _parse_routes(table: dict[str, Any], names: dict[str, str]) -> Iterator[tuple[str, Attributes, bool]]:
    """True: it is the best."""
    for prefix, paths in table.items():
        for path in paths:
            if path.get("neighbor-ip") in names:
                yield prefix, _attributes(path, names[path["neighbor-ip"]]), bool(path.get("best"))


def _attributes(path: dict[str, Any], name: str) -> Attributes:
    attributes = {each["type"]: each for each in path["attrs"]}
    next_hop = attributes[MP_REACH_NLRI if MP_REACH_NLRI in attributes else NEXT_HOP]["nexthop"]
    segments = attributes.get(AS_PATH, {}).get("as_paths") or []
    return Attributes(
        peering=name,
        next_hop=next_hop,
        as_path=tuple(asn for segment in segments for asn in segment["asns"]),
        origin=ORIGINS[attributes[ORIGIN]["value"]],
        local_pref=attributes.get(LOCAL_PREF, {}).get("value"),
        med=attributes.get(MED, {}).get("metric"),
        communities=frozenset(
            f"{number >> 16}:{number & 0xFFFF}" for number in attributes.get(COMMUNITY, {}).get("communities", ())
        ),
        large_communities=frozenset(
            ":".join(str(each[part]) for part in ("ASN", "LocalData1", "LocalData2"))
            for each in attributes.get(LARGE_COMMUNITY, {}).get("value", ())
        ),
        originator_id=attributes.get(ORIGINATOR_ID, {}).get("value"),
        cluster_list=tuple(attributes.get(CLUSTER_LIST, {}).get("value", ())),
        atomic_aggregate=ATOMIC_AGGREGATE in attributes,
        aggregator=((each := attributes[AGGREGATOR])["as"], each["address"]) if AGGREGATOR in attributes else None,
    )
