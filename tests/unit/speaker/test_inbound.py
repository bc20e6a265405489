"""What an UPDATE of a hostile peer costs on its way into the tables."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.config.model import FAMILIES
from pybgp.messages import BlockCache, Context
from pybgp.messages.attributes.base import pack
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.rib.decision import Decision
from pybgp.rib.next_hops import NextHops
from pybgp.rib.table import Table
from pybgp.speaker.import_rules import ImportRules
from pybgp.speaker.inbound import Importer, Inbound
from tests.unit.messages.test_bombs import HOP, ORIGIN, PATH, body, steps
from tests.unit.rib.paths import INTERNAL, source

IPV4 = Family.IPV4_UNICAST
CONTEXT = Context(add_path_receive=frozenset({IPV4}), max_receive=65_535)
RULES = ImportRules(
    local_as=64512,
    router_id=bytes((192, 0, 2, 1)),
    cluster_ids=frozenset({bytes((192, 0, 2, 1))}),
    own_addresses=frozenset(),
    allowas_in=0,
    enforce_first_as=False,
    policy=ACCEPT_ALL,
)


def inbound() -> Inbound:
    next_hops = NextHops()
    tables = {family: Table(family, Decision()) for family in FAMILIES}
    return Inbound(source(kind=INTERNAL), CONTEXT, Importer(RULES, next_hops), tables, BlockCache(16))


def with_problems(count: int) -> bytes:
    """``count`` attributes twice, each a problem that drops the second; 4,000 routes with identifiers of their own."""
    twice = b"".join(pack(0xC0, code, b"\1") * 2 for code in range(150, 150 + count))
    routes = b"".join(number.to_bytes(4) + b"\x18" + number.to_bytes(3) for number in range(4_000))
    return body(ORIGIN + PATH + HOP + twice, routes)


@pytest.mark.row("SEC-06", "SEC-07")
def test_prefixes_are_not_counted_anew_for_each_problem() -> None:
    few, many = inbound(), inbound()

    one = steps(lambda: few.receive([with_problems(1)]))
    hundred = steps(lambda: many.receive([with_problems(100)]))

    assert [len(few.problems), len(many.problems)] == [1, 100]
    assert {prefixes for _, prefixes, _ in many.problems} == {4_000}
    assert hundred < 1.2 * one
