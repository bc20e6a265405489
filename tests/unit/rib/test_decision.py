"""The decision process, step by step (RFC 4271 §9.1.2, RFC 4456 §9)."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.constants import Origin
from pybgp.messages.attributes.aigp import Aigp
from pybgp.rib.decision import Decision
from pybgp.rib.path import Path

from .paths import EXTERNAL, INTERNAL, block, path, source

STEPS = [
    # id, the better path, the worse one
    ("DEC-01", path(block(local_pref=200, as_path=(1, 2, 3))), path(block(local_pref=100, as_path=(1,)))),
    ("DEC-02", path(block(local_pref=1)), path(block(local_pref=200), reason="AS loop")),
    ("DEC-03", path(block(as_path=(1, 2))), path(block(as_path=(1, 2, 3)))),
    ("DEC-04", path(block(origin=Origin.IGP)), path(block(origin=Origin.EGP))),
    ("DEC-04", path(block(origin=Origin.EGP)), path(block(origin=Origin.INCOMPLETE))),
    ("DEC-05", path(block(med=5)), path(block(med=6))),
    ("DEC-05", path(block(med=None)), path(block(med=1))),
    ("DEC-07", path(by=source("b", kind=EXTERNAL, router_id="9.9.9.9")), path(by=source("a", router_id="1.1.1.1"))),
    ("DEC-08", path(block(next_hop="192.0.2.1")), path(block(next_hop="192.0.2.2"))),
    ("DEC-09", path(by=source("b", router_id="1.1.1.1", address="9.9.9.9")), path(by=source("a", router_id="1.1.1.2"))),
    (
        "DEC-09",
        path(block(originator_id="1.0.0.1"), by=source("a", router_id="9.9.9.9")),
        path(by=source("b", router_id="2.2.2.2")),
    ),
    (
        "DEC-10",
        path(block(originator_id="1.0.0.1", cluster_list=("1.1.1.1",))),
        path(block(originator_id="1.0.0.1", cluster_list=("1.1.1.1", "2.2.2.2"))),
    ),
    ("DEC-11", path(by=source("b", address="192.0.2.9")), path(by=source("a", address="192.0.2.10"))),
    ("DEC-11", path(by=source("b", address="192.0.2.9")), path(by=source("a", address="2001:db8::1"))),
    ("DEC-12", path(path_id=1), path(path_id=2)),
    ("DEC-13", path(block(local_pref=1)), path(block(local_pref=200, communities=("llgr-stale",)))),
    ("AIG-01", path(block(more=[Aigp.of(5)], as_path=(1, 2))), path(block(more=[Aigp.of(6)], as_path=(1,)))),
    ("AIG-01", path(block(more=[Aigp.of(500)], as_path=(1, 2))), path(block(as_path=(1,)))),
    (
        "AIG-01",  # 6 + 1 against 5 + 9
        path(block(more=[Aigp.of(6)], next_hop="192.0.2.1")),
        path(block(more=[Aigp.of(5)], next_hop="192.0.2.9")),
    ),
    ("DEC-20", path(block(local_pref=1), by=source("own", preference=200)), path(block(local_pref=900))),
]


def decision(**options: object) -> Decision:
    return Decision(cost=lambda next_hop: next_hop[3], **options)  # type: ignore[arg-type]


@pytest.mark.row("DEC-01", "DEC-02", "DEC-03", "DEC-04", "DEC-05", "DEC-07", "DEC-08", "DEC-09", "DEC-10", "DEC-11")
@pytest.mark.row("DEC-12", "DEC-13", "DEC-18", "DEC-20", "RRF-11")
@pytest.mark.parametrize(("step", "better", "worse"), STEPS, ids=[f"{row[0]}-{at}" for at, row in enumerate(STEPS)])
def test_a_step_decides_and_says_so(step: str, better: Path, worse: Path) -> None:
    rules = decision()

    assert rules.order((worse, better)) == rules.order((better, worse)) == (better, worse)
    assert rules.why(better, worse).step == step


@pytest.mark.row("DEC-18")
@pytest.mark.parametrize(
    ("better", "worse", "text"),
    [
        (
            path(block(local_pref=200)),
            path(block(local_pref=100)),
            "higher LOCAL_PREF: 200 against 100 (RFC 4271 §9.1.2)",
        ),
        (path(block(local_pref=200)), path(block(local_pref=None)), "higher LOCAL_PREF: 200 against 100"),
        (path(), path(block(origin=Origin.EGP)), "lower ORIGIN: igp against egp (RFC 4271 §9.1.2.2 b)"),
        (path(block(med=5)), path(block(med=6)), "lower MED of the same neighbouring AS: 5 against 6"),
        (path(block(more=[Aigp.of(7)])), path(), "lower AIGP with the cost to the next hop: 16 against no AIGP"),
        (path(), path(reason="AS loop"), "only one of them can be used: usable against not usable"),
        (path(), path(by=source("b", router_id="192.0.2.7")), "lower BGP Identifier: 192.0.2.1 against 192.0.2.7"),
        (
            path(block(originator_id="192.0.2.5")),
            path(by=source("b", router_id="192.0.2.7")),
            "lower ORIGINATOR_ID or BGP Identifier: 192.0.2.5 against 192.0.2.7 (RFC 4456 §9)",
        ),
        (path(), path(by=source("b", address="2001:db8::1")), "lower peer address: 192.0.2.1 against 2001:db8::1"),
        (path(by=source(kind=EXTERNAL)), path(by=source("b")), "external before internal: external against internal"),
    ],
)
def test_why_is_said_in_operators_words(better: Path, worse: Path, text: str) -> None:
    assert str(decision().why(better, worse)).startswith(text)


@pytest.mark.row("DEC-05")
def test_med_is_compared_only_within_one_neighbouring_as() -> None:
    """RFC 4271 §9.1.2.2 c: another AS's MED says nothing."""

    def best(**options: bool) -> str:
        low_id = path(block((65001,), med=50), by=source("low id", router_id="1.1.1.1"))
        other_as = path(block((65002,), med=10), by=source("low med", router_id="2.2.2.2"))
        return decision(**options).order((other_as, low_id))[0].source.name

    assert best() == "low id"
    assert best(always_compare_med=True) == "low med"


