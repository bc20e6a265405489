"""Wireshark's dissector reads everything that we encode, field by field as we do, and complains about nothing.

What it can't read is left out of the examples, with the reasons (``examples.LEFT_OUT``). Its fields are compared in
order, all of them but those that say again what another one says (``tshark.py``). Another version than 4.0 has other
fields: it only must not complain.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.messages.context import Context
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import KEEPALIVE

from . import examples, messages, nlri, tshark

pytestmark = [pytest.mark.daemon("tshark"), pytest.mark.timeout(60)]

COUNT = 15
"""Lists of keys for each family, each announced and withdrawn; values of each attribute."""


def agree(octets: Iterable[bytes], context: Context, folder: Path) -> None:
    """Both read each message alike, and tshark complains about none."""
    several = list(octets)
    for message, reading in zip(several, tshark.read(several, folder), strict=True):
        assert reading.complaints == (), message.hex()
        if tshark.version() == tshark.KNOWN_FIELDS:
            assert reading.fields == messages.fields(message, context), message.hex()


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(each.family, id=str(each.family))
        for each in FAMILIES.values()
        if each.family != Family.LINK_STATE_VPN
    ],
)
def test_updates_of_a_family(family: Family, tmp_path: Path) -> None:
    found = examples.family_messages(family, COUNT, path_ids=False)

    agree(found, examples.RECEIVER, tmp_path)


@pytest.mark.parametrize(
    "family",
    [
        pytest.param(each.family, id=str(each.family))
        for each in FAMILIES.values()
        if each.family.safi in nlri.WITH_PATH_IDS
    ],
)
def test_updates_with_path_identifiers(family: Family, tmp_path: Path) -> None:
    """RFC 7911 §3."""
    found = examples.family_messages(family, COUNT, path_ids=True)

    agree(found, examples.receiver(family, path_ids=True), tmp_path)


@pytest.mark.parametrize("family", [pytest.param(each, id=str(each)) for each in examples.WITH_LABELS])
def test_several_labels(family: Family, tmp_path: Path) -> None:
    """RFC 8277 §2.1."""
    found = examples.labelled_messages(family, COUNT)

    agree(found, examples.LABEL_RECEIVER, tmp_path)


@pytest.mark.parametrize("family", [pytest.param(each, id=str(each)) for each in examples.OVER_IPV6])
def test_ipv6_next_hops_of_ipv4(family: Family, tmp_path: Path) -> None:
    """RFC 8950 §4."""
    found = examples.over_ipv6_messages(family, COUNT)

    agree(found, examples.RECEIVER, tmp_path)


@pytest.mark.parametrize("name", examples.OTHER_ATTRIBUTES)
def test_an_attribute(name: str, tmp_path: Path) -> None:
    agree(examples.attribute_messages(name, COUNT), examples.RECEIVER, tmp_path)


def test_attr_set(tmp_path: Path) -> None:
    agree(examples.attr_set_messages(COUNT), examples.RECEIVER, tmp_path)


@pytest.mark.parametrize("size", [4, 16])
def test_next_hops_of_link_state_in_a_vpn(size: int, tmp_path: Path) -> None:
    """RFC 9552 §5.5."""
    address = bytes((32, 1, 13, 184, *range(1, 13)))[:size]

    agree([examples.next_hop_message(Family.LINK_STATE_VPN, address)], examples.RECEIVER, tmp_path)


def test_opens(tmp_path: Path) -> None:
    agree(examples.opens(50), examples.RECEIVER, tmp_path)


def test_notifications(tmp_path: Path) -> None:
    agree(examples.notifications(50), examples.RECEIVER, tmp_path)


def test_refreshes_and_keepalives(tmp_path: Path) -> None:
    agree([KEEPALIVE, *examples.refreshes(20)], examples.RECEIVER, tmp_path)
