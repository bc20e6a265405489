"""RFC 4271 §4.3, RFC 4760, RFC 7606 §5, RFC 7911, RFC 8950: reading UPDATEs."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.errors import UpdateError
from pybgp.messages.context import Context
from pybgp.messages.errors import Outcome
from pybgp.messages.update import Update, Withdrawn, split
from tests.unit.messages import wire
from tests.unit.messages.wire import (
    AS_PATH,
    BOTH,
    INTERNAL,
    IPV4,
    IPV6,
    KEY,
    KEY_6,
    MANDATORY,
    NEXT_HOP,
    NEXT_HOP_6,
    ORIGIN,
    PREFIX,
    PREFIX_6,
    body,
    mp_reach,
    mp_unreach,
    octets,
)

OTHER = octets("10 0a02")
ONLY_IPV4 = Context(families=frozenset({IPV4}))
ONLY_IPV6 = Context(families=frozenset({IPV6}))
ADD_PATH = Context(families=BOTH, add_path_receive=BOTH)
EXTENDED_NEXT_HOP = Context(families=BOTH, extended_next_hop=frozenset({IPV4}))


def reachable(update: Update) -> list[tuple[Family, int, list[bytes]]]:
    return [(family, path_id, keys) for family, path_id, keys, _ in update.reachable]


def error_of(content: bytes, context: Context = INTERNAL) -> UpdateError:
    with pytest.raises(UpdateError) as caught:
        wire.read(content, context)
    return caught.value


def test_withdrawn_routes_in_front_of_attributes_are_not_taken_for_announced_ones() -> None:
    """Read as a MP_REACH_NLRI it would have a next hop of 16 octets, and two prefixes."""
    more = " ".join(f"28 20010db8 0{number}" for number in range(4))

    found = wire.read(body(f"{mp_unreach(f'10 2001 {more}')} {ORIGIN} {AS_PATH}"), Context(families=BOTH))

    assert reachable(found) == []
    assert [(family, len(keys)) for family, _, keys in found.withdrawn] == [(IPV6, 5)]


def test_the_usual_update_has_one_block_and_its_prefixes() -> None:
    found = wire.read(body(MANDATORY, f"{PREFIX} 10 0a02"))

    assert reachable(found) == [(IPV4, 0, [KEY, OTHER])]
    assert found.withdrawn == ()
    assert found.end_of_rib is None
    assert found.problems == ()
    assert found.reachable[0].block.next_hop == octets("0a630001")


@pytest.mark.row("UPD-01")
@pytest.mark.parametrize(
    "content",
    [
        pytest.param("03e7 0000", id="withdrawn"),
        pytest.param("0000 03e7", id="attributes"),
        pytest.param("0001 0000", id="withdrawn over attributes' length"),
        pytest.param("0000 0005 40010100", id="one octet too many"),
        pytest.param("000000", id="no attributes' length"),
        pytest.param("00", id="one octet"),
        pytest.param("", id="nothing"),
    ],
)
def test_lengths_beyond_the_message_are_malformed(content: str) -> None:
    error = error_of(octets(content))

    assert (error.code, error.subcode, error.data) == (3, 1, b"")
    with pytest.raises(UpdateError):
        split(octets(content))


def test_the_three_fields_are_split() -> None:
    content = body(MANDATORY, PREFIX, "10 0a02")

    assert split(content) == (OTHER, octets(MANDATORY), KEY)


@pytest.mark.row("UPD-04", "UPD-05")
@pytest.mark.parametrize("field", ["21 0102030400", "18 0a"])
@pytest.mark.parametrize("where", ["nlri", "withdrawn"])
def test_a_bad_prefix_in_a_classic_field_ends_the_session(field: str, where: str) -> None:
    content = body(MANDATORY, field) if where == "nlri" else body("", "", field)

    error = error_of(content)

    assert (error.code, error.subcode, error.data) == (3, 10, b"")


@pytest.mark.row("UPD-08")
def test_what_is_withdrawn_and_announced_is_announced() -> None:
    found = wire.read(body(MANDATORY, PREFIX, f"{PREFIX} 10 0a02"))

    assert found.withdrawn == ((IPV4, 0, [OTHER]),)
    assert reachable(found) == [(IPV4, 0, [KEY])]


@pytest.mark.row("UPD-08")
def test_that_holds_for_multiprotocol_fields_too() -> None:
    found = wire.read(body(f"{mp_reach()} {mp_unreach(f'{PREFIX_6} 00')} {ORIGIN} {AS_PATH}"))

    assert found.withdrawn == ((IPV6, 0, [b"\0"]),)
    assert reachable(found) == [(IPV6, 0, [KEY_6])]


@pytest.mark.row("ADP-03")
def test_another_identifier_is_another_route() -> None:
    found = wire.read(body(MANDATORY, f"00000002 {PREFIX}", f"00000001 {PREFIX} 00000002 {PREFIX}"), ADD_PATH)

    assert found.withdrawn == ((IPV4, 1, [KEY]),)
    assert reachable(found) == [(IPV4, 2, [KEY])]


@pytest.mark.row("UPD-13")
def test_all_four_ways_in_one_update_are_applied() -> None:
    found = wire.read(body(f"{mp_unreach('00')} {MANDATORY} {mp_reach()}", PREFIX, "10 0a02"))

    assert found.withdrawn == ((IPV4, 0, [OTHER]), (IPV6, 0, [b"\0"]))
    assert reachable(found) == [(IPV4, 0, [KEY]), (IPV6, 0, [KEY_6])]
    assert [each.block.next_hop for each in found.reachable] == [octets("0a630001"), octets(NEXT_HOP_6)]


@pytest.mark.row("UPD-14")
@pytest.mark.parametrize("attributes", [ORIGIN, MANDATORY, f"{ORIGIN} {mp_unreach()}"])
def test_without_reachable_prefixes_nothing_is_mandatory(attributes: str) -> None:
    found = wire.read(body(attributes))

    assert not found.reachable
    assert not found.problems
    assert found.end_of_rib is None


@pytest.mark.row("UPD-16")
@pytest.mark.parametrize(
    ("content", "family"),
    [
        (body(), IPV4),
        (body(mp_unreach("")), IPV6),
        (body(mp_unreach("", flags=0x90)), IPV6),
        (body(mp_unreach("", family="0001 01")), IPV4),
    ],
)
def test_an_update_that_says_nothing_is_the_end_of_rib(content: bytes, family: Family) -> None:
    assert wire.read(content) == Update((), (), family, ())


@pytest.mark.row("UPD-16", "AFI-02")
@pytest.mark.parametrize(
    ("content", "context"),
    [(body(), ONLY_IPV6), (body(mp_unreach("")), ONLY_IPV4), (body(mp_unreach("", family="ffff 01")), INTERNAL)],
)
def test_the_end_of_a_family_that_was_not_negotiated_is_ignored(content: bytes, context: Context) -> None:
    found = wire.read(content, context)

    assert found.end_of_rib is None
    assert wire.outcome(found) is Outcome.DISCARD


@pytest.mark.row("UPD-17")
def test_withdrawals_need_no_attributes_and_ignore_them() -> None:
    expected = (Withdrawn(IPV4, 0, [KEY]),)

    assert wire.read(body(withdrawn=PREFIX)).withdrawn == expected
    assert wire.read(body(MANDATORY, withdrawn=PREFIX)) == Update(expected, (), None, ())


@pytest.mark.row("UPD-21")
@pytest.mark.parametrize("twice", [mp_reach(), mp_unreach()])
def test_a_multiprotocol_attribute_twice_ends_the_session(twice: str) -> None:
    error = error_of(body(f"{twice} {ORIGIN} {AS_PATH} {twice}"))

    assert (error.code, error.subcode, error.data) == (3, 1, b"")


@pytest.mark.row("UPD-22")
def test_of_two_origins_the_first_counts() -> None:
    found = wire.read(body(f"{MANDATORY} 40 01 01 02", PREFIX))

    assert found.reachable[0].block.origin == 0
    assert wire.outcome(found) is Outcome.DISCARD


@pytest.mark.parametrize(
    "attribute",
    [
        pytest.param("80 0e 02 0002", id="ATT-26 2 octets", marks=pytest.mark.row("ATT-26")),
        pytest.param("80 0e 04 00020100", id="ATT-26 4 octets", marks=pytest.mark.row("ATT-26")),
        pytest.param("80 0e 00", id="ATT-26 empty", marks=pytest.mark.row("ATT-26")),
        pytest.param(mp_reach("0a63000100"), id="ATT-26 next hop of 5", marks=pytest.mark.row("ATT-26")),
        pytest.param(mp_reach("0a630001"), id="ATT-26 next hop of 4", marks=pytest.mark.row("ATT-26")),
        pytest.param(mp_reach(""), id="ATT-26 no next hop", marks=pytest.mark.row("ATT-26")),
        pytest.param("80 0e 06 0002 01 10 0000", id="ATT-26 next hop overrun", marks=pytest.mark.row("ATT-26")),
        pytest.param(
            mp_reach(nlri="81" + "00" * 17), id="AFI-06 length 129", marks=pytest.mark.row("AFI-06", "ATT-26")
        ),
        pytest.param(mp_reach(nlri="40 2001"), id="AFI-06 overrun", marks=pytest.mark.row("AFI-06", "ATT-26")),
        pytest.param(mp_reach(flags=0x40), id="ATT-27 reach 40", marks=pytest.mark.row("ATT-27")),
        pytest.param(mp_reach(flags=0xC0), id="ATT-27 reach c0", marks=pytest.mark.row("ATT-27")),
        pytest.param(mp_unreach(flags=0x40), id="ATT-27 unreach", marks=pytest.mark.row("ATT-27")),
        pytest.param("80 0f 02 0002", id="ATT-28", marks=pytest.mark.row("ATT-28")),
        pytest.param("80 0f 00", id="ATT-28 empty", marks=pytest.mark.row("ATT-28")),
        pytest.param(mp_unreach("81" + "00" * 17), id="AFI-06 withdrawn", marks=pytest.mark.row("AFI-06")),
    ],
)
@pytest.mark.parametrize("place", ["first", "last"])
def test_a_bad_multiprotocol_attribute_ends_the_session(attribute: str, place: str) -> None:
    rest = f"{ORIGIN} {AS_PATH}"

    error = error_of(body(f"{attribute} {rest}" if place == "first" else f"{rest} {attribute}"))

    assert (error.code, error.subcode) == (3, 9)
    assert error.data == octets(attribute)


@pytest.mark.row("ATT-26")
@pytest.mark.parametrize("code", ["0e", "0f"])
def test_a_multiprotocol_attribute_that_overruns_ends_the_session(code: str) -> None:
    """Its prefixes can't be read, so they can't be treated as withdrawn (RFC 7606 §3 j)."""
    error = error_of(body(f"{MANDATORY} 80 {code} 09 0002 01", PREFIX))

    assert (error.code, error.subcode) == (3, 9)


@pytest.mark.row("ATT-06")
def test_a_multiprotocol_route_needs_origin_and_as_path() -> None:
    found = wire.read(body(f"{mp_reach()} {AS_PATH}"))

    assert found.withdrawn == ((IPV6, 0, [KEY_6]),)
    assert wire.outcome(found) is Outcome.TREAT_AS_WITHDRAW


@pytest.mark.row("NHP-08")
@pytest.mark.parametrize("next_hop", ["", NEXT_HOP, "40 03 04 00000000", "40 03 03 0a6300"])
def test_next_hop_beside_a_multiprotocol_route_is_ignored(next_hop: str) -> None:
    found = wire.read(body(f"{mp_reach()} {ORIGIN} {AS_PATH} {next_hop}"))

    assert reachable(found) == [(IPV6, 0, [KEY_6])]
    assert found.reachable[0].block.next_hop == octets(NEXT_HOP_6)
    assert found.reachable[0].block.octets == octets(f"{ORIGIN} {AS_PATH}")
    assert not found.problems


def test_treat_as_withdraw_takes_all_prefixes_of_the_update() -> None:
    """RFC 7606 §2: NLRI and MP_REACH_NLRI."""
    found = wire.read(body(f"{mp_reach()} 40 01 01 03 {AS_PATH} {NEXT_HOP}", PREFIX))

    assert found.withdrawn == ((IPV4, 0, [KEY]), (IPV6, 0, [KEY_6]))
    assert not found.reachable
    assert len(found.problems) == 1


def test_treat_as_withdraw_for_the_classic_routes_takes_the_others_along() -> None:
    """NEXT_HOP is missing, which MP_REACH_NLRI doesn't need; but the UPDATE is malformed."""
    found = wire.read(body(f"{mp_reach()} {ORIGIN} {AS_PATH}", PREFIX))

    assert found.withdrawn == ((IPV4, 0, [KEY]), (IPV6, 0, [KEY_6]))
    assert not found.reachable


