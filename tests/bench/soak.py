"""Does memory come back when peers leave? ``python -m tests.bench.soak [ROUNDS]``.

A reflector's core without sockets has a client that stays; in each round another one connects from an address of its
own, announces a table whose attributes nobody has sent before, and is lost. Printed are the process's resident set
after the first rounds and after the last, and how many objects of each kind there are more than before.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from collections import Counter
from pathlib import Path
from random import Random
from struct import pack
from typing import Final

from pybgp.config.file import parse
from pybgp.speaker.core import SpeakerCore
from pybgp.speaker.outputs import SendAll

from . import traffic
from .generator import KEEPALIVE, open_message
from .scenarios import DAEMON_ADDRESS, DAEMON_AS

ROUNDS: Final = 200
WARM: Final = 40
"""Rounds after which the allocator has what it needs."""
PREFIXES: Final = 500
KINDS: Final = ("Block", "Path", "Source", "Member", "Peer", "Inbound", "Counters", "UpdateGroup")
STAYS: Final = "10.99.16.1"
CONFIG: Final = f"""
local_as = {DAEMON_AS}
router_id = "{DAEMON_ADDRESS}"
listen = []
families = {{ ipv4-unicast = {{ add_path = "both" }} }}
[[peers]]
address = "{STAYS}"
remote_as = {DAEMON_AS}
passive = true
route_reflector_client = true
[[dynamic_peers]]
prefix = "10.99.0.0/16"
remote_as = {DAEMON_AS}
route_reflector_client = true
"""


class Soak:
    """The core, its clock, and the rounds."""

    def __init__(self) -> None:
        self.now = 0.0
        self.core = SpeakerCore(parse(CONFIG, name="node.toml").speaker, random=Random(1))
        self.core.start(self.now)
        self.stays = self.session(STAYS)
        self.told = 0  # octets that the client that stays has got

    def round(self, number: int) -> None:
        """One client comes, announces, and is lost; then time passes until no timer knows it."""
        address = f"10.99.{100 + number // 250}.{1 + number % 250}"
        conn = self.session(address)
        self.receive(conn, self.table(number, address))
        self.core.connection_failed(conn, self.now, "connection lost")
        self.work()
        for _ in range(8):
            self.now += 85
            self.receive(self.stays, KEEPALIVE)
            self.core.tick(self.now)
            self.work()

    def left(self) -> dict[str, int]:
        """Objects by kind."""
        gc.collect()
        found = Counter(type(each).__name__ for each in gc.get_objects() if type(each).__module__.startswith("pybgp."))
        return {kind: found[kind] for kind in KINDS} | {
            "remembered blocks": len(self.core.blocks),
            "path identifiers": len(self.core.outbound.ids),
        }

    def session(self, address: str) -> int:
        conn = self.core.new_conn()
        self.core.incoming(conn, self.now, remote_address=address, local_address=DAEMON_ADDRESS)
        number = sum(int(part) << 8 * at for at, part in enumerate(reversed(address.split("."))))
        self.receive(conn, open_message(DAEMON_AS, pack("!I", number), add_path=True) + KEEPALIVE)
        return conn

    def table(self, number: int, address: str) -> bytes:
        """Its next hop makes every set of attributes a new one."""
        return traffic.internet(PREFIXES, address=address, asn=DAEMON_AS, internal=True, path_id=1 + number)

    def receive(self, conn: int, data: bytes) -> None:
        self.core.received(conn, data, self.now)
        self.work()

    def work(self) -> None:
        core = self.core
        core.flush(self.now)
        while core.has_work:
            core.work(self.now)
        for output in core.take_outputs():
            if isinstance(output, SendAll) and getattr(self, "stays", None) in output.conns:
                self.told += len(output.data)


def resident() -> float:
    """MiB of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)


def soak(rounds: int) -> dict[str, object]:
    """Run them; what was left, and the resident set when warm and at the end."""
    run = Soak()
    before = run.left()
    warm = 0.0
    for number in range(rounds):
        run.round(number)
        if number + 1 == min(WARM, rounds):
            gc.collect()
            warm = resident()
    left = {kind: count - before[kind] for kind, count in run.left().items()}
    return {"rounds": rounds, "warm_mib": round(warm, 1), "end_mib": round(resident(), 1), "left": left}


if __name__ == "__main__":
    print(json.dumps(soak(int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS)))
