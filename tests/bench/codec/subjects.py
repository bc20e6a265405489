"""What each codec does for a piece of work. A subject is loaded in a process of its own, and imports only there.

``prepare`` gives, for one piece of work, what is done while the clock runs; that returns what it made, and ``count``
says of it how many prefixes (rows, messages) it found, so that no codec is quick by leaving something out.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, Final, NamedTuple

from . import material
from .material import Material

READ: Final = 65_536
"""Octets of a reading of the network."""


class Work(NamedTuple):
    """``make`` is timed; ``count`` what came of it; ``fresh`` is called before, without being timed."""

    make: Callable[[], Any]
    count: Callable[[Any], int]
    fresh: Callable[[], object] = lambda: None


Subject = tuple[str, Mapping[str, Work]]
"""The name with its version, and what the subject can do."""


def pybgp(given: Material) -> Subject:
    """This codec. Its cache of blocks is emptied before each round: every attribute set is a new one."""
    from pybgp import capture, mrt
    from pybgp.capture import Damage
    from pybgp.daemon.run import GC_THRESHOLDS
    from pybgp.messages import BlockCache, Context, Framer, PeerKind, Update, decode, encode, message, update
    from pybgp.messages.attributes.block import Block
    from pybgp.messages.attributes.next_hop import NextHop
    from pybgp.messages.families import registry
    from pybgp.version import __version__

    context = Context(kind=PeerKind.EXTERNAL)
    messages, stream = given.messages, given.stream
    decoded: list[Any] = [decode(each, context) for each in messages]
    built = [(each, [(part, list(part.block.attributes.values())) for part in each.reachable]) for each in decoded]

    def forget() -> None:
        message._blocks.__init__()  # type: ignore[misc]

    def octets() -> list[Any]:
        return [decode(each, context) for each in messages]

    def attributes() -> list[Any]:
        out = []
        for each in messages:
            found: Any = decode(each, context)
            out.append(found)
            for part in found.reachable:
                out.append(part.block.attributes)
        return out

    def everything() -> list[Any]:
        out = []
        for each in messages:
            found: Any = decode(each, context)
            for family, _, keys, block in found.reachable:
                out += (found, block.attributes, NextHop(block.next_hop), registry.FAMILIES[family].values(keys))
        return out

    def keys() -> list[Any]:
        before = gc.get_threshold()
        gc.set_threshold(*GC_THRESHOLDS)  # this is the daemon's work, and so it has set the collector
        try:
            framer, blocks = Framer(), BlockCache()
            bodies = [body for at in range(0, len(stream), READ) for _, body in framer.feed(stream[at : at + READ])]
            return [update.decode(body, context, blocks) for body in bodies]
        finally:
            gc.set_threshold(*before)

    def encoded() -> list[bytes]:
        return [encode(each, context) for each in decoded]

    def encoded_from_objects() -> list[bytes]:
        out = []
        for each, parts in built:
            reachable = [
                part._replace(block=Block.build(attributes, part.block.next_hop)) for part, attributes in parts
            ]
            out.append(encode(each._replace(reachable=reachable), context))
        return out

    def rows(name: str) -> list[str]:
        with (given.folder / name).open("rb") as file:
            return [line for record in mrt.read(file) for line in mrt.lines(record)]

    def captured() -> list[Any]:
        with (given.folder / material.CAPTURE).open("rb") as file:
            return [
                decode(each.octets, each.context) for each in capture.messages(file) if not isinstance(each, Damage)
            ]

    def prefixes(found: list[Any]) -> int:
        return sum(len(part.keys) for each in found if type(each) is Update for part in each.reachable)

    def values(found: list[Any]) -> int:
        return sum(len(each) for each in found if type(each) is list)

    works = {
        "octets": Work(octets, prefixes, forget),
        "attributes": Work(attributes, prefixes, forget),
        "objects": Work(everything, values, forget),
        "keys": Work(keys, prefixes),
        "table": Work(lambda: rows(material.TABLE), len),
        "updates": Work(lambda: rows(material.UPDATES), len),
        "capture": Work(captured, prefixes, forget),
        "encode": Work(encoded, _same_octets(given)),
        "encode-objects": Work(encoded_from_objects, _same_octets(given)),
    }
    return f"pybgp {__version__}", works


def _same_octets(given: Material) -> Callable[[list[bytes]], int]:
    """The count of what was encoded: only octets that are those of the material count."""
    return lambda found: sum(
        len(material.prefixes(mine)) for mine, wanted in zip(found, given.messages, strict=True) if mine == wanted
    )


def _any_octets(found: list[bytes]) -> int:
    return sum(len(material.prefixes(each)) for each in found)


def exabgp(given: Material) -> Subject:
    """exabgp 5, as its own decoder is set up; it logs nothing."""
    from exabgp.bgp.message import Open
    from exabgp.bgp.message.direction import Direction
    from exabgp.bgp.message.open import ASN, HoldTime, RouterID, Version
    from exabgp.bgp.message.open.capability import Capabilities
    from exabgp.bgp.message.open.capability.negotiated import Negotiated
    from exabgp.bgp.message.update import Update
    from exabgp.bgp.neighbor import Neighbor
    from exabgp.logger import log
    from exabgp.protocol.family import AFI, SAFI
    from exabgp.protocol.ip import IP

    log.silence()
    peer = Neighbor()
    peer["peer-address"], peer["local-address"] = IP.create(material.ADDRESS), IP.create(material.LOCAL_ADDRESS)
    peer["router-id"] = RouterID(material.LOCAL_ADDRESS)
    peer["local-as"], peer["peer-as"] = ASN(material.LOCAL_AS), ASN(material.ASN)
    peer.add_family((AFI.ipv4, SAFI.unicast))
    capabilities = Capabilities().new(peer, False)
    negotiated = Negotiated(peer)
    for say, asn, router in (
        (negotiated.sent, material.LOCAL_AS, material.LOCAL_ADDRESS),
        (negotiated.received, material.ASN, material.ADDRESS),
    ):
        say(Open(Version(4), ASN(asn), HoldTime(180), RouterID(router), capabilities))
    if not negotiated.asn4:
        raise RuntimeError("exabgp: no four-octet AS numbers")
    bodies = [each[19:] for each in given.messages]

    def objects() -> list[Any]:
        return [Update.unpack_message(body, Direction.IN, negotiated) for body in bodies]

    decoded = objects()
    works = {
        "objects": Work(objects, lambda found: sum(len(each.nlris) for each in found)),
        "encode": Work(lambda: [b"".join(each.messages(negotiated)) for each in decoded], _any_octets),
    }
    return f"exabgp {version('exabgp')}", works


def os_ken(given: Material) -> Subject:
    """os-ken, the heir of Ryu."""
    from os_ken.lib.packet import bgp

    def objects() -> list[Any]:
        return [bgp.BGPMessage.parser(each)[0] for each in given.messages]

    decoded = objects()

    def encoded() -> list[bytes]:
        for each in decoded:
            each.len = each.total_path_attribute_len = each.withdrawn_routes_len = None
        return [bytes(each.serialize()) for each in decoded]

    works = {
        "objects": Work(objects, lambda found: sum(len(each.nlri) for each in found)),
        "encode": Work(encoded, _any_octets),
    }
    return f"os-ken {version('os-ken')}", works


def mrtparse(given: Material) -> Subject:
    """mrtparse: a dictionary of text for each record; it prints no lines, as the others do."""
    from mrtparse import Reader

    def read(name: str) -> Callable[[], list[Any]]:
        return lambda: [entry.data for entry in Reader(str(given.folder / name))]

    def routes(found: list[Any]) -> int:
        return sum(len(each.get("rib_entries", ())) for each in found)

    def prefixes(found: list[Any]) -> int:
        return sum(len(each["bgp_message"]["nlri"]) for each in found)

    works = {"table": Work(read(material.TABLE), routes), "updates": Work(read(material.UPDATES), prefixes)}
    return f"mrtparse {version('mrtparse')}", works


def scapy(given: Material) -> Subject:
    """scapy's dissector of captures; it puts no TCP stream together, so the capture is made of whole messages."""
    from scapy.contrib import bgp
    from scapy.utils import rdpcap

    bgp.bgp_module_conf.use_2_bytes_asn = False

    def prefixes(found: Any) -> int:
        return sum(len(update.nlri) for packet in found for update in _layers(packet, bgp.BGPUpdate))

    work = Work(lambda: rdpcap(str(given.folder / material.CAPTURE)), prefixes)
    return f"scapy {version('scapy')}", {"capture": work}


def _layers(packet: Any, kind: type) -> list[Any]:
    """All layers of a kind, from the first to the last."""
    out = []
    while packet:
        if isinstance(packet, kind):
            out.append(packet)
        packet = packet.payload
    return out


SUBJECTS: Final[Mapping[str, Callable[[Material], Subject]]] = {
    "pybgp": pybgp,
    "exabgp": exabgp,
    "os-ken": os_ken,
    "mrtparse": mrtparse,
    "scapy": scapy,
}
