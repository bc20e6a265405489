"""What an operator announces by hand, and takes back. It lives until then, or until the speaker stops."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ..addresses import Family, prefix_key
from ..config.check_flows import family_of
from ..config.model import RouteConfig
from ..config.route_words import route_of_words
from ..config.schema import ROUTE
from ..errors import ApiError, ConfigError
from ..messages.families.registry import route_text
from ..rib.local import OWN
from ..speaker.originate import own_key
from .answers import JsonObject
from .arguments import BadArgument
from .asked import Speaker

ARGUMENTS: Final = tuple(ROUTE.keys)
"""Of ``announce``: the keys of ``[[routes]]``, as text."""


def announce(speaker: Speaker, **words: str) -> JsonObject:
    """Announce a prefix or a flow specification, or change what is announced of it.

    Raises:
        BadArgument: something said is wrong; the message has all that is.
        ApiError: the configuration has the prefix; no peer has the flow specification's family.
    """
    route = _route_of(words)
    _not_configured(speaker, route)
    speaker.announce_route(route)
    return {**_answer(route, "announced"), "reason": _why_not_used(speaker, route)}


def withdraw(speaker: Speaker, *, prefix: str | None = None, family: str | None = None) -> JsonObject:
    """Take back what ``announce`` or a program has announced.

    Raises:
        BadArgument: neither a prefix nor a flow specification.
        ApiError: it is not announced, or the configuration has it.
    """
    given = {"prefix": prefix, "family": family}
    route = _route_of({name: text for name, text in given.items() if text is not None})
    _not_configured(speaker, route)
    speaker.withdraw(route.prefix, family=_key_of(route)[0] if route.is_flow else None)
    return _answer(route, "withdrawn")


def _route_of(words: Mapping[str, str]) -> RouteConfig:
    try:
        return route_of_words(words)
    except ConfigError as error:
        raise BadArgument("; ".join(error.problems)) from None


def _key_of(route: RouteConfig) -> tuple[Family, bytes]:
    return own_key(route.prefix, family_of(route) if route.is_flow else None)


def _why_not_used(speaker: Speaker, route: RouteConfig) -> str | None:
    family, key = _key_of(route)
    for view in speaker.core.route_views(family, key=key, peer=OWN.name, direction="received"):
        if view.reason:
            return view.reason
        if not view.best:
            return "another route to the prefix is better"
    return None


def _not_configured(speaker: Speaker, route: RouteConfig) -> None:
    """The next reload would undo it."""
    config = speaker.core.config
    key = _key_of(route)
    for name, keys in (
        ("routes", [_key_of(each) for each in config.routes]),
        ("aggregates", [prefix_key(each.prefix) for each in config.aggregates]),
    ):
        if key in keys:
            place = f"{name}[{keys.index(key)}]"
            raise ApiError(f"{route.prefix} is in the configuration ({place}): change it there, then reload")


def _answer(route: RouteConfig, done: str) -> JsonObject:
    family, key = _key_of(route)
    return {"prefix": route_text(family, key), "family": str(family), "done": done}
