"""A policy that tells what each term did with a route: the same engine, with a hook put in when it is made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from ..addresses import Family
from ..messages.attributes.block import Block
from ..routes import Reject, Route, Source, Verdict
from .actions import Changes
from .chain import Policy
from .terms import Step, step

Outcome = Literal["accept", "reject", "next", "no match"]


@dataclass(slots=True, kw_only=True)
class Note:
    """What a term did. ``missing`` are the conditions that did not hold, ``before`` and ``after`` what it changed."""

    term: str
    outcome: Outcome
    missing: str = ""
    before: Block | None = None
    after: Block | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """What became of a route, and the terms that it met in their order."""

    verdict: Verdict
    notes: tuple[Note, ...]

    @property
    def decided_by(self) -> str:
        """The term that decided; what stands at the end of the list of policies has no name."""
        last = self.notes[-1] if self.notes else None
        return last.term if last is not None and last.outcome in ("accept", "reject") else ""


@dataclass(frozen=True, slots=True)
class _Told(Changes):
    """Changes that write into the note of their term."""

    notes: tuple[list[Note], ...] = ()

    def block(self, block: Block, family: Family, source: Source) -> Block:
        note = self.notes[0][-1]
        note.before = block
        note.after = super(_Told, self).block(block, family, source)
        return note.after


class Tracer(Policy):
    """A compiled policy, asked for reasons. It remembers no way through its terms, so each route goes all of it."""

    __slots__ = ("_notes",)

    def __init__(self, policy: Policy) -> None:
        self._notes: list[Note] = []
        told = (self._notes,)
        terms = [
            term
            if term.changes is None
            else replace(
                term,
                changes=_Told(
                    term.changes.edit,
                    term.changes.hints,
                    term.changes.explicit,
                    term.changes.next_hop_peer,
                    told,
                ),
            )
            for term in policy._terms
        ]
        super().__init__(
            policy.name,
            terms,
            policy._last,
            facts=policy._facts,
            errors=policy.errors,
            generation=policy._generation,
        )

    @property
    def term_names(self) -> tuple[str, ...]:
        """All terms, in order."""
        return tuple(term.name for term in self._terms)

    def trace(self, route: Route) -> Trace:
        """Decide on a route, and say how."""
        self._notes.clear()
        verdict = self.evaluate(route)
        if isinstance(verdict, Reject) and self._notes and verdict.reason.startswith(f"{self._notes[-1].term}: "):
            self._notes[-1].outcome = "reject"  # the change can't be made
        return Trace(verdict=verdict, notes=tuple(replace(note) for note in self._notes))

    def _step(self, start: int, bits: int) -> Step:
        found = step(self._terms, start, bits, self._facts.reads)
        for term in self._terms[start:]:
            missing = self._facts.missing(term.needs, bits)
            outcome: Outcome = "no match" if missing else term.action.value
            self._notes.append(Note(term=term.name, outcome=outcome, missing=missing))
            if term is found.term:
                break
        return found
