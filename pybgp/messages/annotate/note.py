"""What an annotation is made of: octet ranges with their meaning, and what is wrong with them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from ...errors import ProtocolError
from ..errors import MissingAttribute, Outcome, Problem, attribute_name, why_of
from ..notification import error_name

_COSTS: Final = {
    Outcome.NONE: "nothing",
    Outcome.DISCARD: "left out, the rest is used",
    Outcome.TREAT_AS_WITHDRAW: "all routes of the UPDATE count as withdrawn",
    Outcome.DISABLE: "the family is switched off",
}


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong, and what it costs (RFC 7606); ``code`` and ``subcode`` are of the NOTIFICATION it would have.

    ``missing`` is the attribute that is not there, "" where something is there that is wrong.
    """

    why: str
    outcome: Outcome
    code: int
    subcode: int
    missing: str = ""

    @classmethod
    def of_error(cls, error: ProtocolError) -> Flaw:
        """What ends the session."""
        return cls(why_of(error), Outcome.RESET, int(error.code), int(error.subcode), _missing(error))

    @classmethod
    def of_problem(cls, problem: Problem) -> Flaw:
        """What the codec puts up with."""
        error = problem.error
        return cls(problem.why, problem.outcome, int(error.code), int(error.subcode), _missing(error))

    @property
    def cost(self) -> str:
        """In words what follows from it."""
        if self.outcome is Outcome.RESET:
            return f"the session ends with {self.code}/{self.subcode}, {error_name(self.code, self.subcode)}"
        return _COSTS[self.outcome]

    def __str__(self) -> str:
        subject = f"{self.missing} is " if self.missing else ""
        return f"{subject}{self.why}: {self.cost}"


def _missing(error: ProtocolError) -> str:
    return attribute_name(error.attribute) if isinstance(error, MissingAttribute) else ""


@dataclass(frozen=True, slots=True)
class Note:
    """Octets ``start`` to before ``end`` of a message, and what they mean.

    ``rfc`` is the source, as "4271 §4.3", "" if it is the one of the note around it. ``children`` are the parts; they
    follow each other without a gap from ``start`` to ``end``, so that the leaves have every octet once.
    """

    start: int
    end: int
    text: str
    rfc: str = ""
    children: tuple[Note, ...] = ()
    problems: tuple[Flaw, ...] = ()

    def leaves(self) -> Iterator[Note]:
        """The notes without parts, in order."""
        if not self.children:
            yield self
        for child in self.children:
            yield from child.leaves()

    def walk(self) -> Iterator[Note]:
        """This note and all below it, each before its parts."""
        yield self
        for child in self.children:
            yield from child.walk()

    @property
    def flaws(self) -> list[tuple[Note, Flaw]]:
        """Everything that is wrong here or below, with the octets concerned."""
        return [(note, flaw) for note in self.walk() for flaw in note.problems]
