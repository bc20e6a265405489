"""Routes for ``pybgp policy test``: of a line of text, of JSON, of ``show routes --json``, of an MRT file's tables."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from types import EllipsisType
from typing import Any, BinaryIO, Final, TypeVar

import click

from ..addresses import Family, address_octets, address_text, parse_as, prefix_key
from ..config import resolved
from ..config.model import UNICAST, PeerConfig, SpeakerConfig
from ..messages.attributes.as_path import AsPath
from ..messages.attributes.block import Block
from ..messages.context import PeerKind
from ..routes import Route, RpkiState, Source, SourceKind
from ..rpki.table import VrpTable
from ..rpki.vrp import Vrp
from ..speaker.peers import remote_as

_Word = TypeVar("_Word", bound=Enum)

KEYS: Final = ("as_path", "communities", "from", "local_pref", "med", "next_hop", "origin", "rpki", "source")


class States:
    """The RPKI states that were given with routes, by prefix; for others, what the configuration's ROAs say."""

    def __init__(self, speaker: SpeakerConfig) -> None:
        self.given: dict[tuple[Family, bytes], RpkiState] = {}
        self._roas = VrpTable(resolved.seen_as(speaker), [Vrp.parse(text).record for text in speaker.rpki.roas])

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        return self.given.get((family, key)) or self._roas.state(family, key, origin_as)


def from_text(text: str, speaker: SpeakerConfig, peer: PeerConfig | None, states: States) -> Route:
    """``10.1.0.0/24 as_path='65001 65002' med=5``.

    Raises:
        click.UsageError: it can't be read.
    """
    try:
        prefix, *words = shlex.split(text)
        values = dict(word.split("=", 1) for word in words)
    except ValueError:
        raise click.UsageError(f"{text!r}: expected a prefix and KEY=VALUE") from None
    return _route({"prefix": prefix, **values}, speaker, peer, states)


def from_lines(
    lines: Iterable[str], speaker: SpeakerConfig, peer: PeerConfig | None, states: States
) -> Iterator[Route]:
    """JSON, an object a line: the keys of ``--route``, or what ``pybgp show routes --json`` prints.

    Raises:
        click.UsageError: a line that can't be read, or there is none.
    """
    found = False
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        found = True
        try:
            values = json.loads(line)
        except ValueError as error:
            raise click.UsageError(f"line {number}: {line.strip()[:60]!r}: expected JSON ({error})") from None
        if not isinstance(values, dict):
            raise click.UsageError(f"line {number}: {line.strip()[:60]!r}: expected an object")
        try:
            if "as_path_text" in values:
                yield _shown(values, speaker, peer, states)
            else:
                yield _route(values, speaker, peer, states)
        except click.UsageError as error:
            raise click.UsageError(f"line {number}: {error.message}") from None
    if not found:
        raise click.UsageError("no routes: expected --route, --mrt, or JSON objects on the standard input")


def from_mrt(file: BinaryIO, speaker: SpeakerConfig, peer: PeerConfig | None, states: States) -> Iterator[Route]:
    """The IPv4 and IPv6 unicast routes of a file's tables, each from the peer that the table names.

    What is damaged is said on the standard error, and passed over.

    Raises:
        click.UsageError: there is no such route in the file.
    """
    from .. import mrt

    found = 0

    sources: dict[mrt.Peer, Source] = {}
    fixed = None if peer is None else source_of(speaker, peer)
    for record in mrt.read(file):
        if isinstance(record, mrt.Rib):
            entries: tuple[mrt.RibEntry, ...] = record.entries
        elif isinstance(record, mrt.TableDump):
            entries = (record.entry,)
        elif isinstance(record, mrt.Damage):
            click.echo(f"--mrt {file.name}: {record}", err=True)
            continue
        else:
            continue
        if record.family not in (Family.IPV4_UNICAST, Family.IPV6_UNICAST):
            continue
        for entry in entries:
            if entry.block is None:
                continue
            if entry.peer not in sources:
                sources[entry.peer] = fixed or _source_in(speaker, entry.peer.address, entry.peer.asn)
            source = sources[entry.peer]
            found += 1
            yield Route(record.family, record.key, entry.block, source, validator=states)
    if not found:
        raise click.UsageError(
            f"--mrt {file.name}: no IPv4 or IPv6 unicast routes of a table are in it (messages are not read)"
        )


def source_of(speaker: SpeakerConfig, peer: PeerConfig) -> Source:
    """A configured peer."""
    return Source(
        kind=SourceKind.BGP,
        name=resolved.name(peer),
        peer_kind=resolved.kind(peer, speaker),
        address=address_octets(peer.address),
        remote_as=remote_as(peer, speaker) or 0,
        client=peer.route_reflector_client,
        group=peer.group or "",
    )


