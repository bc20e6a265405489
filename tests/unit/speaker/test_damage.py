"""RFC 7606 §6: damaged UPDATEs are counted by kind, and told once a kind."""

from __future__ import annotations

import pytest

from pybgp.messages.context import Context
from pybgp.messages.errors import (
    AttributeLengthError,
    InvalidNetworkField,
    MissingAttribute,
    OptionalAttributeError,
    Outcome,
    Problem,
    UnexpectedAttribute,
    rfc_of,
)
from pybgp.speaker.damage import AGAIN, LINES, OCTETS, Damage
from tests.unit.messages import wire

BODY = wire.body(f"{wire.MANDATORY} 80 04 03 000001", wire.PREFIX)


def problem(code: int = 4, octets: bytes = b"\x80\4\3\0\0\1", outcome: Outcome = Outcome.TREAT_AS_WITHDRAW) -> Problem:
    error = AttributeLengthError(code, octets[3:], expected="4 octets")
    return Problem(outcome, code, error.why, octets, error)


@pytest.mark.row("UPD-20")
def test_the_first_of_a_kind_is_told_with_its_octets() -> None:
    (found,) = wire.read(BODY, Context()).problems

    told = Damage().note(found, 1, BODY, 0.0)

    assert told == {
        "attribute": "MULTI_EXIT_DISC",
        "outcome": "treat-as-withdraw",
        "prefixes": 1,
        "why": "length 3, expected 4 octets",
        "rfc": "7606 7.4",
        "octets": "800403000001",
    }


@pytest.mark.row("UPD-20")
def test_the_others_are_counted_and_told_a_minute_later() -> None:
    damage = Damage()
    told = [damage.note(problem(), 1, BODY, number / 100) for number in range(500)]

    later = damage.note(problem(), 1, BODY, AGAIN)

    assert [each is not None for each in told] == [True] + [False] * 499
    assert later is not None
    assert later["repeated"] == 499
    assert damage.total == 501
    assert damage.by_attribute() == {"MULTI_EXIT_DISC": {"treat-as-withdraw": 501}}


def test_a_peer_with_many_kinds_has_few_lines() -> None:
    damage = Damage()

    told = [damage.note(problem(code), None, BODY, 0.0) for code in range(256)]

    assert sum(each is not None for each in told) == LINES
    assert len(damage.kinds) == 256


def test_octets_are_cut() -> None:
    told = Damage().note(problem(octets=bytes(5000)), 1, BODY, 0.0)

    assert told is not None
    assert told["octets"] == "00" * OCTETS


def test_what_ends_the_session_is_told_with_the_update_where_no_attribute_is_to_blame() -> None:
    damage = Damage()

    told = damage.note_end(InvalidNetworkField("length 33"), b"\1\2", 0.0)

    assert told is not None
    assert (told["attribute"], told["outcome"], told["octets"]) == ("-", "reset", "0102")
    assert told["rfc"] == "7606 5.3"


def test_a_missing_attribute_has_its_section() -> None:
    assert rfc_of(MissingAttribute(1)) == "7606 3"
    assert rfc_of(OptionalAttributeError(40, "")) == "8669 6"
    assert rfc_of(OptionalAttributeError(40, "", least=Outcome.TREAT_AS_WITHDRAW)) == "9252 7"
    assert rfc_of(UnexpectedAttribute(40, "")) == "8669 4"
    assert rfc_of(UnexpectedAttribute(9, "")) == "7606 7.9"
