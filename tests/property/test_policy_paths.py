"""However prefixes come in and whatever the policy reads of them, each fares as if it had come alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import Family, prefix_key
from pybgp.config.model import FAMILIES, SetConfig, TermConfig
from pybgp.messages import BlockCache, Context
from pybgp.messages.attributes.base import pack
from pybgp.policy.chain import Policy
from pybgp.rib.decision import Decision
from pybgp.rib.export import Exporter
from pybgp.rib.next_hops import NextHops
from pybgp.rib.path import Path, paths_of
from pybgp.rib.table import Table
from pybgp.routes import Route
from pybgp.speaker.inbound import Importer, Inbound
from pybgp.speaker.successors import by_new_rules
from tests.unit.messages.test_bombs import HOP, ORIGIN, PATH, body
from tests.unit.policy.made import chain, term
from tests.unit.rib.paths import INTERNAL, source
from tests.unit.rib.test_export import RULES as EXPORTS
from tests.unit.speaker.test_inbound import RULES

V4 = Family.IPV4_UNICAST
SETS = {"pods": ("10.65.0.0/16 le 32",), "long": ("0.0.0.0/0 ge 25",), "one": ("10.65.7.0/24",)}


def by_length(found: Route) -> Route | None:
    return found.replace(med=found.prefix_length) if found.prefix_length < 30 else None


def policy_of(*terms: TermConfig) -> Policy:
    return chain(*terms, term("accept"), prefix_sets=SETS)


POLICIES: list[Callable[[], Policy]] = [
    lambda: policy_of(term("reject", prefix_set="pods")),
    lambda: policy_of(
        term("reject", prefix_set="one"),
        term("next", prefix_set="long", set=SetConfig(med=7)),
        term("accept", prefix_set="pods", set=SetConfig(local_pref=200, add_communities=("1:1",))),
    ),
    lambda: policy_of(term("next", set=SetConfig(local_pref=7))),
    lambda: chain(refs=(by_length,)),
]
keys = st.sampled_from(
    [
        prefix_key(text)[1]
        for text in ("10.65.7.0/24", "10.65.7.0/25", "10.65.8.0/24", "10.66.0.0/16", "192.0.2.0/25", "8.8.8.8/32")
    ]
)
updates = st.lists(st.tuples(st.integers(0, 2), st.lists(keys, min_size=1, max_size=4)), min_size=1, max_size=6)


def received(policy: Policy, sent: list[tuple[int, list[bytes]]], **context: Any) -> tuple[Table, Inbound]:
    tables = {family: Table(family, Decision()) for family in FAMILIES}
    importer = Importer(replace(RULES, policy=policy), NextHops())
    inbound = Inbound(source(kind=INTERNAL), Context(**context), importer, tables, BlockCache(16))
    for med, some in sent:
        inbound.receive([body(ORIGIN + PATH + HOP + pack(0x80, 4, med.to_bytes(4)), b"".join(some))])
    return tables[V4], inbound


def held(table: Table) -> dict[bytes, tuple[Any, str]]:
    found = {key: paths_of(table.get(key)) for key in table.prefixes()}
    return {key: (paths[0].accepted, paths[0].reason) for key, paths in found.items() if paths}


@given(st.sampled_from(POLICIES), updates)
def test_prefixes_of_an_update_fare_as_if_each_came_alone(
    make: Callable[[], Policy], sent: list[tuple[int, list[bytes]]]
) -> None:
    alone = [(med, [key]) for med, some in sent for key in some]

    table, _ = received(make(), sent)
    assert held(table) == held(received(make(), alone)[0])


@given(st.sampled_from(POLICIES), st.sampled_from(POLICIES), updates)
def test_a_new_policy_makes_of_what_is_there_what_it_makes_of_what_comes(
    before: Callable[[], Policy], after: Callable[[], Policy], sent: list[tuple[int, list[bytes]]]
) -> None:
    table, inbound = received(before(), sent)
    importer = Importer(replace(RULES, policy=after()), NextHops())

    for _ in table.replace(by_new_rules({inbound.source.name: importer}, V4)):
        pass

    assert held(table) == held(received(after(), sent)[0])


@given(st.sampled_from(POLICIES), st.lists(keys, min_size=1, max_size=6), st.integers(0, 2))
def test_prefixes_that_an_exporter_takes_together_are_told_the_same(
    make: Callable[[], Policy], some: list[bytes], med: int
) -> None:
    table, _ = received(policy_of(), [(med, some)])
    path = table.best(some[0])
    assert isinstance(path, Path)
    exporter, alone = Exporter(replace(EXPORTS, policy=make())), Exporter(replace(EXPORTS, policy=make()))

    parts = list(exporter.alike(some, path, None))

    assert sorted(key for part in parts for key in part) == sorted(some)
    for part in parts:
        for key in part:
            assert exporter.export(path, part[0]) == alone.export(path, key)
