"""Numbers and addresses of text: the edge of every attribute's ``parse`` and ``from_json``."""

from __future__ import annotations

from typing import Any

from ...addresses import address_octets
from ..fields import items


def number(text: str, highest: int, name: str) -> int:
    """A whole number of 0..``highest`` in decimal digits; ``name`` is what the error calls it.

    Raises:
        ValueError: it isn't.
    """
    if text.isascii() and text.isdecimal() and len(text) <= 20 and int(text) <= highest:
        return int(text)
    raise ValueError(f"{name} = {text!r}: expected 0..{highest}")


def numbers(text: str, count: int, highest: int, name: str) -> tuple[int, ...]:
    """``count`` numbers of 0..``highest`` with colons between them: "1:2:3".

    Raises:
        ValueError: it isn't that.
    """
    parts = text.split(":")
    if len(parts) != count:
        raise ValueError(f"{name} = {text!r}: expected {count} numbers with colons between them")
    return tuple(number(part, highest, name) for part in parts)


def address(text: Any, name: str, sizes: tuple[int, ...] = (4,)) -> bytes:
    """An address of one of ``sizes`` octets, no zone; ``name`` is what the error calls it.

    Raises:
        ValueError: it isn't.
    """
    try:
        octets = address_octets(text) if isinstance(text, str) and "%" not in text else b""
    except ValueError:
        octets = b""
    if len(octets) not in sizes:
        kinds = " or ".join("IPv4" if size == 4 else "IPv6" for size in sizes)
        raise ValueError(f"{name} = {text!r}: expected an {kinds} address")
    return octets


def words(text: str, count: int, shape: str) -> list[str]:
    """Exactly ``count`` words; ``shape`` is what the error says was expected: "AS ADDRESS".

    Raises:
        ValueError: it isn't.
    """
    found = text.split()
    if len(found) != count:
        raise ValueError(f"{text!r}: expected {shape}")
    return found


def some_texts(value: Any, name: str) -> list[str]:
    """At least one text; ``name`` is what the error calls the list.

    Raises:
        ValueError: no list, or empty, or something else in it.
    """
    found = items(value, name)
    if not found or not all(isinstance(item, str) for item in found):
        raise ValueError(f"{name}: expected at least one, as text")
    return found
