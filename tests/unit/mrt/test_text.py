"""The lines of ``bgpdump -m``; ``tests/integration/test_bgpdump.py`` asks bgpdump itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybgp import mrt
from tests.unit.mrt.wire import ATTRIBUTES, PEER_TABLE, one, record, sized

DATA = Path(__file__).parents[2] / "data" / "mrt"
DUMPS = sorted(DATA.glob("*.mrt"))
SESSION = "0000fde9 0000fdea 0000 0001 0a000001 0a000002"


def lines(octets: bytes) -> list[str]:
    found = one(PEER_TABLE + octets)
    assert not isinstance(found, mrt.Damage), found
    return mrt.lines(found)


def row(attributes: str) -> str:
    """Of the one route of a prefix, from the path on."""
    (line,) = lines(record(13, 2, f"00000000  18 0a0102  0001  0000 64000000 {sized(attributes)}"))
    head, _, rest = line.partition("|10.1.2.0/24|")
    assert head == "TABLE_DUMP2|1694498816|B|10.0.0.1|65001"
    return rest


def update(withdrawn: str = "", attributes: str = "", nlri: str = "") -> str:
    body = f"{sized(withdrawn)} {sized(attributes)} {nlri}"
    return "ff" * 16 + f"{19 + len(bytes.fromhex(body)):04x} 02 {body}"


@pytest.mark.row("MRT-02", "MRT-03", "MRT-04")
@pytest.mark.parametrize("dump", [pytest.param(each, id=each.stem) for each in DUMPS])
def test_dumps_of_daemons_are_read_without_damage(dump: Path) -> None:
    with dump.open("rb") as file:
        records = list(mrt.read(file))

    assert records
    assert not [each for each in records if isinstance(each, mrt.Damage | mrt.Unknown)]
    for each in records:
        if isinstance(each, mrt.Message):
            each.decode()
        elif isinstance(each, mrt.Rib):
            assert all(entry.block or not entry.attributes.octets for entry in each.entries)


@pytest.mark.row("MRT-02", "MRT-03", "MRT-04")
@pytest.mark.parametrize("dump", [pytest.param(each, id=each.stem) for each in DUMPS if each.stem != "gobgp-table"])
def test_dumps_of_daemons_are_told_as_bgpdump_tells_them(dump: Path) -> None:
    found = [line for each in mrt.read(dump.read_bytes()) for line in mrt.lines(each)]

    assert found == dump.with_suffix(".txt").read_text().splitlines()


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        pytest.param(ATTRIBUTES, "65001|IGP|10.0.0.9|0|0||NAG||", id="least"),
        pytest.param("", "|INCOMPLETE|255.255.255.255|0|0||NAG||", id="nothing"),
        pytest.param(
            f"{ATTRIBUTES} 80 04 04 ffffffff 40 05 04 00000064",
            "65001|IGP|10.0.0.9|100|4294967295||NAG||",
            id="numbers",
        ),
        pytest.param(
            f"{ATTRIBUTES} 40 06 00 c0 07 08 00011170 01020304",
            "65001|IGP|10.0.0.9|0|0||AG|70000 1.2.3.4|",
            id="aggregate",
        ),
        pytest.param(
            f"{ATTRIBUTES} c0 08 14 fc000007 ffffff01 ffffff02 ffffff03 ffff029a",
            "65001|IGP|10.0.0.9|0|0|64512:7 no-export no-advertise local-AS 65535:666|NAG||",
            id="communities",
        ),
        pytest.param(
            "40 01 01 01 40 02 16 0201 00000001 0102 00000002 00000003 0201 00000004",
            "1 {2,3} 4|EGP|255.255.255.255|0|0||NAG||",
            id="set",
        ),
        pytest.param(
            "40 01 01 02 40 02 1a 0302 00000001 00000002 0402 00000003 00000004 0201 00000005",
            "(1 2) [3,4] 5|INCOMPLETE|255.255.255.255|0|0||NAG||",
            id="confederation",
        ),
        pytest.param("40 02 02 0205", "!|INCOMPLETE|255.255.255.255|0|0||NAG||", id="path-that-does-not-add-up"),
    ],
)
def test_a_route_is_a_line_of_its_attributes(attributes: str, expected: str) -> None:
    assert row(attributes) == expected


def test_a_path_identifier_follows_the_prefix() -> None:
    found = lines(record(13, 8, f"00000000  08 0a  0001  0001 64000000 00000007 {sized(ATTRIBUTES)}"))

    assert found == ["TABLE_DUMP2_AP|1694498816|B|2001:db8::1|65002|10.0.0.0/8|7|65001|IGP|10.0.0.9|0|0||NAG||"]


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        pytest.param("00" * 16, "::", id="none"),
        pytest.param("00" * 15 + "01", "::1", id="loopback"),
        pytest.param("00" * 10 + "ffff 01020304", "::ffff:1.2.3.4", id="mapped"),
        pytest.param("00" * 10 + "ffff 00000000", "::ffff:0.0.0.0", id="mapped-zeros"),
        pytest.param("00" * 12 + "01020304", "::1.2.3.4", id="compatible"),
        pytest.param("0000" * 5 + "1234 0102 0304", "::1234:102:304", id="neither"),
        pytest.param("2001 0db8 0000 0001 0000 0000 0000 0001", "2001:db8:0:1::1", id="longest"),
        pytest.param("2001 0000 0000 0001 0000 0000 0001 0001", "2001::1:0:0:1:1", id="first-of-equals"),
        pytest.param("0001 0000 0002 0000 0003 0000 0004 0005", "1::2:0:3:0:4:5", id="a-single-zero-too"),
        pytest.param("0001 0002 0003 0004 0005 0006 0007 0008", "1:2:3:4:5:6:7:8", id="no-zero"),
    ],
)
def test_ipv6_addresses_are_spelled_as_bgpdump_spells_them(octets: str, text: str) -> None:
    """Its own inet_ntop leaves out even a single zero, which RFC 5952 §4.2.2 forbids."""
    (line,) = lines(record(13, 4, f"00000000  80 {octets}  0001  0000 64000000 0000"))

    assert line.split("|")[5] == f"{text}/128"


def test_an_update_has_a_line_for_each_prefix_withdrawn_ones_first() -> None:
    reach = "80 0e 1a 0002 01 10 20010db8000000000000000000000009 00 20 20010db8"
    unreach = "80 0f 08 0002 01 20 20010db9"
    octets = record(16, 4, SESSION + update("08 0b", f"{ATTRIBUTES} {reach} {unreach}", "08 0a 18 0a0102"))

    attributes = "0|0||NAG||"
    assert lines(octets) == [
        "BGP4MP|1694498816|W|10.0.0.1|65001|11.0.0.0/8",
        "BGP4MP|1694498816|W|10.0.0.1|65001|2001:db9::/32",
        f"BGP4MP|1694498816|A|10.0.0.1|65001|10.0.0.0/8|65001|IGP|10.0.0.9|{attributes}",
        f"BGP4MP|1694498816|A|10.0.0.1|65001|10.1.2.0/24|65001|IGP|10.0.0.9|{attributes}",
        f"BGP4MP|1694498816|A|10.0.0.1|65001|2001:db8::/32|65001|IGP|2001:db8::9|{attributes}",
    ]


@pytest.mark.parametrize(
    ("kind", "subtype", "name"),
    [
        pytest.param(16, 4, "BGP4MP|1694498816", id="received"),
        pytest.param(17, 4, "BGP4MP_ET|1694498816.000042", id="with-microseconds"),
        pytest.param(16, 7, "BGP4MP_LOCAL|1694498816", id="sent"),
        pytest.param(17, 7, "BGP4MP_ET_LOCAL|1694498816.000042", id="sent-with-microseconds"),
    ],
)
def test_a_line_names_the_kind_of_record_and_always_the_peer(kind: int, subtype: int, name: str) -> None:
    microseconds = "0000002a" if kind == 17 else ""

    assert lines(record(kind, subtype, microseconds + SESSION + update("08 0b"))) == [
        f"{name}|W|10.0.0.1|65001|11.0.0.0/8"
    ]


def test_path_identifiers_follow_prefixes_in_updates() -> None:
    octets = record(16, 9, SESSION + update("00000005 08 0b", ATTRIBUTES, "00000006 08 0a"))

    assert lines(octets) == [
        "BGP4MP_AP|1694498816|W|10.0.0.1|65001|11.0.0.0/8|5",
        "BGP4MP_AP|1694498816|A|10.0.0.1|65001|10.0.0.0/8|6|65001|IGP|10.0.0.9|0|0||NAG||",
    ]


@pytest.mark.parametrize(
    ("attributes", "path", "aggregator"),
    [
        pytest.param("40 02 06 0202 fde9 5ba0  c0 11 06 0201 00011170", "65001 70000", "", id="the tail is true"),
        pytest.param("40 02 04 0201 5ba0  c0 11 0a 0202 00000001 00000002", "23456", "", id="longer than the path"),
        pytest.param(
            "40 02 04 0201 fde9  c0 07 06 5ba0 01010101  c0 12 08 00011170 02020202", "65001", "70000 2.2.2.2"
        ),
        pytest.param(
            "40 02 04 0201 5ba0  c0 07 06 fde9 01010101  c0 12 08 00011170 02020202  c0 11 06 0201 00011170",
            "23456",
            "65001 1.1.1.1",
            id="changed by one who doesn't know them",
        ),
    ],
)
def test_true_as_numbers_are_put_where_they_belong(attributes: str, path: str, aggregator: str) -> None:
    """RFC 6793 §4.2.3, in messages with AS numbers of two octets."""
    octets = record(16, 1, "fde9 fdea 0000 0001 0a000001 0a000002" + update("", f"40 01 01 00 {attributes}", "08 0a"))

    (line,) = lines(octets)

    fields = line.split("|")
    assert (fields[6], fields[13]) == (path, aggregator)


@pytest.mark.row("MRT-03")
def test_a_state_change_is_a_line_with_both_states() -> None:
    assert lines(record(16, 5, SESSION + "0005 0006")) == ["BGP4MP|1694498816|STATE|10.0.0.1|65001|5|6"]


def test_the_old_table_dump_has_lines_too() -> None:
    attributes = "40 01 01 00 40 02 04 0201 fde9 40 03 04 0a000009"
    octets = record(12, 1, f"0000 0000 0a010000 10 01 64000000 0a000001 fde9 {sized(attributes)}")

    assert lines(octets) == ["TABLE_DUMP|1694498816|B|10.0.0.1|65001|10.1.0.0/16|65001|IGP|10.0.0.9|0|0||NAG||"]


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(PEER_TABLE, id="peers"),
        pytest.param(record(11, 0, "00"), id="unknown"),
        pytest.param(record(16, 4, SESSION + "ff" * 16 + "0013 04"), id="keepalive"),
        pytest.param(record(16, 4, SESSION + update()), id="end-of-rib"),
        pytest.param(record(16, 4, SESSION + "ff" * 16 + "0017 02 ffff 0000"), id="update-that-does-not-add-up"),
        pytest.param(record(13, 3, f"00000000 08 0a 0001 0000 64000000 {sized(ATTRIBUTES)}"), id="multicast"),
    ],
)
def test_other_records_have_no_lines(octets: bytes) -> None:
    assert lines(octets) == []
