"""Flow specifications on their way to a peer, which have no next hop (RFC 8955 §4), and their destinations."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.addresses import Family, address_text, prefix_key
from pybgp.config.model import MatchConfig, PolicySets, TermConfig
from pybgp.messages import update
from pybgp.messages.attributes.unknown import UnknownAttribute
from pybgp.messages.families.flowspec import IPV4_FLOWSPEC, IPV6_FLOWSPEC
from pybgp.policy.compile import compile_chain
from pybgp.rib.flowspec import FlowSpecExporter
from pybgp.rib.kernel import KernelRoute
from pybgp.rib.next_hops import NextHops

from .paths import EXTERNAL, block, path, source
from .test_export import RULES

RULE = "destination 10.1.2.0/24 protocol =17"


@pytest.mark.parametrize("mode", ["auto", "self", "self_all", "keep"])
@pytest.mark.parametrize("kind", ["internal", "external"])
def test_no_next_hop_is_told(mode: str, kind: str) -> None:
    rules = replace(RULES, family=Family.IPV4_FLOWSPEC, next_hop_mode=mode)  # type: ignore[arg-type]
    if kind == "external":
        rules = replace(rules, kind=EXTERNAL, client=False)
    key = IPV4_FLOWSPEC.parse(RULE)
    found = FlowSpecExporter(rules).export(path(block(next_hop=""), by=source(kind=EXTERNAL)), key)
    assert found is not None
    assert found.next_hop == b""
    (message,) = update.announce(rules.family, found.attributes, found.next_hop, [key])
    assert b"\x00\x01\x85\x00\x00" + key in message


@pytest.mark.parametrize("add_path", [False, True])
@pytest.mark.parametrize("more", [0, 1])
def test_whether_there_is_room_depends_on_the_rule(add_path: bool, more: int) -> None:
    rules = replace(RULES, family=Family.IPV4_FLOWSPEC, add_path=add_path)
    short = IPV4_FLOWSPEC.parse(RULE)
    long = IPV4_FLOWSPEC.parse("destination 10.1.2.0/24 port " + "|".join(f"={port}" for port in range(1000, 2000)))
    small = FlowSpecExporter(rules).export(path(block(next_hop="")), long)
    assert small is not None
    (message,) = update.announce(rules.family, small.attributes, b"", [long], path_id=7 if add_path else None)
    filling = UnknownAttribute(200, 0xC0, bytes(rules.limit - len(message) - 4 + more))
    exporter = FlowSpecExporter(rules)
    full = path(block(next_hop="", more=(filling,)))

    found = exporter.export(full, long)

    assert exporter.export(full, short) is not None
    if more:
        assert found is None
        assert exporter.too_long == 1
        assert "4096 octets" in exporter.why_not(full, long)
        return
    assert found is not None
    (message,) = update.announce(rules.family, found.attributes, b"", [long], path_id=7 if add_path else None)
    assert len(message) == rules.limit


def test_room_counts_also_where_a_policy_tells_prefixes_apart() -> None:
    terms = (TermConfig(action="accept", match=MatchConfig(prefix=("10.0.0.0/8",))), TermConfig(action="accept"))
    policy = compile_chain(("p",), policies={"p": terms}, sets=PolicySets(), functions={}, own_as=64512)
    assert policy.by_mark
    rules = replace(RULES, family=Family.IPV4_FLOWSPEC, policy=policy)
    short = IPV4_FLOWSPEC.parse(RULE)
    long = IPV4_FLOWSPEC.parse("destination 10.1.2.0/24 port " + "|".join(f"={port}" for port in range(1000, 2000)))
    exporter = FlowSpecExporter(rules)
    full = path(block(next_hop="", more=(UnknownAttribute(200, 0xC0, bytes(2000)),)))

    assert exporter.export(full, short) is not None
    assert exporter.export(full, long) is None


@pytest.mark.parametrize("length", range(33))
def test_the_destination_is_a_unicast_prefix(length: int) -> None:
    number = 0xFFFFFFFF >> (32 - length) << (32 - length)
    prefix = f"{address_text(number.to_bytes(4))}/{length}"
    rule = IPV4_FLOWSPEC.parse(f"destination {prefix} source 10.0.0.0/8")
    assert IPV4_FLOWSPEC.destination(rule) == prefix_key(prefix)[1]


@pytest.mark.parametrize(
    ("text", "destination"),
    [
        ("destination 2001:db8::/33 protocol =6", "2001:db8::/33"),
        ("destination ::/0 protocol =6", "::/0"),
        ("destination 2001:db8::1/128", "2001:db8::1/128"),
        ("source 2001:db8::/33", None),
        ("destination ::1234:0:0/64-96", None),
    ],
)
def test_an_ipv6_destination_has_no_offset(text: str, destination: str | None) -> None:
    expected = None if destination is None else prefix_key(destination)[1]
    assert IPV6_FLOWSPEC.destination(IPV6_FLOWSPEC.parse(text)) == expected


def test_a_long_rule_has_a_destination_too() -> None:
    rule = IPV4_FLOWSPEC.parse("destination 10.1.2.0/24 port " + "|".join(f"={port}" for port in range(1000, 1100)))
    assert rule[0] >= 0xF0
    assert IPV4_FLOWSPEC.destination(rule) == prefix_key("10.1.2.0/24")[1]


def test_no_next_hop_is_always_reachable() -> None:
    next_hops = NextHops()
    next_hops.update(Family.IPV6_UNICAST, {b"\x00": (KernelRoute("unreachable", 3),)})
    next_hops.update(Family.IPV4_UNICAST, {b"\x20\x0a\x00\x00\x01": (KernelRoute("blackhole", 3),)})
    assert next_hops.resolve(b"").reachable
    assert next_hops.cost(b"") == 0
