"""Checks and changes of received routes that a peer has only where it is configured so; policies come after them.

Each is made once for a peer and called once for a block, so that a peer without them pays nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ..constants import AttributeCode, Community
from ..messages.attributes.as_path import CONFED, AsPath
from ..messages.attributes.block import Block
from ..messages.attributes.communities import Communities
from ..messages.attributes.community_pattern import count
from ..messages.attributes.edit import prepended
from ..messages.attributes.local_pref import LocalPref
from ..routes import Source

Check = Callable[[Block, Source], str | None]
"""Why a received block can't be used, None if it can."""
Change = Callable[[Block, Source], Block]
"""What policy gets in the place of a received block, or what becomes of the block that policy has accepted."""

_COMMUNITIES_BIT: Final = 1 << AttributeCode.COMMUNITIES
_GRACEFUL_SHUTDOWN: Final = Community.GRACEFUL_SHUTDOWN.to_bytes(4)
BLACKHOLE: Final = Community.BLACKHOLE.to_bytes(4)


def own_as(asn: int, times: int) -> Check:
    """Another of our AS numbers more often than ``times`` (RFC 4271 §9.1.2)."""
    reason = f"our own AS {asn} is in its AS_PATH (RFC 4271 §9.1.2)"
    return lambda block, source: reason if block.contains_as(asn) > times else None


def confederation(member_as: int, identifier: int, times: int) -> Check:
    """Our member AS in confederation segments, or the whole confederation's number in others (RFC 5065 §4)."""
    looked_for = member_as.to_bytes(4), identifier.to_bytes(4)

    def check(block: Block, source: Source) -> str | None:
        path = block.as_path_octets
        if looked_for[0] not in path and looked_for[1] not in path:
            return None
        inside = outside = 0
        for segment in AsPath.decode(path).segments:
            if segment.kind in CONFED:
                inside += segment.asns.count(member_as)
            else:
                outside += segment.asns.count(identifier)
        if inside > times:
            return f"our own member AS {member_as} is in its AS_PATH (RFC 5065 §4)"
        if outside > times:
            return f"our own confederation, AS {identifier}, is in its AS_PATH (RFC 5065 §4)"
        return None

    return check


def first_member(block: Block, source: Source) -> str | None:
    """Another first AS than that of the peer, which is in another member AS; the codec has seen the segment's kind."""
    if block.as_path_octets[2:6] == source.remote_as.to_bytes(4):
        return None
    return f"its AS_PATH does not begin with member AS {source.remote_as}, the peer's (RFC 5065 §4.1)"


def as_path_length(limit: int) -> Check:
    """More AS numbers than ``limit``, counted as the decision does: a set is one (RFC 4271 §9.1.2.2 a)."""

    def check(block: Block, source: Source) -> str | None:
        length = block.path_length
        return f"its AS_PATH has {length} AS numbers, max_as_path_length is {limit}" if length > limit else None

    return check


def communities(limit: int) -> Check:
    """More communities of all kinds together than ``limit``."""

    def check(block: Block, source: Source) -> str | None:
        carried = count(block)
        return f"it has {carried} communities, max_communities is {limit}" if carried > limit else None

    return check


def graceful_shutdown(block: Block, source: Source) -> Block:
    """LOCAL_PREF 0 for what a peer is about to take down (RFC 8326 §4.2)."""
    if not block.mask & _COMMUNITIES_BIT or not carries(block, _GRACEFUL_SHUTDOWN):
        return block
    return block.replace(set=(LocalPref(0),))


def going_away(block: Block, source: Source | None = None) -> Block:
    """GRACEFUL_SHUTDOWN and LOCAL_PREF 0, when we are about to go (RFC 8326 §4).

    On what leads through us, and on what external peers send us. An external peer is not sent the second.
    """
    marked = Communities.of((*block.communities, Community.GRACEFUL_SHUTDOWN))
    return block.replace(set=(marked, LocalPref(0)))


def blackhole(block: Block, source: Source) -> Block:
    """NO_EXPORT for what is discarded here, unless it goes no further anyway (RFC 7999 §3.2)."""
    if not carries(block, BLACKHOLE):
        return block
    found = block.communities
    if Community.NO_EXPORT in found or Community.NO_ADVERTISE in found:
        return block
    return block.replace(set=(Communities((*found, Community.NO_EXPORT)),))


def carries(block: Block, community: bytes) -> bool:
    """Is this standard community among the block's? Looked for one by one only if its octets are somewhere in it."""
    # HOT: once a block, for each community that a peer honours.
    if not block.mask & _COMMUNITIES_BIT or community not in block.octets:
        return False
    return int.from_bytes(community) in block.communities


def prepend(asn: int) -> Change:
    """``asn`` in front of the received path, as if the peer had sent the route to that AS (``local_as_mode``)."""
    return lambda block, source: block.replace(set=(prepended(AsPath.decode(block.as_path_octets), (asn,)),))
