"""When things are due: deadlines of a clock handed in, jitter, and how long to stay Idle (RFC 4271 §8.1.1, §10)."""

from __future__ import annotations

from random import Random
from typing import Final

from .settings import SessionSettings
from .states import State, Timer

INITIAL_HOLD_TIME: Final = 240.0
"""Seconds that the hold timer has before the peer's OPEN is here: "4 minutes" (RFC 4271 §8.2.2, Connect)."""
MIN_KEEPALIVE_TIME: Final = 1.0
"""KEEPALIVEs never come faster than one a second (RFC 4271 §4.4)."""
MIN_SEND_HOLD_TIME: Final = 480.0
"""The send hold time is 8 minutes or twice the hold time, whichever is more (RFC 9687 §5)."""
HOLD_BACK_TIME: Final = 1.5
"""Seconds that our KEEPALIVE waits for the OPEN on another connection that would win; half the shortest hold time."""
DECISION_TIME: Final = 5.0
"""Seconds that a peer has to choose between two connections when only it can."""
CROSSING_TIME: Final = 1.0
"""A connection that comes within so many seconds of Established was under way before: nobody dials after it."""
MANY_FALLS: Final = 5
"""A peer that fell so often without a stable session between oscillates: it has to wait."""
JITTER: Final = (0.75, 1.0)


def jittered(seconds: float, random: Random) -> float:
    """``seconds`` times a factor that is uniform in 0.75..1.0 (RFC 4271 §10)."""
    return seconds * random.uniform(*JITTER)


def keepalive_interval(keepalive_time: float, random: Random) -> float:
    """Seconds to the next KEEPALIVE: jittered, but never less than one second (RFC 4271 §4.4, §10)."""
    return max(jittered(keepalive_time, random), MIN_KEEPALIVE_TIME)


def send_hold_time(settings: SessionSettings, hold_time: float) -> float:
    """Seconds that sending may be stuck before the session ends, 0 for ever (RFC 9687 §4.3, §5).

    ``hold_time`` is the negotiated one; where it is 0 the peer may be stuck as long as it likes.
    """
    if not hold_time:
        return 0.0
    if settings.send_hold_time is None:
        return max(MIN_SEND_HOLD_TIME, 2 * hold_time)
    return settings.send_hold_time


class Timers:
    """The running timers of one session and their deadlines.

    A deadline is a promise to look again, not always the real end: the session moves the hold time by a field write
    a message and compares when the deadline comes.
    """

    __slots__ = ("_deadlines",)

    def __init__(self) -> None:
        self._deadlines: dict[Timer, float] = {}

    def start(self, timer: Timer, deadline: float) -> None:
        """Start, or start anew."""
        self._deadlines[timer] = deadline

    def stop(self, timer: Timer) -> None:
        """Stop it; nothing happens if it doesn't run."""
        self._deadlines.pop(timer, None)

    def stop_all(self) -> None:
        self._deadlines.clear()

    def running(self, timer: Timer) -> bool:
        return timer in self._deadlines

    def deadline(self, timer: Timer) -> float | None:
        """When it is due, None if it doesn't run."""
        return self._deadlines.get(timer)

    @property
    def next_deadline(self) -> float | None:
        """The earliest of all, None if none runs."""
        return min(self._deadlines.values(), default=None)

    def due(self, now: float) -> list[Timer]:
        """Those whose deadline is ``now`` or earlier, earliest first."""
        due = [(deadline, timer.event, timer) for timer, deadline in self._deadlines.items() if deadline <= now]
        return [timer for _, _, timer in sorted(due)] if due else []


class IdleHold:
    """How long a peer stays Idle before it starts again: the more often it fell, the longer (RFC 4271 §8.1.1).

    The first fall waits ``idle_hold_time``, each further one twice as long, up to ``idle_hold_time_max``. A session
    that lived longer than that maximum was stable: the count begins anew. A connect that was refused is no fall.
    Without DampPeerOscillations it is always ``idle_hold_time``.
    """

    __slots__ = ("falls",)

    def __init__(self) -> None:
        self.falls = 0

    def fell(self, state: State, established_for: float, settings: SessionSettings) -> None:
        """A session went Idle from ``state``; ``established_for`` is how many seconds it was Established."""
        if state < State.OPEN_SENT:
            return
        if established_for > settings.idle_hold_time_max:
            self.falls = 0
        self.falls += 1

    @property
    def oscillates(self) -> bool:
        """It falls time and again, whatever the reasons."""
        return self.falls > MANY_FALLS

    def forget(self) -> None:
        """The operator starts it: a clean slate."""
        self.falls = 0

    def seconds(self, settings: SessionSettings, *, refused: bool = False) -> float:
        """How long to wait, before jitter; ``refused``: it was only a connect that failed."""
        if refused or not settings.damp_peer_oscillations or not self.falls:
            return settings.idle_hold_time
        grown = settings.idle_hold_time * (1 << min(self.falls - 1, 32))
        return max(settings.idle_hold_time, min(grown, settings.idle_hold_time_max))
