"""What policies depend on besides the route and the configuration, frozen: a change of it is a change of policy."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from ..routes import Validator


@dataclass(frozen=True, slots=True)
class Generation:
    """The ROAs, and what the Loc-RIB holds. Never changes; whoever knows better makes another one.

    ``existing`` are the conditions of ``exists`` and ``not_exists`` that hold: the entries of prefix sets of which the
    Loc-RIB has a prefix, by the set's name. A set that isn't in there doesn't exist.
    """

    validator: Validator | None = field(default=None)
    """None: there are no ROAs, every route is "not_found"."""
    existing: frozenset[str] = frozenset()


FIRST: Final = Generation()
"""No ROAs, and an empty Loc-RIB."""
