"""BIRD 2."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import ip_network

from tests.machine import program
from tests.support import until

from ..network import BGP
from .base import Announcement, Attributes, Daemon, Peering


class Bird(Daemon):
    kind = "bird"

    port: int = BGP
    """It listens on."""
    transit: bool = True
    """It tells its peers what others say."""

    def start(self) -> None:
        self._write()
        self.process = self.spawn(program("bird"), "-f", "-c", "bird.conf", "-s", "bird.ctl", "-P", "bird.pid")
        until(lambda: "Daemon is up" in self._ask("show status"), limit=10, why=f"{self} to answer", seen=self.log)

    def reload(self) -> None:
        self._write()
        answer = self._ask("configure")
        assert "Reconfigured" in answer or "Reconfiguration in progress" in answer, answer

    def announce(self, *announcements: Announcement) -> None:
        self.configure(announced=[*self.announced.values(), *announcements])

    def withdraw(self, *prefixes: str) -> None:
        self.configure(announced=[each for each in self.announced.values() if each.prefix not in prefixes])

    def routes(self, version: int) -> dict[str, Attributes]:
        return dict(_parse_routes(self._ask(f"show route primary table master{version} all")))

    def paths(self, prefix: str) -> list[Attributes]:
        version = 6 if ":" in prefix else 4
        return [route for _, route in _parse_routes(self._ask(f"show route {prefix} table master{version} all"))]

    def state(self, name: str) -> str:
        found = re.search(r"BGP state:\s+(\w+)", self._ask(f"show protocols all {name}"))
        return found[1].lower() if found else "idle"

    def refresh(self, name: str) -> None:
        answer = self._ask(f"reload in {name}")
        assert "reloading" in answer, answer

    def updates_received(self, name: str) -> int:
        found = re.search(r"Import updates:\s+(\d+)", self._ask(f"show protocols all {name}"))
        return int(found[1]) if found else 0

    def updates_sent(self, name: str) -> int:
        found = re.search(r"Export updates:(?:\s+\S+){3}\s+\S+\s+(\d+)", self._ask(f"show protocols all {name}"))
        return int(found[1]) if found else 0

    def last_error(self, name: str) -> str:
        found = re.search(r"Last error:\s+(.*)", self._ask(f"show protocols all {name}"))
        return found[1] if found else ""

    def _ask(self, question: str) -> str:
        return self.host.run(program("birdc"), "-s", str(self.folder / "bird.ctl"), *question.split(), check=False)

    # -- configuration -------------------------------------------------------------------------------------------------

    def _write(self) -> None:
        (self.folder / "bird.conf").write_text("\n".join(self._config()) + "\n")

    def _config(self) -> Iterator[str]:
        yield "log stderr all;"
        yield f"router id {self.host.router_id};"
        yield from self.more
        yield "protocol device { scan time 1; }"
        yield "protocol direct { ipv4; ipv6; }"
        for version in (4, 6):
            announced = [each for each in self.announced.values() if each.version == version]
            yield f"protocol static own{version} {{ ipv{version};"
            yield from (f"  route {each.prefix} blackhole;" for each in announced)
            yield "}"
            yield f"filter send{version} {{"  # not in the static protocol: MED would not go to an external peer
            yield from (f"  if net = {each.prefix} then {{ {_sets(each)} }}" for each in announced)
            yield f"  if source ~ [ RTS_STATIC{', RTS_BGP' if self.transit else ''} ] then accept; else reject;"
            yield "}"
        for peering in self.peerings.values():
            yield from self._peering(peering)

    def _peering(self, peering: Peering) -> Iterator[str]:
        yield f"protocol bgp {peering.name} {{"
        neighbor = f"{peering.remote} port {peering.port} as {peering.remote_as}"
        distance = f"multihop {peering.multihop}" if peering.multihop else "direct"
        yield f"  local {peering.local} port {self.port} as {self.asn}; neighbor {neighbor}; {distance};"
        yield f"  hold time {peering.hold_time}; connect delay time 1; connect retry time 1;"
        yield "  error wait time 1, 2; error forget time 1;"
        yield from peering.more
        if peering.interface is not None:
            yield f'  interface "{peering.interface}";'
        if peering.ttl_security:
            yield "  ttl security on;"
        if peering.passive:
            yield "  passive on;"
        if peering.password is not None:
            yield f'  password "{peering.password}";'
        if peering.restarts:
            yield "  graceful restart on; graceful restart time 60;"
        if peering.client:
            yield "  rr client;"
        add_path = "add paths on; " if peering.add_path else ""
        for version in peering.versions:
            yield f"  ipv{version} {{ import all; export filter send{version}; {add_path}}};"
        yield "}"


def _sets(announcement: Announcement) -> str:
    sets = [f"bgp_community.add(({each.replace(':', ',')}));" for each in announcement.communities]
    sets += [f"bgp_large_community.add(({each.replace(':', ',')}));" for each in announcement.large_communities]
    if announcement.med is not None:
        sets.append(f"bgp_med = {announcement.med};")
    if announcement.local_pref is not None:
        sets.append(f"bgp_local_pref = {announcement.local_pref};")
    return " ".join(sets)


# -- what it prints ----------------------------------------------------------------------------------------------------


def _parse_routes(text: str) -> Iterator[tuple[str, Attributes]]:
    """``show route all``: a line with the prefix, then indented lines, for each route.

    >     10.1.0.0/24          unicast [tor 02:04:05.123] * (100) [AS65001i]
    >         via 10.77.0.2 on eth0
    >         Type: BGP univ
    >         BGP.origin: IGP
    """
    prefix = ""
    for chunk in re.split(r"\n(?=\S| +\w+ \[)", text):  # the others of a prefix don't say it again
        head = re.match(r"(\S+/\d+)?\s+\w+ \[(\S+) ", chunk)
        prefix = (head and head[1]) or prefix
        if head is None or "Type: BGP" not in chunk:
            continue
        fields = dict(re.findall(r"BGP\.(\w+): *(.*)", chunk))
        yield (
            str(ip_network(prefix)),
            Attributes(
                peering=head[2],
                next_hop=fields["next_hop"].split()[0],
                as_path=tuple(int(asn) for asn in re.findall(r"\d+", fields.get("as_path", ""))),
                origin=fields["origin"].lower(),
                local_pref=_number(fields.get("local_pref")),
                med=_number(fields.get("med")),
                communities=_communities(fields.get("community", "")),
                large_communities=_communities(fields.get("large_community", "")),
                originator_id=fields.get("originator_id"),
                cluster_list=tuple(fields.get("cluster_list", "").split()),
                atomic_aggregate="atomic_aggr" in fields,
                aggregator=_aggregator(fields.get("aggregator")),
            ),
        )


def _number(text: str | None) -> int | None:
    return None if text is None else int(text)


def _aggregator(text: str | None) -> tuple[int, str] | None:
    """``192.0.2.1 AS64512``"""
    if text is None:
        return None
    router_id, asn = text.split()
    return int(asn.removeprefix("AS")), router_id


def _communities(text: str) -> frozenset[str]:
    """``(65001,1) (65001, 2, 3)`` -> ``65001:1``, ``65001:2:3``."""
    return frozenset(re.sub(r", *", ":", each) for each in re.findall(r"\((.*?)\)", text))
