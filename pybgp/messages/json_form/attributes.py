"""The JSON form of path attributes as they stand in an UPDATE: in the order of the wire, with what is unusual said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final

from ...constants import AttributeCode
from ..attributes.base import EXTENDED_LENGTH, RawAttribute, pack, walk
from ..attributes.mp_reach import MpReach, MpUnreach, is_told
from ..attributes.registry import known
from ..context import Context, PeerKind
from ..errors import AttributeProblem, MalformedAttributeList, attribute_name
from ..fields import from_hex, only, present, text, whole

_MAX_VALUE: Final = 0xFFFF


def attributes_json(field: bytes, context: Context) -> tuple[list[dict[str, Any]], bytes]:
    """The attributes of an attribute field, and what is left behind the last that can be read."""
    out: list[dict[str, Any]] = []
    try:
        for raw in walk(field):
            out.append(_attribute_json(raw, context))
    except MalformedAttributeList as error:
        return out, error.data
    return out, b""


def attributes_octets(entries: list[Any], context: Context) -> bytes:
    """The attribute field of what ``attributes_json`` gives, in the same order.

    Raises:
        ValueError: one of them is wrong; the text says which, and what was expected.
    """
    out = []
    for number, entry in enumerate(entries):
        try:
            out.append(_attribute_octets(entry, context))
        except ValueError as error:
            name = f" ({entry['name']})" if isinstance(entry, Mapping) and isinstance(entry.get("name"), str) else ""
            raise ValueError(f"attributes[{number}]{name}: {error}") from None
    return b"".join(out)


def _attribute_json(raw: RawAttribute, context: Context) -> dict[str, Any]:
    """``type``, ``name``, ``value``; ``flags`` that are unusual; ``octets`` that the value doesn't tell."""
    fields: dict[str, Any] = {"type": raw.code}
    name = attribute_name(raw.code)
    if name != str(raw.code):
        fields["name"] = name
    defined = _flags(raw.code)
    if defined is None or pack(defined, raw.code, raw.value) != raw.octets:
        fields["flags"] = f"{raw.flags:02x}"
    kind = known(raw.code)
    if kind is None:
        return fields | {"octets": raw.value.hex()}
    context = lenient(context)
    try:
        found = kind.decode(raw.value, context)
    except AttributeProblem as error:
        return fields | {"octets": raw.value.hex(), "error": error.why}
    if isinstance(found, MpReach | MpUnreach):
        fields["value"] = found.to_json(context)
        is_whole = is_told(found.family, found.nlri, context)
    else:
        fields["value"] = found.to_json()
        is_whole = True
    if not is_whole or found.encode(context) != raw.value:
        fields["octets"] = raw.value.hex()
    return fields


def _attribute_octets(fields: Any, context: Context) -> bytes:
    only(fields, "type", "name", "flags", "value", "octets", "error")
    code = _code(fields)
    defined = _flags(code)
    if "flags" in fields:
        flags = _flags_field(fields)
    elif defined is None:
        raise ValueError(f"flags: missing, pybgp doesn't know the attribute {attribute_name(code)}")
    else:
        flags = defined
    value = _value_octets(code, fields, context)
    if len(value) > _MAX_VALUE:
        raise ValueError(f"value of {len(value)} octets, expected at most {_MAX_VALUE}")
    if flags & EXTENDED_LENGTH or len(value) > 0xFF:
        return bytes((flags | EXTENDED_LENGTH, code)) + len(value).to_bytes(2) + value
    return bytes((flags, code, len(value))) + value


def _value_octets(code: int, fields: Mapping[str, Any], context: Context) -> bytes:
    if "octets" in fields:
        return from_hex(fields["octets"], "octets")
    kind = known(code)
    if kind is None:
        raise ValueError(f"octets: missing, the attribute {attribute_name(code)} has no other form")
    value = present(fields, "value")
    try:
        found = kind.from_json(value, context) if issubclass(kind, MpReach | MpUnreach) else kind.from_json(value)
    except ValueError as error:
        raise ValueError(f"value: {error}") from None
    octets = found.encode(context)
    if not context.four_octet_as and not _survives(found, octets, context):
        raise ValueError("value: an AS number over 65535, and session.as_size is 2")
    return octets


def _survives(found: Any, octets: bytes, context: Context) -> bool:
    """Can it be read again as it was? AS_TRANS can't."""
    try:
        return bool(type(found).decode(octets, lenient(context)) == found)
    except AttributeProblem:
        return True  # wrong in another way, which people may want


def _code(fields: Mapping[str, Any]) -> int:
    """The type by its number or by its name."""
    if "type" in fields:
        return whole(fields["type"], 0xFF, "type")
    name = present(fields, "name")
    try:
        return AttributeCode[name].value
    except (KeyError, TypeError):  # a list or an object can't even be looked up
        raise ValueError(f"name = {name!r}: expected the name of an attribute, or its type") from None


def _flags(code: int) -> int | None:
    """The flags that the definition asks for, None if pybgp doesn't know the attribute."""
    kind = known(code)
    return None if kind is None else int(kind.flags)


def _flags_field(fields: Mapping[str, Any]) -> int:
    octets = from_hex(text(fields, "flags"), "flags")
    if len(octets) != 1:
        raise ValueError(f"flags = {fields['flags']!r}: expected one octet in hexadecimal")
    return octets[0]


@lru_cache(maxsize=64)
def lenient(context: Context) -> Context:
    """A context that takes every attribute whose octets can be read, whoever may send it."""
    return replace(context, kind=PeerKind.INTERNAL, loopback=True)
