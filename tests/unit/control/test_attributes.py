"""Path attributes as JSON."""

from __future__ import annotations

from pybgp.control.attributes import AttributeFields, attribute_fields

from .fakes import PLAIN, block


def test_a_plain_route() -> None:
    assert attribute_fields(PLAIN) == {
        "next_hop": "192.0.2.2",
        "next_hop_link_local": None,
        "as_path": [65001],
        "as_path_text": "65001",
        "local_pref": 100,
        "med": None,
        "origin": "igp",
        "communities": [],
        "large_communities": [],
        "extended_communities": [],
        "originator_id": None,
        "cluster_list": [],
        "atomic_aggregate": False,
        "aggregator": None,
        "only_to_customer": None,
        "other_attributes": [],
    }


def test_every_attribute_has_its_field() -> None:
    fields = attribute_fields(
        block(
            "40 01 01 02"  # INCOMPLETE
            "40 02 16  02 01 0000fde9  01 02 0000fdf3 0000fdf2  03 01 0000fe0a"  # sequence, set, confed sequence
            "40 06 00"  # ATOMIC_AGGREGATE
            "c0 07 08 0000fde9 c0000209"  # AGGREGATOR 65001 192.0.2.9
            "c0 08 08 fc000007 ffffff01"  # COMMUNITIES
            "80 09 04 c0000205"  # ORIGINATOR_ID
            "80 0a 08 c0000206 c0000207"  # CLUSTER_LIST
            "c0 10 08 0002fde900000001"  # EXTENDED COMMUNITIES: route target
            "c0 20 0c 0000fc00 00000007 00000001"  # LARGE_COMMUNITIES
            "c0 23 04 0000fde9"  # ONLY_TO_CUSTOMER
            "e0 63 02 cafe",  # type 99, partial
            next_hop="2001:db8::9 fe80::9",
            origin=2,
            med=5,
        )
    )

    assert fields == {
        "next_hop": "2001:db8::9",
        "next_hop_link_local": "fe80::9",
        "as_path": [65001, [65011, 65010], {"confed_sequence": [65034]}],
        "as_path_text": "65001 {65011,65010} (65034)",
        "local_pref": None,
        "med": 5,
        "origin": "incomplete",
        "communities": ["64512:7", "65535:65281"],
        "large_communities": ["64512:7:1"],
        "extended_communities": ["rt:65001:1"],
        "originator_id": "192.0.2.5",
        "cluster_list": ["192.0.2.6", "192.0.2.7"],
        "atomic_aggregate": True,
        "aggregator": {"as": 65001, "router_id": "192.0.2.9"},
        "only_to_customer": 65001,
        "other_attributes": [{"code": 99, "flags": 0xE0, "value": "cafe"}],
    }


def test_an_unknown_attribute_of_more_than_255_octets() -> None:
    """RFC 4271 §4.3: the length has two octets with the extended length flag; the flag is not part of the answer."""
    fields = attribute_fields(block("40 01 01 00 40 02 00 d0 63 0100" + "ab" * 256))

    assert fields["other_attributes"] == [{"code": 99, "flags": 0xC0, "value": "ab" * 256}]


def test_our_own_route_has_no_next_hop_and_an_empty_path() -> None:
    fields = attribute_fields(block("40 01 01 00 40 02 00", next_hop=""))

    assert (fields["next_hop"], fields["as_path"], fields["as_path_text"]) == (None, [], "")


def test_a_shared_block_is_read_once() -> None:
    fields = AttributeFields()

    assert fields.of(PLAIN) is fields.of(PLAIN)
