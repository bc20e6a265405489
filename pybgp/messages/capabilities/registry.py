"""The list of capabilities that pybgp can read, and the way between octets and values (RFC 5492 §4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from ...constants import CapabilityCode
from ..fields import from_hex, only, present, whole
from .add_path import AddPath
from .base import Capability, CapabilityLengthError, KnownCapability
from .enhanced_route_refresh import EnhancedRouteRefresh
from .extended_message import ExtendedMessage
from .extended_next_hop import ExtendedNextHop
from .four_octet_as import FourOctetAs
from .fqdn import Fqdn
from .graceful_restart import GracefulRestart
from .long_lived_graceful_restart import LongLivedGracefulRestart
from .multiple_labels import MultipleLabels
from .multiprotocol import MultiProtocol
from .role import Role
from .route_refresh import RouteRefresh, RouteRefreshCisco
from .unknown import UnknownCapability

KNOWN: Final[dict[int, type[KnownCapability]]] = {
    MultiProtocol.code: MultiProtocol,
    RouteRefresh().code: RouteRefresh,
    ExtendedNextHop.code: ExtendedNextHop,
    ExtendedMessage.code: ExtendedMessage,
    MultipleLabels.code: MultipleLabels,
    Role.code: Role,
    GracefulRestart.code: GracefulRestart,
    FourOctetAs.code: FourOctetAs,
    AddPath.code: AddPath,
    EnhancedRouteRefresh.code: EnhancedRouteRefresh,
    LongLivedGracefulRestart.code: LongLivedGracefulRestart,
    Fqdn.code: Fqdn,
    RouteRefreshCisco().code: RouteRefreshCisco,
}


def decode(code: int, value: bytes) -> Capability:
    """The capability; an ``UnknownCapability`` when the code isn't known or the value has a wrong length.

    A known capability of a wrong length counts as not sent (several RFCs ask for that, none for more).
    """
    known = KNOWN.get(code)
    if known is not None:
        try:
            return known.decode(value)
        except CapabilityLengthError:
            pass
    return UnknownCapability(code, value)


def name(code: int) -> str:
    """A capability by its name ("four-octet-as"), or its number."""
    try:
        return CapabilityCode(code).name.lower().replace("_", "-")
    except ValueError:
        return str(code)


def to_json(code: int, value: bytes) -> dict[str, Any]:
    """A capability's ``code``, ``name`` and ``value``; ``octets`` of one that isn't known or that has more to it.

    ``octets`` are the value as it was sent, in hexadecimal: what is unknown, has a length that it can't have, or has
    octets that the ``value`` doesn't tell (reserved ones that are not 0).
    """
    found = decode(code, value)
    fields: dict[str, Any] = {"code": code, "name": name(code)}
    if isinstance(found, UnknownCapability):
        return fields | found.to_json()
    inside = found.to_json()
    if inside:
        fields["value"] = inside
    try:
        told = from_json(fields).encode()
    except ValueError:  # a SAFI of two octets, which no family has
        return fields | {"octets": value.hex()}
    return fields if told == value else fields | {"octets": value.hex()}


def from_json(fields: Mapping[str, Any]) -> Capability:
    """The capability of what ``to_json`` gave; ``name`` or ``code`` is enough, and ``octets`` overrule ``value``.

    Raises:
        ValueError: a field that is missing, unknown or wrong; the text names it and says what was expected.
    """
    only(fields, "code", "name", "value", "octets")
    code = _code(fields)
    if "octets" in fields:
        return UnknownCapability(code, from_hex(fields["octets"], "octets"))
    kind = KNOWN.get(code)
    if kind is None:
        raise ValueError(f"octets: missing, the capability {name(code)} has no other form")
    try:
        return kind.from_json(fields.get("value", {}))
    except ValueError as error:
        raise ValueError(f"{name(code)}: {error}") from None


def _code(fields: Mapping[str, Any]) -> int:
    """The code by itself or by the name."""
    if "code" in fields:
        return whole(fields["code"], 0xFF, "code")
    word = present(fields, "name")
    for each in CapabilityCode:
        if word == name(each):
            return each.value
    names = ", ".join(name(code) for code in KNOWN)
    raise ValueError(f"name = {word!r}: expected {names}, or a code")


def encode(capabilities: Iterable[Capability]) -> bytes:
    """The capabilities as code, length, value, one behind the other: the value of an optional parameter.

    Raises:
        ValueError: a value of more than 255 octets.
    """
    out = []
    for capability in capabilities:
        value = capability.encode()
        if len(value) > 255:
            raise ValueError(f"{capability} has {len(value)} octets, a capability has room for 255")
        out.append(bytes((capability.code, len(value))) + value)
    return b"".join(out)
