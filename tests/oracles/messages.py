"""Whole messages: pybgp's values of them in tshark's fields."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from pybgp.addresses import Family, address_text
from pybgp.constants import HEADER_SIZE, ErrorCode, MessageType
from pybgp.messages import update
from pybgp.messages.capabilities import (
    AddPath,
    Capability,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    MultiProtocol,
)
from pybgp.messages.context import Context
from pybgp.messages.notification import Notification
from pybgp.messages.open import Open
from pybgp.messages.refresh import RouteRefresh

from . import attributes, nlri
from .tshark import Field

_IPV4: Final = Family.IPV4_UNICAST
_MINOR: Final = {
    ErrorCode.MESSAGE_HEADER: "minor_error",
    ErrorCode.OPEN_MESSAGE: "minor_error_open",
    ErrorCode.UPDATE_MESSAGE: "minor_error_update",
    ErrorCode.HOLD_TIMER_EXPIRED: "minor_error_expired",
    ErrorCode.FINITE_STATE_MACHINE: "minor_error_state",
    ErrorCode.CEASE: "minor_error_cease",
}


def fields(octets: bytes, context: Context) -> tuple[Field, ...]:
    """A whole message as tshark shows it; ``context`` is that of the receiver."""
    kind, body = MessageType(octets[18]), octets[HEADER_SIZE:]
    head = (("length", str(len(octets))), ("type", str(int(kind))))
    match kind:
        case MessageType.OPEN:
            return (*head, *_open(Open.decode(body)))
        case MessageType.UPDATE:
            return (*head, *_update(body, context))
        case MessageType.NOTIFICATION:
            return (*head, *_notification(Notification.decode(body)))
        case MessageType.ROUTE_REFRESH:
            return (*head, *_refresh(RouteRefresh.decode(body)))
    return head


def _update(body: bytes, context: Context) -> Iterator[Field]:
    withdrawn, attribute_field, announced = update.split(body)
    yield "update.withdrawn_routes.length", str(len(withdrawn))
    yield from nlri.fields(_IPV4, withdrawn, "withdrawn", context)
    yield "update.path_attributes.length", str(len(attribute_field))
    yield from attributes.fields(attribute_field, context)
    yield from nlri.fields(_IPV4, announced, "nlri", context)


def _notification(found: Notification) -> Iterator[Field]:
    yield "notify.major_error", str(found.code)
    yield f"notify.{_MINOR[ErrorCode(found.code)]}", str(found.subcode)
    if found.shutdown_text is not None:
        yield "notify.communication_length", str(found.data[0])
        yield "notify.communication", found.shutdown_text
    elif found.data:
        yield "notify.minor_data", found.data.hex(":")


def _refresh(found: RouteRefresh) -> Iterator[Field]:
    yield "route_refresh.afi", str(found.family.afi)
    yield "route_refresh.subtype", str(int(found.subtype))
    yield "route_refresh.safi", str(found.family.safi)


# -- OPEN --------------------------------------------------------------------------------------------------------------


def _open(found: Open) -> Iterator[Field]:
    capabilities = sum(2 + len(each.encode()) for each in found.capabilities)
    yield "open.version", str(found.version)
    yield "open.myas", str(found.my_as)
    yield "open.holdtime", str(found.hold_time)
    yield "open.identifier", address_text(found.router_id)
    yield "open.opt.len", str(capabilities + 2 if capabilities else 0)
    if capabilities:
        yield "open.opt.param.type", "2"
        yield "open.opt.param.len", str(capabilities)
    for capability in found.capabilities:
        yield "cap.type", str(capability.code)
        yield "cap.length", str(len(capability.encode()))
        yield from _capability(capability)


def _capability(found: Capability) -> Iterator[Field]:
    match found:
        case MultiProtocol(family):
            yield "cap.mp.afi", str(family.afi)
            yield "cap.reserved", "00"
            yield "cap.mp.safi", str(family.safi)
        case FourOctetAs(asn):
            yield "cap.4as", str(asn)
        case AddPath(entries):
            for family, mode in entries:
                yield "cap.ap.afi", str(family.afi)
                yield "cap.ap.safi", str(family.safi)
                yield "cap.ap.sendreceive", str(int(mode))
        case ExtendedNextHop(entries):
            for family, afi in entries:
                yield "cap.enh.afi", str(family.afi)
                yield "cap.enh.safi", str(family.safi)
                yield "cap.enh.nhafi", str(int(afi))
        case GracefulRestart():
            yield from _graceful_restart(found)
        case Fqdn():
            for name, text in (("hostname", found.host_name), ("domain_name", found.domain_name)):
                yield f"cap.orf.fqdn.{name}.len", str(len(text))
                if text:
                    yield f"cap.orf.fqdn.{name}", text
        case _:
            if found.encode():
                yield "cap.unknown", found.encode().hex(":")


def _graceful_restart(found: GracefulRestart) -> Iterator[Field]:
    flags = found.restarting << 15 | found.notification << 14 | found.reserved << 12
    yield "cap.gr.timers", f"{flags | found.restart_time:#06x}"
    for family, forwarding in found.families:
        yield "cap.gr.afi", str(family.afi)
        yield "cap.gr.safi", str(family.safi)
        yield "cap.gr.flag", f"{forwarding << 7:#04x}"
        yield "cap.gr.flag.pfs", str(int(forwarding))
