"""VPLS routes are withdrawn as they were announced, whatever makes them go (RFC 4761 §3.2.2).

The receiver keeps routes by the whole NLRI, as GoBGP does: what is withdrawn in another form stays with it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.messages.families.vpls import L2VPN_VPLS
from pybgp.policy.builtin import reject_all
from pybgp.rib.export import Position
from pybgp.rib.path import Path

from .paths import block
from .test_groups import RULES, A, B, Rib

VPLS = Family.L2VPN_VPLS
ROUTE = L2VPN_VPLS.parse("rd 64512:1 ve_id 1 block_offset 1 block_size 8 label_base 16001")
KEY, LABELS = L2VPN_VPLS.identity(ROUTE), L2VPN_VPLS.labels_of(ROUTE)
KINDS: dict[str, dict[str, Any]] = {
    "best": {},
    "all": {"add_path": True},
    "position": {"position": Position("b", lambda peer, next_hop: 1)},
    "server": {"route_server_client": True},
}
kinds = pytest.mark.parametrize("kind", list(KINDS))


def told(rib: Rib, name: str) -> tuple[set[bytes], int]:
    return rib.told(name), rib.peers[name].needless_withdrawals


def rib_of(kind: str) -> Rib:
    rib = Rib(VPLS)
    rib.join("a", "b", **KINDS[kind])
    return rib


def announce(rib: Rib, by: Any, local_pref: int = 100) -> None:
    attributes = block(local_pref=local_pref)
    rib.insert([KEY], Path(by, 0, attributes, attributes, "", LABELS))
    rib.settle()


@kinds
def test_a_route_that_is_gone_is_withdrawn_as_it_was_announced(kind: str) -> None:
    rib = rib_of(kind)
    announce(rib, A)
    assert told(rib, "b") == ({ROUTE}, 0)

    rib.table.withdraw([KEY], "a")
    rib.settle()

    assert told(rib, "b") == (set(), 0)


@kinds
def test_a_route_is_withdrawn_so_from_who_has_brought_a_better_one(kind: str) -> None:
    rib = rib_of(kind)
    announce(rib, A)

    announce(rib, B, local_pref=200)
    rib.table.withdraw([KEY], "a")
    rib.settle()

    assert told(rib, "a") == ({ROUTE}, 0)
    assert told(rib, "b") == (set(), 0)


@kinds
def test_a_route_that_other_rules_stop_is_withdrawn_so(kind: str) -> None:
    rib = rib_of(kind)
    announce(rib, A)
    ((group, member),) = rib.outbound._by_conn[rib.conns["b"]]

    rules = replace(RULES, family=VPLS, **KINDS[kind], policy=reject_all("no"))
    rib.outbound.change_rules(rib.conns["b"], member, group, rules)
    rib.settle()

    assert told(rib, "b") == (set(), 0)


@kinds
def test_routes_that_go_together_are_withdrawn_so_from_both_sources(kind: str) -> None:
    rib = rib_of(kind)
    announce(rib, A)
    announce(rib, B)

    for name in "ab":
        rib.table.withdraw([KEY], name)
    rib.settle()

    assert [told(rib, name) for name in "ab"] == [(set(), 0), (set(), 0)]
