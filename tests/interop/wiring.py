"""Peerings between daemons on one LAN, by name: what a topology of a few nodes needs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import combinations
from typing import Any

from tests.support import until

from .daemons import Announcement, Daemon, Peering

VERSIONS = (4, 6)
PATIENCE = 30


def peering_name(other: Daemon, version: int) -> str:
    """What a daemon calls its peering with another: "bird_4"."""
    return f"{other.host.name}_{version}"


def connect(one: Daemon, other: Daemon, *, client: bool = False, **settings: Any) -> None:
    """Two sessions, one over IPv4 and one over IPv6; ``client``: ``other`` is ``one``'s reflector client.

    Only the configuration: before the daemons start.
    """
    for version in VERSIONS:
        for here, there in ((one, other), (other, one)):
            peering = Peering(
                name=peering_name(there, version),
                local=here.host.address(version),
                remote=there.host.address(version),
                remote_as=there.asn,
                **settings,
            )
            here.peerings[peering.name] = replace(peering, client=client and here is one)


def connect_all(daemons: Iterable[Daemon], **settings: Any) -> None:
    """A full mesh."""
    for one, other in combinations(daemons, 2):
        connect(one, other, **settings)


def own_prefix(daemon: Daemon, version: int, number: int = 1) -> str:
    """A prefix for the daemon to announce; no two daemons share one."""
    host = daemon.host.number
    return f"10.{100 + host}.{number}.0/24" if version == 4 else f"2001:db8:{100 + host}:{number:x}::/64"


def announcements(daemon: Daemon, number: int = 1) -> list[Announcement]:
    """One of each version, told apart by a community and MED."""
    return [
        Announcement(
            prefix=own_prefix(daemon, version, number),
            communities=(f"{daemon.asn}:{daemon.host.number}",),
            med=10 * daemon.host.number + number,
        )
        for version in VERSIONS
    ]


def at_once(action: Callable[[Daemon], object], daemons: Iterable[Daemon]) -> None:
    """Do it to all of them at the same time: each is a program of its own."""
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(action, daemons))


def all_established(daemons: Iterable[Daemon]) -> None:
    """Wait for every session of each."""
    for daemon in daemons:
        for name in daemon.peerings:
            until(
                lambda daemon=daemon, name=name: daemon.established(name),  # type: ignore[misc]
                limit=PATIENCE,
                why=f"{daemon}: {name} to be Established",
                seen=lambda daemon=daemon, name=name: f"{daemon.state(name)} {daemon.last_error(name)}",  # type: ignore[misc]
            )


def has_routes(daemon: Daemon, version: int, prefixes: Iterable[str]) -> None:
    """Wait until the daemon has exactly these routes from its peers."""
    wanted = set(prefixes)
    until(
        lambda: daemon.routes(version).keys() == wanted,
        limit=PATIENCE,
        why=f"{daemon} to have exactly {sorted(wanted)}",
        seen=lambda: sorted(daemon.routes(version)),
        interval=0.2,
    )


def join(
    one: Daemon,
    other: Daemon,
    ours: tuple[str, ...] = (),
    theirs: tuple[str, ...] = (),
    *,
    seen_as: int | None = None,
    client: bool = False,
    add_path: bool = False,
) -> None:
    """A session over IPv4 with more lines of configuration at both ends; ``other`` knows us as AS ``seen_as``.

    ``client``: ``other`` is ``one``'s reflector client.
    """
    for here, there, more, asn in ((one, other, ours, other.asn), (other, one, theirs, seen_as or one.asn)):
        name = peering_name(there, 4)
        here.peerings[name] = Peering(
            name=name,
            local=here.host.ipv4,
            remote=there.host.ipv4,
            remote_as=asn,
            client=client and here is one,
            add_path=add_path,
            more=more,
        )


def start_all(daemons: dict[str, Daemon], more: Mapping[str, Iterable[Announcement]] | None = None) -> None:
    """Each announces its own prefix, and ``more`` by its name; wait for the speaker's sessions."""
    for name, daemon in daemons.items():
        own = [each for each in announcements(daemon) if each.version == 4]
        daemon.configure(announced=[*own, *(more or {}).get(name, ())])
    at_once(lambda daemon: daemon.start(), daemons.values())
    all_established([daemons["speaker"]])


def sees(daemon: Daemon, sender: Daemon, path: tuple[int, ...]) -> None:
    """Wait until the daemon has the sender's route with this AS path."""
    prefix = own_prefix(sender, 4)
    until(
        lambda: prefix in (routes := daemon.routes(4)) and routes[prefix].as_path == path,
        limit=PATIENCE,
        why=f"{daemon} to have {prefix} by {path}",
        seen=lambda: {each: route.as_path for each, route in daemon.routes(4).items()},
    )


def gets(daemon: Daemon, sender: Daemon, clusters: tuple[Daemon | str, ...]) -> None:
    """Wait until it has the sender's route by these reflectors or clusters, the last one first."""
    prefix, wanted = (
        own_prefix(sender, 4),
        tuple(each if isinstance(each, str) else each.host.router_id for each in clusters),
    )

    def route() -> tuple[str | None, tuple[str, ...]] | None:
        found = daemon.routes(4).get(prefix)
        return None if found is None else (found.originator_id, found.cluster_list)

    until(
        lambda: route() == (sender.host.router_id if clusters else None, wanted),
        limit=PATIENCE,
        why=f"{daemon} to have {sender}'s route by {wanted}",
        seen=route,
    )
