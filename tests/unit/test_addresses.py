"""Numbers and addresses from text: what is refused is said in our words."""

from __future__ import annotations

import pytest

from pybgp.addresses import parse_as, prefix_key


@pytest.mark.parametrize(("text", "number"), [("65001", 65001), ("1.10", 65546), ("0.1", 1), (4294967295, 4294967295)])
def test_an_as_number_in_both_notations(text: str | int, number: int) -> None:
    """RFC 5396 §2."""
    assert parse_as(text) == number


@pytest.mark.parametrize("text", ["²", "1.²", "٣", "", "-1", "1.", ".1", "65536.1", "4294967296", "9" * 5000, True])
def test_what_is_no_as_number_is_refused_in_our_words(text: str | int) -> None:
    with pytest.raises(ValueError, match=r"is not an AS number: expected 0\.\.4294967295"):
        parse_as(text)


@pytest.mark.parametrize("text", ["10.0.0.0/²", "10.0.0.0/33", "10.0.0.0/-1"])
def test_a_length_is_of_plain_digits(text: str) -> None:
    with pytest.raises(ValueError, match=r"expected a length of 0\.\.32"):
        prefix_key(text)
