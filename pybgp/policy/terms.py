"""Terms: what they ask, as bits of ``Facts``, and what they do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from .actions import Changes


class Action(StrEnum):
    """What a term does with a route that it matches."""

    ACCEPT = "accept"
    REJECT = "reject"
    NEXT = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """A compiled term. ``name`` is "policy from_tor term bogons", as ``explain`` shows it."""

    name: str
    action: Action
    needs: int = 0
    """The bits of its conditions in the chain's ``Facts``; all must be there."""
    changes: Changes | None = None

    @property
    def decides_all(self) -> bool:
        """Does no route get past this term?"""
        return self.action is not Action.NEXT and not self.needs


@dataclass(frozen=True, slots=True)
class Step:
    """From a place in a chain to the next term that does something: what is done, and where it goes on.

    ``term`` None: no term does anything. ``then`` is the number of the term to go on with, -1 if this one decides;
    ``looks_again``: conditions may hold of the changed route that didn't before, or the other way round.
    """

    term: Term | None
    then: int = -1
    looks_again: bool = False


def step(terms: Sequence[Term], start: int, bits: int, reads: int) -> Step:
    """The first term from number ``start`` on that rejects, accepts or changes a route with these bits.

    ``reads`` are the attributes that conditions look at, as ``Block.mask`` has them.
    """
    for number in range(start, len(terms)):
        term = terms[number]
        if term.needs & ~bits:
            continue
        if term.action is not Action.NEXT:
            return Step(term)
        if term.changes is not None:
            return Step(term, number + 1, bool(term.changes.touches & reads))
    return END


END: Final = Step(None)
"""Behind the last term."""
