"""The mirror of others' routes."""

from __future__ import annotations

from pybgp.addresses import Family
from pybgp.fib.foreign import ForeignRoutes, device_towards
from pybgp.speaker.fib import KernelChanges, KernelRoute, NextHop

V4 = Family.IPV4_UNICAST
KEY = b"\x18\x0a\x00\x00"


def way(device: str = "eth0", *, metric: int = 0, protocol: int = 4, gateway: bytes | None = None) -> KernelRoute:
    return KernelRoute("unicast", protocol, (NextHop(gateway, device),), metric)


def mirror() -> ForeignRoutes:
    return ForeignRoutes(V4, own_protocol=12)


def test_all_metrics_of_a_prefix_are_reported_together_lowest_first() -> None:
    routes = mirror()
    routes.add(KEY, way(metric=20))
    routes.add(KEY, way(metric=10))

    assert routes.take_changes() == KernelChanges(V4, {KEY: (way(metric=10), way(metric=20))})
    assert routes.take_changes() is None
    routes.remove(KEY, way(metric=10))
    routes.remove(KEY, way(metric=20))
    assert routes.take_changes() == KernelChanges(V4, {KEY: ()})


def test_a_replacement_takes_the_place_of_its_metric() -> None:
    routes = mirror()
    routes.add(KEY, way("eth0"))
    routes.add(KEY, way("eth0", metric=5))
    routes.add(KEY, way("eth1"), replace=True)

    assert routes.get(KEY) == (way("eth1"), way("eth0", metric=5))


def test_an_appended_leg_is_the_same_route_grown() -> None:
    """IPv6 tells of an appended next hop by naming all."""
    routes = mirror()
    one, two = NextHop(b"\1\1\1\1", "eth0"), NextHop(b"\2\2\2\2", "eth1")
    routes.add(KEY, KernelRoute("unicast", 4, (one,)))
    routes.add(KEY, KernelRoute("unicast", 4, (one, two)))

    assert routes.get(KEY) == (KernelRoute("unicast", 4, (one, two)),)


def test_two_routes_of_one_metric_can_stand_side_by_side() -> None:
    """fe80::/64 on every device."""
    routes = mirror()
    routes.add(KEY, way("eth0"))
    routes.add(KEY, way("eth1"))

    assert routes.remove(KEY, way("eth0"))
    assert routes.get(KEY) == (way("eth1"),)
    assert not routes.remove(KEY, way("eth9"))  # something else is there: doubtful


def test_the_owner_is_who_has_that_metric() -> None:
    routes = mirror()
    routes.add(KEY, way(protocol=80, metric=5))
    routes.add(KEY, way(protocol=12, metric=6))

    assert routes.owner(KEY, 5) == "protocol felix"
    assert routes.owner(KEY, 6) == "another program with our protocol 12 (bird)"
    assert routes.owner(KEY, 7) is None
    assert routes.same_protocol == 1


def test_a_device_takes_only_what_leads_nowhere_else() -> None:
    routes = mirror()
    both = KernelRoute("unicast", 4, (NextHop(None, "eth0"), NextHop(None, "eth1")))
    routes.add(KEY, way("eth0"))
    routes.add(b"\x08\x0a", both)
    routes.add(b"\x08\x0b", KernelRoute("blackhole", 4))
    routes.take_changes()

    routes.device_gone("eth0")

    assert routes.take_changes() == KernelChanges(V4, {KEY: ()})
    assert routes.device_gone("eth1", any_leg=True) == [b"\x08\x0a"]
    assert routes.get(b"\x08\x0a") == ()


def test_a_gateway_leads_where_the_longest_prefix_does() -> None:
    routes = mirror()
    routes.add(b"\x00", way("default0", gateway=b"\1\1\1\1"))
    routes.add(b"\x08\x0a", way("ten0"))
    routes.add(KEY, KernelRoute("blackhole", 4))

    assert device_towards(b"\x0a\x09\x00\x01", [routes]) == "ten0"
    assert device_towards(b"\xc0\x00\x02\x01", [routes]) == "default0"
    assert device_towards(b"\xc0\x00\x02\x01", [ForeignRoutes(V4, 12), routes]) == "default0"
    assert device_towards(b"\xc0\x00\x02\x01", []) is None


def test_a_dump_reports_only_the_difference() -> None:
    routes = mirror()
    for i in range(5000):
        routes.add(b"\x18\x0a" + i.to_bytes(2), way())
    routes.take_changes()

    truth = {b"\x18\x0a" + i.to_bytes(2): [way()] for i in range(1, 5000)} | {KEY + b"\1": [way("eth1")]}
    gone = [key for slice_ in routes.replace_all(truth) for key in slice_]

    assert gone == [b"\x18\x0a\x00\x00"]
    assert routes.take_changes() == KernelChanges(V4, {b"\x18\x0a\x00\x00": (), KEY + b"\1": (way("eth1"),)})
