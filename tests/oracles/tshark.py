"""tshark reads messages: every field that it shows, in order, and whatever it complains about."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Final
from xml.etree import ElementTree

from pybgp.capture.values import Endpoint
from pybgp.capture.write import pcap, tcp_packet
from tests.machine import program

Field = tuple[str, str]
"""A field's name in Wireshark, without "bgp." in front, and its value as text."""

_SENDER: Final = Endpoint(bytes((192, 0, 2, 1)), 50000)
_RECEIVER: Final = Endpoint(bytes((192, 0, 2, 2)), 179)
_SYN, _ACK, _PUSH = 2, 16, 8
_PREFERENCES: Final = ("-o", "bgp.asn_len:4 octet", "-o", "tcp.check_checksum:TRUE")
"""tshark guesses the size of AS numbers, for each AS_PATH by itself, unless it is told."""

_SAID_TWICE: Final = (
    "marker",  # always the same, and checked by tshark itself
    "update.path_attribute.flags.",  # the bits of "flags"
    "flowspec_nlri.op.",  # the bits of "opflags"
    "flowspec_nlri.val_tcp.flags.",
    "flowspec_nlri.val_frag_",
    "update.encaps_tunnel_tlv_subtlv.vxlan.flags.",
    "update.encaps_tunnel_tlv_subtlv.nvgre.flags.",
    "ext_com.type.",
    "ext_com_evpn.mmac.flags.",
    "ext_com_evpn.l2attr.flag_",
    "ext_com.value_ospf_rtype.options.",
    "cap.gr.timers.",
    "evpn.nlri.esi.",  # parts of "esi", which are bytes without a meaning to pybgp
)
_LINK_STATE: Final = ("bgp.ls.nlri_type", "bgp.ls.nlri_length")
_HARMLESS: Final = ("Expert Info (Chat", "Expert Info (Note")


KNOWN_FIELDS: Final = "4.0"
"""The version whose fields are written down here; others have others."""


@cache
def version() -> str:
    """Of the tshark that is installed: "4.0"."""
    done = subprocess.run([program("tshark"), "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"TShark \(Wireshark\) (\d+\.\d+)", done.stdout)
    assert found, done.stdout
    return found[1]


@dataclass(frozen=True, slots=True)
class Reading:
    """One message as tshark reads it."""

    fields: tuple[Field, ...]
    complaints: tuple[str, ...]


def read(messages: Sequence[bytes], folder: Path) -> list[Reading]:
    """Each message as it is read behind the others on one TCP connection.

    Raises:
        AssertionError: tshark can't read the capture, or doesn't find as many messages in it.
    """
    capture = folder / "messages.pcap"
    capture.write_bytes(pcap(_conversation(messages)))
    command = [program("tshark"), *_PREFERENCES, "-n", "-r", str(capture), "-T", "pdml", "-J", "bgp"]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    found = [_reading(packet) for packet in ElementTree.fromstring(done.stdout) if packet.find("proto[@name='bgp']")]
    assert len(found) == len(messages), f"tshark found {len(found)} messages of {len(messages)}"
    return found


def _conversation(messages: Sequence[bytes]) -> Iterator[tuple[float, bytes]]:
    """A connection with its handshake, one message a packet, a millisecond apart."""
    yield 0, tcp_packet(_SENDER, _RECEIVER, flags=_SYN)
    yield 0, tcp_packet(_RECEIVER, _SENDER, acknowledgement=1, flags=_SYN | _ACK)
    sequence = 1
    for number, message in enumerate(messages, 1):
        packet = tcp_packet(_SENDER, _RECEIVER, message, sequence=sequence, acknowledgement=1, flags=_PUSH | _ACK)
        yield number / 1000, packet
        sequence += len(message)


def _reading(packet: ElementTree.Element) -> Reading:
    fields: list[Field] = []
    complaints: list[str] = []
    for element in packet:
        _collect(element, fields, complaints)
    return Reading(tuple(fields), tuple(complaints))


def _collect(element: ElementTree.Element, fields: list[Field], complaints: list[str]) -> None:
    """An element and what is in it."""
    name, show, label = (element.get(each, "") for each in ("name", "show", "showname"))
    if name in ("_ws.expert", "_ws.malformed"):
        complaints += [] if label.startswith(_HARMLESS) else [label or name]
    elif name == "bgp.label_stack" and "RD=" in label:  # all that it has of VPN-IPv6 is this text
        head, _, prefix = label.partition("IPv6=")
        fields.append((name[4:], f"{head}IPv6={ip_network(prefix, strict=False)}"))
    elif name.startswith("bgp.") and show and not name[4:].startswith(_SAID_TWICE):
        fields.append((name[4:], str(ip_address(show)) if "ipv6" in name and "::" in show else show))
    for inner in element:
        if name != "bgp.ls.nlri" or inner.get("name") in _LINK_STATE:  # pybgp has the TLVs as octets
            _collect(inner, fields, complaints)
