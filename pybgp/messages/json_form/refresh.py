"""The JSON form of a ROUTE-REFRESH."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...constants import RefreshSubtype
from ...errors import ProtocolError
from ..fields import family_field, whole
from ..refresh import RouteRefresh
from .error import error_json

FIELDS: Final = ("family", "subtype")


def to_json(body: bytes) -> tuple[dict[str, Any], bool]:
    """``family`` and ``subtype`` in a word, or its number; whether that is all."""
    try:
        found = RouteRefresh.decode(body)
    except ProtocolError as error:
        return {"error": error_json(error)}, False
    return {"family": str(found.family), "subtype": _subtype(found.subtype)}, True


def from_json(fields: Mapping[str, Any]) -> bytes:
    """The whole message.

    Raises:
        ValueError: a field that is missing or wrong.
    """
    subtype = fields.get("subtype", "request")
    if isinstance(subtype, str):
        names = {each.name.lower(): each.value for each in RefreshSubtype}
        if subtype not in names:
            raise ValueError(f"subtype = {subtype!r}: expected {', '.join(names)} or a number")
        subtype = names[subtype]
    return RouteRefresh(family_field(fields), whole(subtype, 0xFF, "subtype")).encode()


def _subtype(number: int) -> str | int:
    try:
        return RefreshSubtype(number).name.lower()
    except ValueError:
        return number
