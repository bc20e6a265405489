"""Update groups: what members are told, once, packed, and as fast as each can take it (RFC 4271 §9.1.3, §9.2)."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import cycle, islice
from typing import Any

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import MatchConfig, PolicySets, TermConfig
from pybgp.constants import MAX_MESSAGE
from pybgp.messages.attributes.base import walk
from pybgp.messages.context import PeerKind
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.policy.compile import compile_chain
from pybgp.rib import groups
from pybgp.rib.decision import Decision
from pybgp.rib.export import ExportRules, Position
from pybgp.rib.local import DEFAULT_KEY, OWN
from pybgp.rib.moves import moves_of
from pybgp.rib.path import Path
from pybgp.rib.selection import _View
from pybgp.rib.table import Table
from pybgp.speaker.outbound import Outbound

from .paths import EXTERNAL, block, key, path, source
from .receiver import Receiver

FAMILY = Family.IPV4_UNICAST
P, Q, R = key("10.1.0.0/16"), key("10.2.0.0/16"), key("10.3.0.0/16")
A = source("a", client=True, router_id="1.1.1.1", address="192.0.2.1")
B = source("b", client=True, router_id="2.2.2.2", address="192.0.2.2")
X = source("x", kind=EXTERNAL, router_id="4.4.4.4", address="192.0.2.4")
RULES = ExportRules(
    family=FAMILY,
    kind=PeerKind.INTERNAL,
    client=True,
    local_as=64512,
    router_id=address_octets("9.9.9.9"),
    cluster_id=address_octets("9.9.9.9"),
    own_next_hop=address_octets("192.0.2.254"),
    policy=ACCEPT_ALL,
)


class Rib:
    """A table, its groups, and peers by name that decode what they get."""

    def __init__(self, family: Family = FAMILY) -> None:
        self.family = family
        self.table = Table(family, Decision())
        self.wire: list[tuple[str, bytes]] = []
        self.peers: dict[str, Receiver] = {}
        self.conns: dict[str, int] = {}
        self.now = 0.0
        self.outbound = Outbound({family: self.table}, self.deliver)

    def deliver(self, conns: list[int], data: bytes, messages: int) -> None:
        for conn in conns:
            name = next(name for name, number in self.conns.items() if number == conn)
            self.wire.append((name, data))
            self.peers[name].receive(data)

    def join(self, *names: str, **rules: Any) -> None:
        for name in names:
            self.conns[name] = len(self.conns) + 1
            wanted = replace(RULES, family=self.family, **rules)
            self.peers[name] = Receiver(wanted.add_path, wanted.kind, self.family)
            self.outbound.join(name, self.conns[name], wanted)
        self.settle()

    def insert(self, keys: Iterable[bytes], of: Path) -> None:
        self.table.insert(list(keys), of)

    def flush(self) -> None:
        changes = self.table.take_pending()
        self.outbound.flush(self.family, changes, moves_of(changes, self.table), self.now)

    def settle(self) -> None:
        self.flush()
        while self.outbound.has_work:
            self.outbound.step()

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.outbound.tick(self.now)

    def told(self, name: str) -> set[bytes]:
        return {one for one, _ in self.peers[name].routes}

    def sent(self, name: str) -> list[bytes]:
        """What has been sent since the last time one asked."""
        found = [data for to, data in self.wire if to == name]
        self.wire = [(to, data) for to, data in self.wire if to != name]
        return found


@pytest.fixture
def rib() -> Rib:
    return Rib()


def prefixes(count: int) -> list[bytes]:
    """So many /24s."""
    return [b"\x18\x0a" + bytes(divmod(number, 256)) for number in range(count)]


# -- announcing and withdrawing ----------------------------------------------------------------------------------------


@pytest.mark.row("SND-02")
def test_a_route_does_not_go_back_where_it_came_from(rib: Rib) -> None:
    rib.join("a", "b")

    rib.insert([P], path(by=A))
    rib.settle()

    assert (rib.told("a"), rib.told("b")) == (set(), {P})


@pytest.mark.row("SND-03", "SND-02")
def test_a_route_that_is_no_longer_best_is_withdrawn_once_from_who_has_brought_the_better_one(rib: Rib) -> None:
    rib.join("a", "b", "c")
    rib.insert([P], path(by=A))
    rib.settle()

    rib.insert([P], path(block(local_pref=200), by=B))
    rib.settle()

    assert (rib.told("a"), rib.told("b"), rib.told("c")) == ({P}, set(), {P})
    assert [rib.peers[name].withdrawn for name in "abc"] == [0, 1, 0]
    assert [rib.peers[name].needless_withdrawals for name in "abc"] == [0, 0, 0]


@pytest.mark.row("SND-03", "SND-08")
@pytest.mark.parametrize("communities", [("no-advertise",), ()], ids=["no-longer-allowed", "gone"])
def test_what_may_no_longer_be_told_is_withdrawn_once(rib: Rib, communities: tuple[str, ...]) -> None:
    rib.join("b")
    rib.insert([P], path(by=A))
    rib.settle()

    for _ in range(2):  # a second time there is nothing to withdraw
        if communities:
            rib.insert([P], path(block(communities=communities), by=A))
        else:
            rib.table.withdraw([P], "a")
        rib.settle()

    assert rib.told("b") == set()
    assert rib.peers["b"].withdrawn == 1


@pytest.mark.row("SND-08")
def test_what_was_never_told_is_not_withdrawn(rib: Rib) -> None:
    rib.join("b")
    rib.insert([P], path(block(communities=("no-advertise",)), by=A))
    rib.insert([Q], path(by=A))
    rib.table.withdraw([Q], "a")
    rib.settle()
    rib.table.withdraw([P], "a")
    rib.settle()

    assert not rib.sent("b")[1:]  # End-of-RIB only


@pytest.mark.row("DEC-14")
def test_a_route_announced_again_unchanged_is_not_told_again(rib: Rib) -> None:
    """Not even from a new session, whose Paths are others."""
    rib.join("b")
    rib.insert([P], path(by=A))
    rib.settle()
    rib.sent("b")

    rib.insert([P], path(by=replace(A, epoch=2)))
    rib.settle()

    assert rib.sent("b") == []


def test_the_counters_say_what_each_member_has(rib: Rib) -> None:
    rib.join("a", "b", "x", add_path=False)
    rib.insert([P, Q], path(by=A))
    rib.insert([Q], path(block(local_pref=200), by=B))
    rib.settle()
    rib.table.withdraw([P], "a")
    rib.settle()

    for name, conn in rib.conns.items():
        ((_, member),) = rib.outbound._by_conn[conn]
        assert member.advertised == len(rib.told(name)), name


@pytest.mark.row("RRF-13")
def test_all_members_get_the_same_object(rib: Rib) -> None:
    names = [f"c{number}" for number in range(20)]
    rib.join("a", *names)
    for name in names:
        rib.sent(name)

    rib.insert([P], path(by=A))
    rib.settle()

    octets = [rib.sent(name) for name in names]
    assert {len(each) for each in octets} == {1}
    assert len({id(each[0]) for each in octets}) == 1


def test_a_flush_with_routes_of_many_members_gives_each_all_but_its_own(rib: Rib) -> None:
    rib.join("a", "b", "x")
    for number, by in enumerate((A, B, X)):
        rib.insert([key(f"10.{number}.0.0/16")], path(by=by))
    rib.settle()

    every = {key(f"10.{number}.0.0/16") for number in range(3)}
    assert {name: every - rib.told(name) for name in "abx"} == {
        "a": {key("10.0.0.0/16")},
        "b": {key("10.1.0.0/16")},
        "x": {key("10.2.0.0/16")},
    }


# -- policies that look at prefixes ------------------------------------------------------------------------------------


def only(*texts: str):  # type: ignore[no-untyped-def]
    terms = (TermConfig(action="accept", match=MatchConfig(prefix_set="some")), TermConfig(action="reject"))
    sets = PolicySets(prefix_sets={"some": texts})
    return compile_chain(("p",), policies={"p": terms}, sets=sets, functions={}, own_as=64512)


@pytest.mark.row("SND-03")
def test_a_policy_on_prefixes_divides_one_paths_prefixes(rib: Rib) -> None:
    rib.join("b", policy=only("10.1.0.0/16 le 32"))
    rib.insert([P, Q, key("10.1.2.0/24")], path(by=A))
    rib.settle()
    assert rib.told("b") == {P, key("10.1.2.0/24")}

    rib.table.withdraw([P, Q], "a")
    rib.settle()

    assert rib.told("b") == {key("10.1.2.0/24")}
    assert rib.peers["b"].needless_withdrawals == 0


def test_changed_rules_are_told_as_differences_only_where_they_differ(rib: Rib) -> None:
    rib.join("b", policy=only("10.1.0.0/16"))
    rib.insert([P, Q], path(by=A))
    rib.settle()
    ((group, member),) = rib.outbound._by_conn[rib.conns["b"]]

    new = rib.outbound.change_rules(rib.conns["b"], member, group, replace(RULES, policy=only("10.2.0.0/16")))
    rib.settle()

    assert rib.told("b") == {Q}
    assert new.members[rib.conns["b"]] is member


def test_rules_that_change_before_a_member_has_caught_up_count(rib: Rib) -> None:
    """A session whose host learns its addresses just after it came up."""
    rib.insert([P], path(block(local_pref=None), by=X))
    rib.flush()
    rib.conns["b"], rib.peers["b"] = 1, Receiver()
    group, member = rib.outbound.join("b", 1, RULES)

    rib.outbound.change_rules(1, member, group, replace(RULES, default_local_pref=50))
    rib.settle()

    ((octets, _),) = rib.peers["b"].routes.values()
    assert b"\x40\x05\x04\x00\x00\x00\x32" in octets
    assert rib.peers["b"].ends == 1


def test_rules_that_change_while_a_member_does_not_read_count(rib: Rib) -> None:
    """Also for what has not changed meanwhile."""
    rib.join("slow")
    rib.insert([P, Q, R], path(block(local_pref=None), by=X))
    rib.settle()
    conn = rib.conns["slow"]
    rib.outbound.congested(conn)
    rib.table.withdraw([P], "x")
    rib.insert([Q], path(block(local_pref=None, med=7), by=X))
    rib.settle()
    ((group, member),) = rib.outbound._by_conn[conn]

    rib.outbound.change_rules(conn, member, group, replace(RULES, default_local_pref=50))
    rib.outbound.writable(conn)
    rib.settle()

    assert rib.told("slow") == {Q, R}
    assert all(b"\x40\x05\x04\x00\x00\x00\x32" in octets for octets, _ in rib.peers["slow"].routes.values())
    assert rib.peers["slow"].needless_withdrawals == 0


def test_of_what_waits_and_changes_again_a_member_was_told_what_it_was_before_both(rib: Rib) -> None:
    """An advertisement interval, a member that doesn't read, and other rules, one after the other."""
    rib.join("slow", mrai=5.0)
    rib.pass_time(6)
    first, second, third = (path(block(med=med), by=A) for med in (1, 2, 3))
    rib.insert([P], first)
    rib.settle()
    rib.insert([P], second)
    rib.settle()
    conn = rib.conns["slow"]
    rib.outbound.congested(conn)
    for now in (third, second):
        rib.insert([P], now)
        rib.settle()
    ((group, member),) = rib.outbound._by_conn[conn]

    rib.outbound.change_rules(conn, member, group, replace(RULES, mrai=6.0))
    rib.outbound.writable(conn)
    rib.settle()

    ((octets, _),) = rib.peers["slow"].routes.values()
    assert b"\x80\x04\x04\x00\x00\x00\x02" in octets


