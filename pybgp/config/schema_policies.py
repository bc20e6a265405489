"""The schema of policies: terms, conditions, changes."""

from __future__ import annotations

from typing import Final

from ..routes import RpkiState, SourceKind
from .kinds import BOOLEAN, MAX_NUMBER, Choice, Integer, ListOf
from .model import MatchConfig, SetConfig, TermConfig
from .tables import Key, Reload, Table
from .words import (
    AS_PATH,
    COMMUNITIES,
    COMMUNITY,
    FAMILY,
    INTERFACE,
    LABEL,
    NAME,
    NEXT_HOP_SET,
    NUMBER_OR_STEP,
    NUMBER_RANGE,
    PEER_NAME,
    PREFIX,
    PREFIX_RANGE,
    PREPENDED,
    SOME_AS,
)

ORIGIN: Final = Choice("igp", "egp", "incomplete")

MATCH: Final = Table(
    (
        Key(name="prefix_set", kind=NAME, meaning="The prefix is in this set.", reload=Reload.POLICY),
        Key(name="as_path_set", kind=NAME, meaning="An expression of this set matches.", reload=Reload.POLICY),
        Key(name="community_set", kind=NAME, meaning="A community is in this set.", reload=Reload.POLICY),
        Key(
            name="prefix",
            kind=ListOf(PREFIX_RANGE, like='["10.65.0.0/16 ge 24 le 28"]', minimum=1),
            meaning="The prefix is in this list, which is like a `prefix_set`.",
            reload=Reload.POLICY,
        ),
        Key(
            name="as_path",
            kind=ListOf(AS_PATH, like='["^65001_"]', minimum=1),
            meaning="One of these expressions matches.",
            reload=Reload.POLICY,
        ),
        Key(
            name="community",
            kind=ListOf(COMMUNITIES, like='["65001:*"]', minimum=1),
            meaning="A community is in this list.",
            reload=Reload.POLICY,
        ),
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
        Key(
            name="peer_group",
            kind=ListOf(NAME, like='["tors"]', minimum=1),
            meaning="Group of the peer it came from.",
            reload=Reload.POLICY,
        ),
        Key(name="local_pref", kind=NUMBER_RANGE, meaning="LOCAL_PREF is this.", reload=Reload.POLICY),
        Key(name="med", kind=NUMBER_RANGE, meaning="MED is this; none counts as 0.", reload=Reload.POLICY),
        Key(name="origin", kind=ORIGIN, meaning="ORIGIN is this.", reload=Reload.POLICY),
        Key(
            name="as_path_length",
            kind=NUMBER_RANGE,
            meaning="The AS path is this long, as the decision counts (RFC 4271 §9.1.2.2 a).",
            reload=Reload.POLICY,
        ),
        Key(
            name="community_count",
            kind=NUMBER_RANGE,
            meaning="It has so many communities, of all kinds together.",
            reload=Reload.POLICY,
        ),
        Key(
            name="rpki",
            kind=Choice(*map(str, RpkiState)),
            meaning="What the RPKI says of its origin (RFC 6811 §2).",
            reload=Reload.POLICY,
        ),
        Key(
            name="exists",
            kind=NAME,
            meaning="The Loc-RIB has a prefix of this prefix set. Only in an `export_policy`.",
            reload=Reload.POLICY,
        ),
        Key(
            name="not_exists",
            kind=NAME,
            meaning="The Loc-RIB has no prefix of this prefix set. Only in an `export_policy`.",
            reload=Reload.POLICY,
        ),
    ),
    MatchConfig,
    sparse=True,
)
SET: Final = Table(
    (
        Key(name="local_pref", kind=Integer(0, MAX_NUMBER), meaning="LOCAL_PREF.", reload=Reload.POLICY),
        Key(name="med", kind=NUMBER_OR_STEP, meaning='MED; "+10" and "-10" change it.', reload=Reload.POLICY),
        Key(name="origin", kind=ORIGIN, meaning="ORIGIN.", reload=Reload.POLICY),
        Key(
            name="next_hop",
            kind=NEXT_HOP_SET,
            meaning="The next hop. `self`: our address on the session, only in an `export_policy`; `peer`: that of the "
            "peer it came from; `keep`: as it is, whatever the peer's `next_hop` says.",
            reload=Reload.POLICY,
        ),
        Key(
            name="remove_as",
            kind=ListOf(SOME_AS, like='["private"] or [65001]'),
            meaning="These go out of the path: numbers, private ones (RFC 6996), all.",
            reload=Reload.POLICY,
        ),
        Key(
            name="replace_as",
            kind=ListOf(SOME_AS, like='["private"] or [65001]'),
            meaning="Our own AS takes their places in the path.",
            reload=Reload.POLICY,
        ),
        Key(
            name="prepend",
            kind=ListOf(PREPENDED, like='[64512, 64512] or ["self"]'),
            meaning='AS numbers in front of the path, the first one leftmost; "self" is our own, "last_as" the first '
            "one of the path.",
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
