"""One cache as its router sees it: the RTR protocol without sockets (RFC 8210, and RFC 6810 as its version 0).

A connection begins with version 1 and falls back to 0 where the cache knows no better (§7). What has been learned is
kept over lost connections until it expires, and asked for by serial number when the cache is there again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, NamedTuple

from . import pdu
from .pdu import PduType, RtrError, RtrErrorCode

REFRESH: Final = 3600.0
RETRY: Final = 600.0
EXPIRE: Final = 7200.0
"""Seconds, where the cache gives none (RFC 8210 §6, version 0)."""
_LIMITS: Final = ((1, 86_400), (1, 7200), (600, 172_800))
"""Of refresh, retry and expire (RFC 8210 §6)."""
ANSWER_LIMIT: Final = 60.0
"""Seconds without an octet in which a connection or an answer is given up."""
FIRST_RETRY: Final = 5.0
"""Seconds until a cache that can't be reached is tried again; doubles up to the retry interval."""
MAX_VRPS: Final = 5_000_000
"""Ten times what the world has: more is an error of the cache."""
_HALF: Final = 1 << 31
_PREFIX_SIZES: Final = pdu.PREFIX_SIZES


class CacheState(StrEnum):
    """Where we are with a cache."""

    IDLE = "idle"
    CONNECTING = "connecting"
    ASKED = "asked"
    LOADING = "loading"
    SYNCED = "synced"


@dataclass(frozen=True, slots=True)
class Dial:
    """Open a connection, and report ``connected`` or ``lost``."""


@dataclass(frozen=True, slots=True)
class Send:
    data: bytes


@dataclass(frozen=True, slots=True)
class HangUp:
    """Close the connection, or give up opening it."""


@dataclass(frozen=True, slots=True)
class Data:
    """The cache's VRPs have changed by these records; nothing of both, if only that it has data is new."""

    announced: frozenset[bytes]
    withdrawn: frozenset[bytes]


@dataclass(frozen=True, slots=True)
class Note:
    """Something for the log."""

    kind: str
    fields: Mapping[str, object]
    warn: bool = False


Action = Dial | Send | HangUp | Data | Note


class _Session(NamedTuple):
    """What a serial number belongs to: numbers of other versions and sessions mean nothing (RFC 8210 §5.1)."""

    version: int
    session_id: int
    serial: int


def newer(serial: int, than: int) -> bool:
    """By serial number arithmetic (RFC 1982)."""
    return 0 < (serial - than) % (1 << 32) < _HALF


