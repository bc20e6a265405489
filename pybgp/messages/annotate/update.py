"""UPDATE: its three fields, and everything that the codec finds wrong in its place (RFC 4271 §4.3, RFC 7606)."""

from __future__ import annotations

from typing import Final

from ...addresses import Family
from ...constants import AttributeCode
from ...errors import UpdateError
from .. import update
from ..attributes.block import parse
from ..attributes.cache import BlockCache
from ..context import Context
from ..errors import (
    AttributeProblem,
    InvalidNetworkField,
    MalformedAttributeList,
    MissingAttribute,
    OptionalAttributeError,
    Problem,
)
from . import attributes, nlri
from .draft import Draft
from .note import Flaw

_RFC: Final = "4271 §4.3"
_MULTIPROTOCOL: Final = (AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI)


def body(node: Draft, context: Context) -> None:
    """The octets behind the header."""
    _Body(node, context).annotate()


class _Body:
    """One UPDATE on its way: first what is where, then what the codec says."""

    __slots__ = ("_context", "_field", "_found", "_keys", "_length", "_node", "_reachable", "_withdrawn")

    def __init__(self, node: Draft, context: Context) -> None:
        self._node = node
        self._context = context
        self._withdrawn: Draft | None = None  # the three fields, where they have octets
        self._field: Draft | None = None
        self._reachable: Draft | None = None
        self._length: Draft = node  # the last length that was read
        self._found = attributes.Found()
        self._keys: dict[bytes, Draft] | None = None  # made when it is needed

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
                self._node.text = f"UPDATE: End-of-RIB of {found.end_of_rib}"
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
            spots = [spot for each in self._classic() if (spot := each.troubled())]
            return spots[0] if spots and isinstance(error, InvalidNetworkField) else self._node
        if isinstance(error, MalformedAttributeList):
            return self._badly_listed(error, octets)
        if not error.attribute:  # IPv4 unicast was not negotiated: one problem for each of the classic fields
            return next((each for each in self._classic() if not each.problems), self._node)
        if isinstance(error, MissingAttribute):
            return self._field or self._length
        whole, draft = self._found.first.get(error.attribute, (b"", None))
        if draft is None:
            tail = self._found.tail
            return (tail and attributes.place(tail, error)) or self._field or self._length
        if octets and octets != whole and isinstance(error, OptionalAttributeError):
            return self._destinations().get(octets, draft)
        return attributes.place(draft, error)

    def _classic(self) -> list[Draft]:
        return [each for each in (self._withdrawn, self._reachable) if each is not None]

    def _badly_listed(self, error: MalformedAttributeList, octets: bytes) -> Draft:
        """Lengths that don't fit, or an attribute again."""
        if self._length.trouble:
            return self._length
        again = self._found.again(error.attribute, octets) if "more than once" in error.why else None
        tail = self._found.tail
        return again or (tail and tail.troubled()) or self._field or self._length

    def _destinations(self) -> dict[bytes, Draft]:
        """The destinations in multiprotocol attributes by their keys."""
        if self._keys is None:
            multiprotocol = [self._found.first[code][1] for code in _MULTIPROTOCOL if code in self._found.first]
            routes = [routes for draft in multiprotocol for routes in draft.children]
            self._keys = {each.key: each for field in routes for each in field.children if each.key is not None}
        return self._keys
