"""What ``pybgp decode --json`` prints: an object a message, route or damage (docs/reference/decode.md)."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..addresses import Family, address_text
from ..messages.context import Context
from ..messages.errors import InvalidNetworkField
from ..messages.families.registry import FAMILIES
from ..messages.json_form import SCHEMA, to_json
from ..messages.json_form.attributes import attributes_json
from .decode_sources import Broken, Seen, shown_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .. import mrt


def objects(item: Seen | Broken | mrt.Record) -> Iterator[dict[str, Any]]:
    """The objects for one thing of the input: several for a record with several routes."""
    if isinstance(item, Seen):
        yield message_object(item)
    elif isinstance(item, Broken):
        yield _broken(item)
    else:
        yield from _record(item)


def time_text(seconds: float | None) -> str | None:
    """ISO 8601 in UTC with microseconds; None for none, and for a time that no calendar has."""
    if seconds is None:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
    except (OverflowError, ValueError, OSError):
        return None


def message_object(item: Seen) -> dict[str, Any]:
    """A message's JSON form, with where and when it was seen behind its type."""
    fields = to_json(item.octets, item.context)
    seen = {
        "time": time_text(item.time),
        "from": item.source,
        "from_as": item.source_as,
        "to": item.destination,
        "to_as": item.destination_as,
        "connection": item.connection,
        "offset": item.offset,
    }
    head = {name: fields.pop(name) for name in ("schema", "type")}
    return head | {name: value for name, value in seen.items() if value is not None} | fields


def _head(kind: str, **fields: Any) -> dict[str, Any]:
    return {"schema": SCHEMA, "type": kind, **{name: value for name, value in fields.items() if value is not None}}


def _broken(item: Broken) -> dict[str, Any]:
    ends = {"from": item.source, "to": item.destination}
    return _head("damage", time=time_text(item.time), **ends, offset=item.offset, why=item.why) | (
        {"octets": item.octets.hex()} if item.octets else {}
    )


def _record(record: mrt.Record) -> Iterator[dict[str, Any]]:
    from .. import mrt

    if isinstance(record, mrt.PeerTable):
        head = _head("peer-table", time=time_text(record.seconds))
        peers = [_peer(each) for each in record.peers]
        yield head | {"collector_id": address_text(record.collector_id), "view": record.view, "peers": peers}
    elif isinstance(record, mrt.Rib):
        for entry in record.entries:
            head = _head("route", time=time_text(record.seconds), sequence=record.sequence)
            yield head | _route(record.family, record.key, entry, add_path=record.add_path)
    elif isinstance(record, mrt.TableDump):
        head = _head("route", time=time_text(record.seconds), sequence=record.sequence, view=record.view)
        yield head | _route(record.family, record.key, record.entry, add_path=False)
    elif isinstance(record, mrt.StateChange):
        yield _state_change(record)
    elif isinstance(record, mrt.Unknown):
        head = _head("record", time=time_text(record.seconds))
        yield head | {"mrt_type": record.type, "mrt_subtype": record.subtype, "octets": record.data.hex()}


def _peer(peer: mrt.Peer) -> dict[str, Any]:
    return {"address": shown_address(peer.address), "asn": peer.asn, "router_id": address_text(peer.router_id)}


def _route(family: Family, key: bytes, entry: mrt.RibEntry, *, add_path: bool) -> dict[str, Any]:
    found = entry.attributes
    fields: dict[str, Any] = {
        "peer": _peer(entry.peer),
        "originated": time_text(entry.originated),
        "family": str(family),
        "nlri": ({"path_id": entry.path_id} if add_path else {}) | _nlri(family, key),
    }
    if found.block is not None and found.block.next_hop:
        fields["next_hop"] = address_text(found.block.next_hop)
    fields["attributes"] = _attributes(found.octets)
    if found.problems:
        fields["problems"] = [
            {"outcome": each.outcome.word, "attribute": each.attribute_name, "why": each.why} for each in found.problems
        ]
    return fields


def _nlri(family: Family, key: bytes) -> dict[str, Any]:
    codec = FAMILIES.get(family)
    if codec is not None:
        try:
            return codec.value(key).to_json()
        except InvalidNetworkField:
            pass
    return {"octets": key.hex()}


@lru_cache(maxsize=4096)
def _attributes(octets: bytes) -> list[dict[str, Any]]:
    """Without the multiprotocol ones, which a table shortens: family and next hop are beside them."""
    found, _ = attributes_json(octets, Context())
    return [each for each in found if each.get("name") not in ("MP_REACH_NLRI", "MP_UNREACH_NLRI")]


def _state_change(record: mrt.StateChange) -> dict[str, Any]:
    return _head("state-change", time=time_text(record.seconds + record.microseconds / 1e6)) | {
        "from": shown_address(record.peer_address),
        "from_as": record.peer_as,
        "to": shown_address(record.local_address),
        "to_as": record.local_as,
        "old_state": state_name(record.old_state),
        "new_state": state_name(record.new_state),
    }


def state_name(number: int) -> str | int:
    """ "established"; the number of a state that there isn't."""
    from .. import mrt

    try:
        return mrt.FsmState(number).name.lower().replace("_", "-")
    except ValueError:
        return number
