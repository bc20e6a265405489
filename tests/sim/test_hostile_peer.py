"""Whatever an Established peer sends, the speaker lives, and another peer's routes and session don't suffer."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.config.model import GracefulRestartConfig
from pybgp.messages.header import message

from .world import World, ebgp

SPEAKER, BAD, GOOD = "192.0.2.1", "192.0.2.2", "192.0.2.3"
P = "10.65.1.0/26"
OFF = GracefulRestartConfig(role="off")

SEED_UPDATES = [
    bytes.fromhex("0000" "0014" "40010100" "40020602010000fde9" "400304c0000202" "180a0102"),
    bytes.fromhex("0000" "001b" "40010100" "40020602010000fde9" "400304c0000202" "c00804fc000007" "1a0a010240"),
    bytes.fromhex("0004" "180a0102" "0000"),
    bytes.fromhex("0000" "0000"),
    bytes.fromhex("0000" "0006" "800f03000201"),
]  # fmt: skip


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """An UPDATE with octets changed, cut out or doubled; its length field is right, its inside may lie."""
    body = bytearray(draw(st.sampled_from(SEED_UPDATES)))
    for _ in range(draw(st.integers(0, 4))):
        at = draw(st.integers(0, len(body))) if body else 0
        what = draw(st.integers(0, 2))
        if what == 0 and at < len(body):
            body[at] = draw(st.integers(0, 255))
        elif what == 1:
            del body[at : at + draw(st.integers(1, 4))]
        else:
            body[at:at] = draw(st.binary(min_size=1, max_size=6))
    return message(2, bytes(body))


@settings(max_examples=120, deadline=None)
@given(st.lists(damaged(), min_size=1, max_size=8), st.binary(max_size=30), st.data())
def test_a_hostile_peer_hurts_only_itself(updates: list[bytes], junk: bytes, data: st.DataObject) -> None:
    world = World()
    speaker = world.add(SPEAKER, asn=64512, peers=[ebgp(BAD, 65001), ebgp(GOOD, 65002)], graceful_restart=OFF)
    world.add(BAD, asn=65001, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    good = world.add(GOOD, asn=65002, peers=[ebgp(SPEAKER, 64512)], graceful_restart=OFF)
    world.run_until(speaker.core.all_established)
    good.announce(P)
    world.run_until(lambda: speaker.has(P))
    conn = speaker.core.sessions.peers[BAD].fsm.conn
    assert conn is not None

    octets = b"".join(updates) + junk
    at = 0
    while at < len(octets):
        size = data.draw(st.integers(1, 200))
        speaker.core.received(conn, octets[at : at + size], world.now)
        world.pump(speaker)
        at += size
    world.advance(1)

    assert speaker.core.all_established((GOOD,))
    assert speaker.has(P)
    assert good.core.all_established()
