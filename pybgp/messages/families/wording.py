"""Values with many fields as text: "mac-ip rd 64512:1 mac 02:00:00:00:00:01 labels 100,200".

A field's name and what is in it take turns, in the order of the JSON form and with its names; the name of a kind, the
field "type", stands alone in front. ``fields_of`` gives the JSON form again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..fields import from_hex, text


def sentence(fields: Mapping[str, Any]) -> str:
    """The text of a JSON form that is made of text, numbers, and lists of numbers."""
    words = []
    for name, value in fields.items():
        words.append("" if name == "type" else f"{name} ")
        words[-1] += ",".join(map(str, value)) if isinstance(value, list) else str(value)
    return " ".join(words)


def fields_of(sentence: str, *lists: str) -> dict[str, Any]:
    """The JSON form of a text; what consists of digits is a number, and the fields ``lists`` are lists of them.

    Raises:
        ValueError: a name without a value, or twice.
    """
    words = sentence.split()
    found: dict[str, Any] = {"type": words.pop(0)} if len(words) % 2 else {}
    for name, word in zip(words[::2], words[1::2], strict=True):
        if name in found:
            raise ValueError(f"{name}: twice")
        found[name] = [_number(part) for part in word.split(",")] if name in lists else _number(word)
    return found


def _number(word: str) -> int | str:
    return int(word) if word.isascii() and word.isdigit() else word


def colons(octets: bytes) -> str:
    """``"02:00:00:00:00:01"``."""
    return octets.hex(":")


def colons_field(fields: Mapping[str, Any], name: str, size: int) -> bytes:
    """A field of ``size`` octets as ``colons`` writes them.

    Raises:
        ValueError: it is missing or isn't.
    """
    found = from_hex(text(fields, name).replace(":", " "), name)
    if len(found) != size:
        raise ValueError(f"{name} = {fields[name]!r}: expected {size} octets with colons between")
    return found
