"""ATT: flags, lengths and values of path attributes, and the outcome RFC 7606 has for each error."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Announced, Case, Ignored, Kind, Notification, Withdrawn
from ..kinds import EBGP, IBGP, OLD, ON_LINK
from ..wire import (
    AS_PATH,
    GOOD,
    GOOD_6,
    GOOD_OLD,
    NEXT_HOP,
    NEXT_HOP_6,
    OLD_AS_PATH,
    ORIGIN,
    P6,
    P,
    as_path,
    attribute,
    mp_reach,
    mp_unreach,
    update,
)

MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
LOOPBACK = "on a session over loopback addresses, as here, they are addresses of hosts"
WITHDRAW, DISCARD = "treat-as-withdraw", "discard"


def gone(row: str, name: str, attributes: str, attribute_name: str, kind: Kind = EBGP, **more: str) -> Case:
    """The route was good before; now it counts as withdrawn, and the attribute is blamed."""
    return Case(
        row=row,
        name=name,
        kind=kind,
        before=GOOD_OLD if kind is OLD else GOOD,
        sends=update(attributes),
        expect=Withdrawn((P,), (attribute_name, WITHDRAW)),
        **more,
    )


def dropped(row: str, name: str, extra: str, attribute_name: str, kind: Kind = EBGP) -> Case:
    """The attribute goes, the route stays."""
    code = bytes.fromhex(extra)[1]
    path = OLD_AS_PATH if kind is OLD else AS_PATH
    return Case(
        row=row,
        name=name,
        kind=kind,
        sends=update(f"{ORIGIN} {path} {NEXT_HOP} {extra}"),
        expect=Announced(prefixes=(P,), attributes={code: None}, counted=(attribute_name, DISCARD)),
    )


def cases() -> Iterator[Case]:
    yield from _flags()
    yield from _missing()
    yield from _well_known()
    yield from _optional()
    yield from _multiprotocol()
    yield from _unknown()


def _flags() -> Iterator[Case]:
    yield gone("ATT-01", "origin", f"c0 01 01 00 {AS_PATH} {NEXT_HOP}", "ORIGIN")
    yield gone("ATT-01", "as-path", f"{ORIGIN} 80 02 06 0201 0000fde9 {NEXT_HOP}", "AS_PATH")
    yield gone("ATT-01", "next-hop", f"{ORIGIN} {AS_PATH} 00 03 04 0a630001", "NEXT_HOP")
    yield gone("ATT-01", "med", f"{MANDATORY} 40 04 04 00000001", "MULTI_EXIT_DISC")
    yield gone("ATT-01", "communities", f"{MANDATORY} 40 08 04 fde80001", "COMMUNITIES")
    yield dropped("ATT-01", "atomic-aggregate", "c0 06 00", "ATOMIC_AGGREGATE")
    yield dropped("ATT-01", "aggregator", "40 07 08 0000fde8 0a000001", "AGGREGATOR")
    accepted = {
        ("ATT-02", "origin"): f"60 01 01 00 {AS_PATH} {NEXT_HOP}",
        ("ATT-02", "med"): f"{MANDATORY} a0 04 04 00000001",
        ("ATT-03", ""): f"4f 01 01 00 {AS_PATH} {NEXT_HOP}",
        ("ATT-04", ""): f"50 01 0001 00 {AS_PATH} {NEXT_HOP}",
    }
    for (row, name), attributes in accepted.items():
        yield Case(
            row=row,
            name=name,
            kind=EBGP,
            sends=update(attributes),
            expect=Announced(prefixes=(P,), attributes={1: ORIGIN, 2: AS_PATH}),
        )


def _missing() -> Iterator[Case]:
    empty = {
        ("origin", "ORIGIN"): f"40 01 00 {AS_PATH} {NEXT_HOP}",
        ("communities", "COMMUNITIES"): f"{MANDATORY} c0 08 00",
        ("large communities", "LARGE_COMMUNITIES"): f"{MANDATORY} c0 20 00",
        ("extended communities", "EXTENDED_COMMUNITIES"): f"{MANDATORY} c0 10 00",
        ("med", "MULTI_EXIT_DISC"): f"{MANDATORY} 80 04 00",
    }
    for (name, blamed), attributes in empty.items():
        yield gone("ATT-05", name, attributes, blamed)
    yield gone("ATT-05", "cluster-list", f"{MANDATORY} 80 0a 00", "CLUSTER_LIST", IBGP)
    yield dropped("ATT-05", "aggregator", "c0 07 00", "AGGREGATOR")
    yield gone("ATT-06", "origin", f"{AS_PATH} {NEXT_HOP}", "ORIGIN")
    yield gone("ATT-06", "as-path", f"{ORIGIN} {NEXT_HOP}", "AS_PATH")
    yield gone("ATT-06", "next-hop", f"{ORIGIN} {AS_PATH}", "NEXT_HOP")
    yield Case(
        row="ATT-06",
        name="MP_REACH without origin",
        kind=EBGP,
        before=GOOD_6,
        sends=update(f"{mp_reach()} {AS_PATH}", ""),
        expect=Withdrawn((P6,), ("ORIGIN", WITHDRAW)),
    )
    yield Case(
        row="ATT-07",
        kind=IBGP,
        sends=GOOD,
        expect=Announced(prefixes=(P,), attributes={5: None}),
        on_the_wire=Announced(prefixes=(P,), attributes={5: "40 05 04 00000064"}),
    )


def _well_known() -> Iterator[Case]:
    yield gone("ATT-08", "length 2", f"40 01 02 0000 {AS_PATH} {NEXT_HOP}", "ORIGIN")
    yield gone("ATT-08", "origin 3", f"40 01 01 03 {AS_PATH} {NEXT_HOP}", "ORIGIN")
    yield gone("ATT-08", "origin 255", f"40 01 01 ff {AS_PATH} {NEXT_HOP}", "ORIGIN")
    malformed = {
        "type 0": "0001 0000fde9",
        "type 5": "0501 0000fde9",
        "type 255": "ff01 0000fde9",
        "no ASes": "0200",
        "overrun": "0205 0000fde9",
        "one octet left": "0201 0000fde9 02",
    }
    for name, path in malformed.items():
        yield gone("ATT-09", name, f"{ORIGIN} {as_path(path)} {NEXT_HOP}", "AS_PATH")
    yield gone("ATT-09", "of four octets", f"{ORIGIN} {AS_PATH} {NEXT_HOP}", "AS_PATH", OLD)
    yield gone("ATT-10", "3", f"{ORIGIN} {AS_PATH} 40 03 03 0a6300", "NEXT_HOP")
    yield gone("ATT-10", "5", f"{ORIGIN} {AS_PATH} 40 03 05 0a63000100", "NEXT_HOP")
    for address in ("00000000", "e0000001", "f0000001", "ffffffff"):
        yield gone("ATT-11", address, f"{ORIGIN} {AS_PATH} 40 03 04 {address}", "NEXT_HOP")
    yield gone("ATT-11", "7f000001", f"{ORIGIN} {AS_PATH} 40 03 04 7f000001", "NEXT_HOP", wire=LOOPBACK)
    yield Case(
        row="ATT-12",
        kind=EBGP,
        before=GOOD,
        sends=update(f"{ORIGIN} {AS_PATH} 40 03 04 7f010001"),
        expect=Withdrawn((P,)),
        codec="the codec doesn't know our addresses",
    )
    yield Case(
        row="ATT-13",
        kind=ON_LINK,
        before=update(f"{ORIGIN} {AS_PATH} 40 03 04 7f020009"),
        sends=GOOD,
        expect=Withdrawn((P,)),
        codec="the codec doesn't know our subnets",
    )
    yield gone("ATT-14", "", f"{MANDATORY} 80 04 03 000001", "MULTI_EXIT_DISC")
    for name, value in {"length 4": "000000c8", "length 3": "0000c8"}.items():
        yield Case(
            row="ATT-15",
            name=name,
            kind=EBGP,
            sends=update(f"{MANDATORY} {attribute(0x40, 5, value)}"),
            expect=Announced(prefixes=(P,), attributes={5: None}, counted=("LOCAL_PREF", DISCARD)),
            on_the_wire=Announced(prefixes=(P,), attributes={5: "40 05 04 00000064"}, counted=("LOCAL_PREF", DISCARD)),
        )
    yield gone("ATT-16", "", f"{MANDATORY} 40 05 03 000064", "LOCAL_PREF", IBGP)
    yield dropped("ATT-17", "", "40 06 01 00", "ATOMIC_AGGREGATE")
    yield dropped("ATT-18", "6 of 8", "c0 07 06 fde8 0a000001", "AGGREGATOR")
    yield dropped("ATT-18", "8 of 6", "c0 07 08 0000fde8 0a000001", "AGGREGATOR", OLD)
    for kind, value in ((EBGP, "0000fde8 0a000001"), (OLD, "fde8 0a000001")):
        yield Case(
            row="ATT-18",
            name=f"good, {kind.name}",
            kind=kind,
            sends=update(f"{ORIGIN} {OLD_AS_PATH if kind is OLD else AS_PATH} {NEXT_HOP} {attribute(0xC0, 7, value)}"),
            expect=Announced(prefixes=(P,), attributes={7: "c0 07 08 0000fde8 0a000001"}),
        )
    yield dropped("ATT-19", "", "c0 07 08 00000000 0a000001", "AGGREGATOR")


def _optional() -> Iterator[Case]:
    for length, value in (("0", ""), ("3", "fde800"), ("5", "fde8000100")):
        yield gone("ATT-20", length, f"{MANDATORY} {attribute(0xC0, 8, value)}", "COMMUNITIES")
    yield dropped("ATT-21", "external", "80 09 04 0a000009", "ORIGINATOR_ID")
    yield dropped("ATT-21", "external, length 3", "80 09 03 0a0000", "ORIGINATOR_ID")
    yield gone("ATT-21", "internal", f"{MANDATORY} 80 09 03 0a0000", "ORIGINATOR_ID", IBGP)
    yield dropped("ATT-22", "external", "80 0a 04 0a000009", "CLUSTER_LIST")
    yield gone("ATT-22", "internal, 0", f"{MANDATORY} 80 0a 00", "CLUSTER_LIST", IBGP)
    yield gone("ATT-22", "internal, 5", f"{MANDATORY} 80 0a 05 0a00000900", "CLUSTER_LIST", IBGP)
    for length, value in (("0", ""), ("7", "0002fde8000000")):
        yield gone("ATT-23", length, f"{MANDATORY} {attribute(0xC0, 16, value)}", "EXTENDED_COMMUNITIES")
    opaque = "c0 10 08 3f ee 010203040506"
    yield Case(
        row="ATT-23",
        name="unknown type",
        kind=EBGP,
        sends=update(f"{MANDATORY} {opaque}"),
        expect=Announced(prefixes=(P,), attributes={16: opaque}),
    )
    for length, value in (("0", ""), ("11", "00" * 11)):
        yield gone("ATT-25", length, f"{MANDATORY} {attribute(0xC0, 32, value)}", "LARGE_COMMUNITIES")
    yield gone("ATT-35", "3", f"{MANDATORY} c0 23 03 00fde8", "ONLY_TO_CUSTOMER")
    yield gone("ATT-35", "0", f"{MANDATORY} c0 23 00", "ONLY_TO_CUSTOMER")


def _multiprotocol() -> Iterator[Case]:
    bad = {
        ("ATT-26", "2 octets"): "80 0e 02 0002",
        ("ATT-26", "4 octets"): "80 0e 04 00020100",
        ("ATT-26", "empty"): "80 0e 00",
        ("ATT-26", "next hop of 5"): mp_reach("0a63000100"),
        ("ATT-26", "next hop of 4"): mp_reach("0a630001"),
        ("ATT-26", "no next hop"): mp_reach(""),
        ("ATT-26", "next hop overrun"): "80 0e 06 0002 01 10 0000",
        ("ATT-26", "prefix length 129"): mp_reach(nlri="81" + "00" * 17),
        ("ATT-26", "prefix overrun"): mp_reach(nlri="40 2001"),
        ("ATT-27", "reach 40"): mp_reach(flags=0x40),
        ("ATT-27", "reach c0"): mp_reach(flags=0xC0),
        ("ATT-27", "unreach 40"): mp_unreach(flags=0x40),
        ("ATT-28", "2 octets"): "80 0f 02 0002",
        ("ATT-28", "empty"): "80 0f 00",
    }
    for (row, name), octets in bad.items():
        for place in ("first", "last"):
            rest = f"{ORIGIN} {AS_PATH}"
            yield Case(
                row=row,
                name=f"{name}, {place}",
                kind=EBGP,
                before=GOOD_6,
                sends=update(f"{octets} {rest}" if place == "first" else f"{rest} {octets}", ""),
                expect=Notification(3, 9, octets),
            )
    for name, code in {"reach": "0e", "unreach": "0f"}.items():
        overrun = f"80 {code} 09 0002 01"
        yield Case(
            row="ATT-26",
            name=f"{name} overrun",
            kind=EBGP,
            sends=update(f"{MANDATORY} {overrun}"),
            expect=Notification(3, 9, overrun),
        )
    yield Case(
        row="ATT-26",
        name="good",
        kind=EBGP,
        sends=update(f"{mp_reach(flags=0x90)} {ORIGIN} {AS_PATH}", ""),
        expect=Announced(prefixes=(P6,), next_hop=NEXT_HOP_6),
    )


def _unknown() -> Iterator[Case]:
    for name, nlri in {"": None, "no routes": ""}.items():
        well_known = "40 63 01 07"
        octets = update(f"{MANDATORY} {well_known}") if nlri is None else update(f"{MANDATORY} {well_known}", nlri)
        yield Case(
            row="ATT-29",
            name=name,
            also=("ATT-39",),
            kind=EBGP,
            before=GOOD,
            sends=octets,
            expect=Notification(3, 2, well_known),
        )
    for at in ("inside", "outside"):
        yield Case(
            row="ATT-30",
            name=at,
            kind=EBGP,
            sends=update(f"{MANDATORY} c0 63 03 010203"),
            expect=Announced(prefixes=(P,), attributes={99: "e0 63 03 010203"}),
            at=at,
        )
    yield Case(
        row="ATT-31",
        kind=EBGP,
        sends=update(f"{MANDATORY} 80 63 03 010203"),
        expect=Announced(prefixes=(P,), attributes={99: None}),
    )
    for name, sent, kept in (
        ("unknown, set before", "e0 63 01 01", "e0 63 01 01"),
        ("known, not set", "c0 08 04 fde80001", "c0 08 04 fde80001"),
        ("known, set", "e0 08 04 fde80001", "e0 08 04 fde80001"),
    ):
        code = bytes.fromhex(sent)[1]
        yield Case(
            row="ATT-32",
            name=name,
            kind=EBGP,
            sends=update(f"{MANDATORY} {sent}"),
            expect=Announced(prefixes=(P,), attributes={code: kept}),
        )
    everything = (
        "80 04 04 00000007 40 06 00 c0 07 08 0000fde8 0a000001 c0 08 08 fde80001fde80002 "
        "c0 10 08 0002fde800000001 c0 20 0c 0000fde80000000100000002 e0 63 01 01"
    )
    yield Case(
        row="ATT-40",
        kind=EBGP,
        sends=update(f"{MANDATORY} {everything}"),
        expect=Announced(
            prefixes=(P,),
            attributes={
                4: "80 04 04 00000007",
                6: "40 06 00",
                7: "c0 07 08 0000fde8 0a000001",
                8: "c0 08 08 fde80001fde80002",
                16: "c0 10 08 0002fde800000001",
                32: "c0 20 0c 0000fde80000000100000002",
                99: "e0 63 01 01",
            },
        ),
    )
    yield Case(
        row="ATT-39",
        name="not while it can be withdrawn",
        kind=EBGP,
        sends=update(f"40 01 01 07 {AS_PATH} {NEXT_HOP}"),
        expect=Ignored((P,), ("ORIGIN", WITHDRAW)),
        codec="as UPD-25",
    )
