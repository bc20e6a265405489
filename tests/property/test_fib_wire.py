"""Our route messages against pyroute2's, which is somebody else's reading of linux/rtnetlink.h."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pybgp.addresses import Family, prefix_key
from pybgp.fib.ways import same_way
from pybgp.fib.wire import Op, RouteReader, messages, route_template
from pybgp.speaker.fib import FibRoute, KernelRoute, NextHop

rtmsg = pytest.importorskip("pyroute2.netlink.rtnl.rtmsg").rtmsg

DEVICES = {"eth0": 2, "tunl0": 7, "cali0123456789a": 4711}
NAMES = {number: name for name, number in DEVICES.items()}
SIZES = {Family.IPV4_UNICAST: 4, Family.IPV6_UNICAST: 16}


@st.composite
def keys(draw: st.DrawFn, family: Family) -> bytes:
    bits = SIZES[family] * 8
    length = draw(st.integers(0, bits))
    number = draw(st.integers(0, (1 << bits) - 1)) >> (bits - length) << (bits - length)
    return bytes([length]) + number.to_bytes(SIZES[family])[: (length + 7) // 8]


@st.composite
def next_hops(draw: st.DrawFn, family: Family, *, weights: bool) -> NextHop:
    sizes = (4, 16) if family == Family.IPV4_UNICAST else (16,)
    size = draw(st.sampled_from(sizes))
    gateway = draw(st.none() | st.binary(min_size=size, max_size=size))
    device = draw(st.sampled_from(sorted(DEVICES)) if gateway is None else st.none() | st.sampled_from(sorted(DEVICES)))
    return NextHop(gateway, device, draw(st.booleans()), draw(st.integers(1, 256)) if weights else 1)


@st.composite
def routes(draw: st.DrawFn, family: Family) -> FibRoute:
    metric = draw(st.integers(0 if family == Family.IPV4_UNICAST else 1, (1 << 32) - 1))
    kind = draw(st.sampled_from(["unicast", "unicast", "unicast", "blackhole", "unreachable", "prohibit"]))
    if kind != "unicast":
        return FibRoute(kind, (), metric)
    count = draw(st.integers(1, 4))
    return FibRoute(kind, tuple(draw(next_hops(family, weights=count > 1)) for _ in range(count)), metric)


cases = st.sampled_from(sorted(SIZES)).flatmap(
    lambda family: st.tuples(st.just(Family(*family)), keys(Family(*family)), routes(Family(*family)))
)
tables = st.sampled_from([1, 100, 254, 256, 100000])


def encoded(op: Op, family: Family, key: bytes, route: FibRoute, table: int) -> bytes:
    template = route_template(op, family, route, DEVICES.__getitem__, table=table, protocol=12)
    return template.encode(key, 4711, ack=True)


def told(decoded: rtmsg, hop: NextHop, device: str) -> None:
    """One next hop as pyroute2 understood it."""
    gateway = None
    if decoded.get_attr("RTA_GATEWAY") is not None:
        gateway = ipaddress.ip_address(decoded.get_attr("RTA_GATEWAY")).packed
    elif decoded.get_attr("RTA_VIA") is not None:
        gateway = ipaddress.ip_address(decoded.get_attr("RTA_VIA")["addr"]).packed
    assert gateway == hop.gateway
    assert device == hop.device


@given(cases, tables, st.sampled_from([Op.ADD, Op.REPLACE]))
@settings(max_examples=150, deadline=None)
def test_pyroute2_reads_in_our_message_what_we_mean(case: tuple, table: int, op: Op) -> None:
    family, key, route = case

    data = encoded(op, family, key, route, table)
    decoded = rtmsg(data)
    decoded.decode()

    header = decoded["header"]
    assert (header["length"], header["type"], header["sequence_number"]) == (len(data), 24, 4711)
    assert header["flags"] == (0x605 if op is Op.ADD else 0x105)  # REQUEST, ACK and CREATE, EXCL or REPLACE
    length = decoded["dst_len"]
    address = decoded.get_attr("RTA_DST") or ("0.0.0.0" if SIZES[family] == 4 else "::")
    assert prefix_key(f"{address}/{length}") == (family, key)
    assert decoded["proto"] == 12
    assert (decoded.get_attr("RTA_TABLE") or decoded["table"]) == table
    assert (decoded.get_attr("RTA_PRIORITY") or 0) == route.metric
    assert decoded["type"] == {"unicast": 1, "blackhole": 6, "unreachable": 7, "prohibit": 8}[route.type]
    if len(route.next_hops) == 1:
        told(decoded, route.next_hops[0], NAMES.get(decoded.get_attr("RTA_OIF")))
        assert bool(decoded["flags"] & 4) == route.next_hops[0].onlink
    for hop, leg in zip(route.next_hops, decoded.get_attr("RTA_MULTIPATH") or [], strict=False):
        told(leg, hop, NAMES.get(leg["oif"]))
        assert (leg["hops"] + 1, bool(leg["flags"] & 4)) == (hop.weight, hop.onlink)
    assert len(decoded.get_attr("RTA_MULTIPATH") or []) == (len(route.next_hops) if len(route.next_hops) > 1 else 0)


@given(cases, tables)
@settings(max_examples=150, deadline=None)
def test_we_read_in_pyroute2s_encoding_what_it_means(case: tuple, table: int) -> None:
    """The message decoded and encoded again by pyroute2, with RTA_TABLE in front as the kernel writes it."""
    family, key, route = case
    decoded = rtmsg(encoded(Op.ADD, family, key, route, table))
    decoded.decode()
    kernels = rtmsg()
    for field in ("family", "dst_len", "src_len", "tos", "table", "proto", "scope", "type", "flags"):
        kernels[field] = decoded[field]
    kernels["header"]["type"] = 24
    kernels["attrs"] = [("RTA_TABLE", table), *(pair for pair in decoded["attrs"] if pair[0] != "RTA_TABLE")]
    kernels.encode()

    reader = RouteReader(family, table, NAMES.__getitem__)
    (header,) = messages(bytes(kernels.data))
    first = reader.read(bytes(kernels.data), header)
    again = reader.read(bytes(kernels.data), header)

    assert first is not None
    assert first[0] == key
    assert first[1] is again[1]  # known octets, one object
    assert first[1].protocol == 12
    assert same_way(route, first[1])
    assert RouteReader(family, table + 1, NAMES.__getitem__).read(bytes(kernels.data), header) is None


@given(cases, tables)
@settings(max_examples=100, deadline=None)
def test_encode_then_read_is_identity(case: tuple, table: int) -> None:
    family, key, route = case
    data = encoded(Op.ADD, family, key, route, table)
    (header,) = messages(data)

    entry = RouteReader(family, table, NAMES.__getitem__).read(data, header)

    scope = 253 if route.type == "unicast" and all(hop.gateway is None for hop in route.next_hops) else 0
    assert entry == (key, KernelRoute(route.type, 12, route.next_hops, route.metric, scope))


@given(cases)
@settings(max_examples=50, deadline=None)
def test_a_deletion_names_what_is_ours(case: tuple) -> None:
    """Protocol, table, metric, prefix, type, and for IPv4 the next hops: ESRCH for anybody else's."""
    family, key, route = case

    decoded = rtmsg(encoded(Op.DELETE, family, key, route, 254))
    decoded.decode()

    assert (decoded["header"]["type"], decoded["header"]["flags"]) == (25, 0x5)
    assert (decoded["proto"], decoded["table"], decoded["scope"]) == (12, 254, 255)
    assert (decoded.get_attr("RTA_PRIORITY") or 0) == route.metric
    named = {name for name, _ in decoded["attrs"]} & {"RTA_GATEWAY", "RTA_VIA", "RTA_OIF", "RTA_MULTIPATH"}
    assert bool(named) == (family == Family.IPV4_UNICAST and route.type == "unicast")


@given(st.binary(max_size=200), st.binary(max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_octets_crash_the_reader(noise: bytes, attributes: bytes) -> None:
    reader = RouteReader(Family.IPV4_UNICAST, 254, lambda index: f"if{index}")
    for header in messages(noise):
        if header.end - header.start >= 28:
            reader.read(noise, header)
    body = bytes([2, 24, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0]) + attributes
    data = (16 + len(body)).to_bytes(4, "little") + bytes([24, 0, 0, 0]) + bytes(8) + body
    for header in messages(data):
        reader.read(data, header)
