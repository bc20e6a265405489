"""The addresses of this host, for a speaker that has no kernel FIB to tell it."""

from __future__ import annotations

import fcntl
import socket
import struct
from pathlib import Path
from typing import Final

from ..speaker.rules import HostAddresses

_SIOCGIFADDR: Final = 0x8915
_SIOCGIFNETMASK: Final = 0x891B


def host_addresses() -> HostAddresses:
    """Each interface's IPv4 address and all IPv6 addresses, with their subnets; what can't be read is left out."""
    subnets: dict[bytes, bytes] = {}
    devices: dict[bytes, str] = {}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for _, name in socket.if_nameindex():
            address, mask = _ioctl(sock, name, _SIOCGIFADDR), _ioctl(sock, name, _SIOCGIFNETMASK)
            if address is not None and mask is not None:
                subnets[address] = _subnet(address, int.from_bytes(mask).bit_count())
                devices[address] = name
    for line in _read("/proc/net/if_inet6").splitlines():
        text, _, length, _, _, name = line.split()
        address = bytes.fromhex(text)
        subnets[address] = _subnet(address, int(length, 16))
        devices[address] = name
    return HostAddresses(subnets, devices)


def _ioctl(sock: socket.socket, name: str, request: int) -> bytes | None:
    try:
        answer = fcntl.ioctl(sock, request, struct.pack("=256s", name.encode()[:15]))
    except OSError:
        return None  # an interface without an IPv4 address
    return answer[20:24]


def _subnet(address: bytes, length: int) -> bytes:
    bits = len(address) * 8
    masked = int.from_bytes(address) >> (bits - length) << (bits - length)
    return bytes((length,)) + masked.to_bytes(len(address))[: (length + 7) // 8]


def _read(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""  # a kernel without IPv6
