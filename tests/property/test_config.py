"""Laws of the configuration: what is printed reads as the same, how it is written doesn't matter, nothing crashes."""

from __future__ import annotations

import copy
import ipaddress
import tomllib
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from pybgp.config import resolved
from pybgp.config.check import check
from pybgp.config.diff import Changes, diff
from pybgp.config.document import document_of
from pybgp.config.effective import render
from pybgp.config.file import parse, read, read_document
from pybgp.config.line import load_line
from pybgp.config.merge import Loaded
from pybgp.config.schema import TOP
from pybgp.config.toml_text import toml, toml_key
from pybgp.errors import ConfigError
from pybgp.policy.compile import compile_chain

GROUPS = ("clients", "tors")
POLICIES = ("accept", "reject", "mine", "other", "my_site.policy:prefer")
SETS = ("pods", "rack")

addresses = st.one_of(
    st.integers(1 << 24, (224 << 24) - 1).map(lambda number: str(ipaddress.IPv4Address(number))),
    st.integers(1, 1 << 64).map(lambda number: str(ipaddress.IPv6Address((0x20010DB8 << 96) + number))),
    st.sampled_from(["fe80::1%eth0", "fe80::2%eth1"]),
)
prefixes = st.one_of(
    st.tuples(st.integers(0, (1 << 32) - 1), st.integers(0, 32)),
    st.tuples(st.integers(0x20010DB8 << 96, (0x20010DB9 << 96) - 1), st.integers(0, 128)),
).map(lambda pair: str(ipaddress.ip_network(pair, strict=False)))
as_numbers = st.one_of(st.integers(1, 23455), st.just("1.10"), st.integers(23457, 4294967295))
seconds = st.one_of(st.integers(1, 3600), st.floats(0.001, 1000, allow_nan=False))
family_options = st.fixed_dictionaries({}, optional={"add_path": st.sampled_from(["off", "receive", "send", "both"])})
families = st.one_of(
    st.lists(st.sampled_from(["ipv4-unicast", "ipv6-unicast"]), min_size=1, unique=True),
    st.dictionaries(st.sampled_from(["ipv4-unicast", "ipv6-unicast"]), family_options, min_size=1),
)
policies = st.lists(st.sampled_from(POLICIES), max_size=3)
graceful_restart = st.fixed_dictionaries(
    {},
    optional={
        "role": st.sampled_from(["off", "helper", "both"]),
        "restart_time": st.integers(0, 4095),
        "stale_time": seconds,
        "keep_stale": st.booleans(),
        "on_stop": st.sampled_from(["cease", "close"]),
    },
)
session = {
    "hold_time": st.sampled_from([0, 3, 90, 65535]),
    "passive": st.booleans(),
    "port": st.integers(1, 65535),
    "enabled": st.booleans(),
    "description": st.text("ab -\"'\\é", max_size=5),
    "families": families,
    "import_policy": policies,
    "export_policy": policies,
    "next_hop": st.sampled_from(["auto", "self", "self_all", "keep"]),
    "allowas_in": st.integers(0, 255),
    "enforce_first_as": st.booleans(),
    "validate_flowspec": st.booleans(),
    "default_route_target": st.booleans(),
    "password": st.sampled_from([{"file": "/etc/pybgp/a b.key"}, {"env": "KEY"}]),
    "timers": st.fixed_dictionaries({}, optional={"connect_retry": seconds, "mrai": seconds, "delay_open": seconds}),
    "graceful_restart": graceful_restart,
    "max_prefixes": st.fixed_dictionaries(
        {"limit": st.integers(1, 1000)},
        optional={
            "action": st.sampled_from(["warn", "restart", "shut"]),
            "count": st.sampled_from(["received", "accepted"]),
        },
    ),
    "multihop": st.integers(0, 255),
    "dscp": st.integers(0, 63),
    "tcp_user_timeout": st.sampled_from([0, 0.5, 30]),
    "local_as": as_numbers,
}
groups = st.fixed_dictionaries(
    {"remote_as": st.one_of(as_numbers, st.sampled_from(["internal", "external"]))}, optional=session
)
terms = st.fixed_dictionaries(
    {"action": st.sampled_from(["accept", "reject", "next"])},
    optional={
        "term": st.text("ab -\"'\\é", min_size=1, max_size=5),
        "match": st.fixed_dictionaries(
            {},
            optional={
                "prefix_set": st.sampled_from(SETS),
                "source": st.lists(st.sampled_from(["local", "kernel", "bgp"]), min_size=1),
                "family": st.just(["ipv6-unicast"]),
                "med": st.integers(0, 4294967295),
                "origin": st.sampled_from(["igp", "egp", "incomplete"]),
                "next_hop": st.lists(prefixes, min_size=1, max_size=2),
            },
        ),
        "set": st.fixed_dictionaries(
            {},
            optional={
                "local_pref": st.integers(0, 4294967295),
                "prepend": st.lists(st.one_of(st.just("self"), as_numbers), max_size=2),
                "communities": st.lists(st.sampled_from(["64512:1", "rt:1:2", "1:2:3", "no-export"]), max_size=2),
                "remove_communities": st.lists(st.sampled_from(["64512:*", "1:*:3"]), max_size=2),
            },
        ),
    },
)


