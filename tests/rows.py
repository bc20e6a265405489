"""The rules of ``data/rfc-rows.toml``, the tests that carry their marks, and the page that shows both.

Marks are read from a collection by pytest itself, so it doesn't matter how a test got them. ``python -m tests.rows``
prints ``docs/reference/compliance.md``.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
ROWS = ROOT / "tests" / "data" / "rfc-rows.toml"
PAGE = ROOT / "docs" / "reference" / "compliance.md"
COLLECTED = "PYBGP_ROWS_COLLECTED"
"""The environment variable that names the file a collecting pytest writes to."""


@dataclass(frozen=True, slots=True)
class Row:
    """One rule: ``id`` such as "FSM-08", ``rfc`` such as "4271 §8.2.2" ("" where no RFC says it)."""

    id: str
    rfc: str
    requirement: str
    outcome: str


@cache
def chapters() -> dict[str, str]:
    """The first three letters of the ids, and what they are about, in order."""
    chapters: dict[str, str] = tomllib.loads(ROWS.read_text())["chapters"]
    return chapters


@cache
def rows() -> dict[str, Row]:
    """All rules by id, in order."""
    listed = [Row(**row) for row in tomllib.loads(ROWS.read_text())["row"]]
    return {row.id: row for row in listed}


# -- which tests are marked --------------------------------------------------------------------------------------------


@cache
def marked() -> Mapping[str, list[str]]:
    """id -> the node ids of the tests marked with it; asks pytest, in a process of its own.

    Raises:
        RuntimeError: the tests can't be collected.
    """
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "marks.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--collect-only", "-qq", "-p", "tests.rows", "tests"],
            cwd=ROOT,
            env=os.environ | {COLLECTED: str(answer), "PYTEST_ADDOPTS": ""},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"the tests can't be collected:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        found: dict[str, list[str]] = json.loads(answer.read_text())
        return found


def pytest_collection_finish(session: Any) -> None:
    """The hook of the collecting process (``-p tests.rows``)."""
    if COLLECTED not in os.environ:
        return
    found: dict[str, list[str]] = {}
    for item in session.items:
        for mark in item.iter_markers("row"):
            for row in mark.args:
                found.setdefault(row, []).append(item.nodeid)
    Path(os.environ[COLLECTED]).write_text(json.dumps(found))


# -- the page ----------------------------------------------------------------------------------------------------------


def page(found: Mapping[str, list[str]]) -> str:
    """The page as text: a table a chapter, each rule with the files whose tests cover it."""
    return "\n".join(_lines(found))


def _lines(found: Mapping[str, list[str]]) -> Iterator[str]:
    covered = sum(row in found for row in rows())
    yield "# RFC compliance"
    yield ""
    yield "<!-- Made by `python -m tests.rows` from tests/data/rfc-rows.toml and the tests' marks; a test compares. -->"
    yield ""
    yield f"{covered} of {len(rows())} rules have a test of their own; the others aren't built yet, or aren't tested."
    yield ""
    yield from _legend()
    for prefix, title in chapters().items():
        members = [row for row in rows().values() if row.id.startswith(f"{prefix}-")]
        done = sum(row.id in found for row in members)
        yield ""
        yield f"## {title} ({done} of {len(members)})"
        yield ""
        yield "| rule | RFC | what | outcome | tested in |"
        yield "| --- | --- | --- | --- | --- |"
        for row in members:
            yield line(row, _files(found.get(row.id, [])))
    yield ""


def line(row: Row, *more: str) -> str:
    """A rule as a line of a table."""
    cells = (row.id, row.rfc, row.requirement, row.outcome, *more)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _legend() -> Iterator[str]:
    """The comment at the head of the list, which says what the abbreviations mean."""
    for line in ROWS.read_text().splitlines():
        if not line.startswith("#"):
            return
        yield line.removeprefix("#").strip()


def _files(nodes: list[str]) -> str:
    files = dict.fromkeys(node.split("::")[0].removeprefix("tests/") for node in nodes)
    return ", ".join(f"`{file}`" for file in files)


if __name__ == "__main__":
    print(page(marked()), end="")
