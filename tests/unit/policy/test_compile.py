"""What can't be compiled is told with place, value and what was expected, all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from pybgp.config.model import SetConfig, TermConfig
from pybgp.errors import ConfigError

from .made import chain, term


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        pytest.param(term("drop"), "action = 'drop': expected accept, reject or next", id="action"),
        pytest.param(
            term(prefix_set="x"),
            "match.prefix_set = 'x': expected one of prefix_sets: bogons, martians, pods",
            id="no-prefix-set",
        ),
        pytest.param(
            term(as_path_set="x"),
            "match.as_path_set = 'x': expected one of as_path_sets: bogon_asns, private_asns",
            id="no-path-set",
        ),
        pytest.param(term(source=("ospf",)), "source = ['ospf']: expected a list of local, kernel, bgp", id="source"),
        pytest.param(term(as_path="^65001"), "as_path = '^65001': expected a sequence of texts", id="text-for-list"),
        pytest.param(term(peer="tor"), "peer = 'tor': expected a sequence of texts", id="text-for-peers"),
        pytest.param(term(next_hop="192.0.2.0/24"), "expected a sequence of texts", id="text-for-hops"),
        pytest.param(term(origin="x"), "origin = 'x': expected igp, egp or incomplete", id="origin-match"),
        pytest.param(term(next_hop=("x",)), "next_hop = 'x': expected a prefix like", id="next-hop-match"),
        pytest.param(term(set=SetConfig(med=-1)), "med = -1: expected 0..4294967295", id="med"),
        pytest.param(term(set=SetConfig(local_pref=1 << 32)), "local_pref = 4294967296: expected 0..", id="local-pref"),
        pytest.param(
            term(set=SetConfig(origin="x")),
            "origin = 'x': expected igp, egp or incomplete",
            id="origin",  # type: ignore[arg-type]
        ),
        pytest.param(
            term(set=SetConfig(next_hop="224.0.0.1")),
            "next_hop = '224.0.0.1': expected the address of a host",
            id="host",
        ),
        pytest.param(term(set=SetConfig(next_hop="x")), "'x' is not an IPv4 or IPv6 address", id="next-hop"),
        pytest.param(term(set=SetConfig(prepend=(0,))), "prepend = (0,): expected at most 255 AS numbers", id="as-0"),
        pytest.param(term(set=SetConfig(prepend=(1,) * 256)), "expected at most 255 AS numbers", id="long-prepend"),
        pytest.param(
            term(set=SetConfig(prepend=("me",))),
            'prepend = [\'me\']: expected AS numbers, "self" or "last_as"',
            id="prepend-text",  # type: ignore[arg-type]
        ),
        pytest.param(term(set=SetConfig(communities=("x",))), "'x': expected a community like", id="community"),
        pytest.param(term(set=SetConfig(add_communities=("1:*",))), "'1:*': expected one community", id="wildcard"),
        pytest.param(
            term(set=SetConfig(device="tunl0")), "device, onlink, metric: expected only in fib.export_policy", id="fib"
        ),
    ],
)
def test_a_wrong_term_is_told_with_its_place(wrong: TermConfig, expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        chain(term("next"), wrong, prefix_sets={"pods": ("10.0.0.0/8",)})

    [problem] = caught.value.problems
    assert problem.startswith("policies.policy[1]")
    assert expected in problem


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        pytest.param({"prefix_sets": {"s": ("10.0.0.0/8 le 7",)}}, "prefix_sets.s: '10.0.0.0/8 le 7': ", id="prefix"),
        pytest.param({"as_path_sets": {"s": ("[",)}}, "as_path_sets.s: '[': expected", id="as-path"),
        pytest.param({"community_sets": {"s": ("1:x",)}}, "community_sets.s: '1:x': expected", id="community"),
    ],
)
def test_a_wrong_set_is_told_once_however_many_terms_use_it(sets: dict[str, Any], expected: str) -> None:
    [kind] = sets
    using = term(**{kind.removesuffix("s"): "s"})

    with pytest.raises(ConfigError) as caught:
        chain(using, using, **sets)

    [problem] = caught.value.problems
    assert problem.startswith(expected)


def test_unknown_policies_and_functions_are_told_with_what_there_is() -> None:
    with pytest.raises(ConfigError) as caught:
        chain(refs=("policy", "polcy", "my_site:missing"))

    assert caught.value.problems == (
        "policies.polcy: unknown policy, expected accept, reject, module:function or policy",
        "my_site:missing: expected a module:function that can be imported",
    )


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        chain(term("drop"), term(prefix_set="a"), term(set=SetConfig(med=-1)), refs=("nobody", "policy"))

    assert len(caught.value.problems) == 4
