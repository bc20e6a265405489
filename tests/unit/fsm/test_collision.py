"""Which of two connections lives: matrix rows COL-01 to COL-06 as a pure function (RFC 4271 §6.8, RFC 6286)."""

from __future__ import annotations

import itertools

import pytest

from pybgp.fsm.collision import Contender, Identity, Outcome, resolve
from pybgp.fsm.states import State

LOW, HIGH = Identity(bytes((10, 0, 0, 1)), 64512), Identity(bytes((200, 0, 0, 1)), 64512)
CONFIRM = State.OPEN_CONFIRM


def incoming(state: State = CONFIRM, **more: bool) -> Contender:
    return Contender(state, incoming=True, **more)


def outgoing(state: State = CONFIRM, **more: bool) -> Contender:
    return Contender(state, incoming=False, **more)


def settle(
    new: Contender, old: Contender, *, we: Identity = LOW, peer: Identity = HIGH, detect: bool = False
) -> Outcome:
    return resolve(new, old, local=we, remote=peer, detect_established=detect)


@pytest.mark.row("COL-01")
@pytest.mark.parametrize(
    ("we", "peer", "new", "old", "outcome"),
    [
        (LOW, HIGH, incoming(), outgoing(), Outcome.OLD_LOSES),
        (LOW, HIGH, outgoing(), incoming(), Outcome.NEW_LOSES),
        (HIGH, LOW, incoming(), outgoing(), Outcome.NEW_LOSES),
        (HIGH, LOW, outgoing(), incoming(), Outcome.OLD_LOSES),
    ],
    ids=["low-then-incoming", "low-then-ours", "high-then-incoming", "high-then-ours"],
)
def test_the_larger_identifier_keeps_the_connection_it_opened(
    we: Identity, peer: Identity, new: Contender, old: Contender, outcome: Outcome
) -> None:
    """RFC 4271 §6.8, in each order of events."""
    assert settle(new, old, we=we, peer=peer) is outcome


@pytest.mark.row("COL-01")
def test_identifiers_compare_as_unsigned_numbers() -> None:
    """RFC 4271 §6.8: host order, four octets: 9.0.0.0 is less than 10.0.0.0, 128.0.0.0 more than 127.0.0.0."""
    for small, large in (
        ((9, 0, 0, 0), (10, 0, 0, 0)),
        ((127, 255, 0, 0), (128, 0, 0, 0)),
        ((1, 0, 0, 2), (1, 0, 1, 1)),
    ):
        outcome = settle(incoming(), outgoing(), we=Identity(bytes(small), 1), peer=Identity(bytes(large), 1))
        assert outcome is Outcome.OLD_LOSES


@pytest.mark.row("COL-03")
def test_equal_identifiers_are_decided_by_the_as_number() -> None:
    """RFC 6286 §2.3."""
    we, peer = Identity(LOW.router_id, 64512), Identity(LOW.router_id, 4200000000)

    assert settle(incoming(), outgoing(), we=we, peer=peer) is Outcome.OLD_LOSES
    assert settle(incoming(), outgoing(), we=peer, peer=we) is Outcome.NEW_LOSES


@pytest.mark.row("COL-01")
def test_both_ends_keep_the_same_connection() -> None:
    """The law behind §6.8: whatever order the OPENs come in, both ends know which one lives."""
    openers = set()
    for we, peer in itertools.permutations((LOW, HIGH)):
        for new, old in itertools.permutations((incoming(), outgoing())):
            kept = new if settle(new, old, we=we, peer=peer) is Outcome.OLD_LOSES else old
            openers.add(peer if kept.incoming else we)

    assert openers == {HIGH}


@pytest.mark.row("COL-04")
@pytest.mark.parametrize("new", [incoming(after_established=True), incoming(), outgoing()])
def test_an_established_session_is_left_alone(new: Contender) -> None:
    """RFC 4271 §6.8, CollisionDetectEstablishedState off."""
    for we, peer in itertools.permutations((LOW, HIGH)):
        assert settle(new, outgoing(State.ESTABLISHED), we=we, peer=peer) is Outcome.NEW_LOSES


