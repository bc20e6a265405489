"""Ending a session on purpose: the operator's words, and when the end is meant to last (RFC 4486, 9003, 8538)."""

from __future__ import annotations

from typing import Final

from ..constants import CeaseSubcode, ErrorCode
from ..errors import Cease, ProtocolError
from ..messages.notification import shutdown_data

_FINAL: Final = (
    CeaseSubcode.MAXIMUM_NUMBER_OF_PREFIXES_REACHED,
    CeaseSubcode.ADMINISTRATIVE_SHUTDOWN,
    CeaseSubcode.PEER_DECONFIGURED,
)
_WITH_TEXT: Final = (CeaseSubcode.ADMINISTRATIVE_SHUTDOWN, CeaseSubcode.ADMINISTRATIVE_RESET)


def shutdown(error: Cease | None, text: str) -> Cease:
    """``error``, or an administrative shutdown, with the operator's words where the subcode has room (RFC 9003 §2)."""
    cease = error or Cease("administrative shutdown", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN)
    if text and not cease.data and cease.subcode in _WITH_TEXT:
        return Cease(f"{cease}: {text}", data=shutdown_data(text), subcode=cease.subcode)
    return cease


def is_final(error: ProtocolError) -> bool:
    """Is this session not meant to come back soon, so that nobody should keep its routes?

    With RFC 8538 negotiated such an end goes out as a Hard Reset (§4 leaves the choice of subcodes to us).
    """
    return error.code == ErrorCode.CEASE and error.subcode in _FINAL
