"""Compiled policies decide as their terms read, one by one, for every prefix; and never raise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family, address_octets, key_text, prefix_key
from pybgp.config.model import MatchConfig, SetConfig, TermConfig
from pybgp.constants import AttributeCode, Community
from pybgp.messages.attributes.as_path import CONFED, AsPath, Segment, SegmentType
from pybgp.messages.attributes.block import Block, parse
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.context import Context, PeerKind
from pybgp.policy.builtin import import_check, may_advertise
from pybgp.policy.generation import Generation
from pybgp.routes import Accept, Reject, Route, RpkiState, Verdict
from tests.unit.policy.made import LOCAL, PEER, block, chain, route

V4, V6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
PREFIX_SETS = {"pods": ("10.65.0.0/16 le 32", "2001:db8::/32 le 64"), "small": ("0.0.0.0/0 ge 26", "::/0 ge 64")}
AS_PATH_SETS = {"tor": ("^65001",), "long": ("^[0-9]+_[0-9]+_[0-9]+",)}
COMMUNITY_SETS = {"rack": ("64512:*", "64512:7:*"), "quiet": ("no-export",)}
PODS, SMALL = ("10.65.0.0/26", "10.65.0.0/16", "2001:db8::/48", "2001:db8::/64"), ("10.65.0.0/26", "2001:db8::/64")
PREFIXES = (*PODS, "10.0.0.0/8", "192.0.2.1/32", "::/0")
PATHS = ((), (65001,), (65001, 7, 8), (7,), (64512, 65001, 9))
COMMUNITIES = ("64512:7", "64512:7:1", "no-export", "1:1", "rt:1:1")
SOURCES = (replace(PEER, group="tors"), LOCAL, replace(PEER, name="tor-b", address=address_octets("2001:db8::b")))

BLOCKS = tuple(
    block(path, med=med, communities=communities)
    for path, med, communities in (
        ((), None, ()),
        ((65001,), 7, ("64512:7",)),
        ((65001,), 0, ("no-export", "64512:7:1")),
        ((65001, 7, 8), None, ("1:1", "rt:1:1")),
        ((64512, 65001, 9), None, ("64512:7:1",)),
        ((7,), 7, COMMUNITIES),
    )
)


@st.composite
def all_routes(draw: st.DrawFn) -> Route:
    """Few blocks, shared by routes of different prefixes, families and sources."""
    family, key = prefix_key(draw(st.sampled_from(PREFIXES)))
    return Route(family, key, draw(st.sampled_from(BLOCKS)), draw(st.sampled_from(SOURCES)))


routes = all_routes()


def sparse(kind: type[Any], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value of ``kind`` with a few of the fields given."""
    names = st.sets(st.sampled_from(sorted(fields)), max_size=2)
    return names.flatmap(lambda chosen: st.builds(kind, **{name: fields[name] for name in sorted(chosen)}))


plain_matches = {
    "as_path_set": st.sampled_from(sorted(AS_PATH_SETS)),
    "community_set": st.sampled_from(sorted(COMMUNITY_SETS)),
    "source": st.sampled_from([("bgp",), ("local", "kernel")]),
    "family": st.sampled_from([(V4,), (V6,), (V4, V6)]),
    "next_hop": st.sampled_from([("198.51.100.0/24",), ("2001:db8::/32", "10.0.0.0/8")]),
    "peer": st.sampled_from([("tor-a",), ("2001:db8:0::b",)]),
    "peer_group": st.sampled_from([("tors",), ("others", "tors")]),
    "local_pref": st.sampled_from([100, 200, "ge 150", "le 100"]),
    "med": st.sampled_from([0, 7, "ge 5 le 8"]),
    "origin": st.sampled_from(["igp", "egp"]),
    "as_path": st.sampled_from([("_9$",), ("^65001$", "^$"), ("_7_",)]),
    "community": st.sampled_from([("1:1", "rt:1:*"), ("64512:*",)]),
    "as_path_length": st.sampled_from([0, 3, "ge 2"]),
    "community_count": st.sampled_from([0, 1, "ge 2"]),
    "exists": st.sampled_from(["pods", "small"]),
    "not_exists": st.sampled_from(["pods", "small"]),
}
EXISTING = frozenset({"pods"})
ROAS = {"10.65.0.0/26": 65001, "10.65.0.0/16": 7, "2001:db8::/64": 65001}


