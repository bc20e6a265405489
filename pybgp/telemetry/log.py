"""Events as log lines: ``event key=value`` for people, one JSON object a line for machines.

This is the only place that makes them. A line never holds a character that could end it or drive a terminal, whatever
a peer put into its shutdown text (RFC 9003 §4).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum, StrEnum
from typing import Final, Literal, TextIO

from ..addresses import Family
from ..speaker.outputs import Event

Level = Literal["debug", "info", "warn", "error"]
Format = Literal["auto", "text", "json"]
LEVELS: Final[tuple[Level, ...]] = ("debug", "info", "warn", "error")

REPEAT_WINDOW: Final = timedelta(seconds=10)
MAX_REMEMBERED: Final = 1000
"""Different lines whose repeats are counted at a time; the oldest gives way."""

ALWAYS_WRITTEN: Final = frozenset(
    {"state", "session_up", "session_down", "started", "listening", "stopping", "stopped", "reloaded", "reload_failed"}
)
"""Changes and answers to an operator's command: each is news, also the second in ten seconds."""

_COLORS: Final = {"debug": "\x1b[2m", "info": "\x1b[32m", "warn": "\x1b[33m", "error": "\x1b[31m"}
_BOLD: Final = "\x1b[1m"
_RESET: Final = "\x1b[0m"


@dataclass(slots=True)
class _Repeats:
    """What was suppressed since a line was last written."""

    since: datetime
    count: int
    event: Event
    last: datetime


class EventLog:
    """Writes events to a stream, the newest last.

    A warning that says the same as one of the last ten seconds is counted, and written again with ``repeated=N``
    when they are over (at the next event or ``flush``); numbers in it don't make it a different one. A change of its
    peer's state ends the counting, so that the order of causes and effects can be read.
    """

    def __init__(
        self,
        stream: TextIO,
        *,
        wall: Callable[[], datetime],
        level: Level = "info",
        format: Format = "auto",
        color: bool | None = None,
    ) -> None:
        """``wall`` gives the time of a line. ``format`` "auto" is text on a terminal and JSON elsewhere; ``color`` None
        is "on a terminal"."""
        self._stream = stream
        self._wall = wall
        self._remembered: dict[tuple[object, ...], _Repeats] = {}  # oldest first
        self._lost = 0  # lines that the stream did not take
        self._color = color
        self.configure(level=level, format=format)

    def configure(self, *, level: Level, format: Format) -> None:
        """Change what is written and how, from the next line on."""
        terminal = _is_terminal(self._stream)
        self._threshold = LEVELS.index(level)
        json_lines = format == "json" or (format == "auto" and not terminal)
        color = terminal if self._color is None else self._color
        self._render: Callable[[datetime, Event, int], str]
        if json_lines:
            self._render = json_line
        elif color:
            self._render = _colored_line
        else:
            self._render = text_line

    def __call__(self, event: Event) -> None:
        """Write an event, or count it."""
        if LEVELS.index(event.level) < self._threshold:
            return
        now = self._wall()
        self._write_old_repeats(now)
        if event.kind in ALWAYS_WRITTEN:
            self._forget_peer(event.fields.get("peer"))
        elif event.level != "info":
            key = _same(event)
            known = self._remembered.get(key)
            if known is not None:
                known.count += 1
                known.event = event
                known.last = now
                return
            if len(self._remembered) >= MAX_REMEMBERED:
                self._write_repeats(next(iter(self._remembered)))
            self._remembered[key] = _Repeats(now, 0, event, now)
        self._write(self._render(now, event, 0))

    def flush(self) -> None:
        """Write all counts that are due by now; call it every few seconds and with ``close`` at the end."""
        self._write_old_repeats(self._wall())

    def close(self) -> None:
        """Write all counts. The stream stays open."""
        for key in list(self._remembered):
            self._write_repeats(key)

    # -- repeats -------------------------------------------------------------------------------------------------------

    def _write_old_repeats(self, now: datetime) -> None:
        remembered = self._remembered
        while remembered:
            key = next(iter(remembered))
            known = remembered[key]
            if abs(now - known.since) < REPEAT_WINDOW:  # abs: a wall clock may be set back
                return
            self._write_repeats(key)
            if known.count:  # it goes on: a line every ten seconds
                remembered[key] = _Repeats(now, 0, known.event, now)

    def _write_repeats(self, key: tuple[object, ...]) -> None:
        known = self._remembered.pop(key)
        if known.count:
            self._write(self._render(known.last, known.event, known.count))

    def _forget_peer(self, peer: object) -> None:
        for key in [key for key, known in self._remembered.items() if known.event.fields.get("peer") == peer]:
            self._write_repeats(key)

    # -- the stream ----------------------------------------------------------------------------------------------------

    def _write(self, line: str) -> None:
        try:
            if self._lost:
                lost = Event("log_lost", "warn", {"lines": self._lost})
                self._stream.write(self._render(self._wall(), lost, 0) + "\n")
                self._lost = 0
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):  # a full disk or a closed pipe must not stop BGP
            self._lost += 1


