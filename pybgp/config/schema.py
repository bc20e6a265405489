"""Every key of a configuration file: its kind, what it means, what a reload does with it.

Reading, comparing, printing and the reference page all go by these tables; the defaults are the model's.
"""

from __future__ import annotations

from typing import Any, Final

from ..routes import SourceKind
from .kinds import WRONG, Boolean, Choice, Integer, ListOf, MapOf, Seconds, Wrong
from .model import (
    AggregateConfig,
    ControlConfig,
    DecisionConfig,
    DynamicPeersConfig,
    FamilyConfig,
    FibConfig,
    FibImportConfig,
    GracefulRestartConfig,
    LogConfig,
    MatchConfig,
    MaxPrefixesConfig,
    PeerConfig,
    RouteConfig,
    SecretConfig,
    SetConfig,
    SpeakerConfig,
    TermConfig,
    TimersConfig,
    WebConfig,
)
from .problems import At
from .tables import Key, Reload, Table
from .words import (
    ADDRESS,
    AS_NUMBER,
    AS_PATH,
    CLUSTER_ID,
    COMMUNITIES,
    COMMUNITY,
    ENDPOINT,
    FAMILY,
    FILE_PATH,
    INTERFACE,
    INTERFACES,
    LABEL,
    MODE,
    NAME,
    NEXT_HOP,
    PEER_NAME,
    POLICY,
    POLICY_NAME,
    PREFIX,
    PREFIX_RANGE,
    PREPENDED,
    PROTOCOL,
    REMOTE_AS,
    ROUTER_ID,
    SOCKET_PATH,
    USER_GROUP,
    VARIABLE,
    Families,
)

MAX_NUMBER: Final = 0xFFFFFFFF
BOOLEAN: Final = Boolean()
ORIGIN: Final = Choice("igp", "egp", "incomplete")

_ABOVE: Final = dict.fromkeys(
    ("local_as", "router_id", "cluster_id", "listen", "default_local_pref"),
    "unknown key; it belongs to the top level, which means above the first [table] of the file",
)
_FAMILIES_ABOVE: Final = {**_ABOVE, "families": _ABOVE["listen"]}


class Given(Table):
    """A table that is merged key by key: read as a dict of what was given, built when all is merged."""

    def read(self, value: object, at: At) -> Any:
        return self.read_given(value, at)


class Secret(Table):
    """Where a secret is. It must never be in the file, and if somebody put it there, not in a message either."""

    secret = True

    def read(self, value: object, at: At) -> Any:
        if not isinstance(value, dict):
            at.hidden(f"expected {self.expected}, the password itself never stands here")
            return WRONG
        if "value" in value:
            at.hidden(f"expected {self.expected}, the password itself never stands here")
            return WRONG
        found = super().read(value, at)
        if not isinstance(found, Wrong) and (found.file is None) == (found.env is None):
            if value.keys() <= self.keys.keys():
                at.wrong(value, f"expected one of the two, {self.expected}")
            return WRONG
        return found


FAMILY_OPTIONS: Final = Table(
    (
        Key(
            name="add_path",
            kind=Choice("off", "receive", "send", "both"),
            meaning="Several paths for one prefix (RFC 7911): which direction we offer.",
            reload=Reload.RESET,
        ),
        Key(
            name="extended_next_hop",
            kind=BOOLEAN,
            meaning="Offer IPv4 routes with IPv6 next hops (RFC 8950).",
            reload=Reload.RESET,
        ),
    ),
    FamilyConfig,
)
FAMILIES: Final = Families(FAMILY_OPTIONS)