FLOW = {"prefix": "protocol =17; port =53 =5353", "family": "ipv6-flowspec", "then": ["traffic-rate:9600", "mark:46"]}


@st.composite
def documents(draw: st.DrawFn) -> dict[str, Any]:
    """Documents that can be used, as a TOML file gives them."""
    document = draw(
        st.fixed_dictionaries(
            {"local_as": as_numbers, "router_id": st.sampled_from(["192.0.2.1", "auto"])},
            optional={
                "cluster_id": st.just("192.0.2.9"),
                "families": families,
                "default_local_pref": st.integers(0, 4294967295),
                "listen": st.sampled_from([[], ["127.0.0.1:1179", "[::1]:1179"]]),
                "graceful_restart": graceful_restart,
                "decision": st.fixed_dictionaries(
                    {}, optional={"max_paths": st.just({"ebgp": 2}), "prefer_oldest": st.booleans()}
                ),
                "log": st.just({"level": "debug"}),
                "fib": st.fixed_dictionaries(
                    {},
                    optional={
                        "metric": st.integers(0, 9),
                        "export_policy": st.sampled_from(POLICIES),
                        "imports": st.just(
                            [{"protocols": ["boot", 80], "interfaces": ["cali*"], "prefix_set": "pods"}]
                        ),
                    },
                ),
                "routes": st.lists(
                    st.fixed_dictionaries({"prefix": prefixes}, optional={"med": st.integers(0, 9)}),
                    max_size=3,
                    unique_by=lambda route: route["prefix"],
                ).flatmap(lambda some: st.sampled_from([some, [*some, FLOW]])),
            },
        )
    )
    document["prefix_sets"] = {name: draw(st.lists(prefixes, max_size=3)) for name in SETS}
    document["policies"] = {name: draw(st.lists(terms, max_size=3)) for name in ("mine", "other")}
    document["peer_groups"] = {name: draw(groups) for name in GROUPS}
    where = st.fixed_dictionaries({"group": st.sampled_from(GROUPS)}, optional=session)
    own = st.fixed_dictionaries({"remote_as": as_numbers}, optional=session)
    named = draw(st.lists(addresses, max_size=4, unique=True))
    document["peers"] = [{"address": address, **draw(st.one_of(where, own))} for address in named]
    ranges = draw(st.lists(prefixes, max_size=2, unique=True))
    document["dynamic_peers"] = [
        {"prefix": prefix, **{key: value for key, value in draw(own).items() if key not in ("port", "passive")}}
        for prefix in ranges
    ]
    return document


def text_of(document: dict[str, Any]) -> str:
    """TOML, a line for each top-level key."""
    return "".join(f"{toml_key(key)} = {toml(value)}\n" for key, value in document.items())


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_is_printed_reads_as_the_same(document: dict[str, Any]) -> None:
    """parse ∘ render is the identity on effective values."""
    loaded = read(text_of(document), name="x")

    again = read(render(loaded.config, loaded.origins), name="effective").config

    assert resolved.node(again) == resolved.node(loaded.config)
    assert not any((diff(loaded.config, again), diff(again, loaded.config)))


@settings(max_examples=60, deadline=None)
@given(documents())
def test_a_model_makes_its_document(document: dict[str, Any]) -> None:
    """read ∘ document_of is the identity, and text makes no difference to a document."""
    config = parse(text_of(document), name="x")

    assert read_document(document, name="x").config == config
    assert read_document(document_of(config), name="x").config == config


