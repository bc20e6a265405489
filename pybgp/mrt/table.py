"""TABLE_DUMP_V2 and TABLE_DUMP: a whole table at one time (RFC 6396 §4.2, §4.3, RFC 8050 §4)."""

from __future__ import annotations

from struct import Struct, error
from typing import Final

from ..addresses import Family
from ..constants import Afi, Safi
from ..errors import PybgpError
from ..messages.attributes.cache import BlockCache
from ..messages.families.ipv4_unicast import IPV4_UNICAST
from ..messages.families.ipv6_unicast import IPV6_UNICAST
from ..messages.families.registry import FAMILIES
from .attributes import CONTEXT, OLD_CONTEXT, AttributeReader
from .errors import BadRecord
from .kinds import RIB_FAMILIES, TableSubtype
from .records import NO_PEER, Peer, PeerTable, Rib, RibEntry, TableDump

_U16: Final = Struct("!H").unpack_from
_TABLE_HEAD: Final = Struct("!4sH").unpack_from
_RIB_HEAD: Final = Struct("!IB").unpack_from
_GENERIC_HEAD: Final = Struct("!IHB").unpack_from
_ENTRY: Final = Struct("!HIH").unpack_from
_ENTRY_WITH_ID: Final = Struct("!HIIH").unpack_from
_OLD_HEAD: Final = Struct("!HH").unpack_from
_OLD_ROUTE: Final = Struct("!BBI").unpack_from
_tuple: Final = tuple.__new__

_IPV6: Final = 1
_WIDE_AS: Final = 2
_OLD_FAMILIES: Final = {Afi.IPV4.value: (Family.IPV4_UNICAST, 4), Afi.IPV6.value: (Family.IPV6_UNICAST, 16)}

_KINDS: Final = {
    subtype: (family, add_path, 32 if family.afi == Afi.IPV4 else 128)
    for subtype, (family, add_path) in RIB_FAMILIES.items()
}
"""Subtypes of one family → it, whether there are path identifiers, and the longest prefix."""


class TableReader:
    """The records of table dumps; knows the peer table that came last, of which the RIB records speak."""

    __slots__ = ("_attributes", "_old_attributes", "_peers")

    def __init__(self, blocks: BlockCache) -> None:
        self._attributes = AttributeReader(blocks, CONTEXT)
        self._old_attributes = AttributeReader(blocks, OLD_CONTEXT)
        self._peers: tuple[Peer, ...] | None = None

    def read(self, seconds: int, subtype: int, body: bytes) -> PeerTable | Rib | None:
        """A record of TABLE_DUMP_V2; None if the subtype is unknown.

        Raises:
            BadRecord: the body is not what the subtype says.
        """
        kind = _KINDS.get(subtype)
        if kind is not None:
            return self._rib(seconds, *kind, body)
        if subtype == TableSubtype.PEER_INDEX_TABLE:
            table = _peer_table(seconds, body)
            self._peers = (*table.peers, NO_PEER)
            return table
        if subtype == TableSubtype.RIB_GENERIC:
            return self._generic(seconds, body)
        if subtype == TableSubtype.RIB_GENERIC_ADDPATH:
            return self._generic_with_ids(seconds, body)
        return None

    def _rib(self, seconds: int, family: Family, add_path: bool, limit: int, body: bytes) -> Rib:
        """RFC 6396 §4.3.2."""
        # HOT: 1 M of these in a full table.
        if len(body) < 7:
            raise BadRecord(f"RIB of {len(body)} octets, expected at least 7")
        sequence, bits = _RIB_HEAD(body)
        end = 5 + (bits + 7 >> 3)
        key = body[4:end]
        if bits > limit:
            raise BadRecord(f"prefix length {bits}, expected 0..{limit}")
        if bits & 7 and end <= len(body) and key[-1] & 0xFF >> (bits & 7):
            key = (IPV4_UNICAST if limit == 32 else IPV6_UNICAST).split(key)[0]  # host bits mean nothing
        entries = self._entries(body, end, family, add_path)
        return _tuple(Rib, (seconds, sequence, family, key, add_path, entries))

    def _generic_with_ids(self, seconds: int, body: bytes) -> Rib:
        """RIB_GENERIC_ADDPATH as GoBGP and OpenBGPD write it, or else as RFC 8050 §4.2 has it.

        They put a path identifier into each entry, the RFC puts one in front of the NLRI.
        """
        try:
            return self._generic(seconds, body, id_in_entries=True)
        except BadRecord as error:
            try:
                return self._generic(seconds, body, id_size=4)
            except BadRecord:
                raise error from None

    def _generic(self, seconds: int, body: bytes, *, id_in_entries: bool = False, id_size: int = 0) -> Rib:
        """RFC 6396 §4.3.3: any family, said in the record."""
        nlri_at = 7 + id_size
        if len(body) <= nlri_at:
            raise BadRecord(f"RIB_GENERIC of {len(body)} octets, expected at least {nlri_at + 1}")
        sequence, afi, safi = _GENERIC_HEAD(body)
        family = Family(afi, safi)
        end = nlri_at + _nlri_size(family, body[nlri_at : nlri_at + 4])
        key = _generic_key(family, body[nlri_at:end])
        path_id = int.from_bytes(body[7:nlri_at])
        entries = self._entries(body, end, family, id_in_entries, path_id)
        return Rib(seconds, sequence, family, key, id_in_entries or id_size > 0, entries)

    def _entries(self, body: bytes, at: int, family: Family, add_path: bool, path_id: int = 0) -> tuple[RibEntry, ...]:
        """The routes behind a destination; ``at`` is where their count stands (RFC 6396 §4.3.4, RFC 8050 §4).

        ``path_id`` is that of all entries if they have none of their own (not ``add_path``).
        """
        peers, size = self._peers, len(body)
        if peers is None:
            raise BadRecord("a RIB record before any PEER_INDEX_TABLE")
        seen = self._attributes.seen(family)
        entries = []
        try:
            (count,) = _U16(body, at)
            at += 2
            for _ in range(count):
                if add_path:
                    index, originated, path_id, length = _ENTRY_WITH_ID(body, at)
                    at += 12
                else:
                    index, originated, length = _ENTRY(body, at)
                    at += 8
                end = at + length
                entries.append(_tuple(RibEntry, (peers[index], originated, path_id, seen[body[at:end]])))
                at = end
        except error:
            raise BadRecord("a RIB entry runs past the record") from None
        except IndexError:
            raise BadRecord(f"peer {index} of a table of {len(peers) - 1}") from None
        if at != size:
            raise BadRecord(f"RIB entries of {at} octets in a record of {size}")
        return tuple(entries)

    def read_old(self, seconds: int, subtype: int, body: bytes) -> TableDump | None:
        """A record of TABLE_DUMP; None if the subtype is neither of the two address families.

        Raises:
            BadRecord: the body is not a route.
        """
        if subtype not in _OLD_FAMILIES:
            return None
        family, width = _OLD_FAMILIES[subtype]
        route_at = 4 + width
        peer_at = route_at + 6
        end = peer_at + width + 4
        if len(body) < end:
            raise BadRecord(f"TABLE_DUMP of {len(body)} octets, expected at least {end}")
        view, sequence = _OLD_HEAD(body)
        bits, status, originated = _OLD_ROUTE(body, route_at)
        if bits > width * 8:
            raise BadRecord(f"prefix length {bits}, expected 0..{width * 8}")
        codec = IPV4_UNICAST if width == 4 else IPV6_UNICAST
        (key,) = codec.split(bytes((bits,)) + body[4 : 4 + (bits + 7 >> 3)])
        (size,) = _U16(body, end - 2)
        octets = body[end:]
        if len(octets) != size:
            raise BadRecord(f"attributes of {size} octets, {len(octets)} left")
        peer = Peer(bytes(4), body[peer_at : peer_at + width], _U16(body, peer_at + width)[0])
        found = self._old_attributes.seen(family)[octets]
        return TableDump(
            seconds=seconds,
            view=view,
            sequence=sequence,
            family=family,
            key=key,
            status=status,
            entry=RibEntry(peer, originated, 0, found),
        )