@pytest.mark.parametrize("ours", ["from now on", "no longer"])
def test_a_default_of_our_own_comes_or_goes_while_the_tables_waits_for_the_interval(rib: Rib, ours: str) -> None:
    """What is held back of the table's default is nothing that such a member hears, or has heard."""
    before, after = (False, True) if ours == "from now on" else (True, False)
    rib.join("b", mrai=5.0, default_originate=before)
    rib.flush()  # the interval begins
    rib.insert([DEFAULT_KEY], path(by=B))  # its own, which it is not told
    rib.flush()
    ((group, member),) = rib.outbound._by_conn[rib.conns["b"]]

    rib.outbound.change_rules(rib.conns["b"], member, group, replace(group.rules, default_originate=after))
    rib.settle()
    rib.pass_time(6)

    assert rib.told("b") == ({DEFAULT_KEY} if after else set())
    assert member.advertised == len(rib.told("b"))


def test_who_was_told_something_else_takes_nobody_along(rib: Rib) -> None:
    rib.join("one", "two", mrai=5.0)
    rib.pass_time(6)
    first, second = (path(block(med=med), by=A) for med in (1, 2))
    rib.insert([P], first)
    rib.settle()
    rib.insert([P], second)
    rib.settle()
    rib.outbound.congested(rib.conns["one"])  # has the first, while the second waits
    rib.pass_time(6)
    rib.outbound.congested(rib.conns["two"])  # has the second
    rib.pass_time(6)
    rib.insert([P], first)
    rib.settle()

    for name in ("one", "two"):
        rib.outbound.writable(rib.conns[name])
    rib.settle()

    assert rib.peers["two"].routes == rib.peers["one"].routes
    ((octets, _),) = rib.peers["two"].routes.values()
    assert b"\x80\x04\x04\x00\x00\x00\x01" in octets


