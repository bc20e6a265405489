"""After our start: for whose tables we wait before what an earlier run left may go (RFC 4724 §4.1)."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, address_octets
from pybgp.config.model import DynamicPeersConfig, GracefulRestartConfig, PeerConfig
from pybgp.messages.header import KEEPALIVE
from pybgp.messages.open import Open

from .world import World, ibgp

A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
V4 = Family.IPV4_UNICAST
LONG = GracefulRestartConfig(absent_time=1000, deferral_time=2000)
"""A peer that sends no End-of-RIB is waited for so long."""


@pytest.mark.row("GRS-13")
def test_guests_are_not_waited_for(world: World) -> None:
    template = PeerConfig("", remote_as=64512, passive=True)
    ranges = (DynamicPeersConfig("192.0.2.0/26", template=template),)
    one = world.add(A, peers=[ibgp(B)], dynamic_peers=ranges, graceful_restart=LONG)
    conn = one.core.new_conn()
    one.core.incoming(conn, world.now, remote_address=C, local_address=A)
    one.core.received(conn, Open(4, 64512, 90, address_octets(C), ()).encode() + KEEPALIVE, world.now)
    world.pump(one)
    assert one.core.all_established((C,))

    world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: V4 in one.swept, limit=60)


@pytest.mark.row("GRS-13")
def test_a_peer_that_is_removed_is_not_waited_for(world: World) -> None:
    one = world.add(A, peers=[ibgp(B), ibgp(C)], graceful_restart=LONG)
    world.add(B, peers=[ibgp(A)])
    world.run_until(lambda: one.core.all_established((B,)))
    world.advance(1)
    assert V4 not in one.swept

    one.core.remove_peer(C, world.now)
    one.core.reset_peer(B, world.now)
    world.pump(one)
    world.run_until(lambda: V4 in one.swept, limit=100)


@pytest.mark.row("GRS-13")
def test_after_the_deferral_time_nobody_is_waited_for(world: World) -> None:
    settings = GracefulRestartConfig(absent_time=1000, deferral_time=50)
    one = world.add(A, peers=[ibgp(B), ibgp(C)], graceful_restart=settings)

    world.advance(49)
    before = list(one.swept)
    world.advance(2)

    assert V4 not in before
    assert V4 in one.swept
