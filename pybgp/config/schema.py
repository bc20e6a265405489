"""Every key of a configuration file: its kind, what it means, what a reload does with it.

Reading, comparing, printing and the reference page all go by these tables; the defaults are the model's.
"""

from __future__ import annotations

from typing import Final

from ..rib.multipath import MAX_WEIGHT
from ..rib.preference import Preference
from .kinds import BOOLEAN, MAX_NUMBER, Choice, Integer, ListOf, MapOf
from .model import AggregateConfig, DecisionConfig, NextHopConfig, RouteConfig, SpeakerConfig
from .schema_as import CONFEDERATION
from .schema_damping import DAMPING
from .schema_peers import CONNECTION_KEYS, DYNAMIC, FAMILIES, GRACEFUL_RESTART, GROUP, PEER, SESSION_KEYS, Given
from .schema_policies import TERM
from .schema_rpki import RPKI
from .schema_shells import CONTROL, FIB, LOG, WEB
from .tables import FAMILIES_ABOVE, Key, Reload, Table
from .words import (
    ACTION,
    AS_NUMBER,
    AS_PATH,
    CLUSTER_ID,
    COMMUNITIES,
    COMMUNITY,
    ENDPOINT,
    NAME,
    NEXT_HOP,
    OWN_PREFIX,
    POLICY_NAME,
    PREFIX,
    PREFIX_RANGE,
    ROUTER_ID,
)

ROUTE_NEXT_HOP: Final = Table(
    (
        Key(name="address", kind=NEXT_HOP, meaning="Where it leads.", reload=Reload.POLICY, required=True),
        Key(name="weight", kind=Integer(1, MAX_WEIGHT), meaning="Its part of the traffic.", reload=Reload.POLICY),
    ),
    NextHopConfig,
    sparse=True,
)
_PREFERENCE: Final = Integer(0, 65535)
ROUTE: Final = Table(
    (
        Key(
            name="prefix",
            kind=OWN_PREFIX,
            meaning="What is announced: a prefix, or a flow specification as `pybgp show routes` prints it.",
            reload=Reload.POLICY,
            required=True,
        ),
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
            name="next_hops",
            kind=ListOf(ROUTE_NEXT_HOP, like='[{ address = "192.0.2.9", weight = 2 }, { address = "192.0.2.10" }]'),
            meaning="Several instead of `next_hop`: traffic is spread by their weights; peers are given our address.",
            reload=Reload.POLICY,
        ),
        Key(
            name="while_reachable",
            kind=BOOLEAN,
            meaning="With a next hop: announced only while the kernel knows a way there; `false`: always.",
            reload=Reload.POLICY,
        ),
        Key(
            name="preference",
            kind=_PREFERENCE,
            meaning="Against other sources of the prefix; below `preference.ebgp` it is a backup for what peers say.",
            reload=Reload.POLICY,
            absent="`preference.own`",
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
        Key(
            name="family",
            kind=Choice("ipv4-flowspec", "ipv6-flowspec"),
            meaning="Of a flow specification.",
            reload=Reload.POLICY,
            absent="that of its addresses; without any, `ipv4-flowspec`",
        ),
        Key(
            name="then",
            kind=ListOf(ACTION, like='["traffic-rate:125000", "mark:46"]'),
            meaning="What is done with the packets of a flow specification (RFC 8955 §7): `discard`, "
            "`traffic-rate:BYTES_PER_SECOND`, `redirect:AS:VALUE`, `mark:DSCP`.",
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
        Key(
            name="as_set",
            kind=BOOLEAN,
            meaning="`true`: with the AS numbers and communities of the more specific ones (RFC 6472 advises against).",
            reload=Reload.POLICY,
        ),
        Key(
            name="blackhole",
            kind=BOOLEAN,
            meaning="The kernel drops what no more specific route takes, where `fib.export_policy` lets it in.",
            reload=Reload.POLICY,
        ),
        Key(
            name="communities",
            kind=ListOf(COMMUNITY, like='["64512:1"]'),
            meaning="Communities of all kinds.",
            reload=Reload.POLICY,
        ),
    ),
    AggregateConfig,
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
        ),
        Key(
            name="ibgp",
            kind=_PATHS,
            meaning="From iBGP peers.",
            reload=Reload.POLICY,
            field="max_paths_ibgp",
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
        ),
        Key(
            name="link_bandwidth",
            kind=BOOLEAN,
            meaning="Equal paths share the traffic by their link bandwidth communities, if each has one.",
            reload=Reload.POLICY,
        ),
        Key(
            name="prefer_oldest",
            kind=BOOLEAN,
            meaning="Between equal eBGP paths the one that is already best stays (RFC 5004).",
            reload=Reload.POLICY,
        ),
    ),
    DecisionConfig,
    hints=FAMILIES_ABOVE,
)
PREFERENCE: Final = Table(
    (
        Key(
            name="direct",
            kind=_PREFERENCE,
            meaning="The kernel's routes to subnets of its interfaces, where `fib.imports` lets them in.",
            reload=Reload.POLICY,
        ),
        Key(
            name="own",
            kind=_PREFERENCE,
            meaning="`[[routes]]`, `[[aggregates]]` and what programs announce.",
            reload=Reload.POLICY,
        ),
        Key(name="ebgp", kind=_PREFERENCE, meaning="Learned from external peers.", reload=Reload.POLICY),
        Key(name="ibgp", kind=_PREFERENCE, meaning="Learned from internal peers.", reload=Reload.POLICY),
        Key(
            name="kernel",
            kind=_PREFERENCE,
            meaning="Other routes of the kernel that `fib.imports` lets in.",
            reload=Reload.POLICY,
        ),
    ),
    Preference,
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
            name="confederation",
            kind=CONFEDERATION,
            meaning="`local_as` is a member AS of a confederation (RFC 5065).",
            absent="none",
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
        Key(
            name="client_to_client_reflection",
            kind=BOOLEAN,
            meaning="`false` where the clients have a full mesh among themselves: then what one client says is not "
            "told to the others (RFC 4456 §7).",
            reload=Reload.POLICY,
        ),
        Key(name="families", kind=FAMILIES, meaning="What a peer gets that names none.", reload=Reload.RESET),
        Key(name="decision", kind=DECISION, meaning="How the best path is chosen."),
        Key(name="preference", kind=PREFERENCE, meaning="Which kind of source is believed first: the highest."),
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
        ),
        Key(name="damping", kind=DAMPING, meaning="What counts as flapping, for peers with `damping = true`."),
        Key(name="rpki", kind=RPKI, meaning="Origin validation."),
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
        **{key.name: "unknown key; it belongs to a peer or a group" for key in (*SESSION_KEYS, *CONNECTION_KEYS)},
        "calico": "not in this version: pybgp cannot derive its configuration from Calico's datastore yet",
    },
)
