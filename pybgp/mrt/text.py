"""The lines that ``bgpdump -m`` 1.6.2 prints of an MRT file, which many scripts know.

It has lines for IPv4 and IPv6 routes in tables, for prefixes announced and withdrawn in UPDATEs, and for changes of
state; nothing for other families and other messages. A field that has nothing in it is empty; "|" ends a line with a
route. The attributes are taken as they stand in the file, good or bad.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from struct import unpack_from
from typing import Final, NamedTuple

from ..addresses import Family
from ..constants import AS_TRANS, HEADER_SIZE, AttributeCode, Community, MessageType
from ..messages.attributes.base import EXTENDED_LENGTH
from ..messages.errors import MalformedAttributeList
from ..messages.update import split
from . import usual_text
from .attributes import next_hop_field
from .records import Message, Record, Rib, StateChange, TableDump

_ORIGINS: Final = {0: "IGP", 1: "EGP"}
_COMMUNITY_NAMES: Final = {
    Community.NO_EXPORT.value: "no-export",
    Community.NO_ADVERTISE.value: "no-advertise",
    Community.NO_EXPORT_SUBCONFED.value: "local-AS",
}
_SET, _SEQUENCE, _CONFED_SEQUENCE, _CONFED_SET = 1, 2, 3, 4
_BRACKETS: Final = {_SET: "{}", _CONFED_SEQUENCE: "()", _CONFED_SET: "[]"}
_AGGREGATOR: Final = AttributeCode.AGGREGATOR.value
_AS4_AGGREGATOR: Final = AttributeCode.AS4_AGGREGATOR.value
_AS4_PATH: Final = AttributeCode.AS4_PATH.value
_AS_PATH: Final = AttributeCode.AS_PATH.value
_ATOMIC_AGGREGATE: Final = AttributeCode.ATOMIC_AGGREGATE.value
_COMMUNITIES: Final = AttributeCode.COMMUNITIES.value
_LOCAL_PREF: Final = AttributeCode.LOCAL_PREF.value
_MP_REACH_NLRI: Final = AttributeCode.MP_REACH_NLRI.value
_MP_UNREACH_NLRI: Final = AttributeCode.MP_UNREACH_NLRI.value
_MULTI_EXIT_DISC: Final = AttributeCode.MULTI_EXIT_DISC.value
_NEXT_HOP: Final = AttributeCode.NEXT_HOP.value
_ORIGIN: Final = AttributeCode.ORIGIN.value
_UPDATE: Final = MessageType.UPDATE.value
_NO_NEXT_HOP: Final = "255.255.255.255"
_SAFIS: Final = (1, 2, 3)
"""Unicast, multicast, and both, which was a SAFI once."""
_ORDER: Final = tuple((afi, safi) for afi in (1, 2) for safi in _SAFIS)


def lines(record: Record) -> list[str]:
    """What ``bgpdump -m`` prints of a record, without line ends; [] if it prints nothing."""
    if isinstance(record, Rib):
        return _rib_lines(record)
    if isinstance(record, Message):
        return _message_lines(record)
    if isinstance(record, StateChange):
        kind = "BGP4MP_ET" if record.extended else "BGP4MP"
        who = f"{_address(record.peer_address)}|{record.peer_as}"
        return [f"{kind}|{_time(record)}|STATE|{who}|{record.old_state}|{record.new_state}"]
    if isinstance(record, TableDump):
        peer, _, _, attributes = record.entry
        prefix = _prefix(record.family.afi, record.key)
        route = _route(attributes.octets, False)
        return [f"TABLE_DUMP|{record.seconds}|B|{_address(peer.address)}|{peer.asn}|{prefix}|{route}"]
    return []


def _rib_lines(record: Rib) -> list[str]:
    # HOT: once a prefix of a table.
    seconds, _, family, key, add_path, entries = record
    if family not in (Family.IPV4_UNICAST, Family.IPV6_UNICAST):
        return []
    prefix = _prefix(family.afi, key)
    if add_path:
        return [
            f"TABLE_DUMP2_AP|{seconds}|B|{_address(peer.address)}|{peer.asn}|{prefix}|{path_id}"
            f"|{_route(attributes.octets, True)}"
            for peer, _, path_id, attributes in entries
        ]
    return [
        f"TABLE_DUMP2|{seconds}|B|{_address(address)}|{asn}|{prefix}|{_route(attributes.octets, True)}"
        for (_, address, asn), _, _, attributes in entries
    ]


def _message_lines(record: Message) -> list[str]:
    """Withdrawn prefixes before announced ones, those of the classic fields before the others."""
    # HOT: once an UPDATE.
    data = record.data
    if data[HEADER_SIZE - 1] != _UPDATE:
        return []
    try:
        withdrawn, octets, announced = split(data[HEADER_SIZE:])
    except MalformedAttributeList:
        return []
    add_path = record.add_path
    kind = f"BGP4MP{'_ET' * record.extended}{'_LOCAL' * record.local}{'_AP' * add_path}|{_time(record)}"
    peer = f"{_address(record.peer_address)}|{record.peer_as}|"
    out = _rows(f"{kind}|W|{peer}", withdrawn, add_path, "") if withdrawn else []
    text = usual_text.route_text(octets) if record.four_octet_as else None
    if text is None:
        out += _unusual_lines(record, kind, peer, octets, announced)
    elif announced:
        out += _rows(f"{kind}|A|{peer}", announced, add_path, "|" + text)
    return out


def _rows(before: str, field: bytes, add_path: bool, behind: str) -> list[str]:
    """A line for each prefix of a classic field."""
    found = None if add_path else usual_text.rows(before, field, behind)
    return [f"{before}{prefix}{behind}" for prefix in _prefixes(1, field, add_path)] if found is None else found


def _unusual_lines(record: Message, kind: str, peer: str, octets: bytes, announced: bytes) -> Iterator[str]:
    """Those that attributes of any kind have a say in."""
    found = _Attributes.read(octets, record.four_octet_as)
    for afi, safi in _ORDER if found.unreach else ():
        for prefix in _prefixes(afi, found.unreach.get((afi, safi), b""), record.add_path):
            yield f"{kind}|W|{peer}{prefix}"
    if announced:
        yield from _rows(f"{kind}|A|{peer}", announced, record.add_path, "|" + found.text(found.next_hop))
    for afi, safi in _ORDER if found.reach else ():
        next_hop, nlri = found.reach.get((afi, safi), (b"", b""))
        text = found.text(_next_hop(afi, next_hop))
        for prefix in _prefixes(afi, nlri, record.add_path):
            yield f"{kind}|A|{peer}{prefix}|{text}"


def _time(record: Message | StateChange) -> str:
    return f"{record.seconds}.{record.microseconds:06}" if record.extended else str(record.seconds)


# -- attributes --------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1 << 14)
def _route(octets: bytes, four_octet_as: bool) -> str:
    """The end of the line of a route in a table, from the path on."""
    return (usual_text.route_text(octets) if four_octet_as else None) or _unusual_route(octets, four_octet_as)


def _unusual_route(octets: bytes, four_octet_as: bool) -> str:
    found = _Attributes.read(octets, four_octet_as)
    if found.table_next_hop is not None:
        return found.text(_next_hop(2, found.table_next_hop))
    return found.text(found.next_hop)


class _Attributes(NamedTuple):
    """What lines show of attributes."""

    values: dict[int, bytes]
    path: str
    aggregator: str
    reach: dict[tuple[int, int], tuple[bytes, bytes]]
    """(AFI, SAFI) → next hop and NLRI."""
    unreach: dict[tuple[int, int], bytes]
    table_next_hop: bytes | None
    """Of MP_REACH_NLRI in a table."""

    @classmethod
    def read(cls, octets: bytes, four_octet_as: bool) -> _Attributes:
        values = _values(octets)
        width = 4 if four_octet_as else 2
        path, aggregator = _path_and_aggregator(values, width)
        reach = values.get(_MP_REACH_NLRI, b"")
        reaches, table_next_hop = {}, None
        if reach[:1] == b"\0":
            size = reach[3] if len(reach) > 3 else 0
            family = (reach[1], reach[2]) if len(reach) > 3 else (0, 0)
            reaches[family] = (reach[4 : 4 + size], reach[5 + size :])
            table_next_hop = reach[4 : 4 + size] if family == (2, 1) else None
        elif reach:
            table_next_hop = next_hop_field(reach)
        gone = values.get(_MP_UNREACH_NLRI, b"")
        unreaches = {(gone[1], gone[2]): gone[3:]} if len(gone) > 2 and not gone[0] else {}
        return cls(values, path, aggregator, reaches, unreaches, table_next_hop)

    @property
    def next_hop(self) -> str:
        value = self.values.get(_NEXT_HOP)
        return _NO_NEXT_HOP if value is None else _address(value[:4].ljust(4, b"\0"))

    def text(self, next_hop: str) -> str:
        """From the path to the end of the line."""
        values = self.values
        origin = values.get(_ORIGIN, b"")
        return "|".join(
            (
                self.path,
                _ORIGINS.get(origin[0], "INCOMPLETE") if origin else "INCOMPLETE",
                next_hop,
                _number(values.get(_LOCAL_PREF)),
                _number(values.get(_MULTI_EXIT_DISC)),
                _communities(values.get(_COMMUNITIES, b"")),
                "AG" if _ATOMIC_AGGREGATE in values else "NAG",
                self.aggregator,
                "",
            )
        )


def _values(octets: bytes) -> dict[int, bytes]:
    """The first attribute of each type, up to one that is cut off."""
    # HOT: as ``attributes.base.walk``, written out: half of the time of a line with attributes of its own.
    values: dict[int, bytes] = {}
    at, size = 0, len(octets)
    while at + 3 <= size:
        if octets[at] & EXTENDED_LENGTH:
            start = at + 4
            end = start + (octets[at + 2] << 8 | octets[at + 3]) if start <= size else size + 1
        else:
            start = at + 3
            end = start + octets[at + 2]
        if end > size:
            break
        code = octets[at + 1]
        if code not in values:
            values[code] = octets[start:end]
        at = end
    return values


def _number(value: bytes | None) -> str:
    return "0" if value is None else str(int.from_bytes(value[:4]))


@lru_cache(maxsize=1 << 14)
def _communities(value: bytes) -> str:
    numbers = unpack_from(f"!{len(value) // 4}I", value)
    return " ".join([_COMMUNITY_NAMES.get(number) or f"{number >> 16}:{number & 0xFFFF}" for number in numbers])


def _path_and_aggregator(values: dict[int, bytes], width: int) -> tuple[str, str]:
    """Both with their true AS numbers (RFC 6793 §4.2.3)."""
    segments = _segments(values.get(_AS_PATH, b""), width)
    aggregator = _aggregator(values.get(_AGGREGATOR), width)
    if width == 2:
        true_aggregator = _aggregator(values.get(_AS4_AGGREGATOR), 4)
        stale = aggregator is not None and true_aggregator is not None and aggregator[0] != AS_TRANS
        if not stale:
            aggregator = aggregator and (true_aggregator or aggregator)
            true_path = _segments(values.get(_AS4_PATH, b""), 4)
            segments = _merged(segments, true_path)
    path = "!" if segments is None else _path_text(segments)
    return path, "" if aggregator is None else f"{aggregator[0]} {_address(aggregator[1])}"


def _aggregator(value: bytes | None, width: int) -> tuple[int, bytes] | None:
    if value is None or value[width : width + 4] == b"\xff\xff\xff\xff":
        return None
    return int.from_bytes(value[:width]), value[width : width + 4].ljust(4, b"\0")


_Segments = list[tuple[int, tuple[int, ...]]]


def _segments(value: bytes, width: int) -> _Segments | None:
    """(type, AS numbers); None if they don't add up."""
    segments: _Segments = []
    at = 0
    while at < len(value):
        kind, count = value[at], value[at + 1] if at + 1 < len(value) else 0
        end = at + 2 + count * width
        if not _SET <= kind <= _CONFED_SET or end > len(value):
            return None
        segments.append((kind, unpack_from(f"!{count}{'I' if width == 4 else 'H'}", value, at + 2)))
        at = end
    return segments


