"""AFI, ADP, EXM and ENH: address families, ADD-PATH, large messages, IPv6 next hops of IPv4 routes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pybgp.fsm.states import State
from pybgp.messages.header import KEEPALIVE

from ..case import IPV4, Announced, Case, Ignored, Notification, Up, Withdrawn
from ..kinds import ADD_PATH, AS4_EXTERNAL, EBGP, EXTENDED, EXTENDED_NEXT_HOP, ONLY_IPV4, V4, V6
from ..wire import (
    AS_PATH,
    GOOD,
    GOOD_6,
    NEXT_HOP,
    NEXT_HOP_6,
    ORIGIN,
    P6,
    PREFIX,
    PREFIX_6,
    P,
    attribute,
    mp_reach,
    mp_unreach,
    update,
)

MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
TABLES = "which routes there are is for the table to know"
IGNORED = ("MP_REACH_NLRI", "discard")


def cases() -> Iterator[Case]:
    yield from _multiprotocol()
    yield from _not_negotiated()
    yield from _add_path()
    yield from _large()
    yield from _extended_next_hop()


def _multiprotocol() -> Iterator[Case]:
    reserved = attribute(0x80, 14, f"0002 01 10 {NEXT_HOP_6} ff {PREFIX_6}")
    yield Case(
        row="AFI-01",
        kind=EBGP,
        sends=update(f"{reserved} {ORIGIN} {AS_PATH}", ""),
        expect=Announced(prefixes=(P6,), next_hop=NEXT_HOP_6, way=14),
    )
    classic = update(f"{mp_reach('0a630001', PREFIX, family='0001 01')} {ORIGIN} {AS_PATH}", "")
    yield Case(
        row="AFI-03",
        also=("AFI-04",),
        kind=EBGP,
        sends=classic,
        expect=Announced(prefixes=(P,), next_hop="0a630001", way=3),
    )
    yield Case(
        row="AFI-03",
        name="withdrawn",
        kind=EBGP,
        before=GOOD,
        sends=update(mp_unreach(PREFIX, family="0001 01"), ""),
        expect=Withdrawn((P,)),
    )
    nothing = update(f"{mp_reach(nlri='')} {ORIGIN} {AS_PATH}", "")
    yield Case(row="AFI-05", kind=EBGP, before=GOOD_6, sends=nothing, expect=Ignored())
    for name, nlri in {"length 129": "81" + "00" * 17, "overrun": "40 2001", "length 255": "ff" + "00" * 32}.items():
        reach, unreach = mp_reach(nlri=nlri), mp_unreach(nlri)
        sends = update(f"{reach} {ORIGIN} {AS_PATH}", "")
        yield Case(row="AFI-06", name=name, kind=EBGP, sends=sends, expect=Notification(3, 9, reach))
        sends = update(unreach, "")
        yield Case(row="AFI-06", name=f"{name}, withdrawn", kind=EBGP, sends=sends, expect=Notification(3, 9, unreach))
    yield Case(
        row="AFI-24",
        kind=EBGP,
        sends=GOOD_6,
        expect=Announced(prefixes=(P6,), next_hop=f"{'00' * 10} ffff 7f010001", way=14),
        at="outside",
        codec="the next hop is the speaker's own address",
    )


def _not_negotiated() -> Iterator[Case]:
    rest = f"{ORIGIN} {AS_PATH}"
    yield Case(
        row="AFI-02",
        name="reach",
        kind=ONLY_IPV4,
        sends=update(f"{mp_reach()} {rest}", ""),
        expect=Ignored((P6,), IGNORED),
    )
    yield Case(
        row="AFI-02",
        name="unreach",
        kind=ONLY_IPV4,
        sends=update(f"{mp_unreach()} {rest}", ""),
        expect=Ignored((P6,), ("MP_UNREACH_NLRI", "discard")),
    )
    yield Case(
        row="AFI-02",
        name="the rest is used",
        kind=ONLY_IPV4,
        sends=update(f"{mp_reach()} {MANDATORY}"),
        expect=Announced(prefixes=(P,), absent=(P6,), counted=IGNORED),
    )
    never = {
        ("AFI-23", "AFI 65535"): mp_reach(family="ffff 01"),
        ("AFI-23", "SAFI 255"): mp_reach(family="0001 ff"),
        ("AFI-23", "no next hop"): mp_reach("", "", family="ffff 01"),
        ("AFI-02", "evpn"): mp_reach("0a630001", "02 00", family="0019 46"),
        ("AFI-02", "vpn, damaged"): mp_reach("00", "ff", family="0001 80"),
        ("AFI-02", "flow specification"): mp_reach("", "03 01 18 0a", family="0001 85"),
        ("AFI-02", "link state"): mp_reach("0a630001", "0001 0000", family="4004 47"),
    }
    for (row, name), octets in never.items():
        yield Case(row=row, name=name, kind=EBGP, sends=update(f"{octets} {rest}", ""), expect=Ignored((), IGNORED))


def _add_path() -> Iterator[Case]:
    one, two, zero = "00000001", "00000002", "00000000"
    yield Case(
        row="ADP-01",
        kind=ADD_PATH,
        sends=update(MANDATORY, f"{one} {PREFIX} {two} {PREFIX}"),
        expect=Announced(prefixes=(P,), paths=2),
        at="many",
        also=("ADP-04",),
    )
    yield Case(
        row="ADP-01",
        name="ipv6, withdrawn",
        kind=ADD_PATH,
        before=update(f"{mp_reach(nlri=f'{one} {PREFIX_6}')} {ORIGIN} {AS_PATH}", ""),
        sends=update(mp_unreach(f"{one} {PREFIX_6}"), ""),
        expect=Withdrawn((P6,)),
    )
    receive, send = "receive", "send"
    offers = {"01": (receive,), "02": (send,), "03": (receive, send), "00": ()}
    for mode, can in offers.items():
        octets = replace(EBGP, capabilities=f"{V4} {V6} {AS4_EXTERNAL} 45 04 0001 01 {mode}").open()
        only = frozenset({IPV4})
        agreed = {
            "add_path_send": only if receive in can else frozenset(),
            "add_path_receive": only if send in can else frozenset(),
        }
        yield Case(
            row="ADP-02",
            name=f"both and {mode}",
            kind=ADD_PATH,
            state=State.OPEN_SENT,
            sends=octets + KEEPALIVE,
            expect=Up(agreed=agreed),
        )
    med = "80 04 04 00000007"
    yield Case(
        row="ADP-03",
        name="another identifier",
        kind=ADD_PATH,
        before=update(MANDATORY, f"{zero} {PREFIX}"),
        sends=update(MANDATORY, f"{two} {PREFIX}"),
        expect=Announced(prefixes=(P,), paths=2),
        at="many",
    )
    yield Case(
        row="ADP-03",
        name="the same",
        kind=ADD_PATH,
        before=update(MANDATORY, f"{one} {PREFIX}"),
        sends=update(f"{MANDATORY} {med}", f"{one} {PREFIX}"),
        expect=Announced(prefixes=(P,), attributes={4: med}),
        at="many",
    )
    yield Case(
        row="ADP-03",
        name="one is left",
        kind=ADD_PATH,
        before=update(MANDATORY, f"{one} {PREFIX} {zero} {PREFIX}"),
        sends=update("", "", f"{zero} {PREFIX}"),
        expect=Announced(prefixes=(P,)),
        at="many",
    )
    yield Case(
        row="ADP-05",
        kind=ADD_PATH,
        before=update(MANDATORY, f"{one} {PREFIX}"),
        sends=update("", "", f"{two} {PREFIX}"),
        expect=Ignored(),
        at="many",
        codec=TABLES,
    )
    short = {"nothing behind it": one, "half an identifier": "0000", "cut prefix": f"{one} 18 0a"}
    for name, field in short.items():
        yield Case(row="ADP-07", name=name, kind=ADD_PATH, sends=update(MANDATORY, field), expect=Notification(3, 10))
        reach = mp_reach(nlri=field)
        yield Case(
            row="ADP-07",
            name=f"{name}, ipv6",
            kind=ADD_PATH,
            sends=update(f"{reach} {ORIGIN} {AS_PATH}", ""),
            expect=Notification(3, 9, reach),
        )


def _large() -> Iterator[Case]:
    filler = " ".join(attribute(0xD0, code, bytes(6000)) for code in range(200, 210))
    yield Case(
        row="EXM-02",
        kind=EXTENDED,
        before=update(MANDATORY, f"{PREFIX} 10 0a02"),
        sends=update(f"{MANDATORY} {filler}"),
        expect=Withdrawn((P,)),
        codec="what fits towards others is the speaker's",
    )


def _extended_next_hop() -> Iterator[Case]:
    for name, next_hop in {"16": NEXT_HOP_6, "32": NEXT_HOP_6 + "fe80" + "00" * 13 + "01"}.items():
        reach = mp_reach(next_hop, PREFIX, family="0001 01")
        sends = update(f"{reach} {ORIGIN} {AS_PATH}", "")
        yield Case(
            row="ENH-01",
            name=name,
            also=("ENH-02",),
            kind=EXTENDED_NEXT_HOP,
            sends=sends,
            expect=Announced(prefixes=(P,), next_hop=next_hop),
            on_the_wire=Ignored((P,)),
        )
        yield Case(
            row="ENH-01",
            name=f"{name}, not negotiated",
            kind=EBGP,
            sends=sends,
            expect=Notification(3, 9, reach),
        )
    yield Case(
        row="ENH-02",
        name="takes the place of one that was told",
        kind=EXTENDED_NEXT_HOP,
        before=GOOD,
        sends=update(f"{mp_reach(NEXT_HOP_6, PREFIX, family='0001 01')} {ORIGIN} {AS_PATH}", ""),
        expect=Withdrawn((P,)),
        codec="what others are told is the speaker's",
    )
