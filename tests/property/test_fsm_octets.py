"""Whatever octets come, in whatever chunks: no exception, no surprise (matrix SEC-06, HDR-09)."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.fsm.states import State
from pybgp.messages.header import KEEPALIVE, message
from pybgp.messages.notification import Notification
from tests.unit.fsm.rig import Rig, peer_open, reach, said

STATES = st.sampled_from([(state, False) for state in State if state >= State.OPEN_SENT] + [(State.ACTIVE, True)])
"""States with a connection; Active has one while DelayOpenTimer runs."""


@st.composite
def bent_open(draw: st.DrawFn) -> bytes:
    """A good OPEN with some octets of its body changed."""
    body = bytearray(peer_open().encode()[19:])
    for _ in range(draw(st.integers(0, 4))):
        body[draw(st.integers(0, len(body) - 1))] = draw(st.integers(0, 255))
    return message(1, bytes(body))


MESSAGES = st.one_of(
    bent_open(),
    st.just(KEEPALIVE),
    st.builds(message, st.integers(0, 7), st.binary(max_size=40)),
    st.builds(lambda code, sub, data: Notification(code, sub, data).encode(), *[st.integers(0, 255)] * 2, st.binary()),
    st.binary(max_size=60),
)
STREAMS = st.lists(MESSAGES, max_size=6).map(b"".join)


def fed(state: tuple[State, bool], chunks: list[bytes]) -> Rig:
    rig = reach(state[0], delaying=state[1])
    for chunk in chunks:
        rig.octets(chunk)
    return rig


@pytest.mark.row("SEC-06")
@settings(deadline=None)
@given(STATES, STREAMS)
def test_no_octets_make_it_raise(state: tuple[State, bool], stream: bytes) -> None:
    """A session lives or goes Idle; there it has no timer and no connection."""
    rig = fed(state, [stream])

    assert (rig.session.link is None) == (rig.state is State.IDLE)
    assert rig.state is not State.IDLE or rig.timers == set()


@pytest.mark.row("HDR-09")
@settings(deadline=None)
@given(STATES, STREAMS, st.lists(st.integers(0, 400), max_size=6))
def test_the_chunks_make_no_difference(state: tuple[State, bool], stream: bytes, cuts: list[int]) -> None:
    """RFC 4271 §4.1: a message is what its length says."""
    borders = [0, *sorted(cuts), len(stream)]
    chunks = [stream[start:end] for start, end in itertools.pairwise(borders)]

    whole, split = fed(state, [stream]), fed(state, chunks)

    assert split.state is whole.state
    assert _joined(said(split.take())) == _joined(said(whole.take()))


def _joined(words: list[str]) -> list[str]:
    """UPDATEs are gathered as they come: how many at once is the chunks' business."""
    return [word for before, word in zip(["", *words], words, strict=False) if (before, word) != ("updates", "updates")]
