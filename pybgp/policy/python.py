"""A user's function as policy: ``(Route) -> Route | None``, its errors kept from everything else.

The function must be pure: verdicts are remembered, and asked for again when routes are explained.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from ..messages.attributes.block import Block
from ..routes import Accept, KernelHints, Reject, Route, Verdict

_Function = TypeVar("_Function", bound=Callable[..., Any])
_ATTRIBUTE: Final = "reads_prefix"
_NEXT_HOP_SIZES: Final = (0, 4, 16, 32)
_TEXT_LIMIT: Final = 300


def once_per_block(function: _Function) -> _Function:
    """Declare that a policy never looks at the prefix: it is run once for all prefixes with the same attributes.

    The routes it gets have no prefix; asking for it raises LookupError, which rejects the route.
    """
    setattr(function, _ATTRIBUTE, False)
    return function


@dataclass(slots=True)
class PolicyErrors:
    """What a chain's Python policy has raised: ``count`` are the routes rejected for it, ``last`` the latest text."""

    name: str = ""
    count: int = 0
    last: str = ""
    _told: bool = False

    def note(self, name: str, text: str) -> None:
        self.name, self.last = name, text
        self.count += 1

    def take_first(self) -> str:
        """The text of an error if there is one, and "" from then on: for the log, which wants it once."""
        if self._told or not self.count:
            return ""
        self._told = True
        return f"{self.name}: {self.last}"


class PythonPolicy:
    """Decides with a user's function: a Route accepts with that route's attributes, None rejects."""

    __slots__ = ("_allow_hints", "_errors", "_function", "_made", "name", "reads_prefix")

    _LIMIT: Final = 4096

    def __init__(self, name: str, function: Callable[..., Any], errors: PolicyErrors, *, allow_hints: bool) -> None:
        self.name = name
        self.reads_prefix = bool(getattr(function, _ATTRIBUTE, True))
        self._function = function
        self._errors = errors
        self._allow_hints = allow_hints
        self._made: dict[Block, Block] = {}  # equal blocks → one object, which the prefixes then share

    def __call__(self, route: Route) -> Verdict:
        """Never raises: a function that does rejects the route, and is counted."""
        try:
            answer = self._function(route)
        except Exception as problem:
            return self._failed(_described(problem))
        if answer is None:
            return Reject(f"policy {self.name}: returned None")
        flaw = _flaw(answer)
        if flaw:
            return self._failed(flaw)
        block = answer.block
        if block is not route.block:
            block = self._shared(route.block if block == route.block else block)
        return Accept(block, answer.hints if self._allow_hints else None, answer.explicit)

    def _shared(self, block: Block) -> Block:
        if len(self._made) >= self._LIMIT:
            self._made.clear()
        return self._made.setdefault(block, block)

    def _failed(self, text: str) -> Reject:
        self._errors.note(self.name, text)
        return Reject(f"policy {self.name} failed: {text}")


def function_name(function: Callable[..., Any]) -> str:
    """``module:function``, as in a configuration file."""
    name = getattr(function, "__qualname__", None) or type(function).__qualname__
    return f"{getattr(function, '__module__', None) or '?'}:{name}"


def _flaw(answer: object) -> str:
    """What is wrong with what a policy returned, "" if nothing is."""
    if not isinstance(answer, Route):
        return f"returned {type(answer).__name__}, expected a Route or None"
    if not isinstance(answer.block, Block) or len(answer.block.next_hop) not in _NEXT_HOP_SIZES:
        return "returned a Route whose block is none"
    if not isinstance(answer.hints, KernelHints | None):
        return f"returned a Route with hints of type {type(answer.hints).__name__}, expected KernelHints"
    return ""


def _described(problem: Exception) -> str:
    """Type, text and place of an exception; the text itself may fail."""
    try:
        text = str(problem)
    except Exception:
        text = "its text can't be read"
    frame = problem.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" (line {frame.tb_lineno} of {frame.tb_frame.f_code.co_filename})" if frame is not None else ""
    return f"{type(problem).__name__}: {text[:_TEXT_LIMIT]}{place}"
