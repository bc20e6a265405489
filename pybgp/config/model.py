"""What the operator asked for, as frozen values; the defaults live here and nowhere else.

A field is spelled like its key in the TOML file (``docs/reference/configuration.md``). ``SpeakerConfig`` is what a
library user gives to ``Speaker``; ``NodeConfig`` adds the tables of the daemon's shells. Times are in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Final, Literal

from ..addresses import Family
from ..rib.damping import DampingRules
from ..rib.preference import Preference

AddPath = Literal["off", "receive", "send", "both"]
RouteType = Literal["unicast", "blackhole", "unreachable", "prohibit"]
NextHopMode = Literal["auto", "self", "self_all", "keep"]
LocalAsMode = Literal["replace_as", "no_prepend", "prepend"]
RemovePrivateAs = Literal["off", "only", "all", "replace"]
Role = Literal["provider", "rs", "rs_client", "customer", "peer"]

UNNUMBERED: Final = "fe80::"
"""With an interface behind it, the address of whoever is the router at the other end of that link."""

UNICAST: Final = (Family.IPV4_UNICAST, Family.IPV6_UNICAST)
"""What every speaker has tables for, and what a kernel can have."""
FAMILIES: Final = (
    *UNICAST,
    Family.IPV4_LABELED_UNICAST,
    Family.IPV6_LABELED_UNICAST,
    Family.IPV4_VPN,
    Family.IPV6_VPN,
    Family.L2VPN_EVPN,
    Family.L2VPN_VPLS,
    Family.ROUTE_TARGET,
    Family.IPV4_FLOWSPEC,
    Family.IPV6_FLOWSPEC,
)
"""What a speaker can have tables for, of all that ``pybgp.messages`` can read and write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyConfig:
    """One family of a peer."""

    add_path: AddPath = "off"
    add_path_limit: int | None = None
    """Send so many of the best paths; None is all."""
    extended_next_hop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TimersConfig:
    connect_retry: float = 120
    idle_hold: float = 5
    idle_hold_max: float = 120
    delay_open: float = 0
    mrai: float = 0
    send_hold: float | None = None
    """None: the larger of 480 and twice the negotiated hold time; 0: off (RFC 9687)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GracefulRestartConfig:
    """RFC 4724, 8538 and 9494."""

    role: Literal["off", "helper", "both"] = "helper"
    restart_time: int | None = None
    """0..4095; None is the smaller of 120 and the hold time."""
    stale_time: float = 360
    deferral_time: float = 360
    absent_time: float = 10
    keep_stale: bool = False
    long_lived_time: int = 0
    on_stop: Literal["cease", "close"] = "cease"


@dataclass(frozen=True, slots=True, kw_only=True)
class MaxPrefixesConfig:
    limit: int
    warn: int | None = None
    action: Literal["warn", "restart", "shut"] = "shut"
    restart_time: float = 300
    count: Literal["received", "accepted"] = "received"
    """What counts: all that the peer sends, or what import policy accepts of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretConfig:
    """A secret that is never in the file itself: exactly one of ``file`` and ``env`` (or ``value``, library only)."""

    file: str | None = None
    env: str | None = None
    value: str | None = field(default=None, repr=False)


PolicyRef = str | Callable[..., Any]
"""A policy's name, "accept", "reject", "module:function", or (library) the function itself."""


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """One peer. ``remote_as`` is a number, "external" or "internal"."""

    address: str
    _: KW_ONLY
    remote_as: int | Literal["external", "internal"] | None = None
    name: str | None = None
    description: str = ""
    """For people."""
    group: str | None = None
    local_as: int | None = None
    local_as_mode: LocalAsMode = "replace_as"
    port: int = 179
    passive: bool = False
    enabled: bool = True
    local_address: str | None = None
    interface: str | None = None
    multihop: int = 0
    ttl_security: int = 0
    hold_time: int = 90
    keepalive_time: int | None = None
    password: SecretConfig | None = None
    families: Mapping[Family, FamilyConfig] | None = None
    """None: the speaker's ``families``."""
    route_reflector_client: bool = False
    cluster_id: str | None = None
    """Of a client; None: the speaker's."""
    import_policy: Sequence[PolicyRef] | None = None
    """None: accept on iBGP, nothing on eBGP (RFC 8212)."""
    export_policy: Sequence[PolicyRef] | None = None
    next_hop: NextHopMode = "auto"
    best_external: bool = False
    orr: PolicyRef | None = None
    """(peer's name, next hop) → cost, None if unreachable: "module:function", or (library) the function itself."""
    enforce_first_as: bool = True
    validate_flowspec: bool = True
    """Flow specifications count only as RFC 8955 §6 and RFC 9117 §4 let them."""
    default_route_target: bool = True
    """May the peer be told the default membership, which asks it for all VPN routes (RFC 4684 §4)?"""
    allowas_in: int = 0
    default_originate: bool = False
    """Tell the peer a default route that need not be in the table."""
    as_override: bool = False
    remove_private_as: RemovePrivateAs = "off"
    role: Role | None = None
    """What we are to the peer (RFC 9234)."""
    role_strict: bool = False
    route_server_client: bool = False
    same_domain: bool = False
    honor_graceful_shutdown: bool = True
    honor_blackhole: bool = False
    max_as_path_length: int | None = None
    max_communities: int | None = None
    damping: bool = False
    dscp: int = 48
    """0..63; 48 is CS6, internetwork control."""
    tcp_user_timeout: float = 0
    """RFC 5482; 0: the kernel's."""
    max_prefixes: MaxPrefixesConfig | None = None
    timers: TimersConfig = field(default_factory=TimersConfig)
    graceful_restart: GracefulRestartConfig | None = None
    """None: the speaker's."""

    @property
    def unnumbered(self) -> str | None:
        """The interface on which router advertisements tell the peer's address, None for a peer with an address."""
        address, _, zone = self.address.partition("%")
        return (zone or self.interface) if address == UNNUMBERED else None


