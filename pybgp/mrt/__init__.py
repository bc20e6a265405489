"""MRT files: table dumps and logs of messages, as collectors and daemons write them (RFC 6396, RFC 8050).

``read`` makes values of a file, ``write`` a file of values, ``lines`` the text of ``bgpdump -m``. The names below are
imported when they are used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..names import from_homes

if TYPE_CHECKING:
    from .attributes import route_attributes
    from .kinds import FsmState
    from .reader import read
    from .records import (
        Damage,
        Message,
        Peer,
        PeerTable,
        Record,
        Rib,
        RibEntry,
        RouteAttributes,
        StateChange,
        TableDump,
        Unknown,
    )
    from .text import lines
    from .writer import Writer, write

_HOMES = {
    "Damage": "records",
    "FsmState": "kinds",
    "Message": "records",
    "Peer": "records",
    "PeerTable": "records",
    "Record": "records",
    "Rib": "records",
    "RibEntry": "records",
    "RouteAttributes": "records",
    "StateChange": "records",
    "TableDump": "records",
    "Unknown": "records",
    "Writer": "writer",
    "lines": "text",
    "read": "reader",
    "route_attributes": "attributes",
    "write": "writer",
}

__all__ = [
    "Damage",
    "FsmState",
    "Message",
    "Peer",
    "PeerTable",
    "Record",
    "Rib",
    "RibEntry",
    "RouteAttributes",
    "StateChange",
    "TableDump",
    "Unknown",
    "Writer",
    "lines",
    "read",
    "route_attributes",
    "write",
]


__getattr__ = from_homes(globals(), _HOMES)
