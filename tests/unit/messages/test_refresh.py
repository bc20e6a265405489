"""RFC 2918 and RFC 7313: ROUTE-REFRESH."""

from __future__ import annotations

import pytest

from pybgp.errors import BadMessageLength, RouteRefreshError
from pybgp.messages.refresh import RouteRefresh
from tests.unit.messages.wire import IPV4, IPV6, message


def test_a_request_has_afi_reserved_safi() -> None:
    octets = RouteRefresh(IPV6).encode()

    assert octets == message(5, "0002 00 01")
    assert RouteRefresh.decode(octets[19:]) == RouteRefresh(IPV6, 0)


@pytest.mark.parametrize("subtype", [1, 2])
def test_the_answer_has_marks_round_it(subtype: int) -> None:
    assert RouteRefresh(IPV4, subtype).encode() == message(5, f"0001 {subtype:02x} 01")


def test_unknown_subtypes_can_be_read() -> None:
    assert RouteRefresh.decode(bytes.fromhex("0001 09 01"), enhanced=True) == RouteRefresh(IPV4, 9)


@pytest.mark.row("RFR-06")
@pytest.mark.parametrize("body", ["0001 01", "0001 02 01 00"])
def test_a_wrong_length_of_a_mark_is_a_refresh_error(body: str) -> None:
    with pytest.raises(RouteRefreshError) as caught:
        RouteRefresh.decode(bytes.fromhex(body), enhanced=True)
    assert (caught.value.code, caught.value.subcode) == (7, 1)
    assert caught.value.data == message(5, body)


@pytest.mark.row("RFR-08")
@pytest.mark.parametrize("body", ["", "0001 01", "0001 00 01 00"])
def test_a_wrong_length_without_enhanced_refresh_is_a_header_error(body: str) -> None:
    with pytest.raises(BadMessageLength) as caught:
        RouteRefresh.decode(bytes.fromhex(body))
    assert caught.value.data == (19 + len(bytes.fromhex(body))).to_bytes(2)
