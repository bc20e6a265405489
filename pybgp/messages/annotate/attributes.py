"""Path attributes: flags, type, length and value of each, and where an error in one belongs (RFC 4271 §4.3)."""

from __future__ import annotations

from collections import deque
from typing import Final

from ...constants import AttributeCode, AttributeFlags
from ..attributes import registry
from ..attributes.base import RawAttribute, walk
from ..context import Context
from ..errors import (
    AttributeFlagsError,
    AttributeLengthError,
    AttributeProblem,
    InvalidNextHop,
    MalformedAttributeList,
    UnexpectedAttribute,
    UnrecognizedWellKnown,
    attribute_name,
)
from .draft import Draft, Role
from .values import DETAILS

_GENERAL: Final = "4271 §4.3"
_MAX_NESTING: Final = 2
_SHORT: Final = 60
"""Characters of a value that is shown behind the attribute's name, too."""
_NO_TEXT: Final = frozenset({AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI, AttributeCode.ATTR_SET})
"""Their parts say all."""
_FLAG_NAMES: Final = (
    (AttributeFlags.OPTIONAL, "optional", "well-known"),
    (AttributeFlags.TRANSITIVE, "transitive", "non-transitive"),
    (AttributeFlags.PARTIAL, "partial", ""),
    (AttributeFlags.EXTENDED_LENGTH, "extended length", ""),
)


class Found:
    """The attributes of a field, for errors to find theirs."""

    __slots__ = ("first", "later", "tail")

    def __init__(self) -> None:
        self.first: dict[int, tuple[bytes, Draft]] = {}  # type -> all octets and the draft of the first one
        self.later: dict[tuple[int, bytes], deque[Draft]] = {}  # (type, all octets) -> the others
        self.tail: Draft | None = None  # one that is cut off

    def add(self, code: int, octets: bytes, draft: Draft) -> None:
        if code in self.first:
            self.later.setdefault((code, octets), deque()).append(draft)
        else:
            self.first[code] = (octets, draft)

    def again(self, code: int, octets: bytes) -> Draft | None:
        """The next of those that come more than once; without ``octets`` any one of the type."""
        if not octets:
            return next((drafts[0] for (kind, _), drafts in self.later.items() if kind == code), None)
        drafts = self.later.get((code, octets))
        return drafts.popleft() if drafts else None


def field(node: Draft, context: Context, depth: int = 0) -> Found:
    """The attributes in the rest of ``node``."""
    found = Found()
    try:
        for raw in walk(node.value):
            draft = node.part(len(raw.octets), attribute_name(raw.code), _rfc(raw.code))
            _attribute(draft, raw, context, depth)
            found.add(raw.code, raw.octets, draft)
    except MalformedAttributeList as error:
        octets = node.value
        draft = node.rest(f"{attribute_name(error.attribute) if error.attribute else 'an attribute'}, cut off")
        _head(draft, octets)
        draft.rest("what there is of the value")
        (draft.by_role(Role.LENGTH) or draft).bad(error.why)
        found.tail = draft
    return found


def _rfc(code: int) -> str:
    kind = registry.known(code)
    return "" if kind is None else kind.rfc


def _attribute(draft: Draft, raw: RawAttribute, context: Context, depth: int) -> None:
    _head(draft, raw.octets)
    kind, shown, why = registry.known(raw.code), "", ""
    if kind is not None:
        try:
            shown = str(kind.decode(raw.value, context)) if raw.code not in _NO_TEXT else ""
        except AttributeProblem as error:
            why = error.why
    detail = DETAILS.get(raw.code)
    if raw.code == AttributeCode.ATTR_SET and depth < _MAX_NESTING:
        draft.part(4, f"origin AS {draft.number(4)}")
        field(draft, Context(families=context.families), depth + 1)
    elif detail is not None and draft.left:
        detail(draft, context)
    else:
        draft.rest(f"value {shown}" if shown else f"value of {draft.left} octets").bad(why)
    if shown and len(shown) <= _SHORT:
        draft.text += f" {shown}"
    if why and draft.troubled() is None:
        draft.bad(why)


def _head(draft: Draft, octets: bytes) -> None:
    """Flags, type and length, as much as there is."""
    flags = octets[0]
    words = [yes if flags & bit else no for bit, yes, no in _FLAG_NAMES]
    draft.part(1, f"flags {flags:02x}: {', '.join(filter(None, words))}", _GENERAL, Role.FLAGS)
    if len(octets) > 1:
        draft.part(1, f"type {octets[1]}, {attribute_name(octets[1])}", "", Role.TYPE)
    size = 2 if flags & AttributeFlags.EXTENDED_LENGTH else 1
    draft.part(size, f"length {draft.number(size)}", "", Role.LENGTH)


def place(draft: Draft, error: Exception) -> Draft:
    """The part of an attribute that an error is about."""
    for kinds, role in _PLACES:
        if isinstance(error, kinds):
            return draft.by_role(role) or draft
    return draft.troubled() or draft


_PLACES: Final = (
    ((AttributeFlagsError, UnrecognizedWellKnown), Role.FLAGS),
    ((AttributeLengthError,), Role.LENGTH),
    ((UnexpectedAttribute,), Role.TYPE),
    ((InvalidNextHop,), Role.NEXT_HOP),
)