@dataclass(frozen=True, slots=True)
class DynamicPeersConfig:
    """Accept sessions from any address in ``prefix``; ``template`` holds every other key (its address is empty)."""

    prefix: str
    _: KW_ONLY
    template: PeerConfig
    name: str | None = None
    limit: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionConfig:
    always_compare_med: bool = False
    missing_med_as_worst: bool = False
    as_path_ignore: bool = False
    as_path_relax: bool = False
    prefer_oldest: bool = False
    """RFC 5004; off: the order of arrival never matters."""
    max_paths_ebgp: int = 1
    max_paths_ibgp: int = 1
    link_bandwidth: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchConfig:
    """Conditions of a term; all that are set must hold. Sets are named, sources are "local", "kernel", "bgp".

    Numbers may be ranges: "ge 100", "le 200", "ge 100 le 200".
    """

    prefix_set: str | None = None
    as_path_set: str | None = None
    community_set: str | None = None
    prefix: tuple[str, ...] | None = None
    """What a set has, written here; so ``as_path`` and ``community``."""
    as_path: tuple[str, ...] | None = None
    community: tuple[str, ...] | None = None
    source: tuple[str, ...] | None = None
    family: tuple[Family, ...] | None = None
    next_hop: tuple[str, ...] | None = None
    """Prefixes, one of which holds the next hop."""
    peer: tuple[str, ...] | None = None
    """Names or addresses of the peers the route came from."""
    peer_group: tuple[str, ...] | None = None
    """Groups of the peers the route came from."""
    local_pref: int | str | None = None
    med: int | str | None = None
    origin: Literal["igp", "egp", "incomplete"] | None = None
    as_path_length: int | str | None = None
    """As the decision counts it (RFC 4271 §9.1.2.2 a)."""
    community_count: int | str | None = None
    """Communities of all kinds together."""
    rpki: Literal["valid", "invalid", "not_found"] | None = None
    """RFC 6811 §2."""
    exists: str | None = None
    """A prefix set: the Loc-RIB has a prefix of it; ``not_exists``: it has none."""
    not_exists: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetConfig:
    """Changes of a term, applied in the order of the fields. The last three only in ``fib.export_policy``."""

    local_pref: int | None = None
    med: int | str | None = None
    """A number, or a change of it: "+10", "-10"."""
    origin: Literal["igp", "egp", "incomplete"] | None = None
    next_hop: str | None = None
    """An address; "self": ours on the session; "peer": that of the peer it came from; "keep": as it is."""
    remove_as: tuple[int | Literal["private", "all"], ...] = ()
    """ASes that go out of the path."""
    replace_as: tuple[int | Literal["private", "all"], ...] = ()
    """ASes of the path that our own takes the place of."""
    prepend: tuple[int | Literal["self", "last_as"], ...] = ()
    """The first one leftmost; "self" is our own AS, "last_as" the first one of the path."""
    communities: tuple[str, ...] | None = None
    remove_communities: tuple[str, ...] = ()
    add_communities: tuple[str, ...] = ()
    device: str | None = None
    onlink: bool = False
    metric: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TermConfig:
    action: Literal["accept", "reject", "next"]
    term: str = ""
    match: MatchConfig = field(default_factory=MatchConfig)
    set: SetConfig = field(default_factory=SetConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySets:
    """The named sets that terms refer to, as written: ``"10.0.0.0/8 ge 16 le 32"``, ``"^65001_"``, ``"65001:*"``."""

    prefix_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    as_path_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    community_sets: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NextHopConfig:
    """One of several next hops of a route of our own."""

    address: str
    _: KW_ONLY
    weight: int = 1
    """Its part of the traffic, 1..256."""


@dataclass(frozen=True, slots=True)
class RouteConfig:
    """A route of our own: announced, and programmed where ``fib.export_policy`` lets it. Or a flow specification."""

    prefix: str
    _: KW_ONLY
    type: RouteType = "unicast"
    next_hop: str | None = None
    next_hops: tuple[NextHopConfig, ...] = ()
    """Instead of ``next_hop``: several that share the traffic."""
    while_reachable: bool = True
    """Off: announced also while none of the next hops can be reached."""
    preference: int | None = None
    """None: ``preference.own``."""
    local_pref: int | None = None
    med: int | None = None
    communities: tuple[str, ...] = ()
    family: Literal["ipv4-flowspec", "ipv6-flowspec"] | None = None
    """Of a flow specification; None: the one whose addresses it has, IPv4's if it has none."""
    then: tuple[str, ...] = ()
    """What is done with the packets of a flow specification: "discard", "traffic-rate:125000" (``flow_actions``)."""

    @property
    def is_flow(self) -> bool:
        """Is ``prefix`` a flow specification ("destination 10.0.0.0/8 protocol =17")?"""
        return " " in self.prefix


@dataclass(frozen=True, slots=True)
class AggregateConfig:
    """Announced while a more specific route is in the Loc-RIB (RFC 4271 §9.2.2.2)."""

    prefix: str
    _: KW_ONLY
    suppress: bool = False
    as_set: bool = False
    """Off as RFC 6472 asks; on, it takes the contributors' communities over too."""
    blackhole: bool = True
    communities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RpkiCacheConfig:
    address: str
    _: KW_ONLY
    port: int = 323
    preference: int = 100
    """Lower is better (RFC 8210 §10)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RpkiConfig:
    """Origin validation (RFC 6811); nothing comes of it until a policy asks for it."""

    caches: tuple[RpkiCacheConfig, ...] = ()
    roas: tuple[str, ...] = ()
    """``"192.0.2.0/24 le 28 as 65001"``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfederationConfig:
    """RFC 5065: ``local_as`` is one member AS of several, which outside are one AS, ``identifier``."""

    identifier: int
    members: tuple[int, ...] = ()
    """The other member ASes; ours may be among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeakerConfig:
    """One BGP instance. ``router_id`` and ``cluster_id`` are dotted quads; "auto" is resolved by the daemon."""

    local_as: int
    router_id: str
    cluster_id: str | None = None
    """None: the router id."""
    confederation: ConfederationConfig | None = None
    listen: tuple[str, ...] = ("0.0.0.0:179", "[::]:179")
    default_local_pref: int = 100
    client_to_client_reflection: bool = True
    """Off where the clients have a full mesh among themselves (RFC 4456 §7)."""
    families: Mapping[Family, FamilyConfig] = field(default_factory=lambda: {Family.IPV4_UNICAST: FamilyConfig()})
    decision: DecisionConfig = field(default_factory=DecisionConfig)
    preference: Preference = field(default_factory=Preference)
    graceful_restart: GracefulRestartConfig = field(default_factory=GracefulRestartConfig)
    peers: Sequence[PeerConfig] = ()
    peer_groups: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    """As written; ``peers`` are already merged with theirs."""
    dynamic_peers: tuple[DynamicPeersConfig, ...] = ()
    sets: PolicySets = field(default_factory=PolicySets)
    policies: Mapping[str, tuple[TermConfig, ...]] = field(default_factory=dict)
    routes: tuple[RouteConfig, ...] = ()
    aggregates: tuple[AggregateConfig, ...] = ()
    damping: DampingRules = field(default_factory=DampingRules)
    rpki: RpkiConfig = field(default_factory=RpkiConfig)


@dataclass(frozen=True, slots=True, kw_only=True)
class FibImportConfig:
    """Which kernel routes are ours to announce, and with what; all conditions that are set must hold."""

    protocols: tuple[str, ...] = ()
    """Names of rt_protos or numbers; none: any but our own."""
    interfaces: tuple[str, ...] = ()
    """Shell patterns; a leading "!" excludes, the first that matches decides; none: any."""
    prefix_set: str | None = None
    local_pref: int | None = None
    med: int | None = None
    communities: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FibConfig:
    protocol: int = 12
    table: int = 254
    metric: int = 0
    """IPv4's; IPv6's 0 means the kernel's 1024."""
    export_policy: PolicyRef = "accept"
    on_stop: Literal["leave", "flush"] = "leave"
    imports: tuple[FibImportConfig, ...] = ()
    state_file: str = "/run/pybgp/fib.json"
    """What we put into the kernel, so that the next run knows its own routes from a BIRD's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlConfig:
    socket: str = "/run/pybgp/pybgp.sock"
    mode: str = "0660"
    group: str | None = None
    birdc: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    level: Literal["debug", "info", "warn", "error"] = "info"
    format: Literal["auto", "text", "json"] = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebConfig:
    listen: str = "127.0.0.1:8179"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeConfig:
    """A whole configuration file: the speaker and the daemon's shells. ``fib`` and ``web`` None are off."""

    speaker: SpeakerConfig
    fib: FibConfig | None = None
    control: ControlConfig = field(default_factory=ControlConfig)
    log: LogConfig = field(default_factory=LogConfig)
    web: WebConfig | None = None
