"""Daemons on networks for a module of tests, and their logs with every failure."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from tests import machine

from .daemons import KINDS, Daemon
from .lab import LINKS, SPEAKER, Lab, hosts
from .network import Network

_running: list[Daemon] = []
"""Whose logs are shown when a test fails."""

LOG_LINES = 40


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs root, and the speaker that is tested."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.root)
            item.add_marker(pytest.mark.interop)
            if SPEAKER in machine.DAEMONS:
                item.add_marker(pytest.mark.daemon(SPEAKER))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> int:
    """What a daemon needs a minute for is asked for first and looked at last, so that other tests run meanwhile."""
    mark = item.get_closest_marker("turn")
    return {"first": 0, "last": 2}[mark.args[0]] if mark is not None else 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A failure shows the end of the logs: of the speaker, and of the peer that the test is about (else of all)."""
    report = yield
    if report.failed:
        link = getattr(item, "callspec", None) and item.callspec.params.get("link")
        for daemon in _running:
            if link is None or daemon.host.name in ("speaker", getattr(link, "name", None)):
                report.sections.append((f"log of {daemon}", daemon.log(LOG_LINES)))
    return report


@contextmanager
def open_folder() -> Iterator[Path]:
    """For the daemons' files: some give up root before they read theirs, so it is open to all, unlike pytest's own."""
    path = Path(tempfile.mkdtemp(prefix="pybgp-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """A folder for the daemons of a module."""
    with open_folder() as path:
        yield path


@contextmanager
def starter(folder: Path) -> Iterator[Callable[[Network, str, str, int], Daemon]]:
    """``start(network, "name", "kind", asn)``: a daemon that is stopped at the end; not started yet."""
    made: list[Daemon] = []

    def make(network: Network, name: str, kind: str, asn: int) -> Daemon:
        daemon = KINDS[kind](network[name], asn, folder / name)
        made.append(daemon)
        _running.append(daemon)
        return daemon

    yield make
    for daemon in made:
        daemon.stop()
        if daemon in _running:
            _running.remove(daemon)


@pytest.fixture(scope="module")
def start(folder: Path) -> Iterator[Callable[[Network, str, str, int], Daemon]]:
    """Makes daemons that are stopped at the end of the module."""
    with starter(folder) as make:
        yield make


@pytest.fixture(scope="module")
def lab(folder: Path) -> Iterator[Lab]:
    """The speaker and its peers, as many as this machine has daemons for, started."""
    links = [link for link in LINKS if not machine.missing_daemon(link.kind)]
    with ExitStack() as stack:
        lab = Lab(stack.enter_context(Network(hosts(links))), folder, links)
        stack.callback(lab.stop)
        _running.extend(lab.daemons)
        stack.callback(_running.clear)
        lab.start()
        yield lab