def _merged(path: _Segments | None, true_path: _Segments | None) -> _Segments | None:
    """The front of ``path``, as much as it is longer, and ``true_path``."""
    if not path or not true_path:
        return path
    keep = _length(path) - _length(true_path)
    if keep < 0:
        return path
    front: _Segments = []
    for kind, asns in path:
        if not keep:
            break
        taken = asns if kind in (_SET, _CONFED_SET) else asns[:keep]
        front.append((kind, taken))
        keep -= 1 if kind in (_SET, _CONFED_SET) else len(taken)
    return front + true_path


def _length(path: _Segments) -> int:
    return sum(1 if kind in (_SET, _CONFED_SET) else len(asns) for kind, asns in path)


def _path_text(segments: _Segments) -> str:
    """Sequences as they are, sets in {}, those of confederations in () and []."""
    words = []
    for kind, asns in segments:
        text = ("," if kind in (_SET, _CONFED_SET) else " ").join(map(str, asns))
        brackets = _BRACKETS.get(kind)
        words.append(f"{brackets[0]}{text}{brackets[1]}" if brackets else text)
    return " ".join(word for word in words if word)


# -- addresses ---------------------------------------------------------------------------------------------------------


def _prefixes(afi: int, field: bytes, add_path: bool) -> Iterator[str]:
    """The prefixes of an NLRI field, with their path identifiers; up to one that is cut off."""
    width = 4 if afi == 1 else 16
    at, id_size = 0, 4 * add_path
    while at + id_size < len(field):
        length_at = at + id_size
        end = length_at + 1 + (field[length_at] + 7 >> 3)
        if end > len(field) or end - length_at - 1 > width:
            return
        text = _prefix(afi, field[length_at:end])
        yield f"{text}|{int.from_bytes(field[at:length_at])}" if add_path else text
        at = end


