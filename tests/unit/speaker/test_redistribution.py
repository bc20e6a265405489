"""Kernel routes that we announce (``[fib] imports``): which, and what becomes of them."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.config.model import FibConfig, FibImportConfig, PolicySets, SpeakerConfig
from pybgp.rib.decision import Decision
from pybgp.rib.kernel import KernelRoute, NextHop
from pybgp.rib.local import DIRECT, KERNEL
from pybgp.rib.table import Table
from pybgp.speaker.fib import KernelChanges
from pybgp.speaker.redistribution import Redistribution
from pybgp.speaker.rules import Rules
from tests.unit.rib.paths import block, key, path

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
P = key("10.65.1.0/26")
SETS = PolicySets(prefix_sets={"pods": ("10.65.0.0/16 le 32", "2001:db8:65::/48 le 128")})
CALI = FibImportConfig(protocols=("boot",), interfaces=("cali*", "!kube-ipvs*"))


def rules(*imports: FibImportConfig) -> Rules:
    config = SpeakerConfig(local_as=64512, router_id="192.0.2.1", sets=SETS)
    return Rules(config, {}, FibConfig(imports=imports))


def route(protocol: int = 3, device: str = "cali1", metric: int = 0, **fields: Any) -> KernelRoute:
    return KernelRoute("unicast", protocol, (NextHop(None, device),), metric, **fields)


class Rib:
    def __init__(self, *imports: FibImportConfig) -> None:
        self.tables = {family: Table(family, Decision()) for family in (V4, V6)}
        self.redistribution = Redistribution(self.tables, rules(*imports))

    def kernel(self, *routes: KernelRoute, prefix: bytes = P, family: Family = V4) -> None:
        self.redistribution.update(KernelChanges(family, {prefix: routes}))

    def source(self, prefix: bytes = P, family: Family = V4) -> Any:
        best = self.tables[family].best(prefix)
        return best.source if best is not None else None


@pytest.mark.parametrize(
    ("rule", "given", "taken"),
    [
        pytest.param(FibImportConfig(), route(), True, id="no-conditions"),
        pytest.param(FibImportConfig(protocols=("boot",)), route(3), True, id="protocol"),
        pytest.param(FibImportConfig(protocols=("boot",)), route(4), False, id="another-protocol"),
        pytest.param(FibImportConfig(protocols=("static", "boot")), route(4), True, id="one-of-two"),
        pytest.param(FibImportConfig(protocols=("80",)), route(80), True, id="protocol-by-number"),
        pytest.param(FibImportConfig(protocols=("felix",)), route(80), True, id="felix"),
        pytest.param(FibImportConfig(protocols=("kernel",)), route(2), True, id="connected"),
        pytest.param(FibImportConfig(interfaces=("cali*",)), route(device="cali12"), True, id="device"),
        pytest.param(FibImportConfig(interfaces=("cali*",)), route(device="eth0"), False, id="another-device"),
        pytest.param(FibImportConfig(interfaces=("cali?",)), route(device="cali12"), False, id="one-letter"),
        pytest.param(FibImportConfig(interfaces=("!eth*",)), route(device="eth0"), False, id="excluded"),
        pytest.param(FibImportConfig(interfaces=("!eth*",)), route(device="cali1"), True, id="only-exclusions"),
        pytest.param(FibImportConfig(interfaces=("!cali9", "cali*")), route(device="cali9"), False, id="first-counts"),
        pytest.param(FibImportConfig(interfaces=("cali*", "!cali9")), route(device="cali9"), True, id="so-it-does"),
        pytest.param(FibImportConfig(interfaces=("cali*", "!x")), route(device="eth0"), False, id="any-other-no"),
        pytest.param(FibImportConfig(interfaces=("cali*",)), KernelRoute("blackhole", 3), False, id="no-device"),
        pytest.param(FibImportConfig(protocols=("boot",)), KernelRoute("blackhole", 3), True, id="blackhole"),
        pytest.param(FibImportConfig(prefix_set="pods"), route(), True, id="prefix"),
        pytest.param(CALI, route(4), False, id="all-must-hold"),
    ],
)
def test_a_rule_takes(rule: FibImportConfig, given: KernelRoute, taken: bool) -> None:
    rib = Rib(rule)

    rib.kernel(given)

    assert (rib.source() is not None) is taken


def test_a_prefix_set_leaves_others_out() -> None:
    rib = Rib(FibImportConfig(prefix_set="pods"))
    other = key("10.66.0.0/16")

    rib.kernel(route(), prefix=other)
    rib.kernel(route(), prefix=key("2001:db8:65:1::/64"), family=V6)

    assert rib.source(other) is None
    assert rib.source(key("2001:db8:65:1::/64"), V6) is KERNEL


def test_any_rule_is_enough_and_none_takes_nothing() -> None:
    either = Rib(FibImportConfig(protocols=("static",)), CALI)
    either.kernel(route())
    neither = Rib()
    neither.kernel(route())

    assert either.source() is KERNEL
    assert neither.source() is None


def test_a_route_that_goes_is_withdrawn() -> None:
    rib = Rib(CALI)
    rib.kernel(route())

    rib.kernel()

    assert rib.source() is None
    assert len(rib.tables[V4]) == 0


def test_a_route_that_changes_so_that_no_rule_takes_it_is_withdrawn() -> None:
    rib = Rib(CALI)
    rib.kernel(route())

    rib.kernel(route(device="eth0"))

    assert rib.source() is None


def test_the_same_route_again_is_no_change() -> None:
    rib = Rib(CALI)
    rib.kernel(route())
    rib.tables[V4].take_pending()

    rib.kernel(route(device="cali7"))

    assert not rib.tables[V4].pending


@pytest.mark.row("DEC-20")
def test_connected_routes_come_before_bgps_and_others_after() -> None:
    rib = Rib(FibImportConfig())
    rib.tables[V4].insert([P], path(block(local_pref=900)))

    rib.kernel(route(4))
    assert rib.source().name == "a"
    rib.kernel(route(2))
    assert rib.source() is DIRECT
    rib.kernel(route(4))
    assert rib.source().name == "a"
    rib.tables[V4].withdraw([P], "a")
    assert rib.source() is KERNEL


def test_of_several_metrics_the_lowest_that_a_rule_takes_counts() -> None:
    rib = Rib(FibImportConfig(protocols=("kernel", "static")))

    rib.kernel(route(80, metric=0), route(2, metric=5), route(4, metric=9))
    assert rib.source() is DIRECT
    rib.kernel(route(80, metric=0), route(2, metric=50), route(4, metric=9))
    assert rib.source() is KERNEL


def test_our_announcement_says_where_it_began_and_nothing_more() -> None:
    """ORIGIN IGP, an empty AS_PATH, and a next hop for each session (RFC 4271 §5.1)."""
    rib = Rib(CALI)
    rib.kernel(route())

    best = rib.tables[V4].best(P)

    assert best is not None
    assert best.received.octets == bytes.fromhex("40 01 01 00 40 02 00")
    assert best.received.next_hop == b""


def test_new_rules_look_at_all_that_was_seen() -> None:
    rib = Rib(CALI)
    rib.kernel(route())
    other = key("10.65.2.0/26")
    rib.kernel(route(4, "eth0"), prefix=other)

    rib.redistribution.reconfigure(rules(FibImportConfig(protocols=("static",))))

    assert rib.source() is None
    assert rib.source(other) is KERNEL


def test_an_entry_says_what_its_routes_are_announced_with() -> None:
    """The first entry that takes a route counts."""
    marked = FibImportConfig(protocols=("boot",), med=5, local_pref=300, communities=("64512:7", "64512:7:1"))
    rib = Rib(marked, FibImportConfig(med=9))

    rib.kernel(route())
    rib.kernel(route(4), prefix=key("10.65.2.0/26"))

    best, other = rib.tables[V4].best(P), rib.tables[V4].best(key("10.65.2.0/26"))
    assert best is not None
    assert best.accepted is not None
    assert (best.accepted.med, best.accepted.local_pref, best.accepted.communities) == (5, 300, (64512 << 16 | 7,))
    assert other is not None
    assert other.accepted is not None
    assert other.accepted.med == 9


def test_other_attributes_replace_the_route_and_the_same_ones_do_not() -> None:
    rib = Rib(FibImportConfig(med=5))
    rib.kernel(route())
    first = rib.tables[V4].best(P)

    rib.redistribution.reconfigure(rules(FibImportConfig(med=5), FibImportConfig(med=6)))
    assert rib.tables[V4].best(P) is first

    rib.redistribution.reconfigure(rules(FibImportConfig(med=6)))
    best = rib.tables[V4].best(P)
    assert best is not None
    assert best.received.med == 6