class Roas:
    """One prefix, one origin."""

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        valid = ROAS.get(key_text(family, key)) if family in (V4, V6) else None
        if valid is None:
            return RpkiState.NOT_FOUND
        return RpkiState.VALID if valid == origin_as else RpkiState.INVALID


GENERATION = Generation(Roas(), EXISTING)
changes = sparse(
    SetConfig,
    local_pref=st.sampled_from([100, 200]),
    med=st.sampled_from([0, 7, "+3", "-8"]),
    origin=st.sampled_from(["igp", "egp"]),
    next_hop=st.sampled_from(["10.9.9.9", "2001:db8::9", "self", "keep", "peer"]),
    remove_as=st.sampled_from([("private",), (7, 9), ("all",)]),
    replace_as=st.sampled_from([("private",), (65001, 8), ("all",)]),
    prepend=st.sampled_from([(65001,), (7, 7), ("self", "last_as")]),
    communities=st.sampled_from([(), ("64512:9",), ("1:1:1",)]),
    remove_communities=st.sampled_from([("*:*",), ("64512:7:*", "no-export")]),
    add_communities=st.sampled_from([("no-export",), ("64512:7:3", "rt:2:2")]),
)
actions = st.sampled_from(["accept", "reject", "next", "next"])


def terms(**matches: st.SearchStrategy[Any]) -> st.SearchStrategy[list[TermConfig]]:
    term = st.builds(TermConfig, action=actions, match=sparse(MatchConfig, **matches), set=changes)
    return st.lists(term, max_size=5)


prefix_terms = terms(prefix_set=st.sampled_from(sorted(PREFIX_SETS)), source=plain_matches["source"])
set_terms = terms(
    prefix_set=st.sampled_from(sorted(PREFIX_SETS)),
    **{name: found for name, found in plain_matches.items() if name.endswith("_set")},
)
prefix_matches: dict[str, st.SearchStrategy[Any]] = {
    "prefix_set": st.sampled_from(sorted(PREFIX_SETS)),
    "prefix": st.sampled_from([("10.0.0.0/8 le 16", "::/0"), ("10.65.0.0/26",)]),
    "rpki": st.sampled_from(list(map(str, RpkiState))),
}
all_terms = st.one_of(terms(**prefix_matches, **plain_matches), prefix_terms, set_terms)
SETS: dict[str, Any] = {"prefix_sets": PREFIX_SETS, "as_path_sets": AS_PATH_SETS, "community_sets": COMMUNITY_SETS}


def reads(given_terms: Sequence[TermConfig], found: Route) -> Verdict:
    """What the terms say, read one by one: the oracle."""
    for number, term in enumerate(given_terms):
        if not all(_holds(term.match, found)):
            continue
        if term.action == "reject":
            return Reject(f"policy policy term {number}")
        try:
            found = _changed(term.set, found)
        except ValueError as problem:
            return Reject(f"policy policy term {number}: {problem}")
        if term.action == "accept":
            return Accept(found.block, explicit=found.explicit)
    return Reject("policy policy: no term accepted")


def _holds(match: MatchConfig, found: Route) -> list[bool]:
    path = found.as_path
    checks = {
        "prefix_set": lambda: found.prefix_text in {"pods": PODS, "small": (*SMALL, "192.0.2.1/32")}[match.prefix_set],
        "as_path_set": lambda: path[:1] == (65001,) if match.as_path_set == "tor" else len(path) >= 3,
        "community_set": lambda: (
            found.has_community("64512:*") or found.has_community("64512:7:*")
            if match.community_set == "rack"
            else "65535:65281" in found.communities
        ),
        "prefix": lambda: (
            found.prefix_text in ("10.0.0.0/8", "10.65.0.0/16", "::/0")
            if len(match.prefix) == 2
            else found.prefix_text == "10.65.0.0/26"
        ),
        "as_path": lambda: {
            ("_9$",): path[-1:] == (9,),
            ("^65001$", "^$"): path in ((), (65001,)),
            ("_7_",): 7 in path,
        }[match.as_path],
        "community": lambda: any(map(found.has_community, match.community)),
        "as_path_length": lambda: _within(match.as_path_length, len(path)),
        "community_count": lambda: _within(
            match.community_count,
            len(found.communities) + len(found.large_communities) + len(found.extended_communities),
        ),
        "rpki": lambda: replace(found, validator=GENERATION.validator).rpki == match.rpki,
        "exists": lambda: match.exists in EXISTING,
        "not_exists": lambda: match.not_exists not in EXISTING,
        "peer_group": lambda: found.source.group in match.peer_group,
        "source": lambda: found.source.kind.value in match.source,
        "family": lambda: found.family in match.family,
        "next_hop": lambda: found.next_hop.startswith("198.51.100.") == (match.next_hop == ("198.51.100.0/24",)),
        "peer": lambda: found.source.name == ("tor-a" if match.peer == ("tor-a",) else "tor-b"),
        "local_pref": lambda: found.local_pref is not None and _within(match.local_pref, found.local_pref),
        "med": lambda: _within(match.med, found.med or 0),
        "origin": lambda: found.origin == match.origin,
    }
    return [check() for name, check in checks.items() if getattr(match, name) is not None]


