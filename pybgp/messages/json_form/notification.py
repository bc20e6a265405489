"""The JSON form of a NOTIFICATION."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ..fields import number, octets, text
from ..notification import MAX_SHUTDOWN_TEXT, Notification, shutdown_data

FIELDS: Final = ("code", "subcode", "name", "data", "shutdown_text", "inside")
_MAX_DATA: Final = 65535 - 21


def to_json(body: bytes) -> tuple[dict[str, Any], bool]:
    """The fields, which tell all octets; ``inside`` is the one that a Hard Reset carries (RFC 8538 §3)."""
    found = Notification.decode(body)
    fields = _fields(found)
    if found.unwrapped is not found:
        fields["inside"] = _fields(found.unwrapped)
    return fields, True


def _fields(found: Notification) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "code": found.code,
        "subcode": found.subcode,
        "name": found.name,
        "data": found.data.hex(),
    }
    if found.shutdown_text is not None:
        fields["shutdown_text"] = found.shutdown_text
    return fields


def from_json(fields: Mapping[str, Any]) -> bytes:
    """The whole message; ``data`` overrules ``shutdown_text``.

    Raises:
        ValueError: a field that is missing or wrong.
    """
    data = b""
    if "data" in fields:
        data = octets(fields, "data")
    elif "shutdown_text" in fields:
        words = text(fields, "shutdown_text")
        if len(words.encode("utf-8", "replace")) > MAX_SHUTDOWN_TEXT:
            raise ValueError(f"shutdown_text: expected at most {MAX_SHUTDOWN_TEXT} octets")
        data = shutdown_data(words)
    if len(data) > _MAX_DATA:
        raise ValueError(f"data: {len(data)} octets, expected at most {_MAX_DATA}")
    subcode = number(fields, "subcode", 0xFF) if "subcode" in fields else 0
    return Notification(number(fields, "code", 0xFF), subcode, data).encode()
