"""A traced policy decides as the policy does, and its notes say why."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from pybgp.config.model import SetConfig, TermConfig
from pybgp.policy.trace import Tracer
from pybgp.routes import Reject, Route
from tests.property.test_policy import GENERATION, SETS, all_terms, routes

from .made import chain, route, term


@given(all_terms, st.lists(routes, min_size=1, max_size=5))
def test_a_traced_policy_decides_as_the_policy_does(given_terms: Sequence[TermConfig], asked: list[Route]) -> None:
    policy = chain(*given_terms, **SETS, generation=GENERATION)
    tracer = Tracer(policy)

    for found in asked:
        trace = tracer.trace(found)
        assert trace.verdict == policy.evaluate(found)
        names = [note.term for note in trace.notes]
        assert names == [f"policy policy term {number}" for number in range(len(names))]
        for note in trace.notes:
            assert (note.outcome == "no match") is bool(note.missing)
        if trace.decided_by and isinstance(trace.verdict, Reject):
            assert trace.verdict.reason.startswith(trace.decided_by)


def test_notes_say_what_was_missing_and_what_was_changed() -> None:
    tracer = Tracer(
        chain(
            term("reject", "bogons", prefix_set="bogons", as_path=("_7$", "_8$")),
            term("next", "plain"),
            term("next", "mark", set=SetConfig(add_communities=("1:1",))),
            term("accept", "marked", community=("1:*",), local_pref="ge 5"),
            term("accept", "rest"),
            prefix_sets={"bogons": ("192.0.2.0/24 le 32",)},
        )
    )

    notes = tracer.trace(route(local_pref=2)).notes

    assert [(note.term.split()[-1], note.outcome, note.missing) for note in notes] == [
        ("bogons", "no match", "prefix_set bogons, as_path _7$ | _8$"),
        ("plain", "next", ""),
        ("mark", "next", ""),
        ("marked", "no match", "local_pref ge 5"),
        ("rest", "accept", ""),
    ]
    assert notes[2].before is not None
    assert notes[2].after is not None
    assert len(notes[2].after.communities) == len(notes[2].before.communities) + 1


def test_a_change_that_can_not_be_made_rejects() -> None:
    trace = Tracer(chain(term(set=SetConfig(next_hop="10.0.0.1")))).trace(route("2001:db8::/48"))

    assert trace.notes[-1].outcome == "reject"
    assert "IPv4 next hop" in str(trace.verdict)
