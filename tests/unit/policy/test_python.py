"""Python functions as policy: what they may return, and what becomes of their errors."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.config.model import SetConfig
from pybgp.policy import once_per_block
from pybgp.routes import Accept, KernelHints, Route

from .made import PEER, accepted, block, chain, refused, route, term


def prefer(given: Route) -> Route | None:
    """What a user would write."""
    if given.prefix_length > 28:
        return None
    return given.replace(local_pref=200 if "64512:7" in given.communities else 50)


def test_a_route_accepts_and_none_rejects() -> None:
    policy = chain(refs=("my_site:prefer",), functions={"my_site:prefer": prefer})

    assert accepted(policy.evaluate(route(communities=["64512:7"]))).local_pref == 200
    assert accepted(policy.evaluate(route())).local_pref == 50
    assert refused(policy.evaluate(route("10.65.1.1/32"))) == "policy my_site:prefer: returned None"
    assert policy.reads_prefix
    assert policy.errors.count == 0


def test_the_same_route_keeps_the_block() -> None:
    given = route()

    assert accepted(chain(refs=(lambda each: each,)).evaluate(given)) is given.block
    assert accepted(chain(refs=(lambda each: each.replace(med=5).replace(med=None),)).evaluate(given)) is given.block


def test_prefixes_treated_alike_share_the_changed_block() -> None:
    policy = chain(refs=(lambda each: each.replace(local_pref=200),))
    shared = block()

    made = {id(accepted(policy.evaluate(Route(Family.IPV4_UNICAST, bytes((8, n)), shared, PEER)))) for n in range(1, 9)}

    assert len(made) == 1


def test_terms_in_front_decide_first_and_change_what_the_function_gets() -> None:
    seen: list[tuple[str, int | None]] = []

    def watching(given: Route) -> Route:
        seen.append((given.prefix_text, given.med))
        return given

    policy = chain(
        term("reject", "bogons", prefix_set="bogons"),
        term("next", set=SetConfig(med=7)),
        refs=("policy", watching),
        prefix_sets={"bogons": ("192.168.0.0/16 le 32",)},
    )

    assert refused(policy.evaluate(route("192.168.0.0/24"))) == "policy policy term bogons"
    assert [accepted(policy.evaluate(route(prefix))).med for prefix in ("10.0.0.0/8", "10.1.0.0/16")] == [7, 7]
    assert seen == [("10.0.0.0/8", 7), ("10.1.0.0/16", 7)]


def raises(given: Route) -> Route:
    raise KeyError(given.prefix_text)


class Unspeakable(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")


def unspeakable(given: Route) -> Route:
    raise Unspeakable


def endless(given: Route) -> Route:
    return endless(given)


@pytest.mark.parametrize(
    ("function", "text"),
    [
        pytest.param(raises, "KeyError: '10.65.1.0/26' (line ", id="raises"),
        pytest.param(unspeakable, "Unspeakable: its text can't be read (line ", id="no-text"),
        pytest.param(endless, "RecursionError: ", id="recursion"),
        pytest.param(
            lambda given: given.replace(med=-1), "ValueError: med = -1: expected 0..4294967295", id="bad-value"
        ),
        pytest.param(lambda given: given.replace(colour=1), "TypeError: ", id="bad-argument"),
        pytest.param(lambda: None, "TypeError: ", id="no-parameter"),
        pytest.param(lambda given: True, "returned bool, expected a Route or None", id="bool"),
        pytest.param(lambda given: "accept", "returned str, expected a Route or None", id="text"),
        pytest.param(lambda given: replace(given, block=None), "returned a Route whose block is none", id="no-block"),
        pytest.param(
            lambda given: replace(given, block=given.block.replace(next_hop=b"x")),
            "whose block is none",
            id="bad-next-hop",
        ),
        pytest.param(
            lambda given: replace(given, hints="tunl0"), "hints of type str, expected KernelHints", id="hints"
        ),
    ],
)
def test_a_function_that_fails_rejects_the_route_and_is_counted(function: Any, text: str) -> None:
    """Never the session, never the daemon; the log is told once."""
    policy = chain(refs=("site:bad",), functions={"site:bad": function})

    reasons = [refused(policy.evaluate(route())) for _ in range(3)]

    assert reasons[0].startswith("policy site:bad failed: ")
    assert text in reasons[0]
    assert (policy.errors.name, policy.errors.count) == ("site:bad", 3)
    assert text in policy.errors.last
    assert text in policy.errors.take_first()
    assert policy.errors.take_first() == ""


def test_an_error_says_where_it_was_raised() -> None:
    policy = chain(refs=(raises,))

    reason = refused(policy.evaluate(route()))

    assert f"(line {raises.__code__.co_firstlineno + 1} of {__file__})" in reason
    assert reason.startswith(f"policy {__name__}:raises failed")


def test_a_function_that_declares_it_runs_once_for_all_prefixes() -> None:
    @once_per_block
    def by_path(given: Route) -> Route | None:
        return given.replace(local_pref=200) if 65002 in given.as_path else None

    @once_per_block
    def liar(given: Route) -> Route | None:
        return given if given.prefix_length < 24 else None

    without_key = Route(Family.IPV4_UNICAST, b"", block((65001, 65002)), PEER)

    assert not chain(refs=(by_path,)).reads_prefix
    assert accepted(chain(refs=(by_path,)).evaluate(without_key)).local_pref == 200
    assert "must not look at the prefix" in refused(chain(refs=(liar,)).evaluate(without_key))


def test_only_a_fib_policy_says_how_a_route_goes_into_the_kernel() -> None:
    def tunnel(given: Route) -> Route:
        return given.replace(hints=KernelHints(device="tunl0", onlink=True))

    verdicts = [chain(refs=(tunnel,), allow_hints=allowed).evaluate(route()) for allowed in (True, False)]

    assert [verdict.hints for verdict in verdicts if isinstance(verdict, Accept)] == [
        KernelHints(device="tunl0", onlink=True),
        None,
    ]
