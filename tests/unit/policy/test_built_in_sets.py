"""Sets that are there without being defined: what is in them, and that an own one takes their place."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.addresses import prefix_key
from pybgp.config.model import MatchConfig, PolicySets, TermConfig
from pybgp.policy.as_path_set import parse_set
from pybgp.policy.built_in_sets import BUILT_IN, named
from pybgp.policy.compile import compile_chain
from pybgp.policy.prefix_set import PrefixSet


@pytest.mark.parametrize(
    ("prefix", "bogon", "martian"),
    [
        ("0.0.0.0/0", False, False),
        ("0.1.0.0/16", True, True),
        ("10.1.0.0/16", True, False),
        ("11.0.0.0/8", False, False),
        ("100.64.0.0/10", True, False),
        ("100.128.0.0/9", False, False),
        ("127.0.0.1/32", True, True),
        ("169.254.1.0/24", True, True),
        ("172.31.0.0/16", True, False),
        ("172.32.0.0/16", False, False),
        ("192.0.2.0/24", True, False),
        ("198.19.255.0/24", True, False),
        ("198.20.0.0/16", False, False),
        ("223.255.255.0/24", False, False),
        ("239.1.1.1/32", True, True),
        ("255.255.255.255/32", True, True),
        ("8.0.0.0/5", False, False),
        ("::/0", False, False),
        ("::1/128", True, True),
        ("::ffff:192.0.2.1/128", True, True),
        ("2001:db8:1::/48", True, False),
        ("2001:4860::/32", False, False),
        ("64:ff9b::/96", False, False),
        ("fd00:1::/32", True, False),
        ("fe80::/64", True, True),
        ("ff02::1/128", True, True),
    ],
)
def test_prefixes(prefix: str, bogon: bool, martian: bool) -> None:
    sets = BUILT_IN["prefix_sets"]

    found = [PrefixSet(sets[name]).matches(*prefix_key(prefix)) for name in ("bogons", "martians")]

    assert found == [bogon, martian]


def in_set(name: str, asn: int) -> bool:
    return parse_set(BUILT_IN["as_path_sets"][name]).pattern.search(f"1 {asn} 2") is not None


asns = st.one_of(st.integers(0, 4294967295), st.integers(64000, 66000), st.integers(4_294_967_000, 4_294_967_295))


@given(asns)
@example(4_199_999_999)
@example(4_200_000_000)
@example(4_289_999_999)
@example(4_290_000_000)
@example(4_294_000_000)
@example(4_294_899_999)
@example(4_294_959_999)
@example(4_294_967_199)
@example(4_294_967_294)
def test_private_as_numbers(asn: int) -> None:
    """RFC 6996 §5."""
    assert in_set("private_asns", asn) == (64512 <= asn <= 65534 or 4_200_000_000 <= asn <= 4_294_967_294)


@given(asns)
@example(0)
@example(23456)
@example(64496)
@example(64511)
@example(65535)
@example(65551)
@example(4_294_967_295)
def test_bogon_as_numbers(asn: int) -> None:
    """RFC 7607, 6793, 5398, 7300."""
    wanted = asn in (0, 23456, 65535, 4_294_967_295) or 64496 <= asn <= 64511 or 65536 <= asn <= 65551
    assert in_set("bogon_asns", asn) == wanted


def test_an_own_set_takes_the_place_of_a_built_in_one() -> None:
    own = PolicySets(prefix_sets={"bogons": ("10.0.0.0/8 le 32",)})

    assert named(own, "prefix_sets")["bogons"] == ("10.0.0.0/8 le 32",)
    assert "martians" in named(own, "prefix_sets")


def test_a_policy_uses_them_without_a_definition() -> None:
    terms = [
        TermConfig(action="reject", match=MatchConfig(prefix_set="bogons")),
        TermConfig(action="reject", match=MatchConfig(as_path_set="bogon_asns")),
    ]

    compile_chain(["edge"], policies={"edge": terms}, sets=PolicySets(), functions={}, own_as=1)
