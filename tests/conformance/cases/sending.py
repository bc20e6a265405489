"""SND, PRP, NHP and COM: who is told of a route, with which attributes and which next hop."""

from __future__ import annotations

from collections.abc import Iterator

from ..case import Announced, Case, Expected, Ignored, Kind, Withdrawn
from ..kinds import CLIENT, EBGP, IBGP, ON_LINK
from ..wire import AS_PATH, GOOD, NEXT_HOP, NEXT_HOP_6, ORIGIN, P6, P, mp_reach, update

MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
EXPORT = "what others are told is the speaker's"
OWN = "10.9.0.0/24"
BESIDE = (
    "80 04 04 00000007 40 06 00 c0 07 08 0000fde8 0a000001 c0 08 04 fde80001 c0 10 08 0002fde800000001 "
    "c0 20 0c 0000fde80000000100000002 c0 23 04 00000007 e0 63 01 01"
)
INSIDE = "40 05 04 000000c8 80 09 04 0a000009 80 0a 04 0a000009"
LINK_LOCAL = "fe80 0000 0000 0000 0000 0000 0000 0001"


def seen(
    row: str, name: str, attributes: str, expect: Expected, *, at: str, kind: Kind = EBGP, also: tuple[str, ...] = ()
) -> Case:
    """A route with these attributes, and what ``at`` is told."""
    sends = update(f"{MANDATORY} {attributes}")
    return Case(row=row, name=name, also=also, kind=kind, sends=sends, expect=expect, at=at, codec=EXPORT)


def has(**attributes: str | None) -> Announced:
    """The route with these attributes: ``a8="c0 08 ..."``, None for one that isn't there."""
    return Announced(prefixes=(P,), attributes={int(name[1:]): found for name, found in attributes.items()})


def ours(row: str, name: str, expect: Expected, at: str, kind: Kind = EBGP, **options: object) -> Case:
    """A route of our own with these options, and what ``at`` is told."""
    return Case(row=row, name=name, kind=kind, announces=((OWN, options),), expect=expect, at=at, codec=EXPORT)


def cases() -> Iterator[Case]:
    yield from _to_whom()
    yield from _attributes()
    yield from _next_hops()
    yield from _communities()


def _to_whom() -> Iterator[Case]:
    yield seen("SND-01", "", "", Ignored((P,)), at="internal", kind=IBGP)
    yield seen("SND-01", "to external peers", "", Announced(prefixes=(P,)), at="outside", kind=IBGP)
    for kind in (EBGP, IBGP, CLIENT):
        yield seen("SND-02", kind.name, "", Ignored((P,)), at="peer", kind=kind)
    withdrawal = update("", "", "18 0a0102")
    for at in ("inside", "internal", "outside", "old"):
        yield Case(
            row="SND-03",
            name=at,
            kind=EBGP,
            before=GOOD,
            sends=withdrawal + withdrawal,
            expect=Withdrawn((P,)),
            at=at,
            codec=EXPORT,
        )
    yield Case(row="SND-08", kind=EBGP, sends=withdrawal, expect=Ignored(), at="outside", codec=EXPORT)
    yield Case(
        row="SND-08",
        name="of what was not told",
        kind=IBGP,
        before=GOOD,
        sends=withdrawal,
        expect=Ignored(),
        at="internal",
        codec=EXPORT,
    )


def _attributes() -> Iterator[Case]:
    outside, inside = (1, 2, 6, 7, 8, 16, 32, 35, 99), (1, 2, 4, 5, 6, 7, 8, 16, 32, 35, 99)
    for at, types in (("outside", outside), ("internal", inside)):
        yield seen(
            "PRP-01", at, BESIDE, Announced(prefixes=(P,), types=types), at=at, also=("PRP-07", "PRP-08", "OTC-06")
        )
    everything = f"{BESIDE} {INSIDE}"
    yield seen(
        "PRP-09", "", everything, Announced(prefixes=(P,), types=outside), at="outside", kind=CLIENT, also=("PRP-01",)
    )
    med = "80 04 04 00000007"
    yield seen("PRP-02", "kept inside", med, has(a4=med), at="internal")
    yield seen("PRP-02", "not to the next AS", med, has(a4=None), at="outside")
    yield seen("PRP-02", "not from inside", med, has(a4=None), at="outside", kind=IBGP)
    own_med = Announced(prefixes=(OWN,), attributes={4: med})
    yield ours("PRP-02", "our own", own_med, "outside", med=7)
    yield seen("PRP-03", "default", "", has(a5="40 05 04 00000064"), at="internal")
    yield seen("PRP-03", "as received", "40 05 04 000000c8", has(a5="40 05 04 000000c8"), at="inside", kind=IBGP)
    yield seen("PRP-03", "not outside", "40 05 04 000000c8", has(a5=None), at="outside", kind=IBGP)
    for origin in ("00", "01", "02"):
        yield Case(
            row="PRP-04",
            name=origin,
            kind=EBGP,
            sends=update(f"40 01 01 {origin} {AS_PATH} {NEXT_HOP}"),
            expect=has(a1=f"40 01 01 {origin}"),
            at="outside",
        )
    both, one = "c0 10 10 0002fde800000001 4002fde800000002", "c0 10 08 0002fde800000001"
    yield seen("PRP-05", "outside", both, has(a16=one), at="outside")
    yield seen("PRP-05", "inside", both, has(a16=both), at="internal")
    yield seen("PRP-06", "", "c0 10 08 4002fde800000002", has(a16=None), at="outside")
    yield seen("PRP-07", "", "40 06 00", has(a6="40 06 00"), at="outside")


