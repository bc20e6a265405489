"""What a running speaker tells about itself: plain values for ``control.queries``, the library and the tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from ..addresses import Family
from ..messages.attributes.block import Block
from ..routes import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyCounters:
    """Routes of one family with one peer: kept as they change, never counted for the question."""

    received: int = 0
    accepted: int = 0
    advertised: int = 0
    stale: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerStatus:
    """One peer; times are of the clock that the core is driven with."""

    name: str
    address: str
    description: str
    group: str
    """The ``peer_groups`` entry it takes its values from, "" for none."""
    enabled: bool
    """Is it to be up."""
    switched: bool
    """Whether that was said by hand, and not by the configuration."""
    remote_as: int | None
    local_as: int
    internal: bool
    client: bool
    dynamic: bool
    state: str
    """RFC 4271 names in lower case: "idle", "connect", "active", "open_sent", "open_confirm", "established"."""
    since: float
    """When the state was entered."""
    uptime: float | None
    """Seconds since Established."""
    router_id: str | None
    hold_time: float | None
    keepalive_time: float | None
    last_error: str
    """Why the last session ended, "" if none did."""
    last_error_at: float | None
    last_notification: str | None
    """The last NOTIFICATION that the peer sent, in words, with its operator's message (RFC 9003)."""
    next_retry: float | None
    """When we try again, while Idle."""
    messages_in: int
    messages_out: int
    update_errors: int
    update_errors_by_kind: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """What was wrong with its UPDATEs: by attribute ("MULTI_EXIT_DISC", "-" for none), then by what it cost
    ("discard", "treat-as-withdraw", "reset")."""
    confederation: bool = False
    """In another member AS of our confederation (RFC 5065)."""
    role: str | None = None
    """Ours towards the peer (RFC 9234); the peer's own word is among its capabilities."""
    local_address: str | None = None
    """Ours of the session, None without one."""
    import_policy: str = "accept"
    export_policy: str = "accept"
    """The lists of policies in use, as ``pybgp show policies`` names them."""
    max_prefixes: int | None = None
    """The limit for each family."""
    capabilities: tuple[str, ...] = ()
    families: Mapping[Family, FamilyCounters] = field(default_factory=dict)
    add_path: Mapping[Family, str] = field(default_factory=dict)
    """"receive", "send", "both" where negotiated."""
    graceful_restart: str = "none"
    """"none", "helper" (we keep the peer's routes), "waiting" (we are keeping them now)."""
    down: str = ""
    """Who keeps it down: "configuration" (``enabled = false``), "by_hand" (``disable``), "max_prefixes" (until
    ``next_retry``; None: until somebody enables it), "" for nobody."""
    down_since: float | None = None
    behind: int = 0
    """Prefixes the peer has not been told the newest of (slow, or just joined)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteView:
    """One candidate of a prefix, or one route as a peer is told it."""

    family: Family
    key: bytes
    source: Source
    path_id: int
    block: Block
    """The attributes: as accepted, as received where nothing was accepted, or as sent for an advertised one."""
    best: bool
    reason: str
    """Why it is not eligible, "" if it is."""
    stale: bool = False
    damped_until: float | None = None
    """When a damped route is used again if it stays as it is (RFC 2439)."""
    rpki: str | None = None
    """"valid", "invalid", "not_found" (RFC 6811); None without ROAs."""
    labels: bytes = b""
    """What the NLRI has besides the key, in families with labels."""
    to: str | None = None
    """For an advertised route, the peer that is told."""


RouteDirection = Literal["received", "best", "advertised"]
