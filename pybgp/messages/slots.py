"""Setting the fields of frozen dataclasses that are made without ``__init__``, where that counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def setter(kind: type, field: str) -> Callable[[Any, Any], None]:
    """What sets a slot of a new object: (object, value). For what is seen by nobody yet; afterwards it is frozen."""
    found: Callable[[Any, Any], None] = getattr(kind, field).__set__
    return found
