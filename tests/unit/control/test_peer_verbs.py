"""Verbs for one peer, a group, or all: what is done, and what is said of it."""

from __future__ import annotations

import pytest

from pybgp.control import peer_verbs
from pybgp.control.arguments import BadArgument, UnknownPeer
from pybgp.errors import ApiError

from .fakes import FakeSpeaker, peer

PEERS = [
    peer("tor-a", "192.0.2.2", group="tors"),
    peer("tor-b", "192.0.2.3", group="tors", state="idle"),
    peer("rr", "192.0.2.4"),
]


class Verbs(FakeSpeaker):
    """It notes what it was asked to do; only tor-a can be asked for its routes."""

    def __init__(self) -> None:
        super().__init__(peers=PEERS)
        self.done: list[tuple[str, ...]] = []

    def reset(self, name: str, *, message: str = "") -> None:
        self.done.append(("reset", name, message))

    def refresh(self, name: str) -> bool:
        if name == "tor-b":
            raise ApiError("tor-b has no session: it is idle")
        self.done.append(("refresh", name))
        return name == "tor-a"

    def tell_again(self, name: str) -> None:
        self.done.append(("tell_again", name))

    def disable(self, name: str, *, message: str = "") -> None:
        if len(message) > 255:
            raise ValueError("message of 256 octets: expected at most 255")
        self.done.append(("disable", name, message))

    def enable(self, name: str) -> None:
        if name == "nobody":
            raise ApiError("no peer 'nobody'")
        self.done.append(("enable", name))


def test_one_peer_by_name_or_address() -> None:
    speaker = Verbs()

    answer = peer_verbs.reset(speaker, name="192.0.2.4", message="new cards")

    assert speaker.done == [("reset", "rr", "new cards")]
    assert answer == {"peer": "rr", "peers": [{"peer": "rr", "done": "reset", "error": None}]}


def test_of_a_group_those_that_can_are_refreshed_and_the_others_say_why_not() -> None:
    speaker = Verbs()

    answer = peer_verbs.refresh(speaker, group="tors")

    assert speaker.done == [("refresh", "tor-a")]
    assert answer == {
        "peer": None,
        "peers": [
            {"peer": "tor-a", "done": "asked for its routes", "error": None},
            {"peer": "tor-b", "done": None, "error": "tor-b has no session: it is idle"},
        ],
    }


def test_a_peer_that_can_not_be_asked_is_said_to_be_judged_again() -> None:
    (row,) = peer_verbs.refresh(Verbs(), name="rr", direction="both")["peers"]

    assert row["done"] == "no route refresh: import policy runs again; told everything again"


@pytest.mark.parametrize("verb", ["disable", "enable"])
def test_all_peers(verb: str) -> None:
    speaker = Verbs()

    getattr(peer_verbs, verb)(speaker, all="true")

    assert [each[:2] for each in speaker.done] == [(verb, name) for name in ("tor-a", "tor-b", "rr")]


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({}, BadArgument),
        ({"name": "rr", "all": "true"}, BadArgument),
        ({"all": "yes"}, BadArgument),
        ({"name": "nobody"}, UnknownPeer),
        ({"group": "nobody"}, UnknownPeer),
        ({"name": "rr", "direction": "up"}, BadArgument),
        ({"name": "tor-b"}, ApiError),
    ],
)
def test_what_can_not_be_done_is_an_error(arguments: dict[str, str], error: type[Exception]) -> None:
    with pytest.raises(error):
        peer_verbs.refresh(Verbs(), **arguments)  # type: ignore[arg-type]


def test_a_message_that_is_too_long_is_a_bad_argument() -> None:
    with pytest.raises(BadArgument, match="at most 255"):
        peer_verbs.disable(Verbs(), name="rr", message="x" * 256)


def test_a_guest_that_is_held_down_is_no_peer_and_may_come_again() -> None:
    speaker = Verbs()

    answer = peer_verbs.enable(speaker, name="192.0.2.99")

    assert answer["peers"] == [{"peer": "192.0.2.99", "done": "may come again", "error": None}]
    assert speaker.done == [("enable", "192.0.2.99")]
    with pytest.raises(UnknownPeer):
        peer_verbs.enable(speaker, name="nobody")
    with pytest.raises(UnknownPeer):
        peer_verbs.enable(speaker, group="nobody")