# -- packing -----------------------------------------------------------------------------------------------------------


@pytest.mark.row("UPD-19")
@pytest.mark.parametrize("limit", [4096, 65535])
@pytest.mark.parametrize("add_path", [False, True])
def test_prefixes_of_one_path_fill_messages_up_to_the_limit(rib: Rib, limit: int, add_path: bool) -> None:
    rib.join("b", limit=limit, add_path=add_path)
    rib.peers["b"].sizes.clear()
    size = 8 if add_path else 4

    rib.insert(prefixes(30_000), path(by=A))
    rib.settle()

    *full, last = rib.peers["b"].sizes
    assert all(limit - size < each <= limit for each in full)
    assert last <= limit
    assert len(rib.told("b")) == 30_000


@pytest.mark.row("UPD-19")
def test_a_thousand_prefixes_of_one_set_fit_into_two_messages(rib: Rib) -> None:
    rib.join("b")
    rib.peers["b"].sizes.clear()

    rib.insert(prefixes(1000), path(by=A))
    rib.settle()

    assert len(rib.peers["b"].sizes) <= 2


@pytest.mark.row("UPD-19")
def test_withdrawals_fill_messages_too(rib: Rib) -> None:
    rib.join("b")
    rib.insert(prefixes(5000), path(by=A))
    rib.settle()
    rib.peers["b"].sizes.clear()

    rib.table.withdraw(prefixes(5000), "a")
    rib.settle()

    *full, last = rib.peers["b"].sizes
    assert all(MAX_MESSAGE - 4 < each <= MAX_MESSAGE for each in full)
    assert last <= MAX_MESSAGE
    assert rib.told("b") == set()


@pytest.mark.parametrize("add_path", [False, True])
def test_withdrawals_share_messages_whatever_attributes_they_had(rib: Rib, add_path: bool) -> None:
    rib.join("b", add_path=add_path)
    for number, prefix in enumerate(prefixes(500)):
        rib.insert([prefix], path(block(med=number), by=A))
    rib.settle()
    rib.peers["b"].sizes.clear()

    rib.table.withdraw(prefixes(500), "a")
    rib.settle()

    assert len(rib.peers["b"].sizes) == 1
    assert rib.told("b") == set()


# -- attributes that don't fit -----------------------------------------------------------------------------------------

FIXED = 23
"""Octets of an UPDATE without attributes and prefixes."""


def long(octets: int) -> Path:
    """A path of our own whose exported attributes have exactly so many octets, from 300 to 1200."""
    base = path(block((65001,), local_pref=100, next_hop="192.0.2.9"), by=OWN)
    from pybgp.rib.export import Exporter

    found = Exporter(RULES).export(base)
    assert found is not None
    from pybgp.messages.attributes.unknown import UnknownAttribute

    more = octets - len(found.attributes) - 4
    return path(block((65001,), more=(UnknownAttribute(99, 0xE0, bytes(more)),)), by=OWN)


FITS = MAX_MESSAGE - FIXED - 5
"""Attributes that leave room for one IPv4 prefix of any length."""


@pytest.mark.row("UPD-18", "EXM-02")
def test_the_longest_attributes_that_fit_are_sent(rib: Rib) -> None:
    rib.join("b")
    rib.peers["b"].sizes.clear()

    rib.insert([key("10.0.0.1/32"), key("10.0.0.2/32")], long(FITS))
    rib.settle()

    assert rib.peers["b"].sizes == [MAX_MESSAGE, MAX_MESSAGE]
    assert len(rib.told("b")) == 2


@pytest.mark.row("UPD-18", "EXM-02")
def test_a_route_whose_attributes_do_not_fit_is_withdrawn_and_no_other(rib: Rib) -> None:
    """RFC 8654 §5: for the peer without extended messages."""
    rib.join("old")
    rib.join("new", limit=65535)
    rib.insert([P, Q], path(by=OWN))
    rib.settle()

    rib.insert([P], long(FITS + 1))
    rib.insert([R], path(by=OWN))
    rib.settle()

    assert (rib.told("old"), rib.told("new")) == ({Q, R}, {P, Q, R})
    assert rib.peers["old"].withdrawn == 1
    rib.insert([P], path(by=OWN))
    rib.settle()
    assert rib.told("old") == {P, Q, R}


@pytest.mark.row("UPD-18")
@pytest.mark.parametrize("add_path", [False, True])
@pytest.mark.parametrize("family", [Family.IPV4_UNICAST, Family.IPV6_UNICAST])
@pytest.mark.parametrize("size", [*range(3960, 4080, 3), 5000])
def test_whatever_their_size_attributes_are_sent_or_not_and_nothing_breaks(
    family: Family, add_path: bool, size: int
) -> None:
    rib = Rib(family)
    own_next_hop = RULES.own_next_hop if family == FAMILY else bytes(32)
    longest = key("10.0.0.1/32" if family == FAMILY else "2001:db8::1/128")
    of = long(size)
    rib.insert([longest], path(of.received.replace(next_hop=b""), by=OWN))

    rib.join("b", add_path=add_path, own_next_hop=own_next_hop if family == FAMILY else b"\x20\x01" + bytes(29) + b"\1")

    assert all(each <= MAX_MESSAGE for each in rib.peers["b"].sizes)
    assert rib.peers["b"].ends == 1


# -- the advertisement interval ----------------------------------------------------------------------------------------


