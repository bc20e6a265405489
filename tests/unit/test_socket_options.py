"""Options of a connection as the kernel has them, on sockets of this machine."""

from __future__ import annotations

import socket

import pytest

from pybgp.net.sockopt import prepare
from pybgp.speaker.outputs import TransportOptions


@pytest.mark.parametrize(
    ("family", "level", "option"),
    [
        (socket.AF_INET, socket.IPPROTO_IP, socket.IP_TOS),
        (socket.AF_INET6, socket.IPPROTO_IPV6, socket.IPV6_TCLASS),
    ],
    ids=["IPv4", "IPv6"],
)
@pytest.mark.parametrize("dscp", [48, 0, 63])
def test_dscp_is_the_upper_six_bits(family: int, level: int, option: int, dscp: int) -> None:
    """RFC 2474 §3."""
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        prepare(sock, TransportOptions(dscp=dscp))

        assert sock.getsockopt(level, option) == dscp << 2


@pytest.mark.parametrize(("seconds", "milliseconds"), [(0, 0), (30, 30_000), (0.5, 500)])
def test_the_user_timeout_is_in_milliseconds_for_the_kernel(seconds: float, milliseconds: int) -> None:
    """RFC 5482; 0 leaves it to the kernel."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as sock:
        prepare(sock, TransportOptions(user_timeout=seconds))

        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == milliseconds
