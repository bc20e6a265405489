"""Named sets answer as a plain scan of their entries would."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import IPv4Network, IPv6Network, ip_network

from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import prefix_key
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.policy import as_path_set, community_set, prefix_set
from pybgp.policy.as_path_set import AsPathIndex
from pybgp.policy.community_set import CommunityIndex
from pybgp.policy.prefix_set import PrefixIndex
from tests.unit.policy.made import block

Network = IPv4Network | IPv6Network


@st.composite
def networks(draw: st.DrawFn) -> Network:
    """Few different leading bits, so that prefixes often lie in each other."""
    if draw(st.booleans()):
        bits, base = 32, draw(st.sampled_from([0, 0x0A000000, 0x0A410000, 0x0AFFFFFF, 0xFFFFFFFF]))
        kind: type[Network] = IPv4Network
    else:
        bits, base = 128, draw(st.sampled_from([0, 0x20010DB8 << 96, 0x20010DB80065 << 80, (1 << 128) - 1]))
        kind = IPv6Network
    length = draw(st.integers(0, bits))
    number = (base ^ draw(st.integers(0, 3)) << draw(st.integers(0, bits - 2))) >> (bits - length) << (bits - length)
    return kind((number, length))


@st.composite
def prefix_entries(draw: st.DrawFn) -> str:
    network = draw(networks())
    low = draw(st.integers(network.prefixlen, network.max_prefixlen))
    high = draw(st.integers(low, network.max_prefixlen))
    return draw(
        st.sampled_from([f"{network}", f"{network} ge {low}", f"{network} le {high}", f"{network} ge {low} le {high}"])
    )


def entry_holds(entry: str, network: Network) -> bool:
    """The reading of an entry, word by word."""
    text, *words = entry.split()
    parent = ip_network(text)
    limits = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    low = limits.get("ge", parent.prefixlen)
    high = limits.get("le", parent.max_prefixlen if "ge" in limits else parent.prefixlen)
    inside = parent.version == network.version and network.subnet_of(parent)  # type: ignore[arg-type]
    return inside and low <= network.prefixlen <= high


@given(st.lists(st.lists(prefix_entries(), max_size=8), min_size=1, max_size=4), st.lists(networks(), max_size=20))
def test_prefix_sets_hold_what_a_scan_finds(sets: list[list[str]], asked: list[Network]) -> None:
    index = PrefixIndex({1 << number: prefix_set.parse_set(entries) for number, entries in enumerate(sets)})
    named = [ip_network(entry.split()[0]) for entries in sets for entry in entries]

    for network in asked + named:
        expected = sum(
            1 << number for number, entries in enumerate(sets) if any(entry_holds(entry, network) for entry in entries)
        )
        assert index.bits(*prefix_key(str(network))) == expected


asns = st.sampled_from([1, 7, 17, 65001, 65002, 165001, 650011, 4200000000])
segments = st.builds(
    lambda kind, numbers: Segment(kind, tuple(numbers)),
    st.sampled_from(SegmentType),
    st.lists(asns, min_size=1, max_size=4),
)
paths = st.builds(lambda found: AsPath(tuple(found)), st.lists(segments, max_size=4))


@given(st.lists(asns, min_size=1, max_size=3), st.lists(paths, max_size=10))
def test_an_as_number_between_borders_is_found_wherever_it_stands(wanted: list[int], asked: list[AsPath]) -> None:
    """``_N_`` is membership, in sequences, sets and confederation segments alike."""
    index = AsPathIndex({1 << number: as_path_set.parse_set([f"_{asn}_"]) for number, asn in enumerate(wanted)})

    for path in asked:
        assert index.bits(block(path)) == sum(1 << n for n, asn in enumerate(wanted) if asn in path.asns)


@given(st.text(alphabet="0123456789^$.*+?|()[]{}-,_ \\", max_size=12), paths)
def test_whatever_is_written_is_an_expression_or_a_value_error(expression: str, path: AsPath) -> None:
    with suppress(ValueError):
        assert AsPathIndex({1: as_path_set.parse_set([expression])}).bits(block(path)) in (0, 1)


numbers = st.sampled_from([0, 1, 7, 65001, 65535])
standard = st.builds("{}:{}".format, numbers, numbers)
large = st.builds("{}:{}:{}".format, asns, numbers, numbers)
extended = st.builds("{}:{}:{}".format, st.sampled_from(["rt", "ro"]), numbers, numbers)
communities = st.one_of(standard, large, extended)


@st.composite
def community_entries(draw: st.DrawFn) -> str:
    parts = draw(communities).split(":")
    return ":".join(part if part in ("rt", "ro") or draw(st.booleans()) else "*" for part in parts)


def community_matches(entry: str, community: str) -> bool:
    wanted, found = entry.split(":"), community.split(":")
    if (wanted[0] in ("rt", "ro")) != (found[0] in ("rt", "ro")):
        return False
    return len(wanted) == len(found) and all(part in ("*", other) for part, other in zip(wanted, found, strict=True))


@given(st.lists(st.lists(community_entries(), max_size=5), min_size=1, max_size=3), st.lists(communities, max_size=6))
def test_community_sets_hold_what_a_comparison_of_texts_finds(sets: list[list[str]], carried: list[str]) -> None:
    index = CommunityIndex({1 << number: community_set.parse_set(entries) for number, entries in enumerate(sets)})

    expected = sum(
        1 << number
        for number, entries in enumerate(sets)
        if any(community_matches(entry, text) for entry in entries for text in carried)
    )
    assert index.bits(block(communities=carried)) == expected


@given(st.text(max_size=20))
def test_whatever_is_written_is_an_entry_or_a_value_error(text: str) -> None:
    for parse in (prefix_set.parse, as_path_set.parse, community_set.parse):
        with suppress(ValueError):
            parse(text)
