"""Checks of peers, listed and dynamic: one by one, and against each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

from ..addresses import Family
from ..messages.context import PeerKind
from . import check_as, check_labels, check_route_targets, resolved
from .findings import Finding
from .model import FAMILIES, PeerConfig, SecretConfig, SpeakerConfig
from .problems import nearest, one_of
from .toml_text import Path, path_text

Identity = tuple[str, int, str | None]
"""Address, port and interface: by these two configurations' peers are the same one."""

_LOCAL_AS: Final[Path] = ("local_as",)
_WITHOUT: Final = {"import_policy": "nothing is accepted from it", "export_policy": "it is told nothing"}


def identity(peer: PeerConfig) -> Identity:
    """What makes a peer that peer. The zone of a link-local address is its interface, however it is written."""
    address, _, zone = peer.address.partition("%")
    with suppress(ValueError):  # nothing yet, or no address: compared as written
        address = str(ipaddress.ip_address(address))
    return address, peer.port, zone or peer.interface


def findings(speaker: SpeakerConfig) -> Iterator[Finding]:
    """All about peers; policies by name are in ``check_policies``."""
    for index, peer in enumerate(speaker.peers):
        yield from _session(("peers", index), peer, speaker)
        yield from _addresses(("peers", index), peer)
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield from _session(("dynamic_peers", index), dynamic.template, speaker)
    yield from _overlaps(speaker)
    yield from _equal_ranges(speaker)
    yield from _names(speaker)
    yield from _passwords(speaker)
    yield from _listeners(speaker)
    yield from _unused_groups(speaker)
    yield from check_as.confederation(speaker)


# -- one peer ----------------------------------------------------------------------------------------------------------


