"""May a flow specification be used? By what unicast routing says of its destination (RFC 8955 §6, RFC 9117 §4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from ..addresses import Family, address_text, key_text
from ..messages.attributes.as_path import AsPath, SegmentType
from ..messages.attributes.block import Block
from ..messages.context import PeerKind
from .path import Path

NO_DESTINATION: Final = "it names no destination prefix (RFC 8955 §6 a)"
UNCOUNTED: Final = "the routes inside of its destination are still being looked at (RFC 8955 §6 c)"


def why_not(path: Path, unicast: Family, destination: bytes, best: Path | None, inside: Iterable[int] | None) -> str:
    """Why a flow specification of a peer is not feasible, "" if it is.

    ``best`` is the best match among the unicast routes, ``inside`` are the neighbouring ASes of those that are more
    specific than the destination; None: nobody knows yet. With no best match there is nothing that rule c compares.
    """
    local = is_local(path.received)
    if best is None:
        external = path.source.peer_kind is PeerKind.EXTERNAL
        if local and not external:
            return ""
        return f"no unicast route leads to its destination {key_text(unicast, destination)} (RFC 8955 §6 b)"
    originator, expected = originator_of(path), originator_of(best)
    if not local and originator != expected:
        return (
            f"its originator is {_text(originator)}, that of the unicast route to its destination "
            f"{_text(expected)} (RFC 8955 §6 b, RFC 9117 §4.1)"
        )
    neighbor, wanted = path.received.neighbor_as, best.received.neighbor_as
    if path.source.peer_kind is PeerKind.EXTERNAL and (neighbor != wanted or not neighbor):
        return (
            f"its AS_PATH begins with {_as_text(neighbor)}, that of the unicast route to its destination with "
            f"{_as_text(wanted)} (RFC 9117 §4.2)"
        )
    if inside is None:
        return UNCOUNTED
    others = sorted(each for each in inside if each != wanted)
    if others:
        return (
            f"its destination {key_text(unicast, destination)} has more specific unicast routes of "
            f"{_as_text(others[0])}, not of {_as_text(wanted)} (RFC 8955 §6 c)"
        )
    return ""


def originator_of(path: Path) -> bytes:
    """ORIGINATOR_ID, else the address of the peer; empty for a route of our own."""
    return path.received.originator_id or path.source.address


def is_local(block: Block) -> bool:
    """From the local domain: an empty AS_PATH, or one of AS_CONFED_SEQUENCEs only (RFC 9117 §4.1 b.2)."""
    octets = block.as_path_octets
    return not octets or all(
        segment.kind is SegmentType.AS_CONFED_SEQUENCE for segment in AsPath.decode(octets).segments
    )


def _text(originator: bytes) -> str:
    return address_text(originator) if originator else "this speaker"


def _as_text(asn: int) -> str:
    return f"AS {asn}" if asn else "no AS"
