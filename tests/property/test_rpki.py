"""Laws of origin validation: look-ups agree with a plain scan, PDUs come back, damage is an RtrError."""

from __future__ import annotations

from contextlib import suppress
from ipaddress import ip_network

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.addresses import prefix_key
from pybgp.routes import RpkiState
from pybgp.rpki import pdu
from pybgp.rpki.client import Client, Data
from pybgp.rpki.pdu import RtrError
from pybgp.rpki.table import Editor, VrpTable
from pybgp.rpki.vrp import BITS, Vrp
from tests.property.test_policy_sets import networks
from tests.rtr_cache import RtrCache

ASNS = st.sampled_from([0, 1, 65001, 64512, 4_200_000_000])


@st.composite
def vrps(draw: st.DrawFn) -> Vrp:
    family, key = prefix_key(str(draw(networks())))
    return Vrp(family, key, draw(st.integers(key[0], BITS[family])), draw(ASNS))


def plain_state(table: set[Vrp], prefix: str, origin_as: int | None) -> RpkiState:
    """RFC 6811 §2, word by word; our own AS is 64512."""
    route = ip_network(prefix)
    covering = []
    for vrp in table:
        network = ip_network(vrp.prefix_text)
        if network.version == route.version and route.subnet_of(network):  # type: ignore[arg-type]
            covering.append(vrp)
    if not covering:
        return RpkiState.NOT_FOUND
    asn = 64512 if origin_as == 0 else origin_as
    for vrp in covering:
        if vrp.asn == asn and vrp.asn != 0 and route.prefixlen <= vrp.max_length:
            return RpkiState.VALID
    return RpkiState.INVALID


@given(st.sets(vrps(), max_size=30), st.sets(vrps(), max_size=10), st.lists(networks(), max_size=8), st.data())
@pytest.mark.row("RPK-01")
def test_look_ups_agree_with_a_plain_scan(
    first: set[Vrp], other: set[Vrp], asked: list[object], data: st.DataObject
) -> None:
    """Also of a table that was made from another by adding and taking away."""
    table = VrpTable(64512, [vrp.record for vrp in first])
    editor = Editor(table)
    gone = data.draw(st.sets(st.sampled_from(sorted(first)))) if first else set()
    editor.apply([vrp.record for vrp in other], [vrp.record for vrp in gone])
    now = (first - gone) | other
    edited = editor.table()

    assert set(edited.vrps()) == now
    assert len(edited) == len(now)
    assert set(table.vrps()) == first
    assert len(table) == len(first)
    for network in asked:
        family, key = prefix_key(str(network))
        origin_as = data.draw(st.none() | ASNS)
        expected = plain_state(now, str(network), origin_as)
        assert edited.state(family, key, origin_as) == expected
        assert edited.covers(family, key) == (expected is not RpkiState.NOT_FOUND) == bool(edited.covering(family, key))


@given(vrps())
def test_vrps_come_back(vrp: Vrp) -> None:
    assert Vrp.of_record(vrp.record) == vrp
    assert Vrp.parse(str(vrp)) == vrp


VERSION = st.sampled_from(pdu.VERSIONS)
U16, U32 = st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF)
PDUS = st.one_of(
    st.builds(pdu.SerialNotify, VERSION, U16, U32),
    st.builds(pdu.SerialQuery, VERSION, U16, U32),
    st.builds(pdu.ResetQuery, VERSION),
    st.builds(pdu.CacheResponse, VERSION, U16),
    st.builds(pdu.Prefix, VERSION, st.booleans(), vrps().map(lambda vrp: vrp.record)),
    st.builds(pdu.EndOfData, st.just(1), U16, U32, U32, U32, U32),
    st.builds(pdu.EndOfData, st.just(0), U16, U32),
    st.builds(pdu.CacheReset, VERSION),
    st.builds(
        pdu.RouterKey,
        version=st.just(1),
        announce=st.booleans(),
        identifier=st.binary(min_size=20, max_size=20),
        asn=U32,
        key=st.binary(max_size=100),
    ),
    st.builds(pdu.ErrorReport, VERSION, U16, st.binary(max_size=50), st.text(max_size=50)),
)


@given(PDUS)
def test_pdus_come_back(message: pdu.Pdu) -> None:
    assert pdu.decode(message.encode()) == message


@given(st.binary(max_size=60) | PDUS.map(lambda each: each.encode()), st.integers(0, 59), st.integers(0, 255))
@example(b"\x01\x0a\0\0\0\0\0\x0c\xff\xff\xff\xff", 0, 1)
@pytest.mark.row("RPK-04")
def test_damage_is_an_error_of_the_protocol(octets: bytes, at: int, value: int) -> None:
    damaged = octets[:at] + bytes((value,)) + octets[at + 1 :]

    with suppress(RtrError):
        pdu.decode(damaged)


@given(st.lists(PDUS, max_size=12), st.lists(st.integers(1, 40), max_size=60), st.binary(max_size=3))
def test_no_input_breaks_a_client_and_pieces_do_not_count(
    messages: list[pdu.Pdu], sizes: list[int], tail: bytes
) -> None:
    stream = b"".join(message.encode() for message in messages) + tail
    whole, pieces = Client(), Client()
    for client in (whole, pieces):
        client.start(0)
        client.connected(0)

    whole.received(stream, 1)
    at = 0
    for size in [*sizes, len(stream)]:
        pieces.received(stream[at : at + size], 1)
        at += size

    assert whole.take_output() == pieces.take_output()
    assert (whole.state, whole.vrps, whole.serial) == (pieces.state, pieces.vrps, pieces.serial)


@given(st.lists(st.tuples(st.sets(vrps(), max_size=6), st.booleans()), min_size=1, max_size=6))
def test_a_client_has_what_its_cache_has(steps: list[tuple[set[Vrp], bool]]) -> None:
    """After each change, with and without lost connections; and the changes it tells add up."""
    cache, client = RtrCache(), Client()
    client.start(0)
    told: set[bytes] = set()
    for now, (wanted, is_lost) in enumerate(steps):
        if is_lost or now == 0:
            client.lost(now, "")
            client.start(now)
            client.connected(now)
        cache.vrps = {vrp.record for vrp in wanted}
        cache.serial += 1
        cache.history[cache.serial] = set(cache.vrps)
        client.received(cache.notify(), now)
        for action in client.take_output():
            if hasattr(action, "data"):
                client.received(cache.answer(action.data)[0], now)
        for action in client.take_output():
            if isinstance(action, Data):
                assert not action.announced & told
                assert action.withdrawn <= told
                told = (told | action.announced) - action.withdrawn
            elif hasattr(action, "data"):
                client.received(cache.answer(action.data)[0], now)
        for action in client.take_output():
            if isinstance(action, Data):
                told = (told | action.announced) - action.withdrawn

        assert client.vrps == cache.vrps == told
