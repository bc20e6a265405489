"""What a test's marks ask of the machine, and the order of the suite: fast and small first, daemons last."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import machine

ORDER = ("unit", "property", "conformance", "sim", "integration", "fib", "oracles", "interop")
HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Folders in ``ORDER``; within a folder as collected."""

    def rank(item: pytest.Item) -> int:
        folder = item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""
        return ORDER.index(folder) if folder in ORDER else len(ORDER)

    items.sort(key=rank)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip, with the reason, what can't be done here. What continuous integration ought to have fails there instead."""
    for mark in item.iter_markers("kernel"):
        for feature in mark.args:
            if reason := machine.missing_kernel(feature):
                pytest.skip(reason)
    if item.get_closest_marker("root") and (reason := machine.missing_root()):
        _skip_or_fail(reason)
    for mark in item.iter_markers("daemon"):
        for name in mark.args:
            if reason := machine.missing_daemon(name):
                _skip_or_fail(reason)


def _skip_or_fail(reason: str) -> None:
    """In CI, which is root and installs the daemons itself, nothing of this may be missing."""
    if os.environ.get("CI") == "true" and os.geteuid() == 0:
        pytest.fail(f"{reason}, and CI must have it", pytrace=False)
    pytest.skip(reason)