class Client:
    """The router's end of RTR with one cache."""

    __slots__ = (
        "_answer_by",
        "_backoff",
        "_buffer",
        "_negotiated",
        "_notified",
        "_output",
        "_pending",
        "_response_id",
        "_retry_at",
        "_session",
        "_start_version",
        "_whole",
        "expire",
        "expires_at",
        "last_error",
        "refresh",
        "refresh_at",
        "retry",
        "since",
        "state",
        "updated_at",
        "version",
        "vrps",
    )

    def __init__(self) -> None:
        self.state = CacheState.IDLE
        self.since = 0.0  # when the state was entered
        self.version = 1  # of this connection
        self.vrps: set[bytes] = set()  # what the cache says, as of the last End of Data
        self.updated_at: float | None = None  # the last End of Data
        self.expires_at: float | None = None  # when what we have is too old
        self.refresh_at: float | None = None
        self.refresh, self.retry, self.expire = REFRESH, RETRY, EXPIRE
        self.last_error = ""
        self._session: _Session | None = None  # of the last End of Data
        self._start_version = 1  # of the next connection
        self._negotiated = False  # the cache has answered in this version
        self._notified: int | None = None  # serial number of a notify that came meanwhile
        self._response_id = 0  # session id of the answer under way
        self._whole = False  # it is an answer to a Reset Query
        self._pending: dict[bytes, bool] = {}  # records of the answer under way: announced or withdrawn
        self._buffer = b""
        self._backoff = FIRST_RETRY
        self._retry_at: float | None = None
        self._answer_by: float | None = None
        self._output: list[Action] = []

    @property
    def has_data(self) -> bool:
        """Has it told us everything once, and not too long ago?"""
        return self.expires_at is not None

    @property
    def session_id(self) -> int | None:
        return self._session.session_id if self._session is not None else None

    @property
    def serial(self) -> int | None:
        return self._session.serial if self._session is not None else None

    @property
    def _is_connected(self) -> bool:
        return self.state not in (CacheState.IDLE, CacheState.CONNECTING)

    # -- inputs ------------------------------------------------------------------------------------------------------

    def start(self, now: float) -> None:
        """Connect for the first time."""
        self._dial(now)

    def stop(self, now: float) -> None:
        """No longer a cache of ours: the connection closes, its data goes."""
        if self.state is not CacheState.IDLE:
            self._output.append(HangUp())
        self._enter(CacheState.IDLE, now)
        self._retry_at = self._answer_by = self.refresh_at = None
        self._forget()

    def connected(self, now: float) -> None:
        """The connection is open."""
        self.version = self._start_version
        self._start_version = 1
        self._negotiated = False
        self._notified = None
        self._buffer = b""
        self._query(now)

    def lost(self, now: float, why: str) -> None:
        """The connection is gone, or could not be made."""
        if self.state is CacheState.IDLE:
            return
        if self.state in (CacheState.ASKED, CacheState.LOADING) and not self._negotiated and self.version == 1:
            self._start_version = 0  # RFC 8210 §7: a cache that doesn't know version 1 may just hang up
        self._down(now, why)

    def received(self, data: bytes, now: float) -> None:
        """Octets from the cache, in any pieces. Never raises for what they say."""
        if not self._is_connected:
            return
        if self._answer_by is not None:
            self._answer_by = now + ANSWER_LIMIT
        buffer = self._buffer + data if self._buffer else data
        at, end = 0, len(buffer)
        try:
            while end - at >= pdu.HEADER_SIZE:
                size = pdu.size_of(buffer, at)
                if end - at < size:
                    break
                self._take(buffer[at : at + size], now)
                at += size
                if not self._is_connected:  # we have hung up
                    return
        except RtrError as error:
            self._fail(error, now)
            return
        self._buffer = buffer[at:]

    def tick(self, now: float) -> None:
        """Everything whose time has come."""
        if self.expires_at is not None and now >= self.expires_at:
            gone = len(self.vrps)
            self._forget()
            self._output.append(Note("rpki_data_expired", {"vrps": gone}, warn=True))
            if self.state in (CacheState.ASKED, CacheState.LOADING) and not self._whole:
                self._output.append(HangUp())  # the answer would change what is not there any more
                self._down(now, "data expired while it was renewed")
        if self._answer_by is not None and now >= self._answer_by:
            self._output.append(HangUp())
            self._down(now, "no answer")
        if self._retry_at is not None and now >= self._retry_at:
            self._dial(now)
        if self.state is CacheState.SYNCED and self.refresh_at is not None and now >= self.refresh_at:
            self._query(now)

    @property
    def next_deadline(self) -> float | None:
        refresh_at = self.refresh_at if self.state is CacheState.SYNCED else None
        times = (self.expires_at, self._answer_by, self._retry_at, refresh_at)
        return min((time for time in times if time is not None), default=None)

    def take_output(self) -> list[Action]:
        output, self._output = self._output, []
        return output

    # -- PDUs --------------------------------------------------------------------------------------------------------

    def _take(self, octets: bytes, now: float) -> None:
        """One whole PDU."""
        kind = octets[1]
        # HOT: prefixes are nearly all there is, half a million of them; no object is made.
        if _PREFIX_SIZES.get(kind) == len(octets) and octets[0] == self.version and self.state is CacheState.LOADING:
            self._prefix(octets, pdu.record_of(octets))
            return
        if octets[0] != self.version and not self._other_version(octets, now):
            return
        message = pdu.decode(octets)
        if isinstance(message, pdu.ErrorReport):
            self._reported(message, now)
        elif isinstance(message, pdu.SerialNotify):
            self._notify(message, octets, now)
        elif isinstance(message, pdu.SerialQuery | pdu.ResetQuery):
            raise RtrError(RtrErrorCode.INVALID_REQUEST, "a query from a cache", octets)
        elif isinstance(message, pdu.CacheResponse):
            self._begin(message, octets, now)
        elif isinstance(message, pdu.CacheReset):
            self._reset(octets, now)
        elif self.state is not CacheState.LOADING:
            raise RtrError(RtrErrorCode.CORRUPT_DATA, f"{message.type.name} outside of an answer", octets)
        elif isinstance(message, pdu.EndOfData):
            self._end(message, octets, now)

    def _other_version(self, octets: bytes, now: float) -> bool:
        """A PDU of another version than ours; returns whether to go on with it (RFC 8210 §7)."""
        version, kind = octets[0], octets[1]
        if kind == PduType.ERROR_REPORT and version in pdu.VERSIONS:
            return True
        if kind == PduType.SERIAL_NOTIFY and not self._negotiated:
            return False
        if version not in pdu.VERSIONS:
            raise RtrError(RtrErrorCode.UNSUPPORTED_PROTOCOL_VERSION, f"version {version}, expected 0 or 1", octets)
        if self._negotiated or version > self.version:
            text = f"version {version} on a connection of version {self.version}"
            raise RtrError(RtrErrorCode.UNEXPECTED_PROTOCOL_VERSION, text, octets)
        if self._whole:
            self.version = version
            return True
        self._again_as_version_0(now)  # the answer belongs to a serial number of the other version
        return False

    def _reported(self, report: pdu.ErrorReport, now: float) -> None:
        if report.code == RtrErrorCode.NO_DATA_AVAILABLE:
            self._negotiated = True
            self._stop_loading()
            self._enter(CacheState.SYNCED, now)
            self.refresh_at = now + self.retry
            self.last_error = "the cache has no data"
            self._output.append(Note("rpki_cache_empty", {"retry_s": self.retry}, warn=True))
            return
        if report.code == RtrErrorCode.UNSUPPORTED_PROTOCOL_VERSION and not self._negotiated and self.version == 1:
            self._again_as_version_0(now)
            return
        name = RtrErrorCode(report.code).name if report.code in set(RtrErrorCode) else f"error {report.code}"
        self._session = None  # whatever it was, the next query is for everything
        self._output.append(HangUp())
        self._down(now, f"the cache says {name}: {report.text}" if report.text else f"the cache says {name}")

    def _notify(self, message: pdu.SerialNotify, octets: bytes, now: float) -> None:
        if not self._negotiated:
            return  # RFC 8210 §7
        current = self._response_id if self.state is CacheState.LOADING else self.session_id
        if current is not None and message.session_id != current:
            self._mismatch(message.session_id, current, octets)
        if self.state is not CacheState.SYNCED:
            self._notified = message.serial
        elif self._session is None or newer(message.serial, self._session.serial):
            self._query(now)

    def _begin(self, message: pdu.CacheResponse, octets: bytes, now: float) -> None:
        if self.state is not CacheState.ASKED:
            raise RtrError(RtrErrorCode.CORRUPT_DATA, "CACHE_RESPONSE without a query", octets)
        self._negotiated = True
        if not self._whole and self._session is not None and message.session_id != self._session.session_id:
            self._mismatch(message.session_id, self._session.session_id, octets)
        self._response_id = message.session_id
        self._pending = {}
        self._enter(CacheState.LOADING, now)

    def _mismatch(self, session_id: int, expected: int, octets: bytes) -> None:
        """RFC 8210 §5.1: what we have learned is worth nothing."""
        self._forget()
        raise RtrError(RtrErrorCode.CORRUPT_DATA, f"session id {session_id}, expected {expected}", octets)

    def _prefix(self, octets: bytes, record: bytes) -> None:
        # HOT, as _take.
        announce = bool(octets[8] & 1)
        known = self._pending.get(record)
        if known is None:
            known = not self._whole and record in self.vrps
        if known is announce:
            if announce:
                raise RtrError(RtrErrorCode.DUPLICATE_ANNOUNCEMENT_RECEIVED, "announced twice", octets)
            raise RtrError(RtrErrorCode.WITHDRAWAL_OF_UNKNOWN_RECORD, "withdrawn and not announced", octets)
        self._pending[record] = announce
        if len(self._pending) > MAX_VRPS:
            raise RtrError(RtrErrorCode.CORRUPT_DATA, f"more than {MAX_VRPS} prefixes", octets)

    def _reset(self, octets: bytes, now: float) -> None:
        if self.state is not CacheState.ASKED or self._whole:
            raise RtrError(RtrErrorCode.CORRUPT_DATA, "CACHE_RESET without a SERIAL_QUERY", octets)
        self._negotiated = True
        self._session = None
        self._query(now)

    def _end(self, message: pdu.EndOfData, octets: bytes, now: float) -> None:
        if message.session_id != self._response_id:
            self._mismatch(message.session_id, self._response_id, octets)
        before = self._session
        if not self._whole and before is not None and newer(before.serial, message.serial):
            text = f"serial {message.serial} behind {before.serial}"
            raise RtrError(RtrErrorCode.CORRUPT_DATA, text, octets)
        self._session = _Session(self.version, message.session_id, message.serial)
        self._use_times(message)
        self._apply()
        self.updated_at = now
        self.expires_at = now + self.expire
        self.refresh_at = now + self.refresh
        self._backoff = FIRST_RETRY
        self.last_error = ""
        fields = {"serial": message.serial, "vrps": len(self.vrps)}
        if before is None or before[:2] != self._session[:2]:
            fields = {"version": self.version, "session_id": message.session_id, **fields}
            self._output.append(Note("rpki_cache_synced", fields))
        self._enter(CacheState.SYNCED, now)
        self._answer_by = None
        notified, self._notified = self._notified, None
        if notified is not None and newer(notified, message.serial):
            self._query(now)

    def _apply(self) -> None:
        """The answer is complete: what it said counts from now on, all at once."""
        # Up to half a million records: every copy of them less is 10 ms in which nobody else has a turn.
        pending, self._pending = self._pending, {}
        came = {record for record, announced in pending.items() if announced}
        if self._whole:
            before, self.vrps = self.vrps, came
            announced = came.difference(before) if before else came
            withdrawn = before.difference(came)
        else:
            announced = came - self.vrps
            withdrawn = (pending.keys() - came) & self.vrps
            self.vrps -= withdrawn
            self.vrps |= announced
        self._output.append(Data(frozenset(announced), frozenset(withdrawn)))

    def _use_times(self, message: pdu.EndOfData) -> None:
        times = (message.refresh, message.retry, message.expire)
        known = [max(low, min(high, time or low)) for time, (low, high) in zip(times, _LIMITS, strict=True)]
        if message.version == 0:
            self.refresh, self.retry, self.expire = REFRESH, RETRY, EXPIRE
        else:
            self.refresh, self.retry, self.expire = map(float, known)

    # -- the connection ----------------------------------------------------------------------------------------------

    def _dial(self, now: float) -> None:
        self._retry_at = None
        self._enter(CacheState.CONNECTING, now)
        self._answer_by = now + ANSWER_LIMIT
        self._output.append(Dial())

    def _query(self, now: float) -> None:
        """Ask for what is new, or for everything where we know nothing that a serial number could stand for."""
        session = self._session
        self._whole = session is None or session.version != self.version
        if session is None or self._whole:
            query: pdu.Pdu = pdu.ResetQuery(self.version)
        else:
            query = pdu.SerialQuery(self.version, session.session_id, session.serial)
        self._output.append(Send(query.encode()))
        self._enter(CacheState.ASKED, now)
        self._answer_by = now + ANSWER_LIMIT

    def _again_as_version_0(self, now: float) -> None:
        self._output.append(HangUp())
        self._stop_loading()
        self._start_version = 0
        self._dial(now)

    def _fail(self, error: RtrError, now: float) -> None:
        """Tell the cache what it did wrong, and hang up (RFC 8210 §12)."""
        self._session = None
        if not error.pdu or error.pdu[1] != PduType.ERROR_REPORT:  # §5.11: never about an Error Report
            report = pdu.ErrorReport(self.version, error.code, error.pdu, str(error))
            self._output.append(Send(report.encode()))
        self._output.append(HangUp())
        self._down(now, f"{error.code.name}: {error}")

    def _down(self, now: float, why: str) -> None:
        """There is no connection any more; what we have stays until it expires."""
        self._stop_loading()
        self._enter(CacheState.IDLE, now)
        self.last_error = why
        wait = min(self._backoff, self.retry)
        self._backoff = min(self._backoff * 2, self.retry)
        self._retry_at = now + wait
        self._output.append(Note("rpki_cache_down", {"why": why, "retry_s": wait, "vrps_kept": len(self.vrps)}, True))

    def _stop_loading(self) -> None:
        self._answer_by = None
        self._pending = {}
        self._buffer = b""

    def _forget(self) -> None:
        """All data goes, and what it was numbered with."""
        self._session = None
        if self.expires_at is not None:
            self.expires_at = None
            gone, self.vrps = frozenset(self.vrps), set()
            self._output.append(Data(frozenset(), gone))

    def _enter(self, state: CacheState, now: float) -> None:
        if state is not self.state:
            self.state, self.since = state, now
