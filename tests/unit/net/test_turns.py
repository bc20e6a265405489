"""No turn of the event loop takes more than its share of input, and input keeps its order."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest
from netaddr import IPNetwork

from pybgp.config.model import PeerConfig, SpeakerConfig
from pybgp.net import shell
from pybgp.net.readable import Readable
from pybgp.net.speaker import Speaker
from pybgp.net.transport import Connection
from pybgp.net.turns import PAUSE, TURN, Turns
from pybgp.speaker import core
from pybgp.speaker.outputs import Send, SendAll
from tests.support import free_port

from .quiet import LIMIT, quiet, until


class MoreComes(Readable):
    """Someone always has octets for us."""

    def __bool__(self) -> bool:
        return True


def speaker(number: int, port: int, other: int, *, passive: bool) -> Speaker:
    peer = PeerConfig(
        address=f"127.0.0.{other}", remote_as=64512, local_address=f"127.0.0.{number}", port=port, passive=passive
    )
    listen = (f"127.0.0.{number}:{port}",) if passive else ()
    return Speaker(SpeakerConfig(local_as=64512, router_id=f"192.0.2.{number}", listen=listen, peers=(peer,)))


def test_what_comes_at_the_same_time_is_taken_in_turns() -> None:
    """Each input here takes half of a turn's share."""
    one = speaker(1, free_port(), 2, passive=True)
    done: list[int] = []
    turns: list[int] = []

    def work(number: int) -> None:
        time.sleep(TURN / 2)
        done.append(number)

    async def scenario() -> None:
        async with one:
            for number in range(20):
                one._turns.take(work, number)
            while len(done) < 20:
                turns.append(len(done))
                await asyncio.sleep(0)

    asyncio.run(scenario())

    assert done == list(range(20))
    assert turns[0] <= 3
    assert len(turns) >= 5


def test_what_had_to_wait_is_not_lost_with_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """All input waits, and nothing is read meanwhile: routes arrive, and the last words come before the end."""
    monkeypatch.setattr("pybgp.net.turns.TURN", -1.0)
    monkeypatch.setattr(shell, "MANY", -1)
    port = free_port()
    passive = speaker(1, port, 2, passive=True)

    async def scenario() -> None:
        async with passive:
            async with speaker(2, port, 1, passive=False) as active:
                await asyncio.gather(active.established(timeout=LIMIT), passive.established(timeout=LIMIT))
                for number in range(500):
                    active.announce(f"10.{number >> 8}.{number & 255}.0/24")
                await until(lambda: status(passive).families and received(passive) == 500)
            await until(lambda: status(passive).state != "established")

            assert "administrative shutdown" in str(status(passive).last_notification).lower()
            assert not passive._connections

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("few", "more", "busy", "at_once"),
    [(64, False, False, True), (64, True, False, False), (0, False, False, False), (64, False, True, False)],
    ids=["alone", "more can be read", "many peers", "something waits"],
)
def test_a_change_is_told_at_once_if_nothing_else_can_share_the_flush(
    monkeypatch: pytest.MonkeyPatch, few: int, more: bool, busy: bool, at_once: bool
) -> None:
    """It waited a turn of the loop for company, a tenth of the time that it takes through a reflector."""
    monkeypatch.setattr(shell, "FEW", few)
    port = free_port()
    passive = speaker(1, port, 2, passive=True)
    told: list[bool] = []

    async def scenario() -> None:
        async with passive, speaker(2, port, 1, passive=False) as active:
            await quiet(active, passive)
            received = passive._received
            if more:
                monkeypatch.setattr(passive, "_readable", MoreComes())

            def note(connection: Connection, data: bytes) -> None:
                if busy:
                    passive._turns.soon(lambda: None)
                received(connection, data)
                told.append(not passive.core.flush_wanted)

            monkeypatch.setattr(passive, "_received", note)
            active.announce("10.65.1.0/26")
            await until(lambda: told)
            await until(lambda: not passive.core.flush_wanted)

    asyncio.run(scenario())

    assert told[0] is at_once  # the NOTIFICATION comes behind


