"""UPDATE: its three fields, and everything that the codec finds wrong in its place (RFC 4271 §4.3, RFC 7606)."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from ...errors import UpdateError
from .. import update
from ..attributes.block import parse
from ..attributes.cache import BlockCache
from ..context import Context
from ..errors import AttributeProblem, InvalidNetworkField, MalformedAttributeList, Problem
from . import attributes, nlri
from .draft import Draft
from .note import Flaw

_RFC: Final = "4271 §4.3"


def body(node: Draft, context: Context) -> None:
    """The octets behind the header."""
    _Body(node, context).annotate()


class _Body:
    """One UPDATE on its way: first what is where, then what the codec says."""

    __slots__ = ("_context", "_field", "_found", "_length", "_node", "_reachable", "_withdrawn")

    def __init__(self, node: Draft, context: Context) -> None:
        self._node = node
        self._context = context
        self._withdrawn: Draft | None = None  # the three fields, where they have octets
        self._field: Draft | None = None
        self._reachable: Draft | None = None
        self._length: Draft = node  # the last length that was read
        self._found: attributes.Found = []

    def annotate(self) -> None:
        octets = self._node.value
        self._read()
        try:
            found = update.decode(octets, self._context, BlockCache())
        except UpdateError as error:
            self._place_error(error, octets)
        else:
            for problem in found.problems:
                self._place_problem(problem)
            if found.end_of_rib is not None:
                self._node.text = f"End-of-RIB of {found.end_of_rib}"
                self._node.rfc = "4724 §2"

    def _read(self) -> None:
        node, context = self._node, self._context
        size = node.number(2)
        self._length = node.part(2, f"withdrawn routes: {size} octets", _RFC)
        if size + 2 > node.left:
            self._length.bad("runs past the message")
            node.rest("what can't be told apart")
            return
        if size:
            self._withdrawn = node.part(size, "withdrawn routes", _RFC)
            nlri.field(self._withdrawn, Family.IPV4_UNICAST, context)
        size = node.number(2)
        self._length = node.part(2, f"path attributes: {size} octets", _RFC)
        if size > node.left:
            self._length.bad("runs past the message")
            node.rest("what can't be told apart")
            return
        if size:
            self._field = node.part(size, "path attributes", _RFC)
            self._found = attributes.field(self._field, context)
        if node.left:
            self._reachable = node.part(node.left, "reachable routes", _RFC)
            nlri.field(self._reachable, Family.IPV4_UNICAST, context)

    # -- where it belongs ----------------------------------------------------------------------------------------------

    def _place_error(self, error: UpdateError, octets: bytes) -> None:
        """What ends the session, and whatever else is wrong with the attributes."""
        self._spot(error, error.data).flawed(Flaw.of_error(error))
        try:
            _, field, reachable = update.split(octets)
        except MalformedAttributeList:
            return
        told = error.why if isinstance(error, AttributeProblem) else ""
        next_hop = bytes(4) if not reachable else None  # without NLRI nobody misses NEXT_HOP
        for problem in parse(field, next_hop, self._context, has_nlri=bool(reachable)).problems:
            if problem.why != told:
                self._place_problem(problem)

    def _place_problem(self, problem: Problem) -> None:
        self._spot(problem.error, problem.data).flawed(Flaw.of_problem(problem))

    def _spot(self, error: UpdateError, octets: bytes) -> Draft:
        if not isinstance(error, AttributeProblem):
            fields = [each for each in (self._withdrawn, self._reachable) if each is not None]
            spots = [spot for each in fields if (spot := each.troubled())]
            return spots[0] if spots and isinstance(error, InvalidNetworkField) else self._node
        if not error.attribute and not isinstance(error, MalformedAttributeList):
            return self._not_negotiated()
        same = [(whole, draft) for code, whole, draft in self._found if code == error.attribute]
        if isinstance(error, MalformedAttributeList):
            return self._badly_listed(error, [draft for _, draft in same])
        exact = [draft for whole, draft in same if whole == octets]
        drafts = exact or [draft for _, draft in same]
        if not drafts:
            return self._field or self._length
        return attributes.place(drafts[0], error, octets)

    def _not_negotiated(self) -> Draft:
        """IPv4 unicast in the classic fields: one problem for each."""
        fields = [each for each in (self._withdrawn, self._reachable) if each is not None]
        return next((each for each in fields if not each.problems), fields[0] if fields else self._node)

    def _badly_listed(self, error: MalformedAttributeList, same: list[Draft]) -> Draft:
        """Lengths that don't fit, or an attribute again."""
        if self._length.trouble:
            return self._length
        if len(same) > 1 and "more than once" in error.why:
            return next((draft for draft in same[1:] if not draft.problems), same[-1])
        if same:
            return same[-1].troubled() or same[-1]
        return (self._field and self._field.troubled()) or self._length
