"""The schema of peers, groups and dynamic ranges, and of the tables in them."""

from __future__ import annotations

from typing import Any, Final

from .kinds import BOOLEAN, MAX_NUMBER, WRONG, Choice, Integer, ListOf, Seconds, Wrong
from .model import (
    DynamicPeersConfig,
    FamilyConfig,
    GracefulRestartConfig,
    MaxPrefixesConfig,
    PeerConfig,
    SecretConfig,
    TimersConfig,
)
from .problems import At
from .schema_as import AS_KEYS
from .schema_selection import SELECTION_KEYS
from .tables import ABOVE, FAMILIES_ABOVE, Key, Reload, Table
from .words import (
    ADDRESS,
    AS_NUMBER,
    DESCRIPTION,
    INTERFACE,
    NAME,
    PEER_NAME,
    POLICY,
    PREFIX,
    REMOTE_AS,
    SECRET_FILE,
    SECRET_VARIABLE,
    Families,
)


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
        if len(value.keys() & self.keys.keys()) != 1 and value.keys() <= self.keys.keys():
            at.say(f"expected one of the two, {self.expected}")
            return WRONG
        found = super().read(value, at)
        return WRONG if isinstance(found, Wrong) or found == SecretConfig() else found


FAMILY_OPTIONS: Final = Table(
    (
        Key(
            name="add_path",
            kind=Choice("off", "receive", "send", "both"),
            meaning="Several paths for one prefix (RFC 7911): which direction we offer.",
            reload=Reload.RESET,
        ),
        Key(
            name="add_path_limit",
            kind=Integer(1, MAX_NUMBER, "paths"),
            meaning="Send only so many of the best paths that the peer may be told.",
            reload=Reload.POLICY,
            absent="all",
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
    hints=FAMILIES_ABOVE,
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
        Key(
            name="count",
            kind=Choice("received", "accepted"),
            meaning="What counts: all that the peer sends, or only what `import_policy` accepts of it.",
            reload=Reload.POLICY,
        ),
    ),
    MaxPrefixesConfig,
)

PASSWORD: Final = Secret(
    (
        Key(
            name="file",
            kind=SECRET_FILE,
            meaning="The file whose text, without the last line break, is the password.",
            reload=Reload.PASSWORD,
        ),
        Key(
            name="env",
            kind=SECRET_VARIABLE,
            meaning="The environment variable that holds the password.",
            reload=Reload.PASSWORD,
        ),
    ),
    SecretConfig,
)
PASSWORD.expected = '{ file = "/etc/pybgp/peer.key" } or { env = "NAME" }'

SESSION_KEYS: Final = (
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
    Key(name="description", kind=DESCRIPTION, meaning="For people: what the peer is.", reload=Reload.VALUE),
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
        name="validate_flowspec",
        kind=BOOLEAN,
        meaning="The peer's flow specifications count only while unicast routes to their destinations come from where "
        "they come from (RFC 8955 §6, RFC 9117 §4).",
        reload=Reload.POLICY,
    ),
    Key(
        name="default_route_target",
        kind=BOOLEAN,
        meaning="`false`: the peer is never told the default membership, so it is asked only for VPN routes whose "
        "targets somebody has named (RFC 4684 §4).",
        reload=Reload.POLICY,
    ),
    Key(
        name="default_originate",
        kind=BOOLEAN,
        meaning="Tell the peer a default route of ours, which need not exist; its `export_policy` decides on it too.",
        reload=Reload.POLICY,
    ),
    Key(
        name="allowas_in",
        kind=Integer(0, 255, "times"),
        meaning="How often our own AS may be in a received AS path.",
        reload=Reload.POLICY,
    ),
    Key(
        name="dscp",
        kind=Integer(0, 63),
        meaning="DSCP of the session's packets (RFC 2474); 48 is CS6. From the next connection on.",
        reload=Reload.VALUE,
    ),
    Key(
        name="tcp_user_timeout",
        kind=Seconds(0),
        meaning="What was sent may stay unacknowledged for so long, then the kernel ends the connection (RFC 5482); 0: "
        "the kernel's own limit. From the next connection on.",
        reload=Reload.VALUE,
    ),
    Key(
        name="max_prefixes",
        kind=MAX_PREFIXES,
        meaning="A limit for what a peer may announce.",
        absent="none",
    ),
    *AS_KEYS,
    *SELECTION_KEYS,
    Key(name="timers", kind=TIMERS, meaning="Times in seconds."),
    Key(
        name="graceful_restart",
        kind=GRACEFUL_RESTART,
        meaning="As the top level's table; keys that are not here come from there.",
        absent="the top level's",
    ),
)
CONNECTION_KEYS: Final = (
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
    (*SESSION_KEYS[:2], *CONNECTION_KEYS, *SESSION_KEYS[2:]),
    PeerConfig,
    hints={**ABOVE, "group": _NO_NESTING, "address": _NO_NESTING, "name": _NO_NESTING},
)
PEER: Final = Given(
    (
        Key(
            name="address",
            kind=ADDRESS,
            meaning='The peer\'s address; a link-local one with its zone, "fe80::1%eth0".',
            reload=Reload.RESET,
            absent="required; with `interface`: learned from router advertisements there (an unnumbered peer)",
        ),
        Key(
            name="name",
            kind=PEER_NAME,
            meaning="What status, log and policies call it.",
            reload=Reload.RESET,
            absent="the address",
        ),
        _GROUP_KEY,
        *SESSION_KEYS[:2],
        *CONNECTION_KEYS,
        *SESSION_KEYS[2:],
    ),
    PeerConfig,
    hints={**ABOVE, "prefix": "unknown key; it belongs to dynamic_peers, a peer has an address"},
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
        *SESSION_KEYS,
    ),
    DynamicPeersConfig,
    hints={
        **ABOVE,
        "address": "unknown key; it belongs to peers, a range has a prefix",
        "passive": "unknown key; dynamic peers are always passive",
        "port": "unknown key; dynamic peers are never connected to",
    },
)
