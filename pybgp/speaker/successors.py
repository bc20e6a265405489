"""What a candidate becomes when policy, addresses or next hops have changed: functions for ``Table.replace``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ..addresses import Family
from ..messages.attributes.block import Block
from ..rib.path import Path
from .inbound import UNREACHABLE, Importer

Successor = Callable[[bytes, Path], Path]


def by_new_rules(importers: Mapping[str, Importer], family: Family) -> Successor:
    """Run these peers' new import rules over what they have sent; unchanged paths stay themselves."""
    made: dict[Path, Path] = {}
    alike: dict[tuple[Path, Block | str], Path] = {}

    def successor(key: bytes, path: Path) -> Path:
        importer = importers.get(path.source.name)
        if importer is None:
            return path
        if importer.reads_prefix:  # prefixes that fare alike go on sharing a Path
            own = _unless_equal(path, importer.path(path.source, path.path_id, path.received, family, key))
            return alike.setdefault((path, own.accepted or own.reason), own)
        new = made.get(path)
        if new is None:
            new = importer.path(path.source, path.path_id, path.received, family)
            new = made[path] = _unless_equal(path, new)
        return new

    return successor


def by_new_next_hops(importers: Mapping[str, Importer], changed: frozenset[bytes], family: Family) -> Successor:
    """Look again at the paths through next hops that now resolve differently, and at those that had no way."""
    made: dict[Path, Path] = {}
    alike: dict[tuple[Path, Block | str], Path] = {}

    def successor(key: bytes, path: Path) -> Path:
        block = path.accepted if path.accepted is not None else path.received
        if block.next_hop not in changed and path.reason != UNREACHABLE:
            return path
        importer = importers.get(path.source.name)
        if importer is not None and importer.reads_prefix:
            own = importer.path(path.source, path.path_id, path.received, family, key)
            return alike.setdefault((path, own.accepted or own.reason), own)
        new = made.get(path)
        if new is None and importer is not None:
            new = made[path] = importer.path(path.source, path.path_id, path.received, family)
        elif new is None:  # our own, or of a peer that is restarting: only the way to its next hop differs
            new = made[path] = Path(path.source, path.path_id, path.received, path.accepted, path.reason)
        return new

    return successor


def without_rank() -> Successor:
    """New rules of decision: every candidate is ranked anew."""
    made: dict[Path, Path] = {}

    def successor(key: bytes, path: Path) -> Path:
        new = made.get(path)
        if new is None:
            new = made[path] = Path(path.source, path.path_id, path.received, path.accepted, path.reason)
        return new

    return successor


def _unless_equal(old: Path, new: Path) -> Path:
    """The old Path, if policy made the same of it again: then nothing has changed."""
    return old if old.accepted == new.accepted and old.reason == new.reason else new
