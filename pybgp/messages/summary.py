"""A message in one line for people: what it says, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from ..addresses import Family, address_text
from ..constants import HEADER_SIZE, AttributeCode, MessageType, RefreshSubtype
from ..errors import ProtocolError
from . import message, update
from .attributes.base import RawAttribute, walk
from .attributes.mp_reach import MpReach, MpUnreach
from .attributes.registry import known
from .context import Context
from .errors import (
    AttributeProblem,
    InvalidNetworkField,
    MalformedAttributeList,
    OptionalAttributeError,
    attribute_name,
)
from .families.registry import FAMILIES, agreed
from .json_form.attributes import lenient
from .json_form.message import DEFAULT
from .json_form.update import is_foreign
from .notification import Notification
from .open import Open
from .refresh import RouteRefresh
from .update import Update

SHOWN: Final = 10
"""Destinations of one field that are shown; the rest is counted."""
_SHORT_NAMES: Final = {AttributeCode.MULTI_EXIT_DISC.value: "med"}
_MP: Final = (AttributeCode.MP_REACH_NLRI.value, AttributeCode.MP_UNREACH_NLRI.value)


class Summary(NamedTuple):
    """``kind`` is the message's type, "UPDATE"; ``text`` what it says; ``faults`` what is wrong, () if nothing is."""

    kind: str
    text: str
    faults: tuple[str, ...] = ()


def summary(octets: bytes, context: Context = DEFAULT) -> Summary:
    """One whole message, header included; damaged ones as far as they can be read."""
    kind = _kind(octets)
    try:
        found = message.decode(octets, context)
    except ProtocolError as error:
        fault = f"{Notification.from_error(error).name}: {error}"
        text = _update_text(octets[HEADER_SIZE:], context) if kind == "UPDATE" else octets[HEADER_SIZE:].hex()
        return Summary(kind, text, (fault,))
    if isinstance(found, Update):
        faults = tuple(
            f"{each.outcome.name.lower().replace('_', '-')} {each.attribute_name}: {each.why}"
            for each in found.problems
            if not is_foreign(each)
        )
        if found.end_of_rib is not None:
            return Summary(kind, f"end-of-rib {found.end_of_rib}", faults)
        return Summary(kind, _update_text(octets[HEADER_SIZE:], context), faults)
    if isinstance(found, Open):
        return Summary(kind, _open_text(found))
    if isinstance(found, RouteRefresh):
        return Summary(kind, _refresh_text(found))
    return Summary(kind, str(found) if isinstance(found, Notification) else "")


def _kind(octets: bytes) -> str:
    try:
        return MessageType(octets[18]).name.replace("_", "-")
    except (IndexError, ValueError):
        return "UNKNOWN"


def _open_text(found: Open) -> str:
    words = f"as {found.asn}, id {address_text(found.router_id)}, hold time {found.hold_time} s"
    return "; ".join((words, *map(str, found.capabilities)))


def _refresh_text(found: RouteRefresh) -> str:
    try:
        subtype = RefreshSubtype(found.subtype).name.lower()
    except ValueError:
        subtype = f"subtype {found.subtype}"
    return f"{subtype} {found.family}"


def _update_text(body: bytes, context: Context) -> str:
    """What comes with which attributes, and what goes."""
    try:
        withdrawn, attributes, announced = update.split(body)
    except MalformedAttributeList:
        return body.hex()
    announce, withdraw, words = [], [], []
    if announced:
        announce.append(f"announce {_nlri_text(Family.IPV4_UNICAST, announced, context)}")
    if withdrawn:
        withdraw.append(f"withdraw {_nlri_text(Family.IPV4_UNICAST, withdrawn, context)}")
    for raw in _readable(attributes):
        if raw.code not in _MP:
            words.append(_attribute_text(raw, context))
            continue
        text = _multiprotocol_text(raw, context)
        (withdraw if text.startswith("withdraw") else announce).append(text)
    return "; ".join((*announce, *([", ".join(words)] if words else []), *withdraw))


def _readable(attributes: bytes) -> Iterator[RawAttribute]:
    """The attributes up to the first that is cut off."""
    try:
        yield from walk(attributes)
    except MalformedAttributeList:
        return


def attributes_text(field: bytes, context: Context) -> str:
    """The attributes of a route in a table, but for those that have the next hop."""
    without = (*_MP, AttributeCode.NEXT_HOP)
    return ", ".join(_attribute_text(raw, context) for raw in _readable(field) if raw.code not in without)


def _attribute_text(raw: RawAttribute, context: Context) -> str:
    kind = known(raw.code)
    name = attribute_name(raw.code).lower()
    name = f"attribute {name}" if name.isdigit() else _SHORT_NAMES.get(raw.code, name)
    try:
        text = raw.value.hex() if kind is None else str(kind.decode(raw.value, lenient(context)))
    except AttributeProblem:
        text = f"0x{raw.value.hex()}"
    return f"{name} {text or '-'}"


def _multiprotocol_text(raw: RawAttribute, context: Context) -> str:
    try:
        if raw.code == AttributeCode.MP_UNREACH_NLRI:
            gone = MpUnreach.decode(raw.value)
            return f"withdraw {gone.family} {_nlri_text(gone.family, gone.nlri, context)}"
        found = MpReach.decode(raw.value)
    except OptionalAttributeError:
        return f"{attribute_name(raw.code).lower()} 0x{raw.value.hex()}"
    text = f"announce {found.family} {_nlri_text(found.family, found.nlri, context)}"
    return f"{text} next_hop {_next_hop_text(found)}" if found.next_hop else text


def _next_hop_text(found: MpReach) -> str:
    codec = FAMILIES.get(found.family)
    address = found.next_hop if codec is None else codec.next_hop_address(found.next_hop)
    if len(address) in (4, 16):
        return address_text(address)
    if len(address) == 32:
        return f"{address_text(address[:16])} {address_text(address[16:])}"
    return f"0x{found.next_hop.hex()}"


def _nlri_text(family: Family, field: bytes, context: Context) -> str:
    """The first destinations, and how many more there are."""
    codec = agreed(family, context)
    if codec is None:
        return f"0x{field.hex()}"
    words: list[str] = []
    count = 0
    try:
        for identifier, key in codec.walk(field, 4 if family in context.add_path_receive else 0):
            count += 1
            if count <= SHOWN:
                path = f" (path {int.from_bytes(identifier)})" if identifier else ""
                words.append(codec.key_text(key) + path)
    except InvalidNetworkField:
        words.append("…")
    return ", ".join(words) + (f" and {count - SHOWN} more" if count > SHOWN else "")