def test_what_can_be_read_is_read_before_anything_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each reading of a table was told by itself: three times the messages, and three times the calls of the kernel."""
    monkeypatch.setattr(shell, "SETTLE", 1000.0)
    port = free_port()
    passive = speaker(1, port, 2, passive=True)

    async def scenario() -> None:
        async with passive, speaker(2, port, 1, passive=False) as active:
            await quiet(active, passive)
            with monkeypatch.context() as patch:
                patch.setattr(passive, "_readable", MoreComes())
                active.announce("10.65.1.0/26")
                await until(lambda: passive.core.flush_wanted)
                for _ in range(50):
                    await asyncio.sleep(0)
                assert passive.core.flush_wanted
            await until(lambda: not passive.core.flush_wanted)

    asyncio.run(scenario())


def test_octets_for_many_are_handed_over_in_turns_and_nothing_overtakes_them(monkeypatch: pytest.MonkeyPatch) -> None:
    one = speaker(1, free_port(), 2, passive=True)
    written: dict[int, list[bytes]] = {conn: [] for conn in range(1, 41)}
    steps: list[int] = []

    async def scenario() -> None:
        async with one:
            monkeypatch.setattr(shell, "SENDING", -1.0)
            for conn, octets in written.items():
                one._connections[conn] = cast(Connection, SimpleNamespace(write=octets.append))
            one.core.put(SendAll(list(written), b"a"))
            one.core.put(Send(40, b"b"))
            one.core.put(Send(1, b"c"))
            one._perform()
            steps.append(sum(map(len, written.values())))
            await until(lambda: not one._outbox)
            one._connections.clear()

    asyncio.run(scenario())

    assert steps == [16]
    assert written == {1: [b"a", b"c"], 40: [b"a", b"b"], **{conn: [b"a"] for conn in range(2, 40)}}


def test_readable_says_whether_anybody_has_brought_something() -> None:
    readable = Readable()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        readable.watch(ours.fileno())
        before = bool(readable)

        theirs.send(b"x")
        with_octets = bool(readable)
        ours.recv(1)

        assert (before, with_octets, bool(readable)) == (False, True, False)
        theirs.close()
        assert readable
    assert not readable  # the kernel has forgotten it


class Clock:
    """A loop whose time stands still; ``turn`` is what it has been asked to call."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.arranged: list[Callable[[], None]] = []

    def time(self) -> float:
        return self.now

    def call_soon(self, what: Callable[[], None]) -> None:
        self.arranged.append(what)

    def turn(self) -> None:
        (what,) = self.arranged
        self.arranged.clear()
        what()


def test_a_share_of_several_readings_is_one_share_and_one_alone_arranges_nothing() -> None:
    """The loop's turns can't be told apart: what comes without a pause belongs to the one before."""
    clock = Clock()
    turns = Turns(cast(asyncio.AbstractEventLoop, clock), lambda: None)
    done: list[str] = []

    def work(name: str, seconds: float) -> None:
        clock.now += seconds
        done.append(name)

    assert turns.take(work, "alone", TURN / 2)
    assert not clock.arranged
    assert turns.take(work, "without a pause", TURN / 4)
    clock.now += 2 * PAUSE
    assert turns.take(work, "after one", TURN * 3 / 4)
    assert not clock.arranged
    assert turns.take(work, "too much", TURN / 2)
    assert len(clock.arranged) == 1
    clock.now += 2 * PAUSE  # others are busy in this turn of the loop
    assert not turns.take(work, "late", 0.0)
    assert not turns.take(work, "later", 0.0)
    assert len(clock.arranged) == 1
    clock.turn()
    assert not clock.arranged
    assert done == ["alone", "without a pause", "after one", "too much", "late", "later"]
    assert turns.take(work, "new", TURN * 2)
    clock.turn()
    assert turns.take(work, "another turn", 0.0)