def _within(wanted: int | str, number: int) -> bool:
    return {
        "ge 150": number >= 150,
        "le 100": number <= 100,
        "ge 5 le 8": 5 <= number <= 8,
        "ge 2": number >= 2,
    }.get(str(wanted), number == wanted)


def _rewritten(wanted: SetConfig, path: tuple[int, ...]) -> tuple[int, ...]:
    """The path (of one AS_SEQUENCE) after ``remove_as``, ``replace_as`` and ``prepend``."""

    def has(some: tuple[int | str, ...], asn: int) -> bool:
        return asn in some or "all" in some or ("private" in some and 64512 <= asn <= 65534)

    path = tuple(asn for asn in path if not has(wanted.remove_as, asn))
    path = tuple(64512 if has(wanted.replace_as, asn) else asn for asn in path)
    front = [{"self": 64512, "last_as": path[0] if path else None}.get(str(asn), asn) for asn in wanted.prepend]
    if None in front:
        raise ValueError('prepend = "last_as": the path has no AS to be prepended')
    return (*front, *path)  # type: ignore[arg-type]


def _changed(wanted: SetConfig, found: Route) -> Route:
    scalars = {
        name: value
        for name in ("local_pref", "med", "origin", "next_hop")
        if (value := getattr(wanted, name)) is not None
    }
    rewritten = _rewritten(wanted, found.as_path)
    found = found.replace(**scalars).replace(as_path=rewritten)
    if wanted.communities is not None:
        found = found.replace(communities=wanted.communities)
    found = found.replace(remove_communities=wanted.remove_communities)
    return found.replace(add_communities=wanted.add_communities)


@settings(max_examples=500)
@given(all_terms, st.lists(routes, min_size=1, max_size=12))
def test_a_compiled_policy_decides_as_its_terms_read(given_terms: list[TermConfig], asked: list[Route]) -> None:
    """Whatever was asked before, and however much of it is remembered."""
    policy = chain(*given_terms, **SETS, generation=GENERATION)

    assert [policy.evaluate(found) for found in asked] == [reads(given_terms, found) for found in asked]


@given(all_terms, st.lists(st.sampled_from([p for p in PREFIXES if ":" not in p]), min_size=1), st.sampled_from(PATHS))
def test_prefixes_of_one_block_are_decided_as_if_each_came_alone(
    given_terms: list[TermConfig], prefixes: list[str], path: tuple[int, ...]
) -> None:
    policy = chain(*given_terms, **SETS, generation=GENERATION)
    shared = route(path=path)

    for prefix in prefixes:
        together = policy.evaluate(replace(route(prefix), block=shared.block))
        assert together == chain(*given_terms, **SETS, generation=GENERATION).evaluate(route(prefix, path))


@given(terms(**plain_matches), routes)
def test_once_a_block_is_enough_for_a_policy_that_reads_no_prefix(given_terms: list[TermConfig], found: Route) -> None:
    policy = chain(*given_terms, **SETS, generation=GENERATION)
    keys = [b"", b"\x00", found.key, b"\x20\xc0\x00\x02\x01" if found.family == V4 else b"\x80" + bytes(16)]

    assert not policy.reads_prefix
    assert len({repr(policy.evaluate(replace(found, key=key))) for key in keys}) == 1


@given(all_terms, routes)
def test_a_changed_block_is_as_if_a_peer_had_sent_it(given_terms: list[TermConfig], found: Route) -> None:
    """What a policy makes goes through the same parser unchanged: attributes in order, flags and lengths right."""
    verdict = chain(*given_terms, **SETS, generation=GENERATION).evaluate(found)

    if isinstance(verdict, Accept):
        again = parse(verdict.block.octets, verdict.block.next_hop, Context(kind=PeerKind.INTERNAL)).block
        assert again == verdict.block
        names = ("mask", "med", "local_pref", "origin", "path_length", "neighbor_as", "next_hop_at", "tail_at")
        assert [getattr(again, name) for name in names] == [getattr(verdict.block, name) for name in names]


