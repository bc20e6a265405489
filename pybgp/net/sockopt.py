"""Socket options that BGP asks for: TCP-MD5 (RFC 2385), TTL security (RFC 5082), interface, DSCP.

The numbers are Linux's; the standard library does not name them all.
"""

from __future__ import annotations

import ipaddress
import socket
import struct
from typing import Final

from ..errors import ConfigError
from ..speaker.outputs import TransportOptions

IP_MINTTL: Final = 21
IPV6_MINHOPCOUNT: Final = 73
TCP_MD5SIG: Final = 14
TCP_MD5SIG_EXT: Final = 32
MD5_FLAG_PREFIX: Final = 1
MD5_MAX_KEY: Final = 80


def prepare(sock: socket.socket, options: TransportOptions) -> None:
    """Options of one connection, incoming or outgoing.

    Raises:
        OSError: the kernel refuses one.
    """
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if options.user_timeout:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, max(1, round(options.user_timeout * 1000)))
    if sock.family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, options.ttl)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, options.dscp << 2)
        if options.min_ttl:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_MINHOPCOUNT, options.min_ttl)
    else:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, options.ttl)
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, options.dscp << 2)
        if options.min_ttl:
            sock.setsockopt(socket.IPPROTO_IP, IP_MINTTL, options.min_ttl)


def bind_to_device(sock: socket.socket, interface: str) -> None:
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")


def set_md5(sock: socket.socket, peer: str, password: str | None) -> None:
    """Sign and check segments with a peer (an address or, on a listener, a prefix); None takes the key away.

    Raises:
        ConfigError: the key is longer than the kernel's 80 octets.
        OSError: the kernel has no TCP-MD5.
    """
    key = (password or "").encode()
    if len(key) > MD5_MAX_KEY:
        raise ConfigError(f"TCP-MD5 password for {peer}: {len(key)} octets, expected at most {MD5_MAX_KEY}")
    network = ipaddress.ip_network(peer.partition("%")[0])
    if sock.family == socket.AF_INET6:
        packed = network.network_address.packed
        if network.version == 4:
            packed = bytes(10) + b"\xff\xff" + packed
        address = struct.pack("=HHI16sI", socket.AF_INET6, 0, 0, packed, 0)
    else:
        address = struct.pack("=HH4s", socket.AF_INET, 0, network.network_address.packed)
    whole = network.prefixlen == network.max_prefixlen
    flags, length = (0, 0) if whole else (MD5_FLAG_PREFIX, network.prefixlen)
    option = TCP_MD5SIG if whole else TCP_MD5SIG_EXT
    value = struct.pack("=128sBBHI80s", address, flags, length, len(key), 0, key)
    try:
        sock.setsockopt(socket.IPPROTO_TCP, option, value)
    except FileNotFoundError:
        if password is not None:  # taking away a key that is not there is no error
            raise
