"""A whole policy for one peer and direction: the terms of all its policies, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from ..addresses import Family
from ..messages.attributes.block import Block
from ..routes import Accept, Route, Source, Verdict
from .python import PolicyErrors, PythonPolicy
from .sets import SetIndex
from .terms import Term, run

Last = Callable[[Route], Verdict]
"""What decides on routes that no term has decided on."""
_Answers = dict[int, Verdict | Route]


class Policy:
    """Says of each route whether it may pass, and with which attributes. A pure function, but for ``errors``.

    ``reads_prefix`` False: the verdict depends only on the attributes, the source and the family, so that it is the
    same for all prefixes of a block, and the route's key doesn't count. ``accepts_all``: every route passes as it is.
    """

    __slots__ = (
        "_answers",
        "_block",
        "_family",
        "_known",
        "_last",
        "_last_reads_prefix",
        "_sets",
        "_source",
        "_terms",
        "accepts_all",
        "errors",
        "name",
        "reads_prefix",
    )

    _LIMIT: Final = 256

    def __init__(
        self,
        name: str,
        terms: Sequence[Term] = (),
        last: Last | None = None,
        *,
        sets: SetIndex | None = None,
        terms_read_prefix: bool = False,
        errors: PolicyErrors | None = None,
    ) -> None:
        """``sets`` are those that the terms need; without ``last`` what they don't decide is accepted."""
        self.name = name
        self.errors = errors if errors is not None else PolicyErrors()
        self._terms = tuple(terms)
        self._last = last if last is not None else accept
        self._last_reads_prefix = isinstance(last, PythonPolicy) and last.reads_prefix
        self.accepts_all = not self._terms and self._last is accept
        self._sets = sets if sets is not None else SetIndex()
        self.reads_prefix = terms_read_prefix or self._last_reads_prefix
        self._known: dict[tuple[Block, Source, Family], _Answers] = {}  # the latest blocks
        self._block: Block | None = None  # of the latest route, with
        self._source: Source | None = None  # its source,
        self._family: Family | None = None  # its family,
        self._answers: _Answers = {}  # and its answers: bits of prefix sets → what the terms say

    def evaluate(self, route: Route) -> Verdict:
        """Decide on a route. Never raises."""
        # HOT: once a block; if it reads prefixes, once a prefix: then terms run once for a block and the prefix sets
        # that a prefix is in, and what is left a prefix is one look-up among the sets, whatever the number of terms.
        if not self.reads_prefix:
            answer = run(self._terms, route, 0, self._sets)
            return self._last(answer) if type(answer) is Route else answer  # type: ignore[return-value]
        bits = self._sets.of_prefix(route.family, route.key)
        same = route.block is self._block and route.source is self._source and route.family == self._family
        answers = self._answers if same else self._answers_for(route)
        found = answers.get(bits)
        if found is None:
            found = run(self._terms, route, bits, self._sets)
            if type(found) is Route and not self._last_reads_prefix:
                found = self._last(found)
            answers[bits] = found
        if type(found) is not Route:
            return found  # type: ignore[return-value]
        return self._last(Route(route.family, route.key, found.block, route.source, hints=found.hints))

    def _answers_for(self, route: Route) -> _Answers:
        known = self._known
        key = (route.block, route.source, route.family)
        answers = known.get(key)
        if answers is None:
            if len(known) >= self._LIMIT:
                known.clear()
            answers = known[key] = {}
        self._block, self._source, self._family = key
        self._answers = answers
        return answers

    def __repr__(self) -> str:
        return f"<Policy {self.name}{', reads prefixes' if self.reads_prefix else ''}>"


def accept(route: Route) -> Verdict:
    """Let the route pass as it is."""
    return Accept(route.block, route.hints)
