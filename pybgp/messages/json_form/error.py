"""The JSON form of an error: the NOTIFICATION that tells the peer, and why."""

from __future__ import annotations

from typing import Any

from ...errors import ProtocolError
from ..notification import error_name


def error_json(error: ProtocolError) -> dict[str, Any]:
    """``code``, ``subcode``, ``name``, ``why`` and ``data`` in hexadecimal."""
    code, subcode = int(error.code), int(error.subcode)
    return {
        "code": code,
        "subcode": subcode,
        "name": error_name(code, subcode),
        "why": str(error),
        "data": error.data.hex(),
    }
