"""Let the codecs take turns, and print (or write down) how they compare: ``python -m tests.bench.codec``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from .. import report
from ..run import PAGE, ROOT
from .material import Material
from .programs import PROGRAMS, Import, Program
from .runs import Codec, Figures, Process, Unavailable, run
from .subjects import SUBJECTS
from .table import TASKS, table, verdicts

UPDATES: Final = 20_000
PEERS: Final = ROOT / ".venv-bench" / "bin" / "python"
"""The interpreter that has the other codecs (``make bench-codec``)."""


def codecs(given: Material, names: list[str]) -> list[Codec]:
    """Those of ``names`` that can be had here; the others say why not."""
    found: list[Codec] = []
    for name in names:
        try:
            if name in PROGRAMS:
                found.append(Program(name, given))
            elif name.startswith("import "):
                found.append(Import(name.removeprefix("import "), _python(name.removeprefix("import "))))
            else:
                found.append(Process(name, _python(name), given.folder))
        except Unavailable as error:
            print(f"without {name}: {error}", file=sys.stderr)
    return found


def _python(name: str) -> str:
    if name == "pybgp":
        return sys.executable
    if not PEERS.exists():
        raise Unavailable(f"no {PEERS.relative_to(ROOT)}, which `make bench-codec` makes")
    return str(PEERS)


def measure(updates: int, rounds: int, names: list[str], tasks: list[str]) -> Figures:
    """All figures: for each round and task, every codec that can do it."""
    with tempfile.TemporaryDirectory(prefix="pybgp-bench-codec-") as folder:
        given = Material.make(Path(folder), updates)
        found = codecs(given, names)
        try:
            return run(found, tasks, rounds)
        finally:
            for each in found:
                each.close()


def main() -> None:
    """Print the figures."""
    all_names = [*SUBJECTS, *PROGRAMS, "import pybgp", "import exabgp", "import os-ken"]
    parser = argparse.ArgumentParser(prog="tests.bench.codec", description=__doc__.partition(":")[0])
    parser.add_argument("-n", "--rounds", type=int, default=5, help="rounds of every codec, in turn (default: 5)")
    parser.add_argument("-t", "--targets", default=",".join(all_names), help="default: %(default)s")
    parser.add_argument("-s", "--tasks", default=",".join(TASKS), help="default: %(default)s")
    parser.add_argument("--quick", action="store_true", help="one round of everything in small: does it work?")
    parser.add_argument("--write", action="store_true", help=f"put the table into {PAGE.relative_to(ROOT)}")
    options = parser.parse_args()
    updates, rounds = (200, 1) if options.quick else (UPDATES, options.rounds)
    figures = measure(updates, rounds, options.targets.split(","), options.tasks.split(","))
    text = table(figures, f"python -m tests.bench.codec {' '.join(sys.argv[1:])}".strip(), updates, rounds)
    print(text)
    print()
    print("\n".join(verdicts(figures)))
    if options.write:
        report.write(PAGE, text, by="tests/bench/codec")


if __name__ == "__main__":
    main()
