"""Two state machines against each other over a wire that delays, cuts, resets and forgets.

The laws: at any time an end has at most one session up, and every connection ends once (the wire asserts both). When
the troubles are over, both are Established on the same, single connection, or whoever was stopped is Idle and the
other one holds no session: never one side dead, never two sessions. And without troubles a session that has come up
stays, in whatever order two dials cross.
"""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pybgp.constants import CeaseSubcode
from pybgp.errors import Cease, UpdateError
from pybgp.fsm.actions import Down, Send, Up
from pybgp.fsm.settings import SessionSettings
from pybgp.fsm.states import State
from pybgp.messages.context import PeerKind
from pybgp.messages.header import KEEPALIVE
from tests.unit.fsm.wire import OTHER, Side, Wire

SIDES = st.sampled_from(["a", "b"])
QUIET = 1500.0
"""Seconds in which two healthy ends on a healthy wire find each other: several of the longest waits (120 s)."""


@st.composite
def options(draw: st.DrawFn) -> dict[str, Any]:
    """What an operator may choose at one end."""
    return {
        "hold_time": draw(st.sampled_from([3, 9, 90])),
        "delay_open_time": draw(st.sampled_from([0.0, 0.0, 1.5])),
        "connect_retry_time": draw(st.sampled_from([5.0, 120.0])),
        "damp_peer_oscillations": draw(st.booleans()),
        "graceful_restart": draw(st.sampled_from(["off", "helper", "both"])),
        "collision_detect_established": draw(st.booleans()),
        "send_notification_without_open": draw(st.booleans()),
    }


def two_ends(
    a: dict[str, Any], b: dict[str, Any], ids: tuple[int, int], passive: str = ""
) -> tuple[SessionSettings, SessionSettings]:
    """Both ends' settings, an external session."""
    one, other = (
        SessionSettings(
            name=side,
            local_as=65000 if side == "a" else 65001,
            remote_as=65001 if side == "a" else 65000,
            router_id=bytes((10, 0, 0, number)),
            kind=PeerKind.EXTERNAL,
            passive=passive == side,
            **more,
        )
        for side, number, more in (("a", ids[0], a), ("b", ids[1], b))
    )
    return one, other


IDS = st.sampled_from([(1, 2), (2, 1), (7, 7)])


