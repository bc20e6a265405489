"""The smallest thing that looks like a daemon: brings sessions up, and writes what one peer sends to all others.

It stands in for a daemon to see what the measuring itself takes; nothing is decided, rewritten or kept.
"""

from __future__ import annotations

import select
import socket
import struct
import sys

MARKER = b"\xff" * 16
KEEPALIVE = MARKER + b"\x00\x13\x04"
ADDRESS, ASN, PORT, HOLD_TIME = "10.99.0.1", 65000, 179, 240
CHUNK = 1 << 18


def opening(add_path: bool) -> bytes:
    """Our OPEN."""
    capabilities = b"\x01\x04\x00\x01\x00\x01" + b"\x02\x00" + b"\x41\x04" + struct.pack("!I", ASN)
    if add_path:
        capabilities += b"\x45\x04\x00\x01\x01\x03"
    body = struct.pack("!BHH", 4, ASN, HOLD_TIME) + socket.inet_aton(ADDRESS)
    body += bytes([len(capabilities) + 2, 2, len(capabilities)]) + capabilities
    return MARKER + struct.pack("!HB", 19 + len(body), 1) + body


def establish(listener: socket.socket, add_path: bool) -> socket.socket:
    """Accept a peer; its OPEN and KEEPALIVE are read and thrown away."""
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.sendall(opening(add_path) + KEEPALIVE)
    for _ in range(2):
        head = connection.recv(19, socket.MSG_WAITALL)
        connection.recv(struct.unpack_from("!H", head, 16)[0] - 19, socket.MSG_WAITALL)
    connection.setblocking(False)
    return connection


def main() -> None:
    """Until killed."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((ADDRESS, PORT))
    listener.listen(1024)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    peers: dict[int, socket.socket] = {}
    waiting: dict[int, list[memoryview]] = {}
    while True:
        for fd, event in poll.poll():
            if fd == listener.fileno():
                peer = establish(listener, "add-path" in sys.argv)
                peers[peer.fileno()], waiting[peer.fileno()] = peer, []
                poll.register(peer, select.EPOLLIN)
                continue
            if event & select.EPOLLOUT:
                write(poll, peers[fd], waiting[fd])
            if event & ~select.EPOLLOUT:
                data = peers[fd].recv(CHUNK)
                if not data:
                    poll.unregister(fd)
                    peers.pop(fd).close()
                    continue
                for other, peer in peers.items():
                    if other != fd:
                        waiting[other].append(memoryview(data))
                        write(poll, peer, waiting[other])


def write(poll: select.epoll, peer: socket.socket, waiting: list[memoryview]) -> None:
    """As much as the socket takes."""
    while waiting:
        try:
            sent = peer.send(waiting[0])
        except BlockingIOError:
            break
        if sent == len(waiting[0]):
            del waiting[0]
        else:
            waiting[0] = waiting[0][sent:]
    poll.modify(peer, select.EPOLLIN | (select.EPOLLOUT if waiting else 0))


if __name__ == "__main__":
    main()
