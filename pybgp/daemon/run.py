"""One daemon from start to stop: signals, reload, and what every reload does to each part."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from ..config.diff import diff
from ..config.model import ControlConfig
from ..control.answers import JsonObject, iso
from ..control.native import ControlServer
from ..control.socket_file import SocketFile
from ..errors import ApiError, ConfigError, PybgpError
from ..net.speaker import Speaker
from ..speaker.outputs import Event
from ..speaker.what_if import RouteChange, WhatIf
from ..telemetry.log import EventLog, Level
from ..version import __version__
from .fib import make_fib, refuse_fixed
from .source import Prepared, Preparer, Source

LOG_FLUSH_S: Final = 5
"""How often counts of repeated lines are looked at."""
GC_THRESHOLDS: Final = (200_000, 50, 1000)
"""Our millions of objects make no cycles: the collector needs to look rarely (its defaults are 700, 10, 10)."""


def run(source: Source) -> int:
    """Run until SIGTERM or SIGINT; returns the exit code.

    Raises:
        ConfigError: the configuration can't be used.
    """
    preparer = Preparer(source)
    prepared = preparer.prepare()
    log = EventLog(
        sys.stderr,
        wall=lambda: datetime.now(UTC),
        level=prepared.node.log.level,
        format=prepared.node.log.format,
        color=False if os.environ.get("NO_COLOR") else None,
    )
    try:
        return asyncio.run(Daemon(preparer, prepared, log).run())
    except asyncio.CancelledError:
        log(Event("aborted", "warn", {"why": "second signal"}))
        return 1
    finally:
        log.close()


class Daemon:
    """A speaker with everything round it."""

    def __init__(self, preparer: Preparer, prepared: Prepared, log: EventLog) -> None:
        """
        Raises:
            ConfigError: a policy that can't be compiled.
        """
        self._preparer = preparer
        self._running = prepared
        self._log = log
        self._started = datetime.now(UTC)
        self._reloaded: datetime | None = None
        self._reload_problems: tuple[str, ...] = ()
        self._reloading = asyncio.Lock()
        self._stopping = asyncio.Event()
        self._signal = ""
        self._tasks: set[asyncio.Task[Any]] = set()
        self._warn(prepared.warnings)
        self.speaker = Speaker(
            prepared.node.speaker,
            fib=make_fib(prepared.node.fib, log),
            fib_config=prepared.node.fib,
            functions=prepared.functions,
            secrets=prepared.secrets,
            on_event=log,
        )
        self._socket: SocketFile
        self._next_socket: SocketFile | None = None  # claimed by a reload that is not through
        self.control = ControlServer(self.speaker, facts=self._facts, reload=self.reload, policy_diff=self.policy_diff)

    async def run(self) -> int:
        """Start, wait for a signal, stop. Returns the exit code."""
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(self._bug)
        self._catch_signals(loop)
        try:
            self._socket = SocketFile.claim(self._running.node.control)
        except ApiError as error:
            return self._start_failed(error)
        try:
            await self.speaker.start()
            await self.control.serve(self._socket)
            self._say_started()
            tune_collector()
            flushing = loop.create_task(self._flush_log())
            await self._stopping.wait()
            flushing.cancel()
            await self._stop()
        except PybgpError as error:
            return self._start_failed(error)
        finally:
            await self.control.close()
            self._socket.remove()
        return 0

    def _start_failed(self, error: PybgpError) -> int:
        self._event("start_failed", "error", why=str(error))
        return 1

    async def _stop(self) -> None:
        self._event("stopping", signal=self._signal)
        fib = self._running.node.fib
        await self.speaker.stop(flush_fib=fib is not None and fib.on_stop == "flush")
        self._event("stopped")

    # -- signals -------------------------------------------------------------------------------------------------------

    def _catch_signals(self, loop: asyncio.AbstractEventLoop) -> None:
        main = asyncio.current_task()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop_signal, number, main)
        loop.add_signal_handler(signal.SIGHUP, self._hang_up)

    def _stop_signal(self, number: signal.Signals, main: asyncio.Task[Any] | None) -> None:
        if self._stopping.is_set() and main is not None:
            main.cancel()  # the second one: no more waiting for peers
            return
        self._signal = number.name
        self._stopping.set()

    def _hang_up(self) -> None:
        task = asyncio.get_running_loop().create_task(self._reload_quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _reload_quietly(self) -> None:
        with contextlib.suppress(PybgpError):  # the log has it
            await self.reload()

    # -- reload --------------------------------------------------------------------------------------------------------

    async def reload(self) -> JsonObject:
        """Read the configuration again and apply it, all or nothing; the answer says what it did.

        Raises:
            ConfigError: it can't be used; the old one is kept.
            ApiError: the new control socket can't be made; the old configuration is kept.
        """
        async with self._reloading:
            try:
                prepared = await asyncio.to_thread(self._preparer.prepare)  # files, and Python policies
                changes = await asyncio.to_thread(_changes, self._running, prepared)
                await self._apply(prepared)
            except PybgpError as error:
                self._reload_problems = error.problems if isinstance(error, ConfigError) else (str(error),)
                for problem in self._reload_problems:
                    self._event("reload_failed", "error", why=problem, kept="the old configuration")
                raise
            self._reload_problems = ()
            self._reloaded = datetime.now(UTC)
            self._warn(prepared.warnings)
            self._event("reloaded", changes=len(changes))
            for change in changes:
                self._event("reload_change", what=change)
            return {"warnings": list(prepared.warnings), "changes": changes}

    async def policy_diff(self, path: str) -> Iterator[RouteChange | None]:
        """What the policies of another file would change; nothing is applied.

        Raises:
            ConfigError: it can't be used.
        """
        other = await asyncio.to_thread(self._preparer.prepare_other, Path(path))
        node, core = other.node, self.speaker.core
        return WhatIf(core, node.speaker, fib=node.fib, functions=other.functions).changes()

    async def _apply(self, prepared: Prepared) -> None:
        old, new = self._running.node, prepared.node
        refuse_fixed(self._preparer.source.name, old.fib, new.fib)
        undo = self._prepare_socket(old.control, new.control)
        try:
            self.speaker.reconfigure(
                new.speaker, fib_config=new.fib, functions=prepared.functions, secrets=prepared.secrets
            )
        except PybgpError:
            undo()
            raise
        self._running = prepared
        if self._next_socket is not None:
            await self.control.serve(self._next_socket)
            self._socket, self._next_socket = self._next_socket, None
        self._log.configure(level=new.log.level, format=new.log.format)

    def _prepare_socket(self, old: ControlConfig, new: ControlConfig) -> Callable[[], None]:
        """What may fail about a new control socket, first; returns how to undo it.

        Raises:
            ApiError, ConfigError: as ``SocketFile`` does.
        """
        if old.socket == new.socket:
            if old != new:
                self._socket.permit(new)
            return lambda: self._socket.permit(old)
        staged = self._next_socket = SocketFile.claim(new)

        def undo() -> None:
            staged.remove()
            self._next_socket = None

        return undo

    # -- what it says --------------------------------------------------------------------------------------------------

    def _facts(self) -> Mapping[str, Any]:
        return {
            "pid": os.getpid(),
            "started": iso(self._started),
            "config": self._preparer.source.name,
            "reloaded": iso(self._reloaded) if self._reloaded else None,
            "reload_problems": list(self._reload_problems),
        }

    def _say_started(self) -> None:
        config = self._running.node.speaker
        self._event(
            "started",
            version=__version__,
            pid=os.getpid(),
            config=self._preparer.source.name,
            local_as=config.local_as,
            router_id=config.router_id,
            peers=len(config.peers),
            control=self._running.node.control.socket,
        )

    def _warn(self, warnings: Iterable[str]) -> None:
        for warning in warnings:
            self._event("config_warning", "warn", why=warning)

    def _event(self, kind: str, level: Level = "info", **fields: object) -> None:
        self._log(Event(kind, level, fields))

    async def _flush_log(self) -> None:
        while True:
            await asyncio.sleep(LOG_FLUSH_S)
            self._log.flush()

    def _bug(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        """An exception that nobody expected is ours, not a peer's: say where, and go on."""
        error = context.get("exception")
        trace = error.__traceback__ if error is not None else None
        places = []
        while trace is not None:
            places.append(f"{Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}")
            trace = trace.tb_next
        self._event("internal_error", "error", why=context.get("message"), error=repr(error), where=places[-4:])


def _changes(old: Prepared, new: Prepared) -> list[str]:
    """What a reload does, in words."""
    changes = diff(
        old.node,
        new.node,
        functions_changed=_other_values(old.functions, new.functions),
        secrets_changed=_other_values(old.secrets, new.secrets),
    )
    return changes.lines()


def _other_values(old: Mapping[str, object], new: Mapping[str, object]) -> frozenset[str]:
    return frozenset(name for name, value in new.items() if name in old and old[name] != value)


def tune_collector() -> None:
    """Keep what is there out of every later collection, and collect rarely."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GC_THRESHOLDS)
