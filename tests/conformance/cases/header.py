"""HDR: the message header (RFC 4271 §6.1, RFC 8654)."""

from __future__ import annotations

from collections.abc import Iterator

from pybgp.fsm.states import State
from pybgp.messages.header import KEEPALIVE

from ..case import Announced, Case, Closed, Notification, Up
from ..kinds import EBGP, EXTENDED, NEVER_EXTENDED
from ..wire import AS_PATH, GOOD, NEXT_HOP, ORIGIN, P, attribute, raw, update

SENT, CONFIRM, ESTABLISHED = State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED
NOT_CONFIGURABLE = "the extended message capability is always offered, it can't be configured away"
OPEN = EBGP.open()
FILLER = " ".join(attribute(0xD0, code, bytes(6000)) for code in range(200, 210))


def cases() -> Iterator[Case]:
    for name, marker in {"zeros": bytes(16), "last octet": b"\xff" * 15 + b"\xfe"}.items():
        yield Case(row="HDR-01", name=name, kind=EBGP, state=SENT, sends=marker + OPEN[16:], expect=Notification(1, 1))
        yield Case(
            row="HDR-01",
            name=f"{name} in Established",
            also=("FSM-46",),
            kind=EBGP,
            sends=marker + GOOD[16:],
            expect=Notification(1, 1),
        )
    for length in (18, 0, 10):
        for state in (SENT, ESTABLISHED):
            yield Case(
                row="HDR-02",
                name=f"{length} in {state.name}",
                kind=EBGP,
                state=state,
                sends=raw(4, length=length),
                expect=Notification(1, 2, f"{length:04x}"),
            )
    yield Case(row="HDR-03", kind=EBGP, state=SENT, sends=raw(2, length=4097), expect=Notification(1, 2, "1001"))
    yield Case(
        row="HDR-03",
        name="in Established",
        also=("EXM-03",),
        kind=NEVER_EXTENDED,
        sends=raw(2, length=5000),
        expect=Notification(1, 2, "1388"),
        wire=NOT_CONFIGURABLE,
    )
    yield Case(row="HDR-04", kind=EBGP, state=SENT, sends=raw(1, bytes(9)), expect=Notification(1, 2, "001c"))
    for state in (SENT, ESTABLISHED):
        yield Case(
            row="HDR-05",
            name=state.name,
            kind=EBGP,
            state=state,
            sends=raw(2, "000000"),
            expect=Notification(1, 2, "0016"),
        )
    yield Case(row="HDR-06", name="20", kind=EBGP, sends=raw(4, "00"), expect=Notification(1, 2, "0014"))
    yield Case(
        row="HDR-06",
        name="25 without a body",
        kind=EBGP,
        state=CONFIRM,
        sends=raw(4, length=25),
        expect=Notification(1, 2, "0019"),
    )
    for state in (SENT, CONFIRM, ESTABLISHED):
        yield Case(row="HDR-07", name=state.name, kind=EBGP, state=state, sends=raw(3, "06"), expect=Closed())
    for kind in (0, 6, 255):
        for state in (SENT, ESTABLISHED):
            yield Case(
                row="HDR-08",
                name=f"{kind} in {state.name}",
                kind=EBGP,
                state=state,
                sends=raw(kind),
                expect=Notification(1, 3, f"{kind:02x}"),
            )
    yield Case(
        row="HDR-09",
        name="octet by octet",
        kind=EBGP,
        state=SENT,
        sends=OPEN + KEEPALIVE + GOOD,
        pieces_of=1,
        expect=Up(),
    )
    yield Case(row="HDR-09", name="all at once", kind=EBGP, state=SENT, sends=OPEN + KEEPALIVE + GOOD, expect=Up())
    yield Case(
        row="HDR-09", name="update in threes", kind=EBGP, sends=GOOD, pieces_of=3, expect=Announced(prefixes=(P,))
    )
    yield Case(row="HDR-10", name="zeros", kind=EBGP, state=SENT, sends=bytes(19), expect=Notification(1, 1))
    yield Case(
        row="HDR-10",
        name="length and type 0",
        kind=EBGP,
        state=SENT,
        sends=raw(0, length=0),
        expect=Notification(1, 2, "0000"),
    )
    yield Case(
        row="HDR-10",
        name="type before length",
        kind=EBGP,
        state=SENT,
        sends=raw(9, length=20),
        expect=Notification(1, 3, "09"),
    )
    yield Case(
        row="HDR-11",
        kind=EBGP,
        sends=raw(6) + GOOD * 20_000,
        expect=Notification(1, 3, "06"),
        codec="it is about TCP: a NOTIFICATION must arrive though a megabyte was still on its way here",
    )
    yield Case(
        row="HDR-12",
        kind=EBGP,
        state=SENT,
        sends=raw(1, bytes(9)),
        expect=Notification(1, 2, "001c"),
    )
    yield Case(
        row="HDR-13",
        name="large update",
        kind=EXTENDED,
        sends=update(f"{ORIGIN} {AS_PATH} {NEXT_HOP} {FILLER}"),
        expect=Announced(prefixes=(P,)),
        wire="the observers take 4,096 octets, and a route of 60,000 is withheld from them (EXM-02)",
    )
    yield Case(
        row="HDR-13",
        name="large open",
        kind=EXTENDED,
        state=SENT,
        sends=raw(1, length=4097),
        expect=Notification(1, 2, "1001"),
    )
    yield Case(
        row="HDR-13",
        name="large open in Established",
        kind=EXTENDED,
        sends=raw(1, length=4097),
        expect=Notification(1, 2, "1001"),
    )
