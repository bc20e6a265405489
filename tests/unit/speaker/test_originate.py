"""What can be announced: prefixes, and flow specifications as they are printed."""

from __future__ import annotations

import asyncio
import re

import pytest

from pybgp import ApiError, PeerConfig, Speaker, SpeakerConfig
from pybgp.addresses import Family, prefix_key
from pybgp.config.model import FamilyConfig
from pybgp.messages.attributes.extended_communities import ExtendedCommunities
from pybgp.messages.families.registry import codec, route_text
from pybgp.speaker.originate import own_key, own_route

FLOW4, FLOW6 = Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC


@pytest.mark.parametrize(
    ("text", "given", "family"),
    [
        ("destination 10.1.2.0/24 protocol =17", None, FLOW4),
        ("destination 2001:db8::/32 protocol =17", None, FLOW6),
        ("protocol =17", None, FLOW4),
        ("protocol =17", FLOW6, FLOW6),
        ("flow-label =1", None, FLOW6),
        ("10.1.2.0/24", None, Family.IPV4_UNICAST),
        ("10.1.2.0/24", Family.IPV4_UNICAST, Family.IPV4_UNICAST),
    ],
)
def test_the_family_follows_from_what_is_written(text: str, given: Family | None, family: Family) -> None:
    found, key = own_key(text, given)
    assert found == family
    known = codec(family)
    assert known is not None
    assert known.key_text(key) == text


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("destination 10.1.2.0/24", FLOW6),
        ("10.1.2.0/24", FLOW4),
        ("10.1.2.0/24", Family.IPV6_UNICAST),
        ("64512:1 10.1.2.0/24", Family.IPV4_VPN),
        ("64512:1 10.1.2.0/24", None),
    ],
)
def test_what_is_of_no_such_family(text: str, family: Family | None) -> None:
    with pytest.raises(ValueError, match=r"10\.1\.2\.0"):
        own_key(text, family)


@pytest.mark.parametrize("family", [None, FLOW6], ids=["any", "ipv6"])
@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("protocol =256", "protocol: 256, expected 0..255"),
        ("port =80|<=65536", "port: 65536, expected 0..65535"),
        ("source-port =70000", "source-port: 70000, expected 0..65535"),
        ("destination-port =70000", "destination-port: 70000, expected 0..65535"),
        ("icmp-type =256", "icmp-type: 256, expected 0..255"),
        ("icmp-code =256", "icmp-code: 256, expected 0..255"),
        ("packet-length >65536", "packet-length: 65536, expected 0..65535"),
        ("protocol =6/2", "protocol: 6 in 2 octets, expected fewer"),
        ("port =80/4", "port: 80 in 4 octets, expected fewer"),
        ("flow-label =1048576", "flow-label: 1048576, expected 0..1048575"),
        ("flow-label =1/8", "flow-label: 1 in 8 octets, expected fewer"),
    ],
)
def test_no_rule_of_ours_has_a_value_that_no_packet_can_have(rule: str, expected: str, family: Family | None) -> None:
    """BIRD ends the session for it, again and again."""
    with pytest.raises(ValueError, match=f"^{re.escape(expected)}$"):
        own_key(rule, family)


@pytest.mark.parametrize(
    "rule",
    ["protocol =255", "port =65535/2", "port =65535", "icmp-type =255", "packet-length >65535/2", "flow-label =1048575",
     "flow-label =1/1", "tcp-flags =0x1c2", "dscp =63"],
)  # fmt: skip
def test_all_that_packets_can_have_may_be_said(rule: str) -> None:
    assert own_key(rule, FLOW6)[0] == FLOW6


@pytest.mark.parametrize("more", [{"next_hop": "192.0.2.1"}, {"next_hops": [("192.0.2.1", 1)]}, {"type": "blackhole"}])
def test_a_flow_specification_leads_nowhere(more: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="no next hop"):
        own_route("destination 10.1.2.0/24", **more)  # type: ignore[arg-type]


def test_a_program_announces_and_takes_back() -> None:
    families = {FLOW4: FamilyConfig()}
    peer = PeerConfig("127.0.0.2", remote_as=64512, port=1, families=families)
    speaker = Speaker(SpeakerConfig(local_as=64512, router_id="192.0.2.1", listen=(), peers=(peer,)))
    rule = "destination 10.1.2.0/24 protocol =17"

    async def scenario() -> None:
        async with speaker:
            speaker.announce(rule, communities=("traffic-rate-bytes:0:0",))
            (view,) = speaker.core.route_views(FLOW4)
            assert route_text(view.family, view.key) == rule
            assert ExtendedCommunities.of(("traffic-rate-bytes:0:0",)).encode() in view.block.octets
            assert "local" in str(speaker.explain(rule))
            with pytest.raises(ApiError, match="no peer has the family ipv6-flowspec"):
                speaker.announce("flow-label =1")
            speaker.withdraw(rule)
            assert not list(speaker.core.route_views(FLOW4))
            with pytest.raises(ApiError, match="is not announced by us"):
                speaker.withdraw(rule)
            speaker.announce("10.1.2.0/24")
            assert speaker.core.tables[Family.IPV4_UNICAST].best(prefix_key("10.1.2.0/24")[1]) is not None

    asyncio.run(scenario())
