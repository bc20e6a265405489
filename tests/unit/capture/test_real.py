"""A session of real daemons, as tests/data/capture/README.md says."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.capture import CapturedMessage, messages, packets
from pybgp.capture.values import Packet
from pybgp.capture.write import pcap
from pybgp.messages import Notification, Update, decode
from pybgp.messages.context import PeerKind

FILE = Path(__file__).parents[2] / "data" / "capture" / "bird-frr.pcap"


@pytest.fixture(scope="module")
def found() -> list[CapturedMessage]:
    with FILE.open("rb") as file:
        items = list(messages(file))
    assert all(isinstance(each, CapturedMessage) for each in items)
    return [each for each in items if isinstance(each, CapturedMessage)]


def routes(found: list[CapturedMessage]) -> list[tuple[str, str, int]]:
    """(sender, family, path identifier) of every route that is announced."""
    out = []
    for each in found:
        value = decode(each.octets, each.context)
        if isinstance(value, Update):
            assert not value.problems
            out += [
                (str(each.source), str(group.family), group.path_id) for group in value.reachable for _ in group.keys
            ]
    return out


def test_every_message_can_be_read(found: list[CapturedMessage]) -> None:
    kinds = Counter(type(decode(each.octets, each.context)).__name__ for each in found)

    assert kinds == {"Open": 2, "Keepalive": 8, "Update": 18, "Notification": 1}
    assert isinstance(last := decode(found[-1].octets), Notification)
    assert str(last) == 'Cease/Administrative Shutdown "maintenance"'


def test_capabilities_are_learned_from_the_opens(found: list[CapturedMessage]) -> None:
    context = found[-1].context

    assert found[-1].learned
    assert (context.kind, context.four_octet_as) == (PeerKind.EXTERNAL, True)
    assert context.add_path_receive == {Family.IPV4_UNICAST}
    assert context.families == {Family.IPV4_UNICAST, Family.IPV6_UNICAST}


def test_path_identifiers_are_read_where_they_were_agreed_on(found: list[CapturedMessage]) -> None:
    assert {(family, bool(path_id)) for _, family, path_id in routes(found)} == {
        ("ipv4-unicast", True),
        ("ipv6-unicast", False),
    }


def test_without_the_opens_the_same_routes_are_guessed(found: list[CapturedMessage]) -> None:
    """ADD-PATH for IPv4 only, guessed for a family by itself."""
    with FILE.open("rb") as file:
        whole = [each for each in packets(file) if isinstance(each, Packet)]
    without = [(each.time or 0.0, each.data) for each in whole if b"\xff" * 16 not in each.data or each.data[84] != 1]
    assert len(without) == len(whole) - 2

    items = [each for each in messages(pcap(without, 1)) if isinstance(each, CapturedMessage)]

    assert not any(each.learned for each in items)
    assert sorted(routes(items)) == sorted(routes(found))
