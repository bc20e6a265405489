"""The state machine's table as a page for people, made from the code: ``python -m pybgp.fsm.table``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .states import Event, State
from .transitions import DEFAULTS, TRANSITIONS, Handler

RFC_NAMES: Final = {
    Event.MANUAL_START: "ManualStart",
    Event.MANUAL_STOP: "ManualStop",
    Event.AUTOMATIC_START: "AutomaticStart",
    Event.MANUAL_START_PASSIVE: "ManualStart_with_PassiveTcpEstablishment",
    Event.AUTOMATIC_START_PASSIVE: "AutomaticStart_with_PassiveTcpEstablishment",
    Event.AUTOMATIC_START_DAMPED: "AutomaticStart_with_DampPeerOscillations",
    Event.AUTOMATIC_START_DAMPED_PASSIVE: "AutomaticStart_with_DampPeerOscillations_and_PassiveTcpEstablishment",
    Event.AUTOMATIC_STOP: "AutomaticStop",
    Event.CONNECT_RETRY_TIMER_EXPIRES: "ConnectRetryTimer_Expires",
    Event.HOLD_TIMER_EXPIRES: "HoldTimer_Expires",
    Event.KEEPALIVE_TIMER_EXPIRES: "KeepaliveTimer_Expires",
    Event.DELAY_OPEN_TIMER_EXPIRES: "DelayOpenTimer_Expires",
    Event.IDLE_HOLD_TIMER_EXPIRES: "IdleHoldTimer_Expires",
    Event.TCP_CONNECTION_VALID: "TcpConnection_Valid",
    Event.TCP_CR_INVALID: "Tcp_CR_Invalid",
    Event.TCP_CR_ACKED: "Tcp_CR_Acked",
    Event.TCP_CONNECTION_CONFIRMED: "TcpConnectionConfirmed",
    Event.TCP_CONNECTION_FAILS: "TcpConnectionFails",
    Event.BGP_OPEN: "BGPOpen",
    Event.BGP_OPEN_WITH_DELAY_OPEN_TIMER: "BGPOpen with DelayOpenTimer running",
    Event.BGP_HEADER_ERR: "BGPHeaderErr",
    Event.BGP_OPEN_MSG_ERR: "BGPOpenMsgErr",
    Event.OPEN_COLLISION_DUMP: "OpenCollisionDump",
    Event.NOTIF_MSG_VER_ERR: "NotifMsgVerErr",
    Event.NOTIF_MSG: "NotifMsg",
    Event.KEEPALIVE_MSG: "KeepAliveMsg",
    Event.UPDATE_MSG: "UpdateMsg",
    Event.UPDATE_MSG_ERR: "UpdateMsgErr",
    Event.SEND_HOLD_TIMER_EXPIRES: "SendHoldTimer_Expires (RFC 9687)",
}
STATE_NAMES: Final = {
    State.IDLE: "Idle",
    State.CONNECT: "Connect",
    State.ACTIVE: "Active",
    State.OPEN_SENT: "OpenSent",
    State.OPEN_CONFIRM: "OpenConfirm",
    State.ESTABLISHED: "Established",
}
_INTRODUCTION: Final = """\
# The state machine

<!-- Made by `python -m pybgp.fsm.table` from pybgp/fsm/transitions.py; a test compares. Don't edit. -->

What a session does, state by state: the table that runs, printed. It follows RFC 4271 §8.2.2; RFC 6608 gives the
subcodes of FSM errors, RFC 9687 adds event 29. "drop TCP" closes the connection if there is one. A session that ends
up in Idle stops its timers, and the peer starts again when IdleHoldTimer expires, unless it was stopped by hand.
Where the RFC's text contradicts itself the table does what real daemons do: a NOTIFICATION is never answered (§6.4),
and a header error in Established gets its own code (§6.1).

A second connection with the same peer has a state machine of its own (events 14, 16 and 17 leave the first alone).
When an OPEN comes on it, RFC 4271 §6.8 decides which of the two gets event 23.
"""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join((_INTRODUCTION, *(line for state in State for line in _section(state))))


def _section(state: State) -> Iterator[str]:
    yield f"## {STATE_NAMES[state]}\n"
    yield "| event | | what happens |"
    yield "| --- | --- | --- |"
    for event in Event:
        answer = TRANSITIONS.get((state, event))
        if answer is not None:
            yield f"| {event.value} | {RFC_NAMES[event]} | {summary(answer)} |"
    others = (str(event.value) for event in Event if (state, event) not in TRANSITIONS)
    yield f"| {', '.join(others)} | any other | {summary(DEFAULTS[state])} |"
    yield ""


def summary(answer: Handler) -> str:
    """What a handler does: the first paragraph of its docstring, on one line."""
    return " ".join((answer.__doc__ or "").split("\n\n")[0].split()).rstrip(".")


if __name__ == "__main__":
    print(page(), end="")
