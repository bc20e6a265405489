"""Hosts for the tests: network namespaces on one bridge, made and removed by us.

Every host has one interface, ``eth0``, with an IPv4 and an IPv6 address. The bridge lives in a namespace of its own, so
nothing of this touches the machine's own network. Neighbour entries are permanent: no test waits for ARP.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterable
from itertools import count
from types import TracebackType
from typing import Self

from tests.machine import program

BGP = 179

PREFIX = "pybgp"
"""Our namespaces are called PREFIX-<process>-<network>-<host>."""
_numbers = count(1)


class Host:
    """A namespace with ``eth0`` on the bridge: 10.77.0.N/16 and 2001:db8:77::N/64."""

    def __init__(self, network: Network, name: str, number: int) -> None:
        self.network = network
        self.name = name
        self.number = number  # 1..250
        self.namespace = network.namespace(name)
        self.mac = f"02:00:00:00:00:{number:02x}"
        self.ipv4 = f"10.77.0.{number}"
        self.ipv6 = f"2001:db8:77::{number:x}"
        self.link_local = f"fe80::ff:fe00:{number:x}"  # as the kernel makes it from the MAC
        self.router_id = f"10.255.0.{number}"

    def __repr__(self) -> str:
        return f"Host({self.name})"

    def address(self, version: int) -> str:
        return self.ipv4 if version == 4 else self.ipv6

    def command(self, *arguments: str) -> list[str]:
        """The command that runs ``arguments`` in this host; the process is the program's own, not a wrapper's."""
        return [program("ip"), "netns", "exec", self.namespace, *arguments]

    def run(self, *arguments: str, check: bool = True) -> str:
        """What a program prints.

        Raises:
            AssertionError: it fails, and ``check`` is true.
        """
        done = subprocess.run(self.command(*arguments), capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not check, f"{self.name}: {' '.join(arguments)}: {done.stderr}{done.stdout}"
        return done.stdout

    def ip(self, *lines: str) -> None:
        """``ip -batch`` in this host."""
        batch(self.namespace, lines)

    def routes(self, version: int, *selector: str) -> list[str]:
        """The prefixes of the kernel's routes: ``routes(4, "proto", "bird")``."""
        return [line.split()[0] for line in self.run("ip", f"-{version}", "route", "show", *selector).splitlines()]

    def cut(self) -> None:
        """No frame leaves or reaches this host; its interface stays up."""
        self.network.port(self.name, "disabled")

    def join(self) -> None:
        """Undo ``cut``."""
        self.network.port(self.name, "forwarding")

    def connections(self, state: str, remote: str) -> frozenset[tuple[int, int]]:
        """The TCP connections with ``remote`` about BGP in a state (``established``, ``syn-sent``).

        Each is (our port, its port): who has 179 was dialled.
        """
        table = self.run(
            *("ss", "-Htn", "state", state, "dst", _bracketed(remote), f"( sport = :{BGP} or dport = :{BGP} )")
        )
        rows = (line.split()[-2:] for line in table.splitlines())
        return frozenset((int(ours.rpartition(":")[2]), int(its.rpartition(":")[2])) for ours, its in rows)


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address


class Network:
    """Hosts by name, on one bridge; a context manager that removes everything, also what an earlier crash left."""

    def __init__(self, names: Iterable[str]) -> None:
        self._number = next(_numbers)
        self.hosts = {name: Host(self, name, number) for number, name in enumerate(names, start=1)}
        self._switch = self.namespace("switch")

    def namespace(self, name: str) -> str:
        return f"{PREFIX}-{os.getpid()}-{self._number}-{name}"

    def __getitem__(self, name: str) -> Host:
        return self.hosts[name]

    def __enter__(self) -> Self:
        remove_leftovers()
        try:
            self._build()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Remove the namespaces; what still runs in them is killed first."""
        for namespace in (*(host.namespace for host in self.hosts.values()), self._switch):
            remove(namespace)

    def port(self, name: str, state: str) -> None:
        """Set the state of a host's port on the bridge."""
        number = {"disabled": "0", "forwarding": "3"}[state]
        command = ["ip", "netns", "exec", self._switch, "bridge", "link", "set", "dev", name, "state", number]
        subprocess.run([program("ip"), *command[1:]], check=True, capture_output=True)

    def _build(self) -> None:
        for namespace in (self._switch, *(host.namespace for host in self.hosts.values())):
            subprocess.run([program("ip"), "netns", "add", namespace], check=True, capture_output=True)
        lines = ["link add name lan type bridge", "link set lan up"]
        for host in self.hosts.values():
            lines += [
                f"link add name {host.name} type veth peer name eth0 address {host.mac} netns {host.namespace}",
                f"link set dev {host.name} master lan",
                f"link set dev {host.name} up",
            ]
        batch(self._switch, lines)
        for host in self.hosts.values():
            host.run("sh", "-c", "echo 0 > /proc/sys/net/ipv6/conf/eth0/accept_dad")
            host.ip(*self._addresses(host))

    def _addresses(self, host: Host) -> list[str]:
        lines = [
            "link set lo up",
            "link set eth0 up",
            f"address add {host.ipv4}/16 dev eth0",
            f"address add {host.ipv6}/64 dev eth0 nodad",
        ]
        for other in self.hosts.values():
            if other is not host:
                lines += [
                    f"neighbour replace {address} lladdr {other.mac} dev eth0 nud permanent"
                    for address in (other.ipv4, other.ipv6)
                ]
        return lines


def batch(namespace: str, lines: Iterable[str]) -> None:
    """Run lines of ``ip -batch`` in a namespace.

    Raises:
        AssertionError: one fails.
    """
    text = "\n".join(lines) + "\n"
    command = [program("ip"), "-n", namespace, "-batch", "-"]
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{namespace}: {done.stderr}"


def remove(namespace: str) -> None:
    """Kill what runs in a namespace, and remove it. One that doesn't exist is no error."""
    found = subprocess.run([program("ip"), "netns", "pids", namespace], capture_output=True, text=True, check=False)
    for pid in found.stdout.split():
        subprocess.run(["kill", "-KILL", pid], capture_output=True, check=False)
    subprocess.run([program("ip"), "netns", "delete", namespace], capture_output=True, check=False)


def remove_leftovers() -> None:
    """Remove namespaces whose test process is gone: it was killed before it could."""
    listed = subprocess.run([program("ip"), "netns", "list"], capture_output=True, text=True, check=False).stdout
    for name, process in re.findall(rf"(?m)^({PREFIX}-(\d+)-\S+)", listed):
        if not os.path.exists(f"/proc/{process}"):
            remove(name)
