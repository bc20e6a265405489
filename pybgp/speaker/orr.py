"""The operator's function that gives costs from a client's position (RFC 9107), and what goes wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

MAX_COST: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class CostFunction:
    """Two are equal if the function is the same, so that a reload that doesn't change it changes no update group."""

    function: Callable[..., Any]
    name: str = field(compare=False)
    errors: list[str] = field(default_factory=list, compare=False)
    """The first one."""

    def __call__(self, peer: str, next_hop: str) -> int | None:
        """The cost, None for unreachable. A function that raises, or returns no number, counts as cost 0."""
        try:
            cost = self.function(peer, next_hop)
            if cost is None or (isinstance(cost, int) and 0 <= cost <= MAX_COST):
                return cost
            error = f"returned {cost!r} for {next_hop}: expected 0..{MAX_COST} or None"
        except Exception as problem:  # whatever the operator's function does
            error = f"{type(problem).__name__} for {next_hop}: {problem}"
        if not self.errors:
            self.errors.append(error)
        return 0