def text_line(time: datetime, event: Event, repeated: int = 0) -> str:
    """``2026-01-05T10:12:07.113Z info  session_up peer=192.0.2.2 hold_time_s=90``, without the newline."""
    return " ".join([f"{timestamp(time)} {event.level:<5} {event.kind}", *_pairs(event.fields, repeated)])


def json_line(time: datetime, event: Event, repeated: int = 0) -> str:
    """The same as one JSON object: ``time``, ``level``, ``event``, then the fields under their own names."""
    line: dict[str, object] = {"time": timestamp(time), "level": event.level, "event": event.kind}
    for name, value in event.fields.items():
        line.setdefault(name, json_value(value))
    if repeated:
        line["repeated"] = repeated
    return json.dumps(line)


def _colored_line(time: datetime, event: Event, repeated: int = 0) -> str:
    head = f"{timestamp(time)} {_COLORS[event.level]}{event.level:<5}{_RESET} {_BOLD}{event.kind}{_RESET}"
    return " ".join([head, *_pairs(event.fields, repeated)])


def timestamp(time: datetime) -> str:
    """ISO 8601 in UTC with milliseconds."""
    return time.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


def _pairs(fields: Mapping[str, object], repeated: int) -> list[str]:
    pairs = [f"{name}={text_value(value)}" for name, value in fields.items()]
    if repeated:
        pairs.append(f"repeated={repeated}")
    return pairs


def text_value(value: object) -> str:
    """A field's value; quoted if it has blanks or anything that could be taken for something else."""
    text = _plain(value)
    if text and text.isprintable() and not any(char in ' "=\\' for char in text):
        return text
    escaped = "".join(char if char.isprintable() else _escape(char) for char in text.translate(_QUOTED))
    return f'"{escaped}"'


_QUOTED: Final = str.maketrans({'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"})


def _escape(char: str) -> str:
    number = ord(char)
    return char if char == " " else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


def _plain(value: object) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Enum) and not isinstance(value, StrEnum):
        return value.name
    if isinstance(value, Mapping):
        return ",".join(f"{_plain(key)}:{_plain(item)}" for key, item in value.items())
    if isinstance(value, Family):
        return str(value)
    if isinstance(value, set | frozenset):
        return ",".join(sorted(map(_plain, value)))
    if isinstance(value, list | tuple):
        return ",".join(map(_plain, value))
    return str(value)


def json_value(value: object) -> object:
    """A field's value as JSON has it: numbers stay numbers, lists stay lists, all else is its text."""
    if isinstance(value, Enum) or value is None or isinstance(value, bool | int | str):
        return _plain(value) if isinstance(value, Enum) else value
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Mapping):
        return {_plain(key): json_value(item) for key, item in value.items()}
    if isinstance(value, Family):
        return str(value)
    if isinstance(value, set | frozenset):
        return sorted(map(_plain, value))
    if isinstance(value, list | tuple):
        return [json_value(item) for item in value]
    return _plain(value)


def _same(event: Event) -> tuple[object, ...]:
    """What makes two events the same line: everything but the numbers."""
    words = (_plain(value) for value in event.fields.values() if not _is_number(value))
    return (event.kind, event.level, *words)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool | Enum)


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except ValueError:  # closed
        return False
