"""RFC 4271 §4.2 and §6.2, RFC 5492, RFC 6793, RFC 9072: OPEN."""

from __future__ import annotations

import pytest

from pybgp import errors
from pybgp.addresses import Family
from pybgp.messages.capabilities import (
    AddPath,
    AddPathMode,
    ExtendedMessage,
    FourOctetAs,
    MultiProtocol,
    RouteRefresh,
    UnknownCapability,
)
from pybgp.messages.open import Open
from tests.unit.messages.wire import octets

ROUTER_ID = "0a000001"


def open_body(
    parameters: str = "00", *, version: str = "04", my_as: str = "fde8", hold: str = "005a", router_id: str = ROUTER_ID
) -> bytes:
    """The body of an OPEN; ``parameters`` begins with Opt Parm Len."""
    return octets(f"{version} {my_as} {hold} {router_id} {parameters}")


def with_capabilities(capabilities: str) -> str:
    size = len(octets(capabilities))
    return f"{size + 2:02x} 02 {size:02x} {capabilities}"


def error_of(body: bytes) -> errors.ProtocolError:
    with pytest.raises(errors.ProtocolError) as caught:
        Open.decode(body)
    return caught.value


def test_the_fields_are_read() -> None:
    found = Open.decode(open_body())

    assert found == Open(4, 65000, 90, octets(ROUTER_ID), ())
    assert found.asn == 65000


@pytest.mark.row("OPN-01")
@pytest.mark.parametrize("version", ["00", "03", "05", "ff"])
def test_another_version_is_answered_with_ours(version: str) -> None:
    error = error_of(open_body(version=version))

    assert (error.code, error.subcode, error.data) == (2, 1, b"\0\4")


@pytest.mark.row("OPN-03")
@pytest.mark.parametrize("parameters", ["00", with_capabilities("41 04 0000fde8")])
def test_as_0_is_a_bad_peer_as(parameters: str) -> None:
    error = error_of(open_body(parameters, my_as="0000"))

    assert (error.code, error.subcode) == (2, 2)


@pytest.mark.row("OPN-04")
@pytest.mark.parametrize(
    ("my_as", "true_as", "asn"),
    [("fde8", "0000fde8", 65000), ("5ba0", "0000fde8", 65000), ("5ba0", "00030d40", 200000)],
)
def test_the_capability_has_the_true_as(my_as: str, true_as: str, asn: int) -> None:
    assert Open.decode(open_body(with_capabilities(f"41 04 {true_as}"), my_as=my_as)).asn == asn


@pytest.mark.row("OPN-04")
@pytest.mark.parametrize("true_as", ["0000fde9", "00030d40"])
def test_my_as_and_the_capability_must_agree(true_as: str) -> None:
    error = error_of(open_body(with_capabilities(f"41 04 {true_as}")))

    assert (error.code, error.subcode) == (2, 2)


@pytest.mark.row("OPN-05")
def test_as_0_in_the_capability_is_a_bad_peer_as() -> None:
    error = error_of(open_body(with_capabilities("41 04 00000000")))

    assert (error.code, error.subcode) == (2, 2)


@pytest.mark.row("OPN-06")
def test_as_trans_without_the_capability_is_what_it_says() -> None:
    """Whether it is the configured AS is for the session to judge."""
    assert Open.decode(open_body(my_as="5ba0")).asn == 23456


@pytest.mark.row("OPN-07")
@pytest.mark.parametrize("hold", ["0001", "0002"])
def test_hold_times_of_1_and_2_are_unacceptable(hold: str) -> None:
    error = error_of(open_body(hold=hold))

    assert (error.code, error.subcode, error.data) == (2, 6, octets(hold))


@pytest.mark.row("OPN-08")
@pytest.mark.parametrize(("hold", "seconds"), [("0000", 0), ("0003", 3), ("ffff", 65535)])
def test_other_hold_times_are_acceptable(hold: str, seconds: int) -> None:
    assert Open.decode(open_body(hold=hold)).hold_time == seconds


@pytest.mark.row("OPN-09")
def test_identifier_0_is_bad() -> None:
    error = error_of(open_body(router_id="00000000"))

    assert (error.code, error.subcode) == (2, 3)


@pytest.mark.row("OPN-10")
@pytest.mark.parametrize("router_id", ["e0000001", "f0000001", "7f000001", "00000001"])
def test_any_other_identifier_will_do(router_id: str) -> None:
    assert Open.decode(open_body(router_id=router_id)).router_id == octets(router_id)


@pytest.mark.row("OPN-12")
@pytest.mark.parametrize("parameter", ["63 00", "01 02 0000", "63 02 0102"])
def test_an_unknown_optional_parameter_is_unsupported(parameter: str) -> None:
    error = error_of(open_body(f"{len(octets(parameter)):02x} {parameter}"))

    assert (error.code, error.subcode) == (2, 4)
    assert error.data == octets(parameter)


