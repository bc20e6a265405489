"""RFC 6396 §2: records one behind the other, what is no record, and files that are compressed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tracemalloc
from collections.abc import Callable, Iterator

import pytest

from pybgp import mrt
from pybgp.messages.attributes.cache import BlockCache
from pybgp.mrt.errors import BadRecord
from pybgp.mrt.reader import MAX_RECORD, _Reader
from pybgp.mrt.table import TableReader
from tests.unit.mrt.wire import KEEPALIVE, PEER_TABLE, SECONDS, record

GOOD = record(16, 4, "0000fde9 0000fdea 0000 0001 0a000001 0a000002" + KEEPALIVE)
OSPF = record(11, 0, "0a000001 0a000002 01020304")
FILE = PEER_TABLE + GOOD * 3


def damage(found: list[mrt.Record | mrt.Damage]) -> list[tuple[int, int]]:
    """Where it is, and how much."""
    return [(each.offset, each.size) for each in found if isinstance(each, mrt.Damage)]


@pytest.mark.row("MRT-01")
def test_a_header_has_time_type_subtype_and_the_length_of_the_rest() -> None:
    header = (
        "65000000"  # timestamp
        "0030"  # type 48: OSPFv3
        "0007"  # subtype
        "00000002"  # length, without the header
    )

    assert list(mrt.read(bytes.fromhex(header + "abcd"))) == [
        mrt.Unknown(seconds=SECONDS, type=48, subtype=7, data=b"\xab\xcd")
    ]


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize(
    ("octets", "kind"),
    [
        pytest.param(OSPF, (11, 0), id="OSPF"),
        pytest.param(record(16, 2, "00"), (16, 2), id="BGP4MP_ENTRY"),
        pytest.param(record(13, 99, "00"), (13, 99), id="an unknown subtype"),
        pytest.param(record(12, 3, "00"), (12, 3), id="a third family of TABLE_DUMP"),
        pytest.param(record(4711, 1, "00"), (4711, 1), id="an unknown type"),
    ],
)
def test_an_unknown_record_is_reported_and_passed_over(octets: bytes, kind: tuple[int, int]) -> None:
    first, found, last = mrt.read(GOOD + octets + GOOD)

    assert isinstance(found, mrt.Unknown)
    assert (found.type, found.subtype) == kind
    assert first == last


@pytest.mark.row("MRT-05")
def test_a_record_that_the_file_cuts_off_is_damage_at_its_offset() -> None:
    found = list(mrt.read(FILE + GOOD[:-1]))

    assert len(found) == 5
    assert damage(found) == [(len(FILE), len(GOOD) - 1)]


@pytest.mark.row("MRT-05")
def test_a_header_that_the_file_cuts_off_is_damage() -> None:
    assert damage(list(mrt.read(FILE + GOOD[:11]))) == [(len(FILE), 11)]


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize(
    "length",
    [
        pytest.param(0xFFFF_FFFF, id="beyond-all-bounds"),
        pytest.param(MAX_RECORD, id="beyond-the-file"),
        pytest.param(len(GOOD) + 5, id="into-the-next-but-one"),
        pytest.param(3, id="too-short"),
    ],
)
def test_a_length_that_lies_costs_one_record(length: int) -> None:
    """What follows is found again by its header."""
    bad = GOOD[:8] + length.to_bytes(4) + GOOD[12:]

    found = list(mrt.read(FILE + bad + FILE))

    assert damage(found) == [(len(FILE), len(bad))]
    assert len(found) == 4 + 1 + 4


@pytest.mark.row("MRT-05")
def test_octets_that_are_no_record_are_passed_over_up_to_the_next_one() -> None:
    found = list(mrt.read(FILE + b"\xde\xad\xbe\xef" * 100 + FILE))

    assert damage(found) == [(len(FILE), 400)]
    assert len(found) == 9


def test_a_claimed_length_takes_no_memory() -> None:
    """Nor do octets that are only passed over."""
    bad = GOOD[:8] + b"\xff\xff\xff\xff"

    def source() -> Iterator[bytes]:
        yield bad
        for _ in range(200):
            yield bytes(1 << 18)

    tracemalloc.start()
    found = list(mrt.read(source()))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert damage(found) == [(0, 12 + 200 * (1 << 18))]
    assert peak < 4 << 20


def test_what_is_longer_than_asked_for_is_damage() -> None:
    found = list(mrt.read(FILE + OSPF, max_record=len(PEER_TABLE)))

    assert not damage(found)
    assert damage(list(mrt.read(FILE, max_record=len(PEER_TABLE) - 13))) == [(0, len(PEER_TABLE))]


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize(
    "head",
    [
        pytest.param("65000000 000d 0002 00000004", id="no-header-behind-its-record"),
        pytest.param("65000000 000d 0002 00ffffff", id="longer-than-the-file"),
        pytest.param("65000000 000d 0002 ffffffff", id="longer-than-anything"),
        pytest.param("00000000 000d 0001 00000000", id="another-time"),
    ],
)
def test_what_only_looks_like_a_header_is_passed_over(head: str) -> None:
    rubbish = b"\xff" * 20 + bytes.fromhex(head) + (b"" if head.startswith("00") else b"\xff" * 20)

    found = list(mrt.read(FILE + rubbish + FILE))

    assert damage(found) == [(len(FILE), len(rubbish))]
    assert len(found) == 9


def test_headers_that_lead_into_each_other_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every other one is the head of a record of nearly the whole file, behind which there is none."""
    looked_at = 0

    def count(reader: TableReader, seconds: int, subtype: int, body: bytes) -> None:
        nonlocal looked_at
        looked_at += len(body)
        raise BadRecord("nothing is right here")

    monkeypatch.setattr(TableReader, "read", count)
    octets = bytes.fromhex("65000000 000d 0002 00000000  65000000 000d 0002 00000fff") * 2000

    found = list(mrt.read(octets, max_record=4096))

    assert sum(each.size for each in found if isinstance(each, mrt.Damage)) == len(octets)
    assert looked_at < 2 * len(octets)


