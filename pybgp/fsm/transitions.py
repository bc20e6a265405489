"""The table of RFC 4271 §8.2.2: which handler answers which event in which state.

It is in the RFC's order, to be ticked off against it; ``DEFAULTS`` holds what the RFC says at the end of each state
for "any other event". ``docs/reference/fsm.md`` is generated from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

from .detail import Detail
from .handlers import Handlers
from .states import Event, State

Handler: TypeAlias = Callable[[Handlers, float, Detail], State]

_STARTS: Final = (
    Event.MANUAL_START,  # event 1
    Event.AUTOMATIC_START,  # event 3
    Event.MANUAL_START_PASSIVE,  # event 4
    Event.AUTOMATIC_START_PASSIVE,  # event 5
    Event.AUTOMATIC_START_DAMPED,  # event 6
    Event.AUTOMATIC_START_DAMPED_PASSIVE,  # event 7
)
_BEFORE_OPEN: Final = (State.CONNECT, State.ACTIVE)
_AFTER_OPEN: Final = (State.OPEN_SENT, State.OPEN_CONFIRM, State.ESTABLISHED)

TRANSITIONS: Final[Mapping[tuple[State, Event], Handler]] = {
    # Idle
    (State.IDLE, Event.MANUAL_START): Handlers.start_active,  # event 1
    (State.IDLE, Event.AUTOMATIC_START): Handlers.start_active,  # event 3
    (State.IDLE, Event.MANUAL_START_PASSIVE): Handlers.start_passive,  # event 4
    (State.IDLE, Event.AUTOMATIC_START_PASSIVE): Handlers.start_passive,  # event 5
    (State.IDLE, Event.AUTOMATIC_START_DAMPED): Handlers.start_later,  # event 6
    (State.IDLE, Event.AUTOMATIC_START_DAMPED_PASSIVE): Handlers.start_later,  # event 7
    (State.IDLE, Event.IDLE_HOLD_TIMER_EXPIRES): Handlers.idle_hold_expired,  # event 13
    # Every other state: starts are ignored
    **{(state, event): Handlers.ignored for state in (*_BEFORE_OPEN, *_AFTER_OPEN) for event in _STARTS},
    # Connect
    (State.CONNECT, Event.MANUAL_STOP): Handlers.stopped_early,  # event 2
    (State.CONNECT, Event.CONNECT_RETRY_TIMER_EXPIRES): Handlers.connect_again,  # event 9
    (State.CONNECT, Event.DELAY_OPEN_TIMER_EXPIRES): Handlers.delay_is_over,  # event 12
    (State.CONNECT, Event.TCP_CONNECTION_VALID): Handlers.ignored,  # event 14: taken on event 16 or 17
    (State.CONNECT, Event.TCP_CR_INVALID): Handlers.ignored,  # event 15: that connection is rejected
    (State.CONNECT, Event.TCP_CR_ACKED): Handlers.connected,  # event 16
    (State.CONNECT, Event.TCP_CONNECTION_CONFIRMED): Handlers.connected,  # event 17
    (State.CONNECT, Event.TCP_CONNECTION_FAILS): Handlers.connect_failed,  # event 18
    (State.CONNECT, Event.BGP_OPEN_WITH_DELAY_OPEN_TIMER): Handlers.opened_while_waiting,  # event 20
    (State.CONNECT, Event.BGP_HEADER_ERR): Handlers.error_without_open,  # event 21
    (State.CONNECT, Event.BGP_OPEN_MSG_ERR): Handlers.error_without_open,  # event 22
    (State.CONNECT, Event.NOTIF_MSG_VER_ERR): Handlers.version_refused_early,  # event 24
    # Active
    (State.ACTIVE, Event.MANUAL_STOP): Handlers.stopped_in_active,  # event 2
    (State.ACTIVE, Event.CONNECT_RETRY_TIMER_EXPIRES): Handlers.connect_from_active,  # event 9
    (State.ACTIVE, Event.DELAY_OPEN_TIMER_EXPIRES): Handlers.delay_is_over,  # event 12
    (State.ACTIVE, Event.TCP_CONNECTION_VALID): Handlers.ignored,  # event 14
    (State.ACTIVE, Event.TCP_CR_INVALID): Handlers.ignored,  # event 15
    (State.ACTIVE, Event.TCP_CR_ACKED): Handlers.connected,  # event 16
    (State.ACTIVE, Event.TCP_CONNECTION_CONFIRMED): Handlers.connected,  # event 17
    (State.ACTIVE, Event.TCP_CONNECTION_FAILS): Handlers.lost_in_active,  # event 18
    (State.ACTIVE, Event.BGP_OPEN_WITH_DELAY_OPEN_TIMER): Handlers.opened_while_waiting,  # event 20
    (State.ACTIVE, Event.BGP_HEADER_ERR): Handlers.error_without_open,  # event 21
    (State.ACTIVE, Event.BGP_OPEN_MSG_ERR): Handlers.error_without_open,  # event 22
    (State.ACTIVE, Event.NOTIF_MSG_VER_ERR): Handlers.version_refused_early,  # event 24
    # OpenSent
    (State.OPEN_SENT, Event.MANUAL_STOP): Handlers.stopped,  # event 2
    (State.OPEN_SENT, Event.AUTOMATIC_STOP): Handlers.stopped_automatically,  # event 8
    (State.OPEN_SENT, Event.HOLD_TIMER_EXPIRES): Handlers.hold_expired,  # event 10
    (State.OPEN_SENT, Event.TCP_CONNECTION_VALID): Handlers.ignored,  # event 14: tracked by a session of its own
    (State.OPEN_SENT, Event.TCP_CR_INVALID): Handlers.ignored,  # event 15
    (State.OPEN_SENT, Event.TCP_CR_ACKED): Handlers.ignored,  # event 16: tracked by a session of its own
    (State.OPEN_SENT, Event.TCP_CONNECTION_CONFIRMED): Handlers.ignored,  # event 17: the same
    (State.OPEN_SENT, Event.TCP_CONNECTION_FAILS): Handlers.connect_later,  # event 18
    (State.OPEN_SENT, Event.BGP_OPEN): Handlers.opened,  # event 19
    (State.OPEN_SENT, Event.BGP_HEADER_ERR): Handlers.protocol_error,  # event 21
    (State.OPEN_SENT, Event.BGP_OPEN_MSG_ERR): Handlers.protocol_error,  # event 22
    (State.OPEN_SENT, Event.OPEN_COLLISION_DUMP): Handlers.collision_lost,  # event 23
    (State.OPEN_SENT, Event.NOTIF_MSG_VER_ERR): Handlers.version_refused,  # event 24
    (State.OPEN_SENT, Event.NOTIF_MSG): Handlers.notified,  # event 25: never answered (§6.4), whatever §8.2.2 says
    # OpenConfirm
    (State.OPEN_CONFIRM, Event.MANUAL_STOP): Handlers.stopped,  # event 2
    (State.OPEN_CONFIRM, Event.AUTOMATIC_STOP): Handlers.stopped_automatically,  # event 8
    (State.OPEN_CONFIRM, Event.HOLD_TIMER_EXPIRES): Handlers.hold_expired,  # event 10
    (State.OPEN_CONFIRM, Event.KEEPALIVE_TIMER_EXPIRES): Handlers.keepalive_due_in_confirm,  # event 11
    (State.OPEN_CONFIRM, Event.TCP_CONNECTION_VALID): Handlers.ignored,  # event 14
    (State.OPEN_CONFIRM, Event.TCP_CR_INVALID): Handlers.ignored,  # event 15
    (State.OPEN_CONFIRM, Event.TCP_CR_ACKED): Handlers.ignored,  # event 16
    (State.OPEN_CONFIRM, Event.TCP_CONNECTION_CONFIRMED): Handlers.ignored,  # event 17
    (State.OPEN_CONFIRM, Event.TCP_CONNECTION_FAILS): Handlers.lost,  # event 18
    (State.OPEN_CONFIRM, Event.BGP_HEADER_ERR): Handlers.protocol_error,  # event 21
    (State.OPEN_CONFIRM, Event.BGP_OPEN_MSG_ERR): Handlers.protocol_error,  # event 22
    (State.OPEN_CONFIRM, Event.OPEN_COLLISION_DUMP): Handlers.collision_lost,  # event 23
    (State.OPEN_CONFIRM, Event.NOTIF_MSG_VER_ERR): Handlers.version_refused,  # event 24
    (State.OPEN_CONFIRM, Event.NOTIF_MSG): Handlers.notified,  # event 25
    (State.OPEN_CONFIRM, Event.KEEPALIVE_MSG): Handlers.confirmed,  # event 26
    # Established
    (State.ESTABLISHED, Event.MANUAL_STOP): Handlers.stopped,  # event 2
    (State.ESTABLISHED, Event.AUTOMATIC_STOP): Handlers.stopped_automatically,  # event 8
    (State.ESTABLISHED, Event.HOLD_TIMER_EXPIRES): Handlers.hold_expired,  # event 10
    (State.ESTABLISHED, Event.KEEPALIVE_TIMER_EXPIRES): Handlers.keepalive_due,  # event 11
    (State.ESTABLISHED, Event.TCP_CONNECTION_VALID): Handlers.ignored,  # event 14
    (State.ESTABLISHED, Event.TCP_CR_INVALID): Handlers.ignored,  # event 15
    (State.ESTABLISHED, Event.TCP_CR_ACKED): Handlers.ignored,  # event 16
    (State.ESTABLISHED, Event.TCP_CONNECTION_CONFIRMED): Handlers.ignored,  # event 17
    (State.ESTABLISHED, Event.TCP_CONNECTION_FAILS): Handlers.lost,  # event 18
    (State.ESTABLISHED, Event.BGP_HEADER_ERR): Handlers.protocol_error,  # event 21: §6.1's code, not an FSM error
    (State.ESTABLISHED, Event.OPEN_COLLISION_DUMP): Handlers.collision_lost_in_established,  # event 23
    (State.ESTABLISHED, Event.NOTIF_MSG_VER_ERR): Handlers.notified,  # event 24
    (State.ESTABLISHED, Event.NOTIF_MSG): Handlers.notified,  # event 25
    (State.ESTABLISHED, Event.KEEPALIVE_MSG): Handlers.alive,  # event 26
    (State.ESTABLISHED, Event.UPDATE_MSG): Handlers.alive,  # event 27
    (State.ESTABLISHED, Event.UPDATE_MSG_ERR): Handlers.protocol_error,  # event 28
    (State.ESTABLISHED, Event.SEND_HOLD_TIMER_EXPIRES): Handlers.send_hold_expired,  # event 29, RFC 9687 §4.3
}

DEFAULTS: Final[Mapping[State, Handler]] = {
    State.IDLE: Handlers.ignored,
    State.CONNECT: Handlers.down,
    State.ACTIVE: Handlers.down,
    State.OPEN_SENT: Handlers.fsm_error,  # RFC 6608
    State.OPEN_CONFIRM: Handlers.fsm_error,
    State.ESTABLISHED: Handlers.fsm_error,
}


def handler(state: State, event: Event) -> Handler:
    """Who answers ``event`` in ``state``; there is an answer to every pair."""
    return TRANSITIONS.get((state, event), DEFAULTS[state])
