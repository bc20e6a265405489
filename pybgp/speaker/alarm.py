"""One wake-up call for something whose next deadline moves all the time."""

from __future__ import annotations

from collections.abc import Callable

At = Callable[[float, Callable[[float], None]], None]
"""``SpeakerCore.at``: takes a deadline, and what is to be called then."""


class Alarm:
    """Hold and keepalive timers move with every message; the core's heap hears only of earlier deadlines.

    So it may ring before anything is due: who is woken looks for itself, and sets it again.
    """

    __slots__ = ("_armed", "_at", "_ring")

    def __init__(self, at: At, ring: Callable[[float], None]) -> None:
        self._at = at
        self._ring = ring
        self._armed: float | None = None  # the deadline that the core's heap has for us

    def set(self, deadline: float | None) -> None:
        """Ring at the deadline, or at an earlier one that was set before; None sets nothing."""
        # HOT, once a piece of input: nothing but the comparison, as a rule.
        if deadline is not None and (self._armed is None or deadline < self._armed):
            self._armed = deadline

            def wake(now: float) -> None:
                if self._armed == deadline:
                    self._armed = None
                    self._ring(now)

            self._at(deadline, wake)
