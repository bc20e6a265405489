"""Short ways to say which path a test means."""

from __future__ import annotations

from collections.abc import Iterable

from pybgp.addresses import address_octets, prefix_key
from pybgp.constants import Origin as OriginValue
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.base import Attribute
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.cluster_list import ClusterList
from pybgp.messages.attributes.communities import Communities
from pybgp.messages.attributes.local_pref import LocalPref
from pybgp.messages.attributes.med import MultiExitDisc
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.attributes.originator_id import OriginatorId
from pybgp.messages.context import PeerKind
from pybgp.rib.path import Path
from pybgp.routes import Source, SourceKind

INTERNAL, EXTERNAL = PeerKind.INTERNAL, PeerKind.EXTERNAL


def block(
    as_path: AsPath | Iterable[int] = (65001,),
    *,
    next_hop: str = "192.0.2.9",
    origin: OriginValue = OriginValue.IGP,
    local_pref: int | None = 100,
    med: int | None = None,
    communities: Iterable[str] = (),
    originator_id: str | None = None,
    cluster_list: Iterable[str] = (),
    more: Iterable[Attribute] = (),
) -> Block:
    """``next_hop`` "" is that of a route of our own, two words are a global and a link-local address."""
    path = as_path if isinstance(as_path, AsPath) else AsPath.sequence(as_path)
    attributes: list[Attribute] = [Origin(origin), path, *more]
    if med is not None:
        attributes.append(MultiExitDisc(med))
    if local_pref is not None:
        attributes.append(LocalPref(local_pref))
    communities = tuple(communities)
    if communities:
        attributes.append(Communities.of(communities))
    if originator_id is not None:
        attributes.append(OriginatorId(address_octets(originator_id)))
    clusters = tuple(address_octets(text) for text in cluster_list)
    if clusters:
        attributes.append(ClusterList(clusters))
    return Block.build(attributes, b"".join(map(address_octets, next_hop.split())))


def source(
    name: str = "a",
    *,
    kind: PeerKind = INTERNAL,
    client: bool = False,
    router_id: str = "192.0.2.1",
    address: str = "192.0.2.1",
    preference: int = 100,
    epoch: int = 1,
) -> Source:
    return Source(
        kind=SourceKind.BGP,
        name=name,
        peer_kind=kind,
        client=client,
        router_id=address_octets(router_id),
        address=address_octets(address),
        preference=preference,
        epoch=epoch,
    )


def path(of: Block | None = None, *, by: Source | None = None, path_id: int = 0, reason: str = "") -> Path:
    """Eligible, unless a reason is given why not."""
    of = of if of is not None else block()
    return Path(by if by is not None else source(), path_id, of, None if reason else of, reason)


def key(prefix: str) -> bytes:
    return prefix_key(prefix)[1]
