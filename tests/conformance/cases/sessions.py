"""NTF and RFR: NOTIFICATIONs, unexpected messages, ROUTE-REFRESH (RFC 4271 §6, RFC 6608, RFC 2918, RFC 7313)."""

from __future__ import annotations

from collections.abc import Iterator

from pybgp.fsm.states import State

from ..case import Announced, Case, Closed, Ignored, Notification, Told, Withdrawn
from ..kinds import EBGP, ENHANCED, ONLY_IPV4
from ..wire import GOOD, P, raw

SENT, CONFIRM, ESTABLISHED = State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED
STATES = (SENT, CONFIRM, ESTABLISHED)
ANSWERS = "the answer is the speaker's"
OWN = "18 c63364"  # 198.51.100.0/24, which the live speaker tells everybody
REQUEST = raw(5, "0001 00 01")


def cases() -> Iterator[Case]:
    yield from _notifications()
    yield from _unexpected()
    yield from _refresh()
    yield from _enhanced()


def _notifications() -> Iterator[Case]:
    for state in STATES:
        junk = raw(3, "63 63 6a756e6b")
        yield Case(row="NTF-01", name=state.name, kind=EBGP, state=state, sends=junk, expect=Closed())
    received = {
        ("NTF-04", "length beyond the data"): "06 02 ff 6869",
        ("NTF-04", "bad UTF-8"): "06 02 02 fffe",
        ("NTF-04", "control characters"): "06 02 04 1b5b324a",
        ("NTF-05", ""): "06 02",
        ("NTF-06", ""): "06 09 03 01",
        ("NTF-06", "empty"): "06 09",
        ("NTF-07", ""): "06 0a",
    }
    for (row, name), content in received.items():
        yield Case(row=row, name=name, kind=EBGP, sends=raw(3, content), expect=Closed())


def _unexpected() -> Iterator[Case]:
    messages = {
        "KEEPALIVE": (raw(4), "04"),
        "UPDATE": (GOOD, "02"),
        "ROUTE-REFRESH": (REQUEST, "05"),
        "OPEN": (EBGP.open(), "01"),
    }
    for state, subcode, names in (
        (SENT, 1, ("KEEPALIVE", "UPDATE", "ROUTE-REFRESH")),
        (CONFIRM, 2, ("UPDATE", "OPEN", "ROUTE-REFRESH")),
        (ESTABLISHED, 3, ("OPEN",)),
    ):
        for name in names:
            octets, data = messages[name]
            yield Case(
                row="NTF-08",
                name=f"{name} in {state.name}",
                kind=EBGP,
                state=state,
                sends=octets,
                expect=Notification(5, subcode, data),
            )


def _refresh() -> Iterator[Case]:
    again = Told(((2, OWN),))
    yield Case(row="RFR-01", kind=EBGP, before=GOOD, sends=REQUEST, expect=again, at="peer", codec=ANSWERS)
    yield Case(
        row="RFR-02",
        kind=ONLY_IPV4,
        before=GOOD,
        sends=raw(5, "0002 00 01"),
        expect=Told((), never=((2, OWN), (5, ""))),
        at="peer",
        codec=ANSWERS,
    )
    for name, content in {"3": "000100", "5": "0001000100", "0": ""}.items():
        length = 19 + len(bytes.fromhex(content))
        yield Case(
            row="RFR-08", name=name, kind=EBGP, sends=raw(5, content), expect=Notification(1, 2, f"{length:04x}")
        )


def _enhanced() -> Iterator[Case]:
    begin, end = raw(5, "0001 01 01"), raw(5, "0001 02 01")
    order = Told(((5, "0001 01 01"), (2, OWN), (5, "0001 02 01")))
    yield Case(row="RFR-03", kind=ENHANCED, before=GOOD, sends=REQUEST, expect=order, at="peer", codec=ANSWERS)
    yield Case(
        row="RFR-04",
        name="swept",
        kind=ENHANCED,
        before=GOOD,
        sends=begin + end,
        expect=Withdrawn((P,)),
        codec="which routes are stale is for the table to know",
    )
    yield Case(
        row="RFR-04",
        name="renewed",
        kind=ENHANCED,
        before=GOOD,
        sends=begin + GOOD + end,
        expect=Announced(prefixes=(P,)),
    )
    yield Case(
        row="RFR-04",
        name="begun again",
        kind=ENHANCED,
        before=GOOD,
        sends=begin + GOOD + begin + end,
        expect=Withdrawn((P,)),
        codec="which routes are stale is for the table to know",
    )
    for subtype in ("01", "02"):
        message = raw(5, f"0001 {subtype} 01 00")
        yield Case(row="RFR-06", name=subtype, kind=ENHANCED, sends=message, expect=Notification(7, 1, message.hex()))
    yield Case(
        row="RFR-06",
        name="3 octets",
        kind=ENHANCED,
        sends=raw(5, "0001 01"),
        expect=Notification(7, 1, raw(5, "0001 01").hex()),
    )
    for subtype in ("03", "09", "ff"):
        yield Case(
            row="RFR-07",
            name=subtype,
            kind=ENHANCED,
            before=GOOD,
            sends=raw(5, f"0001 {subtype} 01"),
            expect=Told((), never=((2, OWN), (5, ""))),
            at="peer",
            codec=ANSWERS,
        )
    yield Case(row="RFR-07", name="changes nothing", kind=ENHANCED, sends=raw(5, "0001 09 01"), expect=Ignored())
