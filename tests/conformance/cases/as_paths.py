"""ASP, AS4 and CFD: AS_PATH, AS numbers of four octets, confederations (RFC 4271, RFC 6793, RFC 7607, RFC 5065)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pybgp.addresses import parse_as
from pybgp.fsm.states import State
from pybgp.messages.context import PeerKind
from pybgp.messages.header import KEEPALIVE

from ..case import Announced, Case, Ignored, Kind, Made, Up, Withdrawn
from ..kinds import ANY_FIRST_AS, EBGP, IBGP, OLD
from ..wire import AS_PATH, GOOD, GOOD_OLD, NEXT_HOP, ORIGIN, P, as_path, attribute, update

EXPORT = "what others are told is the speaker's"
ELIGIBLE = "whether a route can be used is the speaker's: it knows its AS and the peer's"
OWN = "10.9.0.0/24"
MEMBER = replace(EBGP, name="member", settings={"kind": PeerKind.CONFEDERATION})
NO_CONFEDERATIONS = "a confederation can't be configured yet"


def passed_on(row: str, name: str, path: str, seen: str, at: str, kind: Kind = EBGP) -> Case:
    """A route with this path, and the path as somebody is told it (whole attributes)."""
    return Case(
        row=row,
        name=name,
        kind=kind,
        sends=update(f"{ORIGIN} {as_path(path)} {NEXT_HOP}"),
        expect=Announced(prefixes=(P,), attributes={2: seen}),
        at=at,
        codec=EXPORT,
    )


def kept(row: str, name: str, path: str, kind: Kind = EBGP, seen: str | None = None) -> Case:
    """A route with this path is used as it is."""
    expect = Announced(prefixes=(P,), attributes={2: as_path(path if seen is None else seen)})
    return Case(row=row, name=name, kind=kind, sends=update(f"{ORIGIN} {as_path(path)} {NEXT_HOP}"), expect=expect)


def refused(row: str, name: str, path: str, kind: Kind = EBGP) -> Case:
    """A route that was good before, and is not eligible with this path."""
    sends = update(f"{ORIGIN} {as_path(path)} {NEXT_HOP}")
    return Case(row=row, name=name, kind=kind, before=GOOD, sends=sends, expect=Withdrawn((P,)), codec=ELIGIBLE)


def malformed(row: str, name: str, path: str, kind: Kind = EBGP, wire: str = "") -> Case:
    member = kind is MEMBER
    before = update(f"{ORIGIN} {as_path('0301 0000fde9')} {NEXT_HOP}") if member else GOOD
    sends = update(f"{ORIGIN} {as_path(path)} {NEXT_HOP}")
    expect = Withdrawn((P,), ("AS_PATH", "treat-as-withdraw"))
    return Case(row=row, name=name, kind=kind, before=before, sends=sends, expect=expect, wire=wire)


def old(row: str, name: str, path: str, extra: str, seen: dict[int, str | None], blamed: str = "") -> Case:
    """A route of a peer with two-octet AS numbers, and its attributes as we know them then."""
    counted = (blamed, "discard") if blamed else None
    return Case(
        row=row,
        name=name,
        kind=OLD,
        sends=update(f"{ORIGIN} {as_path(path)} {NEXT_HOP} {extra}"),
        expect=Announced(prefixes=(P,), attributes={17: None, 18: None, **seen}, counted=counted),
    )


def cases() -> Iterator[Case]:
    yield from _paths()
    yield from _four_octets()
    yield from _from_old()
    yield from _confederations()


def _paths() -> Iterator[Case]:
    yield passed_on("ASP-01", "unchanged", "0201 0000fde9", AS_PATH, "internal")
    yield Case(
        row="ASP-01",
        name="our own",
        kind=EBGP,
        announces=((OWN, {}),),
        expect=Announced(prefixes=(OWN,), attributes={2: "40 02 00"}),
        at="internal",
        codec=EXPORT,
    )
    yield passed_on("ASP-02", "sequence first", "0201 0000fde9", as_path("0202 0000fc00 0000fde9"), "outside")
    set_first = "0102 0000fde9 00000007"
    yield passed_on("ASP-02", "set first", set_first, as_path(f"0201 0000fc00 {set_first}"), "outside", ANY_FIRST_AS)
    yield passed_on("ASP-02", "empty", "", as_path("0201 0000fc00"), "outside", IBGP)
    full = "02ff" + "0000fde9" * 255
    long_form = attribute(0x50, 2, f"0201 0000fc00 {full}")
    yield Case(
        row="ASP-03",
        kind=EBGP,
        sends=update(f"{ORIGIN} {attribute(0x50, 2, full)} {NEXT_HOP}"),
        expect=Announced(prefixes=(P,), attributes={2: long_form}),
        at="outside",
        codec=EXPORT,
    )
    yield refused("ASP-04", "sequence", "0202 0000fde9 0000fc00")
    yield refused("ASP-04", "set", "0201 0000fde9 0102 00000007 0000fc00")
    yield refused("ASP-04", "confederation", "0301 0000fc00 0201 0000fde9", IBGP)
    yield refused("ASP-05", "another", "0202 00000007 0000fde9")
    yield kept("ASP-05", "switched off", "0202 00000007 0000fde9", ANY_FIRST_AS)
    yield refused("ASP-06", "", "")
    yield kept("ASP-06", "switched off", "", ANY_FIRST_AS)
    yield malformed("ASP-07", "sequence", "0202 0000fde9 00000000")
    yield malformed("ASP-07", "set", "0201 0000fde9 0101 00000000")
    yield kept("ASP-09", "accepted by default", "0201 0000fde9 0102 00000007 00000008")
    yield kept("ASP-10", "prepended", "0203 0000fde9 0000fde9 0000fde9")
    yield kept("ASP-10", "AS_TRANS", "0202 0000fde9 00005ba0")
    yield kept("ASP-10", "private", "0203 0000fde9 fffffffe 0000ffff")


def _four_octets() -> Iterator[Case]:
    yield Case(
        row="AS4-01",
        kind=EBGP,
        sends=update(f"{ORIGIN} {as_path('0202 0000fde9 0003000a')} {NEXT_HOP} c0 07 08 0003000a 0a000001"),
        expect=Announced(
            prefixes=(P,),
            attributes={
                2: as_path("0202 0000fde9 0003000a"),
                7: "c0 07 08 0003000a 0a000001",
                17: None,
                18: None,
            },
        ),
    )
    for name, extra, blamed in (
        ("path", "c0 11 06 0201 0003000a", "AS4_PATH"),
        ("unparsed", "c0 11 01 02", "AS4_PATH"),
        ("aggregator", "c0 12 08 0003000a 0a000001", "AS4_AGGREGATOR"),
    ):
        yield Case(
            row="AS4-02",
            name=name,
            kind=EBGP,
            sends=update(f"{ORIGIN} {AS_PATH} {NEXT_HOP} {extra}"),
            expect=Announced(prefixes=(P,), attributes={2: AS_PATH, 17: None, 18: None}, counted=(blamed, "discard")),
        )
    path = "0202 0000fde9 0003000a"
    for row, name, sent, seen in (
        ("AS4-03", "mapped", path, {2: "0203 fc00 fde9 5ba0", 17: "0203 0000fc00 0000fde9 0003000a"}),
        ("AS4-03", "nothing to map", "0201 0000fde9", {2: "0202 fc00 fde9", 17: ""}),
    ):
        expected = {
            2: as_path(seen[2]),
            17: attribute(0xC0, 17, seen[17]) if seen[17] else None,
        }
        yield Case(
            row=row,
            name=name,
            kind=EBGP,
            sends=update(f"{ORIGIN} {as_path(sent)} {NEXT_HOP}"),
            expect=Announced(prefixes=(P,), attributes=expected),
            at="old",
            codec=EXPORT,
        )
    yield Case(
        row="AS4-04",
        kind=EBGP,
        sends=update(f"{ORIGIN} {AS_PATH} {NEXT_HOP} c0 07 08 0003000a 0a000001"),
        expect=Announced(prefixes=(P,), attributes={7: "c0 07 06 5ba0 0a000001", 18: "c0 12 08 0003000a 0a000001"}),
        at="old",
        codec=EXPORT,
    )
    yield Case(
        row="AS4-12",
        kind=replace(EBGP, settings={"local_as": 200_000}),
        state=State.OPEN_SENT,
        sends=EBGP.open() + KEEPALIVE,
        expect=Up(
            opens="04 5ba0 005a 0a000001 1a 02 18 01 04 0001 00 01 01 04 0002 00 01 02 00 06 00 41 04 00030d40 46 00"
        ),
        wire="the live speaker has one AS number for all cases, 64512",
    )
    yield Case(
        row="AS4-13",
        kind=EBGP,
        expect=Made(lambda: str(parse_as("1.10")), "65546"),
        wire="it is notation, nothing on the wire",
    )


def _from_old() -> Iterator[Case]:
    aggregator, true_path = "c0 07 06 5ba0 0a000001", "c0 11 06 0201 0003000a"
    yield old(
        "AS4-05",
        "changed aggregator",
        "0202 fde9 5ba0",
        f"c0 07 06 fde9 0a000009 {true_path} c0 12 08 0003000a 0a000001",
        {2: as_path("0202 0000fde9 00005ba0"), 7: "c0 07 08 0000fde9 0a000009"},
    )
    yield old(
        "AS4-05",
        "AS_TRANS",
        "0202 fde9 5ba0",
        f"{aggregator} {true_path} c0 12 08 0003000a 0a000001",
        {2: as_path("0202 0000fde9 0003000a"), 7: "c0 07 08 0003000a 0a000001"},
    )
    yield old("AS4-06", "", "0201 fde9", "c0 11 0a 0202 0003000a 0003000b", {2: AS_PATH})
    merged = as_path("0203 0000fde9 0003000a 0003000b")
    yield old("AS4-07", "", "0203 fde9 5ba0 5ba0", "c0 11 0a 0202 0003000a 0003000b", {2: merged})
    for name, value in {
        "empty": "",
        "odd": "0201 0003",
        "trailing": "0201 0003000a 02",
        "no ASes": "0200 0003000a",
        "overrun": "0202 0003000a",
        "type 5": "0501 0003000a",
    }.items():
        kept_path = {2: as_path("0202 0000fde9 00005ba0")}
        yield old("AS4-08", name, "0202 fde9 5ba0", attribute(0xC0, 17, value), dict(kept_path), "AS4_PATH")
    yield old(
        "AS4-09",
        "",
        "0202 fde9 5ba0",
        attribute(0xC0, 17, "0301 0000fdf2 0201 0003000a"),
        {2: as_path("0202 0000fde9 0003000a")},
    )
    yield old(
        "AS4-10",
        "",
        "0201 fde9",
        f"{aggregator} c0 12 07 0003000a 0a0000",
        {7: "c0 07 08 00005ba0 0a000001"},
        "AS4_AGGREGATOR",
    )
    yield old("AS4-11", "path", "0202 fde9 5ba0", attribute(0xC0, 17, "0201 00000000"), {}, "AS4_PATH")
    yield old("AS4-11", "aggregator", "0201 fde9", "c0 12 08 00000000 0a000001", {}, "AS4_AGGREGATOR")
    yield Case(
        row="AS4-08",
        name="good",
        kind=OLD,
        sends=GOOD_OLD,
        expect=Announced(prefixes=(P,), attributes={2: AS_PATH}),
    )
    yield Case(
        row="AS4-07",
        name="set behind",
        kind=OLD,
        sends=update(f"{ORIGIN} {as_path('0201 fde9 0102 5ba0 0007')} {NEXT_HOP} c0 11 0a 0102 0003000a 00000007"),
        expect=Announced(prefixes=(P,), attributes={2: as_path("0201 0000fde9 0102 0003000a 00000007")}),
    )


def _confederations() -> Iterator[Case]:
    yield malformed("CFD-05", "sequence", "0301 0000fde9")
    yield malformed("CFD-05", "set", "0401 0000fde9 0201 0000fde9")
    yield malformed("CFD-06", "no confederation segment", "0201 0000fde9", MEMBER, NO_CONFEDERATIONS)
    yield malformed("CFD-06", "empty", "", MEMBER, NO_CONFEDERATIONS)
    yield Case(
        row="CFD-09",
        name="LOCAL_PREF, MED and NEXT_HOP",
        kind=MEMBER,
        sends=update(f"{ORIGIN} {as_path('0301 0000fde9')} {NEXT_HOP} 80 04 04 00000007 40 05 04 000000c8"),
        expect=Announced(
            prefixes=(P,), attributes={4: "80 04 04 00000007", 5: "40 05 04 000000c8"}, next_hop="0a630001"
        ),
        wire=NO_CONFEDERATIONS,
    )
    yield Case(
        row="CFD-07",
        kind=IBGP,
        sends=update(f"{ORIGIN} {as_path('0301 0000fc00')} {NEXT_HOP}"),
        expect=Ignored((P,)),
        codec=ELIGIBLE,
    )
