"""Two network namespaces and a cable: the daemon in one, all its peers in the other. Gone when the run ends.

The peers' addresses are one local route in their namespace, so hundreds of them cost nothing. Loopback would not do:
127.0.0.0/8 is no valid next hop, and BIRD looks for neighbours on real interfaces.
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import Self

from tests.machine import program

from .scenarios import DAEMON_ADDRESS, PEER_NETWORK


class Cable:
    """The names of the two namespaces, ``daemon`` and ``peers``, while the context lasts."""

    def __init__(self, addresses: list[str]) -> None:
        self.daemon = f"pybgp-bench-d{os.getpid()}"
        self.peers = f"pybgp-bench-p{os.getpid()}"
        self._addresses = addresses

    def __enter__(self) -> Self:
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *error: object) -> None:
        self._remove()

    def _make(self) -> None:
        for name in (self.daemon, self.peers):
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        veth = ("type", "veth", "peer", "name", "to-daemon", "netns", self.peers)
        ip("-n", self.daemon, "link", "add", "name", "to-peers", *veth)
        ip("-n", self.daemon, "address", "add", f"{DAEMON_ADDRESS}/16", "dev", "to-peers")
        ip("-n", self.peers, "address", "add", "10.99.0.2/16", "dev", "to-daemon")
        ip("-n", self.daemon, "link", "set", "to-peers", "up")
        ip("-n", self.peers, "link", "set", "to-daemon", "up")
        ip("-n", self.peers, "route", "add", "local", PEER_NETWORK, "dev", "lo")
        # Who has which address is known, so that 500 sessions don't begin with 500 questions.
        there = self._link_address(self.peers, "to-daemon")
        batch = "".join(f"neigh replace {each} lladdr {there} dev to-peers nud permanent\n" for each in self._addresses)
        ip("-n", self.daemon, "-batch", "-", text=batch)
        here = self._link_address(self.daemon, "to-peers")
        ip("-n", self.peers, "neigh", "replace", DAEMON_ADDRESS, "lladdr", here, "dev", "to-daemon", "nud", "permanent")

    @staticmethod
    def _link_address(namespace: str, device: str) -> str:
        return str(json.loads(ip("-n", namespace, "-j", "link", "show", device))[0]["address"])

    def _remove(self) -> None:
        for name in (self.daemon, self.peers):
            subprocess.run([program("ip"), "netns", "del", name], check=False, capture_output=True)


def inside(namespace: str, *command: str) -> list[str]:
    """The command line that runs ``command`` in a namespace."""
    return [program("ip"), "netns", "exec", namespace, *command]


def ip(*arguments: str, text: str | None = None) -> str:
    """What ``ip`` prints.

    Raises:
        RuntimeError: it failed, with what it said.
    """
    done = subprocess.run([program("ip"), *arguments], capture_output=True, text=True, input=text, check=False)
    if done.returncode:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
    return done.stdout
