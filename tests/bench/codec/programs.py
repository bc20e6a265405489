"""What is measured as a program: those that aren't Python's, and the time that an import takes."""

from __future__ import annotations

import resource
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from ..run import ROOT
from .material import CAPTURE, TABLE, UPDATES, Material
from .runs import Unavailable

_Commands = Mapping[str, Sequence[str]]

PROGRAMS: Final[Mapping[str, Callable[[Material], _Commands]]] = {
    "bgpdump": lambda given: {
        "table": ["-m", str(given.folder / TABLE)],
        "updates": ["-m", str(given.folder / UPDATES)],
    },
    "tshark": lambda given: {
        "capture": ["-n", "-r", str(given.folder / CAPTURE), "-Y", "bgp", "-T", "fields", "-e", "bgp.nlri_prefix"]
    },
}
"""The arguments for each piece of work."""

_EXABGP: Final = "from exabgp.bgp.message.update import Update"
_OS_KEN: Final = "from os_ken.lib.packet import bgp"
_IMPORTS: Final = {
    "pybgp": ("import pybgp.messages", "from pybgp.messages import decode; decode(message)"),
    "exabgp": (_EXABGP, _EXABGP),
    "os-ken": (_OS_KEN, f"{_OS_KEN}; bgp.BGPMessage.parser(message)"),
}
"""The import alone, and with one message decoded, if that is easy."""


class Program:
    """A command line that reads a file and writes text, which nobody keeps."""

    def __init__(self, name: str, given: Material) -> None:
        found = shutil.which(name)
        if found is None:
            raise Unavailable("not installed")
        self._program = found
        self._arguments = PROGRAMS[name](given)
        self.name = name
        self.tasks = list(self._arguments)

    def measure(self, task: str) -> tuple[float, int]:
        return _cpu_of([self._program, *self._arguments[task]]), 0

    def close(self) -> None:
        """There is nothing to end."""


class Import:
    """A fresh interpreter that imports a codec; with one message, less what it takes anyway."""

    tasks: Sequence[str] = ("import", "import-message")

    def __init__(self, name: str, python: str) -> None:
        self.name = name
        self._python = python
        alone, with_message = _IMPORTS[name]
        self._alone = alone
        self._with_message = f"message = bytes.fromhex({_MESSAGE.hex()!r}); {with_message}"
        try:
            self.measure("import-message")
        except subprocess.CalledProcessError:
            raise Unavailable("its import fails") from None

    def measure(self, task: str) -> tuple[float, int]:
        if task == "import":
            return _cpu_of([self._python, "-c", self._alone]), 0
        return _cpu_of([self._python, "-c", self._with_message]) - _cpu_of([self._python, "-c", "pass"]), 0

    def close(self) -> None:
        """There is nothing to end."""


_MESSAGE: Final = bytes.fromhex(
    "ffffffffffffffffffffffffffffffff 0030 02 0000 0015 400101 00 400200 400304 0a631001 800404 00000005 18 cb0071"
)
"""An UPDATE: ORIGIN, AS_PATH, NEXT_HOP, MULTI_EXIT_DISC, one prefix."""


def _cpu_of(command: Sequence[str]) -> float:
    """User and system time of a process.

    Raises:
        CalledProcessError: it failed.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=ROOT)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
