"""The RTR client's state machine (RFC 8210 §5-§8, §12), with a cache that is a value machine too."""

from __future__ import annotations

import pytest

from pybgp.rpki import client, pdu
from pybgp.rpki.client import CacheState, Client, Data, Dial, HangUp, Note, Send, newer
from pybgp.rpki.pdu import RtrErrorCode
from tests.rtr_cache import RtrCache, records

ONE, TWO = "192.0.2.0/24 le 28 as 65001", "2001:db8::/32 as 65002"


class Link:
    """A client and a cache on a virtual clock; octets take no time."""

    def __init__(self, cache: RtrCache, chunk: int = 1 << 20) -> None:
        self.cache = cache
        self.client = Client()
        self.now = 1000.0
        self.chunk = chunk
        self.reachable = True
        self.silent = False
        self.notes: list[Note] = []
        self.data: list[Data] = []
        self.dials: list[float] = []
        self._queue: list[bytes] = []
        self._conn = 0
        self.client.start(self.now)
        self.pump()

    def pump(self) -> None:
        while (output := self.client.take_output()) or self._queue:
            for action in output:
                match action:
                    case Dial():
                        self.dials.append(self.now)
                        self._conn += 1
                        if self.reachable:
                            self.client.connected(self.now)
                        else:
                            self.client.lost(self.now, "connection refused")
                    case Send(data) if not self.silent:
                        out, goes_on = self.cache.answer(data, self._conn)
                        self._queue.append(out)
                        if not goes_on:
                            self._queue.append(b"")
                    case HangUp():
                        self._queue.clear()
                    case Data():
                        self.data.append(action)
                    case Note():
                        self.notes.append(action)
            if self._queue:
                data = self._queue.pop(0)
                if data:
                    for at in range(0, len(data), self.chunk):
                        self.client.received(data[at : at + self.chunk], self.now)
                else:
                    self.client.lost(self.now, "closed by the cache")

    def say(self, data: bytes) -> None:
        self._queue.append(data)
        self.pump()

    def advance(self, seconds: float) -> None:
        end = self.now + seconds
        while (deadline := self.client.next_deadline) is not None and deadline <= end:
            self.now = max(self.now, deadline)
            self.client.tick(self.now)
            self.pump()
        self.now = end


def test_a_new_client_asks_for_everything() -> None:
    """RFC 8210 §8.1."""
    link = Link(RtrCache(ONE, TWO))

    assert link.client.vrps == records(ONE, TWO)
    assert link.client.state is CacheState.SYNCED
    assert link.data == [Data(frozenset(records(ONE, TWO)), frozenset())]
    assert link.cache.queries == [pdu.ResetQuery(1)]


@pytest.mark.row("RPK-06")
def test_a_notify_brings_what_has_changed() -> None:
    """RFC 8210 §8.2, and withdrawals (§5.6)."""
    link = Link(RtrCache(ONE))

    link.say(link.cache.change(TWO, withdraw=(ONE,)))

    assert link.client.vrps == records(TWO)
    assert link.data[-1] == Data(frozenset(records(TWO)), frozenset(records(ONE)))
    assert link.cache.queries[-1] == pdu.SerialQuery(1, 7, 1)
    assert link.client.serial == 2


def test_a_notify_of_what_we_have_is_no_news() -> None:
    link = Link(RtrCache(ONE))

    link.say(link.cache.notify())

    assert len(link.cache.queries) == 1


@pytest.mark.row("RPK-06")
def test_serial_numbers_turn_over() -> None:
    """RFC 1982."""
    cache = RtrCache(ONE)
    cache.serial, cache.history = 0xFFFFFFFF, {0xFFFFFFFF: set(cache.vrps)}
    link = Link(cache)

    link.say(cache.change(TWO))

    assert (link.client.serial, link.client.vrps) == (0, records(ONE, TWO))
    assert newer(0, 0xFFFFFFFF)
    assert not newer(0xFFFFFFFF, 0)
    assert not newer(5, 5)