class Pair(RuleBasedStateMachine):
    """One wire, two peers, and everything that can happen to them."""

    wire: Wire

    @initialize(
        a=options(),
        b=options(),
        ids=IDS,
        passive=st.sampled_from(["", "", "a", "b"]),
        seed=st.integers(0, 2**16),
        delay=st.sampled_from([0.001, 0.05, 0.5]),
        together=st.booleans(),
    )
    def begin(
        self,
        a: dict[str, Any],
        b: dict[str, Any],
        ids: tuple[int, int],
        passive: str,
        seed: int,
        delay: float,
        together: bool,
    ) -> None:
        self.wire = Wire(*two_ends(a, b, ids, passive), seed=seed, delay=delay)
        self.wanted = {"a", "b"}
        self.wire.start()
        if together:
            self.they_find_each_other(cut=False)

    @rule(seconds=st.one_of(st.floats(0, 0.2), st.floats(0, 10), st.floats(10, 300)))
    def time_passes(self, seconds: float) -> None:
        self.wire.run(seconds)

    @rule(cut=st.booleans())
    def they_find_each_other(self, cut: bool) -> None:
        """Most of what can go wrong needs a session first; a cut may follow at any distance."""
        self.wire.refusing.clear()
        self.wire.heal()
        for side in OTHER:
            self.the_operator_starts(side)
        assert self.wire.run(QUIET, self._agreed), f"no session after {QUIET:.0f} s: {self._states()}"
        self.wire.cut = cut

    @rule(side=SIDES)
    def one_end_loses_the_connection(self, side: Side) -> None:
        """The other end hears of it when it sends."""
        tcp = self.wire.tcp(side)
        if tcp is not None:
            self.wire.vanish(tcp, side)

    @rule(side=SIDES)
    def a_daemon_dies_and_is_started_again(self, side: Side) -> None:
        self.wire.crash(side)
        if side in self.wanted:
            self.wire.start(side)

    @rule()
    def the_wire_is_cut(self) -> None:
        self.wire.cut = True

    @rule()
    def the_wire_is_cut_for_longer_than_the_hold_time(self) -> None:
        """Then nobody may believe in a session any more (RFC 4271 §6.5)."""
        self.wire.cut = True
        self.wire.run(91)
        assert not any(self.wire.up.values())
        self.wire.heal()

    @rule()
    def the_wire_is_mended(self) -> None:
        self.wire.heal()

    @rule(side=SIDES, refusing=st.booleans())
    def a_listener_goes_or_comes(self, side: Side, refusing: bool) -> None:
        (self.wire.refusing.add if refusing else self.wire.refusing.discard)(side)

    @rule(pick=st.integers(0, 3), ends=st.sampled_from(["a", "b", "ab"]))
    def a_connection_is_reset(self, pick: int, ends: str) -> None:
        if self.wire.tcps:
            tcp = self.wire.tcps[pick % len(self.wire.tcps)]
            made = [side for side in ends if side in tcp.made]
            self.wire.reset(tcp, *made)  # type: ignore[arg-type]

    @rule(side=SIDES)
    def the_operator_stops(self, side: Side) -> None:
        self.wanted.discard(side)
        self.wire.do(side, lambda peer: peer.stop(self.wire.now, text="bye"))

    @rule(side=SIDES)
    def the_operator_starts(self, side: Side) -> None:
        self.wanted.add(side)
        self.wire.start(side)

    @rule(side=SIDES)
    def the_operator_resets(self, side: Side) -> None:
        error = Cease(subcode=CeaseSubcode.ADMINISTRATIVE_RESET)
        self.wire.do(side, lambda peer: peer.reset(self.wire.now, error))

    @rule(side=SIDES)
    def the_daemon_stops_silently_and_comes_back(self, side: Side) -> None:
        self.wire.do(side, lambda peer: peer.shutdown_silently(self.wire.now))
        if side in self.wanted:
            self.wire.start(side)

    @rule(side=SIDES, seconds=st.floats(0, 300))
    def too_many_prefixes(self, side: Side, seconds: float) -> None:
        self.wire.do(side, lambda peer: peer.hold_down(self.wire.now, seconds, Cease(subcode=1)))

    @rule(side=SIDES)
    def the_speaker_finds_an_error(self, side: Side) -> None:
        conn = self.wire.peers[side].conn
        if conn is not None:
            self.wire.do(side, lambda peer: peer.fail(conn, UpdateError(), self.wire.now))

    @rule(side=SIDES)
    def a_transport_is_stuck(self, side: Side) -> None:
        conn = self.wire.peers[side].conn
        if conn is not None:
            self.wire.do(side, lambda peer: peer.blocked(conn, self.wire.now))
            self.wire.do(side, lambda peer: peer.sent(conn, self.wire.now))

    @invariant()
    def the_peers_know_what_they_said(self) -> None:
        """``Up`` and ``Down`` tell the whole truth about Established."""
        if not hasattr(self, "wire"):
            return
        for side, peer in self.wire.peers.items():
            assert self.wire.up[side] == peer.conn
            assert (peer.conn is not None) == (peer.state is State.ESTABLISHED)
            assert len(peer._sessions) <= 2

    def teardown(self) -> None:
        """Quiet: the wire is whole, everybody listens, and the time passes."""
        if not hasattr(self, "wire"):
            return
        self.wire.refusing.clear()
        self.wire.heal()
        if len(self.wanted) == 2:
            found = self.wire.run(QUIET, self._agreed)
            assert found, f"no session after {QUIET:.0f} s: {self._states()}"
            self._lasts()
            return
        self.wire.run(QUIET)
        for side, peer in self.wire.peers.items():
            assert peer.state is not State.ESTABLISHED, f"{side} has a session with nobody: {self._states()}"
            if side not in self.wanted:
                assert peer.state is State.IDLE
                assert peer.next_deadline is None
        assert all(len(tcp.conns) < 2 for tcp in self.wire.tcps), "a connection between stopped ends"

    def _lasts(self) -> None:
        """From then on there are KEEPALIVEs and nothing else."""
        self.wire.run(1)
        before = len(self.wire.log)
        self.wire.run(600)
        assert self._agreed(), f"the session did not last: {self._states()}"
        more = [(at, side, action) for at, side, action in self.wire.log[before:] if not _is_keepalive(action)]
        assert not more, f"a session that runs is left alone: {more[:3]}"

    def _agreed(self) -> bool:
        """Both are up on the same connection, and there is no other."""
        tcp = self.wire.tcp("a")
        return tcp is not None and tcp is self.wire.tcp("b") and self.wire.tcps == [tcp]

    def _states(self) -> str:
        peers = self.wire.peers
        return ", ".join(f"{side} {peers[side].state} ({peers[side].status().last_error})" for side in OTHER)


def _is_keepalive(action: object) -> bool:
    return isinstance(action, Send) and action.data == KEEPALIVE


Pair.TestCase.settings = hypothesis_settings(max_examples=60, stateful_step_count=25, deadline=None)
TestTwoPeers = Pair.TestCase


@hypothesis_settings(max_examples=150, deadline=None)
@given(
    a=options(),
    b=options(),
    ids=IDS,
    seed=st.integers(0, 2**32),
    delay=st.sampled_from([0.001, 0.01, 0.1]),
    first=SIDES,
    lag=st.floats(0, 6),
)
def test_dials_that_cross_bring_one_session_up_and_it_stays(
    a: dict[str, Any], b: dict[str, Any], ids: tuple[int, int], seed: int, delay: float, first: Side, lag: float
) -> None:
    """RFC 4271 §6.8 when both ends dial within ``lag`` segments of each other: nobody goes up, down and up again."""
    wire = Wire(*two_ends(a, b, ids), seed=seed, delay=delay)

    wire.start(first)
    wire.run(lag * delay)
    wire.start(OTHER[first])
    assert wire.run(QUIET, wire.both_up)
    wire.run(20)

    assert wire.tcp("a") is wire.tcp("b") is not None
    assert wire.tcps == [wire.tcp("a")]
    for side in OTHER:
        assert len(wire.seen(side, Up)) == 1
        assert wire.seen(side, Down) == []