@pytest.mark.row("COL-04", "FSM-55")
def test_with_detection_an_established_session_competes() -> None:
    """RFC 4271 §8.1.1, CollisionDetectEstablishedState."""
    established = outgoing(State.ESTABLISHED)

    assert settle(incoming(), established, detect=True) is Outcome.OLD_LOSES
    assert settle(incoming(), established, we=HIGH, peer=LOW, detect=True) is Outcome.NEW_LOSES


@pytest.mark.row("COL-05")
def test_a_restarted_peer_replaces_its_established_session() -> None:
    """RFC 4724 §5: a new connection from a peer that can restart."""
    established = outgoing(State.ESTABLISHED, restartable=True)

    assert settle(incoming(after_established=True), established) is Outcome.OLD_IS_REPLACED


@pytest.mark.row("COL-05")
@pytest.mark.parametrize("new", [incoming(), outgoing(after_established=True)], ids=["older", "ours"])
def test_a_connection_that_was_on_its_way_is_no_restart(new: Contender) -> None:
    """Else both ends could drop the connection that the other one keeps."""
    assert settle(new, outgoing(State.ESTABLISHED, restartable=True)) is Outcome.NEW_LOSES


@pytest.mark.row("COL-06")
def test_without_the_identifier_both_go_on() -> None:
    """RFC 4271 §6.8: OpenSent, no OPEN on the other one yet. The one that would lose keeps still for a moment."""
    for we, peer in itertools.permutations((LOW, HIGH)):
        ours = settle(outgoing(State.OPEN_SENT), incoming(State.OPEN_SENT), we=we, peer=peer)
        theirs = settle(incoming(State.OPEN_SENT), outgoing(State.OPEN_SENT), we=we, peer=peer)

        assert {ours, theirs} == {Outcome.BOTH_GO_ON, Outcome.NEW_WAITS}
        assert ours is (Outcome.BOTH_GO_ON if we is HIGH else Outcome.NEW_WAITS)


@pytest.mark.row("COL-01", "COL-04")
@pytest.mark.parametrize("state", [CONFIRM, State.ESTABLISHED], ids=str)
def test_what_may_be_established_at_the_peer_is_for_the_peer_to_close(state: State) -> None:
    """Our KEEPALIVE is gone there; a peer that has no say is not asked, nor one that dialled afterwards."""
    old = outgoing(state, confirmed=True)

    assert settle(incoming(), old) is Outcome.PEER_DECIDES
    assert settle(incoming(), old, we=HIGH, peer=LOW) is Outcome.NEW_LOSES
    assert settle(outgoing(), incoming(state, confirmed=True)) is Outcome.NEW_LOSES


@pytest.mark.row("COL-04")
def test_a_peer_that_dials_after_established_is_not_asked() -> None:
    """RFC 4271 §6.8."""
    old = outgoing(State.ESTABLISHED, confirmed=True)

    assert settle(incoming(after_established=True), old) is Outcome.NEW_LOSES


@pytest.mark.row("COL-06")
@pytest.mark.parametrize("state", [State.CONNECT, State.ACTIVE], ids=str)
def test_a_connection_on_which_nothing_was_said_is_dropped(state: State) -> None:
    """The peer cannot have chosen it: it has no OPEN of ours there."""
    assert settle(incoming(State.OPEN_SENT), outgoing(state)) is Outcome.OLD_IS_ABANDONED


@pytest.mark.row("COL-01")
def test_of_two_from_the_peer_the_newer_lives() -> None:
    """It opens one at a time, so the older one is lost, whoever has the larger identifier."""
    for we, peer in itertools.permutations((LOW, HIGH)):
        assert settle(incoming(), incoming(), we=we, peer=peer) is Outcome.OLD_LOSES
