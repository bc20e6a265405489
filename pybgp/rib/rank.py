"""The values that the decision process compares, worked out once a path."""

from __future__ import annotations

from typing import NamedTuple


class Rank(NamedTuple):
    """A path's worth, in the order of RFC 4271 §9.1.2.2: lower is better everywhere.

    MED cannot be part of one sortable tuple, because it is compared only between paths of the same neighbouring AS;
    it stands between what comes ``before`` and what comes ``after`` it.
    """

    before: tuple[int, ...]
    med: int
    neighbor_as: int
    after: tuple[int | bytes, ...]