def _prefix(afi: int, key: bytes) -> str:
    if afi == 1:
        return usual_text.prefix_text(key)
    return f"{_address(key[1:].ljust(16, bytes(1)))}/{key[0]}"


def _next_hop(afi: int, octets: bytes) -> str:
    """Of 32 octets the global address."""
    width = 4 if afi == 1 else 16
    return _address(octets[:width].ljust(width, b"\0"))


@lru_cache(maxsize=1 << 12)
def _address(octets: bytes) -> str:
    """As bgpdump writes it: not quite as RFC 5952 wants it, since a single zero is left out, too."""
    if len(octets) == 4:
        return usual_text.address_text(octets)
    words = [f"{octets[at] << 8 | octets[at + 1]:x}" for at in range(0, 16, 2)]
    start, size = _most_zeros(words)
    if start == 0 and (size == 6 or (size == 5 and words[5] == "ffff")):  # an address of IPv4 in it keeps its dots
        return f"::{'ffff:' * (size == 5)}{_address(octets[12:])}"
    if not size:
        return ":".join(words)
    return f"{':'.join(words[:start])}::{':'.join(words[start + size :])}"


def _most_zeros(words: list[str]) -> tuple[int, int]:
    """Where the longest row of zeros begins, the first of equals, and how long it is."""
    best = start = size = 0
    for at, word in enumerate(words):
        if word != "0":
            size = 0
            continue
        size += 1
        if size > best:
            best, start = size, at + 1 - size
    return start, best
