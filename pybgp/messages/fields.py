"""Fields of JSON objects, read with the errors that tell people what was expected: the edge of ``from_json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..addresses import Family


def only(fields: Mapping[str, Any], *names: str) -> None:
    """Check that there are no other fields than these.

    Raises:
        ValueError: there is one; or ``fields`` is no object.
    """
    if not isinstance(fields, Mapping):
        raise ValueError(f"{fields!r}: expected an object with {', '.join(names) or 'nothing'}")
    for name in fields:
        if name not in names:
            raise ValueError(f"{name}: unknown field, expected {', '.join(names) or 'none'}")


def present(fields: Mapping[str, Any], name: str) -> Any:
    """The value of a field that must be there.

    Raises:
        ValueError: it isn't.
    """
    if name not in fields:
        raise ValueError(f"{name}: missing")
    return fields[name]


def text(fields: Mapping[str, Any], name: str) -> str:
    """A field that is text.

    Raises:
        ValueError: it is missing or isn't.
    """
    value = present(fields, name)
    if not isinstance(value, str):
        raise ValueError(f"{name} = {value!r}: expected text")
    return value


def number(fields: Mapping[str, Any], name: str, highest: int) -> int:
    """A field that is a whole number of 0..``highest``.

    Raises:
        ValueError: it is missing or isn't.
    """
    return whole(present(fields, name), highest, name)


def whole(value: Any, highest: int, name: str) -> int:
    """A value that is a whole number of 0..``highest``; ``name`` is what the error calls it.

    Raises:
        ValueError: it isn't.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= highest:
        raise ValueError(f"{name} = {value!r}: expected 0..{highest}")
    return value


def flag(fields: Mapping[str, Any], name: str) -> bool:
    """A field that is true or false; false if it isn't there.

    Raises:
        ValueError: it is something else.
    """
    value = fields.get(name, False)
    if not isinstance(value, bool):
        raise ValueError(f"{name} = {value!r}: expected true or false")
    return value


def family_field(fields: Mapping[str, Any], name: str = "family") -> Family:
    """A field that is an address family: "ipv4-unicast", or "25/70" by its numbers.

    Raises:
        ValueError: it is missing or isn't.
    """
    try:
        return Family.parse(text(fields, name))
    except ValueError as error:
        raise ValueError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None


def array(fields: Mapping[str, Any], name: str) -> list[Any]:
    """A field that is a list.

    Raises:
        ValueError: it is missing or isn't.
    """
    return items(present(fields, name), name)


def items(value: Any, name: str) -> list[Any]:
    """A value that is a list; ``name`` is what the error calls it.

    Raises:
        ValueError: it isn't.
    """
    if not isinstance(value, list | tuple):
        raise ValueError(f"{name} = {value!r}: expected a list")
    return list(value)


def octets(fields: Mapping[str, Any], name: str) -> bytes:
    """A field that is octets in hexadecimal.

    Raises:
        ValueError: it is missing or isn't.
    """
    return from_hex(text(fields, name), name)


def from_hex(value: Any, name: str) -> bytes:
    """Octets of hexadecimal text; ``name`` is what the error calls it.

    Raises:
        ValueError: not hexadecimal text.
    """
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError):
        raise ValueError(f"{name} = {value!r}: expected octets in hexadecimal") from None
