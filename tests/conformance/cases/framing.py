"""UPD: the three fields of an UPDATE, and what an error costs (RFC 4271 §6.3, RFC 7606)."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Announced, Case, Ignored, Notification, Withdrawn
from ..kinds import EBGP, IBGP
from ..wire import AS_PATH, GOOD, GOOD_6, NEXT_HOP, ORIGIN, P6, PREFIX, PREFIX_6, P, mp_reach, mp_unreach, raw, update

MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
OTHER, Q = "10 0a02", "10.2.0.0/16"
PREFIX_ALL_6, ALL_6 = "00", "::/0"
OTHER_6, Q6 = "30 20010db80001", "2001:db8:1::/48"


def withdrawn(row: str, name: str, attributes: str, *, counted: tuple[str, str] | None = None) -> Case:
    """The route was good before; with these attributes it counts as withdrawn."""
    return Case(row=row, name=name, kind=EBGP, before=GOOD, sends=update(attributes), expect=Withdrawn((P,), counted))


def cases() -> Iterator[Case]:
    yield from _lengths()
    yield from _prefixes()
    yield from _fields()
    yield from _end_of_rib()
    yield from _errors()


def _lengths() -> Iterator[Case]:
    malformed = {
        "withdrawn": "03e7 0000",
        "attributes": "0000 03e7",
        "withdrawn over attributes' length": "0001 0000",
        "one octet too many": "0000 0005 40010100",
    }
    for name, content in malformed.items():
        yield Case(row="UPD-01", name=name, kind=EBGP, before=GOOD, sends=raw(2, content), expect=Notification(3, 1))
    yield withdrawn("UPD-02", "", f"{MANDATORY} 80 04 09 00000064", counted=("MULTI_EXIT_DISC", "treat-as-withdraw"))
    yield withdrawn("UPD-03", "one octet", f"{MANDATORY} 40")
    yield withdrawn("UPD-03", "two octets", f"{MANDATORY} 80 04")
    yield withdrawn("UPD-03", "extended", f"{MANDATORY} 90 04 00")


def _prefixes() -> Iterator[Case]:
    for row, field in (("UPD-04", "21 0102030400"), ("UPD-05", "18 0a")):
        in_nlri, in_withdrawn = update(MANDATORY, field), update("", "", field)
        yield Case(row=row, name="nlri", kind=EBGP, before=GOOD, sends=in_nlri, expect=Notification(3, 10))
        yield Case(row=row, name="withdrawn", kind=EBGP, before=GOOD, sends=in_withdrawn, expect=Notification(3, 10))
    yield Case(
        row="UPD-06", kind=EBGP, sends=update(MANDATORY, "17 0a0001"), expect=Announced(prefixes=("10.0.0.0/23",))
    )
    yield Case(row="UPD-07", kind=EBGP, sends=update(MANDATORY, "00"), expect=Announced(prefixes=("0.0.0.0/0",)))
    yield Case(
        row="UPD-08",
        kind=EBGP,
        sends=update(MANDATORY, PREFIX, f"{PREFIX} {OTHER}"),
        expect=Announced(prefixes=(P,), absent=(Q,)),
    )
    yield Case(
        row="UPD-08",
        name="known before",
        kind=EBGP,
        before=update(MANDATORY, f"{PREFIX} {OTHER}"),
        sends=update(MANDATORY, PREFIX, f"{PREFIX} {OTHER}"),
        expect=Announced(prefixes=(P,), absent=(Q,)),
    )
    yield Case(
        row="UPD-08",
        name="ipv6",
        kind=EBGP,
        sends=update(f"{mp_reach()} {mp_unreach(f'{PREFIX_6} {OTHER_6}')} {ORIGIN} {AS_PATH}", ""),
        expect=Announced(prefixes=(P6,), absent=(Q6,)),
    )
    twice = update(MANDATORY, f"{PREFIX} {PREFIX} {OTHER} {PREFIX}")
    yield Case(row="UPD-09", kind=EBGP, sends=twice, expect=Announced(prefixes=(P, Q)))
    for name, martian, text in (
        ("multicast", "10 e001", "224.1.0.0/16"),
        ("loopback", "10 7f01", "127.1.0.0/16"),
    ):
        yield Case(
            row="UPD-10",
            name=name,
            kind=EBGP,
            sends=update(MANDATORY, f"{martian} {PREFIX}"),
            expect=Announced(prefixes=(P,), absent=(text,)),
            codec="which prefixes are no unicast prefixes is for the import to judge: the octets are in order",
        )
    yield Case(
        row="UPD-10",
        name="::1",
        kind=EBGP,
        sends=update(f"{mp_reach(nlri=f'80 {bytes(15).hex()}01 {PREFIX_6}')} {ORIGIN} {AS_PATH}", ""),
        expect=Announced(prefixes=(P6,), absent=("::1/128",)),
        codec="as for IPv4",
    )


def _fields() -> Iterator[Case]:
    descending = f"80 04 04 0000000a {NEXT_HOP} {AS_PATH} {ORIGIN}"
    yield Case(
        row="UPD-11", kind=EBGP, sends=update(descending), expect=Announced(prefixes=(P,), attributes={1: ORIGIN})
    )
    yield Case(
        row="UPD-13",
        kind=EBGP,
        before=update(MANDATORY, OTHER) + update(f"{mp_reach(nlri=OTHER_6)} {ORIGIN} {AS_PATH}", ""),
        sends=update(f"{mp_unreach(OTHER_6)} {MANDATORY} {mp_reach()}", PREFIX, OTHER),
        expect=Announced(prefixes=(P, P6), absent=(Q, Q6)),
    )
    for name, attributes in {"origin": ORIGIN, "mandatory": MANDATORY}.items():
        yield Case(row="UPD-14", name=name, kind=EBGP, before=GOOD, sends=update(attributes, ""), expect=Ignored())
    yield Case(
        row="UPD-14",
        name="beside MP_UNREACH",
        kind=EBGP,
        before=GOOD_6,
        sends=update(f"{ORIGIN} {mp_unreach()}", ""),
        expect=Withdrawn((P6,)),
    )
    yield Case(row="UPD-17", kind=EBGP, before=GOOD, sends=update("", "", PREFIX), expect=Withdrawn((P,)))
    yield Case(
        row="UPD-17",
        name="attributes are ignored",
        kind=EBGP,
        before=GOOD,
        sends=update(MANDATORY, "", PREFIX),
        expect=Withdrawn((P,)),
    )


def _end_of_rib() -> Iterator[Case]:
    for name, attributes in {
        "ipv4": "",
        "ipv6": mp_unreach(""),
        "ipv6, extended length": mp_unreach("", flags=0x90),
        "ipv4 in MP_UNREACH": mp_unreach("", family="0001 01"),
        "a family that was not negotiated": mp_unreach("", family="ffff 01"),
    }.items():
        yield Case(row="UPD-16", name=name, kind=EBGP, before=GOOD, sends=update(attributes, ""), expect=Ignored())


def _errors() -> Iterator[Case]:
    no_nlri: dict[str, tuple[str, int, str]] = {
        "length": ("40 01 02 0000", 5, "40 01 02 0000"),
        "origin": ("40 01 01 07", 6, "40 01 01 07"),
        "flags": ("c0 01 01 00", 4, "c0 01 01 00"),
        "as-path": ("40 02 02 0200", 11, ""),
        "next-hop": ("40 03 04 00000000", 8, "40 03 04 00000000"),
        "overrun": ("40 01 05 00", 1, ""),
        "beside MP_UNREACH": (mp_unreach() + "40 01 02 0000", 5, "40 01 02 0000"),
        "MP_REACH without NLRI": (mp_reach(nlri="") + "40 01 02 0000", 5, "40 01 02 0000"),
    }
    for name, (attributes, subcode, data) in no_nlri.items():
        yield Case(
            row="UPD-15",
            name=name,
            also=("AFI-05",) if name.startswith("MP_REACH") else ("ATT-39",),
            kind=EBGP,
            sends=update(attributes, ""),
            expect=Notification(3, subcode, data),
        )
    yield Case(
        row="UPD-15",
        name="withdrawn routes",
        kind=EBGP,
        before=GOOD,
        sends=update("40 01 02 0000", "", PREFIX),
        expect=Notification(3, 5, "40 01 02 0000"),
    )
    discarded = ("ATOMIC_AGGREGATE", "discard")
    yield Case(
        row="UPD-15", name="only discarded", kind=EBGP, sends=update("40 06 01 00", ""), expect=Ignored((), discarded)
    )
    counted = ("MULTI_EXIT_DISC", "treat-as-withdraw")
    yield withdrawn("UPD-20", "counted", f"{MANDATORY} 80 04 03 000001", counted=counted)
    for name, twice in {"reach": mp_reach(), "unreach": mp_unreach()}.items():
        attributes = f"{twice} {ORIGIN} {AS_PATH} {twice}"
        yield Case(row="UPD-21", name=name, kind=EBGP, sends=update(attributes, ""), expect=Notification(3, 1))
    yield Case(
        row="UPD-22",
        name="origin",
        kind=EBGP,
        sends=update(f"{MANDATORY} 40 01 01 02"),
        expect=Announced(prefixes=(P,), attributes={1: ORIGIN}, counted=("ORIGIN", "discard")),
    )
    yield Case(
        row="UPD-22",
        name="unknown",
        kind=EBGP,
        sends=update(f"{MANDATORY} c0 63 01 01 c0 63 01 02"),
        expect=Announced(prefixes=(P,), attributes={99: "e0 63 01 01"}, counted=("99", "discard")),
    )
    bad_aggregator, bad_origin = "c0 07 01 00", "40 01 01 03"
    yield withdrawn("UPD-23", "discard and withdraw", f"{bad_origin} {AS_PATH} {NEXT_HOP} {bad_aggregator}")
    yield Case(
        row="UPD-23",
        name="and reset",
        kind=EBGP,
        before=GOOD,
        sends=update(f"{mp_reach('0a6300')} {bad_origin} {AS_PATH} {NEXT_HOP} {bad_aggregator}"),
        expect=Notification(3, 9, mp_reach("0a6300")),
    )
    yield Case(
        row="UPD-24",
        kind=EBGP,
        before=GOOD,
        sends=update(f"{bad_origin} {AS_PATH} {NEXT_HOP}", "21 0102030400"),
        expect=Notification(3, 10),
    )
    yield Case(
        row="UPD-25",
        kind=EBGP,
        sends=update(f"{bad_origin} {AS_PATH} {NEXT_HOP}"),
        expect=Ignored((P,), ("ORIGIN", "treat-as-withdraw")),
        codec="the codec says 'withdrawn', whether there is anything to withdraw is for the table to know",
    )
    yield withdrawn("UPD-26", "", f"{bad_origin} {AS_PATH} {NEXT_HOP}")
    yield Case(
        row="UPD-26",
        name="ipv6 and ipv4",
        kind=EBGP,
        before=GOOD + GOOD_6,
        sends=update(f"{mp_reach()} {bad_origin} {AS_PATH} {NEXT_HOP}"),
        expect=Withdrawn((P, P6)),
    )
    yield Case(
        row="UPD-26",
        name="internal",
        kind=IBGP,
        before=GOOD,
        sends=update(f"{bad_origin} {AS_PATH} {NEXT_HOP}"),
        expect=Withdrawn((P,)),
    )
