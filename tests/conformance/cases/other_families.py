"""AFI: the NLRI of families that the speaker has no tables for (RFC 8277, 4364, 4684, 7432, 8955 and others)."""

from __future__ import annotations

from collections.abc import Iterator

from pybgp.messages.families.evpn import L2VPN_EVPN

from ..case import Announced, Case, Expected, Ignored, Notification, Up, Withdrawn
from ..kinds import EVERY_FAMILY
from ..wire import AS_PATH, NEXT_HOP_6, ORIGIN, mp_reach, mp_unreach, update

NO_TABLES = "the speaker has tables for IPv4 and IPv6 unicast only; what comes of other families there is AFI-02"
LABELED, VPN4, VPN6, FLOW4, FLOW6 = "0001 04", "0001 80", "0002 80", "0001 85", "0002 85"
EVPN, TARGETS, VPLS, LINK_STATE = "0019 46", "0001 84", "0019 41", "4004 47"
GATEWAY = "0a630001"
NO_RD = "00" * 8
RD = "0000 fde9 00000064"
SKIPPED = ("MP_REACH_NLRI", "discard")
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
    yield from _typed()
    yield from _targets()


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


def _typed() -> Iterator[Case]:
    """Routes of EVPN, VPLS and BGP-LS have a type, a length or both in front: what isn't known costs only itself."""
    segment, tag = "00112233445566778899", "00000064"
    multicast = f"03 11 {RD} {tag} 20 c0000205"
    known = {
        "type 1": f"01 19 {RD} {segment} {tag} 000641",
        "type 2": f"02 21 {RD} {segment} {tag} 30 020000000001 00 000641",
        "type 2 with an address": f"02 25 {RD} {segment} {tag} 30 020000000001 20 c0000205 000641",
        "type 2, ipv6": f"02 31 {RD} {segment} {tag} 30 020000000001 80 {'20' * 16} 000641",
        "type 2, two labels": f"02 24 {RD} {segment} {tag} 30 020000000001 00 000641 0000c8",
        "type 3": multicast,
        "type 4": f"04 17 {RD} {segment} 20 c0000205",
        "type 5": f"05 22 {RD} {segment} {tag} 18 0a010200 c0000205 000641",
    }
    for name, route in known.items():
        yield case("AFI-12", name, reach(EVPN, GATEWAY, route), Up())
    there = Announced(prefixes=(evpn(multicast),), counted=SKIPPED)
    for row, name, route in (
        ("AFI-12", "type 1 of 24", f"01 18 {'00' * 24}"),
        ("AFI-12", "type 3 of 18", f"03 12 {'00' * 18}"),
        ("AFI-12", "MAC length 32", f"02 21 {RD} {segment} {tag} 20 020000000001 00 000641"),
        ("AFI-13", "type 9", "09 04 c0000201"),
        ("AFI-13", "type 0", "00 00"),
    ):
        yield case(row, name, reach(EVPN, GATEWAY, f"{route} {multicast}"), there)
    yield refused("AFI-12", "overrun", reach(EVPN, GATEWAY, f"03 11 {RD}"))
    yield refused("AFI-13", "no length", reach(EVPN, GATEWAY, "09"))
    labels = f"0011 {RD} 0001 0005 000a 000641"
    yield case("AFI-21", "", reach(VPLS, GATEWAY, labels), Up())
    yield case("AFI-21", "of 12", reach(VPLS, GATEWAY, f"000c {RD} c0000201 {labels}"), Up())
    yield refused("AFI-21", "overrun", reach(VPLS, GATEWAY, f"0011 {RD}"))
    for name, route in {"node": "0001 0005 03 00000001", "unknown type": "0063 0003 010203"}.items():
        text = f"link-state {bytes.fromhex(route).hex()}"
        yield case("AFI-22", name, reach(LINK_STATE, GATEWAY, route), Announced(prefixes=(text,)))
    yield refused("AFI-22", "overrun", reach(LINK_STATE, GATEWAY, "0001 0002 00"))


def _targets() -> Iterator[Case]:
    origin = "0000fde9"
    for name, nlri in {
        "default": "00",
        "whole": f"60 {origin} 0002 fde9 00000001",
        "an AS": f"20 {origin}",
        "49 bits": f"31 {origin} 000280",
    }.items():
        text = f"route-target {bytes.fromhex(nlri).hex()}"
        yield case("AFI-14", name, reach(TARGETS, GATEWAY, nlri), Announced(prefixes=(text,)))
    for name, nlri in {
        "1 bit": "01 80",
        "31 bits": f"1f {origin}",
        "97 bits": f"61 {origin} 0002 fde9 00000001 80",
        "overrun": f"60 {origin} 0002",
    }.items():
        yield refused("AFI-14", name, reach(TARGETS, GATEWAY, nlri))


def evpn(route: str) -> str:
    """How the table names an EVPN route: by the type and what tells it from others."""
    octets = bytes.fromhex(route)
    return f"l2vpn-evpn {L2VPN_EVPN.identity(octets).hex()}"