TIMERS: Final = Given(
    (
        Key(
            name="connect_retry",
            kind=Seconds(0, above=True),
            meaning="Between two attempts to connect (RFC 4271 §8, ConnectRetryTime).",
            reload=Reload.VALUE,
        ),
        Key(
            name="idle_hold",
            kind=Seconds(),
            meaning="Pause after a session ended by an error; doubles each time, up to `idle_hold_max`.",
            reload=Reload.VALUE,
        ),
        Key(
            name="idle_hold_max",
            kind=Seconds(),
            meaning="The longest such pause.",
            reload=Reload.VALUE,
        ),
        Key(
            name="delay_open",
            kind=Seconds(),
            meaning="Wait for the peer's OPEN so long before ours is sent (RFC 4271 §8, DelayOpen); 0 is off.",
            reload=Reload.VALUE,
        ),
        Key(
            name="mrai",
            kind=Seconds(),
            meaning="Least time between two rounds of advertisements (RFC 4271 §9.2.1.1); 0 sends at once.",
            reload=Reload.VALUE,
        ),
        Key(
            name="send_hold",
            kind=Seconds(),
            meaning="End the session when nothing could be sent for so long (RFC 9687); 0 is off.",
            reload=Reload.VALUE,
            absent="the larger of 480 and twice the negotiated hold time",
        ),
    ),
    TimersConfig,
)

GRACEFUL_RESTART: Final = Given(
    (
        Key(
            name="role",
            kind=Choice("off", "helper", "both"),
            meaning="`helper` keeps the routes of a peer that restarts, `both` also asks that of peers (RFC 4724).",
            reload=Reload.RESET,
        ),
        Key(
            name="restart_time",
            kind=Integer(0, 4095, "seconds (RFC 4724 §3)"),
            meaning="How long peers may wait for us to come back.",
            reload=Reload.VALUE,
            absent="the smaller of 120 and `hold_time`",
        ),
        Key(
            name="stale_time",
            kind=Seconds(),
            meaning="As helper: how long kept routes wait for End-of-RIB once the peer is back.",
            reload=Reload.VALUE,
        ),
        Key(
            name="deferral_time",
            kind=Seconds(),
            meaning="After our own restart: how long we wait for the peers' End-of-RIBs before we decide.",
            reload=Reload.VALUE,
        ),
        Key(
            name="absent_time",
            kind=Seconds(),
            meaning="After our own restart: how long a peer that is down holds the decision up.",
            reload=Reload.VALUE,
        ),
        Key(
            name="keep_stale",
            kind=BOOLEAN,
            meaning="Keep stale routes also when the peer restarts again before its End-of-RIB.",
            reload=Reload.VALUE,
        ),
        Key(
            name="long_lived_time",
            kind=Integer(0, 0xFFFFFF, "seconds (RFC 9494 §3.1)"),
            meaning="Keep routes as long-lived stale after the restart time; 0 is off.",
            reload=Reload.RESET,
            later=True,
        ),
        Key(
            name="on_stop",
            kind=Choice("cease", "close"),
            meaning="SIGTERM: `cease` says so (6/2) and peers drop our routes; `close` lets them keep the routes.",
            reload=Reload.VALUE,
        ),
    ),
    GracefulRestartConfig,
    hints=_FAMILIES_ABOVE,
)

MAX_PREFIXES: Final = Given(
    (
        Key(
            name="limit",
            kind=Integer(1, MAX_NUMBER, "prefixes"),
            meaning="How many prefixes a peer may have in one family.",
            reload=Reload.POLICY,
            required=False,
            absent="required",
        ),
        Key(
            name="warn",
            kind=Integer(1, MAX_NUMBER, "prefixes"),
            meaning="From how many on the log says so.",
            reload=Reload.VALUE,
            absent="no warning",
        ),
        Key(
            name="action",
            kind=Choice("warn", "restart", "shut"),
            meaning="Over the limit: `warn` goes on, `restart` ends the session (6/1) for a while, `shut` for good.",
            reload=Reload.POLICY,
        ),
        Key(
            name="restart_time",
            kind=Seconds(0, above=True),
            meaning="How long `restart` stays down.",
            reload=Reload.VALUE,
        ),
    ),
    MaxPrefixesConfig,
)

