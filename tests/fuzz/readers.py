"""More targets: what looks at messages (annotations, JSON, summaries), and the files that hold them (MRT, captures)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from pybgp import capture, mrt
from pybgp.constants import HEADER_SIZE
from pybgp.messages.annotate import annotate, lines
from pybgp.messages.header import message
from pybgp.messages.json_form import from_json, to_json
from pybgp.messages.summary import summary
from tests import rows

from .targets import CONTEXTS, Target, message_seeds

DATA: Final = rows.ROOT / "tests" / "data"
SMALL: Final = 6000
"""Octets of a file that are mutated: the rest of it says the same again."""


def run_looks(octets: bytes) -> str:
    """A message as ``run_message`` takes it: every way to look at it says something, whatever it is."""
    if len(octets) < 2:
        return "nothing"
    context = CONTEXTS[octets[0] % len(CONTEXTS)]
    whole = message(octets[1], octets[2 : 65_538 - HEADER_SIZE])
    note = annotate(whole, context)
    at = 0
    for leaf in note.leaves():
        assert leaf.start == at, "octets without a note, or with two"
        at = leaf.end
    assert at == len(whole), "octets without a note"
    assert all("\x1b" not in line for line in lines(note, whole)), "colour that wasn't asked for"
    fields = to_json(whole, context)
    assert from_json(fields) == whole, "JSON that is another message"
    found = summary(whole, context)
    assert found.text.isprintable(), "a summary that isn't one line"
    flaws = sorted({re.sub(r"[0-9a-f]{3,}|[0-9]+", "#", flaw.why)[:60] for _, flaw in note.flaws})[:2]
    return f"{found.kind} {flaws}"


def run_mrt(octets: bytes) -> str:
    """A file: records and damage, and all of it."""
    return _counted(type(each).__name__ for each in mrt.read(iter([octets])))


def run_bgpdump_lines(octets: bytes) -> str:
    """A file, as the lines of ``bgpdump -m``."""
    records = (each for each in mrt.read(iter([octets])) if not isinstance(each, mrt.Damage))
    return _counted("|".join(line.split("|")[:3:2]) for each in records for line in mrt.lines(each))


def run_capture(octets: bytes) -> str:
    """A capture: messages and damage."""
    return _counted(type(each).__name__ for each in capture.messages(iter([octets])))


def _counted(kinds: Iterator[str]) -> str:
    counts: dict[str, int] = {}
    for kind in kinds:
        counts[kind] = counts.get(kind, 0) + 1
    return " ".join(f"{kind}:{count.bit_length()}" for kind, count in sorted(counts.items()))


def mrt_seeds() -> list[bytes]:
    """The beginnings of dumps of real daemons."""
    return [file.read_bytes()[:SMALL] for file in sorted((DATA / "mrt").glob("*.mrt"))]


def capture_seeds() -> list[bytes]:
    """The beginning of a real capture."""
    return [file.read_bytes()[:SMALL] for file in sorted((DATA / "capture").glob("*.pcap*"))]


READERS: Final = (
    Target("looks", run_looks, message_seeds),
    Target("mrt", run_mrt, mrt_seeds),
    Target("bgpdump-lines", run_bgpdump_lines, mrt_seeds),
    Target("capture", run_capture, capture_seeds),
)
