"""Capabilities: what a speaker can do beyond RFC 4271, one file each; ``registry`` lists them (RFC 5492)."""

from .add_path import AddPath, AddPathMode
from .base import Capability
from .enhanced_route_refresh import EnhancedRouteRefresh
from .extended_message import ExtendedMessage
from .extended_next_hop import ExtendedNextHop
from .four_octet_as import FourOctetAs
from .fqdn import Fqdn
from .graceful_restart import GracefulRestart
from .long_lived_graceful_restart import LongLivedGracefulRestart
from .multiple_labels import MultipleLabels
from .multiprotocol import MultiProtocol
from .role import BgpRole, Role
from .route_refresh import RouteRefresh, RouteRefreshCisco
from .unknown import UnknownCapability

__all__ = [
    "AddPath",
    "AddPathMode",
    "BgpRole",
    "Capability",
    "EnhancedRouteRefresh",
    "ExtendedMessage",
    "ExtendedNextHop",
    "FourOctetAs",
    "Fqdn",
    "GracefulRestart",
    "LongLivedGracefulRestart",
    "MultiProtocol",
    "MultipleLabels",
    "Role",
    "RouteRefresh",
    "RouteRefreshCisco",
    "UnknownCapability",
]