PASSWORD: Final = Secret(
    (
        Key(
            name="file",
            kind=FILE_PATH,
            meaning="The file whose text, without the last line break, is the password.",
            reload=Reload.PASSWORD,
        ),
        Key(
            name="env",
            kind=VARIABLE,
            meaning="The environment variable that holds the password.",
            reload=Reload.PASSWORD,
        ),
    ),
    SecretConfig,
)
PASSWORD.expected = '{ file = "/etc/pybgp/peer.key" } or { env = "NAME" }'

_SESSION_KEYS: Final = (
    Key(
        name="remote_as",
        kind=REMOTE_AS,
        meaning='The peer\'s AS; "internal" is ours, "external" any other. Required, here or in the group.',
        reload=Reload.RESET,
        absent="required",
    ),
    Key(
        name="local_as",
        kind=AS_NUMBER,
        meaning="Our AS towards this peer, where it is another.",
        reload=Reload.RESET,
        absent="the top level's",
    ),
    Key(
        name="enabled",
        kind=BOOLEAN,
        meaning="`false`: configured, but shut down.",
        reload=Reload.ENABLED,
    ),
    Key(
        name="local_address",
        kind=ADDRESS,
        meaning="Our address of the session.",
        reload=Reload.RESET,
        absent="the kernel's choice",
    ),
    Key(
        name="interface",
        kind=INTERFACE,
        meaning="Bind the session to this device.",
        reload=Reload.RESET,
        absent="the zone of `address`, else any",
    ),
    Key(
        name="multihop",
        kind=Integer(0, 255, "hops"),
        meaning="The TTL. 0: an eBGP peer is directly connected (TTL 1), an iBGP peer has 64.",
        reload=Reload.RESET,
    ),
    Key(
        name="ttl_security",
        kind=Integer(0, 254, "hops (RFC 5082)"),
        meaning="Take packets only from so few hops away, by their TTL; 0 is off. Not with `multihop`.",
        reload=Reload.RESET,
    ),
    Key(
        name="hold_time",
        kind=Integer(3, 65535, "seconds (RFC 4271 §4.2)", also=(0,)),
        meaning="Without a message for so long the session ends; 0: never. The smaller one of both sides' counts.",
        reload=Reload.RESET,
    ),
    Key(
        name="keepalive_time",
        kind=Integer(1, 65535, "seconds"),
        meaning="Between two KEEPALIVEs.",
        reload=Reload.VALUE,
        absent="a third of the negotiated hold time",
    ),
    Key(
        name="password",
        kind=PASSWORD,
        meaning="TCP-MD5 (RFC 2385): where the password is, never the password.",
        reload=Reload.PASSWORD,
        absent="none",
    ),
    Key(
        name="families",
        kind=FAMILIES,
        meaning="What is exchanged. A list or table here replaces the group's and the top level's as a whole.",
        reload=Reload.RESET,
        absent="the top level's",
    ),
    Key(
        name="route_reflector_client",
        kind=BOOLEAN,
        meaning="We reflect to and from this peer (RFC 4456). Only iBGP.",
        reload=Reload.RESET,
    ),
    Key(
        name="import_policy",
        kind=ListOf(POLICY, like='["from_tor"] or ["accept"]'),
        meaning="Which routes of the peer are used. Policies in order; what none of them decides is rejected.",
        reload=Reload.POLICY,
        absent="iBGP: everything; eBGP: nothing (RFC 8212)",
    ),
    Key(
        name="export_policy",
        kind=ListOf(POLICY, like='["own_only"] or ["accept"]'),
        meaning="Which routes the peer is told.",
        reload=Reload.POLICY,
        absent="iBGP: everything; eBGP: nothing (RFC 8212)",
    ),
    Key(
        name="next_hop",
        kind=Choice("auto", "self", "self_all", "keep"),
        meaning="`auto`: by RFC 4271 §5.1.3; `self`: ours for routes from eBGP; `self_all`: for reflected ones too; "
        "`keep`: never changed.",
        reload=Reload.POLICY,
    ),
    Key(
        name="enforce_first_as",
        kind=BOOLEAN,
        meaning="An eBGP peer's routes must begin with its AS (RFC 4271 §6.3).",
        reload=Reload.POLICY,
    ),
    Key(
        name="allowas_in",
        kind=Integer(0, 255, "times"),
        meaning="How often our own AS may be in a received AS path.",
        reload=Reload.POLICY,
    ),
    Key(
        name="max_prefixes",
        kind=MAX_PREFIXES,
        meaning="A limit for what a peer may announce.",
        absent="none",
    ),
    Key(name="timers", kind=TIMERS, meaning="Times in seconds."),
    Key(
        name="graceful_restart",
        kind=GRACEFUL_RESTART,
        meaning="As the top level's table; keys that are not here come from there.",
        absent="the top level's",
    ),
)
_CONNECTION_KEYS: Final = (
    Key(name="port", kind=Integer(1, 65535), meaning="Where the peer listens.", reload=Reload.RESET),
    Key(
        name="passive",
        kind=BOOLEAN,
        meaning="`true`: never connect, wait for the peer.",
        reload=Reload.VALUE,
    ),
)
_GROUP_KEY: Final = Key(
    name="group",
    kind=NAME,
    meaning="The group of `peer_groups` that has the values which are not here.",
    reload=Reload.VALUE,
    absent="none",
)
_NO_NESTING: Final = "unknown key; a group has no group, address or name of its own"

