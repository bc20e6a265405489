"""What the arguments of a question mean, and what is said of those that mean nothing."""

from __future__ import annotations

from typing import Literal, get_args

from ..addresses import Family, prefix_key
from ..config.model import UNICAST
from ..errors import ApiError
from ..messages.families.registry import codec
from ..messages.families.registry import parse_route as parse_known
from .asked import Core

Match = Literal["exact", "longest", "covered"]
"""Which prefixes belong to one: itself, the most specific one that holds it, or itself and all inside."""


class UnknownPeer(ApiError):
    """No peer has this name or address."""


class BadArgument(ApiError):
    """A question that can't be understood."""


class Inside:
    """Whether a key is in a prefix, or is it."""

    __slots__ = ("_last", "_length", "_shift", "_whole")

    def __init__(self, key: bytes) -> None:
        length = self._length = key[0]
        self._whole = key[1 : 1 + length // 8]  # the octets that must be the same
        self._shift = 8 - length % 8
        self._last = key[-1] >> self._shift if length % 8 else None  # and the bits behind them

    def __call__(self, key: bytes) -> bool:
        whole = self._whole
        return (
            key[0] >= self._length
            and key.startswith(whole, 1)
            and (self._last is None or key[1 + len(whole)] >> self._shift == self._last)
        )


def unknown_match(match: object) -> BadArgument:
    return BadArgument(f"match {match!r}: expected one of {', '.join(get_args(Match))}")


def parse_prefix(text: str) -> tuple[Family, bytes]:
    try:
        return prefix_key(text)
    except ValueError as error:
        raise BadArgument(str(error)) from None


def parse_route(core: Core, text: str, family: Family | None = None) -> tuple[Family, bytes]:
    """A route of ``family``, or of any family that the speaker has a table for."""
    try:
        if family is None or family in UNICAST:
            return parse_known(text, core.tables)
        found = codec(family)
        return family, found.identity(found.parse(text)) if found is not None else b""
    except ValueError as error:
        raise BadArgument(str(error)) from None


def parse_family(text: str | None) -> Family | None:
    try:
        return None if text is None else Family.parse(text)
    except ValueError as error:
        raise BadArgument(str(error)) from None
