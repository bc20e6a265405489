"""OPN and CAP: OPEN and capabilities (RFC 4271 §6.2, RFC 5492, RFC 6286, RFC 6793, RFC 7607, RFC 9072)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from pybgp.fsm.states import State
from pybgp.messages.header import KEEPALIVE

from ..case import IPV4, IPV6, Announced, Case, Expected, Ignored, Kind, Notification, Told, Up
from ..kinds import (
    ADD_PATH,
    AS4_EXTERNAL,
    EBGP,
    ENHANCED,
    EXTENDED,
    EXTENDED_NEXT_HOP,
    IBGP,
    OLD,
    REFRESH,
    ROLES,
    STRICT,
    TRANS,
    V4,
    V6,
)
from ..wire import AS_PATH, GOOD, NEXT_HOP, OLD_AS_PATH, ORIGIN, P, raw, update

SENT = State.OPEN_SENT
NO_REQUIRE = "the configuration can't require a family yet"


def opening(
    parameters: str = "00",
    *,
    version: str = "04",
    my_as: str = "fde9",
    hold: str = "005a",
    router_id: str = "0a000002",
) -> bytes:
    """An OPEN of AS 65001; ``parameters`` begins with Opt Parm Len."""
    return raw(1, f"{version} {my_as} {hold} {router_id} {parameters}")


def capable(capabilities: str) -> str:
    """One parameter with these capabilities."""
    size = len(bytes.fromhex(capabilities))
    return f"{size + 2:02x} 02 {size:02x} {capabilities}"


USUAL = capable(f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}")


def refused(row: str, name: str, octets: bytes, subcode: int, data: str | None = "", kind: Kind = EBGP) -> Case:
    return Case(row=row, name=name, kind=kind, state=SENT, sends=octets, expect=Notification(2, subcode, data))


def agreed(row: str, name: str, octets: bytes, kind: Kind = EBGP, also: tuple[str, ...] = (), **fields: object) -> Case:
    """The OPEN is accepted, and that is what both agree on."""
    return Case(
        row=row, name=name, also=also, kind=kind, state=SENT, sends=octets + KEEPALIVE, expect=Up(agreed=fields)
    )


def cases() -> Iterator[Case]:
    yield from _fields()
    yield from _parameters()
    yield from _capabilities()
    yield from _families()
    yield from _wrong_lengths()
    yield from _what_they_allow()


def _fields() -> Iterator[Case]:
    for version in ("00", "03", "05", "ff"):
        yield refused("OPN-01", version, opening(USUAL, version=version), 1, "0004")
    yield refused("OPN-02", "", opening(capable(f"{V4} 41 04 0000fdea"), my_as="fdea"), 2)
    yield refused("OPN-02", "without the capability", opening(my_as="fdea"), 2)
    yield refused("OPN-03", "", opening(my_as="0000"), 2)
    yield refused("OPN-03", "with the capability", opening(USUAL, my_as="0000"), 2)
    yield agreed("OPN-04", "same", opening(USUAL), remote_as=65001, four_octet_as=True)
    yield agreed("OPN-04", "AS_TRANS", opening(USUAL, my_as="5ba0"), remote_as=65001, four_octet_as=True)
    yield refused("OPN-04", "another", opening(capable(f"{V4} 41 04 0000fdea")), 2)
    yield refused("OPN-05", "", opening(capable(f"{V4} 41 04 00000000")), 2)
    yield refused("OPN-06", "", opening(my_as="5ba0"), 2)
    yield agreed("OPN-06", "configured", TRANS.open(), TRANS, remote_as=23456, four_octet_as=False)
    for hold in ("0001", "0002"):
        yield refused("OPN-07", hold, opening(USUAL, hold=hold), 6, hold)
    for hold, seconds, keepalive in (("0000", 0.0, 0.0), ("0003", 3.0, 1.0), ("ffff", 90.0, 30.0)):
        yield agreed("OPN-08", hold, opening(USUAL, hold=hold), hold_time=seconds, keepalive_time=keepalive)
    yield refused("OPN-09", "", opening(USUAL, router_id="00000000"), 3)
    for router_id in ("e0000001", "f0000001", "7f000001"):
        found = bytes.fromhex(router_id)
        yield agreed("OPN-10", router_id, opening(USUAL, router_id=router_id), remote_router_id=found)
    ours = "0a000001"
    yield refused("OPN-11", "internal", IBGP.open(router_id=ours), 3, kind=IBGP)
    yield agreed("OPN-11", "external", opening(USUAL, router_id=ours), remote_router_id=bytes.fromhex(ours))


def _parameters() -> Iterator[Case]:
    for parameter in ("63 00", "63 02 0102", "01 02 0000"):
        size = len(bytes.fromhex(parameter))
        yield refused("OPN-12", parameter, opening(f"{size:02x} {parameter}"), 4, parameter)
    yield refused("OPN-13", "parameter", opening("06 02 20 0104 0001"), 0)
    yield refused("OPN-13", "capability", opening("06 02 04 0120 0001"), 0)
    yield refused("OPN-13", "half a capability", opening("03 02 01 41"), 0)
    yield refused("OPN-14", "behind nothing", opening("00 010203"), 0)
    yield refused("OPN-14", "behind the parameters", opening(USUAL + "010203"), 0)
    yield refused("OPN-14", "too long", opening("08 02 02 0200"), 0)
    capabilities = f"{V4} {REFRESH} {AS4_EXTERNAL}"
    size = len(bytes.fromhex(capabilities))
    short = f"{size + 3:04x} 02 {size:04x} {capabilities}"
    for length in ("ff", "01"):
        yield agreed("OPN-15", f"short {length}", opening(f"{length} ff {short}"), route_refresh=True, remote_as=65001)
    filler = f"c8 ff {'00' * 255}"
    size += 257
    yield agreed(
        "OPN-15",
        "300 octets",
        opening(f"ff ff {size + 3:04x} 02 {size:04x} {capabilities} {filler}"),
        route_refresh=True,
        families=frozenset({IPV4}),
    )
    yield refused("OPN-17", "parameter", opening("ff ff 0005 02 0004 0200"), 0)
    yield refused("OPN-17", "total", opening("ff ff 0007 02 0002 0200"), 0)
    yield refused("OPN-17", "capability", opening("ff ff 0005 02 0002 0201"), 0)
    yield refused("OPN-17", "no length", opening("ff ff 00"), 0)
    ours = "04 fc00 005a 0a000001 1a 02 18 01 04 0001 00 01 01 04 0002 00 01 02 00 06 00 41 04 0000fc00 46 00"
    yield Case(
        row="OPN-18",
        also=("CAP-17",),
        kind=EBGP,
        state=SENT,
        sends=opening(USUAL) + KEEPALIVE,
        expect=Up(opens=ours),
    )


def _capabilities() -> Iterator[Case]:
    yield agreed("CAP-01", "", opening(capable(f"c8 00 {V4} c8 03 010203 {AS4_EXTERNAL}")), families=frozenset({IPV4}))
    spread = f"06 {V4}"
    one, two = f"02 {spread}", f"02 08 {V6} {REFRESH}"
    parameters = f"{one} {two} 02 06 {AS4_EXTERNAL} 02 06 {V4}"
    size = len(bytes.fromhex(parameters))
    yield agreed(
        "CAP-02",
        "spread, and one twice",
        opening(f"{size:02x} {parameters}"),
        families=frozenset({IPV4, IPV6}),
        route_refresh=True,
        four_octet_as=True,
    )
    yield agreed("CAP-02", "the last AS", opening(capable(f"{V4} 41 04 0000fdea {AS4_EXTERNAL}")), remote_as=65001)
    yield agreed(
        "CAP-02",
        "add-path adds up",
        opening(capable(f"{V4} {V6} {AS4_EXTERNAL} 45 04 0001 01 01 45 04 0001 01 02")),
        ADD_PATH,
        add_path_receive=frozenset({IPV4}),
        add_path_send=frozenset({IPV4}),
    )
    required = replace(EBGP, settings={"required_families": frozenset({IPV6})})
    yield Case(
        row="CAP-03",
        also=("CAP-07",),
        kind=required,
        state=SENT,
        sends=opening(capable(f"{V4} {AS4_EXTERNAL}")),
        expect=Notification(2, 7, V6),
        wire=NO_REQUIRE,
    )
    yield agreed("CAP-04", "reserved", opening(capable(f"01 04 0001 ff 01 {AS4_EXTERNAL}")), families=frozenset({IPV4}))
    yield agreed("CAP-09", "route refresh", opening(capable(f"{V4} {REFRESH} {AS4_EXTERNAL}")), route_refresh=True)
    yield agreed("CAP-09", "pre-standard", opening(capable(f"{V4} 80 00 {AS4_EXTERNAL}")), route_refresh=True)
    yield agreed("CAP-09", "none", opening(capable(f"{V4} {AS4_EXTERNAL}")), route_refresh=False)
    for ours in range(5):
        for theirs in range(5):
            fits = (ours, theirs) in {(0, 3), (3, 0), (1, 2), (2, 1), (4, 4)}
            expect: Expected = Up(agreed={"remote_role": theirs}) if fits else Notification(2, 11)
            yield Case(
                row="CAP-10",
                name=f"{ours} {theirs}",
                kind=ROLES[ours],
                state=SENT,
                sends=opening(capable(f"{V4} {AS4_EXTERNAL} 09 01 {theirs:02x}")) + KEEPALIVE,
                expect=expect,
            )
    yield refused("CAP-11", "two roles", opening(capable(f"{V4} {AS4_EXTERNAL} 09 01 00 09 01 03")), 11)
    yield Case(
        row="CAP-11",
        name="strict, and none",
        kind=STRICT,
        state=SENT,
        sends=opening(USUAL),
        expect=Notification(2, 11),
    )
    yield agreed("CAP-11", "the same twice", opening(capable(f"{V4} {AS4_EXTERNAL} 09 01 04 09 01 04")), remote_role=4)
    yield agreed(
        "CAP-12",
        "unknown mode",
        opening(capable(f"{V4} {V6} {AS4_EXTERNAL} 45 08 0001 01 04 0002 01 02")),
        ADD_PATH,
        add_path_receive=frozenset({IPV6}),
        add_path_send=frozenset(),
    )


def _families() -> Iterator[Case]:
    yield agreed("CAP-05", "", opening(), families=frozenset({IPV4}), four_octet_as=False)
    old = update(f"{ORIGIN} {OLD_AS_PATH} {NEXT_HOP}")
    yield Case(row="CAP-05", name="used", kind=OLD, opens=opening(), sends=old, expect=Announced(prefixes=(P,)))
    only_6 = opening(capable(f"{V6} {AS4_EXTERNAL}"))
    yield Case(row="CAP-06", kind=EBGP, opens=only_6, sends=GOOD, expect=Ignored((P,), ("-", "discard")))
    nothing = opening(capable(f"01 04 0019 00 46 {AS4_EXTERNAL}"))
    yield agreed("CAP-07", "no family", nothing, families=frozenset())
    yield Case(row="CAP-07", name="no family, a route", kind=EBGP, opens=nothing, sends=GOOD, expect=Ignored((P,)))


def _wrong_lengths() -> Iterator[Case]:
    """Each counts as not sent: what remains of the OPEN is used."""
    wrong: tuple[tuple[str, Kind, dict[str, object]], ...] = (
        ("01 03 000200", EBGP, {"families": frozenset({IPV4})}),
        ("02 01 00", EBGP, {"route_refresh": False}),
        ("05 05 0001000100", EXTENDED_NEXT_HOP, {}),
        ("06 01 00", EXTENDED, {"extended_messages": False}),
        ("09 00", EBGP, {"remote_role": None}),
        ("40 01 00", EBGP, {"graceful_restart": None}),
        ("40 04 0078 0001", EBGP, {"graceful_restart": None}),
        ("41 03 00fde9", EBGP, {"four_octet_as": False}),
        ("45 03 000101", ADD_PATH, {"add_path_receive": frozenset()}),
        ("46 01 00", ENHANCED, {"enhanced_refresh": False}),
        ("47 06 000101800151", EBGP, {}),
    )
    for capability, kind, fields in wrong:
        four = "" if capability.startswith("41") else AS4_EXTERNAL
        octets = opening(capable(f"{V4} {four} {capability}"))
        yield agreed("CAP-08", capability, octets, kind, **fields)


def _what_they_allow() -> Iterator[Case]:
    yield agreed("CAP-13", "both", EXTENDED.open(), EXTENDED, extended_messages=True)
    yield agreed("CAP-13", "one-sided", EBGP.open(), EBGP, extended_messages=False)
    yield Case(
        row="CAP-13",
        name="one-sided, large from the peer",
        also=("EXM-01",),
        kind=EBGP,
        sends=update(f"{ORIGIN} {AS_PATH} {NEXT_HOP}", nlri=" ".join(f"18 0b{at:04x}" for at in range(1500))),
        expect=Announced(prefixes=("11.0.0.0/24", "11.5.219.0/24")),
    )
    yield Case(
        row="CAP-14",
        kind=EXTENDED_NEXT_HOP,
        sends=b"",
        expect=Up(),
    )
    yield Case(
        row="CAP-14",
        name="triples",
        kind=EXTENDED_NEXT_HOP,
        state=SENT,
        sends=EXTENDED_NEXT_HOP.open() + KEEPALIVE,
        expect=Up(agreed={"families": frozenset({IPV4, IPV6})}),
    )
    yield agreed("CAP-16", "without graceful restart", opening(capable(f"{V4} {AS4_EXTERNAL} 47 07 0001 01 80 015180")))
    yield Case(
        row="CAP-17",
        name="refused without families",
        kind=EBGP,
        opens=opening(capable(f"{V4} {REFRESH} {AS4_EXTERNAL}")),
        sends=raw(5, "0002 00 01"),
        expect=Told((), never=((5, ""),)),
        codec="the answer is the speaker's",
    )
