"""The figures as pictures: SVG files for docs/performance.md, drawn here so that no plotting library is needed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .report import SUBJECT, Results, medians, seconds

if TYPE_CHECKING:
    from .scenarios import Scenario

WIDTH: Final = 720
LEFT: Final = 90
RIGHT: Final = 110
COLORS: Final = {
    SUBJECT: "#0b6e4f",
    "bird": "#c8553d",
    "frr": "#3d5a98",
    "gobgp": "#8a6fb3",
    "openbgpd": "#b08900",
    "copier": "#777777",
}
CURVES: Final = (
    ("growth-prefixes", "prefixes, one to one", ("h-10k", "h-100k", "d")),
    ("growth-clients", "clients, 10,000 prefixes", ("h-10", "h-100", "h-1000")),
)
"""File, what grows, and the scenarios that are its points."""

Points = Mapping[str, Sequence[tuple[float, float]]]
"""A daemon to its (x, y), both above 0."""


def draw(scenarios: Sequence[Scenario], results: Results, folder: Path) -> str:
    """Write the pictures that there are figures for; the Markdown that shows them."""
    folder.mkdir(exist_ok=True)
    shown = []
    walls = {each.key: medians(each, results) for each in scenarios}
    present = [each for each in scenarios if walls[each.key]]
    if present:
        rows = [(each.key, walls[each.key]) for each in present]
        (folder / "wall.svg").write_text(bars("Wall seconds, shorter is better", rows))
        shown.append("![Wall seconds by scenario and daemon](performance/wall.svg)")
    for name, what, keys in CURVES:
        points = _points([each for each in scenarios if each.key in keys], walls, prefixes=name.endswith("prefixes"))
        if any(len(each) > 1 for each in points.values()):
            (folder / f"{name}.svg").write_text(curves(f"Wall seconds by {what}", points))
            shown.append(f"![Wall seconds by {what}](performance/{name}.svg)")
    return "\n\n".join(shown)


def _points(scenarios: Sequence[Scenario], walls: Mapping[str, Mapping[str, float]], *, prefixes: bool) -> Points:
    found: dict[str, list[tuple[float, float]]] = {}
    for scenario in scenarios:
        x = scenario.prefixes if prefixes else sum(peer.sink for peer in scenario.peers)
        for daemon, wall in walls[scenario.key].items():
            found.setdefault(daemon, []).append((x, wall))
    return {daemon: sorted(points) for daemon, points in found.items()}


def bars(title: str, rows: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """A bar for each daemon in each row; the scale is logarithmic, because the slowest take 1,000 times the fastest."""
    values = [value for _, row in rows for value in row.values()]
    low, high = _decades(values)
    out, y = [], 40
    for name, row in rows:
        out.append(_text(LEFT - 8, y + 6 + 7 * len(row), name, anchor="end", weight="bold"))
        for daemon, value in row.items():
            width = max(2.0, _scale(value, low, high, 0, WIDTH - LEFT - RIGHT))
            out.append(f'<rect x="{LEFT}" y="{y}" width="{width:.1f}" height="11" fill="{_color(daemon)}"/>')
            out.append(_text(LEFT + width + 5, y + 10, f"{daemon} {seconds(value)}"))
            y += 14
        y += 10
    return _svg(title, out, y)


def curves(title: str, points: Points) -> str:
    """A line for each daemon, both scales logarithmic: a straight line at 45 degrees is growth in proportion."""
    height, bottom = 420, 370
    x_low, x_high = _decades([x for line in points.values() for x, _ in line])
    y_low, y_high = _decades([y for line in points.values() for _, y in line])
    out = []
    for power in range(round(math.log10(x_low)), round(math.log10(x_high)) + 1):
        x = _scale(10.0**power, x_low, x_high, LEFT, WIDTH - RIGHT)
        out += [_line(x, 40, x, bottom), _text(x, bottom + 18, f"{10**power:,}", anchor="middle")]
    for power in range(round(math.log10(y_low)), round(math.log10(y_high)) + 1):
        y = _scale(10.0**power, y_low, y_high, bottom, 40)
        out += [_line(LEFT, y, WIDTH - RIGHT, y), _text(LEFT - 8, y + 4, f"{10.0**power:g} s", anchor="end")]
    for daemon, line in points.items():
        places = [
            (_scale(x, x_low, x_high, LEFT, WIDTH - RIGHT), _scale(y, y_low, y_high, bottom, 40)) for x, y in line
        ]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        out.append(f'<polyline points="{path}" fill="none" stroke="{_color(daemon)}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{_color(daemon)}"/>' for x, y in places]
        out.append(_text(places[-1][0] + 8, places[-1][1] + 4, daemon))
    return _svg(title, out, height)


def _decades(values: Sequence[float]) -> tuple[float, float]:
    """The powers of ten below and above."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return 10.0**low, 10.0 ** max(high, low + 1)


def _scale(value: float, low: float, high: float, start: float, end: float) -> float:
    return start + (end - start) * (math.log10(value) - math.log10(low)) / (math.log10(high) - math.log10(low))


def _color(daemon: str) -> str:
    return COLORS.get(daemon, "#333333")


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="#dddddd"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", weight: str = "normal") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-weight="{weight}">{escape(text)}</text>'


def _svg(title: str, parts: Sequence[str], height: int) -> str:
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="11">'
    )
    ground = f'<rect width="{WIDTH}" height="{height}" fill="white"/>'
    name = f'<text x="{LEFT}" y="22" font-size="14" font-weight="bold">{escape(title)}</text>'
    return "\n".join([head, f"<title>{escape(title)}</title>", ground, name, *parts, "</svg>"]) + "\n"