def test_headers_that_say_more_than_there_is_make_no_copies_of_the_rest() -> None:
    """Each of them asks for more than the file has left."""
    copied = 0

    class Counted(bytes):
        def __getitem__(self, key: object) -> bytes:  # type: ignore[override]
            nonlocal copied
            found: bytes = bytes.__getitem__(self, key)  # type: ignore[call-overload]
            if isinstance(key, slice):
                copied += len(found)
            return found

    octets = bytes.fromhex("65000000 000d 0002 00100000") * 500
    reader = _Reader(b"", BlockCache(), MAX_RECORD)
    reader._data = Counted(octets)
    reader._ended = True

    found = list(reader.records())

    assert damage(found) == [(0, len(octets))]
    assert copied < 4 * len(octets)


# -- where the octets come from ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(lambda: FILE, id="octets"),
        pytest.param(lambda: bytearray(FILE), id="bytearray"),
        pytest.param(lambda: io.BytesIO(FILE), id="file"),
        pytest.param(lambda: [FILE[:30], b"", FILE[30:]], id="pieces"),
        pytest.param(lambda: (FILE[at : at + 1] for at in range(len(FILE))), id="single-octets"),
    ],
)
def test_a_source_may_be_a_file_octets_or_pieces(source: Callable[[], bytes]) -> None:
    assert list(mrt.read(source())) == list(mrt.read(FILE))


def test_a_file_is_read_as_far_as_it_is_asked_for() -> None:
    file = io.BytesIO(FILE * 40_000)

    next(mrt.read(file))

    assert file.tell() < len(FILE) * 40_000


PACKERS = [
    pytest.param(gzip.compress, id="gzip"),
    pytest.param(bz2.compress, id="bzip2"),
    pytest.param(lzma.compress, id="xz"),
]


@pytest.mark.parametrize("pack", PACKERS)
@pytest.mark.parametrize("size", [1, 5, 1 << 16])
def test_compressed_files_are_unpacked(pack: Callable[[bytes], bytes], size: int) -> None:
    packed = pack(FILE * 50)

    found = list(mrt.read(packed[at : at + size] for at in range(0, len(packed), size)))

    assert found == list(mrt.read(FILE * 50))


@pytest.mark.parametrize("pack", PACKERS)
def test_compressed_files_may_have_several_parts_and_padding(pack: Callable[[bytes], bytes]) -> None:
    found = list(mrt.read(pack(FILE[:50]) + pack(FILE[50:]) + bytes(8)))

    assert found == list(mrt.read(FILE))


@pytest.mark.row("MRT-05")
@pytest.mark.parametrize("pack", PACKERS)
def test_a_compressed_file_that_ends_early_gives_what_it_has(pack: Callable[[bytes], bytes]) -> None:
    found = list(mrt.read(pack(FILE)[:-10]))

    assert isinstance(found[-1], mrt.Damage)
    assert "ends early" in found[-1].why


@pytest.mark.parametrize("pack", PACKERS)
def test_a_compressed_file_with_rubbish_behind_it_gives_all_and_damage(pack: Callable[[bytes], bytes]) -> None:
    found = list(mrt.read(pack(FILE) + b"rubbish that is no header of anything"))

    assert found[:4] == list(mrt.read(FILE))
    assert [type(each) for each in found[4:]] == [mrt.Damage]
    assert damage(found)[0][0] == len(FILE)


def test_a_small_file_that_unpacks_to_much_takes_little_memory() -> None:
    packed = gzip.compress(bytes(64 << 20))

    tracemalloc.start()
    found = list(mrt.read(packed))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert damage(found) == [(0, 64 << 20)]
    assert peak < 4 << 20