GROUP: Final = Given(
    (*_SESSION_KEYS[:2], *_CONNECTION_KEYS, *_SESSION_KEYS[2:]),
    PeerConfig,
    hints={**_ABOVE, "group": _NO_NESTING, "address": _NO_NESTING, "name": _NO_NESTING},
)
PEER: Final = Given(
    (
        Key(
            name="address",
            kind=ADDRESS,
            meaning='The peer\'s address; a link-local one with its zone, "fe80::1%eth0".',
            reload=Reload.RESET,
            required=True,
        ),
        Key(
            name="name",
            kind=PEER_NAME,
            meaning="What status, log and policies call it.",
            reload=Reload.VALUE,
            absent="the address",
        ),
        _GROUP_KEY,
        *_SESSION_KEYS[:2],
        *_CONNECTION_KEYS,
        *_SESSION_KEYS[2:],
    ),
    PeerConfig,
    hints={**_ABOVE, "prefix": "unknown key; it belongs to dynamic_peers, a peer has an address"},
)
DYNAMIC: Final = Given(
    (
        Key(
            name="prefix",
            kind=PREFIX,
            meaning="Accept sessions from any address in there. The longest prefix wins; a peer with that address "
            "wins over all.",
            reload=Reload.RESET,
            required=True,
        ),
        Key(
            name="limit",
            kind=Integer(1, 1_000_000, "peers"),
            meaning="How many at once.",
            reload=Reload.VALUE,
        ),
        Key(
            name="name",
            kind=PEER_NAME,
            meaning="What the log calls the range.",
            reload=Reload.VALUE,
            absent="the prefix",
        ),
        _GROUP_KEY,
        *_SESSION_KEYS,
    ),
    DynamicPeersConfig,
    hints={
        **_ABOVE,
        "address": "unknown key; it belongs to peers, a range has a prefix",
        "passive": "unknown key; dynamic peers are always passive",
        "port": "unknown key; dynamic peers are never connected to",
    },
)

