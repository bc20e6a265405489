"""RFC 7606 §6: thousands of damaged UPDATEs of every kind are counted, and cost few lines and little memory."""

from __future__ import annotations

import tracemalloc

import pytest

from pybgp.config.model import GracefulRestartConfig
from pybgp.speaker.damage import LINES
from tests.conformance.wire import AS_PATH, GOOD, NEXT_HOP, ORIGIN, P, attribute, update

from .world import World, ebgp

SPEAKER, BAD, GOOD_PEER = "192.0.2.1", "192.0.2.2", "192.0.2.3"
OFF = GracefulRestartConfig(role="off")
OWN = "10.65.1.0/26"
MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"


def damaged(number: int) -> bytes:
    """Distinct ones of a few hundred kinds: wrong lengths of what is known, and twice what is not."""
    code = number % 256
    if code in (1, 2, 3, 14, 15):
        code = 4
    extra = attribute(0xC0, code, number.to_bytes(5)) * 2
    return update(f"{MANDATORY} {extra} {attribute(0x80, 4, number.to_bytes(3))}")


@pytest.mark.row("UPD-20")
def test_a_flood_of_damaged_updates_is_counted_and_hardly_told() -> None:
    world = World()
    speaker = world.add(SPEAKER, asn=64512, peers=[ebgp(BAD, 65001), ebgp(GOOD_PEER, 65002)], graceful_restart=OFF)
    world.add(BAD, asn=65001, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    good = world.add(GOOD_PEER, asn=65002, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    world.run_until(speaker.core.all_established)
    good.announce(OWN)
    world.run_until(lambda: speaker.has(OWN))
    conn = speaker.core.sessions.peers[BAD].fsm.conn
    assert conn is not None
    flood = [b"".join(damaged(number) for number in range(at, at + 500)) for at in range(0, 5_000, 500)]
    speaker.core.received(conn, flood[0], world.now)
    speaker.events.clear()

    tracemalloc.start()
    for octets in flood:
        speaker.core.received(conn, octets, world.now)
        world.pump(speaker)
    grown, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    status = speaker.counters(BAD)
    assert status.update_errors > 10_000
    assert sum(sum(counts.values()) for counts in status.update_errors_by_kind.values()) == status.update_errors
    assert len(speaker.said("update_error")) <= LINES
    assert len(speaker.events) <= 2 * LINES
    assert all(len(str(fields["octets"])) <= 128 for fields in speaker.said("update_error"))
    assert grown < 2 << 20
    assert speaker.core.all_established()
    assert good.core.all_established()
    assert speaker.has(OWN)


@pytest.mark.row("UPD-26")
def test_a_damaged_update_leaves_no_stale_route_at_others() -> None:
    """A route that was passed on is taken back when what replaces it is damaged."""
    world = World()
    speaker = world.add(SPEAKER, asn=64512, peers=[ebgp(BAD, 65001), ebgp(GOOD_PEER, 65002)], graceful_restart=OFF)
    world.add(BAD, asn=65001, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    good = world.add(GOOD_PEER, asn=65002, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    world.run_until(speaker.core.all_established)
    conn = speaker.core.sessions.peers[BAD].fsm.conn
    assert conn is not None
    speaker.core.received(conn, GOOD.replace(bytes.fromhex("0a630001"), bytes.fromhex("c0000202")), world.now)
    world.pump(speaker)
    world.run_until(lambda: good.has(P))

    speaker.core.received(conn, damaged(1), world.now)
    world.pump(speaker)

    world.run_until(lambda: not good.has(P))
    assert speaker.core.all_established()
