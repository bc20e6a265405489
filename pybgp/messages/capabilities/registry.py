"""The list of capabilities that pybgp can read, and the way between octets and values (RFC 5492 §4)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .add_path import AddPath
from .base import Capability, CapabilityLengthError, KnownCapability
from .enhanced_route_refresh import EnhancedRouteRefresh
from .extended_message import ExtendedMessage
from .extended_next_hop import ExtendedNextHop
from .four_octet_as import FourOctetAs
from .fqdn import Fqdn
from .graceful_restart import GracefulRestart
from .long_lived_graceful_restart import LongLivedGracefulRestart
from .multiprotocol import MultiProtocol
from .role import Role
from .route_refresh import RouteRefresh, RouteRefreshCisco
from .unknown import UnknownCapability

_KNOWN: Final[dict[int, type[KnownCapability]]] = {
    MultiProtocol.code: MultiProtocol,
    RouteRefresh().code: RouteRefresh,
    ExtendedNextHop.code: ExtendedNextHop,
    ExtendedMessage.code: ExtendedMessage,
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
    known = _KNOWN.get(code)
    if known is not None:
        try:
            return known.decode(value)
        except CapabilityLengthError:
            pass
    return UnknownCapability(code, value)


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