def _peer_table(seconds: int, body: bytes) -> PeerTable:
    """RFC 6396 §4.3.1."""
    try:
        collector_id, size = _TABLE_HEAD(body)
        at = 6 + size
        view = body[6:at].decode("utf-8", "backslashreplace")
        (count,) = _U16(body, at)
        at += 2
        peers = []
        for _ in range(count):
            kind = body[at]
            address_at = at + 5
            asn_at = address_at + (16 if kind & _IPV6 else 4)
            end = asn_at + (4 if kind & _WIDE_AS else 2)
            peers.append(Peer(body[at + 1 : address_at], body[address_at:asn_at], int.from_bytes(body[asn_at:end])))
            at = end
    except (error, IndexError):
        raise BadRecord("PEER_INDEX_TABLE runs past the record") from None
    if at != len(body):
        raise BadRecord(f"peers of {at} octets in a PEER_INDEX_TABLE of {len(body)}")
    return PeerTable(seconds=seconds, collector_id=collector_id, view=view, peers=tuple(peers))


def _generic_key(family: Family, nlri: bytes) -> bytes:
    """The one key of a NLRI; as it stands where the family is unknown.

    Raises:
        BadRecord: it isn't one.
    """
    codec = FAMILIES.get(family)
    if codec is None:
        return nlri
    try:
        keys = codec.split(nlri)
    except PybgpError as wrong:
        raise BadRecord(str(wrong)) from None
    if len(keys) != 1:
        raise BadRecord(f"{len(keys)} NLRI in a RIB_GENERIC, expected one")
    return keys[0]


_BY_BITS: Final = frozenset({Safi.UNICAST, Safi.MULTICAST, Safi.LABELED_UNICAST, Safi.MPLS_VPN, Safi.ROUTE_TARGET})


def _nlri_size(family: Family, head: bytes) -> int:
    """Octets of the one NLRI whose first four are ``head``; how that can be told depends on the kind of family.

    Raises:
        BadRecord: it can't.
    """
    first, second, third, fourth = head.ljust(4, b"\0")
    if family.safi in _BY_BITS:
        return 1 + (first + 7 >> 3)
    if family.safi == Safi.EVPN:
        return 2 + second
    if family.safi in (Safi.FLOWSPEC, Safi.FLOWSPEC_VPN):
        return 1 + first if first < 0xF0 else 2 + ((first & 0xF) << 8 | second)
    if family.safi == Safi.VPLS:
        return 2 + (first << 8 | second)
    if family.safi in (Safi.LINK_STATE, Safi.LINK_STATE_VPN):
        return 4 + (third << 8 | fourth)
    raise BadRecord(f"RIB_GENERIC of family {family}, which isn't known")