@pytest.mark.row("SND-04")
def test_the_first_change_goes_at_once_and_the_last_state_when_the_interval_ends(rib: Rib) -> None:
    """RFC 4271 §9.2.1.1."""
    rib.join("b", mrai=5)
    rib.pass_time(10)
    rib.insert([P], path(block(med=0), by=A))
    rib.flush()
    assert rib.told("b") == {P}

    for med in range(1, 11):
        rib.insert([P, Q], path(block(med=med), by=A))
        rib.flush()
        rib.pass_time(0.4)
    assert (rib.told("b"), rib.peers["b"].announced) == ({P}, 1)
    rib.pass_time(1)

    assert rib.told("b") == {P, Q}
    assert rib.peers["b"].announced == 3
    assert {raw.value[-1] for octets, _ in rib.peers["b"].routes.values() for raw in walk(octets) if raw.code == 4} == {
        10
    }


@pytest.mark.row("SND-04", "SND-08")
def test_within_the_interval_withdrawals_wait_too_and_a_flap_is_nothing(rib: Rib) -> None:
    rib.join("b", mrai=5)
    rib.pass_time(10)
    of = path(by=A)
    rib.insert([P], of)
    rib.flush()

    rib.table.withdraw([P], "a")
    rib.flush()
    assert rib.told("b") == {P}
    rib.insert([P], of)
    rib.insert([Q], of)
    rib.table.withdraw([Q], "a")
    rib.flush()
    rib.pass_time(5)
    assert (rib.told("b"), rib.peers["b"].announced, rib.peers["b"].withdrawn) == ({P}, 1, 0)
    rib.table.withdraw([P], "a")
    rib.flush()
    rib.pass_time(5)

    assert rib.told("b") == set()


@pytest.mark.parametrize("what", ["refresh", "rules"])
def test_what_goes_within_the_interval_is_withdrawn_from_a_member_that_is_told_anew(rib: Rib, what: str) -> None:
    rib.join("b", mrai=5)
    rib.pass_time(10)
    rib.insert([P, Q], path(by=A))
    rib.flush()
    rib.table.withdraw([P], "a")
    rib.flush()
    assert rib.told("b") == {P, Q}

    if what == "refresh":
        rib.outbound.refresh(rib.conns["b"], FAMILY, enhanced=False)
    else:
        ((group, member),) = rib.outbound._by_conn[rib.conns["b"]]
        rib.outbound.change_rules(rib.conns["b"], member, group, replace(RULES, default_local_pref=7))
    rib.settle()
    rib.pass_time(10)

    assert rib.told("b") == {Q}


# -- ADD-PATH ----------------------------------------------------------------------------------------------------------


@pytest.mark.row("ADP-01", "ADP-03", "ADP-04")
def test_every_eligible_path_is_told_under_an_identifier_of_ours_that_stays(rib: Rib) -> None:
    """RFC 7911 §2, §3."""
    rib.join("c", add_path=True)
    rib.insert([P], path(block(local_pref=100), by=A, path_id=77))
    rib.insert([P], path(block(local_pref=200), by=A, path_id=0))
    rib.insert([P], path(block(local_pref=300), by=B, path_id=77))
    rib.insert([P], path(reason="AS loop", by=X))
    rib.settle()
    before = dict(rib.peers["c"].routes)
    assert len(before) == 3

    rib.insert([P], path(block(local_pref=50), by=B, path_id=77))  # now the worst
    rib.settle()

    after = rib.peers["c"].routes
    assert after.keys() == before.keys()
    assert len([one for one in after if after[one] != before[one]]) == 1
    rib.table.withdraw([P], "a", 77)
    rib.settle()
    assert len(rib.told("c")) == 1
    assert len(rib.peers["c"].routes) == 2
    assert rib.peers["c"].needless_withdrawals == 0


@pytest.mark.row("ADP-01", "UPD-19")
def test_prefixes_with_an_identifier_each_share_an_update(rib: Rib) -> None:
    """FRR counts the prefixes that it sends with ADD-PATH; identifiers are part of the NLRI (RFC 7911 §3)."""
    rib.join("a", "c", add_path=True)
    told = rib.peers["c"]
    told.sizes.clear()
    one, other = block(), block(local_pref=50)
    for number, prefix in enumerate(prefixes(300)):
        rib.insert([prefix], path(other if number % 3 == 0 else one, by=A, path_id=number + 1))
    rib.settle()

    assert len(told.sizes) == 2
    assert rib.told("c") == set(prefixes(300))
    assert len({path_id for _, path_id in told.routes}) == 300
    assert rib.told("a") == set()

    told.sizes.clear()
    for number, prefix in enumerate(prefixes(300)):
        rib.table.withdraw([prefix], "a", number + 1)
    rib.settle()

    assert len(told.sizes) == 1
    assert told.routes == {}
    assert told.needless_withdrawals == 0
    assert [member.advertised for group in rib.outbound.groups() for member in group.members.values()] == [0, 0]


@pytest.mark.row("ADP-04", "SND-02")
def test_with_add_path_too_nobody_gets_its_own(rib: Rib) -> None:
    rib.join("a", "b", "c", add_path=True)
    rib.insert([P], path(by=A))
    rib.insert([P], path(by=B))
    rib.settle()

    assert [len(rib.peers[name].routes) for name in "abc"] == [1, 1, 2]


@pytest.mark.row("ADP-06")
def test_a_refresh_brings_all_paths_again(rib: Rib) -> None:
    rib.join("c", add_path=True)
    rib.insert([P], path(by=A))
    rib.insert([P], path(by=B))
    rib.settle()
    rib.peers["c"].announced = 0

    rib.outbound.refresh(rib.conns["c"], FAMILY, enhanced=False)
    rib.settle()

    assert rib.peers["c"].announced == 2
    assert rib.peers["c"].withdrawn == 0


@pytest.mark.row("ADP-01")
def test_add_path_of_ipv6_has_identifiers_too() -> None:
    rib = Rib(Family.IPV6_UNICAST)
    rib.join("c", add_path=True, own_next_hop=address_octets("2001:db8::9"))
    prefix = key("2001:db8:1::/48")
    for by in (A, B):
        rib.insert([prefix], path(block(next_hop="2001:db8::7"), by=by))
    rib.settle()
    rib.table.withdraw([prefix], "a")
    rib.settle()

    assert len(rib.peers["c"].routes) == 1
    assert rib.peers["c"].needless_withdrawals == 0


# -- a slow peer -------------------------------------------------------------------------------------------------------


def flaps(rib: Rib, keys: list[bytes]) -> Iterator[None]:
    """One change a step, for ever: announced with one of some attributes, or withdrawn; ten a flush."""
    paths = [path(block(med=med), by=A) for med in range(3)]
    for number, (one, of) in enumerate(zip(cycle(keys), cycle([*paths, None]), strict=False)):
        if of is None:
            rib.table.withdraw([one], "a")
        else:
            rib.table.insert([one], of)
        if number % 10 == 9:
            rib.flush()
        yield


