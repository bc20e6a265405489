"""One route of our own from words, as a command line or a question on the control socket has them.

Every key of ``[[routes]]`` may be said, and is read, checked and complained of as in a file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError
from .check_node import of_route
from .kinds import ListOf
from .model import RouteConfig
from .problems import At, Problems
from .schema import ROUTE, ROUTE_NEXT_HOP
from .tables import Key


def route_of_words(words: Mapping[str, str]) -> RouteConfig:
    """``{"prefix": "10.0.0.0/8", "med": "5", "communities": "64512:1 64512:2", "next_hops": "192.0.2.9,weight=2"}``

    Items of lists stand apart by spaces or commas; a next hop of several has its weight behind a comma.

    Raises:
        ConfigError: with everything that is wrong, one line for each finding.
    """
    problems = Problems()
    at = At((), problems)
    given: dict[str, object] = {}
    for name, text in words.items():
        key = ROUTE.keys.get(name)
        given[name] = text if key is None else _raw(key, text, at / name)
    route = ROUTE.read(given, at)
    if problems.found:
        raise ConfigError(*(problem.line() for problem in problems))
    assert isinstance(route, RouteConfig)  # nothing was wrong
    wrong = [finding.line() for finding in of_route(route, ()) if not finding.warning]
    if wrong:
        raise ConfigError(*wrong)
    return route


def _raw(key: Key, text: str, at: At) -> object:
    """What a file would have for the text."""
    if not isinstance(key.kind, ListOf):
        return key.kind.from_words(text)
    if key.kind.item is ROUTE_NEXT_HOP:
        return [_next_hop(word, at / index) for index, word in enumerate(text.split())]
    return [key.kind.item.from_words(word) for word in text.replace(",", " ").split()]


def _next_hop(word: str, at: At) -> dict[str, Any]:
    """``192.0.2.9,weight=2``"""
    address, *options = word.split(",")
    found: dict[str, Any] = {"address": address}
    for option in options:
        name, _, text = option.partition("=")
        if name in found:
            (at / name).say("expected only once")
        key = ROUTE_NEXT_HOP.keys.get(name)
        found[name] = text if key is None else key.kind.from_words(text)
    return found
