"""RFC 7606 and the attributes' own RFCs: what each error costs, and the NOTIFICATION where the session ends."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pybgp.constants import AttributeCode
from pybgp.errors import UpdateError
from pybgp.messages import BlockCache, update
from pybgp.messages.attributes.registry import ATTRIBUTES, error_rules
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.errors import Outcome
from pybgp.messages.update import Update
from tests import reference
from tests.unit.messages import wire
from tests.unit.messages.wire import (
    AS_PATH,
    EXTERNAL,
    INTERNAL,
    IPV4,
    KEY,
    MANDATORY,
    NEXT_HOP,
    OLD,
    OLD_AS_PATH,
    ORIGIN,
    PREFIX,
    attribute,
    octets,
)

CONFEDERATION = Context(kind=PeerKind.CONFEDERATION, families=wire.BOTH)
MEMBER_PATH = "40 02 06 0301 0000fde9"  # AS_CONFED_SEQUENCE 65001


def row(*ids: str, name: str = "") -> dict[str, object]:
    return {"id": f"{ids[0]} {name}".strip(), "marks": pytest.mark.row(*ids)}


def announced(update: Update) -> bool:
    return [(each.family, each.keys) for each in update.reachable] == [(IPV4, [KEY])] and not update.withdrawn


def withdrawn(update: Update) -> bool:
    return [(each.family, each.keys) for each in update.withdrawn] == [(IPV4, [KEY])] and not update.reachable


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(f"40 01 01 00 {AS_PATH} {NEXT_HOP}", id="as usual"),
        pytest.param(f"60 01 01 00 {AS_PATH} {NEXT_HOP}", **row("ATT-02", name="origin")),
        pytest.param(f"{MANDATORY} a0 04 04 00000001", **row("ATT-02", name="med")),
        pytest.param(f"4f 01 01 00 {AS_PATH} {NEXT_HOP}", **row("ATT-03")),
        pytest.param(f"50 01 0001 00 {AS_PATH} {NEXT_HOP}", **row("ATT-04")),
        pytest.param(MANDATORY, **row("ATT-07")),
        pytest.param(f"{NEXT_HOP} {AS_PATH} {ORIGIN}", **row("UPD-11")),
    ],
)
def test_what_is_no_error_leaves_no_trace(attributes: str) -> None:
    found = wire.read(wire.body(attributes, PREFIX))

    assert announced(found)
    assert not found.problems
    assert found.reachable[0].block.octets == octets(
        f"{ORIGIN} {AS_PATH}" + "80 04 04 00000001" * ("a0 04" in attributes)
    )


@pytest.mark.parametrize(
    ("attributes", "context"),
    [
        pytest.param(f"c0 01 01 00 {AS_PATH} {NEXT_HOP}", INTERNAL, **row("ATT-01", name="origin")),
        pytest.param(f"{ORIGIN} 80 02 06 0201 0000fde9 {NEXT_HOP}", INTERNAL, **row("ATT-01", name="as-path")),
        pytest.param(f"{ORIGIN} {AS_PATH} 00 03 04 0a630001", INTERNAL, **row("ATT-01", name="next-hop")),
        pytest.param(f"{MANDATORY} 40 04 04 00000001", INTERNAL, **row("ATT-01", name="med")),
        pytest.param(f"{MANDATORY} 40 08 04 fde80001", INTERNAL, **row("ATT-01", name="communities")),
        pytest.param(f"40 01 00 {AS_PATH} {NEXT_HOP}", INTERNAL, **row("ATT-05", "ATT-08", name="origin")),
        pytest.param(f"{MANDATORY} c0 08 00", INTERNAL, **row("ATT-05", "ATT-20", name="communities")),
        pytest.param(f"{MANDATORY} 80 0a 00", INTERNAL, **row("ATT-05", "ATT-22", name="cluster-list")),
        pytest.param(f"{MANDATORY} c0 20 00", INTERNAL, **row("ATT-05", "ATT-25", name="large")),
        pytest.param(f"{AS_PATH} {NEXT_HOP}", INTERNAL, **row("ATT-06", name="origin")),
        pytest.param(f"{ORIGIN} {NEXT_HOP}", INTERNAL, **row("ATT-06", name="as-path")),
        pytest.param(f"{ORIGIN} {AS_PATH}", INTERNAL, **row("ATT-06", name="next-hop")),
        pytest.param(f"40 01 02 0000 {AS_PATH} {NEXT_HOP}", INTERNAL, **row("ATT-08", name="length 2")),
        pytest.param(f"40 01 01 03 {AS_PATH} {NEXT_HOP}", INTERNAL, **row("ATT-08", name="value 3")),
        *(
            pytest.param(f"{ORIGIN} {attribute(0x40, 2, path)} {NEXT_HOP}", INTERNAL, **row("ATT-09", name=name))
            for name, path in {
                "type 0": "0001 0000fde9",
                "type 5": "0501 0000fde9",
                "type 255": "ff01 0000fde9",
                "no ASes": "0200",
                "overrun": "0205 0000fde9",
                "one octet left": "0201 0000fde9 02",
            }.items()
        ),
        pytest.param(f"{ORIGIN} {AS_PATH} 40 03 03 0a6300", INTERNAL, **row("ATT-10", name="3")),
        pytest.param(f"{ORIGIN} {AS_PATH} 40 03 05 0a63000100", INTERNAL, **row("ATT-10", name="5")),
        *(
            pytest.param(f"{ORIGIN} {AS_PATH} 40 03 04 {address}", INTERNAL, **row("ATT-11", name=address))
            for address in ("00000000", "e0000001", "f0000001", "7f000001", "ffffffff")
        ),
        pytest.param(f"{MANDATORY} 80 04 03 000001", INTERNAL, **row("ATT-14")),
        pytest.param(f"{MANDATORY} 40 05 03 000064", INTERNAL, **row("ATT-16")),
        pytest.param(f"{MANDATORY} c0 08 03 fde800", INTERNAL, **row("ATT-20", name="3")),
        pytest.param(f"{MANDATORY} c0 08 05 fde8000100", INTERNAL, **row("ATT-20", name="5")),
        pytest.param(f"{MANDATORY} 80 09 03 0a0000", INTERNAL, **row("ATT-21")),
        pytest.param(f"{MANDATORY} 80 0a 05 0a00000100", INTERNAL, **row("ATT-22", name="5")),
        pytest.param(f"{MANDATORY} c0 10 00", INTERNAL, **row("ATT-23", name="0")),
        pytest.param(f"{MANDATORY} c0 10 07 0002fde8000000", INTERNAL, **row("ATT-23", name="7")),
        pytest.param(f"{MANDATORY} c0 20 0b 0000fde80000000100000000"[:-2], INTERNAL, **row("ATT-25", name="11")),
        pytest.param(f"{MANDATORY} c0 23 03 00fde8", INTERNAL, **row("ATT-35")),
        pytest.param(f"{ORIGIN} {attribute(0x40, 2, '0202 0000fde9 00000000')} {NEXT_HOP}", INTERNAL, **row("ASP-07")),
        pytest.param(
            f"{ORIGIN} {attribute(0x40, 2, '0201 0000fde9 0101 00000000')} {NEXT_HOP}",
            EXTERNAL,
            **row("ASP-07", name="set"),
        ),
        pytest.param(f"{ORIGIN} {MEMBER_PATH} {NEXT_HOP}", EXTERNAL, **row("CFD-05")),
        pytest.param(f"{ORIGIN} {AS_PATH} {NEXT_HOP}", CONFEDERATION, **row("CFD-06")),
        pytest.param(f"{ORIGIN} 40 02 00 {NEXT_HOP}", CONFEDERATION, **row("CFD-06", name="empty")),
        pytest.param(f"{MANDATORY} 40 05 09 00000064", INTERNAL, **row("UPD-02")),
        pytest.param(f"{MANDATORY} 40", INTERNAL, **row("UPD-03", name="one octet")),
        pytest.param(f"{MANDATORY} 80 04", INTERNAL, **row("UPD-03", name="two octets")),
        pytest.param(f"{MANDATORY} 90 04 00", INTERNAL, **row("UPD-03", name="extended")),
    ],
)
def test_the_routes_of_a_malformed_attribute_count_as_withdrawn(attributes: str, context: Context) -> None:
    found = wire.read(wire.body(attributes, PREFIX), context)

    assert withdrawn(found)
    assert wire.outcome(found) is Outcome.TREAT_AS_WITHDRAW
    assert len(found.problems) == 1


@pytest.mark.parametrize(
    ("extra", "context"),
    [
        pytest.param("40 05 04 00000064", EXTERNAL, **row("ATT-15", name="length 4")),
        pytest.param("40 05 03 000064", EXTERNAL, **row("ATT-15", name="length 3")),
        pytest.param("40 06 01 00", INTERNAL, **row("ATT-17")),
        pytest.param("c0 06 00", INTERNAL, **row("ATT-01", name="atomic-aggregate")),
        pytest.param("c0 07 06 fde8 0a000001", INTERNAL, **row("ATT-18", name="6 of 8")),
        pytest.param("40 07 08 0000fde8 0a000001", INTERNAL, **row("ATT-01", name="aggregator")),
        pytest.param("c0 07 00", INTERNAL, **row("ATT-05", name="aggregator")),
        pytest.param("c0 07 08 00000000 0a000001", INTERNAL, **row("ATT-19")),
        pytest.param("80 09 04 0a000001", EXTERNAL, **row("ATT-21", name="external")),
        pytest.param("80 09 04 0a000001", CONFEDERATION, **row("ATT-21", name="confederation")),
        pytest.param("80 0a 04 0a000001", EXTERNAL, **row("ATT-22", name="external")),
        pytest.param("c0 11 06 0201 00030d40", INTERNAL, **row("AS4-02", name="path")),
        pytest.param("c0 11 01 02", INTERNAL, **row("AS4-02", name="unparsed")),
        pytest.param("c0 12 08 00030d40 0a000001", INTERNAL, **row("AS4-02", name="aggregator")),
        pytest.param(ORIGIN.replace("01 00", "01 02"), INTERNAL, **row("UPD-22", name="origin")),
        pytest.param("c0 63 01 01 c0 63 01 02", INTERNAL, **row("UPD-22", name="unknown")),
    ],
)
def test_a_discarded_attribute_leaves_the_route(extra: str, context: Context) -> None:
    path = MEMBER_PATH if context is CONFEDERATION else AS_PATH

    found = wire.read(wire.body(f"{ORIGIN} {path} {NEXT_HOP} {extra}", PREFIX), context)

    assert announced(found)
    assert [problem.outcome for problem in found.problems] == [Outcome.DISCARD]
    kept = octets("e0 63 01 01") if "63" in extra else b""
    assert found.reachable[0].block.octets == octets(f"{ORIGIN} {path}") + kept


@pytest.mark.row("ATT-18")
def test_a_two_octet_session_has_an_aggregator_of_6_octets() -> None:
    attributes = f"{ORIGIN} {OLD_AS_PATH} {NEXT_HOP}"

    good = wire.read(wire.body(f"{attributes} c0 07 06 fde8 0a000001", PREFIX), OLD)
    bad = wire.read(wire.body(f"{attributes} c0 07 08 0000fde8 0a000001", PREFIX), OLD)

    assert good.reachable[0].block.value(AttributeCode.AGGREGATOR) == octets("0000fde8 0a000001")
    assert not good.problems
    assert bad.reachable[0].block.value(AttributeCode.AGGREGATOR) is None
    assert wire.outcome(bad) is Outcome.DISCARD


@pytest.mark.row("CFD-09")
def test_local_pref_passes_between_members_of_a_confederation() -> None:
    found = wire.read(wire.body(f"{ORIGIN} {MEMBER_PATH} {NEXT_HOP} 40 05 04 000000c8", PREFIX), CONFEDERATION)

    assert found.reachable[0].block.local_pref == 200
    assert not found.problems


@pytest.mark.parametrize(
    ("body", "subcode", "data"),
    [
        pytest.param(wire.body(f"{MANDATORY} 40 63 01 07", PREFIX), 2, "40 63 01 07", **row("ATT-29", "ATT-39")),
        pytest.param(wire.body(f"{MANDATORY} 40 63 01 07"), 2, "40 63 01 07", **row("ATT-29", name="no routes")),
        pytest.param(wire.body("40 01 02 0000"), 5, "40 01 02 0000", **row("UPD-15", "ATT-39", name="length")),
        pytest.param(wire.body("40 01 01 07"), 6, "40 01 01 07", **row("UPD-15", "ATT-39", name="origin")),
        pytest.param(wire.body("c0 01 01 00"), 4, "c0 01 01 00", **row("UPD-15", "ATT-39", name="flags")),
        pytest.param(wire.body("40 02 02 0200"), 11, "", **row("UPD-15", "ATT-39", name="as-path")),
        pytest.param(
            wire.body("40 03 04 00000000"), 8, "40 03 04 00000000", **row("UPD-15", "ATT-39", name="next-hop")
        ),
        pytest.param(wire.body("40 01 05 00"), 1, "", **row("UPD-15", "ATT-39", name="overrun")),
        pytest.param(
            wire.body(wire.mp_unreach() + "40 01 02 0000"),
            5,
            "40 01 02 0000",
            **row("UPD-15", name="beside MP_UNREACH"),
        ),
        pytest.param(
            wire.body("40 01 02 0000", withdrawn=PREFIX), 5, "40 01 02 0000", **row("UPD-15", name="withdrawn")
        ),
        pytest.param(
            wire.body(wire.mp_reach(nlri="") + "40 01 02 0000"),
            5,
            "40 01 02 0000",
            **row("UPD-15", "AFI-05", name="MP_REACH without NLRI"),
        ),
        pytest.param(wire.body(f"40 01 01 03 {AS_PATH} {NEXT_HOP}", "21 0102030400"), 10, "", **row("UPD-24")),
    ],
)
def test_what_ends_the_session_has_its_subcode_and_data(body: bytes, subcode: int, data: str) -> None:
    with pytest.raises(UpdateError) as caught:
        wire.read(body)
    assert (caught.value.code, caught.value.subcode) == (3, subcode)
    assert caught.value.data == octets(data)


@pytest.mark.row("UPD-15")
def test_an_error_that_only_discards_needs_no_routes() -> None:
    found = wire.read(wire.body("40 06 01 00"))

    assert not found.reachable
    assert wire.outcome(found) is Outcome.DISCARD


@pytest.mark.row("UPD-23")
def test_of_several_errors_the_strongest_counts() -> None:
    bad_aggregator, bad_origin = "c0 07 01 00", "40 01 01 03"

    found = wire.read(wire.body(f"{bad_origin} {AS_PATH} {NEXT_HOP} {bad_aggregator}", PREFIX))

    assert withdrawn(found)
    assert [problem.outcome for problem in found.problems] == [Outcome.TREAT_AS_WITHDRAW, Outcome.DISCARD]
    with pytest.raises(UpdateError) as caught:
        wire.read(wire.body(f"{wire.mp_reach('0a6300')} {bad_origin} {AS_PATH} {NEXT_HOP} {bad_aggregator}", PREFIX))
    assert caught.value.subcode == 9


def test_a_problem_says_what_was_wrong() -> None:
    (problem,) = wire.read(wire.body(f"{MANDATORY} 80 04 03 000001", PREFIX)).problems

    assert problem.attribute_name == "MULTI_EXIT_DISC"
    assert problem.why == "length 3, expected 4 octets"
    assert problem.data == octets("80 04 03 000001")


def test_an_attribute_behind_the_bad_one_is_not_read_as_prefixes() -> None:
    """Debian's FRR 8.4.4 resets here."""
    found = wire.read(wire.body(f"40 01 01 03 {AS_PATH} {NEXT_HOP} c0 08 04 fde80001", PREFIX))

    assert withdrawn(found)


