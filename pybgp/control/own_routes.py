"""What an operator announces by hand, and takes back. It lives until then, or until the speaker stops."""

from __future__ import annotations

from typing import Final

from ..addresses import key_text, prefix_key
from ..config.route_words import route_of_words
from ..config.schema import ROUTE
from ..errors import ApiError, ConfigError
from ..rib.local import OWN
from .answers import JsonObject
from .arguments import BadArgument
from .asked import Speaker

ARGUMENTS: Final = tuple(ROUTE.keys)
"""Of ``announce``: the keys of ``[[routes]]``, as text."""


def announce(speaker: Speaker, **words: str) -> JsonObject:
    """Announce a prefix, or change what is announced of it.

    Raises:
        BadArgument: something said is wrong; the message has all that is.
        ApiError: the configuration has the prefix.
    """
    try:
        route = route_of_words(words)
    except ConfigError as error:
        raise BadArgument("; ".join(error.problems)) from None
    _not_configured(speaker, route.prefix)
    speaker.announce_route(route)
    return {**_answer(route.prefix, "announced"), "reason": _why_not_used(speaker, route.prefix)}


def withdraw(speaker: Speaker, *, prefix: str | None = None) -> JsonObject:
    """Take back what ``announce`` or a program has announced.

    Raises:
        BadArgument: not a prefix.
        ApiError: it is not announced, or the configuration has it.
    """
    try:
        route = route_of_words({} if prefix is None else {"prefix": prefix})
    except ConfigError as error:
        raise BadArgument("; ".join(error.problems)) from None
    _not_configured(speaker, route.prefix)
    speaker.withdraw(route.prefix)
    return _answer(route.prefix, "withdrawn")


def _why_not_used(speaker: Speaker, prefix: str) -> str | None:
    family, key = prefix_key(prefix)
    for view in speaker.core.route_views(family, key=key, peer=OWN.name, direction="received"):
        if view.reason:
            return view.reason
        if not view.best:
            return "another route to the prefix is better"
    return None


def _not_configured(speaker: Speaker, prefix: str) -> None:
    """The next reload would undo it."""
    config = speaker.core.config
    lists: tuple[tuple[str, list[str]], ...] = (
        ("routes", [route.prefix for route in config.routes]),
        ("aggregates", [aggregate.prefix for aggregate in config.aggregates]),
    )
    for name, prefixes in lists:
        if prefix in prefixes:
            place = f"{name}[{prefixes.index(prefix)}]"
            raise ApiError(f"{prefix} is in the configuration ({place}): change it there, then reload")


def _answer(prefix: str, done: str) -> JsonObject:
    family, key = prefix_key(prefix)
    return {"prefix": key_text(family, key), "family": str(family), "done": done}
