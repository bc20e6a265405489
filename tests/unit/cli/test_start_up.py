"""The command line answers at once: what is slow to import is imported by who needs it."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

SLOW = {"asyncio", "netaddr", "pyroute2", "tomllib", "ssl", "pybgp.net", "pybgp.speaker.core", "pybgp.messages"}
ASKING = ["status", "show peers", "show routes", "show fib", "reload", "decode", "encode"]


@pytest.mark.parametrize("command", ["", *ASKING])
def test_help_and_questions_import_nothing_slow(command: str) -> None:
    arguments = [*command.split(), "--help"]
    program = f"import sys; from pybgp.cli.main import main; main({arguments}); print(*sys.modules, file=sys.stderr)"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert "Usage: pybgp" in done.stdout
    assert SLOW.isdisjoint(done.stderr.split())


def test_help_takes_less_than_200_ms() -> None:
    """Of a CPU, and the best of five: a machine that is busy with other things does not count."""
    times = []
    for _ in range(5):
        before = _cpu_time()
        subprocess.run([sys.executable, "-m", "pybgp", "--help"], capture_output=True, check=True)
        times.append(_cpu_time() - before)

    assert min(times) < 0.2


def _cpu_time() -> float:
    """Seconds that children have used of a CPU."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
