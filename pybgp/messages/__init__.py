"""Octets ⇄ values, without IO: the messages of BGP-4 (RFC 4271) and what is in them.

``decode`` and ``encode`` are for whole messages; a speaker uses the modules: ``header.Framer`` cuts a stream, ``open``,
``notification`` and ``refresh`` have a class each, ``update`` splits, decodes and packs. The names below are imported
when they are used, so that who needs one module doesn't pay for all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import from_homes

if TYPE_CHECKING:
    from .attributes.block import Block
    from .attributes.cache import BlockCache
    from .context import Context, PeerKind
    from .header import Framer
    from .message import Keepalive, Message, decode, encode
    from .notification import Notification
    from .open import Open
    from .refresh import RouteRefresh
    from .update import Reachable, Update, Withdrawn

_HOMES = {
    "Block": "attributes.block",
    "BlockCache": "attributes.cache",
    "Context": "context",
    "Framer": "header",
    "Keepalive": "message",
    "Message": "message",
    "Notification": "notification",
    "Open": "open",
    "PeerKind": "context",
    "Reachable": "update",
    "RouteRefresh": "refresh",
    "Update": "update",
    "Withdrawn": "update",
    "decode": "message",
    "encode": "message",
}

__all__ = [
    "Block",
    "BlockCache",
    "Context",
    "Framer",
    "Keepalive",
    "Message",
    "Notification",
    "Open",
    "PeerKind",
    "Reachable",
    "RouteRefresh",
    "Update",
    "Withdrawn",
    "decode",
    "encode",
]


__getattr__ = from_homes(globals(), _HOMES)