MATCH: Final = Table(
    (
        Key(name="prefix_set", kind=NAME, meaning="The prefix is in this set.", reload=Reload.POLICY),
        Key(name="as_path_set", kind=NAME, meaning="An expression of this set matches.", reload=Reload.POLICY),
        Key(name="community_set", kind=NAME, meaning="A community is in this set.", reload=Reload.POLICY),
        Key(
            name="source",
            kind=ListOf(Choice(*(str(kind) for kind in SourceKind)), like='["local", "kernel"]', minimum=1),
            meaning="Where it came from: our own, the kernel's, or a peer's.",
            reload=Reload.POLICY,
        ),
        Key(
            name="family",
            kind=ListOf(FAMILY, like='["ipv6-unicast"]', minimum=1),
            meaning="Its family.",
            reload=Reload.POLICY,
        ),
        Key(
            name="next_hop",
            kind=ListOf(PREFIX, like='["192.0.2.0/24"]', minimum=1),
            meaning="The next hop is inside one of these prefixes.",
            reload=Reload.POLICY,
        ),
        Key(
            name="peer",
            kind=ListOf(PEER_NAME, like='["tor-a", "192.0.2.9"]', minimum=1),
            meaning="Name or address of the peer it came from.",
            reload=Reload.POLICY,
        ),
        Key(name="local_pref", kind=Integer(0, MAX_NUMBER), meaning="LOCAL_PREF is this.", reload=Reload.POLICY),
        Key(name="med", kind=Integer(0, MAX_NUMBER), meaning="MED is this; none counts as 0.", reload=Reload.POLICY),
        Key(name="origin", kind=ORIGIN, meaning="ORIGIN is this.", reload=Reload.POLICY),
    ),
    MatchConfig,
    sparse=True,
)
SET: Final = Table(
    (
        Key(name="local_pref", kind=Integer(0, MAX_NUMBER), meaning="LOCAL_PREF.", reload=Reload.POLICY),
        Key(name="med", kind=Integer(0, MAX_NUMBER), meaning="MED.", reload=Reload.POLICY),
        Key(name="origin", kind=ORIGIN, meaning="ORIGIN.", reload=Reload.POLICY),
        Key(name="next_hop", kind=NEXT_HOP, meaning="The next hop.", reload=Reload.POLICY),
        Key(
            name="prepend",
            kind=ListOf(PREPENDED, like='[64512, 64512] or ["self"]'),
            meaning='AS numbers in front of the path, the first one leftmost; "self" is our own.',
            reload=Reload.POLICY,
        ),
        Key(
            name="communities",
            kind=ListOf(COMMUNITY, like='["64512:1"]'),
            meaning="Instead of those of the same kind that the route has.",
            reload=Reload.POLICY,
        ),
        Key(
            name="remove_communities",
            kind=ListOf(COMMUNITIES, like='["64512:*"]'),
            meaning="Away with these.",
            reload=Reload.POLICY,
        ),
        Key(
            name="add_communities",
            kind=ListOf(COMMUNITY, like='["64512:1"]'),
            meaning="To those that are there.",
            reload=Reload.POLICY,
        ),
        Key(
            name="device",
            kind=INTERFACE,
            meaning="The interface in the kernel's route. Only for `fib.export_policy`.",
            reload=Reload.FIB,
        ),
        Key(
            name="onlink",
            kind=BOOLEAN,
            meaning="The next hop is on that link whatever the addresses say. Only for `fib.export_policy`.",
            reload=Reload.FIB,
        ),
        Key(
            name="metric",
            kind=Integer(0, MAX_NUMBER),
            meaning="The kernel route's metric. Only for `fib.export_policy`.",
            reload=Reload.FIB,
        ),
    ),
    SetConfig,
    sparse=True,
)
TERM: Final = Table(
    (
        Key(name="term", kind=LABEL, meaning="A label, shown by `explain`.", reload=Reload.POLICY),
        Key(name="match", kind=MATCH, meaning="Conditions, all of which must hold; none: always."),
        Key(name="set", kind=SET, meaning="Changes, in the order below."),
        Key(
            name="action",
            kind=Choice("accept", "reject", "next"),
            meaning="`next` changes the route and goes on with the next term.",
            reload=Reload.POLICY,
            required=True,
        ),
    ),
    TermConfig,
    sparse=True,
)
ROUTE: Final = Table(
    (
        Key(name="prefix", kind=PREFIX, meaning="What is announced.", reload=Reload.POLICY, required=True),
        Key(
            name="type",
            kind=Choice("unicast", "blackhole", "unreachable", "prohibit"),
            meaning="What the kernel does with it, where `fib.export_policy` lets it in.",
            reload=Reload.POLICY,
        ),
        Key(
            name="next_hop",
            kind=NEXT_HOP,
            meaning="Where it leads. Only for `unicast`.",
            reload=Reload.POLICY,
            absent="ourselves",
        ),
        Key(
            name="local_pref",
            kind=Integer(0, MAX_NUMBER),
            meaning="LOCAL_PREF.",
            reload=Reload.POLICY,
            absent="`default_local_pref`",
        ),
        Key(name="med", kind=Integer(0, MAX_NUMBER), meaning="MED.", reload=Reload.POLICY),
        Key(
            name="communities",
            kind=ListOf(COMMUNITY, like='["64512:1"]'),
            meaning="Communities of all kinds.",
            reload=Reload.POLICY,
        ),
    ),
    RouteConfig,
    sparse=True,
)
AGGREGATE: Final = Table(
    (
        Key(
            name="prefix",
            kind=PREFIX,
            meaning="Announced while there is a more specific route.",
            reload=Reload.POLICY,
            required=True,
        ),
        Key(
            name="suppress",
            kind=BOOLEAN,
            meaning="`true`: the more specific ones are not sent.",
            reload=Reload.POLICY,
        ),
    ),
    AggregateConfig,
)
FIB_IMPORT: Final = Table(
    (
        Key(
            name="protocols",
            kind=ListOf(PROTOCOL, like='["boot", "static", 80]'),
            meaning="Names of `rt_protos` or numbers; empty: any but our own.",
            reload=Reload.FIB,
        ),
        Key(
            name="interfaces",
            kind=ListOf(INTERFACES, like='["cali*", "!kube-ipvs*"]'),
            meaning='Shell patterns, "!" excludes, the first that matches decides; empty: any.',
            reload=Reload.FIB,
        ),
        Key(name="prefix_set", kind=NAME, meaning="Only prefixes in this set.", reload=Reload.FIB, absent="any prefix"),
    ),
    FibImportConfig,
    sparse=True,
)
FIB: Final = Table(
    (
        Key(
            name="protocol",
            kind=Integer(5, 255, "(0..4 are the kernel's and the administrator's)"),
            meaning="What carries this protocol number is ours, and nothing else. 12 is BIRD's.",
            reload=Reload.FIB,
        ),
        Key(
            name="table",
            kind=Integer(1, MAX_NUMBER, "(255 is the kernel's own)"),
            meaning="The routing table; 254 is `main`.",
            reload=Reload.FIB,
        ),
        Key(
            name="metric",
            kind=Integer(0, MAX_NUMBER),
            meaning="Metric of our routes; 0 means 1024 for IPv6, which is the kernel's way.",
            reload=Reload.FIB,
        ),
        Key(
            name="export_policy",
            kind=POLICY,
            meaning="Which best routes, learned ones and `routes`, go into the kernel.",
            reload=Reload.FIB,
        ),
        Key(
            name="on_stop",
            kind=Choice("leave", "flush"),
            meaning="When pybgp stops, its routes stay, or go.",
            reload=Reload.VALUE,
        ),
        Key(
            name="imports",
            kind=ListOf(FIB_IMPORT, like='[{ protocols = ["boot"], interfaces = ["cali*"] }]'),
            meaning="Which kernel routes are announced: those that one of these takes.",
            reload=Reload.FIB,
        ),
        Key(
            name="state_file",
            kind=FILE_PATH,
            meaning="Where pybgp notes which routes it put there, so that the next run knows them.",
            reload=Reload.FIB,
        ),
    ),
    FibConfig,
    hints=_FAMILIES_ABOVE,
)
CONTROL: Final = Table(
    (
        Key(name="socket", kind=SOCKET_PATH, meaning="Where `pybgp status` asks.", reload=Reload.LISTENERS),
        Key(name="mode", kind=MODE, meaning="Its permissions.", reload=Reload.LISTENERS),
        Key(name="group", kind=USER_GROUP, meaning="Its group.", reload=Reload.LISTENERS, absent="the process's own"),
        Key(
            name="birdc",
            kind=ListOf(SOCKET_PATH, like='["/var/run/calico/bird.ctl"]', distinct=True),
            meaning="Sockets that answer as BIRD's do.",
            reload=Reload.LISTENERS,
            later=True,
        ),
    ),
    ControlConfig,
    hints=_FAMILIES_ABOVE,
)
LOG: Final = Table(
    (
        Key(
            name="level",
            kind=Choice("debug", "info", "warn", "error"),
            meaning="The least important lines that are written.",
            reload=Reload.VALUE,
        ),
        Key(
            name="format",
            kind=Choice("auto", "text", "json"),
            meaning="`auto`: text on a terminal, else json.",
            reload=Reload.VALUE,
        ),
    ),
    LogConfig,
    hints=_FAMILIES_ABOVE,
)
WEB: Final = Table(
    (
        Key(
            name="listen",
            kind=ENDPOINT,
            meaning="Where the pages are served.",
            reload=Reload.LISTENERS,
            later=True,
        ),
    ),
    WebConfig,
    hints={name: hint for name, hint in _FAMILIES_ABOVE.items() if name != "listen"},
)
_PATHS: Final = Integer(1, 64, "paths")
MAX_PATHS: Final = Table(
    (
        Key(
            name="ebgp",
            kind=_PATHS,
            meaning="From eBGP peers.",
            reload=Reload.POLICY,
            field="max_paths_ebgp",
            later=True,
        ),
        Key(
            name="ibgp",
            kind=_PATHS,
            meaning="From iBGP peers.",
            reload=Reload.POLICY,
            field="max_paths_ibgp",
            later=True,
        ),
    ),
)
DECISION: Final = Table(
    (
        Key(
            name="max_paths",
            kind=MAX_PATHS,
            meaning="How many equal paths go to the kernel together.",
            field=".",
        ),
        Key(
            name="always_compare_med",
            kind=BOOLEAN,
            meaning="Compare MEDs from different ASes too.",
            reload=Reload.POLICY,
        ),
        Key(
            name="missing_med_as_worst",
            kind=BOOLEAN,
            meaning="A route without MED counts as 4294967295 instead of 0.",
            reload=Reload.POLICY,
        ),
        Key(
            name="as_path_ignore",
            kind=BOOLEAN,
            meaning="The length of the AS path does not count.",
            reload=Reload.POLICY,
        ),
        Key(
            name="as_path_relax",
            kind=BOOLEAN,
            meaning="Paths of equal length through different ASes are equal for `max_paths`.",
            reload=Reload.POLICY,
            later=True,
        ),
        Key(
            name="prefer_oldest",
            kind=BOOLEAN,
            meaning="Between equal eBGP paths the one that is already best stays (RFC 5004).",
            reload=Reload.POLICY,
        ),
    ),
    DecisionConfig,
    hints=_FAMILIES_ABOVE,
)