@pytest.mark.row("NHP-10")
@pytest.mark.parametrize("next_hop", ["00" * 16, "ff02" + "00" * 13 + "01", "00" * 32])
def test_a_next_hop_that_is_no_host_withdraws_its_prefixes_only(next_hop: str) -> None:
    found = wire.read(body(f"{mp_reach(next_hop)} {MANDATORY}", PREFIX))

    assert found.withdrawn == ((IPV6, 0, [KEY_6]),)
    assert reachable(found) == [(IPV4, 0, [KEY])]
    assert wire.outcome(found) is Outcome.TREAT_AS_WITHDRAW


@pytest.mark.row("NHP-06", "NHP-07")
def test_two_next_hops_of_ipv6_are_kept() -> None:
    both = NEXT_HOP_6 + "fe80" + "00" * 13 + "01"

    found = wire.read(body(f"{mp_reach(both)} {ORIGIN} {AS_PATH}"))

    assert found.reachable[0].block.next_hop == octets(both)


@pytest.mark.row("NHP-07")
def test_a_lone_link_local_next_hop_is_one_of_16_octets() -> None:
    link_local = "fe80" + "00" * 13 + "01"

    found = wire.read(body(f"{mp_reach('00' * 16 + link_local)} {ORIGIN} {AS_PATH}"))

    assert found.reachable[0].block.next_hop == octets(link_local)


