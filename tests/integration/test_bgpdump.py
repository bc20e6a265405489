"""``bgpdump -m`` 1.6.2 itself: it reads what pybgp writes, and prints our lines, but for mistakes of its own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybgp import mrt
from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.messages import Block, Keepalive, Notification, Reachable, Update, Withdrawn, encode
from pybgp.messages.attributes.aggregator import Aggregator, AtomicAggregate
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.mrt.records import Record
from tests.machine import program

pytestmark = pytest.mark.daemon("bgpdump")

IPV4, IPV6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
SECONDS = 1_700_000_000
PEERS = (
    mrt.Peer(b"\1\2\3\4", address_octets("10.0.0.1"), 65001),
    mrt.Peer(b"\1\2\3\5", address_octets("2001:db8::1"), 4_200_000_000),
)
ADDRESSES = [
    (address_octets("10.0.0.1"), address_octets("10.0.0.2")),
    (address_octets("2001:db8::1"), address_octets("2001:db8::2")),
]
EVERYTHING = [
    AsPath(
        (
            Segment(SegmentType.AS_SEQUENCE, (65001, 70000)),
            Segment(SegmentType.AS_SET, (1, 2, 3)),
            Segment(SegmentType.AS_SEQUENCE, (9,)),
            Segment(SegmentType.AS_SEQUENCE, (8, 7)),
        )
    ),
    MultiExitDisc(0xFFFF_FFFF),
    LocalPref(100),
    Communities.of(["64512:7", "no-export", "no-advertise", 0xFFFFFF03, "blackhole"]),
    AtomicAggregate(),
    Aggregator(70000, b"\1\1\1\1"),
]
CONFEDERATION = [
    AsPath((Segment(SegmentType.AS_CONFED_SEQUENCE, (65001, 70000)), Segment(SegmentType.AS_CONFED_SET, (4, 5))))
]
PREFIXES_6 = ("::/0", "::1/128", "::1.2.3.4/128", "::ffff:0.0.0.0/96", "2001:db8:0:1::/64", "1:0:2:0:3:0:4:5/128")


def bgpdump(records: list[Record], folder: Path) -> list[str]:
    """What it prints of a file with these records."""
    path = folder / "dump.mrt"
    path.write_bytes(b"".join(mrt.write(records)))
    command = [program("bgpdump"), "-m", "-v", str(path)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


def lines(records: list[Record]) -> list[str]:
    return [line for each in records for line in mrt.lines(each)]


def table(add_path: bool) -> Iterator[Record]:
    def entry(peer: mrt.Peer, family: Family, attributes: list[object], next_hop: str) -> mrt.RibEntry:
        block = Block.build(attributes, address_octets(next_hop))  # type: ignore[arg-type]
        return mrt.RibEntry(peer, SECONDS - 1, 7 if add_path else 0, mrt.route_attributes(block, family))

    one, two = PEERS
    yield mrt.PeerTable(seconds=SECONDS, collector_id=b"\x0a\0\0\1", view="view", peers=PEERS)
    yield mrt.Rib(
        SECONDS,
        0,
        IPV4,
        prefix_key("10.0.0.0/9")[1],
        add_path,
        (
            entry(one, IPV4, EVERYTHING, "10.0.0.9"),
            entry(two, IPV4, [], "0.0.0.0"),
            entry(two, IPV4, CONFEDERATION, "10.1.1.1"),
        ),
    )
    for number, prefix in enumerate(PREFIXES_6):
        entries = (entry(two, IPV6, EVERYTHING, "2001:db8::9"), entry(one, IPV6, [], "::"))
        yield mrt.Rib(SECONDS, number, IPV6, prefix_key(prefix)[1], add_path, entries)


def messages(*, local: bool, add_path: bool) -> Iterator[mrt.Message]:
    """UPDATEs of both families and other messages, over both, of both sizes of AS number, with and without µs."""
    key_4, key_6 = prefix_key("10.0.0.0/8")[1], prefix_key("2001:db8::/33")[1]
    block_4, block_6 = (Block.build(EVERYTHING, address_octets(each)) for each in ("10.0.0.9", "2001:db8::9"))
    path_id = 5 if add_path else 0
    updates = [
        Update((Withdrawn(IPV4, path_id, [key_4, b"\0"]),), ()),
        Update((), (Reachable(IPV4, path_id, [key_4, b"\0"], block_4),)),
        Update((Withdrawn(IPV6, path_id, [key_6, b"\0"]),), ()),
        Update((), (Reachable(IPV6, path_id, [key_6, b"\0"], block_6),)),
        Update((), (), IPV4),
        Update((), (), IPV6),
    ]
    for wide in (True, False):
        for peer_address, local_address in ADDRESSES:
            for microseconds in (None, 1234):
                shape = mrt.Message(
                    seconds=SECONDS,
                    microseconds=microseconds or 0,
                    extended=microseconds is not None,
                    peer_as=65001,
                    local_as=65002,
                    peer_address=peer_address,
                    local_address=local_address,
                    four_octet_as=wide,
                    local=local,
                    add_path=add_path,
                    data=b"",
                )
                for each in (*updates, Keepalive(), Notification(6, 2)):
                    yield shape._replace(data=encode(each, shape.context))


@pytest.mark.row("MRT-02", "MRT-04")
@pytest.mark.parametrize("add_path", [pytest.param(False, id="plain"), pytest.param(True, id="add-path")])
def test_a_written_table_is_told_alike(tmp_path: Path, *, add_path: bool) -> None:
    records = list(table(add_path))

    assert bgpdump(records, tmp_path) == lines(records)
    assert len(lines(records)) == 3 + 2 * len(PREFIXES_6)


@pytest.mark.row("MRT-01", "MRT-03", "MRT-04")
@pytest.mark.parametrize("add_path", [pytest.param(False, id="plain"), pytest.param(True, id="add-path")])
def test_written_messages_of_peers_are_told_alike(tmp_path: Path, *, add_path: bool) -> None:
    records = list(messages(local=False, add_path=add_path))

    assert bgpdump(records, tmp_path) == lines(records)
    assert len(lines(records)) == 8 * 8


def test_written_messages_of_our_own_are_told_alike_but_for_one_mistake(tmp_path: Path) -> None:
    """An IPv6 prefix withdrawn over IPv4: bgpdump takes the peer's address for one of IPv6.

    ``table_line_withdraw6`` says ``fmt_ipv6`` where its twin for messages received says ``fmt_ipv4``: 10.0.0.1
    becomes a00:1:: (and what else stands in the union).
    """
    records = list(messages(local=True, add_path=False))

    theirs, ours = bgpdump(records, tmp_path), lines(records)

    assert len(theirs) == len(ours)
    differ = [(one, other) for one, other in zip(theirs, ours, strict=True) if one != other]
    assert differ
    for one, other in differ:
        assert one.replace("|a00:1::|", "|10.0.0.1|") == other
        assert "|W|" in other
        assert "::" in other.split("|")[5]


def test_our_own_messages_with_path_identifiers_are_ours_in_our_lines_only(tmp_path: Path) -> None:
    """Its ``bgp4mp_message_direction_receive`` doesn't know the subtypes 10 and 11, though its reader does.

    So it calls them received, and shows our own address and AS as the peer's.
    """
    records = list(messages(local=True, add_path=True))

    theirs, ours = bgpdump(records, tmp_path), lines(records)

    heads = {tuple(line.split("|")[0:1] + line.split("|")[3:5]) for line in theirs}
    assert heads == {
        (kind, address, "65002") for kind in ("BGP4MP_AP", "BGP4MP_ET_AP") for address in ("10.0.0.2", "2001:db8::2")
    }
    assert [line.split("|")[5:] for line in theirs] == [line.split("|")[5:] for line in ours]
    assert all(line.split("|")[0].endswith("_LOCAL_AP") and line.split("|")[4] == "65001" for line in ours)


@pytest.mark.row("MRT-01", "MRT-03")
def test_written_state_changes_are_told_alike(tmp_path: Path) -> None:
    records: list[Record] = [
        mrt.StateChange(
            seconds=SECONDS,
            microseconds=55 if extended else 0,
            extended=extended,
            peer_as=65001,
            local_as=65002,
            peer_address=peer_address,
            local_address=local_address,
            four_octet_as=wide,
            old_state=mrt.FsmState.OPEN_CONFIRM,
            new_state=mrt.FsmState.ESTABLISHED,
        )
        for wide in (True, False)
        for extended in (True, False)
        for peer_address, local_address in ADDRESSES
    ]

    assert bgpdump(records, tmp_path) == lines(records)
    assert len(lines(records)) == 8


def test_families_without_lines_have_none_in_bgpdump_either(tmp_path: Path) -> None:
    """``process_mrtd_table_dump_v2`` knows unicast only."""
    block = Block.build([], address_octets("10.0.0.9"))
    family = Family.IPV4_MULTICAST
    entry = mrt.RibEntry(PEERS[0], SECONDS, 0, mrt.route_attributes(block, family))
    records: list[Record] = [
        mrt.PeerTable(seconds=SECONDS, peers=PEERS),
        mrt.Rib(SECONDS, 0, family, b"\x08\x0a", False, (entry,)),
        mrt.Rib(SECONDS, 0, Family.L2VPN_EVPN, b"\x03\x01\0", False, ()),
    ]

    assert bgpdump(records, tmp_path) == lines(records) == []
