"""How it stands with a peer: a copy for people, made on request."""

from __future__ import annotations

from dataclasses import dataclass

from ..messages.notification import Notification
from .negotiate import Negotiated
from .states import State


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStatus:
    """How it stands with a peer; times are of the clock handed in.

    ``messages_in`` and ``messages_out`` count since the peer was made; UPDATEs out are those said to ``told``.
    """

    state: State
    since: float
    up_since: float | None
    last_error: str
    last_error_at: float | None
    last_sent: Notification | None
    last_received: Notification | None
    next_retry: float | None
    """When we try again by ourselves, None if we don't or are at it."""
    negotiated: Negotiated | None
    conn: int | None
    messages_in: int
    messages_out: int
    connect_retry_counter: int
    down_since: float | None = None
    """When it was told to stay down, which lasts; None if it is to be up."""
    held_down: bool = False
    """That was for too many prefixes; ``next_retry`` says for how long, None for good."""
