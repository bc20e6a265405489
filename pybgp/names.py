"""Public names of a package that are imported when somebody asks for them (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def from_homes(namespace: dict[str, Any], homes: Mapping[str, str]) -> Callable[[str], object]:
    """A package's ``__getattr__``: ``namespace`` are its globals, ``homes`` the module of each name in it."""
    package = namespace["__name__"]

    def find(name: str) -> object:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        value = namespace[name] = getattr(import_module(f".{homes[name]}", package), name)
        return value

    return find
