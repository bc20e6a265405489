"""A new configuration for a running core: the smallest set of changes, all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from ..config.model import FibConfig, SpeakerConfig
from .rules import Functions, Rules

if TYPE_CHECKING:
    from ..config.diff import Changes
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
