"""ATT and AIG: the optional attributes that have an RFC of their own, and what it says of damaged ones."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Announced, Case, Kind, Withdrawn
from ..kinds import EBGP, IBGP
from ..wire import AS_PATH, GOOD, NEXT_HOP, ORIGIN, P, attribute, update

MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
PMSI, TUNNEL, TRAFFIC, IPV6_EXTENDED, AIGP, SID, SET = 22, 23, 24, 25, 26, 40, 128


def gone(row: str, name: str, code: int, blamed: str, value: str, flags: int = 0xC0, kind: Kind = EBGP) -> Case:
    """The routes count as withdrawn."""
    sends = update(f"{MANDATORY} {attribute(flags, code, value)}")
    return Case(
        row=row,
        name=name,
        kind=kind,
        before=GOOD,
        sends=sends,
        expect=Withdrawn((P,), (blamed, "treat-as-withdraw")),
    )


def dropped(row: str, name: str, code: int, blamed: str, value: str, flags: int, kind: Kind) -> Case:
    """The attribute goes, the route stays."""
    expect = Announced(prefixes=(P,), attributes={code: None}, counted=(blamed, "discard"))
    return Case(
        row=row, name=name, kind=kind, sends=update(f"{MANDATORY} {attribute(flags, code, value)}"), expect=expect
    )


def kept(row: str, name: str, code: int, value: str, flags: int = 0xC0, seen: int = 0xC0, kind: Kind = EBGP) -> Case:
    """The attribute goes on as it is."""
    expect = Announced(prefixes=(P,), attributes={code: attribute(seen, code, value)})
    sends = update(f"{MANDATORY} {attribute(flags, code, value)}")
    return Case(row=row, name=name, kind=kind, sends=sends, expect=expect)


def cases() -> Iterator[Case]:
    for size in (0, 8, 19, 21):
        yield gone("ATT-24", str(size), IPV6_EXTENDED, "IPV6_EXTENDED_COMMUNITIES", "00" * size)
    yield kept("ATT-24", "good", IPV6_EXTENDED, "0002 20010db8000000000000000000000001 0007")
    yield kept("ATT-33", "traffic engineering is opaque", TRAFFIC, "00", flags=0xC0, seen=0xE0)
    sets = {"3 octets": "0000fd", "cut off": "0000fde9 40 01", "bad origin": "0000fde9 40 01 01 03"}
    for name, value in sets.items():
        yield gone("ATT-33", f"set, {name}", SET, "ATTR_SET", value)
    yield kept("ATT-33", "good set", SET, "0000fde9 40 01 01 00")
    metric = "01 000b 0000000000000064"
    for name, value in {
        "empty": "",
        "length 2": "05 0002",
        "overrun": "05 0004",
        "length 10": "01 000a 00000000000003",
        "no way": "01 000b ffffffffffffffff",
    }.items():
        yield dropped("ATT-34", name, AIGP, "AIGP", value, 0x80, IBGP)
    yield dropped("ATT-34", "flags", AIGP, "AIGP", metric, 0xC0, IBGP)
    yield dropped("AIG-01", "external", AIGP, "AIGP", metric, 0x80, EBGP)
    for name, value in {
        "empty": "",
        "overrun": "0008 0001",
        "half a head": "0008 00",
        "half a sub-TLV": "0008 0001 04",
    }.items():
        yield gone("ATT-36", name, TUNNEL, "TUNNEL_ENCAPSULATION", value, kind=IBGP)
    yield kept("ATT-36", "unknown tunnel type", TUNNEL, "03e7 0003 04 01 00", kind=IBGP)
    yield dropped("ATT-36", "external", TUNNEL, "TUNNEL_ENCAPSULATION", "0008 0000", 0xC0, EBGP)
    yield gone("ATT-37", "4 octets", PMSI, "PMSI_TUNNEL", "00 06 0001")
    yield kept("ATT-37", "good", PMSI, "00 06 000010 0a000001")
    for name, value in {"empty": "", "label index of 6": "01 0006 00 0000 000000", "overrun": "09 0003 0102"}.items():
        yield dropped("ATT-38", name, SID, "PREFIX_SID", value, 0xC0, IBGP)
    yield gone("ATT-38", "empty SRv6 service", SID, "PREFIX_SID", "05 0000", kind=IBGP)
