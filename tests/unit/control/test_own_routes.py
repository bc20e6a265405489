"""Routes by hand: announced, changed and taken back through the control socket's verbs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest

from pybgp import Speaker
from pybgp.addresses import Family
from pybgp.config.model import AggregateConfig, FamilyConfig, FibConfig, PeerConfig, RouteConfig, SpeakerConfig
from pybgp.control import own_routes, queries
from pybgp.control.arguments import BadArgument
from pybgp.errors import ApiError
from pybgp.fib.memory import FakeFib
from pybgp.speaker.fib import KernelChanges

P = "10.65.1.0/26"
CONFIG = SpeakerConfig(
    local_as=64512,
    router_id="192.0.2.1",
    listen=(),
    routes=(RouteConfig("10.66.0.0/16"),),
    aggregates=(AggregateConfig("10.64.0.0/14", suppress=True),),
)


def with_speaker(do: Callable[[Speaker], None]) -> None:
    async def run() -> None:
        async with Speaker(CONFIG) as speaker:
            do(speaker)

    asyncio.run(run())


def best(speaker: Speaker, prefix: str = P) -> dict[str, object] | None:
    return next((row for row in queries.routes(speaker, prefix=prefix) if row is not None), None)


def test_a_route_is_announced_changed_and_taken_back() -> None:
    def do(speaker: Speaker) -> None:
        answer = own_routes.announce(speaker, prefix=P, med="5", communities="64512:7 64512:8")
        assert answer == {"prefix": P, "family": "ipv4-unicast", "done": "announced", "reason": None}
        row = best(speaker)
        assert row is not None
        assert (row["source"], row["med"], row["communities"]) == ("local", 5, ["64512:7", "64512:8"])

        own_routes.announce(speaker, prefix=P, med="6")
        row = best(speaker)
        assert row is not None
        assert (row["med"], row["communities"]) == (6, [])

        assert own_routes.withdraw(speaker, prefix=P)["done"] == "withdrawn"
        assert best(speaker) is None

    with_speaker(do)


def test_why_it_is_not_used_is_said_at_once() -> None:
    def do(speaker: Speaker) -> None:
        answer = own_routes.announce(speaker, prefix=P, next_hop="192.0.2.9")
        assert answer["reason"] == "its next hop is unreachable (RFC 4271 §9.1.2)"
        assert own_routes.announce(speaker, prefix=P, next_hop="192.0.2.9", while_reachable="false")["reason"] is None

    nothing = KernelChanges(Family.IPV4_UNICAST, {})  # the kernel has no route

    async def run() -> None:
        async with Speaker(CONFIG, fib=FakeFib(events=[nothing]), fib_config=FibConfig()) as speaker:
            do(speaker)

    asyncio.run(run())


def test_it_outlives_a_reload() -> None:
    def do(speaker: Speaker) -> None:
        own_routes.announce(speaker, prefix=P)
        speaker.reconfigure(SpeakerConfig(local_as=64512, router_id="192.0.2.1", listen=()))

        assert best(speaker) is not None
        assert best(speaker, "10.66.0.0/16") is None

    with_speaker(do)


def test_the_question_for_aggregates_counts_what_is_behind_them() -> None:
    def do(speaker: Speaker) -> None:
        own_routes.announce(speaker, prefix=P)
        while speaker.core.has_work:
            speaker.core.work(speaker.now())
        (row,) = queries.aggregates(speaker)

        assert row == {
            "prefix": "10.64.0.0/14",
            "family": "ipv4-unicast",
            "active": True,
            "contributors": 2,
            "suppressed": 2,
            "suppress": True,
            "as_set": False,
            "blackhole": True,
        }

    with_speaker(do)


@pytest.mark.parametrize(
    ("prefix", "place"), [("10.66.0.0/16", "routes[0]"), ("10.64.0.0/14", "aggregates[0]")], ids=["route", "aggregate"]
)
def test_what_the_configuration_has_is_changed_there(prefix: str, place: str) -> None:
    def do(speaker: Speaker) -> None:
        for verb in (own_routes.announce, own_routes.withdraw):
            with pytest.raises(ApiError) as refused:
                verb(speaker, prefix=prefix)
            assert str(refused.value) == f"{prefix} is in the configuration ({place}): change it there, then reload"

    with_speaker(do)


def test_what_is_not_announced_cannot_be_withdrawn_and_what_is_wrong_is_said() -> None:
    def do(speaker: Speaker) -> None:
        with pytest.raises(ApiError, match=r"10\.65\.1\.0/26 is not announced by us"):
            own_routes.withdraw(speaker, prefix=P)
        with pytest.raises(BadArgument, match=r'med = "x": expected 0\.\.4294967295'):
            own_routes.announce(speaker, prefix=P, med="x")
        with pytest.raises(BadArgument, match="prefix: missing"):
            own_routes.withdraw(speaker)

    with_speaker(do)


FLOW = "destination 192.0.2.7/32 protocol =17"
FLOWS = {
    Family.IPV4_UNICAST: FamilyConfig(),
    Family.IPV6_FLOWSPEC: FamilyConfig(),
    Family.IPV4_FLOWSPEC: FamilyConfig(),
}


def with_flows(do: Callable[[Speaker], None], *routes: RouteConfig) -> None:
    async def run() -> None:
        peer = PeerConfig("192.0.2.2", remote_as=64512, passive=True, families=FLOWS)
        async with Speaker(replace(CONFIG, peers=(peer,), routes=routes)) as speaker:
            do(speaker)

    asyncio.run(run())


def test_a_flow_specification_is_announced_changed_and_taken_back() -> None:
    def do(speaker: Speaker) -> None:
        said = "protocol udp; destination 192.0.2.7/32"
        answer = own_routes.announce(speaker, prefix=said, then="discard", communities="64512:7")
        assert answer == {"prefix": FLOW, "family": "ipv4-flowspec", "done": "announced", "reason": None}
        row = best(speaker, FLOW)
        assert row is not None
        assert (row["communities"], row["extended_communities"]) == (["64512:7"], ["traffic-rate-bytes:0:0"])

        own_routes.announce(speaker, prefix=FLOW, then="traffic-rate:125000 mark:46")
        row = best(speaker, FLOW)
        assert row is not None
        assert row["extended_communities"] == ["traffic-rate-bytes:0:125000", "traffic-marking:46"]

        assert own_routes.withdraw(speaker, prefix=said) == {
            "prefix": FLOW, "family": "ipv4-flowspec", "done": "withdrawn",
        }  # fmt: skip
        assert best(speaker, FLOW) is None

    with_flows(do)


def test_a_flow_specification_of_either_family_is_of_the_one_that_is_said() -> None:
    def do(speaker: Speaker) -> None:
        answer = own_routes.announce(speaker, prefix="port =80", then="discard", family="ipv6-flowspec")
        assert answer["family"] == "ipv6-flowspec"
        with pytest.raises(ApiError, match="not announced by us"):
            own_routes.withdraw(speaker, prefix="port =80")
        assert own_routes.withdraw(speaker, prefix="port =80", family="ipv6-flowspec")["done"] == "withdrawn"

    with_flows(do)


def test_a_flow_specification_that_the_configuration_has_is_changed_there() -> None:
    def do(speaker: Speaker) -> None:
        assert best(speaker, FLOW) is not None
        with pytest.raises(ApiError, match=r"in the configuration \(routes\[0\]\)"):
            own_routes.withdraw(speaker, prefix=FLOW)

    with_flows(do, RouteConfig(FLOW, then=("discard",)))


def test_a_flow_specification_that_no_peer_can_be_told_is_refused() -> None:
    def do(speaker: Speaker) -> None:
        with pytest.raises(ApiError, match="no peer has the family ipv4-flowspec"):
            own_routes.announce(speaker, prefix=FLOW, then="discard")

    with_speaker(do)
