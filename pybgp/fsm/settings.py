"""What one session must know before it can start; ``speaker.peers`` makes it from the configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..addresses import Family
from ..messages.context import PeerKind


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilySettings:
    """What to offer for one family."""

    add_path_receive: bool = False
    add_path_send: bool = False
    extended_next_hop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionSettings:
    """The optional and mandatory session attributes of RFC 4271 §8.1 and of the capabilities we offer.

    Times are in seconds. ``remote_as`` is None when any AS of ``kind`` will do (``remote_as = "external"``).
    ``keepalive_time`` None is a third of the negotiated hold time; ``send_hold_time`` None is the larger of 480 s
    and twice the negotiated hold time, 0 is off (RFC 9687).
    """

    name: str
    local_as: int
    router_id: bytes
    remote_as: int | None = None
    kind: PeerKind = PeerKind.INTERNAL
    passive: bool = False
    hold_time: int = 90
    keepalive_time: int | None = None
    connect_retry_time: float = 120
    idle_hold_time: float = 5
    idle_hold_time_max: float = 120
    delay_open_time: float = 0
    send_hold_time: float | None = None
    damp_peer_oscillations: bool = True
    collision_detect_established: bool = False
    send_notification_without_open: bool = True
    families: Mapping[Family, FamilySettings] = field(default_factory=lambda: {Family.IPV4_UNICAST: FamilySettings()})
    route_refresh: bool = True
    enhanced_refresh: bool = True
    extended_messages: bool = True
    four_octet_as: bool = True
    graceful_restart: str = "helper"
    """"off", "helper" (offer the capability without families to keep) or "both"."""
    restart_time: int = 90
    restarting: bool = False
    """Set the Restart State bit: we have just restarted (RFC 4724 §3)."""
    forwarding_preserved: frozenset[Family] = frozenset()
    notification_gr: bool = True
    """Set the N bit (RFC 8538) when graceful restart is offered."""
    role: int | None = None
    """Our BGP Role (RFC 9234), None for none."""
    role_strict: bool = False
    same_domain: bool = False
    """An external peer is one of our own administration (``messages.context``)."""
    host_name: str | None = None
    """For the FQDN capability, None sends none."""
    required_families: frozenset[Family] = frozenset()
    """Families without which the session is refused (2/7)."""
