"""A whole policy for one peer and direction: the terms of all its policies, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from ..addresses import Family
from ..messages.attributes.block import Block
from ..routes import Accept, KernelHints, Reject, Route, Source, Verdict
from .actions import merged
from .facts import Facts
from .generation import FIRST, Generation
from .python import PolicyErrors, PythonPolicy
from .terms import Action, Step, Term, step

Last = Reject | PythonPolicy | None
"""What decides on routes that no term has decided on; None accepts them."""


class Policy:
    """Says of each route whether it may pass, and with which attributes. A pure function, but for ``errors``.

    ``reads_prefix`` False: the verdict depends only on the attributes, the source and the family, so that it is the
    same for all prefixes of a block, and the route's key doesn't count. ``by_mark``: it depends on the prefix only
    through its *mark*, so that prefixes of a block with one mark fare alike. ``accepts_all``: every route passes as it
    is.
    """

    __slots__ = (
        "_base",
        "_facts",
        "_family",
        "_generation",
        "_last",
        "_source",
        "_steps",
        "_terms",
        "accepts_all",
        "by_mark",
        "errors",
        "name",
        "reads_prefix",
    )

    _LIMIT: Final = 4096

    def __init__(
        self,
        name: str,
        terms: Sequence[Term] = (),
        last: Last = None,
        *,
        facts: Facts | None = None,
        errors: PolicyErrors | None = None,
        generation: Generation = FIRST,
    ) -> None:
        """``facts`` answer what the terms ask, in the same generation."""
        self.name = name
        self.errors = errors if errors is not None else PolicyErrors()
        self._terms = tuple(terms)
        self._last = last
        self._facts = facts if facts is not None else Facts()
        self._generation = generation
        self.accepts_all = not self._terms and last is None
        in_terms = any(term.needs & self._facts.about_prefix for term in self._terms)
        in_last = isinstance(last, PythonPolicy) and last.reads_prefix
        self.reads_prefix = in_terms or in_last
        self.by_mark = in_terms and not in_last
        self._source: Source | None = None  # of the latest route, with
        self._family: Family | None = None  # its family,
        self._base = 0  # and the bits that follow from both
        self._steps: list[dict[int, Step]] = [{} for _ in range(len(self._terms) + 1)]  # by start: bits → what is next

    # -- what depends on the prefix ----------------------------------------------------------------------------------

    def mark(self, family: Family, key: bytes, block: Block) -> int:
        """What the terms want to know of the prefix, as a number."""
        return self._facts.of_prefix(family, key, block) if self.reads_prefix else 0

    def by_marks(self, family: Family, keys: list[bytes], block: Block) -> Iterable[tuple[int, list[bytes]]]:
        """The prefixes of a block by their marks."""
        return self._facts.by_prefix(family, keys, block)

    # -- verdicts ----------------------------------------------------------------------------------------------------

    def evaluate(self, route: Route) -> Verdict:
        """Decide on a route. Never raises."""
        mark = self.mark(route.family, route.key, route.block)
        return self.decide(route.source, route.block, route.family, route.key, mark, route.hints, route.explicit)

    def decide(
        self,
        source: Source,
        block: Block,
        family: Family,
        key: bytes = b"",
        mark: int = 0,
        hints: KernelHints | None = None,
        explicit: int = 0,
    ) -> Verdict:
        """``evaluate`` of what a route consists of; ``mark`` is that of its prefix."""
        # HOT: once a block, and once a mark among its prefixes. The conditions of all terms are bits of one number, and
        # the way through the terms is looked up by it: so what a term costs is only what its changes cost.
        if source is not self._source or family is not self._family:
            self._base = self._facts.of_source(source, family)
            self._source, self._family = source, family
        known = self._base | mark
        bits = known | self._facts.of_block(block)
        start = 0
        while True:
            found = self._steps[start].get(bits)
            if found is None:
                found = self._step(start, bits)
            term = found.term
            if term is None:
                return self._end(source, block, family, key, hints, explicit)
            if term.action is Action.REJECT:
                return Reject(term.name)
            changes = term.changes
            if changes is not None:
                try:
                    block = changes.block(block, family, source)
                except ValueError as problem:
                    return Reject(f"{term.name}: {problem}")
                if changes.explicit:
                    explicit = changes.said(explicit)
                if changes.hints is not None:
                    hints = merged(hints, changes.hints)
            start = found.then
            if start < 0:
                return Accept(block, hints, explicit)
            if found.looks_again:
                bits = known | self._facts.of_block(block)

    def _step(self, start: int, bits: int) -> Step:
        known = self._steps[start]
        if len(known) >= self._LIMIT:
            known.clear()
        found = known[bits] = step(self._terms, start, bits, self._facts.reads)
        return found

    def _end(
        self, source: Source, block: Block, family: Family, key: bytes, hints: KernelHints | None, explicit: int
    ) -> Verdict:
        last = self._last
        if last is None:
            return Accept(block, hints, explicit)
        if isinstance(last, Reject):
            return last
        validator = self._generation.validator
        return last(Route(family, key, block, source, hints=hints, explicit=explicit, validator=validator))

    # -- generations -------------------------------------------------------------------------------------------------

    @property
    def watched(self) -> frozenset[str]:
        """The prefix sets of which the terms ask whether the Loc-RIB has a prefix."""
        return self._facts.watched

    def renewed(self, generation: Generation) -> Policy:
        """The same policy in another generation; itself, if that can't make a difference."""
        facts = self._facts.renewed(generation)
        last = self._last
        asks = isinstance(last, PythonPolicy) and last.reads_prefix  # it may ask for RPKI states
        if facts is self._facts and not (asks and generation.validator is not self._generation.validator):
            return self
        return Policy(self.name, self._terms, last, facts=facts, errors=self.errors, generation=generation)

    def __repr__(self) -> str:
        return f"<Policy {self.name}{', reads prefixes' if self.reads_prefix else ''}>"
