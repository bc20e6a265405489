"""Dumps that BIRD, FRR and GoBGP write of the same routes: read without damage, and told as ``bgpdump -m`` tells them.

``PYBGP_MRT_KEEP=folder`` keeps the dumps there: so those of ``tests/data/mrt`` are made.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybgp import mrt
from tests.machine import program
from tests.support import until

from .conftest import open_folder, starter
from .daemons import Announcement, Daemon
from .network import Network
from .wiring import all_established, announcements, connect, has_routes, own_prefix

pytestmark = [pytest.mark.daemon("bgpdump", "bird", "frr", "gobgp"), pytest.mark.timeout(240)]

ASES = {"bird": 65001, "frr": 65002, "gobgp": 4200000003}
DUMPS = {
    "bird": ("bird-messages.mrt", "bird-table4.mrt", "bird-table6.mrt"),
    "frr": ("frr-all.mrt", "frr-updates.mrt", "frr-table.mrt"),
    "gobgp": ("gobgp-updates.mrt", "gobgp-table.mrt"),
}


def configuration(daemon: Daemon) -> Iterator[str]:
    """What makes a daemon write its dumps."""
    path = {name: daemon.folder / name for name in DUMPS[daemon.kind]}
    # GoBGP takes the digits of a path for those of a time: it gets a name alone, in the folder where it is started.
    if daemon.kind == "bird":
        yield f'mrtdump "{path["bird-messages.mrt"]}";'
        yield "mrtdump protocols all;"
    elif daemon.kind == "frr":
        yield f"dump bgp all {path['frr-all.mrt']}"
        yield f"dump bgp updates {path['frr-updates.mrt']}"
        yield f"dump bgp routes-mrt {path['frr-table.mrt']} 5"
    else:
        for kind in ("updates", "table"):
            yield "[[mrt-dump]]"
            yield "[mrt-dump.config]"
            yield f'dump-type = "{kind}"'
            yield f'file-name = "gobgp-{kind}.mrt"'
            yield "dump-interval = 60"


@pytest.fixture(scope="session")
def daemons() -> Iterator[dict[str, Daemon]]:
    """Three that know each other's routes, one with ADD-PATH, and have seen some go."""
    with open_folder() as folder, Network(ASES) as network, starter(folder) as start:
        found = {name: start(network, name, name, asn) for name, asn in ASES.items()}
        connect(found["bird"], found["frr"], add_path=True)
        connect(found["bird"], found["gobgp"])
        connect(found["frr"], found["gobgp"])
        for daemon in found.values():
            daemon.more = tuple(configuration(daemon))
            daemon.announced |= {each.prefix: each for each in (*announcements(daemon, 1), *more(daemon))}
            daemon.start()
        all_established(found.values())
        for daemon in found.values():
            others = [each for each in found.values() if each is not daemon]
            for version in (4, 6):
                has_routes(daemon, version, [own_prefix(each, version, n) for each in others for n in (1, 2)])
        for daemon in found.values():
            daemon.withdraw(own_prefix(daemon, 4, 2), own_prefix(daemon, 6, 2))
        for daemon in found.values():
            others = [each for each in found.values() if each is not daemon]
            for version in (4, 6):
                has_routes(daemon, version, [own_prefix(each, version, 1) for each in others])
        yield found


def more(daemon: Daemon) -> Iterator[Announcement]:
    """A second route of each version, which goes again."""
    for version in (4, 6):
        yield Announcement(
            prefix=own_prefix(daemon, version, 2), communities=("65000:1", "65000:2"), large_communities=("65000:1:2",)
        )


def ready(daemon: Daemon, name: str) -> Path:
    """The dump, once it is there and has something in it."""
    path = daemon.folder / name
    if name.startswith("bird-table"):
        version = name[len("bird-table")]
        daemon.host.run(
            program("birdc"), "-s", str(daemon.folder / "bird.ctl"), f'mrt dump table "master{version}" to "{path}"'
        )
    until(
        lambda: any(isinstance(each, mrt.Rib | mrt.Message) for each in mrt.read(path.read_bytes())),
        limit=90,
        why=f"{daemon} to write {name}",
        interval=0.5,
    )
    copy = path.with_suffix(".copy")  # they go on writing
    shutil.copy(path, copy)
    if keep := os.environ.get("PYBGP_MRT_KEEP"):
        shutil.copy(copy, Path(keep) / name)
    return copy


@pytest.mark.row("MRT-02", "MRT-03", "MRT-04")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(kind, name, id=name, marks=pytest.mark.turn("last" if kind == "gobgp" else "first"))
        for kind, names in DUMPS.items()
        for name in names
    ],
)
def test_a_dump_is_told_as_bgpdump_tells_it(daemons: dict[str, Daemon], kind: str, name: str) -> None:
    dump = ready(daemons[kind], name)

    records = list(mrt.read(dump.read_bytes()))

    assert not [each for each in records if isinstance(each, mrt.Damage)]
    if name == "gobgp-table.mrt":  # its own routes have a peer that isn't in the table: bgpdump aborts there
        records = [without_own(each) for each in records]
        dump.write_bytes(b"".join(mrt.write(records)))
    expected = subprocess.run([program("bgpdump"), "-m", str(dump)], capture_output=True, text=True, check=True).stdout
    assert [line for each in records for line in mrt.lines(each)] == expected.splitlines()
    assert expected


def without_own(record: mrt.Record) -> mrt.Record:
    if not isinstance(record, mrt.Rib):
        return record
    return record._replace(entries=tuple(each for each in record.entries if each.peer.asn))