@pytest.mark.row("DEC-06")
def test_a_path_removed_by_med_stays_out_though_the_better_med_loses_later() -> None:
    """RFC 4271 §9.1.2.2: A has the best identifier, but B's MED removes it, and then C wins over B."""
    a = path(block((65001,), med=20), by=source("a", router_id="1.1.1.1"))
    b = path(block((65001,), med=10), by=source("b", router_id="3.3.3.3"))
    c = path(block((65002,), med=99), by=source("c", router_id="2.2.2.2"))

    for order in permutations((a, b, c)):
        assert decision().order(order)[0] is c


def test_a_missing_med_may_be_the_worst() -> None:
    def best(**options: bool) -> int | None:
        none, some = path(block(med=None)), path(block(med=7), by=source("z", router_id="9.9.9.9"))
        return decision(**options).order((some, none))[0].received.med

    assert best() is None
    assert best(missing_med_as_worst=True) == 7


def test_the_path_length_may_be_ignored() -> None:
    def best(**options: bool) -> int:
        long, short = path(block((65001, 2, 3), origin=Origin.IGP)), path(block((65001,), origin=Origin.EGP))
        return decision(**options).order((long, short))[0].received.path_length

    assert best() == 1
    assert best(as_path_ignore=True) == 3


@pytest.mark.row("DEC-19")
def test_the_oldest_external_path_stays_only_when_asked() -> None:
    """RFC 5004 §2; off by default, because then the order of arrival never matters."""
    old = path(by=source("old", kind=EXTERNAL, router_id="9.9.9.9"))
    new = path(by=source("new", kind=EXTERNAL, router_id="1.1.1.1"))

    assert decision().order((old, new), current=old)[0] is new
    assert decision(prefer_oldest=True).order((old, new), current=old)[0] is old
    internal = path(by=source("int", router_id="1.1.1.1"))
    worse = path(by=source("int2", router_id="9.9.9.9"))
    assert decision(prefer_oldest=True).order((worse, internal), current=worse)[0] is internal


@pytest.mark.row("DEC-19")
def test_the_oldest_stays_when_its_peer_renews_it_and_says_so() -> None:
    """RFC 5004 §2; a refresh or a policy that runs again doesn't make it younger."""
    old = path(by=source("old", kind=EXTERNAL, router_id="9.9.9.9"))
    renewed = path(by=source("old", kind=EXTERNAL, router_id="9.9.9.9", epoch=2))
    new = path(by=source("new", kind=EXTERNAL, router_id="1.1.1.1"))
    rules = decision(prefer_oldest=True)

    assert rules.order((new, renewed), current=old)[0] is renewed
    assert rules.why(renewed, new).step == "DEC-19"
    assert rules.why(new, renewed).step == "DEC-09"
    renamed = path(by=source("old", kind=EXTERNAL, router_id="8.8.8.8", epoch=2))
    assert rules.order((new, renamed), current=old)[0] is renamed