TOP: Final = Given(
    (
        Key(name="local_as", kind=AS_NUMBER, meaning="Our AS number.", reload=Reload.ALL, required=True),
        Key(
            name="router_id",
            kind=ROUTER_ID,
            meaning='Our BGP Identifier; "auto" is the lowest global IPv4 address of the host, fixed at start.',
            reload=Reload.ALL,
            required=True,
        ),
        Key(
            name="cluster_id",
            kind=CLUSTER_ID,
            meaning="The cluster we reflect for (RFC 4456).",
            reload=Reload.ALL,
            absent="`router_id`",
        ),
        Key(
            name="listen",
            kind=ListOf(ENDPOINT, like='["0.0.0.0:179", "[::]:179"]', distinct=True),
            meaning="Where peers may connect to; an empty list never listens.",
            reload=Reload.LISTENERS,
        ),
        Key(
            name="default_local_pref",
            kind=Integer(0, MAX_NUMBER),
            meaning="LOCAL_PREF of routes that have none.",
            reload=Reload.POLICY,
        ),
        Key(name="families", kind=FAMILIES, meaning="What a peer gets that names none.", reload=Reload.RESET),
        Key(name="decision", kind=DECISION, meaning="How the best path is chosen."),
        Key(name="graceful_restart", kind=GRACEFUL_RESTART, meaning="What survives a restart."),
        Key(
            name="peer_groups",
            kind=MapOf(GROUP, NAME, what="groups, like [peer_groups.clients]"),
            meaning="Values that several peers share: every key of a peer but address, name and group.",
        ),
        Key(name="peers", kind=ListOf(PEER, like="[[peers]] tables"), meaning="The peers."),
        Key(
            name="dynamic_peers",
            kind=ListOf(DYNAMIC, like="[[dynamic_peers]] tables"),
            meaning="Ranges of addresses whose sessions are accepted.",
        ),
        Key(
            name="prefix_sets",
            kind=MapOf(
                ListOf(PREFIX_RANGE, like='["10.65.0.0/16 ge 24 le 28"]'),
                NAME,
                what='lists, like pods = ["10.65.0.0/16 le 32"]',
            ),
            meaning='Prefixes by name: "P" is exactly P, "P ge N le M" what is inside P and N..M bits long.',
            reload=Reload.POLICY,
        ),
        Key(
            name="community_sets",
            kind=MapOf(
                ListOf(COMMUNITIES, like='["65001:*", "rt:65001:1"]'), NAME, what='lists, like rack = ["65001:*"]'
            ),
            meaning="Communities of all kinds by name; `*` is any number.",
            reload=Reload.POLICY,
        ),
        Key(
            name="as_path_sets",
            kind=MapOf(ListOf(AS_PATH, like='["^65001(_65002)*$"]'), NAME, what='lists, like tor = ["^65001_"]'),
            meaning="Regular expressions over AS paths by name; `_` is a border.",
            reload=Reload.POLICY,
        ),
        Key(
            name="policies",
            kind=MapOf(
                ListOf(TERM, like="[[policies.NAME]] tables"), POLICY_NAME, what="policies, each [[policies.NAME]]"
            ),
            meaning="Terms in order; the first accept or reject decides.",
            reload=Reload.POLICY,
        ),
        Key(
            name="routes",
            kind=ListOf(ROUTE, like="[[routes]] tables"),
            meaning="Routes of our own; each peer's `export_policy` decides on them as on others.",
            reload=Reload.POLICY,
        ),
        Key(
            name="aggregates",
            kind=ListOf(AGGREGATE, like="[[aggregates]] tables"),
            meaning="Prefixes that are announced while a more specific route exists.",
            reload=Reload.POLICY,
            later=True,
        ),
        Key(
            name="fib",
            kind=FIB,
            meaning="The kernel's routes.",
            absent="the kernel is neither read nor written",
        ),
        Key(name="control", kind=CONTROL, meaning="The socket that commands ask on."),
        Key(name="log", kind=LOG, meaning="The log."),
        Key(name="web", kind=WEB, meaning="Pages for a browser.", absent="off", later=True),
    ),
    SpeakerConfig,
    hints={
        **{key.name: "unknown key; it belongs to a peer or a group" for key in (*_SESSION_KEYS, *_CONNECTION_KEYS)},
        "calico": "not in this version: pybgp cannot derive its configuration from Calico's datastore yet",
    },
)
