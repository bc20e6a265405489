"""A new configuration for a running core: the smallest set of changes, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..config.diff import Changes
from ..config.model import FibConfig, PeerConfig, SpeakerConfig
from ..constants import CeaseSubcode
from ..errors import Cease
from .peers import session_settings
from .programming import Programming
from .rules import Functions, Rules

if TYPE_CHECKING:
    from .core import SpeakerCore


def reconfigure(
    core: SpeakerCore,
    config: SpeakerConfig,
    changes: Changes,
    now: float,
    *,
    fib: FibConfig | None,
    functions: Functions,
    secrets: Mapping[str, str],
) -> None:
    """
    Raises:
        ConfigError: the new policies can't be compiled; nothing has changed.
    """
    rules = Rules(config, functions, fib)
    raise NotImplementedError
