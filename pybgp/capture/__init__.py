"""BGP in captured packets: pcap and pcapng files as messages, TCP reassembled, both directions of each connection.

Sans-IO: octets go in, or a file that somebody else has opened.

    with open("session.pcap", "rb") as file:
        for each in capture.messages(file):
            ...
"""

from __future__ import annotations

from ..sources import BinaryFile, Source
from .packets import is_capture, packets
from .reader import messages
from .values import CapturedMessage, Damage, Endpoint, Packet

__all__ = [
    "BinaryFile",
    "CapturedMessage",
    "Damage",
    "Endpoint",
    "Packet",
    "Source",
    "is_capture",
    "messages",
    "packets",
]