def test_duties_wait_for_a_turn_that_has_time_for_them() -> None:
    """Each takes more than a turn's share; none comes twice in a turn, none is left out."""
    one = speaker(1, free_port(), 2, passive=True)
    turns: list[int] = []
    done: list[tuple[str, int]] = []

    def first() -> None:
        time.sleep(TURN * 1.5)
        done.append(("first", len(turns)))
        one._turns.soon(first)

    def second() -> None:
        time.sleep(TURN * 1.5)
        done.append(("second", len(turns)))

    async def scenario() -> None:
        async with one:
            one._turns.soon(first)
            one._turns.soon(second)
            one._turns.soon(second)
            async with asyncio.timeout(LIMIT):
                while len(done) < 4:
                    turns.append(len(done))
                    await asyncio.sleep(0)
            one._turns._duties.clear()

    asyncio.run(scenario())

    assert [name for name, _ in done[:4]] == ["first", "second", "first", "first"]
    assert len({turn for _, turn in done}) == len(done)


def test_timers_that_come_in_a_full_turn_are_the_first_of_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    one = speaker(1, free_port(), 2, passive=True)
    done: list[str] = []

    async def scenario() -> None:
        async with one:
            monkeypatch.setattr(one, "_tick", lambda: done.append("tick"))
            one._turns.take(time.sleep, TURN * 1.5)
            one._turns.soon(lambda: done.append("other"))
            one._timed()
            one._timed()
            assert done == []
            async with asyncio.timeout(LIMIT):
                while len(done) < 2:
                    await asyncio.sleep(0)

    asyncio.run(scenario())

    assert done == ["tick", "other"]


def test_a_peer_whose_input_leads_to_much_is_read_on_when_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "FLUSH_AT", 100)
    port, many = free_port(), 5_000
    passive = speaker(1, port, 2, passive=True)

    async def scenario() -> None:
        async with passive, speaker(2, port, 1, passive=False) as active:
            await asyncio.gather(active.established(timeout=LIMIT), passive.established(timeout=LIMIT))
            for number in range(many):
                active.announce(f"10.{number >> 8}.{number & 255}.0/24")
            await until(lambda: received(passive) == many)

    asyncio.run(scenario())


def test_a_bug_in_one_input_does_not_keep_those_behind_it() -> None:
    done: list[int] = []
    bugs: list[object] = []

    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda loop, context: bugs.append(context["exception"]))
        turns = Turns(loop, lambda: None)
        turns.take(time.sleep, TURN * 1.5)
        turns.take(lambda: 1 // 0)
        turns.take(done.append, 1)
        await until(lambda: done == [1])

    asyncio.run(scenario())

    assert [type(bug) for bug in bugs] == [ZeroDivisionError]


def test_who_is_not_established_in_time_is_named() -> None:
    async def scenario() -> None:
        async with speaker(1, free_port(), 2, passive=True) as one:
            with pytest.raises(TimeoutError, match=r"^not established after 0\.01 s: 127\.0\.0\.2: active$"):
                await one.established(timeout=0.01)
            with pytest.raises(TimeoutError, match=r"nobody: no such peer$"):
                await one.established("nobody", timeout=0.01)

    asyncio.run(scenario())


def status(one: Speaker):  # type: ignore[no-untyped-def]
    (row,) = one.core.peer_status(one.now())
    return row


def received(one: Speaker) -> int:
    return sum(counters.received for counters in status(one).families.values())


def test_a_watcher_hears_of_a_route_that_was_there_once() -> None:
    """It was announced in the same turn, and had not been told to anybody yet."""
    heard: list[str] = []

    async def scenario() -> None:
        async with Speaker(SpeakerConfig(local_as=64512, router_id="192.0.2.1", listen=())) as one:
            one.announce("10.65.1.0/24")
            async for change in one.watch():
                heard.append(str(change.prefix))
                if len(heard) == 1:
                    one.announce("10.65.2.0/24")
                if change.prefix == IPNetwork("10.65.2.0/24"):
                    return

    asyncio.run(asyncio.wait_for(scenario(), LIMIT))

    assert heard == ["10.65.1.0/24", "10.65.2.0/24"]
