"""Terms in order: the first accept or reject decides, "next" changes the route and goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ..routes import Accept, Reject, Route, Verdict
from .actions import Changes
from .match import Condition


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
    prefix_bit: int = 0
    """The bit of its prefix set in the chain's ``PrefixIndex``; 0: any prefix."""
    conditions: tuple[Condition, ...] = ()
    changes: Changes | None = None

    @property
    def decides_all(self) -> bool:
        """Does no route get past this term?"""
        return self.action is not Action.NEXT and not self.prefix_bit and not self.conditions

    def matches(self, route: Route, prefix_bits: int) -> bool:
        """Do all conditions hold? ``prefix_bits`` are those of the prefix sets that hold the route's prefix."""
        if self.prefix_bit and not prefix_bits & self.prefix_bit:
            return False
        return all(holds(route) for holds in self.conditions)


def run(terms: Iterable[Term], route: Route, prefix_bits: int) -> Verdict | Route:
    """The verdict of the first term that decides, or the route as it is behind the last one."""
    # HOT: once a block, or once a block and set of prefix sets.
    for term in terms:
        if not term.matches(route, prefix_bits):
            continue
        if term.action is Action.REJECT:
            return Reject(term.name)
        if term.changes is not None:
            try:
                route = term.changes.apply(route)
            except ValueError as problem:
                return Reject(f"{term.name}: {problem}")
        if term.action is Action.ACCEPT:
            return Accept(route.block, route.hints)
    return route