@pytest.mark.row("RPK-09")
def test_without_a_notify_it_asks_when_the_refresh_interval_is_over() -> None:
    """RFC 8210 §6."""
    cache = RtrCache(ONE)
    cache.times = (900, 60, 7200)
    link = Link(cache)
    cache.change(TWO)

    link.advance(899)
    early = set(link.client.vrps)
    link.advance(2)

    assert early == records(ONE)
    assert link.client.vrps == records(ONE, TWO)


@pytest.mark.row("RPK-07")
def test_a_cache_that_forgot_its_history_is_asked_for_everything() -> None:
    """RFC 8210 §8.3: Cache Reset, then Reset Query; what we had counts until the new data is complete."""
    link = Link(RtrCache(ONE))
    link.cache.change(TWO)
    del link.cache.history[1]

    link.say(link.cache.notify())

    assert link.cache.queries[1:] == [pdu.SerialQuery(1, 7, 1), pdu.ResetQuery(1)]
    assert link.data[1:] == [Data(frozenset(records(TWO)), frozenset())]


def test_a_cache_that_restarts_keeps_our_data_until_it_has_new() -> None:
    link = Link(RtrCache(ONE))
    link.cache.restart(session_id=8)
    link.cache.change(TWO, withdraw=(ONE,))

    link.client.lost(link.now, "reset by peer")
    link.pump()
    kept = set(link.client.vrps)
    link.advance(client.FIRST_RETRY)

    assert kept == records(ONE)
    assert link.client.vrps == records(TWO)
    assert link.client.session_id == 8


@pytest.mark.row("RPK-05")
def test_another_session_id_in_the_middle_is_fatal_and_flushes() -> None:
    """RFC 8210 §5.1: Corrupt Data, and all data of the cache goes at once."""
    link = Link(RtrCache(ONE))
    link.cache.session_id = 9

    link.say(link.cache.notify())

    assert link.client.vrps == set()
    assert [error.code for error in link.cache.errors] == [RtrErrorCode.CORRUPT_DATA]
    link.advance(client.FIRST_RETRY)
    assert link.client.vrps == records(ONE)


@pytest.mark.row("RPK-10")
def test_a_cache_of_version_0_is_spoken_to_in_its_version() -> None:
    """RFC 8210 §7: Error Report with its version; again with version 0, and incrementally from then on."""
    link = Link(RtrCache(ONE, version=0))
    link.say(link.cache.change(TWO))

    assert link.client.version == 0
    assert link.client.vrps == records(ONE, TWO)
    assert link.cache.queries == [pdu.ResetQuery(1), pdu.ResetQuery(0), pdu.SerialQuery(0, 7, 1)]
    assert (link.client.refresh, link.client.expire) == (client.REFRESH, client.EXPIRE)


@pytest.mark.row("RPK-10")
def test_a_cache_may_answer_in_version_0() -> None:
    """RFC 8210 §7: "The cache MAY reply with a version 0 response"."""
    link = Link(RtrCache(ONE))
    link.client.lost(link.now, "")
    link.client = Client()
    link.silent = True
    link.client.start(link.now)
    link.pump()

    link.say(pdu.CacheResponse(0, 3).encode() + pdu.EndOfData(0, 3, 5).encode())

    assert (link.client.state, link.client.version, link.client.serial) == (CacheState.SYNCED, 0, 5)


@pytest.mark.row("RPK-10")
def test_a_cache_that_hangs_up_on_version_1_gets_version_0_next() -> None:
    """RFC 8210 §7: "The cache MAY terminate the connection, perhaps with a version 0 Error Report PDU"."""
    link = Link(RtrCache(ONE))
    link.client = Client()
    link.silent = True
    link.client.start(link.now)
    link.pump()
    link.client.lost(link.now, "closed by the cache")
    link.silent = False
    link.cache.queries.clear()

    link.advance(client.FIRST_RETRY)

    assert link.cache.queries == [pdu.ResetQuery(0)]
    assert link.client.vrps == records(ONE)