@pytest.mark.parametrize(
    "parameters",
    [
        pytest.param("06 02 20 0104 0001", id="OPN-13 parameter", marks=pytest.mark.row("OPN-13")),
        pytest.param("06 02 04 0120 0001", id="OPN-13 capability", marks=pytest.mark.row("OPN-13")),
        pytest.param("03 02 01 41", id="OPN-13 one octet of a capability", marks=pytest.mark.row("OPN-13")),
        pytest.param("01 02", id="OPN-13 one octet of a parameter", marks=pytest.mark.row("OPN-13")),
        pytest.param("00 010203", id="OPN-14 behind nothing", marks=pytest.mark.row("OPN-14")),
        pytest.param("04 02 02 0200 010203", id="OPN-14 behind a parameter", marks=pytest.mark.row("OPN-14")),
        pytest.param("08 02 02 0200", id="OPN-14 too long", marks=pytest.mark.row("OPN-14")),
        pytest.param("ff ff 0005 02 0004 0200", id="OPN-17 parameter", marks=pytest.mark.row("OPN-17")),
        pytest.param("ff ff 0007 02 0002 0200", id="OPN-17 total", marks=pytest.mark.row("OPN-17")),
        pytest.param("ff ff 0005 02 0002 0201", id="OPN-17 capability", marks=pytest.mark.row("OPN-17")),
        pytest.param("ff ff 00", id="OPN-17 no length", marks=pytest.mark.row("OPN-17")),
        pytest.param("ff ff 0002 02 00", id="OPN-17 half a length", marks=pytest.mark.row("OPN-17")),
    ],
)
def test_parameters_that_do_not_add_up_are_malformed(parameters: str) -> None:
    error = error_of(open_body(parameters))

    assert (error.code, error.subcode) == (2, 0)


@pytest.mark.row("OPN-15")
@pytest.mark.parametrize("parameters", ["ff ff 0005 02 0002 0200", "01 ff 0005 02 0002 0200"])
def test_the_extended_form_may_be_short(parameters: str) -> None:
    assert Open.decode(open_body(parameters)).capabilities == (RouteRefresh(),)


@pytest.mark.row("OPN-15")
def test_the_extended_form_may_be_long() -> None:
    capabilities = (UnknownCapability(200, bytes(146)), UnknownCapability(201, bytes(150)))
    sent = Open(4, 65000, 90, octets(ROUTER_ID), capabilities).encode()

    assert sent[28:30] == b"\xff\xff"
    assert Open.decode(sent[19:]).capabilities == capabilities


@pytest.mark.row("OPN-16")
@pytest.mark.parametrize(("size", "opt_parm_len", "extended"), [(253, 255, False), (254, 255, True), (300, 255, True)])
def test_the_extended_form_is_sent_only_when_it_must(size: int, opt_parm_len: int, extended: bool) -> None:
    """253 octets of capabilities and the parameter's two are 255."""
    capabilities = (UnknownCapability(200, bytes(100)), UnknownCapability(201, bytes(size - 104)))

    sent = Open(4, 65000, 90, octets(ROUTER_ID), capabilities).encode()

    assert sent[28] == opt_parm_len
    assert (sent[29] == 255) is extended
    assert Open.decode(sent[19:]).capabilities == capabilities


@pytest.mark.row("OPN-18", "CAP-17", "AS4-12")
def test_all_capabilities_stand_in_one_parameter() -> None:
    sent = Open(
        4,
        23456,
        90,
        octets(ROUTER_ID),
        (
            MultiProtocol(Family.IPV4_UNICAST),
            RouteRefresh(),
            ExtendedMessage(),
            FourOctetAs(200000),
            AddPath(((Family.IPV4_UNICAST, AddPathMode.BOTH),)),
        ),
    ).encode()

    assert sent == b"\xff" * 16 + octets(
        "0035 01"  # length, type
        "04 5ba0 005a 0a000001"  # version, AS_TRANS, hold time, identifier
        "18 02 16"  # parameters, capabilities
        "01 04 0001 00 01"  # multiprotocol
        "02 00"  # route refresh
        "06 00"  # extended message
        "41 04 00030d40"  # four-octet AS
        "45 04 0001 01 03"  # ADD-PATH
    )


@pytest.mark.row("CAP-02")
def test_capabilities_may_be_spread_over_parameters() -> None:
    found = Open.decode(open_body("0e 02 06 0104 00010001 02 04 0200 0200"))

    assert found.capabilities == (MultiProtocol(Family.IPV4_UNICAST), RouteRefresh(), RouteRefresh())


@pytest.mark.row("CAP-02")
def test_of_duplicates_the_last_one_counts_but_families_add_up() -> None:
    found = Open.decode(open_body(with_capabilities("4104 0000fde9 4104 0000fde8 0104 00010001 0104 00020001")))

    assert found.find(FourOctetAs) == FourOctetAs(65000)
    assert found.asn == 65000
    assert [each.family for each in found.find_all(MultiProtocol)] == [Family.IPV4_UNICAST, Family.IPV6_UNICAST]


@pytest.mark.row("HDR-04")
def test_less_than_ten_octets_are_no_open() -> None:
    error = error_of(bytes(9))

    assert (error.code, error.subcode, error.data) == (1, 2, b"\0\x1c")


def test_a_capability_has_room_for_255_octets() -> None:
    with pytest.raises(ValueError, match="room for 255"):
        Open(4, 65000, 90, octets(ROUTER_ID), (UnknownCapability(200, bytes(256)),)).encode()