@settings(max_examples=40, deadline=None)
@given(documents())
def test_where_a_value_stands_makes_no_difference(document: dict[str, Any]) -> None:
    """All of a group's values in the peer itself: nothing changes, and nobody is touched."""
    moved = copy.deepcopy(document)
    for peer in moved["peers"]:
        group = moved["peer_groups"].get(peer.pop("group", None), {})
        for key, value in group.items():
            merge = key in ("timers", "graceful_restart", "max_prefixes")
            peer[key] = {**value, **peer.get(key, {})} if merge else peer.get(key, value)

    assert not diff(read_document(document, name="x").config, read_document(moved, name="x").config)


@settings(max_examples=40, deadline=None)
@given(documents(), documents())
def test_changes_are_empty_exactly_when_nothing_differs(old: dict[str, Any], new: dict[str, Any]) -> None:
    before, after = read_document(old, name="x").config, read_document(new, name="x").config

    there, back = diff(before, after), diff(after, before)

    assert diff(before, before) == Changes()
    assert bool(there) == bool(back)
    assert bool(there) == bool(there.lines())
    assert {each.identity for each in there.peers} == {each.identity for each in back.peers}


@settings(max_examples=40, deadline=None)
@given(documents())
def test_a_line_that_says_nothing_keeps_the_file(document: dict[str, Any]) -> None:
    loaded = read_document(document, name="x")

    assert load_line(None, None, [], base=loaded).config == loaded.config
    assert load_line(None, None, [], base=Loaded(loaded.config)).config == loaded.config


@settings(max_examples=60, deadline=None)
@given(documents())
def test_what_is_accepted_can_be_compiled(document: dict[str, Any]) -> None:
    """A file without errors does not fail later, in the policy compiler."""
    speaker = read_document(document, name="x").config.speaker
    functions = {"my_site.policy:prefer": lambda route: route}
    for peer in speaker.peers:
        for refs in (peer.import_policy, peer.export_policy):
            compile_chain(list(refs or ()), policies=speaker.policies, sets=speaker.sets, functions=functions, own_as=1)


junk = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(), st.text(max_size=5), st.just(1 << 70)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.one_of(st.text(max_size=4), st.sampled_from(["address", "limit", "file"])), inner, max_size=3
        ),
    ),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(documents(), st.data())
def test_a_broken_document_is_told_not_crashed_on(document: dict[str, Any], data: st.DataObject) -> None:
    """Every error is a ConfigError of single lines that name the file."""
    broken = copy.deepcopy(document)
    inner: Any = broken
    while True:
        keys: list[Any] = list(inner) if isinstance(inner, dict) else list(range(len(inner)))
        if not keys:
            break
        key = data.draw(st.sampled_from(keys))
        if isinstance(inner[key], dict | list) and data.draw(st.booleans()):
            inner = inner[key]
            continue
        inner[key] = data.draw(junk)
        break

    try:
        config = read_document(broken, name="node.toml").config
    except ConfigError as error:
        told = error.problems
    else:
        check(config)
        render(config)
        return
    assert told
    assert all(line.startswith("node.toml: ") and line.isprintable() for line in told)
    assert len(set(told)) == len(told)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(list(TOP.keys)), junk))
@example({"peers": [{}]})
@example({"dynamic_peers": [{"prefix": "0.0.0.0/0"}]})
@example({"peers": {}, "peer_groups": [], "policies": {"a": {}}})
def test_junk_is_told_not_crashed_on(document: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        read_document(document, name="x")  # no junk is a local_as and a router_id


@settings(max_examples=100, deadline=None)
@given(st.text())
def test_any_text_is_told_not_crashed_on(text: str) -> None:
    with pytest.raises(ConfigError):
        parse(text, name="x")


@settings(max_examples=100, deadline=None)
@given(st.text(), st.lists(st.text(), max_size=2))
def test_any_option_is_told_not_crashed_on(asn: str, options: list[str]) -> None:
    told: tuple[str, ...] = ()
    try:
        load_line(asn, "192.0.2.1", options)
    except ConfigError as error:
        told = error.problems

    assert all(line.isprintable() for line in told)


@given(st.text())
def test_any_text_is_one_line_of_toml(text: str) -> None:
    assume(not any("\ud800" <= char <= "\udfff" for char in text))
    assert tomllib.loads(f"{toml_key(text)} = {toml(text)}") == {text: text}
    assert toml(text).isprintable()
