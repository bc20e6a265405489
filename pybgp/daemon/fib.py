"""The kernel as the daemon's FIB: how it is made, how it is heard, what a reload can't change about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ..addresses import Family
from ..config.model import FibConfig
from ..errors import ConfigError
from ..speaker.fib import Fib
from ..speaker.outputs import Event
from ..telemetry.log import Level

_FIXED_FIB_KEYS: Final = ("protocol", "table", "metric", "state_file")

_FIB_LEVELS: Final[Mapping[str, Level]] = {
    "fib_started": "info",
    "fib_accepted": "info",
    "fib_link_down": "info",
    "fib_state_error": "error",
    "fib_error": "error",
}
"""All else that a FIB says is a warning."""


def make_fib(config: FibConfig | None, log: Callable[[Event], None]) -> Fib | None:
    """The kernel's table, or None where the configuration has no ``[fib]``."""
    if config is None:
        return None
    from ..fib.kernel import KernelFib

    def on_log(kind: str, details: Mapping[str, Any]) -> None:
        log(Event(kind, _FIB_LEVELS.get(kind, "warn"), details))

    return KernelFib(config, families=(Family.IPV4_UNICAST, Family.IPV6_UNICAST), on_log=on_log)


def refuse_fixed(name: str, old: FibConfig | None, new: FibConfig | None) -> None:
    """What a running FIB can't follow.

    Raises:
        ConfigError: one line a key.
    """
    if (old is None) != (new is None):
        raise ConfigError(f"{name}: fib: can't be added or removed while the speaker runs; restart it")
    if old is None or new is None:
        return
    problems = [
        f"{name}: fib.{key} = {getattr(new, key)!r}: can't change while the speaker runs (is "
        f"{getattr(old, key)!r}); restart it"
        for key in _FIXED_FIB_KEYS
        if getattr(old, key) != getattr(new, key)
    ]
    if problems:
        raise ConfigError(*problems)
