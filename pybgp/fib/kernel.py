"""The Linux kernel's routing table as a ``Fib``: sockets, a worker, the monitor, resynchronisation.

All decisions are in ``plan`` (ours) and ``mirror`` (what is there). This shell has one task, which does one thing at a
time: a dump, or a batch of up to 64 messages. What may block (the kernel works inside ``send`` and ``recv``, and the
state file is written) runs in one worker thread; the event loop only packs and unpacks octets, in slices of well
under a millisecond. Notifications are read by the loop; during a dump they wait.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from ..addresses import Family
from ..config.model import FibConfig
from ..errors import FibError
from ..speaker.fib import FibChanges, FibRoute, FibStatus, InstalledRoute, KernelEvent
from . import links as link_messages
from .ledger import Ledger
from .mirror import Mirror
from .netlink import AnswersLostError, Monitor, NetlinkChannel, boot_id, inside
from .plan import Request
from .state import Claims, Identity
from .table import Table
from .wire import Header, Op, RouteTemplate, dump_routes, route_template

LogEvent = Callable[[str, dict[str, Any]], None]
_Result = TypeVar("_Result")

RESYNC_INTERVAL: Final = 60.0
"""Seconds between dumps as a safety net."""
_RESYNC_PAUSE: Final = 0.2
_READ_AT_ONCE: Final = 200
"""Notifications a turn of the loop: about 1 ms."""
_TEMPLATES: Final = 4096
_DUMP_ATTEMPTS: Final = 8


def _ignore(event: str, details: dict[str, Any]) -> None:
    """The default for ``on_log``."""


class KernelFib:
    """Programs the kernel's table ``config.table``, and follows main if that is another; see ``pybgp.speaker.fib.Fib``.

    ``namespace`` is the name of a network namespace (``ip netns``) to work in instead of our own. ``on_log`` gets
    events worth a line in the log (never one a route): ``fib_started``, ``fib_bird_routes``, ``fib_refused`` and
    ``fib_accepted`` (once a next hop), ``fib_fight``, ``fib_link_down``, ``fib_events_lost``, ``fib_state_error``,
    ``fib_error``, ``fib_delete_failed``.
    """

    def __init__(
        self,
        config: FibConfig,
        *,
        families: Iterable[Family],
        namespace: str | None = None,
        on_log: LogEvent = _ignore,
    ) -> None:
        self._config = config
        self._namespace = namespace
        self._log = on_log
        self._mirror = Mirror(config, families)
        self._tables = self._mirror.tables
        self._templates: dict[tuple[Op, Family, FibRoute], RouteTemplate] = {}
        self._ledger = Ledger(config.state_file, self._tables, self._state_failed)
        self._channel: NetlinkChannel | None = None
        self._monitor: Monitor | None = None
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pybgp-fib")
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._closing = False
        self._on_event: Callable[[KernelEvent], None] = lambda event: None
        self._waiting: list[tuple[bytes, Header]] | None = None  # notifications during a dump
        self._events_lost = False
        self._resync_at = 0.0  # not before
        self._resync_by = 0.0  # at the latest

    # The protocol

    async def start(self, on_event: Callable[[KernelEvent], None]) -> None:
        """Open sockets, read the state file, dump, adopt, report; then follow changes.

        Raises:
            FibError: no permission, no such namespace, the state file can't be written or is another pybgp's.
        """
        self._loop = asyncio.get_running_loop()
        self._on_event = on_event
        try:
            with inside(self._namespace):
                self._channel = NetlinkChannel()
                self._monitor = Monitor(self._channel.port)
            if not await self._run(self._channel.may_change_routes):
                raise FibError("routes can't be changed: CAP_NET_ADMIN is missing")
            config = self._config
            identity = Identity(config.protocol, config.table, boot_id(), self._channel.namespace())
            claims = await self._run(self._ledger.open, identity)
            self._waiting = []
            self._loop.add_reader(self._monitor.fileno(), self._read_monitor)
            await self._resync(claims)
            for nothing in self._mirror.nothing():
                on_event(nothing)
            await self._rewrite_state()
        except (FibError, OSError) as error:
            self._release()
            if isinstance(error, FibError):
                raise
            raise FibError(f"netlink: {error.strerror}") from error
        status = self.status()
        self._log("fib_started", {"adopted": status.adopted, "bird_routes": status.foreign_bird})
        self._begin()

    def apply(self, changes: FibChanges) -> None:
        """Take the newest desired state; a family that isn't ours to program is ignored."""
        table = self._tables.get(changes.family)
        if table is not None:
            table.plan.apply(changes.routes)
            self._awake()

    def sweep(self, family: Family) -> None:
        """Delete what an earlier run left and nobody wanted."""
        table = self._tables.get(family)
        if table is not None:
            table.plan.sweep()
            self._awake()

    async def settled(self) -> None:
        """Wait until everything applied so far is in the kernel, or has failed, or is in another's place."""
        while self._task is not None and not self._task.done() and not self._is_idle():
            self._idle.clear()
            await self._idle.wait()

    async def close(self, *, flush: bool = False) -> None:
        """Stop after the batch under way; ``flush`` removes our routes first. Without ``start`` nothing happens."""
        if self._task is None:
            self._release()
            return
        if flush:
            for table in self._tables.values():
                table.plan.withdraw_all()
            self._awake()
            await self.settled()
        self._closing = True
        self._wake.set()
        await asyncio.wait([self._task])
        self._task = None
        self._ledger.collect()
        await self._write_lines()
        self._release()

    def routes(self) -> Iterator[InstalledRoute]:
        """What is (or should be) installed, all families."""
        for table in self._tables.values():
            yield from table.plan.routes()

    def route(self, family: Family, key: bytes) -> InstalledRoute | None:
        """What is (or should be) installed of one prefix."""
        table = self._tables.get(family)
        return table.plan.route(key) if table is not None else None

    def status(self) -> FibStatus:
        """Counters."""
        counts = [table.plan.counts for table in self._tables.values()]
        return FibStatus(
            installed=sum(count["installed"] for count in counts),
            pending=sum(count["pending"] for count in counts),
            failed=sum(count["failed"] for count in counts),
            foreign=sum(count["foreign"] for count in counts),
            adopted=sum(count["adopted"] for count in counts),
            foreign_bird=sum(table.foreign.same_protocol for table in self._tables.values()),
            reinstalled=sum(table.plan.reinstalled for table in self._tables.values()),
        )

    # The one task

    def _begin(self) -> None:
        if not self._closing:
            assert self._loop is not None
            self._task = self._loop.create_task(self._work(), name="pybgp-fib")
            self._task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        """A bug of ours is told, and a second later the work goes on with what the kernel really has."""
        error = None if task.cancelled() else task.exception()
        if error is not None:
            assert self._loop is not None
            self._loop.call_exception_handler({"message": "programming the kernel failed", "exception": error})
            for table in self._tables.values():
                table.plan.unknown()
            self._loop.call_later(1.0, self._begin)
        self._idle.set()

    async def _work(self) -> None:
        while not self._closing:
            try:
                if not await self._step():
                    await self._sleep()
            except (FibError, OSError) as error:
                self._log("fib_error", {"why": str(error)})
                for table in self._tables.values():
                    table.plan.unknown()
                self._resync_at = self._resync_by = self._now() + 1.0
                self._events_lost = True
                await asyncio.sleep(1.0)

    async def _step(self) -> bool:
        """Do one thing; False: there is nothing to do now."""
        now = self._now()
        wanted = self._events_lost or self._mirror.resync_wanted
        if now >= self._resync_by or (wanted and now >= self._resync_at):
            await self._resync(None)
            if self._mirror.take_renamed() or self._ledger.broken:
                await self._rewrite_state()
            return True
        for table in self._tables.values():
            if table.plan.work_due(now):
                await self._send(table, now)
                return True
        self._ledger.collect()
        if self._ledger.is_behind:
            await self._write_lines()
            return True
        if self._ledger.mostly_history:
            await self._rewrite_state()
        return False

    async def _sleep(self) -> None:
        """Until something happens, or is to be tried again."""
        if self._is_idle():
            self._idle.set()
        deadlines = [table.plan.next_deadline for table in self._tables.values()]
        until = min((deadline for deadline in deadlines if deadline is not None), default=self._resync_by)
        if self._events_lost or self._mirror.resync_wanted:
            until = min(until, self._resync_at)
        try:
            async with asyncio.timeout_at(min(until, self._resync_by)):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _is_idle(self) -> bool:
        now = self._now()
        return not self._events_lost and not (
            self._mirror.resync_wanted
            or any(table.plan.under_way or table.plan.work_due(now) for table in self._tables.values())
        )

    async def _send(self, table: Table, now: float) -> None:
        """One batch and its answers."""
        plan = table.plan
        assert self._channel is not None
        batch = plan.next_batch(now)
        self._ledger.collect()
        outcomes = [(0, "")] * len(batch)
        sent, templates = [], []
        for at, request in enumerate(batch):
            try:
                templates.append(self._template(table.family, request))
                sent.append(at)
            except FibError as error:
                outcomes[at] = (errno.ENODEV, str(error))
        if sent:
            puts = [(batch[at].key, batch[at].route) for at in sent if batch[at].op is not Op.DELETE]
            if puts:
                self._ledger.claim(table.family, puts)
            first = self._channel.sequences(len(sent))
            octets = [t.encode(batch[at].key, first + i) for i, (t, at) in enumerate(zip(templates, sent, strict=True))]
            octets[-1] = templates[-1].encode(batch[sent[-1]].key, first + len(sent) - 1, ack=True)
            try:
                answers = await self._run(self._exchange, self._ledger.take_lines(), b"".join(octets), first, len(sent))
            except AnswersLostError as error:
                self._log("fib_answers_lost", {"why": str(error)})
                plan.unknown()
                return
            for at, answer in zip(sent, answers, strict=True):
                outcomes[at] = answer
        else:
            await asyncio.sleep(0)  # the loop's turn
        plan.done(outcomes, self._now())
        self._say(table)

    def _template(self, family: Family, request: Request) -> RouteTemplate:
        if self._mirror.take_names_changed():
            self._templates.clear()
        name = request.op, family, request.route
        template = self._templates.get(name)
        if template is None:
            if len(self._templates) >= _TEMPLATES:
                self._templates.clear()
            template = self._templates[name] = route_template(
                request.op,
                family,
                request.route,
                self._mirror.links.index_of,
                table=self._config.table,
                protocol=self._config.protocol,
            )
        return template

    def _exchange(self, lines: str, octets: bytes, first: int, count: int) -> list[tuple[int, str]]:
        """In the worker thread: first the state file, then the kernel."""
        assert self._channel is not None
        self._ledger.append(lines)
        return self._channel.exchange(octets, first, count)

    # Dumps

    async def _resync(self, claims: dict[Family, Claims] | None) -> None:
        """Read links, addresses and tables, and make them the truth; ``claims`` are given at the start."""
        began = self._now()
        if claims is None:
            while self._monitor is not None and self._read_some():  # all that happened before the dump
                await asyncio.sleep(0)
        self._events_lost = False
        self._waiting = self._waiting or []
        try:
            await self._resync_links()
            for table in self._mirror.all_tables:
                mine = claims.get(table.family, {}) if claims is not None else None
                await self._dump(
                    lambda sequence, table=table: dump_routes(table.family, table.table, sequence),  # type: ignore[misc]
                    table.begin_dump,
                    lambda data, entries, table=table, mine=mine: table.dumped(data, entries, mine),  # type: ignore[misc]
                )
                for _ in table.end_dump(self._now()):
                    await asyncio.sleep(0)
        finally:
            waiting, self._waiting = self._waiting, None
        for data, header in waiting:
            self._notified(data, header)
        self._deliver()
        now = self._now()
        self._resync_at = now + max(_RESYNC_PAUSE, 5 * (now - began))
        self._resync_by = now + RESYNC_INTERVAL

    async def _resync_links(self) -> None:
        links = self._mirror.links

        def take(data: bytes, entries: list[Header]) -> None:
            for header in entries:
                links.feed(data, header)

        await self._dump(link_messages.dump_links, links.clear, take)
        await self._dump(link_messages.dump_addresses, lambda: None, take)
        self._mirror.links_dumped()

    async def _dump(
        self,
        request: Callable[[int], bytes],
        begin: Callable[[], None],
        take: Callable[[bytes, list[Header]], None],
    ) -> None:
        channel = self._channel
        assert channel is not None
        for _ in range(_DUMP_ATTEMPTS):
            begin()
            interrupted = False
            sequence = channel.sequences(1)
            await self._run(channel.begin_dump, request(sequence))
            try:
                while True:
                    chunk = await self._run(channel.next_chunk, sequence)
                    interrupted = interrupted or chunk.interrupted
                    take(chunk.data, chunk.entries)
                    if chunk.finished:
                        break
            except AnswersLostError:
                interrupted = True
            if not interrupted:
                return
        raise FibError("the kernel's tables change too fast to be read")

    # Notifications

    def _read_monitor(self) -> None:
        self._read_some()
        self._deliver()

    def _read_some(self) -> bool:
        """Read a slice of the notifications; False: there are no more."""
        assert self._monitor is not None
        try:
            return self._monitor.read(_READ_AT_ONCE, self._notified)
        except AnswersLostError:
            self._log("fib_events_lost", {})
            self._events_lost = True
            self._mirror.distrust()
            return True

    def _notified(self, data: bytes, header: Header) -> None:
        if self._waiting is not None:
            self._waiting.append((data, header))
        else:
            self._mirror.notified(data, header, self._now())

    def _deliver(self) -> None:
        """Tell the core what changed since the last time, and the plan that it may try again."""
        if self._waiting is not None:
            return
        for event, details in self._mirror.take_events():
            self._log(event, details)
        for news in self._mirror.take_news(self._now()):
            self._on_event(news)
        self._awake()

    # The state file

    async def _write_lines(self) -> None:
        if self._ledger.is_behind:
            await self._run(self._ledger.append, self._ledger.take_lines())

    async def _rewrite_state(self) -> None:
        await self._run(self._ledger.rewrite, await self._ledger.whole())

    def _state_failed(self, why: str) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._log, "fib_state_error", {"why": why})

    # Helpers

    def _now(self) -> float:
        assert self._loop is not None
        return self._loop.time()

    def _awake(self) -> None:
        self._wake.set()

    async def _run(self, function: Callable[..., _Result], *arguments: Any) -> _Result:
        assert self._loop is not None
        return await self._loop.run_in_executor(self._worker, function, *arguments)

    def _say(self, table: Table) -> None:
        for event, details in table.plan.take_events():
            self._log(event, {"family": str(table.family), **details})

    def _release(self) -> None:
        if self._monitor is not None:
            if self._loop is not None:
                self._loop.remove_reader(self._monitor.fileno())
            self._monitor.close()
            self._monitor = None
        if self._channel is not None:
            self._channel.close()
            self._channel = None
        self._ledger.close()
        self._worker.shutdown(wait=False)
