"""The state machine's table as a page for people, made from the code: ``python -m pybgp.fsm.table``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .states import Event, State
from .timers import CROSSING_TIME, DECISION_TIME, HOLD_BACK_TIME, MANY_FALLS
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
A connection that the peer opens before that counts as event 5 and is taken, if the session was lost, reset by hand or
ended by the peer's Cease, and if the peer has not fallen more than {falls} times in a row. After an error of either
side it is refused, and so it is when the peer was stopped or has sent too many prefixes.
Where the RFC's text contradicts itself the table does what real daemons do: a NOTIFICATION is never answered (§6.4),
and a header error in Established gets its own code (§6.1).

A second connection with the same peer has a state machine of its own (events 14, 16 and 17 leave the first alone).
When an OPEN comes on it, RFC 4271 §6.8 decides which of the two gets event 23: the end with the larger BGP Identifier
keeps the connection that it opened itself, but an Established session is never closed for a newer connection. Only the
end where it is Established knows that, so two ends that dial at the same moment could each close the connection that
the other one keeps. Two rules prevent it, whatever implementation the peer is:

- While the OPEN is missing on the connection that would win, KEEPALIVE is held back on the other one, for {hold_back} s
  at most: without it the peer cannot be Established there.
- Where our KEEPALIVE is gone already and the peer has the say, neither is closed: the peer closes one of them, or its
  KEEPALIVE on the newer one says that it has chosen that. If it does neither for {decision} s, the newer one is closed.

A connection that comes within {crossing} s of Established was under way before. A later one is refused with 6/7, or
replaces the session if the peer can restart gracefully (RFC 4724 §5).
"""


def page() -> str:
    """The whole page, Markdown."""
    introduction = _INTRODUCTION.format(
        falls=MANY_FALLS, hold_back=HOLD_BACK_TIME, decision=f"{DECISION_TIME:g}", crossing=f"{CROSSING_TIME:g}"
    )
    return "\n".join((introduction, *(line for state in State for line in _section(state))))


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
