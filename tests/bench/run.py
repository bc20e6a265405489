"""Run the scenarios against the daemons, in turn, and print (or write down) how they compare.

Each run has network namespaces of its own, a fresh daemon and a fresh generator. The daemons take turns within a
scenario, so that what else the machine does hits all of them.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import signal
import subprocess
import sys
import tempfile
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import machine

from . import plots, report
from .daemons import TARGETS, Target
from .namespaces import Cable, inside
from .process import Daemon, DaemonFailed, machine_busy
from .scenarios import FULL, QUICK, Scenario

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "performance.md"
PLOTS = ROOT / "docs" / "performance"
DAEMONS = ("bird", "frr", "gobgp", "openbgpd")
"""Those of others."""


class RunFailed(Exception):
    """A run that gave no figure, and why."""


class GaveUp(RunFailed):
    """It took longer than we wait; a second run would too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One run. Times in seconds, ``peak`` in MiB; ``cpu`` is the daemon's from the first octet until it fell silent,
    ``others`` what the machine spent in that time on neither the daemon nor the generator.
    """

    wall: float
    cpu: float
    peak: float
    sent: float
    median_sink: float
    updates: int
    octets: int
    generator: float
    others: float
    p99: float | None = None
    """Where single changes are timed: of all of them, ``wall`` being the median."""


def measure(target: Target, scenario: Scenario, keep: Path | None = None) -> Result:
    """One run of a daemon on a scenario; ``keep``: a folder for its configuration and log that stays.

    Raises:
        RunFailed: the daemon didn't come up, or not everything arrived.
    """
    with tempfile.TemporaryDirectory(prefix=f"pybgp-bench-{target.name}-") as temporary:
        folder = keep or Path(temporary)
        folder.chmod(0o755)
        with Cable([peer.ip for peer in scenario.peers]) as cable:
            daemon = Daemon(inside(cable.daemon, *target.prepare(scenario, folder)), folder)
            try:
                daemon.wait_until_listening()
                return _drive(daemon, scenario, cable.peers, min(scenario.timeout, target.patience))
            except DaemonFailed as error:
                raise RunFailed(str(error)) from None
            finally:
                daemon.stop()


def _drive(daemon: Daemon, scenario: Scenario, namespace: str, patience: float) -> Result:
    command = inside(namespace, sys.executable, "-m", "tests.bench.generator")
    generator = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert generator.stdin is not None
    assert generator.stdout is not None
    expired = threading.Event()

    def expire() -> None:
        expired.set()
        generator.kill()

    watchdog = threading.Timer(patience, expire)
    watchdog.start()
    try:
        _tell(generator.stdin, json.dumps(scenario.to_json()))
        ready = _hear(generator.stdout, daemon)
        before, busy_before = daemon.usage(), machine_busy()
        _tell(generator.stdin, "go")
        while True:
            heard = _hear(generator.stdout, daemon)
            if heard["event"] == "done":
                break
            after, busy, generator_cpu = daemon.usage(), machine_busy(), heard["cpu"] - ready["cpu"]
        cpu = after.cpu - before.cpu
        return Result(
            wall=heard["wall"],
            cpu=cpu,
            peak=after.peak,
            sent=heard["sent"],
            median_sink=heard["median_sink"],
            updates=heard["updates"],
            octets=heard["octets"],
            generator=generator_cpu,
            others=max(0.0, busy - busy_before - cpu - generator_cpu),
            p99=heard.get("p99"),
        )
    except RunFailed:
        if expired.is_set():
            raise GaveUp(f"gave up after {patience:.0f} s") from None
        raise
    finally:
        watchdog.cancel()
        generator.kill()
        generator.communicate()


def _tell(stream: Any, line: str) -> None:
    stream.write(line + "\n")
    stream.flush()


def _hear(stream: Any, daemon: Daemon) -> dict[str, Any]:
    """The generator's next line.

    Raises:
        RunFailed: it gave up, or ran out of time.
    """
    line = stream.readline()
    if not line:
        raise RunFailed(f"the generator ended without figures; {daemon.last_words()}")
    heard: dict[str, Any] = json.loads(line)
    if heard["event"] == "failed":
        raise RunFailed(f"{heard['why']}; {daemon.last_words()}")
    return heard


def main(arguments: list[str] | None = None) -> None:
    """``make bench``."""
    options = _options(arguments)
    if reason := machine.missing_root():
        sys.exit(f"bench: {reason}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that namespaces are removed
    targets = _present(options.targets)
    scenarios = [each for each in (QUICK if options.quick else FULL) if each.key in options.scenarios]
    results: dict[tuple[str, str], list[Result]] = {}
    failures: dict[tuple[str, str], str] = {}
    for scenario in scenarios:
        print(f"{scenario.key}: {scenario.title}", flush=True)
        for turn in range(options.runs):
            for target in targets:
                tried = results.get((scenario.key, target.name), [])
                if (scenario.key, target.name) in failures or (tried and tried[0].wall > options.once_over):
                    continue
                try:
                    result = measure(target, scenario, _kept(options.keep, scenario, target, turn))
                except RunFailed as error:
                    gave_up = isinstance(error, GaveUp)
                    print(f"  {target.name:8} {error if gave_up else f'failed: {error}'}", flush=True)
                    if gave_up:
                        failures[scenario.key, target.name] = str(error)
                    continue
                results.setdefault((scenario.key, target.name), []).append(result)
                print(f"  {target.name:8} {report.line(result)}", flush=True)
        print(report.verdict(scenario, results), flush=True)
    if options.write:
        command = "make bench" + (f' ARGS="{" ".join(arguments or sys.argv[1:])}"')
        text = report.table(scenarios, targets, results, command, failures)
        report.write(PAGE, text + "\n\n" + plots.draw(scenarios, results, PLOTS))
        print(f"written to {PAGE.relative_to(ROOT)}")
    failed = any(
        (scenario.key, target.name) not in results and (scenario.key, target.name) not in failures
        for scenario in scenarios
        for target in targets
    )
    sys.exit(1 if failed else 0)


def _options(arguments: list[str] | None) -> argparse.Namespace:
    keys = [scenario.key for scenario in FULL]
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=_Formatter)
    parser.add_argument("-s", "--scenarios", type=_names(keys), default=keys, help="default: " + ",".join(keys))
    parser.add_argument(
        "-t", "--targets", type=_names(list(TARGETS)), default=["pybgp", *DAEMONS], help="default: all but copier"
    )
    parser.add_argument("-n", "--runs", type=int, default=3, help="runs of each; the median counts (default: 3)")
    parser.add_argument(
        "--once-over",
        type=float,
        default=math.inf,
        metavar="SECONDS",
        help="a daemon that takes longer in a scenario is not run again there (default: all are)",
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: does it work, not how fast is it")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    parser.add_argument("--keep", type=Path, help="keep each run's configuration and log in this folder")
    return parser.parse_args(arguments)


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """The docstring as it is."""


def _names(known: list[str]) -> Any:
    def read(text: str) -> list[str]:
        names = text.split(",")
        if unknown := set(names) - set(known):
            raise argparse.ArgumentTypeError(f"{', '.join(sorted(unknown))}: expected some of {', '.join(known)}")
        return names

    return read


def _present(names: list[str]) -> list[Target]:
    """The targets that are installed here; the others are named."""
    present = []
    for name in names:
        if name in DAEMONS and (reason := machine.missing_daemon(name)):
            print(f"without {reason}")
        else:
            present.append(TARGETS[name])
    return present


def _kept(root: Path | None, scenario: Scenario, target: Target, turn: int) -> Path | None:
    if root is None:
        return None
    folder = root.absolute() / f"{scenario.key}-{target.name}-{turn}"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


if __name__ == "__main__":
    os.chdir(ROOT)
    main()