@pytest.mark.row("SND-07")
def test_a_slow_peers_memory_is_bounded_by_the_prefixes_and_not_by_the_flaps(rib: Rib) -> None:
    keys = prefixes(999)
    rib.join("slow", "quick")
    rib.insert(keys, path(by=A))
    rib.settle()
    rib.peers["slow"].announced = 0
    slow = rib.conns["slow"]
    rib.outbound.congested(slow)
    rib.sent("slow")
    rib.outbound._deliver = lambda conns, data, messages: rib.deliver([slow], data, messages) if slow in conns else None
    steps = flaps(rib, keys)
    for _ in islice(steps, 10_000):
        pass
    ((_, member),) = rib.outbound._by_conn[slow]
    tracemalloc.start()
    before, _ = tracemalloc.get_traced_memory()

    for _ in islice(steps, 90_000):
        pass

    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert member.backlog is not None
    assert member.backlog.size == len(keys)
    assert grown < 256 << 10  # 90,000 changes
    assert rib.sent("slow") == []


@pytest.mark.row("SND-07")
def test_a_slow_peer_gets_the_newest_state_and_the_others_do_not_wait(rib: Rib) -> None:
    keys = prefixes(3000)
    rib.join("slow", "quick")
    rib.insert(keys, path(block(med=0), by=A))
    rib.settle()
    rib.outbound.congested(rib.conns["slow"])
    rib.peers["slow"].announced = 0
    for med in range(1, 6):
        rib.insert(keys, path(block(med=med), by=A))
        rib.table.withdraw(keys[:1000], "a")
        rib.insert(keys[:500], path(block(med=med), by=A))
        rib.settle()
    assert rib.peers["quick"].announced >= 6 * 2500
    assert rib.peers["slow"].announced == 0

    rib.outbound.writable(rib.conns["slow"])
    rib.settle()

    assert rib.peers["slow"].routes == rib.peers["quick"].routes
    assert (rib.peers["slow"].announced, rib.peers["slow"].withdrawn) == (2500, 500)
    rib.insert([P], path(by=A))  # and it is back in the stream
    rib.sent("slow"), rib.sent("quick")
    rib.settle()
    assert rib.sent("slow")[0] is rib.sent("quick")[0]


def test_many_slow_members_share_what_they_are_behind_on_and_the_octets(rib: Rib) -> None:
    """Hundreds that can't keep up with a full table: neither memory nor encoding grows with their number."""
    names = [f"c{number}" for number in range(50)]
    rib.join(*names, "quick")
    rib.insert(prefixes(100), path(by=A))
    rib.settle()
    keys = prefixes(5000)
    for number, name in enumerate(names):  # one after the other
        rib.outbound.congested(rib.conns[name])
        some = keys[number * 100 : number * 100 + 100]
        rib.insert(some, path(block(med=number), by=A))
        rib.table.withdraw(some[:10], "a")
        rib.insert(keys[:50], path(block(med=1000 + number), by=A))  # again and again
        rib.settle()
    backlogs = [member.backlog for group in rib.outbound.groups() for member in group.members.values()]
    late = [backlog for backlog in backlogs if backlog is not None]
    assert len({id(backlog.walk) for backlog in late}) == 1
    assert [len(backlog.behind) for backlog in late] == [0, *[50] * 49]  # their own: what has changed once more
    rib.wire.clear()

    for name in names:
        rib.outbound.writable(rib.conns[name])
    rib.settle()

    assert all(rib.peers[name].routes == rib.peers["quick"].routes for name in names)
    assert sum(rib.peers[name].needless_withdrawals for name in names) == 0
    last = [data for name, data in rib.wire if name in names[:5]]
    assert len({id(data) for data in last}) < len(last) / 2


@pytest.mark.row("SND-07")
def test_a_new_member_that_is_congested_at_once_gets_everything_later(rib: Rib) -> None:
    rib.insert(prefixes(5000), path(by=A))
    rib.flush()
    rib.conns["b"], rib.peers["b"] = 1, Receiver()
    rib.outbound.join("b", 1, RULES)
    rib.outbound.step()
    rib.outbound.congested(1)
    some = len(rib.told("b"))
    rib.table.withdraw(prefixes(10), "a")
    rib.settle()
    assert 0 < some < 5000
    assert len(rib.told("b")) == some

    rib.outbound.writable(1)
    rib.settle()

    assert rib.told("b") == set(prefixes(5000)) - set(prefixes(10))
    assert (rib.peers["b"].ends, rib.peers["b"].needless_withdrawals) == (1, 0)


# -- many that join ----------------------------------------------------------------------------------------------------


def test_members_that_join_together_share_one_list_of_the_table_and_the_octets() -> None:
    """A hundred clients of a reflector that has restarted: neither memory nor encoding grows with their number."""
    rib = Rib()
    keys = prefixes(10_000)
    rib.insert(keys, path(by=A))
    rib.flush()
    made: list[bytes] = []
    ids: dict[str, list[int]] = {}
    names = [f"c{number}" for number in range(100)]
    rules = replace(RULES, family=FAMILY)
    members = []

    def deliver(conns: list[int], data: bytes, messages: int) -> None:
        for conn in conns:
            made.append(data)
            ids.setdefault(names[conn - 1], []).append(id(data))

    rib.outbound._deliver = deliver
    for conn, name in enumerate(names, 1):
        _, member = rib.outbound.join(name, conn, rules, end_of_rib=False)
        members.append(member)

    backlogs = [member.backlog for member in members if member.backlog is not None]
    assert len(backlogs) == 100
    assert {id(backlog.walk) for backlog in backlogs} == {id(rib.table.walk())}
    assert sum(len(backlog.behind) for backlog in backlogs) == 0
    assert {backlog.size for backlog in backlogs} == {len(keys)}

    rib.settle()

    assert len(ids["c0"]) == 5
    assert all(each == ids["c0"] for each in ids.values())
    assert {member.advertised for member in members} == {len(keys)}


