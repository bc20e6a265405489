"""Policies of terms: what matches, what is changed, who decides, and what the reason says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.config.model import SetConfig
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.routes import Accept, KernelHints, Route

from .made import LOCAL, PEER, accepted, block, chain, refused, route, term

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST


@pytest.mark.parametrize(
    ("match", "matching", "other"),
    [
        pytest.param({}, route(), None, id="nothing-asked"),
        pytest.param({"source": ("local", "kernel")}, route(source=LOCAL), route(), id="source"),
        pytest.param({"family": (V6,)}, route("2001:db8::/48"), route(), id="family"),
        pytest.param({"peer": ("tor-a",)}, route(), route(source=replace(PEER, name="b")), id="peer-by-name"),
        pytest.param({"peer": ("198.51.100.1",)}, route(), route(source=LOCAL), id="peer-by-address"),
        pytest.param({"next_hop": ("198.51.100.0/24",)}, route(), route(next_hop="203.0.113.1"), id="next-hop"),
        pytest.param({"next_hop": ("198.51.100.1",)}, route(), route(next_hop="198.51.100.2"), id="next-hop-host"),
        pytest.param({"next_hop": ("2001:db8::/32",)}, route("2001:db8::/48"), route(), id="next-hop-ipv6"),
        pytest.param({"local_pref": 200}, route(local_pref=200), route(), id="local-pref"),
        pytest.param({"med": 7}, route(med=7), route(med=8), id="med"),
        pytest.param({"med": 0}, route(), route(med=8), id="no-med-is-0"),
        pytest.param({"origin": "igp"}, route(), route(origin="incomplete"), id="origin"),
        pytest.param({"prefix_set": "pods"}, route(), route("10.66.0.0/26"), id="prefix-set"),
        pytest.param({"as_path_set": "tor"}, route(), route(path=(65003,)), id="as-path-set"),
        pytest.param({"community_set": "rack"}, route(communities=["64512:7"]), route(), id="community-set"),
        pytest.param({"prefix_set": "pods", "as_path_set": "tor"}, route(), route(path=(7,)), id="all-must-hold"),
        pytest.param({"prefix_set": "pods", "source": ("bgp",)}, route(), route(source=LOCAL), id="set-and-condition"),
    ],
)
def test_a_term_matches_where_all_its_conditions_hold(
    match: dict[str, Any], matching: Route, other: Route | None
) -> None:
    policy = chain(
        term("accept", **match),
        prefix_sets={"pods": ("10.65.0.0/16 le 32",)},
        as_path_sets={"tor": ("^65001",)},
        community_sets={"rack": ("64512:*",)},
    )

    assert accepted(policy.evaluate(matching)) is matching.block
    if other is not None:
        assert refused(policy.evaluate(other)) == "policy policy: no term accepted"


def test_a_next_hop_of_two_addresses_matches_by_either() -> None:
    """RFC 2545 §3: a global and a link-local one."""
    policy = chain(term(next_hop=("fe80::/10",)))
    both = block().replace(next_hop=bytes.fromhex("2001 0db8" + "00" * 11 + "01 fe80" + "00" * 13 + "01"))

    assert accepted(policy.evaluate(Route(V6, b"\0", both, PEER))) is both


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({"local_pref": 200}, {"local_pref": 200}, id="local-pref"),
        pytest.param({"med": 0}, {"med": 0}, id="med"),
        pytest.param({"origin": "egp"}, {"origin": "egp"}, id="origin"),
        pytest.param({"next_hop": "192.0.2.9"}, {"next_hop": "192.0.2.9"}, id="next-hop"),
        pytest.param({"prepend": (64512, 64513)}, {"as_path": (64512, 64513, 65001)}, id="prepend"),
        pytest.param({"prepend": ("self", "self")}, {"as_path": (64512, 64512, 65001)}, id="prepend-ourselves"),
        pytest.param(
            {"communities": ("1:1", "1:1:1")},
            {"communities": ("1:1",), "large_communities": ("1:1:1",), "extended_communities": ("rt:7:7",)},
            id="communities",
        ),
        pytest.param(
            {"communities": ()},
            {"communities": (), "large_communities": ("7:7:7",), "extended_communities": ("rt:7:7",)},
            id="no-communities",
        ),
        pytest.param(
            {"add_communities": ("blackhole", "7:7", "8:8:8", "ro:8:8")},
            {
                "communities": ("7:7", "7:8", "65535:666"),
                "large_communities": ("7:7:7", "8:8:8"),
                "extended_communities": ("rt:7:7", "ro:8:8"),
            },
            id="add",
        ),
        pytest.param(
            {"remove_communities": ("*:8", "7:7:*", "rt:*:*")},
            {"communities": ("7:7",), "large_communities": (), "extended_communities": ()},
            id="remove",
        ),
        pytest.param(
            {"communities": ("1:1",), "remove_communities": ("1:*",), "add_communities": ("1:2",)},
            {"communities": ("1:2",)},
            id="replace-then-remove-then-add",
        ),
    ],
)
def test_set_changes_what_it_names_and_nothing_else(change: dict[str, Any], expected: dict[str, Any]) -> None:
    given = route(communities=["7:7", "7:8", "7:7:7", "rt:7:7"], med=50, local_pref=100)
    names = (
        *("local_pref", "med", "origin", "next_hop", "as_path"),
        *("communities", "large_communities", "extended_communities"),
    )

    made = Route(given.family, given.key, accepted(chain(term(set=SetConfig(**change))).evaluate(given)), PEER)

    before = {name: getattr(given, name) for name in names}
    assert {name: getattr(made, name) for name in names} == before | expected


def test_a_set_that_changes_nothing_keeps_the_block() -> None:
    """The same object, so that its prefixes go on sharing a path."""
    given = route(local_pref=100, communities=["1:1"])
    policy = chain(term(set=SetConfig(local_pref=100, add_communities=("1:1",), remove_communities=("2:*",))))

    assert accepted(policy.evaluate(given)) is given.block


@pytest.mark.row("ASP-11")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        pytest.param((), "64512", id="empty"),
        pytest.param(AsPath((Segment(SegmentType.AS_SET, (7, 8)),)), "64512 {7,8}", id="set-first"),
        pytest.param((7,) * 255, "64512 " + " ".join(["7"] * 255), id="full-segment"),
    ],
)
def test_prepending_keeps_the_segments_valid(path: AsPath | tuple[int, ...], expected: str) -> None:
    """RFC 4271 §5.1.2 b: never more than 255 in a segment."""
    made = accepted(chain(term(set=SetConfig(prepend=(64512,)))).evaluate(route(path=path)))

    assert made.as_path_text == expected
    assert all(len(segment.asns) <= 255 for segment in AsPath.decode(made.as_path_octets).segments)


def test_the_first_term_that_decides_counts() -> None:
    policy = chain(
        term("reject", "bogons", prefix_set="bogons"),
        term("accept", "ours", as_path_set="ours", set=SetConfig(local_pref=200)),
        term("accept", "rest", set=SetConfig(local_pref=50)),
        term("reject", "never"),
        prefix_sets={"bogons": ("192.168.0.0/16 le 32",)},
        as_path_sets={"ours": ("^65001",)},
    )

    assert refused(policy.evaluate(route("192.168.1.0/24"))) == "policy policy term bogons"
    assert accepted(policy.evaluate(route())).local_pref == 200
    assert accepted(policy.evaluate(route(path=(7,)))).local_pref == 50


def test_next_changes_the_route_and_goes_on_with_what_it_has_become() -> None:
    """Later terms see the new attributes: in conditions, in sets, and in the terms of the next policy."""
    policy = chain(
        term("next", set=SetConfig(local_pref=150, prepend=(7,), add_communities=("1:1",))),
        term("next", as_path_set="seven", set=SetConfig(med=1)),
        term("next", community_set="one", set=SetConfig(origin="egp")),
        refs=("policy", "second"),
        policies={"second": (term("accept", local_pref=150, med=1, origin="egp"),)},
        as_path_sets={"seven": ("^7_",)},
        community_sets={"one": ("1:1",)},
    )

    made = accepted(policy.evaluate(route()))

    assert (made.local_pref, made.med, made.as_path_text) == (150, 1, "7 65001")


def test_a_term_without_a_label_is_known_by_its_place() -> None:
    assert refused(chain(term("next"), term("reject")).evaluate(route())) == "policy policy term 1"


def test_policies_are_asked_in_order_and_all_are_named_when_none_decides() -> None:
    policies = {"own_only": (term(source=("local",)),), "tor": (term(as_path_set="tor"),)}
    policy = chain(refs=("own_only", "tor"), policies=policies, as_path_sets={"tor": ("^65001$",)})

    assert accepted(policy.evaluate(route(source=LOCAL, path=())))
    assert accepted(policy.evaluate(route()))
    assert refused(policy.evaluate(route(path=(7,)))) == "policy own_only, tor: no term accepted"


def test_what_no_term_decides_may_be_accepted_by_default() -> None:
    policy = chain(term("next", set=SetConfig(med=9)), default="accept")

    assert accepted(policy.evaluate(route())).med == 9


def test_accept_and_reject_are_built_in() -> None:
    assert accepted(chain(refs=("accept",)).evaluate(route()))
    assert refused(chain(refs=("reject",)).evaluate(route())) == "policy reject"
    assert accepted(chain(term("next", set=SetConfig(med=3)), refs=("policy", "accept")).evaluate(route())).med == 3


def test_an_empty_list_accepts_nothing() -> None:
    assert refused(chain(refs=()).evaluate(route())) == "an empty list of policies accepts nothing"


@pytest.mark.parametrize(
    ("terms", "reads"),
    [
        pytest.param([term(as_path_set="tor")], False, id="no-prefix-set"),
        pytest.param([term(prefix_set="pods")], True, id="prefix-set"),
        pytest.param([term("next", prefix_set="pods"), term()], True, id="only-to-change"),
        pytest.param([term(), term(prefix_set="pods")], False, id="behind-what-decides-all"),
        pytest.param([term(next_hop=("10.0.0.0/8",), family=(V4,))], False, id="next-hop"),
    ],
)
def test_a_policy_reads_the_prefix_only_if_a_prefix_set_can_matter(terms: list[Any], reads: bool) -> None:
    """Else it runs once for all prefixes of a block, without a key."""
    policy = chain(*terms, prefix_sets={"pods": ("10.65.0.0/16 le 32",)}, as_path_sets={"tor": ("^65001",)})

    assert policy.reads_prefix is reads
    if not reads:
        assert accepted(policy.evaluate(Route(V4, b"", block(next_hop="10.1.1.1"), PEER)))


def test_prefixes_of_a_block_that_are_treated_alike_have_one_mark() -> None:
    policy = chain(
        term(prefix_set="pods", set=SetConfig(local_pref=200)), prefix_sets={"pods": ("10.65.0.0/16 le 32",)}
    )
    shared = block()
    keys = [b"\x1a\x0a\x41" + bytes((number, 0)) for number in range(9)]

    [(mark, alike)] = policy.by_marks(V4, keys, shared)

    assert alike == keys
    assert accepted(policy.decide(PEER, shared, V4, keys[0], mark)).local_pref == 200
    assert sorted(len(some) for _, some in policy.by_marks(V4, [*keys, b"\x18\x0a\x42\0"], shared)) == [1, 9]


def test_routes_in_between_do_not_change_the_verdict_on_a_block() -> None:
    """Answers are remembered by attributes, source and family; each must keep its own."""
    policy = chain(
        term(prefix_set="pods", source=("local",), set=SetConfig(med=1)),
        term(prefix_set="pods", family=(V6,), set=SetConfig(med=2)),
        term(prefix_set="pods", as_path_set="tor", set=SetConfig(med=3)),
        prefix_sets={"pods": ("10.65.0.0/16 le 32", "2001:db8::/32 le 128")},
        as_path_sets={"tor": ("^65001",)},
    )
    routes = [route(source=LOCAL), route("2001:db8::/48"), route(), route(path=(7,)), route("10.66.0.0/26")]

    first = [policy.evaluate(given) for given in routes]
    again = [policy.evaluate(given) for given in reversed(routes)]

    assert [verdict.block.med if isinstance(verdict, Accept) else None for verdict in first] == [1, 2, 3, None, None]
    assert again == first[::-1]


def test_an_ipv4_next_hop_for_an_ipv6_prefix_rejects_and_says_why() -> None:
    policy = chain(term("accept", "via", set=SetConfig(next_hop="192.0.2.1")))

    assert accepted(policy.evaluate(route()))
    assert refused(policy.evaluate(route("2001:db8::/48"))) == (
        "policy policy term via: an IPv4 next hop can't carry ipv6-unicast"
    )


def test_a_path_that_would_grow_too_long_is_rejected() -> None:
    """An attribute has at most 65535 octets (RFC 4271 §4.3)."""
    policy = chain(term(set=SetConfig(prepend=(64512,) * 200)))

    assert "longer than 65535 octets" in refused(policy.evaluate(route(path=(7,) * 16_200)))


def test_a_fib_policy_says_how_a_route_goes_into_the_kernel() -> None:
    policy = chain(
        term("next", source=("bgp",), set=SetConfig(device="tunl0", onlink=True)),
        term("accept", set=SetConfig(metric=1024)),
        allow_hints=True,
    )

    learned, own = policy.evaluate(route()), policy.evaluate(route(source=LOCAL))

    assert isinstance(learned, Accept)
    assert isinstance(own, Accept)
    assert learned.hints == KernelHints(device="tunl0", onlink=True, metric=1024)
    assert own.hints == KernelHints(metric=1024)
