"""What was wrong with a peer's UPDATEs: counted by kind, and told to the log once a kind (RFC 7606 §6).

A kind is an attribute and what the error cost. There are less than 1,300 of them, and a peer's log lines are limited in
number and length, so that ten thousand damaged UPDATEs a second cost a dictionary's look-up each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..errors import UpdateError
from ..messages.errors import AttributeProblem, Outcome, Problem, rfc_of, why_of

AGAIN: Final = 60.0
"""Seconds before a kind that goes on is told again, with the number of those in between."""
LINES: Final = 20
"""Kinds that are told in that time, at most; others are only counted until it is over."""
OCTETS: Final = 64
"""Of the damaged attribute, or of the UPDATE where it is none: as many are told."""
WHOLE: Final = 4096
"""Of the UPDATE: as many are told at level debug."""

Kind = tuple[str, str]
"""Attribute ("MULTI_EXIT_DISC", a number, "-" for none) and outcome ("treat-as-withdraw")."""
_NAMES: Final = {outcome: outcome.word for outcome in Outcome}


class Damage:
    """One peer's, for as long as it is configured."""

    __slots__ = ("_lines", "_since", "_told", "kinds", "total")

    def __init__(self) -> None:
        self.total = 0
        self.kinds: dict[Kind, int] = {}
        self._told: dict[Kind, tuple[float, int]] = {}  # when, and the count then
        self._since = float("-inf")  # when the lines were last counted from 0
        self._lines = 0

    def note(self, problem: Problem, prefixes: int | None, body: bytes, now: float) -> Mapping[str, object] | None:
        """Count a problem of an UPDATE; the fields of its log line, if it is to be told.

        ``prefixes``: how many prefixes the outcome concerns, None where that isn't known.
        """
        # HOT for hostile peers only: 0.5 µs a problem that isn't told.
        kind = (problem.attribute_name, _NAMES[problem.outcome])
        self.total += 1
        count = self.kinds[kind] = self.kinds.get(kind, 0) + 1
        last, told = self._told.get(kind, (float("-inf"), 0))
        if now - last < AGAIN or not self._has_room(now):
            return None
        self._told[kind] = (now, count)
        fields = {
            "attribute": kind[0],
            "outcome": kind[1],
            "prefixes": prefixes,
            "why": problem.why,
            "rfc": rfc_of(problem.error),
            "octets": (problem.data or body)[:OCTETS].hex(),
        }
        repeated = count - told - 1
        return fields | {"repeated": repeated} if repeated else fields

    def note_end(self, error: UpdateError, body: bytes, now: float) -> Mapping[str, object] | None:
        """The same for what ends the session."""
        attribute = (error.attribute or None) if isinstance(error, AttributeProblem) else None  # 0: it can't be seen
        return self.note(Problem(Outcome.RESET, attribute, why_of(error), error.data, error), None, body, now)

    def by_attribute(self) -> Mapping[str, Mapping[str, int]]:
        """Counts by attribute, then by outcome."""
        found: dict[str, dict[str, int]] = {}
        for (attribute, outcome), count in self.kinds.items():
            found.setdefault(attribute, {})[outcome] = count
        return found

    def _has_room(self, now: float) -> bool:
        if now - self._since >= AGAIN:
            self._since, self._lines = now, 0
        if self._lines >= LINES:
            return False
        self._lines += 1
        return True