@pytest.mark.parametrize("refresh", [False, True], ids=["join", "refresh"])
def test_who_comes_late_to_a_walk_gets_the_beginning_too(rib: Rib, refresh: bool) -> None:
    """And what changes meanwhile: of what they have had, of what they have not, and what is new."""
    keys = prefixes(9000)
    rib.insert(keys, path(by=A))
    if refresh:
        rib.join("b", "c")
    else:
        rib.flush()
    for number, name in enumerate("bc", 1):
        if refresh:
            rib.outbound.refresh(rib.conns[name], FAMILY, enhanced=False)
        else:
            rib.conns[name] = number
            rib.peers[name] = Receiver()
            rib.outbound.join(name, number, replace(RULES, family=FAMILY))
        rib.outbound.step()
        rib.outbound.step()
    rib.insert(keys[:3], path(block(med=1), by=A))
    rib.insert(keys[-3:], path(block(med=2), by=A))
    rib.table.withdraw(keys[3:6] + keys[-6:-3], "a")
    rib.insert([P], path(block(med=3), by=A))
    rib.settle()

    for name in "bc":
        assert rib.told(name) == {P, *keys[:3], *keys[6:-6], *keys[-3:]}
        ((_, member),) = rib.outbound._by_conn[rib.conns[name]]
        assert member.advertised == len(rib.told(name))
    assert rib.peers["b"].routes == rib.peers["c"].routes


def test_a_full_member_is_left_where_it_was_and_the_others_walk_on(rib: Rib) -> None:
    keys = prefixes(9000)
    rib.insert(keys, path(by=A))
    rib.flush()
    for number, name in enumerate("bc", 1):
        rib.conns[name] = number
        rib.peers[name] = Receiver()
        rib.outbound.join(name, number, replace(RULES, family=FAMILY))
    rib.outbound.step()
    rib.outbound.congested(1)
    rib.settle()
    assert (len(rib.told("b")), len(rib.told("c"))) == (2000, 9000)

    rib.outbound.writable(1)
    rib.settle()

    assert rib.peers["b"].routes == rib.peers["c"].routes
    assert rib.peers["b"].ends == 1


# -- selections --------------------------------------------------------------------------------------------------------


def plain_inside(**rules: Any) -> dict[str, Any]:
    """A policy by which of P's paths only those without LOCAL_PREF may be told, of Q's and R's all."""
    terms = (
        TermConfig(action="reject", match=MatchConfig(prefix_set="p", local_pref="ge 1")),
        TermConfig(action="accept"),
    )
    sets = PolicySets(prefix_sets={"p": ("10.1.0.0/16",)})
    return rules | {"policy": compile_chain(("p",), policies={"p": terms}, sets=sets, functions={}, own_as=64512)}


def position(cost: Any = lambda peer, next_hop: 1) -> Position:
    return Position("c", cost)


SELECTIONS = {
    "best-external": plain_inside(best_external=True),
    "route-server": plain_inside(route_server_client=True),
    "limit": plain_inside(add_path=True, add_path_limit=1),
}


@pytest.mark.row("SND-03")
@pytest.mark.parametrize("selection", SELECTIONS)
def test_a_policy_on_prefixes_divides_what_is_selected(rib: Rib, selection: str) -> None:
    """Prefixes of one Path come, change and go together, and of each the policy is asked for itself."""
    rib.join("c", **SELECTIONS[selection])
    ((_, member),) = rib.outbound._by_conn[rib.conns["c"]]
    for med in (1, 2):
        rib.insert([P, Q, R], path(block(med=med), by=A))
        rib.settle()
        assert rib.told("c") == {Q, R}
        assert member.advertised == 2

    rib.table.withdraw([P, Q, R], "a")
    rib.settle()

    assert rib.told("c") == set()
    assert (member.advertised, rib.peers["c"].needless_withdrawals) == (0, 0)


@pytest.mark.row("SND-03")
@pytest.mark.parametrize("selection", ["route-server", "limit"])
def test_where_the_best_path_may_not_be_told_the_next_one_takes_its_place(rib: Rib, selection: str) -> None:
    """What may not be told doesn't count for a limit."""
    rib.join("c", **SELECTIONS[selection])
    rib.insert([P, Q], path(block(local_pref=200), by=A))
    rib.insert([P, Q], path(block(local_pref=None, med=7), by=B))
    rib.settle()

    told = {one: octets for (one, _), (octets, _) in rib.peers["c"].routes.items()}
    assert told.keys() == {P, Q}
    assert [b"\x80\x04\x04\0\0\0\7" in told[one] for one in (P, Q)] == [True, False]


def test_in_place_of_an_internal_best_path_no_other_internal_one_is_told(rib: Rib) -> None:
    """draft-ietf-idr-best-external: though a non-client may be told that of a client."""
    rib.join("n", client=False, best_external=True)
    best = source("m", router_id="3.3.3.3", address="192.0.2.5")
    rib.insert([P], path(block(local_pref=300), by=best))  # not for another non-client
    rib.insert([P], path(block(local_pref=200), by=A))
    rib.settle()
    assert rib.told("n") == set()

    rib.insert([P], path(block(med=7), by=X))
    rib.settle()

    ((octets, _),) = rib.peers["n"].routes.values()
    assert b"\x80\x04\x04\0\0\0\7" in octets


def test_for_a_route_of_our_own_that_may_not_be_told_no_external_one_stands_in(rib: Rib) -> None:
    terms = (TermConfig(action="reject", match=MatchConfig(source=("local",))), TermConfig(action="accept"))
    kept = compile_chain(("p",), policies={"p": terms}, sets=PolicySets(), functions={}, own_as=64512)
    rib.join("n", client=False, best_external=True, policy=kept)

    rib.insert([P], path(by=OWN))
    rib.insert([P], path(by=X))
    rib.settle()

    assert rib.told("n") == set()


def test_a_new_route_through_what_a_client_can_not_reach_is_not_told(rib: Rib) -> None:
    """RFC 9107 §3.1: there is no way for it there."""
    rib.join("c", position=position(lambda peer, next_hop: None if next_hop == "192.0.2.9" else 1))

    rib.insert([P], path(block(next_hop="192.0.2.9"), by=A))
    rib.insert([Q], path(block(next_hop="192.0.2.10"), by=A))
    rib.settle()

    assert rib.told("c") == {Q}


def test_a_route_server_tells_a_client_in_place_of_its_own_paths_that_of_another(rib: Rib) -> None:
    """It may have sent several (RFC 7911): none of them is told."""
    rib.join("a", "c", route_server_client=True)
    rib.insert([P], path(block(local_pref=300), by=A, path_id=1))
    rib.insert([P], path(block(local_pref=200), by=A, path_id=2))
    rib.insert([P], path(block(local_pref=100, med=7), by=B))
    rib.settle()

    ((octets, _),) = rib.peers["a"].routes.values()
    assert b"\x80\x04\x04\0\0\0\7" in octets


