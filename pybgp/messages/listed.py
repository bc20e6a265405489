"""A registry's table: an explicit list of what there is and where, imported when somebody asks for it.

To read one UPDATE of IPv4 nobody shall wait for EVPN and flow specifications.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Generic, TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class Listed(Mapping[_K, _V], Generic[_K, _V]):
    """Keys → what ``homes`` names, "module.NAME" in ``package``."""

    __slots__ = ("_homes", "_package", "found")

    def __init__(self, package: str, homes: Mapping[_K, str]) -> None:
        self._package = package
        self._homes = dict(homes)
        self.found: dict[_K, _V] = {}  # what has been asked for

    def __getitem__(self, key: _K) -> _V:
        found = self.found.get(key)
        if found is None:
            module, _, name = self._homes[key].rpartition(".")
            found = self.found[key] = getattr(import_module(f".{module}", self._package), name)
        return found

    def __contains__(self, key: object) -> bool:
        return key in self._homes

    def __iter__(self) -> Iterator[_K]:
        return iter(self._homes)

    def __len__(self) -> int:
        return len(self._homes)