@given(
    all_terms,
    st.sampled_from([b"", b"\x00", b"\x21" + bytes(5), b"\xff" * 17]),
    st.sampled_from([V4, V6, Family(25, 70)]),
    st.binary(max_size=33),
)
def test_no_route_makes_a_policy_raise(
    given_terms: list[TermConfig], key: bytes, family: Family, next_hop: bytes
) -> None:
    """Not one with a next hop or a family that nobody knows, if its key is one of the family's."""
    policy = chain(*given_terms, **SETS, generation=GENERATION)
    strange = Route(family, key, block().replace(next_hop=next_hop), PEER)

    if family == Family(25, 70) or not policy.reads_prefix:
        assert isinstance(policy.evaluate(strange), Accept | Reject)


OWN_AS, OURS, CLUSTER = 64512, address_octets("192.0.2.1"), address_octets("192.0.2.2")
numbers = st.sampled_from([7, OWN_AS, 65001, OWN_AS << 8, OWN_AS << 16, 0xFFFFFF01])
segments = st.builds(
    lambda kind, asns: Segment(kind, tuple(asns)),
    st.sampled_from(SegmentType),
    st.lists(numbers, min_size=1, max_size=3),
)
ids = st.sampled_from([OURS, CLUSTER, *map(address_octets, ("2.1.192.0", "0.2.2.192", "192.0.2.3"))])


@st.composite
def received(draw: st.DrawFn) -> Block:
    """Blocks in which the octets looked for stand at right and wrong places."""
    attributes: list[Any] = [AsPath(tuple(draw(st.lists(segments, max_size=3))))]
    if draw(st.booleans()):
        attributes.append(OriginatorId(draw(ids)))
    if clusters := draw(st.lists(ids, max_size=3)):
        attributes.append(ClusterList(tuple(clusters)))
    if values := draw(st.lists(st.sampled_from([1, 0x01FFFFFF, *Community]), max_size=3, unique=True)):
        attributes.append(Communities(tuple(values)))
    if med := draw(st.none() | numbers):
        attributes.append(MultiExitDisc(med))
    return Block.build(attributes, draw(st.sampled_from([OURS, CLUSTER, bytes(16), bytes(12) + OURS + bytes(16)])))


@given(received(), st.sampled_from(PeerKind), st.integers(0, 2), st.booleans())
def test_the_import_check_agrees_with_a_reading_of_all_attributes(
    found: Block, kind: PeerKind, allowas_in: int, enforce: bool
) -> None:
    attributes: dict[int, Any] = dict(found.attributes)
    path: AsPath = attributes[AttributeCode.AS_PATH]
    outside = [segment for segment in path.segments if segment.kind not in CONFED]
    first = outside[0].asns[0] if outside and outside[0].kind is SegmentType.AS_SEQUENCE else None
    own = frozenset({OURS, bytes(12) + OURS})

    check = import_check(
        local_as=OWN_AS,
        router_id=OURS,
        cluster_ids=frozenset({CLUSTER}),
        own_addresses=own,
        allowas_in=allowas_in,
        enforce_first_as=enforce,
    )
    reason = check(found, replace(PEER, peer_kind=kind))

    refused = [
        path.asns.count(OWN_AS) > allowas_in,
        enforce and kind is PeerKind.EXTERNAL and first != PEER.remote_as,
        attributes.get(AttributeCode.ORIGINATOR_ID) == OriginatorId(OURS),
        CLUSTER in getattr(attributes.get(AttributeCode.CLUSTER_LIST), "cluster_ids", ()),
        bool({found.next_hop, found.next_hop[:16], found.next_hop[16:]} & own),
    ]
    assert (reason is not None) is any(refused)


@given(received(), st.sampled_from(PeerKind))
def test_well_known_communities_agree_with_a_reading_of_the_attribute(found: Block, kind: PeerKind) -> None:
    """RFC 1997."""
    carried = set(found.communities)
    expected = Community.NO_ADVERTISE in carried
    expected |= Community.NO_EXPORT in carried and kind is PeerKind.EXTERNAL
    expected |= Community.NO_EXPORT_SUBCONFED in carried and kind is not PeerKind.INTERNAL

    assert (may_advertise(found, kind) is not None) is expected