def _session(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    if peer.unnumbered is not None and peer.password is not None:
        yield Finding(
            path=(*base, "password"),
            text="expected an address of the peer, to which TCP-MD5 is bound",
            others=((*base, "interface"),),
        )
    if peer.group is not None and peer.group not in speaker.peer_groups:
        near = nearest(peer.group, speaker.peer_groups)
        hint = f"; did you mean {near}?" if near else ""
        yield Finding(
            path=(*base, "group"),
            value=peer.group,
            text=f"expected the name of one of peer_groups{hint}",
            others=(("peer_groups", peer.group),),
        )
    elif peer.remote_as is None:
        yield Finding(
            path=(*base, "remote_as"),
            text='missing; expected an AS number, "external" or "internal", here or in the group',
        )
    yield from _kind(base, peer, speaker)
    yield from check_as.findings(base, peer, speaker)
    yield from _hops(base, peer)
    yield from _times(base, peer, speaker)
    yield from _families(base, peer, speaker)
    yield from check_labels.findings(base, peer, speaker)
    yield from check_route_targets.findings(base, peer, speaker)
    limits = peer.max_prefixes
    if limits is not None and limits.warn is not None and limits.warn > limits.limit:
        yield Finding(
            path=(*base, "max_prefixes", "warn"),
            value=limits.warn,
            text=f"expected at most the limit, {limits.limit}",
            others=((*base, "max_prefixes", "limit"),),
        )


def _kind(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """What is only for iBGP, and what eBGP must have. Without ``remote_as`` nobody knows which it is."""
    if peer.remote_as is None:
        return
    rests_on = ((*base, "remote_as"), (*base, "local_as"), _LOCAL_AS, (*base, "group"))
    kind = resolved.kind(peer, speaker)
    if peer.damping and kind is not PeerKind.EXTERNAL:
        yield Finding(
            path=(*base, "damping"),
            value=True,
            text=f"expected false, since the peer is not external with remote_as = {_as_text(peer)} (RFC 2439 §4)",
            others=rests_on,
        )
    if kind is PeerKind.INTERNAL:
        return
    if peer.route_reflector_client:
        yield Finding(
            path=(*base, "route_reflector_client"),
            value=True,
            text=f"expected false, since remote_as = {_as_text(peer)} makes it eBGP (RFC 4456)",
            others=rests_on,
        )
    if not resolved.is_external(peer, speaker):
        return
    missing = [key for key in ("import_policy", "export_policy") if getattr(peer, key) is None]
    if missing:
        nothing = [_WITHOUT[key] for key in missing]
        yield Finding(
            path=(*base, missing[0]),
            text=f"eBGP without {' and '.join(missing)}: {' and '.join(nothing)} (RFC 8212)",
            others=rests_on,
            warning=True,
        )


def _as_text(peer: PeerConfig) -> str:
    return f'"{peer.remote_as}"' if isinstance(peer.remote_as, str) else str(peer.remote_as)


def _hops(base: Path, peer: PeerConfig) -> Iterator[Finding]:
    if peer.ttl_security and peer.multihop:
        yield Finding(
            path=(*base, "ttl_security"),
            value=peer.ttl_security,
            text=f"expected 0 with multihop = {peer.multihop}; ttl_security is itself a number of hops (RFC 5082)",
            others=((*base, "multihop"),),
        )


def _times(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    hold_time, keepalive_time, timers = peer.hold_time, peer.keepalive_time, peer.timers
    on_hold: Path = (*base, "hold_time")
    if keepalive_time is not None and hold_time and keepalive_time >= hold_time:
        yield Finding(
            path=(*base, "keepalive_time"),
            value=keepalive_time,
            text=f"expected less than hold_time = {hold_time}, best a third of it (RFC 4271 §4.4)",
            others=(on_hold,),
        )
    if keepalive_time is not None and not hold_time:
        yield Finding(
            path=(*base, "keepalive_time"),
            value=keepalive_time,
            text="without effect, since hold_time = 0 means no KEEPALIVEs",
            others=(on_hold,),
            warning=True,
        )
    if timers.idle_hold > timers.idle_hold_max:
        yield Finding(
            path=(*base, "timers", "idle_hold"),
            value=timers.idle_hold,
            text=f"expected at most idle_hold_max, {timers.idle_hold_max:g} seconds",
            others=((*base, "timers", "idle_hold_max"),),
        )
    if timers.send_hold and timers.send_hold <= hold_time:
        yield Finding(
            path=(*base, "timers", "send_hold"),
            value=timers.send_hold,
            text=f"expected 0 or more than hold_time = {hold_time} (RFC 9687 §5)",
            others=(on_hold,),
        )
    own = peer.graceful_restart is not None
    restart_time = (peer.graceful_restart or speaker.graceful_restart).restart_time
    if restart_time is not None and hold_time and restart_time > hold_time:
        yield Finding(
            path=(*(base if own else ()), "graceful_restart", "restart_time"),
            value=restart_time,
            text=f"longer than hold_time = {hold_time}; RFC 4724 §3 suggests at most that",
            others=(on_hold,),
            warning=True,
        )


def _families(base: Path, peer: PeerConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    own = peer.families is not None
    where: Path = (*base, "families") if own else ("families",)
    for family, options in (peer.families if peer.families is not None else speaker.families).items():
        if family not in FAMILIES:
            yield Finding(path=where, value=str(family), text=f"expected {one_of([str(known) for known in FAMILIES])}")
        elif options.extended_next_hop and family != Family.IPV4_UNICAST:
            yield Finding(
                path=(*where, str(family), "extended_next_hop"),
                value=True,
                text=f"expected false, it is for ipv4-unicast (RFC 8950); {family} has IPv6 next hops anyway",
            )
        if options.add_path_limit is not None and options.add_path not in ("send", "both"):
            yield Finding(
                path=(*where, str(family), "add_path_limit"),
                value=options.add_path_limit,
                text='without effect, since add_path is neither "send" nor "both"',
                warning=True,
            )
    if peer.best_external and peer.remote_as is not None and resolved.is_external(peer, speaker):
        yield Finding(path=(*base, "best_external"), value=True, text="expected only for iBGP peers")


def _addresses(base: Path, peer: PeerConfig) -> Iterator[Finding]:
    address, _, zone = peer.address.partition("%")
    try:
        remote = ipaddress.ip_address(address)
    except ValueError:
        if peer.address:
            yield Finding(path=(*base, "address"), value=peer.address, text="expected an IPv4 or IPv6 address")
        return
    at_address: Path = (*base, "address")
    link_local = remote.version == 6 and remote.is_link_local
    if link_local and not zone and peer.interface is None:
        yield Finding(
            path=at_address,
            value=peer.address,
            text=f'expected its interface, "{peer.address}%eth0", since it is link-local',
            others=((*base, "interface"),),
        )
    if zone and peer.interface is not None and zone != peer.interface:
        yield Finding(
            path=(*base, "interface"),
            value=peer.interface,
            text=f"expected {zone}, which the address names",
            others=(at_address,),
        )
    if peer.local_address is not None:
        yield from _local_address(base, peer.local_address, remote)


def _local_address(base: Path, text: str, remote: ipaddress.IPv4Address | ipaddress.IPv6Address) -> Iterator[Finding]:
    path: Path = (*base, "local_address")
    others: tuple[Path, ...] = ((*base, "address"),)
    try:
        local = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        yield Finding(path=path, value=text, text="expected an IPv4 or IPv6 address")
        return
    if local.version != remote.version:
        yield Finding(
            path=path, value=text, text=f"expected an IPv{remote.version} address, as the peer's", others=others
        )
    elif local == remote:
        yield Finding(path=path, value=text, text="expected our address, this is the peer's", others=others)


# -- peers against each other ------------------------------------------------------------------------------------------


def _overlaps(speaker: SpeakerConfig) -> Iterator[Finding]:
    seen: dict[Identity, int] = {}
    for index, peer in enumerate(speaker.peers):
        first = seen.setdefault(identity(peer), index)
        if first == index:
            continue
        differ = "another address, port or interface"
        yield Finding(
            path=("peers", index, "address"),
            value=peer.address,
            text=f"expected {differ}, peers[{first}] is the same peer (port {peer.port}"
            f"{f', interface {peer.interface}' if peer.interface else ''})",
            others=tuple(("peers", each, key) for each in (first, index) for key in ("address", "port", "interface")),
        )


def _equal_ranges(speaker: SpeakerConfig) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for index, dynamic in enumerate(speaker.dynamic_peers):
        first = seen.setdefault(dynamic.prefix, index)
        if first != index:
            yield Finding(
                path=("dynamic_peers", index, "prefix"),
                value=dynamic.prefix,
                text=f"expected another prefix, dynamic_peers[{first}] has it (nested ones are fine: the longest wins)",
                others=(("dynamic_peers", first, "prefix"),),
            )


def _names(speaker: SpeakerConfig) -> Iterator[Finding]:
    """A name means one peer: commands, logs, policies and secrets go by it. Who has none goes by its address."""
    owners: dict[str, tuple[Path, object]] = {}
    for base, name, key, address, same in _listed(speaker):
        called = name or address
        first, its_same = owners.setdefault(called, (base, None if name else same))
        if first == base or not called:
            continue
        others: tuple[Path, ...] = ((*first, "name"), (*first, key), (*base, key))
        if name is not None:
            text = f"expected another name, {path_text(first)} goes by it"
            yield Finding(path=(*base, "name"), value=name, text=text, others=others)
        elif same != its_same:  # else it has been told that they are the same
            text = f"missing; expected a name, since {path_text(first)} goes by {address} already"
            yield Finding(path=(*base, "name"), text=text, others=others)


def _listed(speaker: SpeakerConfig) -> Iterator[tuple[Path, str | None, str, str, object]]:
    """Place, name, the key and value that stand in for a name, and what makes two of them the same."""
    for index, peer in enumerate(speaker.peers):
        yield ("peers", index), peer.name, "address", peer.address, identity(peer)
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield ("dynamic_peers", index), dynamic.name, "prefix", dynamic.prefix, dynamic.prefix


def _passwords(speaker: SpeakerConfig) -> Iterator[Finding]:
    """A listening socket keeps one TCP-MD5 key for an address, whatever the port."""
    seen: dict[tuple[str, str | None], tuple[int, SecretConfig | None]] = {}
    for index, peer in enumerate(speaker.peers):
        address, _, interface = identity(peer)
        first, password = seen.setdefault((address, interface), (index, peer.password))
        if password != peer.password and identity(speaker.peers[first]) != identity(peer):
            yield Finding(
                path=("peers", index, "password"),
                text=f"expected the same as peers[{first}] has, since TCP-MD5 knows one password for {address}",
                others=(("peers", first, "password"), ("peers", index, "address"), ("peers", first, "address")),
            )


def _listeners(speaker: SpeakerConfig) -> Iterator[Finding]:
    if speaker.listen:
        return
    for index, peer in enumerate(speaker.peers):
        if peer.passive:
            yield Finding(
                path=("peers", index, "passive"),
                value=True,
                text="it can never come up, since listen = []",
                others=(("listen",),),
                warning=True,
            )
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield Finding(
            path=("dynamic_peers", index, "prefix"),
            value=dynamic.prefix,
            text="nobody can connect, since listen = []",
            others=(("listen",),),
            warning=True,
        )


def _unused_groups(speaker: SpeakerConfig) -> Iterator[Finding]:
    used = {peer.group for peer in speaker.peers} | {item.template.group for item in speaker.dynamic_peers}
    for name in speaker.peer_groups:
        if name not in used:
            yield Finding(path=("peer_groups", name), text="no peer is in this group", warning=True)