@pytest.mark.row("ADP-01")
def test_the_counter_says_how_many_paths_a_member_has_though_they_share_an_update(rib: Rib) -> None:
    rib.join("c", add_path=True)
    same = block()
    rib.insert([P, Q], path(same, by=A, path_id=1))
    rib.insert([R], path(same, by=A, path_id=2))
    rib.settle()

    ((_, member),) = rib.outbound._by_conn[rib.conns["c"]]
    assert member.advertised == len(rib.peers["c"].routes) == 3


# -- what members were told while the ways to compare change -----------------------------------------------------------

BY_IDENTIFIER, BY_MED = Decision(), Decision(always_compare_med=True)


def told_of_two(rib: Rib) -> None:
    """By the identifier A's path to P is better, by MED that of B."""
    rib.insert([P], path(block((65001,), med=10), by=A))
    rib.insert([P], path(block((65002,), med=5), by=B))


def as_of(rib: Rib, name: str) -> bytes:
    """The neighbouring AS of the only path that a peer has."""
    ((octets, _),) = rib.peers[name].routes.values()
    return octets[9:13]


def test_of_paths_that_are_compared_otherwise_members_hear_what_differs(rib: Rib) -> None:
    """What they have is what the former decision made of it, also where their place decides (RFC 9107)."""
    told_of_two(rib)
    rib.join("c", position=position())
    assert as_of(rib, "c") == (65001).to_bytes(4)

    rib.table.decision = BY_MED
    rib.outbound.reselect()
    rib.settle()

    assert as_of(rib, "c") == (65002).to_bytes(4)
    assert rib.peers["c"].announced == 2


def test_what_a_member_was_told_before_other_rules_stays_so_whatever_decides_later(rib: Rib) -> None:
    told_of_two(rib)
    rib.join("c", position=position())
    conn = rib.conns["c"]
    rib.outbound.congested(conn)
    ((group, member),) = rib.outbound._by_conn[conn]

    rib.outbound.change_rules(conn, member, group, replace(group.rules, default_local_pref=50))
    rib.table.decision = BY_MED
    rib.outbound.reselect()
    rib.outbound.writable(conn)
    rib.settle()

    assert as_of(rib, "c") == (65002).to_bytes(4)


@pytest.mark.parametrize("behind", [False, True], ids=["up-to-date", "joining"])
def test_where_costs_were_forgotten_members_hear_everything(
    rib: Rib, monkeypatch: pytest.MonkeyPatch, behind: bool
) -> None:
    """Nobody knows any more what they could reach and have; their End-of-RIB is not lost."""
    monkeypatch.setattr(_View, "_LIMIT", 2)
    hops = [f"192.0.2.{host}" for host in range(1, 7)]
    for number, one in enumerate((P, Q, R)):
        rib.insert([one], path(block((65001,), next_hop=hops[2 * number]), by=A))
        rib.insert([one], path(block((65002,), next_hop=hops[2 * number + 1]), by=B))
    near = set(hops[::2])
    rules = replace(RULES, position=position(lambda peer, next_hop: 1 if next_hop in near else None))
    rib.join("c", position=rules.position)
    assert {octets[9:13] for octets, _ in rib.peers["c"].routes.values()} == {(65001).to_bytes(4)}
    if behind:
        rib.outbound.leave(rib.conns["c"])
        rib.peers["c"] = Receiver()
        group, _ = rib.outbound.join("c", rib.conns["c"], rules)
        for one in (P, Q):
            assert list(group.told("c", one, rib.table.get(one)))  # somebody has looked

    near.symmetric_difference_update(hops)
    rib.outbound.reselect()
    rib.settle()

    assert {octets[9:13] for octets, _ in rib.peers["c"].routes.values()} == {(65002).to_bytes(4)}
    assert rib.peers["c"].ends == 1


# -- who shares a walk, and what is kept for whom ----------------------------------------------------------------------


def test_who_is_told_only_what_differs_takes_no_new_member_along(rib: Rib) -> None:
    """Both walk through the same list of the table: one has come under other rules, the other has nothing."""
    keys = prefixes(10)
    rib.join("b")
    rib.insert(keys, path(by=A))
    rib.settle()
    conn = rib.conns["b"]
    ((group, member),) = rib.outbound._by_conn[conn]
    new = replace(RULES, limit=MAX_MESSAGE - 1)  # nothing differs

    rib.outbound.change_rules(conn, member, group, new)
    rib.conns["c"], rib.peers["c"] = 2, Receiver()
    rib.outbound.join("c", 2, new)
    rib.settle()

    assert rib.told("c") == set(keys)
    assert rib.peers["b"].announced == len(keys)


def test_a_group_that_nobody_is_in_any_more_is_forgotten(rib: Rib) -> None:
    rib.join("b")
    conn = rib.conns["b"]
    ((group, member),) = rib.outbound._by_conn[conn]

    new = rib.outbound.change_rules(conn, member, group, replace(RULES, default_local_pref=50))
    assert list(rib.outbound.groups()) == [new]

    rib.outbound.leave(conn)
    assert list(rib.outbound.groups()) == []


def test_of_an_interval_whose_group_is_gone_nothing_stays(rib: Rib) -> None:
    rib.join("b", mrai=5.0)
    rib.insert([P], path(by=A))
    rib.settle()
    assert rib.outbound.next_deadline is not None

    rib.outbound.leave(rib.conns["b"])

    assert rib.outbound.next_deadline is None


