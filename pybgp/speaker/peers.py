"""One peer as the core sees it: its configuration, its state machine, where its routes go.

Everything here is bookkeeping; rules are in ``fsm``, ``policy`` and ``rib``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from ..addresses import Family, address_octets, parse_router_id
from ..config import resolved
from ..config.model import FamilyConfig, GracefulRestartConfig, PeerConfig, SpeakerConfig
from ..fsm.negotiate import Negotiated
from ..fsm.peer import PeerFsm
from ..fsm.settings import FamilySettings, SessionSettings
from ..messages.capabilities.role import BgpRole
from ..messages.context import PeerKind
from ..routes import Source, SourceKind
from .alarm import Alarm, At
from .damage import Damage
from .damping import PeerDamping
from .outputs import TransportOptions

if TYPE_CHECKING:
    from ..policy.chain import Policy
    from ..rib.backlog import Member
    from ..rib.groups import UpdateGroup
    from ..rib.targets import Targets
    from .renewal import Renewal

IBGP_TTL = 64


@dataclass(frozen=True, slots=True)
class Policies:
    """A peer's two chains, compiled."""

    imports: Policy
    exports: Policy
    missing: bool = False
    """An external peer without policy: nothing passes (RFC 8212)."""


class Refreshing(NamedTuple):
    """An enhanced refresh under way (RFC 7313 §4): the epochs that its BoRRs have begun."""

    first: int
    """Which refresh it is: a BoRR within it starts it again, but not its time."""
    last: int
    """Epochs below this are swept at its end."""


class Peer:
    """A configured or dynamic peer for as long as it is configured (or, if dynamic, connected)."""

    __slots__ = (
        "_epochs",
        "address",
        "alarm",
        "config",
        "damage",
        "damping",
        "dynamic",
        "epoch",
        "fsm",
        "kind",
        "local_address",
        "members",
        "name",
        "negotiated",
        "octets",
        "policies",
        "received_end_of_rib",
        "refreshing",
        "remote_address",
        "renewals",
        "source",
        "speaker",
        "stale_before",
        "stale_deadline",
        "targets",
        "tells_default_target",
        "to_refresh",
        "waiting",
        "warned",
    )

    def __init__(
        self,
        config: PeerConfig,
        speaker: SpeakerConfig,
        policies: Policies,
        *,
        conn_ids: Iterator[int],
        epochs: Iterator[int],
        random: Random,
        now: float,
        at: At,
        wake: Callable[[Peer, float], None],
        dynamic: str | None = None,
        restarting: bool = False,
        preserved: frozenset[Family] = frozenset(),
    ) -> None:
        self.config = config
        self.speaker = speaker
        self.policies = policies
        self.dynamic = dynamic  # the prefix it was accepted from
        self.address = config.address
        self.octets = address_octets(config.address)
        self.name = resolved.name(config)
        self.kind = resolved.kind(config, speaker)
        self.fsm = PeerFsm(
            session_settings(config, speaker, restarting=restarting, preserved=preserved),
            conn_ids=conn_ids,
            random=random,
            since=now,
        )
        self.alarm = Alarm(at, lambda now: wake(self, now))  # for the state machine's next deadline
        self._epochs = epochs  # of all peers together, so that no number ever means two sessions
        self.epoch = 0  # of the latest session or enhanced refresh
        self.source: Source | None = None  # of the Established session
        self.negotiated: Negotiated | None = None
        self.local_address = ""  # of the Established session
        self.remote_address = ""
        self.members: dict[Family, tuple[UpdateGroup, Member]] = {}
        self.received_end_of_rib: set[Family] = set()  # of this session
        self.to_refresh: set[Family] = set()  # families to ask for when End-of-RIB has come
        self.refreshing: dict[Family, Refreshing] = {}  # enhanced refreshes under way
        self.waiting: set[Family] = set()  # families whose stale routes we keep (RFC 4724)
        self.renewals: dict[Family, Renewal] = {}  # of the same, once it has returned
        self.stale_before = 0  # paths of an earlier epoch are stale
        self.stale_deadline: float | None = None
        self.targets: Targets | None = None  # that it has asked for, if it says so (RFC 4684)
        self.tells_default_target = False  # we ask it for all VPN routes
        self.damage = Damage()
        self.damping: PeerDamping | None = None  # while it is configured
        self.warned: set[str] = set()  # what was said once and need not be said again

    @property
    def internal(self) -> bool:
        return self.kind is PeerKind.INTERNAL

    @property
    def local_as(self) -> int:
        """Our AS number towards the peer."""
        return resolved.local_as(self.config, self.speaker)

    @property
    def role(self) -> BgpRole | None:
        """Ours towards the peer (RFC 9234)."""
        return role_of(self.config)

    @property
    def cluster_id(self) -> bytes:
        """What we reflect its routes with (RFC 4456 §7)."""
        return parse_router_id(self.config.cluster_id or self.speaker.cluster_id or self.speaker.router_id)

    @property
    def graceful(self) -> GracefulRestartConfig:
        return self.config.graceful_restart or self.speaker.graceful_restart

    @property
    def is_damped(self) -> bool:
        """Are its flaps to be damped (RFC 2439)? Only those of external peers."""
        return self.config.damping and self.kind is PeerKind.EXTERNAL

    @property
    def located(self) -> bool:
        """Do we know its address? That of an unnumbered peer is learned."""
        return self.config.unnumbered is None or self.address != self.config.address

    @property
    def established(self) -> bool:
        return self.source is not None

    def open_source(self, negotiated: Negotiated, remote_address: str, interface: str) -> Source:
        """A new session begins: its routes carry a new epoch. ``interface`` is that of a link shared with the peer."""
        self.epoch = next(self._epochs)
        self.negotiated = negotiated
        self.source = Source(
            kind=SourceKind.BGP,
            name=self.name,
            peer_kind=self.kind,
            address=address_octets(remote_address),
            router_id=negotiated.remote_router_id,
            remote_as=negotiated.remote_as,
            client=self.config.route_reflector_client,
            cluster_id=self.cluster_id if self.config.route_reflector_client else b"",
            group=self.config.group or "",
            interface=interface,
            honors_blackhole=self.config.honor_blackhole,
            epoch=self.epoch,
        )
        return self.source

    def next_epoch(self) -> Source | None:
        """An enhanced refresh begins: what the peer does not send again is of an earlier epoch."""
        if self.source is not None:
            self.epoch = next(self._epochs)
            self.source = replace(self.source, epoch=self.epoch)
        return self.source

    def transport_options(self, password: str | None) -> TransportOptions:
        """RFC 5082 for ``ttl_security``; otherwise directly connected external peers get TTL 1 (SEC-04)."""
        config = self.config
        if config.ttl_security:
            ttl, min_ttl = 255, 256 - config.ttl_security
        elif config.multihop:
            ttl, min_ttl = config.multihop, 0
        else:
            ttl, min_ttl = (IBGP_TTL if self.internal else 1), 0
        return TransportOptions(
            local_address=config.local_address,
            interface=config.interface or (config.address.partition("%")[2] or None),
            ttl=ttl,
            min_ttl=min_ttl,
            dscp=config.dscp,
            user_timeout=config.tcp_user_timeout,
            password=password,
        )


