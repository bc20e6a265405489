"""The daemon's process: started in its namespace, watched in /proc, stopped."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from .scenarios import PORT

TICK = os.sysconf("SC_CLK_TCK")


class DaemonFailed(Exception):
    """The daemon ended, or never listened; with the end of its log."""


class Usage(NamedTuple):
    """CPU seconds (user and system) so far, and the largest resident set so far in MiB."""

    cpu: float
    peak: float


class Daemon:
    """One running daemon, with all its threads and processes; ``folder`` holds its files and its log."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self._log = folder / "stderr.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=folder, start_new_session=True
            )
        self._folder = folder

    def wait_until_listening(self, seconds: float = 60) -> None:
        """Return when the BGP port is open in the daemon's namespace.

        Raises:
            DaemonFailed: it ended, or it didn't listen in time.
        """
        deadline = time.monotonic() + seconds
        while not self._listening():
            self.check()
            if time.monotonic() > deadline:
                raise DaemonFailed(f"does not listen: {self.last_words()}")
            time.sleep(0.05)

    def _listening(self) -> bool:
        listening = f":{PORT:04X} "
        for table in ("tcp", "tcp6"):
            try:
                rows = Path(f"/proc/{self._process.pid}/net/{table}").read_text().splitlines()[1:]
            except OSError:
                continue
            if any(row.split()[3] == "0A" and row.split()[1].endswith(listening.strip()) for row in rows):
                return self._in_namespace()
        return False

    def _in_namespace(self) -> bool:
        """``ip netns exec`` has moved on: it must not be the machine's own port that we see."""
        own = Path("/proc/self/ns/net").readlink()
        return Path(f"/proc/{self._process.pid}/ns/net").readlink() != own

    def check(self) -> None:
        """Is it still there?

        Raises:
            DaemonFailed: no.
        """
        if self._process.poll() is not None:
            raise DaemonFailed(f"ended with {self._process.returncode}: {self.last_words()}")

    def usage(self) -> Usage:
        """What it has used since its start.

        Raises:
            DaemonFailed: it is gone.
        """
        try:
            usages = [_usage(pid) for pid in (self._process.pid, *_descendants(self._process.pid))]
        except (OSError, StopIteration):
            self.check()
            raise DaemonFailed("is gone") from None
        return Usage(sum(each.cpu for each in usages), sum(each.peak for each in usages))

    def last_words(self) -> str:
        """The end of its logs, on one line."""
        text = " ".join(path.read_text(errors="replace")[-2000:] for path in sorted(self._folder.glob("*.log")))
        return " ".join(text.split())[-600:]

    def stop(self) -> None:
        """End it: by SIGTERM, and by SIGKILL when it takes more than some seconds."""
        if self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(8)
            except subprocess.TimeoutExpired:
                self._process.kill()
        self._process.wait()


def _usage(pid: int) -> Usage:
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    status = Path(f"/proc/{pid}/status").read_text()
    peak = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:"))
    return Usage((int(stat[11]) + int(stat[12])) / TICK, peak / 1024)


def _descendants(pid: int) -> list[int]:
    """OpenBGPD is three processes."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [each for child in map(int, children) for each in (child, *_descendants(child))]


def machine_busy() -> float:
    """CPU seconds that the whole machine was busy since it started, stolen time included."""
    fields = [int(each) for each in Path("/proc/stat").read_text().splitlines()[0].split()[1:9]]
    user, nice, system, _idle, _wait, irq, softirq, steal = fields
    return (user + nice + system + irq + softirq + steal) / TICK
