"""The OPEN we send: what the settings say, as capabilities in one optional parameter (RFC 4271 §4.2, RFC 5492 §4)."""

from __future__ import annotations

from collections.abc import Iterator

from ..addresses import Family
from ..constants import AS_TRANS, BGP_VERSION, Afi
from ..messages.capabilities import (
    AddPath,
    AddPathMode,
    Capability,
    EnhancedRouteRefresh,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    MultiProtocol,
    Role,
    RouteRefresh,
)
from ..messages.context import PeerKind
from ..messages.open import Open
from .settings import FamilySettings, SessionSettings


def open_message(settings: SessionSettings, *, plain: bool = False) -> Open:
    """Our OPEN; ``plain`` leaves all capabilities out, for a peer that chokes on them."""
    my_as = settings.local_as if settings.local_as <= 0xFFFF else AS_TRANS
    capabilities = () if plain else tuple(_capabilities(settings))
    return Open(BGP_VERSION, my_as, settings.hold_time, settings.router_id, capabilities)


def can_do_without_capabilities(settings: SessionSettings) -> bool:
    """Would a session without capabilities be what the operator asked for, only poorer?

    It carries IPv4 unicast and AS numbers of two octets, so both must be enough.
    """
    return (
        Family.IPV4_UNICAST in settings.families
        and settings.required_families <= {Family.IPV4_UNICAST}
        and settings.local_as <= 0xFFFF
        and (settings.remote_as is None or settings.remote_as <= 0xFFFF)
        and not settings.role_strict
    )


def _capabilities(settings: SessionSettings) -> Iterator[Capability]:
    for family in settings.families:
        yield MultiProtocol(family)
    if settings.route_refresh:
        yield RouteRefresh()
    next_hops = tuple((family, Afi.IPV6.value) for family, wish in settings.families.items() if wish.extended_next_hop)
    if next_hops:
        yield ExtendedNextHop(next_hops)
    if settings.extended_messages:
        yield ExtendedMessage()
    if settings.role is not None and settings.kind is PeerKind.EXTERNAL:  # RFC 9234 §4: between ASes only
        yield Role(settings.role)
    if settings.graceful_restart != "off":
        yield _graceful_restart(settings)
    if settings.four_octet_as:
        yield FourOctetAs(settings.local_as)
    add_path = tuple((family, _mode(wish)) for family, wish in settings.families.items() if _mode(wish))
    if add_path:
        yield AddPath(add_path)
    if settings.enhanced_refresh:
        yield EnhancedRouteRefresh()
    if settings.host_name is not None:
        yield Fqdn(settings.host_name)


def _graceful_restart(settings: SessionSettings) -> GracefulRestart:
    """Without families it only says that we send End-of-RIB and help others (RFC 4724 §3)."""
    restarts = settings.graceful_restart == "both"
    kept = settings.forwarding_preserved
    return GracefulRestart(
        restarting=restarts and settings.restarting,
        notification=settings.notification_gr,
        restart_time=settings.restart_time,
        families=tuple((family, family in kept) for family in settings.families) if restarts else (),
    )


def _mode(wish: FamilySettings) -> AddPathMode:
    mode = AddPathMode(0)
    if wish.add_path_receive:
        mode |= AddPathMode.RECEIVE
    if wish.add_path_send:
        mode |= AddPathMode.SEND
    return mode
