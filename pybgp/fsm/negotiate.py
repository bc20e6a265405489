"""Two OPENs become one understanding: what this session may carry (RFC 4271 §6.2 and the capabilities' RFCs)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ..addresses import Family, address_text
from ..constants import AS_TRANS, BGP_VERSION, MAX_EXTENDED_MESSAGE
from ..errors import (
    BadBgpIdentifier,
    BadPeerAs,
    RoleMismatch,
    UnacceptableHoldTime,
    UnsupportedCapability,
    UnsupportedVersionNumber,
)
from ..messages.capabilities import (
    Capability,
    EnhancedRouteRefresh,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    MultiProtocol,
    Role,
    RouteRefresh,
)
from ..messages.capabilities import registry as capability_registry
from ..messages.capabilities.role import ALLOWED_PAIRS, role_name
from ..messages.context import Context, PeerKind
from ..messages.open import Open
from ..messages.overheard import context_of
from .settings import SessionSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerRestart:
    """What the peer's graceful restart capability promises, where we offered it as well (RFC 4724 §3, RFC 8538)."""

    restart_time: int
    """Seconds the peer's restart may take."""
    families: Mapping[Family, bool]
    """Families to keep, and whether forwarding state was kept (F); empty: the peer only sends End-of-RIB."""
    restarting: bool
    """It has just restarted (R) and may not wait for our End-of-RIB."""
    notification: bool
    """Both sides set N: NOTIFICATIONs and hold timer expiry count as graceful, but for Hard Reset."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Negotiated:
    """What both sides can do; times are in seconds.

    ``hold_time`` and ``keepalive_time`` are both 0 where either side offered a hold time of 0: no timers.
    ``route_refresh``: the peer answers requests; ``answers_refresh``: we said that we do. ``extended_messages``: both
    sides take large messages (``context`` has it by direction).
    """

    kind: PeerKind
    remote_as: int
    remote_router_id: bytes
    hold_time: float
    keepalive_time: float
    context: Context
    four_octet_as: bool
    extended_messages: bool
    route_refresh: bool
    answers_refresh: bool
    enhanced_refresh: bool
    graceful_restart: PeerRestart | None
    local_role: int | None = None
    """Our BGP Role where the peer sent one, too (RFC 9234)."""
    remote_role: int | None = None
    host_name: str | None = None
    """As the peer calls itself (FQDN capability)."""
    capabilities: tuple[Capability, ...] = ()
    """The peer's, as they came."""

    @property
    def families(self) -> frozenset[Family]:
        """Both sides offered them; may be empty."""
        return self.context.families

    @property
    def add_path_receive(self) -> frozenset[Family]:
        """Families whose NLRI have path identifiers towards us."""
        return self.context.add_path_receive

    @property
    def add_path_send(self) -> frozenset[Family]:
        """Families whose NLRI have path identifiers towards the peer."""
        return self.context.add_path_send


def negotiate(settings: SessionSettings, sent: Open, received: Open, *, loopback: bool = False) -> Negotiated:
    """What our OPEN and the peer's come to; ``loopback``: the connection runs over loopback addresses.

    Raises:
        UnsupportedVersionNumber: not version 4.
        BadPeerAs: not the AS we expect.
        BadBgpIdentifier: 0, or ours on an internal session.
        UnacceptableHoldTime: 1 or 2 seconds.
        RoleMismatch: roles that don't fit, or none though we insist on one (RFC 9234 §4.2).
        UnsupportedCapability: a family that we require is missing.
    """
    _check_peer(settings, received)
    remote_role = _check_role(settings, received)
    context = context_of(received, sent, kind=settings.kind, loopback=loopback)
    if settings.same_domain:
        context = replace(context, same_domain=True)
    _check_required(settings.required_families - context.families)
    hold_time = min(sent.hold_time, received.hold_time)
    name = received.find(Fqdn)
    return Negotiated(
        kind=settings.kind,
        remote_as=received.asn,
        remote_router_id=received.router_id,
        hold_time=float(hold_time),
        keepalive_time=_keepalive_time(settings, hold_time),
        context=context,
        four_octet_as=context.four_octet_as,
        extended_messages=context.max_send == context.max_receive == MAX_EXTENDED_MESSAGE,
        route_refresh=received.find(RouteRefresh) is not None,
        answers_refresh=sent.find(RouteRefresh) is not None,
        enhanced_refresh=_both(sent, received, EnhancedRouteRefresh),
        graceful_restart=_restart(sent, received),
        local_role=settings.role if remote_role is not None else None,
        remote_role=remote_role,
        host_name=name.host_name if name is not None else None,
        capabilities=received.capabilities,
    )


