"""What stands in an MRT file, as values (RFC 6396, RFC 8050).

``seconds`` of a record are those since 1970; ``microseconds`` are 0 but where the record has some (BGP4MP_ET).
Addresses have 4 or 16 octets.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, NamedTuple

from .. import messages
from ..addresses import Family, address_text
from ..constants import MAX_EXTENDED_MESSAGE
from ..messages import Block, Context
from ..messages.errors import Problem
from ..messages.families.registry import FAMILIES


class Peer(NamedTuple):
    """A peer of the collector, as a table dump has it."""

    router_id: bytes
    address: bytes
    asn: int

    def __str__(self) -> str:
        return f"{address_text(self.address)} AS{self.asn}"


NO_PEER: Final = Peer(bytes(4), bytes(4), 0)
"""Stands for the collector itself where a table has no peer for its own routes: BIRD and FRR add one to the table,
GoBGP writes an index one behind its end."""


_Found = tuple[Block | None, tuple[Problem, ...]]


class RouteAttributes:
    """The attributes of a route in a table, shared by all routes with the same octets.

    ``octets`` are the attributes as they stand in the file. ``block`` is what they say, whatever their flags are; None
    if ``problems`` (RFC 7606) cost the route, or if there are none: so BIRD writes routes that aren't BGP's.
    ``block.next_hop`` may be 0.0.0.0 or ::, as daemons write it for their own routes. Both are found out when somebody
    asks: the lines of ``bgpdump`` don't need them.
    """

    __slots__ = ("_found", "_read", "octets")

    def __init__(self, octets: bytes, block: Block | None, problems: tuple[Problem, ...] = ()) -> None:
        self.octets = octets
        self._found: _Found | None = (block, problems)
        self._read: Callable[[bytes], _Found] | None = None  # what says what there is to find, if it wasn't asked yet

    @classmethod
    def unread(cls, octets: bytes, read: Callable[[bytes], _Found]) -> RouteAttributes:
        """Attributes whose block and problems ``read`` finds in the octets; it raises nothing."""
        made = cls.__new__(cls)
        made.octets = octets
        made._found = None
        made._read = read
        return made

    @property
    def block(self) -> Block | None:
        return self._look()[0]

    @property
    def problems(self) -> tuple[Problem, ...]:
        return self._look()[1]

    def _look(self) -> _Found:
        if self._found is None:
            self._found = self._read(self.octets) if self._read is not None else (None, ())
            self._read = None
        return self._found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, RouteAttributes):
            return NotImplemented
        return self is other or (self.octets == other.octets and self._look() == other._look())

    def __hash__(self) -> int:
        return hash(self.octets)

    def __repr__(self) -> str:
        return f"RouteAttributes(octets={self.octets!r}, block={self.block!r}, problems={self.problems!r})"


class RibEntry(NamedTuple):
    """One route to a destination. ``originated`` is when it came, in seconds since 1970."""

    peer: Peer
    originated: int
    path_id: int
    """0 without ADD-PATH."""
    attributes: RouteAttributes

    @property
    def block(self) -> Block | None:
        """The attributes' block, None if they are too bad for one."""
        return self.attributes.block

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong with the attributes."""
        return self.attributes.problems


@dataclass(frozen=True, slots=True, kw_only=True)
class PeerTable:
    """PEER_INDEX_TABLE: who the routes of the RIB records behind it come from (RFC 6396 §4.3.1)."""

    seconds: int
    collector_id: bytes = bytes(4)
    view: str = ""
    peers: tuple[Peer, ...] = ()


class Rib(NamedTuple):
    """All routes to one destination, the RIB subtypes of TABLE_DUMP_V2 (RFC 6396 §4.3.2 to §4.3.4).

    ``key`` is the destination as everywhere in pybgp: ``pybgp.messages.families`` has its text and value.
    """

    seconds: int
    sequence: int
    family: Family
    key: bytes
    add_path: bool
    """The entries have path identifiers (RFC 8050)."""
    entries: tuple[RibEntry, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TableDump:
    """A route in the old format, TABLE_DUMP (RFC 6396 §4.2); the peer has no BGP Identifier there."""

    seconds: int
    view: int = 0
    sequence: int = 0
    family: Family
    key: bytes
    status: int = 1
    entry: RibEntry


class Message(NamedTuple):
    """A BGP message of one session, BGP4MP_MESSAGE and its like (RFC 6396 §4.4.2, RFC 8050 §3).

    ``data`` is the whole message, header included. ``four_octet_as`` and ``add_path`` say how it is to be read;
    ``local``: it was sent by us, not by the peer.
    """

    seconds: int
    peer_as: int
    local_as: int
    peer_address: bytes
    local_address: bytes
    data: bytes
    microseconds: int = 0
    extended: bool = False
    """BGP4MP_ET: the record has a field for microseconds."""
    interface: int = 0
    four_octet_as: bool = True
    local: bool = False
    add_path: bool = False

    @property
    def context(self) -> Context:
        """How ``data`` is to be read: as an internal peer's, of whom every attribute is taken, in all families."""
        return _CONTEXTS[self.four_octet_as, self.add_path]

    def decode(self, context: Context | None = None) -> messages.Message:
        """The message as ``pybgp.messages.decode`` has it.

        Raises:
            ProtocolError: what is wrong with it.
        """
        return messages.decode(self.data, context or self.context)


@dataclass(frozen=True, slots=True, kw_only=True)
class StateChange:
    """A session went from one state to another, BGP4MP_STATE_CHANGE (RFC 6396 §4.4.1); states as ``FsmState``."""

    seconds: int
    microseconds: int = 0
    extended: bool = False
    peer_as: int
    local_as: int
    peer_address: bytes
    local_address: bytes
    interface: int = 0
    four_octet_as: bool = True
    old_state: int
    new_state: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """A record of a type or subtype that pybgp doesn't read; ``data`` is what stands behind the header."""

    seconds: int
    type: int
    subtype: int
    data: bytes = b""


@dataclass(frozen=True, slots=True)
class Damage:
    """Octets that can't be read, instead of a record.

    ``offset`` is where the bad record begins, counted in the octets of the file, unpacked if it is compressed; ``size``
    is how many octets were passed over.
    """

    offset: int
    size: int
    why: str

    def __str__(self) -> str:
        return f"offset {self.offset}: {self.why} ({self.size} octets passed over)"


Record = PeerTable | Rib | TableDump | Message | StateChange | Unknown


def _context(*, four_octet_as: bool, add_path: bool) -> Context:
    families = frozenset(found.family for found in FAMILIES.values())
    return Context(
        four_octet_as=four_octet_as,
        families=families,
        add_path_receive=families if add_path else frozenset(),
        add_path_send=families if add_path else frozenset(),
        extended_next_hop=families,
        max_receive=MAX_EXTENDED_MESSAGE,
        max_send=MAX_EXTENDED_MESSAGE,
        loopback=True,
    )


_CONTEXTS: Final = {
    (wide, add_path): _context(four_octet_as=wide, add_path=add_path)
    for wide in (False, True)
    for add_path in (False, True)
}
