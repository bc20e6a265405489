"""What an UPDATE costs in the core alone, without sockets: ``python -m tests.bench.core [--profile | --steps]``.

µs of CPU for each UPDATE of the source: taking it in (session, codec, import, table) and telling the others (decision,
update groups, packing). On a busy machine this moves less than wall times do; for a comparison still take the least of
several runs of either side in turn.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from struct import pack
from typing import NamedTuple

import pybgp
from pybgp.config.file import parse
from pybgp.constants import MARKER
from pybgp.speaker.core import SpeakerCore
from pybgp.speaker.outputs import Send

from . import adapter, traffic
from .daemons import refused
from .generator import FIRST_MED, KEEPALIVE, open_message
from .scenarios import DAEMON_ADDRESS, DAEMON_AS, FULL, HOLD_TIME, PORT, Peer, Scenario

PACKAGE = Path(pybgp.__file__).parent
READ = 65_536
"""Octets a reading of the network has at most."""
CHANGES = 20_000
"""Of a route, one by one."""
SCENARIOS = {
    each.key: each for each in FULL if (each.kind == "table" and each.profile == "internet") or each.kind == "latency"
}
SCENARIOS["b-100k"] = SCENARIOS["h-100k"]  # its name before there were growth curves


class Cost(NamedTuple):
    """CPU seconds for a number of UPDATEs."""

    updates: int
    received: float
    told: float


def measure(
    scenario: Scenario, profile: cProfile.Profile | None = None, edit: Callable[[str], str] = lambda text: text
) -> Cost:
    """One run: all sessions up, then the source's table in readings, each followed by a flush; that is profiled.

    ``edit`` changes the configuration's text.
    """
    core = _core(scenario, edit)
    conns = [_session(core, number, peer, scenario.add_path) for number, peer in enumerate(scenario.peers)]
    readings = _readings(core, conns[0], scenario)
    gc.collect()
    gc.freeze()
    received = told = 0.0
    if profile is not None:
        profile.enable()
    for data in readings:
        started = time.process_time()
        core.received(conns[0], data, 1.0)
        taken = time.process_time()
        core.flush(1.0)
        core.take_outputs()
        received += taken - started
        told += time.process_time() - taken
    if profile is not None:
        profile.disable()
    return Cost(sum(data.count(MARKER) for data in readings), received, told)


def _readings(core: SpeakerCore, conn: int, scenario: Scenario) -> list[bytes]:
    """What the source says: its table, or one change after the other when it has told that."""
    if scenario.kind == "table":
        stream = scenario.streams()[0]
        return [stream[at : at + READ] for at in range(0, len(stream), READ)]
    core.received(conn, scenario.tables()[0], 1.0)
    core.flush(1.0)
    core.take_outputs()
    source = next(peer for peer in scenario.peers if peer.source)
    return [traffic.one_change(source.ip, FIRST_MED + turn) for turn in range(CHANGES)]


def steps(scenario: Scenario, runs: int) -> str:
    """µs of CPU an UPDATE spends in each module, C calls counted for who makes them: a Markdown table.

    The profile says in which proportion, runs without it how much: a profile alone makes short functions dear.
    """
    best = min((measure(scenario) for _ in range(runs)), key=lambda cost: cost.received + cost.told)
    profile = cProfile.Profile(builtins=False)
    measure(scenario, profile)
    by_module: Counter[str] = Counter()
    for (file, _, _), (_, _, own, _, _) in pstats.Stats(profile).stats.items():  # type: ignore[attr-defined]
        place = Path(file)
        if PACKAGE in place.parents:
            by_module[".".join(place.relative_to(PACKAGE).with_suffix("").parts)] += own
    each = (best.received + best.told) / best.updates * 1e6
    lines = [f"| module | µs an UPDATE, of {each:.1f} |", "|---|---|"]
    total = sum(by_module.values())
    lines += [f"| `{name}` | {own / total * each:.2f} |" for name, own in by_module.most_common() if own > total / 200]
    return "\n".join(lines)


def _core(scenario: Scenario, edit: Callable[[str], str]) -> SpeakerCore:
    text = adapter.node_file(
        scenario.peers,
        Path("/nowhere"),
        local_as=DAEMON_AS,
        address=DAEMON_ADDRESS,
        port=PORT,
        hold_time=HOLD_TIME,
        add_path="both" if scenario.add_path else "off",
        refuse=refused(scenario),
    )
    core = SpeakerCore(parse(edit(text), name="node.toml").speaker, random=Random(1))
    core.start(0.0)
    return core


def _session(core: SpeakerCore, number: int, peer: Peer, add_path: bool) -> int:
    conn = core.new_conn()
    core.incoming(conn, 0.0, remote_address=peer.ip, local_address=DAEMON_ADDRESS)
    core.received(conn, open_message(peer.asn, pack("!I", 0xAC100001 + number), add_path) + KEEPALIVE, 0.0)
    while core.has_work:
        core.work(0.0)
    if not any(type(output) is Send for output in core.take_outputs()):
        raise RuntimeError(f"no session for {peer.ip}")
    return conn


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(prog="tests.bench.core", description=__doc__.partition(":")[0])
    parser.add_argument("scenarios", nargs="*", metavar="SCENARIO", help=f"default: a; one of {', '.join(SCENARIOS)}")
    parser.add_argument("-n", "--runs", type=int, default=3)
    parser.add_argument("--profile", action="store_true", help="where the time goes, by function")
    parser.add_argument("--steps", action="store_true", help="what each module takes of it (docs/design/route.md)")
    options = parser.parse_args()
    gc.set_threshold(200_000, 50, 1000)
    for key in options.scenarios or ["a"]:
        if options.steps:
            print(steps(SCENARIOS[key], options.runs), flush=True)
            continue
        if options.profile:
            profile = cProfile.Profile()
            measure(SCENARIOS[key], profile)
            pstats.Stats(profile).sort_stats("tottime").print_stats(25)
            continue
        best = min((measure(SCENARIOS[key]) for _ in range(options.runs)), key=lambda cost: cost.received + cost.told)
        received, told = (part / best.updates * 1e6 for part in (best.received, best.told))
        print(f"{key:10} {best.updates:,} UPDATEs: in {received:.2f}, out {told:.2f} µs of CPU each", flush=True)


if __name__ == "__main__":
    main()