def _check_peer(settings: SessionSettings, received: Open) -> None:
    """RFC 4271 §6.2: version, AS, hold time, identifier; the codec has looked, but OPENs may be made by hand."""
    if received.version != BGP_VERSION:
        raise UnsupportedVersionNumber(
            f"version {received.version}, expected {BGP_VERSION}", data=BGP_VERSION.to_bytes(2)
        )
    _check_as(settings, received)
    if received.hold_time in (1, 2):
        raise UnacceptableHoldTime(
            f"hold time {received.hold_time} s, expected 0 or 3..65535 s", data=received.hold_time.to_bytes(2)
        )
    if not any(received.router_id):
        raise BadBgpIdentifier("BGP Identifier 0.0.0.0")
    if received.router_id == settings.router_id and settings.kind is PeerKind.INTERNAL:  # RFC 6286 §2.2
        raise BadBgpIdentifier(f"BGP Identifier {address_text(received.router_id)} is ours")


def _check_as(settings: SessionSettings, received: Open) -> None:
    remote_as, true_as = received.asn, received.find(FourOctetAs)
    if not remote_as or not received.my_as:
        raise BadPeerAs("AS 0 is reserved (RFC 7607)")
    if true_as is not None and received.my_as not in (true_as.asn, AS_TRANS):
        raise BadPeerAs(f"My AS {received.my_as}, but four-octet AS {true_as.asn}: expected the same, or {AS_TRANS}")
    if settings.remote_as is not None:
        if remote_as != settings.remote_as:
            raise BadPeerAs(f"AS {remote_as}, expected {settings.remote_as}")
        return
    if remote_as == AS_TRANS:
        raise BadPeerAs(f"AS {AS_TRANS} stands for any other (RFC 6793), expected the peer's own")
    if (remote_as == settings.local_as) != (settings.kind is PeerKind.INTERNAL):
        expected = "ours" if settings.kind is PeerKind.INTERNAL else "another than ours"
        raise BadPeerAs(f"AS {remote_as}, expected {expected}")


def _check_role(settings: SessionSettings, received: Open) -> int | None:
    """The peer's role, None if it sent none or the session is internal (RFC 9234 §4.2)."""
    if settings.kind is PeerKind.INTERNAL:
        return None
    roles = {role.role for role in received.find_all(Role)}
    if len(roles) > 1:
        names = ", ".join(str(role_name(role)) for role in sorted(roles))
        raise RoleMismatch(f"the peer says several roles at once ({names}), expected one (RFC 9234 §4.2)")
    if settings.role is None:
        return next(iter(roles), None)
    if not roles:
        if settings.role_strict:
            raise RoleMismatch(
                f"the peer says no role, which role_strict asks for (RFC 9234 §4.2); {_ours(settings.role)}"
            )
        return None
    remote = roles.pop()
    if (settings.role, remote) not in ALLOWED_PAIRS:
        raise RoleMismatch(
            f"the peer's role is {role_name(remote)}, which does not fit (RFC 9234 §4.2); {_ours(settings.role)}"
        )
    return remote


def _ours(role: int) -> str:
    """Our role, and which the peer's must be, in the words of the configuration."""
    (fits,) = (theirs for ours, theirs in ALLOWED_PAIRS if ours == role)
    return f"ours is {role_name(role)}, so it must be {role_name(fits)}"


def _check_required(missing: frozenset[Family]) -> None:
    if missing:
        names = ", ".join(str(family) for family in sorted(missing))
        wanted = capability_registry.encode(MultiProtocol(family) for family in sorted(missing))
        raise UnsupportedCapability(f"family {names} is required and was not offered", data=wanted)


def _keepalive_time(settings: SessionSettings, hold_time: int) -> float:
    """A third of the hold time, or less if so configured; 0 without a hold time (RFC 4271 §4.4)."""
    third = hold_time / 3
    return third if settings.keepalive_time is None else min(settings.keepalive_time, third)


def _both(sent: Open, received: Open, kind: type[Capability]) -> bool:
    return sent.find(kind) is not None and received.find(kind) is not None


def _restart(sent: Open, received: Open) -> PeerRestart | None:
    ours, theirs = sent.find(GracefulRestart), received.find(GracefulRestart)
    if ours is None or theirs is None:
        return None
    return PeerRestart(
        restart_time=theirs.restart_time,
        families=dict(theirs.families),
        restarting=theirs.restarting,
        notification=ours.notification and theirs.notification,
    )
