"""The one implementation of each question."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pybgp.addresses import key_network, prefix_key
from pybgp.control import queries
from pybgp.control.answers import Steps
from pybgp.control.arguments import BadArgument, Match, UnknownPeer
from pybgp.rib.covering import covering_keys
from pybgp.rib.explanation import text

from .fakes import LOCAL, FakeFib, FakeSpeaker, installed, peer, view


def prefixes(items: Iterator[dict[str, Any] | None]) -> list[str]:
    return [item["prefix"] for item in items if item is not None]


def whole(steps: Steps) -> dict[str, Any]:
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def test_a_route_has_all_its_fields() -> None:
    speaker = FakeSpeaker([view("10.1.2.64/26", stale=True)])

    (route,) = queries.routes(speaker)

    assert route is not None
    assert {name: route[name] for name in ("prefix", "family", "peer", "source", "best", "next_hop", "as_path")} == {
        "prefix": "10.1.2.64/26",
        "family": "ipv4-unicast",
        "peer": "tor-a",
        "source": "bgp",
        "best": True,
        "next_hop": "192.0.2.2",
        "as_path": [65001],
    }
    assert (route["path_id"], route["stale"], route["reason"], route["to"]) == (0, True, "", None)
    assert json.loads(json.dumps(route)) == route


def test_a_route_of_our_own_names_no_peer() -> None:
    (route,) = queries.routes(FakeSpeaker([view("10.1.2.64/26", source=LOCAL)]))

    assert route is not None
    assert (route["peer"], route["source"]) == (None, "local")


ALL = ["0.0.0.0/0", "10.0.0.0/8", "10.1.0.0/16", "10.1.2.64/26", "10.1.2.128/25", "11.0.0.0/8"]
TABLE = [view(text) for text in ALL]


@pytest.mark.parametrize(
    ("prefix", "match", "found"),
    [
        pytest.param("10.1.0.0/16", "exact", ["10.1.0.0/16"], id="exact"),
        pytest.param("10.1.0.0/16", None, ["10.1.0.0/16"], id="a-prefix-means-exact"),
        pytest.param("10.1.0.0/17", "exact", [], id="exact-misses"),
        pytest.param("10.1.2.70", None, ["10.1.2.64/26"], id="an-address-means-longest"),
        pytest.param("10.1.2.0/27", "longest", ["10.1.0.0/16"], id="longest-of-a-prefix"),
        pytest.param("192.0.2.1", "longest", ["0.0.0.0/0"], id="longest-is-the-default-route"),
        pytest.param("10.1.2.0/24", "covered", ["10.1.2.64/26", "10.1.2.128/25"], id="covered"),
        pytest.param("10.1.2.128/25", "covered", ["10.1.2.128/25"], id="covered-with-odd-bits"),
        pytest.param("10.0.0.0/7", "covered", ALL[1:], id="covered-by-less-than-an-octet"),
        pytest.param("0.0.0.0/0", "covered", ALL, id="covered-by-all"),
    ],
)
def test_which_routes_belong_to_a_prefix(prefix: str, match: Match | None, found: list[str]) -> None:
    assert prefixes(queries.routes(FakeSpeaker(TABLE), prefix=prefix, match=match)) == found


@given(st.integers(0, 32), st.integers(0, 2**32 - 1))
def test_covering_keys_are_the_supernets(length: int, number: int) -> None:
    number = number >> (32 - length) << (32 - length)
    key = bytes([length]) + number.to_bytes(4)[: (length + 7) // 8]
    family = prefix_key("0.0.0.0/0")[0]
    network = key_network(family, key)

    found = [key_network(family, each) for each in covering_keys(key)]

    assert found == [network, *reversed(network.supernet())]


def test_routes_come_by_family_and_prefix_and_the_best_of_a_prefix_first() -> None:
    order = [
        "9.0.0.0/8",
        "10.0.0.0/8",
        "10.0.0.0/16",
        "10.9.0.0/16",
        "10.10.0.0/16",
        "2001:db8::/32",
        "2001:db8:1::/48",
    ]
    others = [view("10.9.0.0/16", best=False, source=LOCAL)]
    speaker = FakeSpeaker([view(text) for text in reversed(order)] + others)

    assert prefixes(queries.routes(speaker)) == order
    assert prefixes(queries.routes(speaker, prefix="10.0.0.0/8", match="covered")) == order[1:5]
    received = [route for route in queries.routes(speaker, direction="received") if route]
    assert [route["best"] for route in received if route["prefix"] == "10.9.0.0/16"] == [True, False]


def test_received_shows_what_is_not_used_and_why() -> None:
    speaker = FakeSpeaker([view("10.0.0.0/8"), view("11.0.0.0/8", best=False, reason="AS loop")])

    assert prefixes(queries.routes(speaker)) == ["10.0.0.0/8"]
    received = [route for route in queries.routes(speaker, direction="received") if route]
    assert [(route["prefix"], route["best"], route["reason"]) for route in received] == [
        ("10.0.0.0/8", True, ""),
        ("11.0.0.0/8", False, "AS loop"),
    ]


def test_routes_of_one_peer_by_name_or_address() -> None:
    speaker = FakeSpeaker([view("10.0.0.0/8"), view("11.0.0.0/8", source=LOCAL)])

    assert prefixes(queries.routes(speaker, peer="tor-a")) == ["10.0.0.0/8"]
    assert prefixes(queries.routes(speaker, peer="192.0.2.2")) == ["10.0.0.0/8"]


def test_advertised_is_by_who_is_told() -> None:
    speaker = FakeSpeaker([view("10.0.0.0/8"), view("10.0.0.0/8", to="2001:db8::3"), view("11.0.0.0/8", to="tor-a")])

    told = [route for route in queries.routes(speaker, direction="advertised", peer="2001:db8::3") if route]

    assert [(route["prefix"], route["to"], route["peer"]) for route in told] == [("10.0.0.0/8", "2001:db8::3", "tor-a")]


def test_a_search_without_hits_lets_others_take_their_turn() -> None:
    speaker = FakeSpeaker([view(f"10.0.{number}.0/24") for number in range(256)])

    assert None in list(queries.routes(speaker, prefix="11.0.0.0/8", match="covered"))
    assert None in list(queries.routes(speaker, peer="2001:db8::3"))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        pytest.param({"prefix": "10.0.0.1/8"}, BadArgument, id="host-bits"),
        pytest.param({"prefix": "ten"}, BadArgument, id="no-prefix"),
        pytest.param({"family": "ipv5"}, BadArgument, id="family"),
        pytest.param({"family": "ipv6-unicast", "prefix": "10.0.0.0/8"}, BadArgument, id="family-of-prefix"),
        pytest.param({"direction": "sent"}, BadArgument, id="direction"),
        pytest.param({"match": "longest"}, BadArgument, id="match-without-prefix"),
        pytest.param({"match": "fuzzy", "prefix": "10.0.0.0/8"}, BadArgument, id="match"),
        pytest.param({"peer": "nobody"}, UnknownPeer, id="peer"),
    ],
)
def test_a_bad_question_is_refused_before_the_first_item(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        queries.routes(FakeSpeaker(), **arguments)


def test_a_peer_has_times_in_utc_and_units_in_names() -> None:
    (row,) = queries.peers(FakeSpeaker(), "tor-a")

    assert row["since"] == "2026-01-05T10:15:00Z"
    assert (row["uptime_s"], row["hold_time_s"], row["type"], row["enabled"]) == (100, 90, "external", True)
    assert row["families"] == {
        "ipv4-unicast": {"received": 3, "accepted": 2, "advertised": 1, "stale": 0, "add_path": "off"}
    }


def test_a_peer_tells_what_its_session_goes_by() -> None:
    about = {"local_address": "192.0.2.1", "import_policy": "in", "export_policy": "own,accept", "max_prefixes": 7}

    (row,) = queries.peers(FakeSpeaker(peers=[peer("a", **about)]), "a")

    assert {name: row[name] for name in about} == about


def test_a_name_goes_before_an_address() -> None:
    speaker = FakeSpeaker(peers=[peer("a", "192.0.2.7"), peer("192.0.2.7", "192.0.2.8")])

    assert [row["address"] for row in queries.peers(speaker, "192.0.2.7")] == ["192.0.2.8"]


def test_status_sums_up() -> None:
    answer = whole(queries.status(FakeSpeaker(fib=FakeFib([installed("10.0.0.0/8")])), {"pid": 7}))

    assert (answer["local_as"], answer["router_id"], answer["cluster_id"]) == (64512, "192.0.2.1", "192.0.2.1")
    assert (answer["peers_configured"], answer["peers_established"], answer["pid"]) == (2, 1, 7)
    assert answer["time"] == "2026-01-05T10:16:40Z"
    assert answer["families"]["ipv4-unicast"] == {"received": 6, "accepted": 4, "advertised": 2, "stale": 0}
    assert answer["fib"]["installed"] == 1
    assert answer["loop_stalls"]["window"] == {"p50_ms": 1, "p99_ms": 2, "max_ms": 2, "samples": 3}
    assert [row["enabled"] for row in answer["peers"]] == [True, False]


def test_all_have_been_told_when_nothing_is_on_its_way() -> None:
    speaker = FakeSpeaker(peers=[peer("tor-a")])
    assert whole(queries.status(speaker, {}))["told"]

    speaker.in_flight["tor-a"] = 19
    assert not whole(queries.status(speaker, {}))["told"]

    speaker.in_flight.clear()
    speaker.core.judging = True
    assert not whole(queries.status(speaker, {}))["told"]


def test_fib_rows_and_which_belong_to_a_prefix() -> None:
    rows = [installed("10.0.0.0/8"), installed("10.1.0.0/16", state="failed", error="Nexthop has invalid gateway")]
    speaker = FakeSpeaker(fib=FakeFib(rows))

    assert prefixes(queries.fib(speaker)) == ["10.0.0.0/8", "10.1.0.0/16"]
    assert prefixes(queries.fib(speaker, prefix="10.1.2.3")) == ["10.1.0.0/16"]
    assert prefixes(queries.fib(speaker, prefix="10.0.0.0/8")) == ["10.0.0.0/8"]
    assert prefixes(queries.fib(speaker, prefix="10.0.0.0/7", match="covered")) == ["10.0.0.0/8", "10.1.0.0/16"]
    assert prefixes(queries.fib(speaker, prefix="10.0.0.0/9")) == []
    (failed,) = [row for row in queries.fib(speaker, prefix="10.1.0.0/16") if row]
    assert failed == {
        "prefix": "10.1.0.0/16",
        "family": "ipv4-unicast",
        "type": "unicast",
        "next_hops": [{"gateway": "192.0.2.2", "device": "eth0", "onlink": True, "weight": 1}],
        "metric": None,
        "state": "failed",
        "error": "Nexthop has invalid gateway",
    }


def test_without_a_fib_there_is_nothing_to_show() -> None:
    assert list(queries.fib(FakeSpeaker())) == []
    assert whole(queries.status(FakeSpeaker(), {}))["fib"] is None


# -- explain -----------------------------------------------------------------------------------------------------------


def test_an_explanation_is_asked_of_the_speaker() -> None:
    speaker = FakeSpeaker([view("10.1.2.64/26")])

    row = queries.explain(speaker, prefix="10.1.2.64/26", peer="192.0.2.2")

    assert (row["prefix"], row["candidates"][0]["peer"]) == ("10.1.2.64/26", "tor-a")
    assert row["peers"][0]["peer"] == "tor-a"
    assert row["candidates"][0]["damped_until"] == "2026-01-05T10:00:02Z"
    assert queries.explain(speaker, prefix="10.9.0.0/16")["candidates"] == ()


def test_the_text_says_until_when_a_damped_route_is_not_used() -> None:
    row = queries.explain(FakeSpeaker([view("10.1.2.64/26")]), prefix="10.1.2.64/26", peer="192.0.2.2")
    damped = row | {"candidates": [row["candidates"][0] | {"reason": "flaps"}]}

    assert "     can't be used: flaps; until 2026-01-05T10:00:02Z, if it stays as it is" in list(text(damped))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [({}, BadArgument), ({"prefix": "x"}, BadArgument), ({"prefix": "10.0.0.0/8", "peer": "no"}, UnknownPeer)],
)
def test_what_can_not_be_explained(arguments: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        queries.explain(FakeSpeaker(), **arguments)