@pytest.mark.row("DEC-19")
def test_age_is_no_matter_between_two_sessions_with_one_router() -> None:
    """RFC 5004 §2."""
    old = path(by=source("old", kind=EXTERNAL, address="192.0.2.9"))
    new = path(by=source("new", kind=EXTERNAL, address="192.0.2.1"))

    assert decision(prefer_oldest=True).order((old, new), current=old)[0] is new


small_paths = st.builds(
    lambda asn, med, rid, lp, external, name: path(
        block((asn,), med=med, local_pref=lp),
        by=source(name, router_id=rid, address=f"192.0.2.{ord(name)}", kind=EXTERNAL if external else INTERNAL),
    ),
    asn=st.sampled_from((65001, 65002, 65003)),
    med=st.sampled_from((None, 0, 5, 10)),
    rid=st.sampled_from(("1.1.1.1", "2.2.2.2", "3.3.3.3")),
    lp=st.sampled_from((100, 100, 200)),
    external=st.booleans(),
    name=st.sampled_from("abcdef"),
)


@pytest.mark.row("DEC-05", "DEC-12", "DEC-19")
@given(st.lists(small_paths, min_size=1, max_size=5, unique_by=lambda p: p.source.name))
def test_the_order_of_arrival_never_matters(paths: list[Path]) -> None:
    rules = decision()
    expected = [(p.received, p.source.router_id, p.source.peer_kind) for p in rules.order(paths)]
    for order in list(permutations(paths))[:24]:
        assert [(p.received, p.source.router_id, p.source.peer_kind) for p in rules.order(order)] == expected


def naive_best(paths: list[Path], default: int = 100) -> Path:
    """RFC 4271 §9.1.2 as it is written: strike out, rule by rule."""
    left = [p for p in paths if p.accepted is not None]
    for rule in (
        lambda p: -(p.received.local_pref if p.received.local_pref is not None else default),
        lambda p: p.received.path_length,
        lambda p: p.received.origin,
    ):
        left = [p for p in left if rule(p) == min(map(rule, left))]

    def med(p: Path) -> int:
        return p.received.med or 0

    left = [p for p in left if all(med(p) <= med(q) for q in left if q.received.neighbor_as == p.received.neighbor_as)]
    for rule in (
        lambda p: p.source.peer_kind is not EXTERNAL,
        lambda p: p.received.next_hop[3],
        lambda p: p.source.router_id,
        lambda p: p.source.address,
    ):
        left = [p for p in left if rule(p) == min(map(rule, left))]
    return left[0]


@given(st.lists(small_paths, min_size=1, max_size=6, unique_by=lambda p: p.source.name))
def test_the_best_path_is_that_of_the_rfc_read_aloud(paths: list[Path]) -> None:
    best, naive = decision().order(paths)[0], naive_best(paths)

    assert (best.received, best.source.router_id) == (naive.received, naive.source.router_id)


def test_a_med_of_another_neighbour_is_not_what_decided() -> None:
    winner = path(block((65001,), med=9), by=source("a", router_id="1.1.1.1"))
    loser = path(block((65002,), med=5), by=source("b", router_id="2.2.2.2"))

    assert decision().order((loser, winner)) == (winner, loser)
    assert decision().why(winner, loser).step == "DEC-09"


@pytest.mark.parametrize("reflected", ["winner", "loser"])
def test_where_one_of_two_paths_was_reflected_its_originator_is_named(reflected: str) -> None:
    """RFC 4456 §9: ORIGINATOR_ID stands in the place of the identifier."""
    first, second = ("1.0.0.1", None) if reflected == "winner" else (None, "2.0.0.1")
    winner = path(block(originator_id=first), by=source("a", router_id="1.0.0.2"))
    loser = path(block(originator_id=second), by=source("b", router_id="2.0.0.2"))

    assert decision().order((loser, winner)) == (winner, loser)
    verdict = decision().why(winner, loser)
    assert "4456" in verdict.rfc
    assert (verdict.winner, verdict.loser) == (first or "1.0.0.2", second or "2.0.0.2")