def test_loopback_is_a_host_where_the_session_runs_over_it() -> None:
    attributes = f"{ORIGIN} {AS_PATH} 40 03 04 7f000002"

    assert announced(wire.read(wire.body(attributes, PREFIX), Context(loopback=True)))


def test_a_path_that_grows_too_long_in_four_octets_counts_as_withdrawn() -> None:
    segment = b"\2\xff" + b"\xfd\xe9" * 255
    path = (b"\x50\x02" + (len(segment) * 100).to_bytes(2) + segment * 100).hex()

    found = wire.read(wire.body(f"{ORIGIN} {path} {NEXT_HOP}", PREFIX), OLD)

    assert withdrawn(found)


DROPPED_FOR_THEIR_FLAGS = {6, 7, 26}
"""ATOMIC_AGGREGATE and AGGREGATOR (RFC 7606 §3 f), AIGP (RFC 7311 §3)."""


@pytest.mark.row("ATT-01")
@pytest.mark.parametrize("code", [code for code in ATTRIBUTES if code not in (14, 15)])
@pytest.mark.parametrize("bit", [0x80, 0x40], ids=["optional", "transitive"])
def test_other_flags_cost_the_routes_unless_the_attributes_rfc_says_otherwise(code: int, bit: int) -> None:
    """RFC 7606 §3 c; the value is right."""
    name = next(rule.name for rule in error_rules() if rule.code == code)
    octets_of, context = reference.examples()[name]
    at = octets_of.index(bytes((int(ATTRIBUTES[code].flags), code)), 23)
    changed = octets_of[23:at] + bytes((octets_of[at] ^ bit,)) + octets_of[at + 1 :]

    found = update.decode(octets_of[19:23] + changed, replace(context, kind=PeerKind.INTERNAL), BlockCache())

    dropped = code in DROPPED_FOR_THEIR_FLAGS
    assert [problem.attribute for problem in found.problems] == [code]
    assert bool(found.reachable) is dropped
    assert bool(found.withdrawn) is not dropped
