"""What a benchmark must know of pybgp: how a node is configured for it, and how a message is decoded.

A harness loads this file with ``runpy`` and puts ``DUT_AS``, ``DUT_IP``, ``PORT`` and ``HOLD`` among its globals, so
nothing but the standard library is imported at its head, and pybgp only by ``codec``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Literal, Protocol


class Peer(Protocol):
    """One peer of a scenario."""

    @property
    def ip(self) -> str: ...
    @property
    def asn(self) -> int: ...
    @property
    def ibgp(self) -> bool: ...


class Scenario(Protocol):
    """What is asked of the daemon; ``fib``: its routes go to the kernel."""

    peers: Iterable[Peer]
    fib: bool


def config(sc: Scenario, tmp: Path) -> str:
    """The configuration file for a scenario, by the globals that the harness gives."""
    given = globals()
    return node_file(
        sc.peers,
        tmp,
        local_as=given["DUT_AS"],
        address=given["DUT_IP"],
        port=given["PORT"],
        hold_time=given["HOLD"],
        fib=sc.fib,
    )


def node_file(
    peers: Iterable[Peer],
    folder: Path,
    *,
    local_as: int,
    address: str,
    port: int,
    hold_time: int,
    fib: bool = False,
    add_path: Literal["off", "both"] = "off",
    refuse: Iterable[str] = (),
) -> str:
    """A configuration of passive peers that accepts and exports everything, and reflects where a peer is internal.

    ``address`` is also router id and cluster id; files and sockets are kept in ``folder``. ``refuse``: communities each
    of which an import policy has a term for, before one that accepts.
    """
    refuse = list(refuse)
    sets: list[str] = []
    family = f'{{ add_path = "{add_path}" }}'
    lines = [
        f"local_as = {local_as}",
        f'router_id = "{address}"',
        f'cluster_id = "{address}"',
        f'listen = ["{address}:{port}"]',
        f'control = {{ socket = "{folder}/pybgp.sock" }}',
        'log = { level = "warn", format = "text" }',
        "[peer_groups.bench]",
        "passive = true",
        f"hold_time = {hold_time}",
        f"families = {{ ipv4-unicast = {family} }}",
        f'import_policy = ["{"terms" if refuse else "accept"}"]',
        'export_policy = ["accept"]',
    ]
    for number, community in enumerate(refuse):
        lines += ["[[policies.terms]]", f'match = {{ community_set = "c{number}" }}', 'action = "reject"']
        sets.append(f'c{number} = ["{community}"]')
    if sets:
        lines += ["[[policies.terms]]", 'action = "accept"', "[community_sets]", *sets]
    if fib:
        lines += ["[fib]", f'state_file = "{folder}/fib.json"']
    for peer in peers:
        lines += ["[[peers]]", f'address = "{peer.ip}"', f"remote_as = {peer.asn}", 'group = "bench"']
        if peer.ibgp:
            lines.append("route_reflector_client = true")
    return "\n".join(lines) + "\n"


def codec() -> tuple[Callable[[bytes], Any], Callable[[Any], int], Callable[[Any], Any] | None, str]:
    """``(decode, count, encode, text)``: a whole message to an UPDATE with all its attribute objects made; its
    prefixes; back to octets; who did it.
    """
    from pybgp.messages import Context, PeerKind, decode, encode
    from pybgp.version import __version__

    context = Context(kind=PeerKind.EXTERNAL, four_octet_as=True)

    def decode_all(message: bytes) -> list[Any]:
        update: Any = decode(message, context)
        made = [update]
        for each in update.reachable:
            made.append(each.block.attributes)
        return made

    def count(decoded: list[Any]) -> int:
        return sum(len(each.keys) for each in decoded[0].reachable)

    return decode_all, count, lambda decoded: encode(decoded[0], context), f"pybgp {__version__}"