@pytest.mark.row("AFI-01")
def test_the_reserved_octet_is_ignored() -> None:
    attribute = wire.attribute(0x80, 14, f"0002 01 10 {NEXT_HOP_6} ff {PREFIX_6}")

    assert reachable(wire.read(body(f"{attribute} {ORIGIN} {AS_PATH}"))) == [(IPV6, 0, [KEY_6])]


@pytest.mark.row("AFI-02", "AFI-23")
@pytest.mark.parametrize(
    ("attributes", "context"),
    [
        (f"{mp_reach()} {ORIGIN} {AS_PATH}", ONLY_IPV4),
        (f"{mp_unreach()} {ORIGIN} {AS_PATH}", ONLY_IPV4),
        (f"{mp_reach(family='ffff 01')} {ORIGIN} {AS_PATH}", INTERNAL),
        (f"{mp_reach('00', 'ff', family='0019 46')} {ORIGIN} {AS_PATH}", INTERNAL),
    ],
)
def test_a_family_that_was_not_negotiated_is_ignored(attributes: str, context: Context) -> None:
    found = wire.read(body(attributes), context)

    assert (found.withdrawn, found.reachable, found.end_of_rib) == ((), (), None)
    assert wire.outcome(found) is Outcome.DISCARD
    assert "not negotiated" in found.problems[0].why