@pytest.mark.row("RPK-10")
def test_notifies_before_the_first_answer_are_ignored() -> None:
    """RFC 8210 §7, of any version."""
    link = Link(RtrCache(ONE))
    link.client = Client()
    link.silent = True
    link.client.start(link.now)
    link.pump()

    link.say(pdu.SerialNotify(0, 99, 1).encode() + pdu.SerialNotify(1, 98, 1).encode())
    link.say(link.cache.answer(pdu.ResetQuery(1).encode())[0])

    assert link.client.vrps == records(ONE)


@pytest.mark.row("RPK-09")
def test_data_expires() -> None:
    """RFC 8210 §6: what was not renewed within the expire interval must not be used."""
    cache = RtrCache(ONE)
    cache.times = (600, 60, 1200)
    link = Link(cache)
    link.reachable = False
    link.client.lost(link.now, "reset by peer")
    link.pump()

    link.advance(1199)
    assert link.client.vrps == records(ONE)
    link.advance(1)

    assert link.client.vrps == set()
    assert not link.client.has_data
    assert link.data[-1] == Data(frozenset(), frozenset(records(ONE)))
    assert "rpki_data_expired" in [note.kind for note in link.notes]


def test_data_that_expires_in_the_middle_of_a_renewal_is_asked_for_as_a_whole() -> None:
    cache = RtrCache(ONE)
    cache.times = (590, 7, 600)
    link = Link(cache)
    link.silent = True
    cache.change(TWO)

    link.advance(600)
    link.silent = False
    link.advance(client.FIRST_RETRY)

    assert link.client.vrps == records(ONE, TWO)
    assert cache.queries[-1] == pdu.ResetQuery(1)


def test_a_cache_that_cannot_be_reached_is_tried_ever_more_seldom() -> None:
    """First after a few seconds, so that a start in the wrong order costs little; at most the retry interval."""
    link = Link(RtrCache(ONE))
    link.reachable = False
    link.client.lost(link.now, "reset by peer")
    link.dials.clear()
    start = link.now
    link.pump()

    link.advance(1300)

    waits = [round(at - start) for at in link.dials]
    assert waits == [5, 15, 35, 75, 155, 315, 635, 1235]


def test_a_cache_that_says_nothing_is_given_up() -> None:
    link = Link(RtrCache(ONE))
    link.silent = True
    link.cache.change(TWO)
    link.say(link.cache.notify())

    link.advance(client.ANSWER_LIMIT)

    assert link.client.last_error == "no answer"
    assert link.client.state is CacheState.IDLE


@pytest.mark.row("RPK-11")
def test_a_cache_without_data_is_asked_again() -> None:
    """RFC 8210 §8.4: No Data Available does not end the connection."""
    cache = RtrCache(ONE)
    cache.has_data = False
    link = Link(cache)
    dials = len(link.dials)
    cache.has_data = True

    link.advance(client.RETRY)

    assert link.client.vrps == records(ONE)
    assert len(link.dials) == dials


