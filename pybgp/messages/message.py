"""Any whole message, header included: octets ⇄ values, for programs; a speaker uses the single messages' modules."""

from __future__ import annotations

from dataclasses import dataclass
from struct import Struct
from typing import TYPE_CHECKING, Final, TypeAlias

from ..constants import HEADER_SIZE, MARKER, MessageType
from ..errors import BadMessageLength
from . import update
from .attributes.cache import BlockCache
from .context import Context
from .header import KEEPALIVE, Framer
from .update import Update

if TYPE_CHECKING:
    from .notification import Notification
    from .open import Open
    from .refresh import RouteRefresh


@dataclass(frozen=True, slots=True)
class Keepalive:
    """A KEEPALIVE; it says nothing but that the peer lives (RFC 4271 §4.4)."""

    def encode(self) -> bytes:
        """The whole message, 19 octets."""
        return KEEPALIVE


Message: TypeAlias = "Open | Update | Notification | Keepalive | RouteRefresh"
DEFAULT: Final = Context()
"""An internal session with four-octet AS numbers and IPv4 unicast."""
_HEADER: Final = Struct("!16sHB").unpack_from
_SHORTEST_UPDATE: Final = 23
_UPDATE: Final = MessageType.UPDATE.value
_blocks: Final = BlockCache()


def decode(message: bytes, context: Context = DEFAULT) -> Message:
    """Read one whole message, header included.

    ``context`` says how to read an UPDATE: size of AS numbers, families, path identifiers, internal or external peer.

    Raises:
        ProtocolError: what is wrong, with the code, subcode and data of the NOTIFICATION that tells the peer.
    """
    # HOT: an UPDATE that is what its header says doesn't take the way of a stream, which costs 1 µs.
    size = len(message)
    if _SHORTEST_UPDATE <= size <= context.max_receive:
        marker, length, kind = _HEADER(message)
        if kind == _UPDATE and length == size and marker == MARKER:
            return update.decode(message[HEADER_SIZE:], context, _blocks)
    return _decode(message, context)


def _decode(message: bytes, context: Context) -> Message:
    framer = Framer(context.max_receive)
    found = framer.feed(message)
    if framer.error is not None:
        raise framer.error
    if len(found) != 1 or HEADER_SIZE + len(found[0][1]) != len(message):
        raise BadMessageLength(f"{len(message)} octets, expected exactly one message", data=message[16:18])
    kind, body = found[0]
    if kind == MessageType.UPDATE:
        return update.decode(body, context, _blocks)
    if kind == MessageType.OPEN:
        from .open import Open  # imported when one comes, as the others: most programs wait for UPDATEs

        return Open.decode(body)
    if kind == MessageType.NOTIFICATION:
        from .notification import Notification

        return Notification.decode(body)
    if kind == MessageType.ROUTE_REFRESH:
        from .refresh import RouteRefresh

        return RouteRefresh.decode(body)
    return Keepalive()


def encode(message: Message, context: Context = DEFAULT) -> bytes:
    """The octets of a message, header included.

    An ``Update`` becomes as many UPDATEs as it takes: withdrawn and reachable prefixes are never mixed, and none is
    longer than ``context.max_send``.

    Raises:
        AttributesTooLong: attributes that leave no room for a prefix.
    """
    if not isinstance(message, Update):
        return message.encode()
    out = []
    for family, path_id, keys in message.withdrawn:
        identifier = path_id if family in context.add_path_send else None
        out += update.withdraw(family, keys, path_id=identifier, limit=context.max_send)
    for family, path_id, keys, block in message.reachable:
        identifier = path_id if family in context.add_path_send else None
        octets = block.octets if context.four_octet_as else update.to_two_octet(block.octets)
        attributes = update.wire_attributes(family, octets, block.next_hop, update.next_hop_offset(octets))
        out += update.announce(family, attributes, block.next_hop, keys, path_id=identifier, limit=context.max_send)
    if message.end_of_rib is not None:
        out.append(update.end_of_rib(message.end_of_rib))
    return b"".join(out)
