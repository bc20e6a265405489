"""The state file: what it claims after any history, and who may have it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.errors import FibError
from pybgp.fib.state import Identity, Journal, StateFile, replay, split_keys
from pybgp.speaker.fib import FibRoute, NextHop

HERE = Identity(protocol=12, table=254, boot_id="b", namespace=7)
V4 = Family.IPV4_UNICAST
KEYS = [b"\x18\x0a\x00" + bytes([i]) for i in range(5)] + [b"\x00", b"\x20\x0a\x01\x02\x03", b"\x1a\x0a\x01\x02\x40"]
WAYS = [
    FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01", "eth0"),), 0),
    FibRoute("unicast", (NextHop(b"\x0a\x63\x00\x01"), NextHop(bytes(15) + b"\1", "tunl0", True, 7)), 0),
    FibRoute("blackhole", (), 1024),
    FibRoute("unreachable", (), 0),
]


@given(
    st.lists(
        st.tuples(st.sampled_from(["put", "gone", "rewrite"]), st.sets(st.sampled_from(KEYS)), st.sampled_from(WAYS))
    )
)
@settings(max_examples=100, deadline=None)
def test_replay_claims_what_was_put_last(history: list) -> None:
    journal = Journal(HERE)
    text = journal.head()
    ours: dict[tuple[bytes, int], FibRoute] = {}
    for what, keys, way in history:
        if what == "put":
            text += journal.put(V4, [(key, way) for key in sorted(keys)])
            ours |= {(key, way.metric): way for key in keys}
        elif what == "gone":
            text += journal.gone(V4, [(key, way.metric) for key in sorted(keys)])
            ours = {at: route for at, route in ours.items() if at not in {(key, way.metric) for key in keys}}
        else:
            text = journal.head() + journal.put(V4, [(key, route) for (key, _), route in ours.items()])

    claims = replay(text, HERE).get(V4, {})

    assert {at: ways[0] for at, ways in claims.items()} == ours


def test_all_ways_since_the_place_was_empty_are_claimed() -> None:
    """The kernel may have refused the last ones, and the file doesn't say so."""
    journal = Journal(HERE)
    text = journal.head() + journal.put(V4, [(KEYS[0], WAYS[0])])
    for way in (WAYS[1], WAYS[3], WAYS[1]):
        text += journal.put(V4, [(KEYS[0], way)])

    assert replay(text, HERE)[V4][KEYS[0], 0] == (WAYS[1], WAYS[3], WAYS[0])
    text += journal.gone(V4, [(KEYS[0], 0)]) + journal.put(V4, [(KEYS[0], WAYS[3])])
    assert replay(text, HERE)[V4][KEYS[0], 0] == (WAYS[3],)


def test_a_cut_off_last_line_was_never_sent() -> None:
    journal = Journal(HERE)
    text = journal.head() + journal.put(V4, [(KEYS[0], WAYS[0])])
    more = journal.put(V4, [(KEYS[1], WAYS[0])])

    for cut in range(len(more)):
        assert set(replay(text + more[:cut], HERE)[V4]) == {(KEYS[0], 0)}


@pytest.mark.parametrize(
    "other",
    [Identity(13, 254, "b", 7), Identity(12, 100, "b", 7), Identity(12, 254, "c", 7), Identity(12, 254, "b", 8)],
    ids=["protocol", "table", "boot", "namespace"],
)
def test_another_identity_claims_nothing(other: Identity) -> None:
    journal = Journal(HERE)
    text = journal.head() + journal.put(V4, [(KEYS[0], WAYS[0])])

    assert replay(text, HERE) != {}
    assert replay(text, other) == {}


@pytest.mark.parametrize("text", ["", "\n", "{}\n", "nonsense\n", '{"pybgp_fib": 2}\n', "[1]\n", '"text"\n', "\0" * 9])
def test_what_is_no_state_file_claims_nothing(text: str) -> None:
    assert replay(text, HERE) == {}


def test_a_broken_line_ends_the_reading_but_what_was_before_counts() -> None:
    journal = Journal(HERE)
    text = journal.head() + journal.put(V4, [(KEYS[0], WAYS[0])]) + "broken\n" + journal.put(V4, [(KEYS[1], WAYS[0])])

    assert set(replay(text, HERE)[V4]) == {(KEYS[0], 0)}


def test_keys_are_told_apart_by_their_length() -> None:
    assert list(split_keys(b"".join(KEYS))) == KEYS


def test_one_at_a_time_and_the_lock_survives_a_rewrite(tmp_path: Path) -> None:
    path = str(tmp_path / "run" / "fib.json")
    first, second = StateFile(path), StateFile(path)
    assert first.open() == ""
    first.append("one\n")
    first.rewrite("new\n")
    with pytest.raises(FibError, match="another pybgp"):
        second.open()
    first.append("more\n")
    first.close()

    assert second.open() == "new\nmore\n"
    second.close()


def test_a_directory_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(FibError, match="File exists: routes can't be told"):
        StateFile(str(tmp_path / "file" / "fib.json")).open()


def test_the_file_is_rewritten_when_it_is_mostly_history(tmp_path: Path) -> None:
    state = StateFile(str(tmp_path / "fib.json"))
    state.open()
    state.rewrite("x" * 1000)
    assert not state.mostly_history

    state.append("y" * (1 << 21))

    assert state.mostly_history
    state.rewrite("x")
    assert not state.mostly_history
    assert os.path.getsize(tmp_path / "fib.json") == 1
    state.close()
