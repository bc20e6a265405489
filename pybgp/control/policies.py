"""Which policies decide."""

from __future__ import annotations

from .answers import JsonObject
from .asked import Speaker


def policies(speaker: Speaker) -> list[JsonObject]:
    """The chains of policies in use, and the errors of Python policies."""
    return [
        {
            "policy": view.name,
            "import_of": list(view.import_of),
            "export_of": list(view.export_of),
            "fib": view.fib,
            "runs": view.runs,
            "errors": view.errors,
            "last_error": view.last_error or None,
        }
        for view in speaker.core.policy_views()
    ]
