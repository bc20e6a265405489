"""What a configuration made by a program must hold to; a file has been checked more closely by ``config``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ..addresses import address_octets, parse_endpoint, parse_router_id
from ..config import resolved
from ..config.check_flows import family_of
from ..config.fields import wrong_kinds
from ..config.model import PeerConfig, SpeakerConfig
from ..errors import ConfigError
from ..rib.local import AGGREGATE, DIRECT, KERNEL, ORIGINATED, OWN
from .originate import own_key

OWN_NAMES: Final = frozenset({OWN.name, AGGREGATE.name, ORIGINATED.name, DIRECT.name, KERNEL.name})
"""Sources of routes that are no peers."""
MD5_MAX_KEY: Final = 80
"""Octets of a TCP-MD5 key that Linux takes."""


def validate(config: SpeakerConfig, secrets: Mapping[str, str]) -> None:
    """
    Raises:
        ConfigError: one line a finding.
    """
    kinds = list(wrong_kinds(config))
    if kinds:
        raise ConfigError(*kinds)  # what follows compares numbers and reads text
    problems = list(_of_speaker(config))
    taken: dict[str, str] = {}
    for peer in config.peers:
        problems += peer_problems(peer)
        name = resolved.name(peer)
        if name in taken:
            problems.append(f"peer {name}: two peers have this name")
        taken[name] = peer.address
    for item in config.dynamic_peers:
        problems += _of_session(item.template, f"dynamic peers {item.prefix}")
    problems += secret_problems(secrets)
    if problems:
        raise ConfigError(*problems)


def peer_problems(peer: PeerConfig) -> Iterator[str]:
    name = f"peer {resolved.name(peer)}"
    kinds = list(wrong_kinds(peer, f"{name}: "))
    if kinds:
        yield from kinds
        return
    if resolved.name(peer) in OWN_NAMES:
        yield f"{name}: this name is our own routes': expected another one"
    try:
        address_octets(peer.address)
    except ValueError as error:
        yield f"{name}: address: {error}"
    yield from _of_session(peer, name)


def secret_problems(secrets: Mapping[str, str]) -> Iterator[str]:
    for name, secret in secrets.items():
        size = len(secret.encode())
        if not 1 <= size <= MD5_MAX_KEY:
            yield f"peer {name}: password of {size} octets: expected 1..{MD5_MAX_KEY} (TCP-MD5)"


def _of_speaker(config: SpeakerConfig) -> Iterator[str]:
    if not 1 <= config.local_as < 1 << 32:
        yield f"local_as = {config.local_as}: expected 1..4294967295"
    for key in ("router_id", "cluster_id"):
        value = getattr(config, key)
        try:
            if value is not None:
                parse_router_id(value)
        except ValueError as error:
            yield f"{key}: {error}"

    for text in config.listen:
        try:
            parse_endpoint(text)
        except ValueError:
            yield f"listen: {text!r}: expected ADDRESS:PORT"
    for number, route in enumerate(config.routes):
        try:
            own_key(route.prefix, family_of(route) if route.is_flow else None)
        except ValueError as error:
            yield f"routes[{number}].prefix: {error}"


def _of_session(peer: PeerConfig, name: str) -> Iterator[str]:
    if peer.remote_as is None:
        yield f'{name}: remote_as is missing: expected a number, "external" or "internal"'
    if peer.hold_time in (1, 2) or not 0 <= peer.hold_time <= 65535:
        yield f"{name}: hold_time = {peer.hold_time}: expected 0 or 3..65535 seconds (RFC 4271 §4.2)"
    if not 1 <= peer.port <= 65535:
        yield f"{name}: port = {peer.port}: expected 1..65535"
    for key, read in (("cluster_id", parse_router_id), ("local_address", address_octets)):
        value = getattr(peer, key)
        try:
            if value is not None:
                read(value)
        except ValueError as error:
            yield f"{name}: {key}: {error}"
    if peer.ttl_security and peer.multihop:
        yield f"{name}: ttl_security and multihop exclude each other (RFC 5082)"