def remote_as(config: PeerConfig, speaker: SpeakerConfig) -> int | None:
    """The AS number the peer must have; None is "any external one"."""
    if config.remote_as == "external":
        return None
    if config.remote_as == "internal" or config.remote_as is None:
        return config.local_as or speaker.local_as
    return config.remote_as


def role_of(config: PeerConfig) -> BgpRole | None:
    return BgpRole[config.role.upper()] if config.role is not None else None


def families_of(config: PeerConfig, speaker: SpeakerConfig) -> Mapping[Family, FamilyConfig]:
    return config.families if config.families is not None else speaker.families


def session_settings(
    config: PeerConfig, speaker: SpeakerConfig, *, restarting: bool = False, preserved: frozenset[Family] = frozenset()
) -> SessionSettings:
    """What the state machine must know, from what the operator wrote."""
    graceful = resolved.graceful_restart(config, speaker)
    timers = config.timers
    families = families_of(config, speaker)
    return SessionSettings(
        name=resolved.name(config),
        local_as=resolved.local_as(config, speaker),
        router_id=parse_router_id(speaker.router_id),
        remote_as=remote_as(config, speaker),
        kind=resolved.kind(config, speaker),
        passive=config.passive,
        hold_time=config.hold_time,
        keepalive_time=config.keepalive_time,
        connect_retry_time=timers.connect_retry,
        idle_hold_time=timers.idle_hold,
        idle_hold_time_max=timers.idle_hold_max,
        delay_open_time=timers.delay_open,
        send_hold_time=timers.send_hold,
        families={
            family: FamilySettings(
                add_path_receive=item.add_path in ("receive", "both"),
                add_path_send=item.add_path in ("send", "both"),
                extended_next_hop=item.extended_next_hop or config.unnumbered is not None,
            )
            for family, item in families.items()
        },
        graceful_restart=graceful.role,
        restart_time=graceful.restart_time or 0,
        restarting=restarting and graceful.role == "both",
        forwarding_preserved=preserved,
        role=role_of(config),
        role_strict=config.role_strict,
        same_domain=config.same_domain,
    )
