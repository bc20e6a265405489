"""Values as TOML text, for messages and for the effective configuration. The standard library only reads TOML."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

Path = tuple[str | int, ...]
"""Where a value stands: ``("peers", 2, "hold_time")``."""

_BARE_KEY: Final = re.compile(r"[A-Za-z0-9_-]+")
_MESSAGE_LIMIT: Final = 72


def toml(value: object) -> str:
    """A value on one line: text, numbers, booleans, lists and tables of them; anything else as its text."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if -1 << 63 <= value < 1 << 64 else hex(value)  # Python doesn't write thousands of digits
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, Mapping):
        inside = ", ".join(f"{toml_key(str(name))} = {toml(item)}" for name, item in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml, value))}]"
    return quoted(str(value))


def quoted(text: str) -> str:
    """A basic string. What can't be printed is escaped, so a message is always one line."""
    escaped = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escape(char) for char in escaped)


def _escape(char: str) -> str:
    number = ord(char)
    return f"\\u{number:04X}" if number < 1 << 16 else f"\\U{number:08X}"


def toml_key(name: str) -> str:
    return name if _BARE_KEY.fullmatch(name) else quoted(name)


def path_text(path: Path) -> str:
    """``peers[2].hold_time``, as in messages, the API and JSON."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f"{'.' if text else ''}{toml_key(part)}"
    return text


def shown(value: object) -> str:
    """A value for a message: one line, and not a whole screen of it."""
    text = toml(value)
    return text if len(text) <= _MESSAGE_LIMIT else f"{text[: _MESSAGE_LIMIT - 1]}…"
