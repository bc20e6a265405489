"""Any message: the header, then the body by its type (RFC 4271 §4.1)."""

from __future__ import annotations

from typing import Final

from ...constants import HEADER_SIZE, CeaseSubcode, ErrorCode, MessageType, RefreshSubtype
from ...errors import BadMessageLength, BadMessageType, ConnectionNotSynchronized, HeaderError, RouteRefreshError
from ..context import Context
from ..header import Framer
from ..message import DEFAULT
from ..notification import Notification, error_name
from ..refresh import RouteRefresh
from . import open as open_message
from . import update
from .draft import Draft
from .note import Flaw, Note

_HEADER: Final = "4271 §4.1"


def annotate(message: bytes, context: Context = DEFAULT) -> Note:
    """What each octet of a message means, and where it is wrong.

    ``context`` says how to read an UPDATE. The leaves of the answer have every octet exactly once, whatever the octets
    are; nothing is raised. What is wrong, and what it costs, is what ``messages.decode`` says.
    """
    root = Draft(message, 0, len(message), _name(message))
    error = _header(root, context)
    if error is not None:
        root.rest("not looked at, since the header is wrong")
        return root.finish()
    _body(root, message[18], context)
    return root.finish()


def _name(message: bytes) -> str:
    if len(message) < HEADER_SIZE:
        return "not a whole header"
    try:
        return MessageType(message[18]).name.replace("_", "-")
    except ValueError:
        return f"message of type {message[18]}"


def _header(root: Draft, context: Context) -> HeaderError | None:
    """The header's parts; what is wrong with them."""
    message = root.octets
    marker = root.part(16, "marker", _HEADER)
    length = root.part(2, f"length {root.number(2)} octets", _HEADER)
    kind = root.part(1, f"type {root.number(1)}: {_name(message)}", _HEADER)
    framer = Framer(context.max_receive)
    found = framer.feed(message)
    error = framer.error
    if error is None and (len(found) != 1 or HEADER_SIZE + len(found[0][1]) != len(message)):
        error = BadMessageLength(f"{len(message)} octets, expected exactly one message", data=message[16:18])
    if error is None:
        return None
    spots: dict[type[HeaderError], Draft] = {ConnectionNotSynchronized: marker, BadMessageType: kind}
    spot = spots.get(type(error), length)
    if found:  # the first message is right, but it isn't alone
        root.part(len(found[0][1]), "a whole message, not looked at, since it isn't alone")
        spot = root.rest("octets behind it")
    spot.flawed(Flaw.of_error(error))
    return error


def _body(node: Draft, kind: int, context: Context) -> None:
    if kind == MessageType.UPDATE:
        update.body(node, context)
    elif kind == MessageType.OPEN:
        open_message.body(node)
    elif kind == MessageType.NOTIFICATION:
        node.text = f"NOTIFICATION: {Notification.decode(node.value)}"
        _notification(node)
    elif kind == MessageType.ROUTE_REFRESH:
        _refresh(node)


def _notification(node: Draft, rfc: str = "4271 §4.5") -> None:
    code, subcode = node.value[:2]
    node.part(1, f"error code {code}: {error_name(code, 0)}", rfc)
    node.part(1, f"error subcode {subcode}: {error_name(code, subcode)}", rfc)
    if code == ErrorCode.CEASE and subcode == CeaseSubcode.HARD_RESET and node.left >= 2:
        inner = node.part(node.left, "what the hard reset is for", "8538 §3")
        code, subcode = inner.value[:2]
        inner.part(1, f"error code {code}: {error_name(code, 0)}")
        inner.part(1, f"error subcode {subcode}: {error_name(code, subcode)}")
        node = inner
    text = Notification(code, subcode, node.value).shutdown_text
    if text is not None:
        size = node.number(1)
        node.part(1, f"shutdown communication of {size} octets", "9003 §2")
        node.part(size, f'"{text}"')
    node.rest(f"data {node.value.hex()}", rfc)


def _refresh(node: Draft) -> None:
    """ROUTE-REFRESH."""
    octets = node.value
    try:
        found = RouteRefresh.decode(octets)
    except (BadMessageLength, RouteRefreshError) as error:
        node.part(node.left, "not a ROUTE-REFRESH's 4 octets", "2918 §3").flawed(Flaw.of_error(error))
        return
    node.text = f"ROUTE-REFRESH: {found.family}"
    node.part(2, f"AFI {found.family.afi}", "2918 §3")
    node.part(1, f"subtype {found.subtype}: {_SUBTYPES.get(found.subtype, 'not known, ignored')}", "7313 §3.2")
    node.part(1, f"SAFI {found.family.safi}: {found.family}", "2918 §3")


_SUBTYPES: Final[dict[int, str]] = {
    RefreshSubtype.REQUEST: "a request",
    RefreshSubtype.BEGIN: "the answer begins",
    RefreshSubtype.END: "the answer is complete",
}