def _next_hops() -> Iterator[Case]:
    def to(next_hop: str, prefix: str = P) -> Announced:
        return Announced(prefixes=(prefix,), next_hop=next_hop)

    here, near = "7f010001", "7f020001"
    yield seen("NHP-01", "of others", "", to("0a630001"), at="internal")
    yield ours("NHP-01", "our own", to(here, OWN), "internal")
    yield ours("NHP-01", "known gateway", to("0a630009", OWN), "internal", next_hop="10.99.0.9")
    yield seen("NHP-02", "", "", to(here), at="outside")
    yield ours("NHP-02", "third party", to("7f02c809", OWN), "peer", ON_LINK, next_hop="127.2.200.9")
    yield ours("NHP-04", "where peers may be", to(near, OWN), "peer", ON_LINK, next_hop="127.2.0.9")
    yield ours("NHP-02", "out of the subnet", to(near, OWN), "peer", ON_LINK, next_hop="10.99.0.9")
    yield ours("NHP-03", "no shared subnet", to(here, OWN), "peer", next_hop="10.99.0.9")
    yield seen("NHP-09", "client to client", "", to("0a630001"), at="inside", kind=CLIENT)
    yield seen("NHP-09", "non-client to client", "", to("0a630001"), at="inside", kind=IBGP)
    for row, name, next_hop in (
        ("NHP-06", "global", NEXT_HOP_6),
        ("NHP-06", "global and link-local", f"{NEXT_HOP_6} {LINK_LOCAL}"),
        ("NHP-07", "link-local alone", LINK_LOCAL),
    ):
        yield Case(
            row=row,
            name=name,
            kind=EBGP,
            sends=update(f"{mp_reach(next_hop)} {ORIGIN} {AS_PATH}", ""),
            expect=to(next_hop, P6),
        )
    beside = {
        "good": NEXT_HOP,
        "0.0.0.0": "40 03 04 00000000",
        "too short": "40 03 03 0a6300",
    }
    for name, attribute in beside.items():
        yield Case(
            row="NHP-08",
            name=name,
            kind=EBGP,
            sends=update(f"{mp_reach()} {ORIGIN} {AS_PATH} {attribute}", ""),
            expect=to(NEXT_HOP_6, P6),
        )
    no_host = {"::": "00" * 16, "multicast": f"ff02{'00' * 13}01", "two of ::": "00" * 32}
    for name, next_hop in no_host.items():
        yield Case(
            row="NHP-10",
            name=name,
            kind=EBGP,
            before=GOOD + update(f"{mp_reach()} {ORIGIN} {AS_PATH}", ""),
            sends=update(f"{mp_reach(next_hop)} {MANDATORY}"),
            expect=Withdrawn((P6,), ("MP_REACH_NLRI", "treat-as-withdraw")),
        )


def _communities() -> Iterator[Case]:
    here, gone = Announced(prefixes=(P,)), Ignored((P,))
    well_known: tuple[tuple[str, str, Expected, Expected], ...] = (
        ("COM-01", "ffffff01", here, gone),
        ("COM-02", "ffffff02", gone, gone),
        ("COM-03", "ffffff03", here, gone),
        ("COM-04", "ffffff04", here, here),
    )
    for row, community, internal, outside in well_known:
        attribute = f"c0 08 04 {community}"
        yield seen(row, "internal", attribute, internal, at="internal")
        yield seen(row, "outside", attribute, outside, at="outside")
    a, b, c = "0000fde8 00000001 00000002", "0000fde8 00000001 00000003", "0000fde9 00000000 00000000"
    yield seen("COM-05", "", f"c0 20 30 {c} {a} {b} {a}", has(a32=f"c0 20 24 {a} {b} {c}"), at="outside")
    standard = has(a8="c0 08 08 fde80002 fde80001")  # the order is the sender's
    yield seen("COM-06", "standard", "c0 08 0c fde80002 fde80001 fde80002", standard, at="inside")
    first, second = "0002fde800000001", "0002fde800000002"
    extended = has(a16=f"c0 10 10 {second} {first}")
    yield seen("COM-06", "extended", f"c0 10 18 {second} {first} {second}", extended, at="inside")
    valid, target = "4300000000000001", "0002fde800000001"
    both = f"c0 10 10 {target} {valid}"
    yield seen("COM-08", "from outside", both, has(a16=f"c0 10 08 {target}"), at="internal")
    yield seen("COM-08", "nothing else from outside", f"c0 10 08 {valid}", has(a16=None), at="internal")
    yield seen("COM-08", "from inside", both, has(a16=both), at="inside", kind=IBGP)
    yield seen("COM-08", "not to the outside", both, has(a16=f"c0 10 08 {target}"), at="outside", kind=IBGP)
