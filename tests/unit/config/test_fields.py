"""Configurations that a program makes: what a field can't hold is told with its name, before anything uses it."""

from __future__ import annotations

from dataclasses import replace
from random import Random
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.config.fields import wrong_kinds
from pybgp.config.file import parse
from pybgp.config.model import FamilyConfig, MaxPrefixesConfig, PeerConfig, RouteConfig, SpeakerConfig
from pybgp.config.reference_text import EXAMPLE
from pybgp.errors import ConfigError
from pybgp.speaker.core import SpeakerCore

PEER = PeerConfig("192.0.2.2", remote_as=64512)
CONFIG = SpeakerConfig(local_as=64512, router_id="192.0.2.1", listen=(), peers=[PEER])


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("families", ["ipv6-unicast"], " = ['ipv6-unicast']: expected a mapping from Family to FamilyConfig or None"),
        ("families", {"ipv6-unicast": FamilyConfig()}, ": key = 'ipv6-unicast': expected a Family"),
        ("families", {Family.IPV6_UNICAST: {}}, "[ipv6-unicast] = {}: expected a FamilyConfig"),
        ("families", {Family.IPV6_UNICAST: FamilyConfig(add_path="on")}, # type: ignore[arg-type]
         "[ipv6-unicast].add_path = 'on': expected \"off\", \"receive\", \"send\" or \"both\""),
        ("max_prefixes", {"limit": 5}, " = {'limit': 5}: expected a MaxPrefixesConfig or None"),
        ("max_prefixes", MaxPrefixesConfig(limit="5"), ".limit = '5': expected an integer"),  # type: ignore[arg-type]
        ("password", "secret", ": expected a SecretConfig or None"),
        ("import_policy", "accept", " = 'accept': expected a list or None"),
        ("import_policy", [5], "[0] = 5: expected text or a function"),
        ("remote_as", "64512", " = '64512': expected an integer, \"external\", \"internal\" or None"),
        ("hold_time", 30.5, " = 30.5: expected an integer"),
        ("passive", 1, " = 1: expected True or False"),
        ("multihop", True, " = True: expected an integer"),
        ("role", "father", " = 'father': expected \"provider\", \"rs\", \"rs_client\", \"customer\", \"peer\" or None"),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_told_with_its_place_and_what_was_expected(
    key: str, value: Any, expected: str
) -> None:
    config = replace(CONFIG, peers=[replace(PEER, **{key: value})])

    assert list(wrong_kinds(config)) == [f"peers[0].{key}{expected}"]
    with pytest.raises(ConfigError) as caught:
        SpeakerCore(config, random=Random(1))
    assert caught.value.problems == (f"peers[0].{key}{expected}",)


def test_lists_and_whole_numbers_are_taken_where_tuples_and_numbers_are_meant() -> None:
    timers = replace(PEER.timers, mrai=5)

    assert list(wrong_kinds(replace(CONFIG, listen=["[::]:179"], peers=(replace(PEER, timers=timers),)))) == []  # type: ignore[arg-type]


def test_what_a_file_says_is_of_the_right_kinds() -> None:
    node = parse(EXAMPLE, name="node.toml")

    assert list(wrong_kinds(node.speaker)) == []
    assert node.fib is not None
    assert list(wrong_kinds(node.fib)) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"listen": ("x",)}, "listen: 'x': expected ADDRESS:PORT"),
        ({"routes": [RouteConfig("10.0.0.1/8")]}, "routes[0].prefix: '10.0.0.1/8' has bits set behind its length of 8"),
        (
            {"peers": [replace(PEER, local_address="x")]},
            "peer 192.0.2.2: local_address: 'x' is not an IPv4 or IPv6 address",
        ),
    ],
)
def test_text_that_can_not_be_read_is_an_error_of_the_configuration(changes: dict[str, Any], expected: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SpeakerCore(replace(CONFIG, **changes), random=Random(1))

    assert caught.value.problems == (expected,)