@pytest.mark.row("AFI-02")
def test_the_rest_of_such_an_update_is_used() -> None:
    found = wire.read(body(f"{mp_reach()} {MANDATORY}", PREFIX), ONLY_IPV4)

    assert reachable(found) == [(IPV4, 0, [KEY])]


@pytest.mark.row("CAP-06")
def test_classic_fields_are_ignored_without_ipv4_unicast() -> None:
    found = wire.read(body(MANDATORY, PREFIX, "10 0a02"), ONLY_IPV6)

    assert (found.withdrawn, found.reachable) == ((), ())
    assert [problem.outcome for problem in found.problems] == [Outcome.DISCARD] * 2


@pytest.mark.row("AFI-03")
def test_ipv4_unicast_may_come_as_multiprotocol() -> None:
    found = wire.read(body(f"{mp_reach('0a630001', PREFIX, family='0001 01')} {ORIGIN} {AS_PATH}"))

    assert reachable(found) == [(IPV4, 0, [KEY])]
    assert found.reachable[0].block.next_hop == octets("0a630001")


@pytest.mark.row("AFI-05")
def test_a_multiprotocol_attribute_without_prefixes_has_no_routes() -> None:
    assert wire.read(body(f"{mp_reach(nlri='')} {ORIGIN} {AS_PATH}")) == Update((), (), None, ())


