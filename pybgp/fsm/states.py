"""The words of the state machine: states, events and timers, by RFC 4271's names and numbers (§8.1, §8.2.2)."""

from __future__ import annotations

from enum import Enum, IntEnum


class State(IntEnum):
    """The states of RFC 4271 §8.2.2; a larger one is nearer to exchanging routes."""

    IDLE = 0
    CONNECT = 1
    ACTIVE = 2
    OPEN_SENT = 3
    OPEN_CONFIRM = 4
    ESTABLISHED = 5

    def __str__(self) -> str:
        return self.name.lower()


class Event(IntEnum):
    """The events of RFC 4271 §8.1.2 to §8.1.5 by number, and RFC 9687's."""

    MANUAL_START = 1
    MANUAL_STOP = 2
    AUTOMATIC_START = 3
    MANUAL_START_PASSIVE = 4
    AUTOMATIC_START_PASSIVE = 5
    AUTOMATIC_START_DAMPED = 6
    AUTOMATIC_START_DAMPED_PASSIVE = 7
    AUTOMATIC_STOP = 8
    CONNECT_RETRY_TIMER_EXPIRES = 9
    HOLD_TIMER_EXPIRES = 10
    KEEPALIVE_TIMER_EXPIRES = 11
    DELAY_OPEN_TIMER_EXPIRES = 12
    IDLE_HOLD_TIMER_EXPIRES = 13
    TCP_CONNECTION_VALID = 14
    TCP_CR_INVALID = 15
    TCP_CR_ACKED = 16
    TCP_CONNECTION_CONFIRMED = 17
    TCP_CONNECTION_FAILS = 18
    BGP_OPEN = 19
    BGP_OPEN_WITH_DELAY_OPEN_TIMER = 20
    BGP_HEADER_ERR = 21
    BGP_OPEN_MSG_ERR = 22
    OPEN_COLLISION_DUMP = 23
    NOTIF_MSG_VER_ERR = 24
    NOTIF_MSG = 25
    KEEPALIVE_MSG = 26
    UPDATE_MSG = 27
    UPDATE_MSG_ERR = 28
    SEND_HOLD_TIMER_EXPIRES = 29
    """RFC 9687 §4.3."""


class Timer(Enum):
    """The timers of a session (RFC 4271 §8.1.3, RFC 9687) and the event that each raises."""

    CONNECT_RETRY = Event.CONNECT_RETRY_TIMER_EXPIRES
    HOLD = Event.HOLD_TIMER_EXPIRES
    KEEPALIVE = Event.KEEPALIVE_TIMER_EXPIRES
    DELAY_OPEN = Event.DELAY_OPEN_TIMER_EXPIRES
    IDLE_HOLD = Event.IDLE_HOLD_TIMER_EXPIRES
    SEND_HOLD = Event.SEND_HOLD_TIMER_EXPIRES
    COLLISION = Event.OPEN_COLLISION_DUMP
    """Ours: how long the peer may take to choose between two connections."""

    @property
    def event(self) -> Event:
        """What its expiry is to the state machine."""
        return self.value
