"""VRPs as text and as records; the table and which caches count (RFC 6811 §2, RFC 8210 §10)."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.routes import RpkiState
from pybgp.rpki.merge import MANY, Merge
from pybgp.rpki.table import VrpTable
from pybgp.rpki.vrp import Vrp, canonical
from tests.rtr_cache import records


def state(table: VrpTable, prefix: str, origin_as: int | None) -> RpkiState:
    return table.state(*prefix_key(prefix), origin_as)


@pytest.mark.parametrize(
    ("prefix", "origin_as", "expected"),
    [
        ("192.0.2.0/24", 65001, "valid"),
        ("192.0.2.16/28", 65001, "valid"),
        ("192.0.2.16/29", 65001, "invalid"),
        ("192.0.2.0/24", 65002, "invalid"),
        ("192.0.2.0/24", None, "invalid"),
        ("192.0.0.0/16", 65001, "not_found"),
        ("198.51.100.0/24", 65001, "not_found"),
        ("203.0.113.0/24", 65003, "valid"),
        ("203.0.113.0/24", 65004, "valid"),
        ("203.0.113.0/25", 65004, "invalid"),
        ("10.0.0.0/8", 0, "invalid"),
        ("172.16.0.0/12", 0, "valid"),
        ("2001:db8:1::/48", 65001, "valid"),
        ("2001:db8::/32", 65001, "valid"),
        ("2001:db8::/31", 65001, "not_found"),
    ],
)
@pytest.mark.row("RPK-01", "RPK-02")
def test_the_rule(prefix: str, origin_as: int | None, expected: str) -> None:
    """RFC 6811 §2; a set at the end of the path has no origin, AS 0 matches nothing, an empty path is our own."""
    table = VrpTable(
        64512,
        records(
            "192.0.2.0/24 le 28 as 65001",
            "203.0.113.0/24 as 65003",
            "203.0.113.0/24 as 65004",
            "10.0.0.0/8 as 0",
            "172.16.0.0/12 as 64512",
            "2001:db8::/32 le 48 as 65001",
        ),
    )

    assert state(table, prefix, origin_as) == expected


def test_of_other_families_nothing_is_known() -> None:
    table = VrpTable(64512, records("0.0.0.0/0 as 1"))

    assert table.state(Family.L2VPN_EVPN, b"\x08\x0a", 1) is RpkiState.NOT_FOUND


def test_what_covers_a_prefix_is_told() -> None:
    table = VrpTable(64512, records("10.0.0.0/8 le 24 as 2", "10.1.0.0/16 as 1", "10.2.0.0/16 as 1", "10.0.0.0/8 as 1"))

    found = table.covering(*prefix_key("10.1.2.0/24"))

    assert [str(each) for each in found] == ["10.0.0.0/8 as 1", "10.0.0.0/8 le 24 as 2", "10.1.0.0/16 as 1"]
    assert len(table) == 4


@pytest.mark.parametrize(
    "text",
    ["192.0.2.0/24", "192.0.2.0/24 le 28", "192.0.2.0/24 le 23 as 1", "192.0.2.0/24 le 33 as 1", "192.0.2.1/24 as 1",
     "192.0.2.0/24 as x", "192.0.2.0/24 as 1 le 28", "as 1", "", "192.0.2.0/24 le x as 1"],
)  # fmt: skip
def test_text_that_is_no_vrp(text: str) -> None:
    with pytest.raises(ValueError):
        Vrp.parse(text)


def test_bits_behind_the_length_are_no_part_of_a_record() -> None:
    record = bytes.fromhex("18 18 c00002ff 0000fde9")

    assert canonical(record) == bytes.fromhex("18 18 c0000200 0000fde9")
    assert canonical(bytes.fromhex("18 17 c0000200 0000fde9")) is None
    assert canonical(bytes.fromhex("18 21 c0000200 0000fde9")) is None


# -- several caches ----------------------------------------------------------------------------------------------------

A, B, C = "10.1.0.0/16 as 1", "10.2.0.0/16 as 1", "10.3.0.0/16 as 1"


def finish(merge: Merge) -> set[str]:
    list(merge.update())
    return {str(each) for each in merge.table.vrps()}


def tell(merge: Merge, name: str, *vrps: str, has_data: bool = True) -> None:
    cache = merge._caches[name].vrps
    merge.changed(name, records(*vrps), has_data, cache ^ records(*vrps))


@pytest.mark.row("RPK-13")
def test_the_most_preferred_caches_that_have_data_count_together() -> None:
    """RFC 8210 §10."""
    merge = Merge(64512)
    for name, preference in (("first", 1), ("twin", 1), ("second", 2)):
        merge.add_cache(name, preference)

    tell(merge, "second", C)
    alone = finish(merge)
    tell(merge, "first", A)
    tell(merge, "twin", B)
    together = finish(merge)
    tell(merge, "first", has_data=False)
    one_left = finish(merge)
    tell(merge, "twin", has_data=False)

    assert alone == {C}
    assert together == {A, B}
    assert one_left == {B}
    assert finish(merge) == {C}
    assert merge.active == ("second",)


def test_a_vrp_that_two_caches_have_stays_when_one_takes_it_back() -> None:
    merge = Merge(64512)
    merge.add_cache("a", 1)
    merge.add_cache("b", 1)
    tell(merge, "a", A, B)
    tell(merge, "b", A)
    finish(merge)

    tell(merge, "a", B)

    assert finish(merge) == {A, B}


def test_our_as_may_become_another_while_a_table_is_made() -> None:
    merge = Merge(64512)
    merge.set_static(records("10.0.0.0/8 as 64513"))
    making = merge.update()
    next(making)

    merge.set_own_as(64513)
    list(making)

    assert state(merge.table, "10.0.0.0/8", 0) is RpkiState.VALID


def test_static_vrps_count_beside_all_caches() -> None:
    merge = Merge(64512)
    merge.set_static(records(A))
    merge.add_cache("a", 1)
    tell(merge, "a", A, B)
    finish(merge)

    tell(merge, "a", C)
    both = finish(merge)
    merge.set_static(())

    assert both == {A, C}
    assert finish(merge) == {C}


def test_a_removed_cache_takes_its_vrps_with_it() -> None:
    merge = Merge(64512)
    merge.add_cache("a", 1)
    tell(merge, "a", A)
    finish(merge)

    merge.remove_cache("a")

    assert finish(merge) == set()


def test_the_old_table_stays_as_it_was() -> None:
    merge = Merge(64512)
    merge.set_static(records(A))
    finish(merge)
    before = merge.table

    merge.set_static(records(B))
    tables = [each for each in merge.update() if each is not None]

    ((after, changed),) = tables
    assert changed is not None
    assert [str(each) for each in before.vrps()] == [A]
    assert [str(each) for each in after.vrps()] == [B]
    assert {str(each) for each in changed.vrps()} == {A, B}
    assert changed.covers(*prefix_key("10.1.2.0/24"))
    assert not changed.covers(*prefix_key("10.4.0.0/16"))


def test_what_changes_and_changes_back_is_no_change() -> None:
    merge = Merge(64512)
    merge.set_static(records(A))
    finish(merge)

    merge.set_static(())
    merge.set_static(records(A))

    assert not merge.is_behind


def test_very_many_changes_concern_everything() -> None:
    merge = Merge(64512)
    number = MANY + 1
    merge.set_static(bytes((32, 32)) + each.to_bytes(4) + b"\0\0\0\1" for each in range(number))

    *slices, (table, changed) = list(merge.update())  # type: ignore[misc]

    assert len(slices) > 20
    assert len(table) == number
    assert changed is None
