"""All cases, by chapter of the list."""

from __future__ import annotations

from ..case import Case
from . import attributes, framing, header, opens

CASES: tuple[Case, ...] = tuple(case for chapter in (header, opens, framing, attributes) for case in chapter.cases())
