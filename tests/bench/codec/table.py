"""The figures as text: the table of docs/performance.md, and what is asked of them."""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import Final, NamedTuple

from .runs import Figures, Rounds

SUBJECT: Final = "pybgp"


class Task(NamedTuple):
    """A row. ``others`` is the work of the other codecs that it stands beside; ``per`` what a figure is for."""

    title: str
    others: str
    per: str


TASKS: Final = {
    "octets": Task("decoded, every octet checked, objects when asked for", "objects", "UPDATE"),
    "attributes": Task("decoded, all attribute objects made", "objects", "UPDATE"),
    "objects": Task("decoded, all attribute and prefix objects made", "objects", "UPDATE"),
    "keys": Task("stream to RIB keys and blocks, attribute sets new", "", "prefix"),
    "encode": Task("encoded", "encode", "UPDATE"),
    "encode-objects": Task("encoded from attribute objects", "encode", "UPDATE"),
    "table": Task("MRT table to rows", "table", "row"),
    "updates": Task("MRT updates to rows", "updates", "row"),
    "capture": Task("capture to messages", "capture", "UPDATE"),
    "import": Task("import alone, Python's own start included", "import", "import"),
    "import-message": Task("import, and one message", "import-message", "import"),
}

WANTED: Final = (
    ("octets", "exabgp", 10.0),
    ("octets", "os-ken", 6.0),
    ("attributes", "exabgp", 8.0),
    ("attributes", "os-ken", 4.0),
    ("encode", "exabgp", 5.0),
    ("encode", "os-ken", 5.0),
    ("table", "mrtparse", 5.0),
    ("updates", "mrtparse", 5.0),
)
"""How many times the others' speed is meant to be reached."""
WANTED_PREFIXES: Final = 400_000
"""Prefixes a second on the way into the RIB."""
WANTED_IMPORT_MS: Final = 60


def table(figures: Figures, command: str, updates: int, rounds: int) -> str:
    """A Markdown table of medians, and how it was made."""
    versions = ", ".join(dict.fromkeys(name for _, name in figures))
    kernel = ".".join(platform.release().split(".")[:2])
    lines = [
        f"Made by `{command}` on {time.strftime('%Y-%m-%d')}: {versions}; Python {platform.python_version()}, "
        f"{updates:,} UPDATEs; {rounds} rounds, in turn; Linux {kernel}, {os.cpu_count()} cores.",
        "",
        "| work | codec | µs of CPU each: median (min - max) | its time / pybgp's |",
        "|---|---|---|---|",
    ]
    for key, task in TASKS.items():
        own = _own(figures, key)
        beside = [(name, each) for (done, name), each in figures.items() if done == task.others and not _is_own(name)]
        title = f"{task.title} (for each {task.per})"
        for name, each in ([(SUBJECT, own)] if own else []) + beside:
            ratio = f"{_ratio(each, own):.2f}" if own else "-"
            lines.append(f"| {title} | {name.split()[0]} | {_cells(each, _count(figures, key, updates))} | {ratio} |")
            title = ""
    return "\n".join(lines)


def verdicts(figures: Figures) -> list[str]:
    """What was wanted, and what came out."""
    out = []
    for key, other, wanted in WANTED:
        own = _own(figures, key)
        found = [
            each
            for (task, name), each in figures.items()
            if task == TASKS[key].others and name.split()[0] == other and own
        ]
        if own and found:
            ratio = _ratio(found[0], own)
            out.append(_verdict(f"{TASKS[key].title}: {ratio:.1f} times {other}", wanted, ratio >= wanted))
    keys, imported = _own(figures, "keys"), _own(figures, "import")
    if keys:
        speed = keys.found / statistics.median(keys.seconds)
        text = f"{TASKS['keys'].title}: {speed:,.0f} prefixes/s"
        out.append(_verdict(text, WANTED_PREFIXES, speed >= WANTED_PREFIXES))
    if imported:
        took = statistics.median(imported.seconds) * 1000
        out.append(_verdict(f"{TASKS['import'].title}: {took:.0f} ms", WANTED_IMPORT_MS, took < WANTED_IMPORT_MS))
    return out


def _verdict(text: str, wanted: float, reached: bool) -> str:
    return f"{'reached' if reached else 'MISSED '}  {text} (wanted: {wanted:,.0f})"


def _is_own(name: str) -> bool:
    return name.split()[0] == SUBJECT


def _own(figures: Figures, task: str) -> Rounds | None:
    return next((each for (done, name), each in figures.items() if done == task and _is_own(name)), None)


def _ratio(other: Rounds, own: Rounds) -> float:
    return statistics.median(other.seconds) / statistics.median(own.seconds)


def _count(figures: Figures, task: str, updates: int) -> int:
    """How many of what the row is for there are; rows and prefixes are as many as somebody found."""
    per = TASKS[task].per
    if per == "import":
        return 1
    if per == "UPDATE":
        return updates
    return max((each.found for (done, _), each in figures.items() if done == task), default=0) or updates


def _cells(rounds: Rounds, count: int) -> str:
    each = [seconds / count * 1e6 for seconds in rounds.seconds]
    return f"{_digits(statistics.median(each))} ({_digits(min(each))} - {_digits(max(each))})"


def _digits(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"
