"""Laws of MRT: what is written can be read, however it is cut, and no octets are a crash or an endless wait."""

from __future__ import annotations

import bz2
import gzip
from contextlib import suppress

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pybgp import mrt
from pybgp.errors import ProtocolError
from pybgp.mrt import text, usual_text
from pybgp.mrt.records import Record
from pybgp.testing import strategies as bgp

slow = settings(deadline=None)
"""The first examples compile the patterns of the codec."""


def written(records: list[Record]) -> bytes:
    return b"".join(mrt.write(records))


@slow
@given(bgp.mrt_records())
def test_what_is_written_is_read_again(records: list[Record]) -> None:
    assert list(mrt.read(written(records))) == records


@slow
@given(bgp.mrt_records(), st.integers(1, 40), st.sampled_from([bytes, gzip.compress, bz2.compress]))
def test_any_chunking_gives_the_same_records(records: list[Record], size: int, pack: object) -> None:
    octets = pack(written(records))  # type: ignore[operator]

    assert list(mrt.read(octets[at : at + size] for at in range(0, len(octets), size))) == records


MAGIC = (b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")
"""How compressed files begin."""


def only_records_and_damage(octets: bytes, size: int) -> None:
    """Whole and in pieces the same, and damage is where there are octets."""
    assume(not octets.startswith(MAGIC))  # its offsets would be those of what is unpacked
    found = list(mrt.read(octets))

    pieces = mrt.read(octets[at : at + size] for at in range(0, len(octets), size))
    assert list(map(repr, found)) == list(map(repr, pieces))  # errors that are equal are not the same
    for each in found:
        if isinstance(each, mrt.Damage):
            assert 0 <= each.offset < len(octets)
            assert 0 < each.size <= len(octets) - each.offset
            assert str(each)
            continue
        assert all(isinstance(line, str) for line in mrt.lines(each))
        if isinstance(each, mrt.Message):
            with suppress(ProtocolError):
                each.decode()


@slow
@given(bgp.mrt_records(), st.data())
def test_a_truncated_file_gives_records_and_damage_only(records: list[Record], data: st.DataObject) -> None:
    octets = written(records)

    only_records_and_damage(octets[: data.draw(st.integers(0, len(octets)))], data.draw(st.integers(1, 60)))


@slow
@given(bgp.mrt_records(), st.data())
def test_a_changed_octet_gives_records_and_damage_only(records: list[Record], data: st.DataObject) -> None:
    octets = written(records)
    at = data.draw(st.integers(0, len(octets) - 1))

    only_records_and_damage(octets[:at] + bytes((data.draw(bgp.u8),)) + octets[at + 1 :], data.draw(st.integers(1, 60)))


@slow
@given(st.lists(st.one_of(st.binary(max_size=30), bgp.mrt_records().map(written)), max_size=4), st.integers(1, 60))
def test_any_octets_give_records_and_damage_only(parts: list[bytes], size: int) -> None:
    only_records_and_damage(b"".join(parts), size)


_headers = st.builds(
    lambda time, kind, length: bytes.fromhex("6500") + time.to_bytes(2) + kind + length.to_bytes(4),
    bgp.u16,
    st.sampled_from([b"\0\x0c\0\1", b"\0\x0d\0\1", b"\0\x0d\0\2", b"\0\x0d\0\x0c", b"\0\x10\0\4", b"\0\x11\0\0"]),
    st.one_of(st.integers(0, 60), bgp.u32),
)


@given(st.lists(st.one_of(_headers, st.binary(max_size=40)), max_size=12), st.integers(1, 60))
def test_headers_around_anything_give_records_and_damage_only(parts: list[bytes], size: int) -> None:
    only_records_and_damage(b"".join(parts), size)


@given(st.binary(max_size=200), st.integers(1, 20), st.sampled_from([b"\x1f\x8b\x08", b"BZh9", MAGIC[2]]))
def test_octets_that_look_compressed_give_records_and_damage_only(rest: bytes, size: int, magic: bytes) -> None:
    octets = magic + rest

    found = list(mrt.read(octets[at : at + size] for at in range(0, len(octets), size)))

    assert repr(found) == repr(list(mrt.read(octets)))


@slow
@given(bgp.mrt_records(), bgp.mrt_records(), st.binary(min_size=1, max_size=11))
def test_reading_goes_on_behind_octets_that_are_no_record(
    before: list[Record], after: list[Record], rubbish: bytes
) -> None:
    """All that follows with a time near the last one is found again; an unknown type needs a header behind it."""
    assume(not isinstance(before[-1], mrt.Unknown))
    near = [after[0].__class__(**{**_fields(after[0]), "seconds": before[-1].seconds}), *after[1:]]
    octets = written(before) + rubbish.replace(b"\0", b"\xff") + written(near)

    found = list(mrt.read(octets))

    assert found[: len(before)] == before
    assert found[-len(near) :] == near


def _fields(record: Record) -> dict[str, object]:
    names = getattr(record, "_fields", None) or record.__dataclass_fields__  # type: ignore[union-attr]
    return {name: getattr(record, name) for name in names}


USUAL = bytes.fromhex("40010102 40020a 0202 0000fde9 00010001 400304 0a630001 800404 00000005 400504 ffffffff")
SHOWN = "65001 65537|INCOMPLETE|10.99.0.1|4294967295|5|"


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        pytest.param("", SHOWN + "|NAG||", id="no-communities"),
        pytest.param("c00808 fde80001 00000000", SHOWN + "65000:1 0:0|NAG||", id="communities"),
        pytest.param("c00804 ffffff01", None, id="a-community-with-a-name"),
        pytest.param("400600", None, id="aggregate"),
        pytest.param("c0200c 000000010000000200000003", None, id="more-behind-communities"),
    ],
)
def test_usual_attributes_take_the_short_way_to_text(more: str, shown: str | None) -> None:
    assert usual_text.route_text(USUAL + bytes.fromhex(more)) == shown


@settings(max_examples=500, deadline=None)
@given(bgp.attribute_fields())
@example(USUAL)
@example(bytes.fromhex("40010100 400200 400304 0a630001".replace(" ", "")))
@example(bytes.fromhex("40010101 400200 400304 0a630001 c00804 ffff0001"))
@example(bytes.fromhex("40010101 50020006 0201 0000fde9 400304 0a630001"))
def test_the_short_way_to_the_text_of_a_route_agrees_with_the_long_one(octets: bytes) -> None:
    assert usual_text.route_text(octets) in (None, text._unusual_route(octets, True))


@given(st.one_of(st.binary(max_size=40), st.lists(bgp.keys(bgp.IPV4), max_size=5).map(b"".join)))
@example(bytes.fromhex("18 0a0b0c 11 0affff 00 20 01020304".replace(" ", "")))
def test_the_short_way_to_the_text_of_prefixes_agrees_with_the_long_one(field: bytes) -> None:
    assert usual_text.rows("a|", field, "|b") in (
        None,
        [f"a|{prefix}|b" for prefix in text._prefixes(1, field, False)],
    )
