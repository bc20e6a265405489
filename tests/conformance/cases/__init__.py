"""All cases, by chapter of the list."""

from __future__ import annotations

from ..case import Case
from . import as_paths, attributes, families, framing, header, opens, optional, other_families, sending, sessions

_CHAPTERS = (header, opens, framing, attributes, as_paths, sessions, sending, families, other_families, optional)
CASES: tuple[Case, ...] = tuple(case for chapter in _CHAPTERS for case in chapter.cases())
