"""Path attributes: flags, type, length and value of each, and where an error in one belongs (RFC 4271 §4.3)."""

from __future__ import annotations

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
_OTHER_RFCS: Final = {AttributeCode.MP_REACH_NLRI: "4760 §3", AttributeCode.MP_UNREACH_NLRI: "4760 §4"}
_MAX_NESTING: Final = 2
_FLAG_NAMES: Final = (
    (AttributeFlags.OPTIONAL, "optional", "well-known"),
    (AttributeFlags.TRANSITIVE, "transitive", "non-transitive"),
    (AttributeFlags.PARTIAL, "partial", ""),
    (AttributeFlags.EXTENDED_LENGTH, "extended length", ""),
)
Found = list[tuple[int, bytes, Draft]]
"""(type, all octets, draft) of each attribute; the type is 0 where it is cut off."""


def field(node: Draft, context: Context, depth: int = 0) -> Found:
    """The attributes in the rest of ``node``."""
    found: Found = []
    try:
        for raw in walk(node.value):
            draft = node.part(len(raw.octets), attribute_name(raw.code), _rfc(raw.code))
            _attribute(draft, raw, context, depth)
            found.append((raw.code, raw.octets, draft))
    except MalformedAttributeList as error:
        octets = node.value
        draft = node.rest(f"{attribute_name(error.attribute) if error.attribute else 'an attribute'}, cut off")
        _head(draft, octets)
        draft.rest("what there is of the value")
        (draft.by_role(Role.LENGTH) or draft).bad(error.why)
        found.append((error.attribute, octets, draft))
    return found


def _rfc(code: int) -> str:
    kind = registry.known(code)
    return getattr(kind, "rfc", "") or _OTHER_RFCS.get(code, "")  # type: ignore[call-overload, no-any-return]


def _attribute(draft: Draft, raw: RawAttribute, context: Context, depth: int) -> None:
    _head(draft, raw.octets)
    kind, shown, why = registry.known(raw.code), "", ""
    if kind is not None:
        try:
            shown = str(kind.decode(raw.value, context))
        except AttributeProblem as error:
            why = error.why
    if shown and len(shown) <= 80:
        draft.text += f" {shown}"
    value = draft.part(draft.left, f"value {shown or raw.value.hex()}")
    if value is draft:
        draft.bad(why)
        return
    detail = DETAILS.get(raw.code)
    if raw.code == AttributeCode.ATTR_SET and depth < _MAX_NESTING:
        value.text = "attributes of the customer"
        value.part(4, f"origin AS {value.number(4)}")
        field(value, Context(families=context.families), depth + 1)
    elif detail is not None:
        value.text = "value"
        detail(value, context)
    if why:
        value.bad(why)


def _head(draft: Draft, octets: bytes) -> None:
    """Flags, type and length, as much as there is."""
    flags = octets[0]
    words = [yes if flags & bit else no for bit, yes, no in _FLAG_NAMES]
    draft.part(1, f"flags {flags:02x}: {', '.join(filter(None, words))}", _GENERAL, Role.FLAGS)
    if len(octets) > 1:
        draft.part(1, f"type {octets[1]}, {attribute_name(octets[1])}", "", Role.TYPE)
    size = 2 if flags & AttributeFlags.EXTENDED_LENGTH else 1
    draft.part(size, f"length {draft.number(size)}", "", Role.LENGTH)


def place(draft: Draft, error: Exception, octets: bytes) -> Draft:
    """The part of an attribute that an error is about; ``octets`` are what the codec names."""
    for kinds, role in _PLACES:
        if isinstance(error, kinds):
            return _with_role(draft, role) or draft
    if octets and (found := _with_key(draft, octets)) is not None:
        return found
    return draft.troubled() or draft


_PLACES: Final = (
    ((AttributeFlagsError, UnrecognizedWellKnown), Role.FLAGS),
    ((AttributeLengthError,), Role.LENGTH),
    ((UnexpectedAttribute,), Role.TYPE),
    ((InvalidNextHop,), Role.NEXT_HOP),
)


def _with_role(draft: Draft, role: Role) -> Draft | None:
    return draft.by_role(role) or next((each for child in draft.children if (each := child.by_role(role))), None)


def _with_key(draft: Draft, key: bytes) -> Draft | None:
    """The destination with a key, in the NLRI of a multiprotocol attribute."""
    if draft.key == key:
        return draft
    return next((found for child in draft.children if (found := _with_key(child, key)) is not None), None)