def _answer(*middle: pdu.Pdu, serial: int = 2) -> bytes:
    parts = [pdu.CacheResponse(1, 7), *middle, pdu.EndOfData(1, 7, serial, 3600, 600, 7200)]
    return b"".join(part.encode() for part in parts)


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        pytest.param(
            _answer(pdu.Prefix(1, True, *records(ONE))),
            RtrErrorCode.DUPLICATE_ANNOUNCEMENT_RECEIVED,
            id="announced what we have",
        ),
        pytest.param(
            _answer(pdu.Prefix(1, False, *records(TWO))),
            RtrErrorCode.WITHDRAWAL_OF_UNKNOWN_RECORD,
            id="withdrew what we have not",
        ),
        pytest.param(
            _answer(pdu.Prefix(1, True, *records(TWO)), pdu.Prefix(1, True, *records(TWO))),
            RtrErrorCode.DUPLICATE_ANNOUNCEMENT_RECEIVED,
            id="announced twice",
        ),
        pytest.param(_answer(serial=0), RtrErrorCode.CORRUPT_DATA, id="serial goes back"),
        pytest.param(pdu.CacheResponse(0, 7).encode(), RtrErrorCode.UNEXPECTED_PROTOCOL_VERSION, id="other version"),
        pytest.param(b"\x02\x03\0\7\0\0\0\x08", RtrErrorCode.UNSUPPORTED_PROTOCOL_VERSION, id="version that is none"),
        pytest.param(b"\x01\x0b\0\0\0\0\0\x08", RtrErrorCode.UNSUPPORTED_PDU_TYPE, id="type that is none"),
        pytest.param(b"\x01\x03\0\7\0\0\0\x07", RtrErrorCode.CORRUPT_DATA, id="length below a header"),
        pytest.param(b"\x01\x03\0\7\x7f\0\0\0", RtrErrorCode.CORRUPT_DATA, id="length beyond sense"),
        pytest.param(b"\x01\x03\0\7\0\0\0\x09\0", RtrErrorCode.CORRUPT_DATA, id="response of a wrong length"),
        pytest.param(pdu.ResetQuery(1).encode(), RtrErrorCode.INVALID_REQUEST, id="a query"),
        pytest.param(
            pdu.CacheResponse(1, 7).encode() + bytes.fromhex("01 04 0000 00000014 01 21 18 00 c0000200 0000fde9"),
            RtrErrorCode.CORRUPT_DATA,
            id="a length of 33 bits",
        ),
    ],
)
@pytest.mark.row("RPK-04", "RPK-08", "RPK-10")
def test_an_error_of_the_cache_is_reported_and_the_data_stays(damage: bytes, code: RtrErrorCode) -> None:
    """RFC 8210 §12: fatal errors end the connection; the next one asks for everything."""
    link = Link(RtrCache(ONE))
    link.silent = True
    link.cache.change(TWO)
    link.say(link.cache.notify())
    link.cache.queries.clear()
    link.silent = False
    sent: list[bytes] = []

    link.client.received(damage, link.now)
    sent = [action.data for action in link.client.take_output() if isinstance(action, Send)]

    (report,) = map(pdu.decode, sent)
    assert isinstance(report, pdu.ErrorReport)
    assert report.code == code
    assert link.client.vrps == records(ONE)
    link.advance(client.FIRST_RETRY)
    assert link.cache.queries == [pdu.ResetQuery(1)]
    assert link.client.vrps == records(ONE, TWO)


@pytest.mark.row("RPK-12")
def test_an_error_report_is_never_answered() -> None:
    """RFC 8210 §5.11, however wrong it is."""
    link = Link(RtrCache(ONE))

    link.client.received(b"\x01\x0a\0\0\0\0\0\x0c\xff\xff\xff\xff", link.now)

    assert not [action for action in link.client.take_output() if isinstance(action, Send)]
    assert link.client.state is CacheState.IDLE


@pytest.mark.row("RPK-04")
def test_prefixes_in_version_1_may_be_followed_by_router_keys() -> None:
    """RFC 8210 §5.10: read, and not used."""
    key = pdu.RouterKey(version=1, announce=True, identifier=bytes(20), asn=65001, key=b"key")
    link = Link(RtrCache(ONE))
    link.silent = True
    link.say(link.cache.change(TWO))

    link.say(_answer(pdu.Prefix(1, True, *records(TWO)), key))

    assert link.client.vrps == records(ONE, TWO)


@pytest.mark.row("RPK-09")
def test_times_outside_of_what_the_rfc_allows_are_brought_inside() -> None:
    """RFC 8210 §6."""
    cache = RtrCache(ONE)
    cache.times = (0, 1_000_000, 5)

    link = Link(cache)

    assert (link.client.refresh, link.client.retry, link.client.expire) == (1, 7200, 600)


def test_a_client_that_stops_forgets() -> None:
    link = Link(RtrCache(ONE))

    link.client.stop(link.now)
    link.pump()

    assert link.data[-1] == Data(frozenset(), frozenset(records(ONE)))
    assert link.client.next_deadline is None


@pytest.mark.parametrize("chunk", [1, 3, 19, 21])
def test_pieces_of_any_size(chunk: int) -> None:
    link = Link(RtrCache(ONE, TWO), chunk=chunk)

    assert link.client.vrps == records(ONE, TWO)
