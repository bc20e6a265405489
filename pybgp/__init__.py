"""pybgp: a BGP-4 speaker and route reflector in pure Python.

The names below are the public interface, together with the packages ``pybgp.messages`` (octets ⇄ values),
``pybgp.speaker`` (the speaker without IO) and ``pybgp.errors``. They are imported when they are used, so
``import pybgp`` costs neither asyncio nor netlink.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .names import from_homes
from .version import __version__

if TYPE_CHECKING:
    from .addresses import Family
    from .config.file import load_config
    from .config.model import FibConfig, NodeConfig, PeerConfig, SpeakerConfig
    from .errors import ApiError, ConfigError, PybgpError
    from .messages import decode, encode
    from .messages.attributes.block import Block
    from .net.speaker import Speaker
    from .net.watch import RouteChange
    from .rib.explanation import Explanation
    from .routes import Route

_HOMES = {
    "ApiError": "errors",
    "Block": "messages.attributes.block",
    "ConfigError": "errors",
    "Explanation": "rib.explanation",
    "Family": "addresses",
    "FibConfig": "config.model",
    "NodeConfig": "config.model",
    "PeerConfig": "config.model",
    "PybgpError": "errors",
    "Route": "routes",
    "RouteChange": "net.watch",
    "Speaker": "net.speaker",
    "SpeakerConfig": "config.model",
    "decode": "messages",
    "encode": "messages",
    "load_config": "config.file",
}

__all__ = [
    "ApiError",
    "Block",
    "ConfigError",
    "Explanation",
    "Family",
    "FibConfig",
    "NodeConfig",
    "PeerConfig",
    "PybgpError",
    "Route",
    "RouteChange",
    "Speaker",
    "SpeakerConfig",
    "__version__",
    "decode",
    "encode",
    "load_config",
]


__getattr__ = from_homes(globals(), _HOMES)


def __dir__() -> list[str]:
    return sorted(__all__)
