"""What comes with an event of RFC 4271 §8.1, from whoever raises it to the handler that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ..errors import ProtocolError
from ..messages.notification import Notification
from .negotiate import Negotiated
from .peering import Link


@dataclass(frozen=True, slots=True, kw_only=True)
class Detail:
    """What came with an event."""

    why: str = ""
    error: ProtocolError | None = None
    """What the peer did wrong, or the Cease of a stop."""
    notification: Notification | None = None
    negotiated: Negotiated | None = None
    """What our OPEN and the peer's come to."""
    message_type: int | None = None
    link: Link | None = None
    """The connection that is there now."""
    lost: bool = False
    """The connection is gone already, nobody need close it."""
    silent: bool = False
    """Stop without a NOTIFICATION."""
    replaced: bool = False
    """The peer's other connection takes this one's place."""
    held_back: bool = False
    """The other connection would win: our KEEPALIVE waits a moment for the OPEN there."""


NO_DETAIL: Final = Detail()