def _source_in(speaker: SpeakerConfig, address: bytes, asn: int) -> Source:
    """The configured peer with this address, or one that nothing is known of besides."""
    for peer in speaker.peers:
        if address_octets(peer.address) == address:
            return source_of(speaker, peer)
    kind = PeerKind.INTERNAL if asn == speaker.local_as else PeerKind.EXTERNAL
    return Source(kind=SourceKind.BGP, name=address_text(address), peer_kind=kind, address=address, remote_as=asn)


def _shown(row: Mapping[str, Any], speaker: SpeakerConfig, peer: PeerConfig | None, states: States) -> Route:
    """A row of ``pybgp show routes --json``; from the peer that it names, unless another is wanted."""
    if str(row.get("family")) not in map(str, UNICAST):
        raise click.UsageError(f"{row.get('prefix')}: {row.get('family')}, expected IPv4 or IPv6 unicast")
    values = {name: row.get(name) for name in ("prefix", "next_hop", "local_pref", "med", "origin", "rpki", "source")}
    kinds = ("communities", "large_communities", "extended_communities")
    communities = [each for kind in kinds for each in row.get(kind) or ()]
    values |= {"as_path": row["as_path_text"], "communities": communities}
    return _route(values, speaker, peer or named(speaker, row.get("peer")), states, name=str(row.get("peer") or "peer"))


def _route(
    values: Mapping[str, Any], speaker: SpeakerConfig, peer: PeerConfig | None, states: States, name: str = "peer"
) -> Route:
    """``name`` is who it comes from if that is no configured peer."""
    unknown = sorted(values.keys() - {"prefix", *KEYS})
    if unknown:
        raise click.UsageError(f"{unknown[0]}: unknown key, expected {', '.join(KEYS)}")
    try:
        family, key = prefix_key(str(values.get("prefix", "")))
        path = _path(values.get("as_path", ""))
        kind = _one_of(SourceKind, "source", values.get("source") or "bgp")
        source = _source(kind, speaker, _from(speaker, values) or peer, path, name)
        hop = values.get("next_hop") or _next_hop(source, family)
        block = Block.build((path,), address_octets(hop) if hop else b"")
        route = Route(family, key, block, source, validator=states).replace(
            local_pref=_number(values, "local_pref"),
            med=_number(values, "med"),
            origin=values.get("origin"),
            communities=_communities(values.get("communities", ())),
        )
        if values.get("rpki") is not None:
            states.given[family, key] = _one_of(RpkiState, "rpki", values["rpki"])
    except (ValueError, TypeError, KeyError) as error:
        raise click.UsageError(f"route {values.get('prefix', '')}: {error}") from None
    return Route(family, key, route.block, source, validator=states)


def named(speaker: SpeakerConfig, name: object) -> PeerConfig | None:
    """The peer of this name or address."""
    return next((peer for peer in speaker.peers if name in (peer.name, peer.address)), None)


def _from(speaker: SpeakerConfig, values: Mapping[str, Any]) -> PeerConfig | None:
    name = values.get("from")
    peer = None if name is None else named(speaker, name)
    if name is not None and peer is None:
        raise ValueError(f"from = {name!r}: no peer has this name or address")
    return peer


def _path(value: Any) -> AsPath:
    if isinstance(value, list):
        return AsPath.sequence([parse_as(item) for item in value])
    return AsPath.parse(str(value))


def _communities(value: Any) -> list[str]:
    if isinstance(value, str):
        return value.split(",") if value else []
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"communities = {value!r}: expected a list, or text with commas between them")
    return list(value)


def _number(values: Mapping[str, Any], name: str) -> int | EllipsisType:
    value = values.get(name)
    if value is None:
        return ...
    if not str(value).removeprefix("-").isdecimal():
        raise ValueError(f"{name} = {value!r}: expected 0..4294967295")
    return int(value)


def _one_of(kind: type[_Word], name: str, value: Any) -> _Word:
    try:
        return kind(value)
    except ValueError:
        words = [str(each.value) for each in kind]
        raise ValueError(f"{name} = {value!r}: expected {', '.join(words[:-1])} or {words[-1]}") from None


def _source(kind: SourceKind, speaker: SpeakerConfig, peer: PeerConfig | None, path: AsPath, name: str) -> Source:
    if kind is not SourceKind.BGP:
        return Source(kind=kind, name=kind.value)
    if peer is not None:
        return source_of(speaker, peer)
    asn = path.neighbor_as
    outside = PeerKind.EXTERNAL if asn else PeerKind.INTERNAL
    return Source(kind=kind, name=name, peer_kind=outside, remote_as=asn or speaker.local_as)


def _next_hop(source: Source, family: Family) -> str:
    """What nobody said: the peer's address where it fits, else one for documentation."""
    if source.kind is not SourceKind.BGP:
        return ""
    size = 4 if family == Family.IPV4_UNICAST else 16
    if len(source.address) == size:
        return address_text(source.address)
    return "192.0.2.1" if size == 4 else "2001:db8::1"
