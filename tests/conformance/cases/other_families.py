"""AFI: the NLRI of families that the speaker has no tables for (RFC 8277, RFC 4364, RFC 8955 and others)."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Announced, Case, Expected, Ignored, Notification, Up, Withdrawn
from ..kinds import EVERY_FAMILY
from ..wire import AS_PATH, NEXT_HOP_6, ORIGIN, mp_reach, mp_unreach, update

NO_TABLES = "the speaker has tables for IPv4 and IPv6 unicast only; what comes of other families there is AFI-02"
LABELED, VPN4, VPN6, FLOW4, FLOW6 = "0001 04", "0001 80", "0002 80", "0001 85", "0002 85"
GATEWAY = "0a630001"
NO_RD = "00" * 8
RD = "0000 fde9 00000064"
BLAMED = ("MP_REACH_NLRI", "treat-as-withdraw")


def reach(family: str, next_hop: str, nlri: str) -> str:
    return mp_reach(next_hop, nlri, family=family)


def case(row: str, name: str, attribute: str, expect: Expected, before: bytes = b"") -> Case:
    sends = update(f"{attribute} {ORIGIN} {AS_PATH}", "")
    return Case(row=row, name=name, kind=EVERY_FAMILY, before=before, sends=sends, expect=expect, wire=NO_TABLES)


def refused(row: str, name: str, attribute: str) -> Case:
    return case(row, name, attribute, Notification(3, 9, attribute))


def cases() -> Iterator[Case]:
    yield from _labels()
    yield from _vpn()
    yield from _flow_specifications()


def _labels() -> Iterator[Case]:
    there = Announced(prefixes=("ipv4-labeled-unicast 180a0102",), next_hop=GATEWAY)
    for label in ("000641", "000640", "00064e"):
        yield case("AFI-07", label, reach(LABELED, GATEWAY, f"30 {label} 0a0102"), there)
    yield refused("AFI-07", "two labels", reach(LABELED, GATEWAY, "48 000640 000c81 0a0102"))
    before = update(f"{reach(LABELED, GATEWAY, '30 000641 0a0102')} {ORIGIN} {AS_PATH}", "")
    for label in ("800000", "000000", "000641"):
        gone = Withdrawn(("ipv4-labeled-unicast 180a0102",))
        yield case("AFI-08", label, mp_unreach(f"30 {label} 0a0102", family=LABELED), gone, before)
    for name, nlri in {
        "23 bits": "17 000641",
        "0 bits": "00",
        "57 bits": "39 000641 0a01020300",
        "overrun": "38 000641 0a0102",
    }.items():
        yield refused("AFI-09", name, reach(LABELED, GATEWAY, nlri))
        yield refused("AFI-09", f"{name}, withdrawn", mp_unreach(nlri, family=LABELED))


def _vpn() -> Iterator[Case]:
    for name, family, next_hop, prefix, bits in (
        ("ipv4", VPN4, GATEWAY, "0a0102", "70"),
        ("ipv6", VPN6, NEXT_HOP_6, "20010db8", "78"),
    ):
        found = Up()
        for row in ("AFI-10", "AFI-11"):
            yield case(row, name, reach(family, NO_RD + next_hop, f"{bits} 000641 {RD} {prefix}"), found)
        yield refused("AFI-10", f"{name}, 87 bits", reach(family, NO_RD + next_hop, f"57 000641 {RD}"))
        yield refused("AFI-11", f"{name}, no RD", reach(family, next_hop, f"{bits} 000641 {RD} {prefix}"))


def _flow_specifications() -> Iterator[Case]:
    destination = "01 18 0a0102"
    text = f"ipv4-flowspec {bytes.fromhex('05' + destination).hex()}"
    yield case("AFI-16", "one octet", reach(FLOW4, "", f"05 {destination}"), Announced(prefixes=(text,)))
    yield case("AFI-16", "two octets", reach(FLOW4, "", f"f005 {destination}"), Announced(prefixes=(text,)))
    yield refused("AFI-16", "half a length", reach(FLOW4, "", "f0"))
    yield refused("AFI-16", "overrun", reach(FLOW4, "", "09 01 18 0a0102"))
    before = update(f"{reach(FLOW4, '', f'05 {destination}')} {ORIGIN} {AS_PATH}", "")
    for name, rule in {
        "descending": "0a 02 18 0a0102 01 18 0a0102",
        "twice": "0a 01 18 0a0102 01 18 0a0103",
        "unknown type": "03 0e 81 06",
        "no end": "03 03 01 06",
        "prefix of 33": "07 01 21 0a010200 00",
        "cut off": "02 03 81",
    }.items():
        attribute = reach(FLOW4, "", f"05 {destination} {rule}")
        yield case("AFI-17", name, attribute, Withdrawn((text,), BLAMED), before)
    for name, rule in {"no offset": "07 01 20 00 20010db8", "offset 32": "07 01 40 20 00000001"}.items():
        text6 = f"ipv6-flowspec {bytes.fromhex(rule).hex()}"
        yield case("AFI-20", name, reach(FLOW6, "", rule), Announced(prefixes=(text6,)))
    yield case("AFI-20", "offset beyond length", reach(FLOW6, "", "03 01 20 40"), Ignored((), BLAMED))
