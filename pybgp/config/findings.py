"""A finding of the checks across keys: where, what, and on which other keys it rests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from .toml_text import Path, path_text, shown

ABSENT: Final = object()
"""There is no value to show."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``text`` says what was expected, or in a warning what comes of it; ``others`` are keys that it also rests on."""

    path: Path
    text: str
    value: object = ABSENT
    others: tuple[Path, ...] = ()
    warning: bool = False

    @property
    def rests_on(self) -> tuple[Path, ...]:
        return (self.path, *self.others)

    def text_from(self, origins: Mapping[str, str]) -> str:
        """What follows the key in a message; says so when the value stands in a group or at the top level."""
        if self.value is ABSENT:
            return f": {self.text}"
        origin = origins.get(path_text(self.path), "")
        place = f" (from {origin})" if origin.startswith(("group", "top")) and self.path[0] in _MERGED_LISTS else ""
        return f" = {shown(self.value)}{place}: {self.text}"

    def line(self) -> str:
        return f"{path_text(self.path)}{self.text_from({})}"


_MERGED_LISTS: Final = ("peers", "dynamic_peers")
