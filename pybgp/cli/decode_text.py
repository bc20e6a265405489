"""What ``pybgp decode`` prints for people: a line a message, a route of a table, or a damage."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from ..addresses import Family, address_text
from ..messages.context import Context
from ..messages.families.registry import FAMILIES
from ..messages.summary import attributes_text, summary
from .decode_json import state_name, time_text
from .decode_sources import Broken, Seen, shown_address
from .format import printable

if TYPE_CHECKING:
    from .. import mrt

Paint = Callable[[str, str], str]
"""(text, colour) → text with or without the colour."""
GOOD: Final = "cyan"
BAD: Final = "red"


class Line(NamedTuple):
    """What to print, and whether it tells of something wrong."""

    text: str
    damaged: bool = False


def lines(item: Seen | Broken | mrt.Record, paint: Paint) -> Iterator[Line]:
    """The lines for one thing of the input: several for a record with several routes."""
    if isinstance(item, Seen):
        yield _message(item, paint)
    elif isinstance(item, Broken):
        yield Line(broken_text(item, paint), damaged=True)
    else:
        yield from _record(item, paint)


def broken_text(item: Broken, paint: Paint) -> str:
    """What is wrong, where, and the first of the octets."""
    sample = f" [{item.octets.hex()}]" if item.octets else ""
    words = f"DAMAGE octet {item.offset}: {printable(item.why)}{sample}"
    return where_text(item.time, item.source, item.destination) + paint(words, BAD)


def where_text(time: float | None, source: str | None, destination: str | None) -> str:
    shown = time_text(time)
    words = [] if shown is None else [shown]
    if source is not None:
        words.append(f"{source} → {destination}")
    return "".join(f"{word} " for word in words)


def _message(item: Seen, paint: Paint) -> Line:
    found = summary(item.octets, item.context)
    where = where_text(item.time, item.source, item.destination)
    words = where + paint(found.kind, BAD if found.faults else GOOD)
    if found.text:
        words += f" {printable(found.text)}"
    for fault in found.faults:
        at = "" if item.offset is None else f"octet {item.offset}: "
        words += " " + paint(f"[{at}{printable(fault)}]", BAD)
    return Line(words, damaged=bool(found.faults))


def explanation(item: Seen, *, colour: bool) -> Iterator[str]:
    """What each octet of a message means, and an empty line."""
    from ..messages import annotate

    yield from annotate.lines(annotate.annotate(item.octets, item.context), item.octets, colour=colour)
    yield ""


def _record(record: mrt.Record, paint: Paint) -> Iterator[Line]:
    from .. import mrt

    head = where_text(record.seconds, None, None)
    if isinstance(record, mrt.Rib):
        for entry in record.entries:
            path = f" (path {entry.path_id})" if record.add_path else ""
            words = f"{head}{paint('ROUTE', GOOD)} {_route(record.family, record.key, path, entry, paint)}"
            yield Line(words, damaged=bool(entry.problems))
    elif isinstance(record, mrt.TableDump):
        words = f"{head}{paint('ROUTE', GOOD)} {_route(record.family, record.key, '', record.entry, paint)}"
        yield Line(words, damaged=bool(record.entry.problems))
    elif isinstance(record, mrt.PeerTable):
        peers = ", ".join(f"{shown_address(peer.address)} AS{peer.asn}" for peer in record.peers)
        view = f", view {printable(record.view)}" if record.view else ""
        collector = address_text(record.collector_id)
        yield Line(f"{head}{paint('PEERS', GOOD)} of collector {collector}{view}: {peers or 'none'}")
    elif isinstance(record, mrt.StateChange):
        where = where_text(
            record.seconds + record.microseconds / 1e6,
            shown_address(record.peer_address),
            shown_address(record.local_address),
        )
        states = f"{state_name(record.old_state)} → {state_name(record.new_state)}"
        yield Line(f"{where}{paint('STATE', GOOD)} {states}")
    elif isinstance(record, mrt.Unknown):
        kind = f"type {record.type}, subtype {record.subtype}, {len(record.data)} octets"
        yield Line(f"{head}{paint('RECORD', GOOD)} {kind}")


def _route(family: Family, key: bytes, path: str, entry: mrt.RibEntry, paint: Paint) -> str:
    codec = FAMILIES.get(family)
    destination = f"0x{key.hex()}" if codec is None else codec.key_text(key)
    name = "" if family in (Family.IPV4_UNICAST, Family.IPV6_UNICAST) else f"{family} "
    peer = f"{shown_address(entry.peer.address)} AS{entry.peer.asn}"
    words = f"{name}{destination}{path} from {peer}{_attributes(entry.attributes.octets, entry)}"
    for each in entry.attributes.problems:
        words += " " + paint(f"[{each.attribute_name}: {printable(each.why)}]", BAD)
    return words


def _attributes(octets: bytes, entry: mrt.RibEntry) -> str:
    block = entry.block
    next_hop = f" next_hop {address_text(block.next_hop)}" if block is not None and block.next_hop else ""
    return f"{next_hop}; {_attributes_text(octets)}"


@lru_cache(maxsize=4096)
def _attributes_text(octets: bytes) -> str:
    return printable(attributes_text(octets, Context()))
