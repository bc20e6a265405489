"""Values → the octets of an MRT file: TABLE_DUMP_V2, BGP4MP and BGP4MP_ET (RFC 6396, RFC 8050)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from struct import error, pack
from typing import Final

from ..constants import Afi
from .kinds import MESSAGE_SUBTYPES, RIB_FAMILIES, Bgp4mpSubtype, MrtType, TableSubtype
from .records import Message, Peer, PeerTable, Record, Rib, RibEntry, StateChange, Unknown

_IPV6: Final = 1
_WIDE_AS: Final = 2
_RIB_SUBTYPES: Final = {kind: subtype for subtype, kind in RIB_FAMILIES.items()}
_MESSAGE_SUBTYPES: Final = {kind: subtype for subtype, kind in MESSAGE_SUBTYPES.items()}


def write(records: Iterable[Record]) -> Iterator[bytes]:
    """The octets of records, one by one; a ``Rib`` needs a ``PeerTable`` with its peers before it.

    Raises:
        ValueError: as ``Writer.encode``.
    """
    return map(Writer().encode, records)


class Writer:
    """Makes octets of records in the order of a file: it knows the peer table that came last.

    Peers always get four octets for their AS number. A ``TableDump`` is not written: that format is of the past.
    """

    __slots__ = ("_indexes",)

    def __init__(self) -> None:
        self._indexes: dict[Peer, int] = {}

    def encode(self, record: Record) -> bytes:
        """The whole record, header included.

        Raises:
            ValueError: it can't be written: a number or a length that doesn't fit its field, a peer that isn't in
                the last peer table, a ``TableDump``.
        """
        try:
            if isinstance(record, Rib):
                return self._rib(record)
            if isinstance(record, PeerTable):
                return self._peer_table(record)
            if isinstance(record, Message):
                return _bgp4mp(record, _message_subtype(record), record.data)
            if isinstance(record, StateChange):
                wide = record.four_octet_as
                subtype = Bgp4mpSubtype.STATE_CHANGE_AS4 if wide else Bgp4mpSubtype.STATE_CHANGE
                return _bgp4mp(record, subtype, pack("!HH", record.old_state, record.new_state))
            if isinstance(record, Unknown):
                return _whole(record.seconds, record.type, record.subtype, record.data)
        except error as wrong:
            raise ValueError(f"{type(record).__name__}: {wrong}") from None
        raise ValueError(f"{type(record).__name__} can't be written")

    def _peer_table(self, table: PeerTable) -> bytes:
        view = table.view.encode()
        parts = [_sized(table.collector_id, 4), pack("!H", len(view)), view, pack("!H", len(table.peers))]
        for peer in table.peers:
            kind = _WIDE_AS | (_IPV6 if len(peer.address) == 16 else 0)
            address = peer.address if kind & _IPV6 else _sized(peer.address, 4)
            parts.append(pack("!B4s", kind, _sized(peer.router_id, 4)) + address + pack("!I", peer.asn))
        self._indexes = {}
        for index, peer in enumerate(table.peers):
            self._indexes.setdefault(peer, index)
        return _whole(table.seconds, MrtType.TABLE_DUMP_V2, TableSubtype.PEER_INDEX_TABLE, b"".join(parts))

    def _rib(self, rib: Rib) -> bytes:
        """Path identifiers stand in the entries of any family, as GoBGP and OpenBGPD have it (not RFC 8050 §4.2)."""
        subtype = _RIB_SUBTYPES.get((rib.family, rib.add_path))
        if subtype is None:
            subtype = TableSubtype.RIB_GENERIC_ADDPATH if rib.add_path else TableSubtype.RIB_GENERIC
            head = pack("!IHB", rib.sequence, *rib.family)
        else:
            head = pack("!I", rib.sequence)
        parts = [head, rib.key, pack("!H", len(rib.entries))]
        parts += [self._entry(entry, rib.add_path) for entry in rib.entries]
        return _whole(rib.seconds, MrtType.TABLE_DUMP_V2, subtype, b"".join(parts))

    def _entry(self, entry: RibEntry, add_path: bool) -> bytes:
        index = self._indexes.get(entry.peer)
        if index is None:
            raise ValueError(f"{entry.peer} is not in the last peer table")
        octets = entry.attributes.octets
        if add_path:
            return pack("!HIIH", index, entry.originated, entry.path_id, len(octets)) + octets
        return pack("!HIH", index, entry.originated, len(octets)) + octets


def _message_subtype(message: Message) -> int:
    return _MESSAGE_SUBTYPES[message.four_octet_as, message.local, message.add_path]


def _bgp4mp(record: Message | StateChange, subtype: int, rest: bytes) -> bytes:
    width = len(record.peer_address)
    if width not in (4, 16) or len(record.local_address) != width:
        raise ValueError(f"addresses of {width} and {len(record.local_address)} octets, expected both 4 or 16")
    afi = Afi.IPV4 if width == 4 else Afi.IPV6
    form = "!IIHH" if record.four_octet_as else "!HHHH"
    head = pack(form, record.peer_as, record.local_as, record.interface, afi)
    body = b"".join((head, record.peer_address, record.local_address, rest))
    if record.extended:
        return _whole(record.seconds, MrtType.BGP4MP_ET, subtype, pack("!I", record.microseconds) + body)
    return _whole(record.seconds, MrtType.BGP4MP, subtype, body)


def _whole(seconds: int, kind: int, subtype: int, body: bytes) -> bytes:
    """The header in front of the rest (RFC 6396 §2)."""
    return pack("!IHHI", seconds, kind, subtype, len(body)) + body


def _sized(octets: bytes, size: int) -> bytes:
    if len(octets) != size:
        raise ValueError(f"{octets.hex()} has {len(octets)} octets, expected {size}")
    return octets
