"""Unnumbered peers: dialled when the router on the link is known, and whose word counts when it is another."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from pybgp.config.model import PeerConfig, SpeakerConfig
from pybgp.routes import Source, SourceKind
from pybgp.speaker.core import SpeakerCore
from pybgp.speaker.outputs import Connect, Event
from pybgp.speaker.unnumbered import SILENCE

PEER = PeerConfig("fe80::%eth0", name="eth0", remote_as="external")
CONFIG = SpeakerConfig(local_as=64512, router_id="192.0.2.1", peers=(PEER,))


@pytest.fixture
def core() -> SpeakerCore:
    made = SpeakerCore(CONFIG, random=Random(1))
    made.start(0.0)
    return made


def dialled(core: SpeakerCore) -> list[str]:
    return [output.address for output in core.take_outputs() if isinstance(output, Connect)]


def warned(core: SpeakerCore) -> list[object]:
    return [output.fields["address"] for output in core.take_outputs()
            if isinstance(output, Event) and output.kind == "other_neighbor"]  # fmt: skip


def establish(core: SpeakerCore) -> None:
    """As far as it matters here."""
    core.sessions.peers["eth0"].source = Source(kind=SourceKind.BGP, name="eth0")


def test_nobody_is_dialled_before_a_router_is_heard(core: SpeakerCore) -> None:
    assert dialled(core) == []

    core.neighbor("eth1", "fe80::1", 1.0)
    assert dialled(core) == []

    core.neighbor("eth0", "fe80::1", 2.0)
    assert dialled(core) == ["fe80::1%eth0"]
    core.neighbor("eth0", "fe80::1", 12.0)
    assert dialled(core) == []


def test_while_there_is_no_session_the_latest_router_counts(core: SpeakerCore) -> None:
    core.neighbor("eth0", "fe80::1", 1.0)
    core.take_outputs()

    core.neighbor("eth0", "fe80::2", 2.0)

    assert dialled(core) == ["fe80::2%eth0"]


def test_a_second_router_does_not_disturb_a_session_while_the_first_is_heard(core: SpeakerCore) -> None:
    core.neighbor("eth0", "fe80::1", 1.0)
    establish(core)
    core.take_outputs()

    core.neighbor("eth0", "fe80::2", 5.0)
    assert core.sessions.peers["eth0"].address == "fe80::1%eth0"
    assert warned(core) == ["fe80::2%eth0"]
    core.neighbor("eth0", "fe80::2", 15.0)
    assert warned(core) == []

    core.neighbor("eth0", "fe80::2", 1.0 + SILENCE)
    assert core.sessions.peers["eth0"].address == "fe80::2%eth0"


def test_a_reload_remembers_where_the_peer_is(core: SpeakerCore) -> None:
    core.neighbor("eth0", "fe80::1", 1.0)
    core.take_outputs()

    core.reconfigure(replace(CONFIG, peers=(replace(PEER, hold_time=30),)), 2.0)

    assert core.sessions.peers["eth0"].address == "fe80::1%eth0"
    assert dialled(core) == ["fe80::1%eth0"]


def test_a_disabled_one_is_not_dialled(core: SpeakerCore) -> None:
    core.disable_peer("eth0", 1.0)
    core.neighbor("eth0", "fe80::1", 2.0)
    assert dialled(core) == []

    core.enable_peer("eth0", 3.0)
    assert dialled(core) == ["fe80::1%eth0"]


def test_it_offers_ipv6_next_hops_for_ipv4(core: SpeakerCore) -> None:
    """RFC 8950."""
    settings = core.sessions.peers["eth0"].fsm.settings
    assert all(family.extended_next_hop for family in settings.families.values())