def test_a_list_of_what_has_changed_that_is_mostly_of_what_is_gone_gets_a_successor(
    rib: Rib, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One member never reads; another that stops for a moment needn't look at all that has come and gone since."""
    monkeypatch.setattr(groups, "PIECE", 10)
    rib.join("stuck", "late")
    rib.outbound.congested(rib.conns["stuck"])
    for one in prefixes(20):
        rib.insert([one], path(by=A))
        rib.settle()
        rib.table.withdraw([one], "a")
        rib.settle()

    rib.outbound.congested(rib.conns["late"])

    stuck, late = (rib.outbound._by_conn[rib.conns[name]][0][1].backlog for name in ("stuck", "late"))
    assert stuck is not None
    assert late is not None
    assert late.walk is not stuck.walk
    rib.insert([P], path(by=A))
    for name in ("stuck", "late"):
        rib.outbound.writable(rib.conns[name])
    rib.settle()
    assert rib.told("stuck") == rib.told("late") == {P}
    assert [rib.peers[name].needless_withdrawals for name in ("stuck", "late")] == [0, 0]


@pytest.mark.row("SND-07")
def test_a_refresh_that_a_session_did_not_live_to_see_is_not_for_the_next_one(rib: Rib) -> None:
    rib.join("b")
    rib.insert([P], path(by=A))
    rib.settle()
    conn = rib.conns["b"]
    rib.outbound.refresh(conn, FAMILY, enhanced=True)
    rib.outbound.leave(conn)

    rib.peers["b"] = Receiver()
    rib.outbound.join("b", conn, RULES)
    rib.settle()

    assert rib.peers["b"].announced == 1


@pytest.mark.row("ADP-04")
def test_identifiers_stay_while_a_member_has_not_heard_that_their_paths_are_gone(rib: Rib) -> None:
    rib.join("slow", add_path=True)
    rib.insert([P], path(by=A, path_id=1))
    rib.insert([P], path(block(med=7), by=A, path_id=2))
    rib.settle()
    rib.outbound.congested(rib.conns["slow"])
    rib.table.withdraw([P], "a", 1)
    rib.settle()

    rib.outbound.ids.set_aside()
    (kept,) = (each for _, each in rib.table.loc_rib())
    rib.outbound.ids.keep(kept)
    rib.outbound.give_back_ids()
    rib.outbound.writable(rib.conns["slow"])
    rib.settle()

    assert len(rib.peers["slow"].routes) == 1
    assert (rib.peers["slow"].withdrawn, rib.peers["slow"].needless_withdrawals) == (1, 0)


# -- counters, and who is told what when a path takes another's place --------------------------------------------------


def counted(rib: Rib, *names: str) -> None:
    """Each member's counter says how many routes it has."""
    for name in names:
        ((_, member),) = rib.outbound._by_conn[rib.conns[name]]
        assert member.advertised == len(rib.peers[name].routes), name


@pytest.mark.row("SND-03")
@pytest.mark.parametrize("rules", [{}, {"best_external": True}, {"route_server_client": True}], ids=str)
def test_counters_follow_when_the_best_path_is_another_members(rib: Rib, rules: dict[str, Any]) -> None:
    """And back again: whoever brings the best one has the other's, or none."""
    rib.join("a", "b", "c", **rules)
    rib.insert([P], path(block(local_pref=200), by=A))
    rib.settle()
    counted(rib, *"abc")

    for local_pref in (300, 100):
        rib.insert([P], path(block(local_pref=local_pref), by=B))
        rib.settle()
        counted(rib, *"abc")
    rib.table.withdraw([P], "a")
    rib.settle()
    counted(rib, *"abc")
    rib.table.withdraw([P], "b")
    rib.settle()
    counted(rib, *"abc")
    assert not rib.told("c")


def test_two_flushes_while_one_walks_are_told_apart(rib: Rib) -> None:
    """What each has changed, with what was before it."""
    rib.join("slow", "quick")
    rib.insert([P], path(by=A))
    rib.settle()
    rib.outbound.congested(rib.conns["slow"])
    for med in (1, 2):
        rib.insert([P, Q] if med == 1 else [Q, R], path(block(med=med), by=A))
        rib.settle()

    rib.outbound.writable(rib.conns["slow"])
    rib.settle()

    assert rib.peers["slow"].routes == rib.peers["quick"].routes
    assert len(rib.told("slow")) == 3


# -- intervals, ends and identifiers -----------------------------------------------------------------------------------


@pytest.mark.row("SND-04")
def test_what_was_held_begins_an_interval_too(rib: Rib) -> None:
    rib.join("b", mrai=5.0)
    rib.pass_time(6)
    for med in (1, 2):  # at once, and when the interval is over
        rib.insert([P], path(block(med=med), by=A))
        rib.settle()
    rib.pass_time(5)
    assert rib.peers["b"].announced == 2

    rib.insert([P], path(block(med=3), by=A))
    rib.settle()
    rib.pass_time(1)
    assert rib.peers["b"].announced == 2

    rib.pass_time(4)
    assert rib.peers["b"].announced == 3


@pytest.mark.row("ADP-04")
def test_identifiers_of_a_peer_that_is_gone_stay_while_an_interval_holds_that_back(rib: Rib) -> None:
    rib.join("b", mrai=5.0, add_path=True)
    rib.pass_time(6)
    rib.insert([P], path(by=A))
    rib.settle()
    rib.table.withdraw([P], "a")
    rib.settle()

    rib.outbound.forget(["a"])
    assert len(rib.outbound.ids) == 1
    rib.pass_time(5)
    assert rib.peers["b"].routes == {}

    rib.outbound.forget([])
    assert len(rib.outbound.ids) == 0


def test_the_end_that_was_held_back_comes_behind_the_routes(rib: Rib) -> None:
    """RFC 4724 §4.1."""
    rib.insert(prefixes(5000), path(by=A))
    rib.flush()
    rib.conns["b"], rib.peers["b"] = 1, Receiver()
    rib.outbound.join("b", 1, RULES, end_of_rib=False)
    rib.outbound.step()

    rib.outbound.end_of_rib(FAMILY)
    assert rib.peers["b"].ends == 0
    rib.settle()

    assert (len(rib.told("b")), rib.peers["b"].ends) == (5000, 1)
    rib.outbound.end_of_rib(FAMILY)
    assert rib.peers["b"].ends == 2


def test_a_connection_that_is_gone_is_not_full(rib: Rib) -> None:
    rib.join("b")
    rib.outbound.congested(rib.conns["b"])

    rib.outbound.leave(rib.conns["b"])

    assert not rib.outbound.is_congested(rib.conns["b"])


def test_who_alone_was_told_what_all_others_get_now_does_not_hear_it_again(rib: Rib) -> None:
    """RFC 7947 §2.3: each client has its own best path; x's was a's, until a's became the best for all."""
    rib.join("x", "b", kind=EXTERNAL, route_server_client=True)
    rib.insert([P], path(block(), by=A))
    rib.insert([P], path(block((1,), med=1), by=X))
    rib.settle()
    rib.sent("x"), rib.sent("b")

    rib.insert([P], path(block(local_pref=200), by=A))
    rib.settle()

    assert (len(rib.sent("x")), len(rib.sent("b"))) == (0, 1)
    assert rib.told("x") == rib.told("b") == {P}
