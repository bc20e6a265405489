"""The JSON form of any message: which one it is, and what is wrong with it as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ...constants import HEADER_SIZE, MAX_EXTENDED_MESSAGE, MessageType
from ...errors import BadMessageLength, HeaderError
from ..context import Context
from ..fields import from_hex, only, present
from ..header import KEEPALIVE, Framer
from ..overheard import everything
from . import notification, open, refresh, update
from .error import error_json

DEFAULT: Final = everything()
"""A session of which nothing is known: four-octet AS numbers, no path identifiers."""
SCHEMA: Final = 1
"""The number of the schema; another one when a field goes away or means something else."""
ENVELOPE: Final = (
    *("schema", "type", "time", "from", "from_as", "to", "to_as", "connection", "offset"),
    *("error", "octets"),
)
"""Fields of every message; who writes lines of a file adds where and when it was seen."""
_UNKNOWN: Final = "unknown"
"""The type of octets that are no message."""

_READERS: Final[dict[int, Callable[[bytes, Context], tuple[dict[str, Any], bool]]]] = {
    MessageType.OPEN: lambda body, _: open.to_json(body),
    MessageType.UPDATE: update.to_json,
    MessageType.NOTIFICATION: lambda body, _: notification.to_json(body),
    MessageType.KEEPALIVE: lambda body, _: ({}, True),
    MessageType.ROUTE_REFRESH: lambda body, _: refresh.to_json(body),
}
_WRITERS: Final[dict[str, tuple[tuple[str, ...], Callable[[Mapping[str, Any]], bytes]]]] = {
    "open": (open.FIELDS, open.from_json),
    "update": (update.FIELDS, update.from_json),
    "notification": (notification.FIELDS, notification.from_json),
    "keepalive": ((), lambda _: KEEPALIVE),
    "route-refresh": (refresh.FIELDS, refresh.from_json),
}


def to_json(octets: bytes, context: Context = DEFAULT) -> dict[str, Any]:
    """One whole message, header included, as an object; damaged ones with ``error``.

    ``context`` says how an UPDATE is to be read. ``octets`` are there where the other fields
    don't tell all of them, or something is wrong.
    """
    fields: dict[str, Any] = {"schema": SCHEMA, "type": _type(octets)}
    error = _header_error(octets, context)
    if error is not None:
        return fields | {"error": error_json(error), "octets": octets.hex()}
    found, whole = _READERS[octets[18]](octets[HEADER_SIZE:], context)
    fields |= found
    if not whole or "error" in fields:
        fields["octets"] = octets.hex()
    return fields


def from_json(fields: Mapping[str, Any]) -> bytes:
    """The octets of a message, header included; ``octets`` overrule everything else.

    Raises:
        ValueError: a field that is missing, unknown or wrong; the text names it and says what was expected.
    """
    if not isinstance(fields, Mapping):
        raise ValueError(f"{fields!r}: expected an object with a type")
    if fields.get("schema", SCHEMA) != SCHEMA:
        raise ValueError(f"schema = {fields['schema']!r}: expected {SCHEMA}")
    kind = present(fields, "type")
    if kind not in (*_WRITERS, _UNKNOWN) or (kind == _UNKNOWN and "octets" not in fields):
        raise ValueError(f"type = {kind!r}: expected {', '.join(_WRITERS)}")
    if "octets" in fields:
        octets = from_hex(fields["octets"], "octets")
        if len(octets) > MAX_EXTENDED_MESSAGE:
            raise ValueError(f"octets: {len(octets)} octets, expected at most {MAX_EXTENDED_MESSAGE}")
        return octets
    names, write = _WRITERS[kind]
    only(fields, *names, *ENVELOPE)
    return write(fields)


def _type(octets: bytes) -> str:
    try:
        return MessageType(octets[18]).name.lower().replace("_", "-")
    except (IndexError, ValueError):
        return _UNKNOWN


def _header_error(octets: bytes, context: Context) -> HeaderError | None:
    """What is wrong with the header, or with its length for these octets."""
    framer = Framer(context.max_receive)
    found = framer.feed(octets)
    if framer.error is not None:
        return framer.error
    if len(found) != 1 or HEADER_SIZE + len(found[0][1]) != len(octets):
        why = f"{len(octets)} octets, expected exactly one message"
        return BadMessageLength(why, data=octets[16:18])
    return None
