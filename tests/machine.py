"""What this machine can do: the daemons it has, and what its kernel offers. Found by trying, not by version."""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path

FRR_PATH = os.pathsep.join(("/usr/lib/frr", "/usr/libexec/frr"))
SEARCH_PATH = os.pathsep.join((FRR_PATH, os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"))
"""Where daemons are looked for: Debian keeps them out of a user's PATH. FRR's first: OpenBGPD has a ``bgpd`` too."""

DAEMONS: dict[str, tuple[str, ...]] = {
    "bird": ("bird", "birdc"),
    "frr": ("bgpd", "zebra", "vtysh"),
    "gobgp": ("gobgpd", "gobgp"),
    "openbgpd": ("openbgpd",),
    "bgpdump": ("bgpdump",),
    "tshark": ("tshark",),
}
"""The programs each daemon needs; bgpdump and tshark are none, but are installed and missed like one."""


def program(name: str) -> str:
    """The path of a program.

    Raises:
        FileNotFoundError: it is not installed.
    """
    path = _find(name)
    if path is None:
        raise FileNotFoundError(f"{name} is not installed")
    return path


def _find(name: str) -> str | None:
    """OpenBGPD's ``bgpd`` is called "openbgpd" here, which some packagers do as well."""
    if name == "openbgpd":
        path = SEARCH_PATH.removeprefix(FRR_PATH)
        return shutil.which(name, path=path) or (shutil.which("bgpctl", path=path) and shutil.which("bgpd", path=path))
    return shutil.which(name, path=SEARCH_PATH)


@cache
def missing_daemon(name: str) -> str | None:
    """Why this daemon can't be used, or None."""
    missing = [each for each in DAEMONS[name] if _find(each) is None]
    return f"{name}: {', '.join(missing)} not installed (make peers)" if missing else None


@cache
def missing_root() -> str | None:
    """Why this can't be done what root does in network namespaces, or None."""
    if os.geteuid() != 0:
        return "needs root"
    if shutil.which("ip", path=SEARCH_PATH) is None:
        return "needs iproute2"
    name = f"pybgp-probe-{os.getpid()}"
    done = _ip("netns", "add", name)
    if done.returncode == 0:
        done = _ip("netns", "exec", name, program("ip"), "link", "show")
        _ip("netns", "del", name)
    return f"no network namespaces here: {done.stderr.strip()}" if done.returncode else None


@cache
def missing_kernel(feature: str) -> str | None:
    """Why this feature can't be used, or None."""
    return KERNEL_FEATURES[feature]()


def _tcp_md5() -> str | None:
    """RFC 2385 keys on a socket (TCP_MD5SIG: address, flags, length, key)."""
    address = struct.pack("=HH4s120x", socket.AF_INET, 0, socket.inet_aton("192.0.2.1"))
    option = address + struct.pack("=BBHI80s", 0, 0, 3, 0, b"key")
    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.IPPROTO_TCP, 14, option)
        except OSError as error:
            return f"the kernel has no TCP-MD5 ({error.strerror})"
    return None


def _link(kind: str, *options: str) -> Callable[[], str | None]:
    """A probe: can a link of this kind be made (in a namespace of its own)?"""

    def probe() -> str | None:
        if reason := missing_root():
            return reason
        name = f"pybgp-probe-{os.getpid()}"
        _ip("netns", "add", name)
        try:
            made = _ip("-n", name, "link", "add", "name", "probe0", "type", kind, *options)
            return f"the kernel makes no {kind} links ({made.stderr.strip()})" if made.returncode else None
        finally:
            _ip("netns", "del", name)

    return probe


def _ipv6() -> str | None:
    return None if Path("/proc/sys/net/ipv6").is_dir() else "the kernel has no IPv6"


KERNEL_FEATURES: dict[str, Callable[[], str | None]] = {
    "md5": _tcp_md5,
    "tunnel": _link("ipip", "local", "192.0.2.1"),
    "bridge": _link("bridge"),
    "vrf": _link("vrf", "table", "10"),
    "ipv6": _ipv6,
}


def _ip(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program("ip"), *arguments], capture_output=True, text=True, check=False)
