"""How a policy is written: sets, terms, conditions and changes, as the configuration's values have them.

Protocols only: whoever writes policies (a file, a cluster's resources, a program) has frozen values of these shapes.
Their meaning is told in ``docs/how-to/policies.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ..addresses import Family

NumberRange = int | str
"""A number, or "ge N", "le N", "ge N le M"."""


class PolicySetsLike(Protocol):
    """Named sets, as written: ``"10.0.0.0/8 ge 16 le 32"``, ``"^65001_"``, ``"65001:*"``."""

    @property
    def prefix_sets(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def as_path_sets(self) -> Mapping[str, Sequence[str]]: ...
    @property
    def community_sets(self) -> Mapping[str, Sequence[str]]: ...


class MatchLike(Protocol):
    """Conditions, all of which must hold; None asks nothing."""

    @property
    def prefix_set(self) -> str | None: ...
    @property
    def as_path_set(self) -> str | None: ...
    @property
    def community_set(self) -> str | None: ...
    @property
    def prefix(self) -> Sequence[str] | None:
        """What a prefix set has, written in the term; ``as_path`` and ``community`` likewise."""

    @property
    def as_path(self) -> Sequence[str] | None: ...
    @property
    def community(self) -> Sequence[str] | None: ...
    @property
    def source(self) -> Sequence[str] | None: ...
    @property
    def family(self) -> Sequence[Family] | None: ...
    @property
    def next_hop(self) -> Sequence[str] | None: ...
    @property
    def peer(self) -> Sequence[str] | None: ...
    @property
    def peer_group(self) -> Sequence[str] | None: ...
    @property
    def local_pref(self) -> NumberRange | None: ...
    @property
    def med(self) -> NumberRange | None: ...
    @property
    def origin(self) -> str | None: ...
    @property
    def as_path_length(self) -> NumberRange | None: ...
    @property
    def community_count(self) -> NumberRange | None: ...
    @property
    def rpki(self) -> str | None: ...
    @property
    def exists(self) -> str | None: ...
    @property
    def not_exists(self) -> str | None: ...


class SetLike(Protocol):
    """Changes; None and () change nothing. ``device``, ``onlink`` and ``metric`` are for a FIB's policy."""

    @property
    def local_pref(self) -> int | None: ...
    @property
    def med(self) -> int | str | None:
        """A number, or a change of it: "+10", "-10"."""

    @property
    def origin(self) -> str | None: ...
    @property
    def next_hop(self) -> str | None:
        """An address, "self", "peer" or "keep"."""

    @property
    def remove_as(self) -> Sequence[int | str]:
        """AS numbers, "private" or "all"; so ``replace_as``."""

    @property
    def replace_as(self) -> Sequence[int | str]: ...
    @property
    def prepend(self) -> Sequence[int | str]:
        """AS numbers, ``"self"`` for our own, ``"last_as"`` for the first one of the path."""

    @property
    def communities(self) -> Sequence[str] | None: ...
    @property
    def remove_communities(self) -> Sequence[str]: ...
    @property
    def add_communities(self) -> Sequence[str]: ...
    @property
    def device(self) -> str | None: ...
    @property
    def onlink(self) -> bool: ...
    @property
    def metric(self) -> int | None: ...


class TermLike(Protocol):
    """A term; ``term`` is its label, "" for none, ``action`` is "accept", "reject" or "next"."""

    @property
    def action(self) -> str: ...
    @property
    def term(self) -> str: ...
    @property
    def match(self) -> MatchLike: ...
    @property
    def set(self) -> SetLike: ...
