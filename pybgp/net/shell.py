"""The asyncio shell round ``SpeakerCore``: what ``Speaker`` does on the network.

It owns the sockets, the clock and one timer; every decision is the core's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TYPE_CHECKING, Any, Final, Self

from ..addresses import Family, parse_endpoint
from ..config.model import FibConfig, SpeakerConfig
from ..errors import PybgpError
from ..speaker.core import SpeakerCore
from ..speaker.fib import Fib, FibChanges, KernelEvent
from ..speaker.outputs import (
    Accept,
    Close,
    Connect,
    Event,
    Listen,
    Output,
    Rekey,
    RouteChanges,
    Send,
    SendAll,
    SweepFib,
)
from .endpoints import address_of, connect, said
from .host import host_addresses
from .links import Links
from .listeners import Listeners
from .readable import Readable
from .sockopt import prepare, set_md5
from .stalls import LoopStalls, StallMonitor
from .transport import READ_SIZE, Connection
from .turns import Turns
from .watch import Watcher

if TYPE_CHECKING:
    import socket
    from types import TracebackType


SETTLE: Final = 0.010
"""Seconds that changes wait at most for more input."""
SMALL: Final = 1024
"""Octets of a reading that may wait while its connection goes on reading."""
MANY: Final = 2048
"""Inputs that wait, from which on no connection goes on reading."""
FEW: Final = 64
"""Connections up to which a lone change is told at once: with more, telling takes so long that a turn is no matter."""
SENDING: Final = 0.005
"""Seconds that octets are handed to the kernel before others get their turn; hundreds of peers take longer."""
PROGRESS: Final = 5.0
"""Seconds between looks at whether a full transport still moves."""
STOP_LIMIT: Final = 5.0
"""Seconds that stopping waits for the last octets to leave."""


class Shell:
    """A core with its connections, in one event loop."""

    def __init__(
        self,
        config: SpeakerConfig,
        *,
        fib: Fib | None = None,
        fib_config: FibConfig | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        secrets: Mapping[str, str] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """``fib`` gets the best routes (nobody, if None). ``functions`` are imported Python policies by
        "module:function"; ``secrets`` TCP-MD5 passwords by peer name; ``on_event`` hears what a log would say
        (what it raises goes to the event loop's exception handler).

        Raises:
            ConfigError: the configuration can't be used.
        """
        self.fib = fib
        if fib is not None and fib_config is None:
            fib_config = FibConfig()
        self.core = SpeakerCore(config, random=Random(), fib=fib_config, functions=functions, secrets=secrets)
        self._on_event = on_event
        self._connections: dict[int, Connection] = {}
        self._connecting: dict[int, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._links: Links | None = None  # of unnumbered peers
        self._secrets = secrets or {}  # of the first configuration
        self._buffer = bytearray(READ_SIZE)  # where all connections read; a speaker lives in one thread
        self._view = memoryview(self._buffer)
        self._readable = Readable()
        self._outbox: deque[Output] = deque()  # what could not be performed within a turn
        self._unread: set[Connection] = set()  # who may go on when all of it has been performed
        self._watched: set[int] = set()  # full transports whose progress is looked at
        self._watchers: set[Watcher] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._inputs = 0
        self._waiting_since = 0.0
        self._state_waiters: set[asyncio.Event] = set()
        self._stopped = False

    # -- life --------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen, connect, and read the kernel's routes.

        Raises:
            PybgpError: an address can't be listened on, or the FIB can't be read.
        """
        self._loop = asyncio.get_running_loop()
        self._stalls = StallMonitor(self._loop)
        self._turns = Turns(self._loop, self._stalls.busy)
        self._listeners = Listeners(self._loop, self._accepted)
        self._epoch = datetime.now(UTC) - timedelta(seconds=self._loop.time())
        preserved: frozenset[Family] = frozenset()
        if self.fib is not None:
            await self.fib.start(self._kernel)
            if self.fib.status().adopted:
                preserved = frozenset(self.core.tables)
        if not self.core.host.subnets:
            self.core.host_addresses(host_addresses(), self.now())
        try:
            self._open_listeners(self.core.config, self._secrets)
        except PybgpError:
            await self.stop()
            raise
        self._links = Links(self._loop, self._neighbor, self._link_trouble)
        self.core.start(self.now(), preserved=preserved)
        self._watch_links()
        self._perform()
        self._settle_soon()
        self._arm()

    async def stop(self, *, flush_fib: bool = False) -> None:
        """End all sessions, and wait until the last octets have left (at most 5 s)."""
        if self._stopped:
            return
        self._stopped = True
        if self._links is not None:
            self._links.close()
        self._listeners.close()
        self.core.stop(self.now())
        self._perform()
        for task in list(self._connecting.values()):
            task.cancel()
        deadline = self._loop.time() + STOP_LIMIT
        while self._connections and self._loop.time() < deadline:
            waiter = self._state_waiter()
            try:
                await asyncio.wait_for(waiter.wait(), deadline - self._loop.time())
            except TimeoutError:
                break
            finally:
                self._state_waiters.discard(waiter)
        for connection in list(self._connections.values()):
            connection.close(self._loop, abort=True)
        if self._timer is not None:
            self._timer.cancel()
        self._stalls.close()
        self._readable.close()
        for watcher in list(self._watchers):
            watcher.close()
        if self.fib is not None:
            await self.fib.close(flush=flush_fib)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    def now(self) -> float:
        """The clock that the core is driven with: seconds, monotonic."""
        return self._loop.time()

    @property
    def loop_stalls(self) -> LoopStalls:
        """How long the event loop kept timers waiting while there was work: the last minute, and since the start."""
        return self._stalls.stalls(self._loop.time())

    def wall(self, moment: float) -> datetime:
        """A moment of that clock as a date in UTC."""
        return self._epoch + timedelta(seconds=moment)

    # -- what connections and the kernel say -------------------------------------------------------------------------

    def _take_in(self, connection: Connection, data: bytes) -> None:
        """What a connection has read."""
        turns = self._turns
        if not turns.take(self._received, connection, data) and (len(data) > SMALL or turns.inputs > MANY):
            connection.pause_reading()

    def _opened(self, connection: Connection) -> None:
        sock = connection.socket
        now = self.now()
        try:
            remote, local = address_of(sock.getpeername()), address_of(sock.getsockname())
            self._readable.watch(sock.fileno())
        except OSError:  # gone already
            connection.close(self._loop, abort=True)
            return
        if connection.conn:
            self._connections[connection.conn] = connection
            self.core.connected(connection.conn, now, remote_address=remote, local_address=local)
        elif self._stopped:
            connection.close(self._loop, abort=True)
            return
        else:
            connection.conn = self.core.new_conn()
            self._connections[connection.conn] = connection
            self.core.incoming(connection.conn, now, remote_address=remote, local_address=local)
        self._after_input()

    def _received(self, connection: Connection, data: bytes) -> None:
        """Raises nothing: after a bug of ours the session can't go on, because what came is not taken whole."""
        # HOT, once a reading of up to 16 KiB.
        if connection.closing:
            return
        try:
            self._work_on(connection, data)
        except Exception as error:
            self._loop.call_exception_handler({"message": "what a peer sent could not be taken", "exception": error})
            connection.close(self._loop, abort=True)

    def _work_on(self, connection: Connection, data: bytes) -> None:
        core = self.core
        now = self._loop.time()
        core.received(connection.conn, data, now)
        due = core.flush_due
        if not due and self._turns.has(self._settle):  # which waits for more, and performs what this has led to
            self._inputs += 1
        else:
            if not due and self._is_alone and core.flush_wanted and not self._readable:
                core.flush(now)
            self._after_input(flush=False)
        if due or self._outbox:  # that much is told in the next turns, and nothing more is read of this peer before
            self._unread.add(connection)
            connection.pause_reading()
            self._turns.soon(self._go_on)
        elif connection.paused and connection not in self._unread:  # while this was waiting
            connection.resume_reading()

    @property
    def _is_alone(self) -> bool:
        """Does nothing wait that the input just taken could share a flush with, as far as we know?"""
        return not (self._turns.waiting or self._outbox) and len(self._connections) <= FEW

    def _lost(self, connection: Connection, why: str) -> None:
        self._unread.discard(connection)
        self._connections.pop(connection.conn, None)
        self.core.connection_failed(connection.conn, self.now(), why)
        self._after_input()
        self._wake()

    def _congested(self, conn: int) -> None:
        self.core.congested(conn, self.now())
        if conn not in self._watched:
            self._watched.add(conn)
            self._loop.call_later(PROGRESS, self._look_for_progress, conn, self._connections[conn].unsent)

    def _look_for_progress(self, conn: int, before: int) -> None:
        """A slow peer is not a dead one: octets that leave restart the send hold timer (RFC 9687 §4.3)."""
        connection = self._connections.get(conn)
        if connection is None or not self.core.is_congested(conn):
            self._watched.discard(conn)
            return
        unsent = connection.unsent
        if unsent < before:
            self.core.progress(conn, self.now())
        self._loop.call_later(PROGRESS, self._look_for_progress, conn, unsent)

    def _writable(self, conn: int) -> None:
        self.core.writable(conn, self.now())
        self._after_input()

    def _watch_links(self) -> None:
        peers = self.core.sessions.peers.values()
        if self._links is not None:
            self._links.watch(filter(None, (peer.config.unnumbered for peer in peers)))

    def _neighbor(self, interface: str, address: str) -> None:
        self.core.neighbor(interface, address, self.now())
        self._after_input()

    def _link_trouble(self, interface: str, why: str) -> None:
        self._tell(Event("no_router_advertisements", "warn", {"interface": interface, "why": why}))

    def _kernel(self, event: KernelEvent) -> None:
        self.core.kernel(event, self.now())
        self._after_input()

    # -- the loop ----------------------------------------------------------------------------------------------------

    def _after_input(self, *, flush: bool = True) -> None:
        self._inputs += 1
        core = self.core
        if flush and core.flush_due:
            core.flush(self.now())
        self._perform()
        self._stalls.busy()
        if core.flush_wanted or core.has_work:
            self._settle_soon()
        self._arm()

    def _settle_soon(self) -> None:
        if not self._turns.has(self._settle) and not self._stopped:
            self._seen = self._inputs
            self._waiting_since = self._loop.time()
            self._turns.soon(self._settle)

    def _settle(self) -> None:
        """Flush when the readable input is used up, or after 10 ms; then there may be long work to do."""
        now = self._loop.time()
        patient = now - self._waiting_since < SETTLE
        if self._outbox or (patient and (self._inputs != self._seen or self._readable)):
            self._seen = self._inputs
            self._turns.soon(self._settle)
            self._perform()
            self._arm()
            return
        core = self.core
        core.flush(now)
        self._perform()
        if core.has_work:
            self._turns.soon(self._work)
        self._arm()

    def _work(self) -> None:
        """Long work, a slice at least; while octets wait there is no use in making more."""
        core = self.core
        while core.has_work and not self._outbox:
            core.work(self._loop.time())
            self._perform()
            if not self._turns.has_time():
                break
        if core.has_work or core.flush_wanted:
            self._settle_soon()
        self._arm()

    def _arm(self) -> None:
        deadline = self.core.next_deadline
        if deadline is None or self._stopped:
            return
        if self._timer is not None:
            if self._timer.when() <= deadline and not self._timer.cancelled():
                return
            self._timer.cancel()
        self._timer = self._loop.call_at(deadline, self._timed)

    def _timed(self) -> None:
        """Before all else that waits, but in a turn that has time for it: 500 timers take 6 ms."""
        self._timer = None
        self._turns.first(self._tick)

    def _tick(self) -> None:
        self.core.tick(self.now())
        self._after_input()

    # -- outputs -----------------------------------------------------------------------------------------------------

    def _perform(self) -> None:
        # HOT. A flush to 500 peers takes some 30 ms of the kernel's time.
        outbox = self._outbox
        outbox += self.core.take_outputs()
        if not outbox:
            return
        deadline = self._loop.time() + SENDING
        while outbox:
            output = outbox.popleft()
            kind = type(output)
            if kind is SendAll:
                self._send_all(output, deadline)  # type: ignore[arg-type]
            elif kind is Send:
                self._send_all(SendAll([output.conn], output.data), deadline)  # type: ignore[union-attr]
            else:
                self._perform_rare(output)
            if outbox and self._loop.time() > deadline and not self._stopped:
                self._turns.soon(self._go_on)
                break

    def _send_all(self, output: SendAll, deadline: float) -> None:
        """To those that there is time for; the rest waits before all else."""
        # HOT, once a flush and member.
        conns, data = output
        connections = self._connections
        for done, conn in enumerate(conns, 1):
            connection = connections.get(conn)
            if connection is not None:
                connection.write(data)
            if not done & 15 and self._loop.time() > deadline and not self._stopped:
                if done < len(conns):
                    self._outbox.appendleft(SendAll(conns[done:], data))
                return

    def _go_on(self) -> None:
        """Perform more; when nothing is left, those go on reading whose input has led to it."""
        if not self._outbox and self.core.flush_due:
            self.core.flush(self.now())
        self._perform()
        if not self._outbox:
            while self._unread:
                self._unread.pop().resume_reading()
        self._arm()

    def _perform_rare(self, output: Output) -> None:
        """One output that can't be performed must not cost those behind it."""
        try:
            self._perform_one(output)
        except (OSError, PybgpError) as error:
            self._tell(Event("output_failed", "error", {"why": str(error), "output": type(output).__name__}))

    def _perform_one(self, output: Output) -> None:
        match output:
            case FibChanges():
                if self.fib is not None:
                    self.fib.apply(output)
            case RouteChanges(changes):
                for watcher in self._watchers:
                    watcher.changed(changes)
            case Event():
                self._tell(output)
                self._wake()
            case Connect(conn):
                self._connecting[conn] = self._loop.create_task(self._connect(output))
            case Accept(conn, options):
                self._set_options(conn, lambda sock: prepare(sock, options))
            case Rekey(conn, address, password):
                self._set_options(conn, lambda sock: set_md5(sock, address, password))
            case Close(conn, abort):
                self._close(conn, abort)
            case Listen(endpoints, passwords):
                self._listen(endpoints, passwords)
            case SweepFib(family):
                if self.fib is not None:
                    self.fib.sweep(family)

    def _tell(self, event: Event) -> None:
        """A program's mistake in hearing it must not cost what is performed after it."""
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception as error:
            self._loop.call_exception_handler({"message": f"on_event of {event.kind} failed", "exception": error})

    def _accepted(self, sock: socket.socket) -> None:
        task = self._loop.create_task(self._loop.connect_accepted_socket(lambda: Connection(self, 0), sock))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _connect(self, request: Connect) -> None:
        conn = request.conn
        try:
            sock = await connect(self._loop, request)
            await self._loop.create_connection(lambda: Connection(self, conn), sock=sock)
        except (OSError, PybgpError) as error:
            self.core.connection_failed(conn, self.now(), f"can't connect: {said(error)}")
            self._after_input()
        finally:
            self._connecting.pop(conn, None)

    def _set_options(self, conn: int, set_them: Callable[[socket.socket], None]) -> None:
        connection = self._connections.get(conn)
        if connection is not None:
            try:
                set_them(connection.socket)
            except OSError as error:
                self._tell(Event("socket_option_failed", "warn", {"why": error.strerror}))
                connection.close(self._loop, abort=True)

    def _close(self, conn: int, abort: bool) -> None:
        task = self._connecting.get(conn)
        if task is not None:
            task.cancel()
        connection = self._connections.get(conn)
        if connection is not None:
            connection.close(self._loop, abort=abort)

    def _open_listeners(self, config: SpeakerConfig, secrets: Mapping[str, str]) -> None:
        self._listeners.open([parse_endpoint(text) for text in config.listen], passwords=bool(secrets))

    def _listen(self, endpoints: tuple[tuple[str, int], ...], passwords: Mapping[str, str]) -> None:
        for host, port in self._listeners.use(endpoints, passwords):
            self._tell(Event("listening", "info", {"address": host, "port": port}))

    # -- waiting -----------------------------------------------------------------------------------------------------

    def _state_waiter(self) -> asyncio.Event:
        waiter = asyncio.Event()
        self._state_waiters.add(waiter)
        return waiter

    def _wake(self) -> None:
        for waiter in self._state_waiters:
            waiter.set()