@pytest.mark.row("ENH-01")
@pytest.mark.parametrize("size", [1, 2])
def test_ipv4_over_an_ipv6_next_hop_must_be_negotiated(size: int) -> None:
    next_hop = NEXT_HOP_6 + ("fe80" + "00" * 13 + "01") * (size - 1)
    attribute = mp_reach(next_hop, PREFIX, family="0001 01")
    content = body(f"{attribute} {ORIGIN} {AS_PATH}")

    assert wire.read(content, EXTENDED_NEXT_HOP).reachable[0].block.next_hop == octets(next_hop)
    error = error_of(content)
    assert (error.subcode, error.data) == (9, octets(attribute))


@pytest.mark.row("ADP-01")
def test_every_prefix_has_an_identifier_with_add_path() -> None:
    content = body(
        f"{mp_reach(nlri=f'00000007 {PREFIX_6}')} {mp_unreach(f'00000008 {PREFIX_6}')} {MANDATORY}",
        f"00000001 {PREFIX} 00000002 {PREFIX} 00000001 10 0a02",
        f"00000003 {PREFIX}",
    )

    found = wire.read(content, ADD_PATH)

    assert found.withdrawn == ((IPV4, 3, [KEY]), (IPV6, 8, [KEY_6]))
    assert reachable(found) == [(IPV4, 1, [KEY, OTHER]), (IPV4, 2, [KEY]), (IPV6, 7, [KEY_6])]


@pytest.mark.row("ADP-07")
@pytest.mark.parametrize(("field", "attributes"), [("nlri", 10), ("mp", 9)])
def test_an_identifier_without_prefix_is_a_syntax_error(field: str, attributes: int) -> None:
    content = body(MANDATORY, "000001") if field == "nlri" else body(f"{mp_reach(nlri='000001')} {ORIGIN} {AS_PATH}")

    assert error_of(content, ADD_PATH).subcode == attributes


@pytest.mark.row("UPD-09")
def test_a_prefix_several_times_is_one_route_for_a_table() -> None:
    (found,) = wire.read(body(MANDATORY, f"{PREFIX} {PREFIX}")).reachable

    assert set(found.keys) == {KEY}


@pytest.mark.row("ATT-30", "ATT-32")
@pytest.mark.parametrize("flags", [0xC0, 0xE0, 0xF0])
def test_unknown_transitive_attributes_are_kept_with_partial(flags: int) -> None:
    unknown = wire.attribute(flags, 99, "010203")

    found = wire.read(body(f"{MANDATORY} {unknown}", PREFIX))

    assert found.reachable[0].block.octets == octets(f"{ORIGIN} {AS_PATH} e0 63 03 010203")


@pytest.mark.row("ATT-31")
def test_unknown_non_transitive_attributes_end_here() -> None:
    found = wire.read(body(f"{MANDATORY} 80 63 03 010203", PREFIX))

    assert found.reachable[0].block.octets == octets(f"{ORIGIN} {AS_PATH}")
    assert not found.problems


@pytest.mark.row("ATT-32")
def test_partial_stays_set_on_known_attributes() -> None:
    found = wire.read(body(f"{MANDATORY} e0 08 04 fde80001 c0 20 0c 000000010000000200000003", PREFIX))

    assert found.reachable[0].block.octets == octets(
        f"{ORIGIN} {AS_PATH} e0 08 04 fde80001 c0 20 0c 000000010000000200000003"
    )


@pytest.mark.row("UPD-15")
def test_the_same_error_can_be_raised_again() -> None:
    """A remembered error must not drag along where it was raised before."""
    content = body(f"{MANDATORY} 40 63 01 07", PREFIX)
    blocks = wire.BlockCache()
    depths = []
    for _ in range(3):
        with pytest.raises(UpdateError) as caught:
            wire.decode(content, INTERNAL, blocks)
        depths.append(len(caught.traceback))

    assert len(set(depths)) == 1
