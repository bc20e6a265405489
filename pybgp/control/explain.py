"""Why a prefix goes where it goes."""

from __future__ import annotations

from .answers import JsonObject, time_text
from .arguments import BadArgument, parse_route
from .asked import Speaker
from .peers import peers


def explain(speaker: Speaker, *, prefix: str | None = None, peer: str | None = None) -> JsonObject:
    """Why a prefix goes where it goes, and who is told of it (``peer``: name or address of the only one to say of).

    Raises:
        UnknownPeer, BadArgument
    """
    if prefix is None:
        raise BadArgument("explain needs a prefix")
    parse_route(speaker.core, prefix)
    name = next(peers(speaker, peer))["name"] if peer is not None else None
    found = speaker.explain(prefix, name).to_json()
    for each in found["candidates"]:
        each["damped_until"] = time_text(speaker, each["damped_until"])
    return found
