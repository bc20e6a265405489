"""Conditions as bits: ranges of numbers, what depends on the generation, and what a look-up costs."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.policy.generation import Generation
from pybgp.policy.match import parse_range
from pybgp.policy.prefix_set import PrefixIndex, parse_set
from pybgp.routes import RpkiState

from .made import accepted, block, chain, refused, route, term

V4 = Family.IPV4_UNICAST


class Everything:
    """All routes are in one state."""

    def __init__(self, state: RpkiState) -> None:
        self.found = state
        self.asked: list[int | None] = []

    def state(self, family: Family, key: bytes, origin_as: int | None) -> RpkiState:
        self.asked.append(origin_as)
        return self.found


@pytest.mark.parametrize(
    ("text", "expected"),
    [(7, (7, 7)), ("ge 100", (100, 0xFFFFFFFF)), ("le 200", (0, 200)), ("ge 100 le 200", (100, 200))],
)
def test_a_range_reads(text: int | str, expected: tuple[int, int]) -> None:
    assert parse_range(text) == expected


@pytest.mark.parametrize("text", [True, -1, 1 << 32, "", "7", " le 5", "ge 2 le 1", "le 1 ge 2", "ge 1 le 4294967296"])
def test_what_is_no_range_is_refused(text: int | str) -> None:
    with pytest.raises(ValueError, match="expected a number"):
        parse_range(text)


def test_rpki_states_are_asked_with_the_origin_as() -> None:
    policy = chain(term("reject", rpki="invalid"), default="accept")
    invalid = Everything(RpkiState.INVALID)

    assert accepted(policy.evaluate(route()))
    renewed = policy.renewed(Generation(invalid))
    assert refused(renewed.evaluate(route(path=(65001, 7)))) == "policy policy term 0"
    assert refused(renewed.evaluate(route(path=()))) == "policy policy term 0"
    assert invalid.asked == [7, 0]
    assert policy.reads_prefix
    assert policy.by_mark


def test_a_new_generation_is_another_policy_only_where_it_is_asked_for() -> None:
    plain, by_rpki = chain(term(source=("bgp",))), chain(term(rpki="valid"))
    conditional = chain(term(exists="pods"), prefix_sets={"pods": ("10.0.0.0/8",)})
    roas, existing = Generation(Everything(RpkiState.VALID)), Generation(existing=frozenset({"pods"}))

    assert plain.renewed(roas) is plain
    assert plain.renewed(existing) is plain
    assert by_rpki.renewed(existing) is by_rpki
    assert by_rpki.renewed(roas) is not by_rpki
    assert conditional.renewed(roas) is conditional
    assert conditional.renewed(Generation(existing=frozenset({"others"}))) is conditional
    assert conditional.renewed(existing).renewed(existing).watched == {"pods"}


def test_exists_and_not_exists_are_opposites() -> None:
    sets = {"pods": ("10.0.0.0/8",)}
    there, gone = chain(term(exists="pods"), prefix_sets=sets), chain(term(not_exists="pods"), prefix_sets=sets)
    held = Generation(existing=frozenset({"pods"}))

    assert refused(there.evaluate(route()))
    assert accepted(gone.evaluate(route()))
    assert accepted(there.renewed(held).evaluate(route()))
    assert refused(gone.renewed(held).evaluate(route()))
    assert not there.reads_prefix


class Counting(dict[int, int]):
    """A table of a prefix set that counts how often it is asked."""

    asked = 0

    def get(self, *given: int) -> int:  # type: ignore[override]
        Counting.asked += 1
        return super().get(*given)  # type: ignore[return-value]


def test_ten_thousand_entries_take_as_many_look_ups_as_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pybgp.policy.prefix_set._table", Counting)
    asked = [prefix_key(f"10.{number % 256}.{number // 7 % 256}.0/24")[1] for number in range(500)]
    steps = []
    for entries in (10, 10_000):
        written = [f"10.{number % 256}.{number // 256}.0/24" for number in range(entries)]
        index = PrefixIndex({1: parse_set(written)})
        Counting.asked = 0
        found = [index.bits(V4, key) for key in asked]
        expected = [f"10.{key[2]}.{key[3]}.0/24" in set(written) for key in asked]
        assert list(map(bool, found)) == expected
        steps.append(Counting.asked)

    assert steps[1] <= len(asked)
    assert steps[0] <= len(asked)


def test_prefixes_far_from_all_entries_are_answered_together() -> None:
    index = PrefixIndex({1: parse_set(["10.65.0.0/16 le 32"]), 2: parse_set(["10.1.2.0/24"])})
    far = [prefix_key(f"192.0.{number}.0/24")[1] for number in range(9)]
    inside = [prefix_key(f"10.65.{number}.0/24")[1] for number in range(9)]
    near = [prefix_key(f"10.1.{number}.0/24")[1] for number in range(9)]

    assert index.common(V4, far) == 0
    assert index.common(V4, inside) == 1
    assert index.common(V4, near) is None
    assert index.common(V4, [*far, *inside]) is None
    assert [index.bits(V4, key) for key in near] == [0, 0, 2, 0, 0, 0, 0, 0, 0]


def test_the_marks_of_a_block_are_those_of_its_prefixes() -> None:
    policy = chain(
        term("reject", prefix_set="small", as_path=("_65001$",)),
        term(prefix=("10.65.0.0/16 le 24",)),
        prefix_sets={"small": ("0.0.0.0/0 ge 25",)},
    )
    keys = [prefix_key(f"10.65.{number}.0/{24 + number % 4}")[1] for number in range(0, 256, 4)]
    keys += [prefix_key("10.65.1.0/26")[1], prefix_key("192.0.2.0/24")[1]]

    marked = dict(policy.by_marks(V4, keys, block()))

    assert sorted(key for some in marked.values() for key in some) == sorted(keys)
    for mark, some in marked.items():
        assert {policy.mark(V4, key, block()) for key in some} == {mark}
    assert len(marked) == 3
