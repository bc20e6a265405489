"""The JSON form of an UPDATE as it stands on the wire, with what RFC 7606 says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...addresses import Family
from ...constants import HEADER_SIZE, AttributeCode, MessageType
from ...errors import UpdateError
from .. import update
from ..attributes.base import walk
from ..attributes.cache import BlockCache
from ..attributes.mp_reach import is_told, nlri_json, nlri_of
from ..context import Context
from ..errors import MalformedAttributeList, Outcome, Problem
from ..families.registry import FAMILIES
from ..fields import family_field, items
from ..header import message
from ..packing import end_of_rib
from . import session
from .attributes import attributes_json, attributes_octets
from .error import error_json

FIELDS: Final = ("session", "withdrawn", "attributes", "rest", "announced", "end_of_rib", "problems")
_IPV4: Final = Family.IPV4_UNICAST
_MP: Final = (AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI)
_blocks: Final = BlockCache()


def to_json(body: bytes, context: Context) -> tuple[dict[str, Any], bool]:
    """The fields of an UPDATE's body, and whether they tell all of its octets."""
    size = HEADER_SIZE + len(body)
    try:
        withdrawn, attributes, announced = update.split(body)
    except MalformedAttributeList as error:
        return {"session": session.to_json(context, size, ()), "error": error_json(error)}, False
    fields: dict[str, Any] = {"session": session.to_json(context, size, _families(withdrawn, attributes, announced))}
    whole = True
    for name, field in (("withdrawn", withdrawn), ("announced", announced)):
        fields[name] = nlri_json(_IPV4, field, context)
        # an attribute has its octets beside its value; these two have only the whole message's
        whole = whole and is_told(_IPV4, field, context)
    found, rest = attributes_json(attributes, context)
    fields["attributes"] = found
    if rest:
        fields["rest"] = rest.hex()
        whole = False
    return _ordered(fields | _judged(body, context)), whole


def _families(withdrawn: bytes, attributes: bytes, announced: bytes) -> set[Family]:
    """The families of an UPDATE's destinations."""
    found = {_IPV4} if withdrawn or announced else set()
    try:
        for raw in walk(attributes):
            if raw.code in _MP and len(raw.value) >= 3:
                found.add(Family(int.from_bytes(raw.value[:2]), raw.value[2]))
    except MalformedAttributeList:
        pass  # nothing behind it is read
    return found


def _ordered(fields: dict[str, Any]) -> dict[str, Any]:
    """The fields in the order of the wire."""
    return {name: fields[name] for name in (*FIELDS, "error") if name in fields}


def _judged(body: bytes, context: Context) -> dict[str, Any]:
    """What the session would make of it: its error or its problems, and End-of-RIB."""
    try:
        found = update.decode(body, context, _blocks)
    except UpdateError as error:
        return {"error": error_json(error)}
    fields: dict[str, Any] = {}
    if found.end_of_rib is not None:
        fields["end_of_rib"] = str(found.end_of_rib)
    problems = [_problem_json(each) for each in found.problems if not is_foreign(each)]
    return fields | ({"problems": problems} if problems else {})


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "outcome": problem.outcome.word,
        "attribute": problem.attribute_name,
        **error_json(problem.error),
        "why": problem.why,
        "data": problem.data.hex(),
    }


def is_foreign(problem: Problem) -> bool:
    """Is it only about a family that pybgp doesn't know? That is nothing wrong with the message."""
    octets = problem.data
    if problem.outcome is not Outcome.DISCARD or problem.attribute not in _MP or octets != problem.error.data:
        return False
    (raw,) = walk(octets)
    return (int.from_bytes(raw.value[:2]), raw.value[2]) not in FAMILIES


def from_json(fields: Mapping[str, Any]) -> bytes:
    """The whole message; everything that is missing is empty.

    Raises:
        ValueError: a field that is wrong; the text names it and says what was expected.
    """
    try:
        context = session.from_json(fields.get("session", {}))
    except ValueError as error:
        raise ValueError(f"session: {error}") from None
    if "end_of_rib" in fields and not any(fields.get(name) for name in ("withdrawn", "attributes", "announced")):
        return end_of_rib(family_field(fields, "end_of_rib"))
    if "rest" in fields:
        raise ValueError("rest: attributes that can't be read have no form but the octets of the message")
    withdrawn, announced = (_nlri_octets(fields, name, context) for name in ("withdrawn", "announced"))
    if "end_of_rib" in fields and (withdrawn or announced):
        raise ValueError(f"end_of_rib = {fields['end_of_rib']!r}: expected no destinations beside it")
    attributes = attributes_octets(items(fields.get("attributes", []), "attributes"), context)
    for name, field in (("withdrawn", withdrawn), ("attributes", attributes)):
        if len(field) > 0xFFFF:
            raise ValueError(f"{name}: {len(field)} octets, expected at most 65535")
    size = 23 + len(withdrawn) + len(attributes) + len(announced)
    if size > context.max_send:
        hint = "" if context.max_send == 0xFFFF else " (session.extended_message is not set)"
        raise ValueError(f"message of {size} octets, expected at most {context.max_send}{hint}")
    body = (len(withdrawn).to_bytes(2), withdrawn, len(attributes).to_bytes(2), attributes, announced)
    return message(MessageType.UPDATE, b"".join(body))


def _nlri_octets(fields: Mapping[str, Any], name: str, context: Context) -> bytes:
    try:
        return nlri_of(_IPV4, fields.get(name, []), context)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from None
