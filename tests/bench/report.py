"""The figures as text: a line a run, a verdict a scenario, the table of docs/performance.md."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from .daemons import Target
    from .run import Result
    from .scenarios import Scenario

BY: Final = "tests/bench"
SUBJECT: Final = "pybgp"

Results = dict[tuple[str, str], list["Result"]]
"""All runs by scenario and daemon."""


def line(result: Result) -> str:
    """One run."""
    worst = "" if result.p99 is None else f" (p99 {seconds(result.p99)} s)"
    return (
        f"wall {seconds(result.wall)} s{worst}  cpu {result.cpu:.2f} s  peak {result.peak:.0f} MiB  "
        f"{result.updates:,} UPDATEs  {result.octets / 1e6:.1f} MB  "
        f"(sent in {seconds(result.sent)}, generator {result.generator:.2f}, others {result.others:.2f} s CPU)"
    )


def verdict(scenario: Scenario, results: Results) -> str:
    """pybgp against each other daemon, by the medians."""
    walls = medians(scenario, results)
    if SUBJECT not in walls:
        return f"  no figure for {SUBJECT}"
    own = walls.pop(SUBJECT)
    against = [f"{seconds(wall)} s of {name}: ratio {wall / own:.2f}" for name, wall in walls.items()]
    return "\n".join(f"  {SUBJECT} {seconds(own)} s, {each}" for each in against) or f"  {SUBJECT} {seconds(own)} s"


def medians(scenario: Scenario, results: Results) -> dict[str, float]:
    """Wall seconds by daemon."""
    mine = {name: runs for (key, name), runs in results.items() if key == scenario.key}
    return {name: statistics.median(run.wall for run in runs) for name, runs in mine.items()}


def table(
    scenarios: list[Scenario],
    targets: list[Target],
    results: Results,
    command: str,
    failures: Mapping[tuple[str, str], str] | None = None,
) -> str:
    """A Markdown table of medians, and how it was made."""
    versions = ", ".join(f"{target.name} {target.version()}" for target in targets)
    runs = max((len(each) for each in results.values()), default=0)
    turns = "1 run each" if runs == 1 else f"{runs} runs each"
    kernel = ".".join(platform.release().split(".")[:2])
    lines = [
        f"Made by `{command}` on {time.strftime('%Y-%m-%d')}: {versions}; {turns}, in turn; Linux {kernel}, "
        f"{os.cpu_count()} cores.",
        "",
        "| scenario | daemon | wall s: median (min - max) | CPU s | peak MiB | its wall / pybgp's |",
        "|---|---|---|---|---|---|",
    ]
    for scenario in scenarios:
        walls = medians(scenario, results)
        title = f"**{scenario.key}** {scenario.title}"
        for target in targets:
            why = (failures or {}).get((scenario.key, target.name), "failed")
            cells = _cells(results.get((scenario.key, target.name)), why, runs)
            ratio = "-"
            if target.name in walls and SUBJECT in walls:
                ratio = f"{walls[target.name] / walls[SUBJECT]:.2f}"
            lines.append(f"| {title} | {target.name} | {cells} | {ratio} |")
            title = ""
    return "\n".join(lines)


def _cells(runs: list[Result] | None, why: str, wanted: int) -> str:
    if not runs:
        return f"{why} | - | -"
    walls = [run.wall for run in runs]
    spread = f"{seconds(statistics.median(walls))} ({seconds(min(walls))} - {seconds(max(walls))})"
    if len(runs) < wanted:
        spread += f", of {len(runs)}"
    if worst := [run.p99 for run in runs if run.p99 is not None]:
        spread += f", p99 {seconds(statistics.median(worst))}"
    cpu, peak = statistics.median(run.cpu for run in runs), statistics.median(run.peak for run in runs)
    return f"{spread} | {cpu:.2f} | {peak:.0f}"


def seconds(value: float) -> str:
    """Three digits under a second, two above, five under 10 ms."""
    return f"{value:.{5 if value < 0.01 else 3 if value < 1 else 2}f}"


def markers(by: str = BY) -> tuple[str, str]:
    """The lines of a page between which stands what ``by`` made."""
    return f"<!-- made by {by}: begin -->", f"<!-- made by {by}: end -->"


def write(page: Path, text: str, by: str = BY) -> None:
    """Put the table between the markers of a page.

    Raises:
        ValueError: the page has no markers.
    """
    first, last = markers(by)
    before, begin, rest = page.read_text().partition(first)
    _, end, after = rest.partition(last)
    if not (begin and end):
        raise ValueError(f"{page}: no {first} ... {last}")
    page.write_text(f"{before}{first}\n{text}\n{last}{after}")
