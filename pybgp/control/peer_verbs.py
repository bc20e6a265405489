"""What may be done with peers by hand, for one, a group, or all: reset, refresh, disable, enable.

The answer says for each peer what was done, or why not. A question about one peer that can't be done is an error; of
several the others are done all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal, get_args

from ..errors import ApiError
from .answers import JsonObject
from .arguments import BadArgument, UnknownPeer
from .asked import Speaker
from .peers import peers

Direction = Literal["in", "out", "both"]
"""Of a refresh: the peer's routes again, ours again, or both."""

Do = Callable[[str], str]
"""Does it with the peer of this name; returns in words what was done."""

_YES: Final = "true"


def reset(
    speaker: Speaker,
    *,
    name: str | None = None,
    group: str | None = None,
    all: str | None = None,
    message: str = "",
) -> JsonObject:
    """End sessions with Cease/4 and begin them again.

    Raises:
        UnknownPeer, BadArgument, ApiError
    """

    def do(peer: str) -> str:
        speaker.reset(peer, message=message)
        return "reset"

    return _each(speaker, name, group, all, do)


def refresh(
    speaker: Speaker,
    *,
    name: str | None = None,
    group: str | None = None,
    all: str | None = None,
    direction: Direction = "in",
) -> JsonObject:
    """Ask for routes again (RFC 2918), tell routes again, or both; sessions stay.

    Raises:
        UnknownPeer, BadArgument, ApiError
    """
    if direction not in get_args(Direction):
        raise BadArgument(f"direction {direction!r}: expected one of {', '.join(get_args(Direction))}")

    def do(peer: str) -> str:
        done = []
        if direction != "out":
            asked = speaker.refresh(peer)
            done.append("asked for its routes" if asked else "no route refresh: import policy runs again")
        if direction != "in":
            speaker.tell_again(peer)
            done.append("told everything again")
        return "; ".join(done)

    return _each(speaker, name, group, all, do)


def disable(
    speaker: Speaker,
    *,
    name: str | None = None,
    group: str | None = None,
    all: str | None = None,
    message: str = "",
) -> JsonObject:
    """End sessions with Cease/2 and keep them down.

    Raises:
        UnknownPeer, BadArgument, ApiError
    """

    def do(peer: str) -> str:
        speaker.disable(peer, message=message)
        return "disabled"

    return _each(speaker, name, group, all, do)


def enable(
    speaker: Speaker, *, name: str | None = None, group: str | None = None, all: str | None = None
) -> JsonObject:
    """Start what was disabled, by hand or by the configuration; let in who is held down.

    Raises:
        UnknownPeer, BadArgument, ApiError
    """

    def do(peer: str) -> str:
        speaker.enable(peer)
        return "enabled"

    try:
        return _each(speaker, name, group, all, do)
    except UnknownPeer as unknown:
        if name is None:
            raise
        try:
            speaker.enable(name)
        except ApiError:
            raise unknown from None
        return {"peer": name, "peers": [{"peer": name, "done": "may come again", "error": None}]}


def _each(speaker: Speaker, name: str | None, group: str | None, all: str | None, do: Do) -> JsonObject:
    names = _names(speaker, name, group, all)
    rows: list[JsonObject] = []
    for peer in names:
        done, error = None, None
        try:
            done = do(peer)
        except ValueError as wrong:
            raise BadArgument(str(wrong)) from None
        except ApiError as refusal:
            if name is not None:
                raise
            error = str(refusal)
        rows.append({"peer": peer, "done": done, "error": error})
    return {"peer": names[0] if name is not None else None, "peers": rows}


def _names(speaker: Speaker, name: str | None, group: str | None, all: str | None) -> list[str]:
    """The peers that are meant.

    Raises:
        UnknownPeer: there is none.
        BadArgument: not exactly one way of naming them.
    """
    if all not in (None, _YES):
        raise BadArgument(f"all {all!r}: expected {_YES!r}")
    if sum(given is not None for given in (name, group, all)) != 1:
        raise BadArgument("expected one of name, group and all")
    found = [row["name"] for row in peers(speaker, name) if group is None or row["group"] == group]
    if not found:
        raise UnknownPeer(f"no peer is in group {group}" if group is not None else "there are no peers")
    return found
