"""What happens to AS paths on their way out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.rib.as_paths import (
    RemovePrivate,
    is_private,
    overridden,
    prepend_member,
    without_confederation,
    without_private,
)

OURS, PEERS = 64496, 64600
SEQUENCE, SET = SegmentType.AS_SEQUENCE, SegmentType.AS_SET
segments = st.builds(
    Segment,
    st.sampled_from(SegmentType),
    st.lists(st.sampled_from((OURS, PEERS, 64512, 65001, 4_200_000_000, 7, 65535)), min_size=1, max_size=4).map(tuple),
)
paths = st.lists(segments, max_size=4).map(lambda found: AsPath(tuple(found)))


def octets(*ases: int) -> bytes:
    return AsPath.sequence(ases).encode()


def asns(value: bytes) -> tuple[int, ...]:
    return AsPath.decode(value).asns


@pytest.mark.parametrize(
    ("asn", "expected"),
    [
        *((64511, False), (64512, True), (65534, True), (65535, False)),
        *((4_199_999_999, False), (4_200_000_000, True), (4_294_967_294, True), (4_294_967_295, False)),
    ],
)
def test_what_is_a_private_as(asn: int, expected: bool) -> None:
    """RFC 6996 §5; 65535 and 4294967295 are reserved (RFC 7300)."""
    assert is_private(asn) is expected


@pytest.mark.parametrize(
    ("mode", "path", "expected"),
    [
        pytest.param("only", (65001, 65002), (), id="only-private"),
        pytest.param("only", (65001, 7), (65001, 7), id="only-mixed"),
        pytest.param("all", (65001, 7, 65002), (7,), id="all"),
        pytest.param("all", (65001, PEERS, 7), (PEERS, 7), id="all-but-the-peers-own"),
        pytest.param("replace", (65001, 7, 65001), (OURS, 7, OURS), id="replace"),
    ],
)
def test_private_as_numbers_go(mode: RemovePrivate, path: tuple[int, ...], expected: tuple[int, ...]) -> None:
    assert asns(without_private(octets(*path), mode, own=OURS, remote=PEERS)) == expected


def test_a_segment_of_private_numbers_alone_goes_as_a_whole() -> None:
    """An empty segment is malformed (RFC 4271 §4.3)."""
    path = AsPath((Segment(SEQUENCE, (65001,)), Segment(SET, (65002, 7)))).encode()

    assert AsPath.decode(without_private(path, "all", own=OURS, remote=0)).segments == (Segment(SET, (7,)),)


def test_the_peers_as_is_overridden_in_sets_too() -> None:
    path = AsPath((Segment(SEQUENCE, (PEERS, 7, PEERS)), Segment(SET, (PEERS, 9)))).encode()

    found = AsPath.decode(overridden(path, own=OURS, remote=PEERS))

    assert found.segments == (Segment(SEQUENCE, (OURS, 7, OURS)), Segment(SET, (OURS, 9)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "(65001)", id="empty"),
        pytest.param("7 8", "(65001) 7 8", id="sequence-first"),
        pytest.param("(65002) 7", "(65001 65002) 7", id="member-first"),
    ],
)
def test_a_member_as_opens_a_confederation_segment_or_goes_into_it(before: str, after: str) -> None:
    """RFC 5065 §4.1 c."""
    path = AsPath.parse(before) if before else AsPath()

    assert str(AsPath.decode(prepend_member(path.encode(), 65001))) == after


@given(paths, st.sampled_from(("only", "all", "replace")))
def test_what_stays_keeps_its_order_and_every_path_is_well_formed(path: AsPath, mode: RemovePrivate) -> None:
    kept = asns(without_private(path.encode(), mode, own=OURS, remote=PEERS))

    stays = tuple(asn for asn in path.asns if not is_private(asn) or asn == PEERS)
    if mode == "all":
        assert kept == stays
    elif mode == "replace":
        assert kept == tuple(asn if not is_private(asn) or asn == PEERS else OURS for asn in path.asns)
    else:
        assert kept == (path.asns if any(not is_private(asn) for asn in path.asns) else stays)


@given(paths)
def test_nothing_of_a_confederation_is_left_outside(path: AsPath) -> None:
    """RFC 5065 §4.1 d."""
    found = AsPath.decode(without_confederation(path.encode()))

    assert found.segments == tuple(each for each in path.segments if each.kind in (SEQUENCE, SET))
