"""What each octet of a message means, and where one is wrong."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.messages.annotate import Note, annotate, lines
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.header import KEEPALIVE, message
from tests.unit.messages.wire import (
    AS_PATH,
    BOTH,
    EXTERNAL,
    INTERNAL,
    MANDATORY,
    NEXT_HOP,
    NEXT_HOP_6,
    OLD,
    ORIGIN,
    PREFIX,
    PREFIX_6,
    attribute,
    octets,
)

ADD_PATH = Context(families=BOTH, add_path_receive=BOTH)


def update(attributes: str, nlri: str = "", withdrawn: str = "") -> bytes:
    fields = [octets(each) for each in (withdrawn, attributes)]
    return message(2, b"".join(len(each).to_bytes(2) + each for each in fields) + octets(nlri))


def leaves(whole: bytes, context: Context = INTERNAL) -> list[tuple[str, str]]:
    """(octets in hex, text) of each leaf behind the header."""
    root = annotate(whole, context)
    return [(whole[each.start : each.end].hex(), each.text) for each in root.leaves() if each.start >= 19]


def marked(whole: bytes, context: Context = EXTERNAL) -> list[tuple[str, str, str]]:
    """(octets in hex, why, cost) of everything that is wrong."""
    root = annotate(whole, context)
    return [(whole[note.start : note.end].hex(), flaw.why, flaw.cost) for note, flaw in root.flaws]


def note_of(whole: bytes, text: str, context: Context = INTERNAL) -> Note:
    return next(each for each in annotate(whole, context).walk() if each.text.startswith(text))


# -- what they mean ----------------------------------------------------------------------------------------------------


def test_the_header() -> None:
    """RFC 4271 §4.1."""
    root = annotate(KEEPALIVE)

    assert root.text == "KEEPALIVE"
    assert [(each.start, each.end, each.text, each.rfc) for each in root.children] == [
        (0, 16, "marker", "4271 §4.1"),
        (16, 18, "length 19 octets", "4271 §4.1"),
        (18, 19, "type 4: KEEPALIVE", "4271 §4.1"),
    ]


def test_the_fields_of_an_update() -> None:
    """RFC 4271 §4.3."""
    assert leaves(update(ORIGIN, PREFIX, "08 0a")) == [
        ("0002", "withdrawn routes: 2 octets"),
        ("08", "length 8 bits"),
        ("0a", "prefix 10.0.0.0/8"),
        ("0004", "path attributes: 4 octets"),
        ("40", "flags 40: well-known, transitive"),
        ("01", "type 1, ORIGIN"),
        ("01", "length 1"),
        ("00", "value igp"),
        ("18", "length 24 bits"),
        ("0a0102", "prefix 10.1.2.0/24"),
    ]


@pytest.mark.parametrize(
    ("code", "value", "context", "expected"),
    [
        (2, "0102 fde9 fdea", OLD, [("0102", ""), ("fde9", "AS 65001"), ("fdea", "AS 65002")]),
        (2, "0201 0000fde9", INTERNAL, [("0201", ""), ("0000fde9", "AS 65001")]),
        (7, "0000fde9 0a000001", INTERNAL, [("0000fde9", "AS 65001"), ("0a000001", "router 10.0.0.1")]),
        (8, "fde80064 ffffff01", INTERNAL, [("fde80064", "65000:100"), ("ffffff01", "no-export")]),
        (10, "0a000001 0a000002", INTERNAL, [("0a000001", "10.0.0.1"), ("0a000002", "10.0.0.2")]),
        (32, "00000001 00000002 00000003", INTERNAL, [("000000010000000200000003", "1:2:3")]),
        (26, "01 000b 0000000000000064", INTERNAL, [
            ("01", "type 1"), ("000b", "length 11"), ("0" * 14 + "64", "value 100"),
        ]),
        (23, "0008 0006 04 01 05 80 0000", INTERNAL, [
            ("0008", "type 8"), ("0006", "length 6"),
            ("04", "type 4"), ("01", "length 1"), ("05", "value 5"),
            ("80", "type 128"), ("0000", "length 0"),
        ]),
        (22, "00 06 000320 0a000001", INTERNAL, [
            ("00", "flags 00"), ("06", "tunnel type 6"), ("000320", "label field 800 (label 50)"),
            ("0a000001", "tunnel identifier 0a000001"),
        ]),
        (40, "01 0007 00 0000 00000064", INTERNAL, [
            ("01", "type 1"), ("0007", "length 7"), ("00000000000064", "value 100"),
        ]),
        (128, "0000fde9 40 01 01 02", INTERNAL, [
            ("0000fde9", "origin AS 65001"), ("40", "flags 40: well-known, transitive"), ("01", "type 1, ORIGIN"),
            ("01", "length 1"), ("02", "value incomplete"),
        ]),
        (99, "0102", INTERNAL, [("0102", "value of 2 octets")]),
    ],
)  # fmt: skip
def test_values_have_parts(code: int, value: str, context: Context, expected: list[tuple[str, str]]) -> None:
    found = leaves(update(attribute(0xC0, code, value)), context)[5:]

    if code == 2:  # type and count are leaves of their own
        found = [(found[0][0] + found[1][0], ""), *found[2:]]
    assert found == expected


def test_multiprotocol_routes_have_parts() -> None:
    """RFC 4760 §3, RFC 7911 §3."""
    whole = update(attribute(0x80, 14, f"0002 01 10 {NEXT_HOP_6} 00 00000007 {PREFIX_6}"))

    assert leaves(whole, ADD_PATH)[5:] == [
        ("0002", "AFI 2"),
        ("01", "SAFI 1: ipv6-unicast"),
        ("10", "next hop of 16 octets"),
        ("20010db8000000000000000000000001", "next hop 2001:db8::1"),
        ("00", "reserved, ignored"),
        ("00000007", "path identifier 7"),
        ("20", "length 32 bits"),
        ("20010db8", "prefix 2001:db8::/32"),
    ]
    assert note_of(whole, "2001:db8::/32, path 7", ADD_PATH).rfc == "2545, 4760 §5"


def test_attributes_name_their_rfc() -> None:
    whole = update(MANDATORY + attribute(0xC0, 35, "0000fde9"), PREFIX)

    assert {name: note_of(whole, name).rfc for name in ("ORIGIN", "NEXT_HOP", "ONLY_TO_CUSTOMER")} == {
        "ORIGIN": "4271 §5.1.1",
        "NEXT_HOP": "4271 §5.1.3",
        "ONLY_TO_CUSTOMER": "9234 §5",
    }


@pytest.mark.parametrize(
    ("whole", "text"),
    [
        (update(""), "UPDATE: End-of-RIB of ipv4-unicast"),
        (update(attribute(0x80, 15, "0002 01")), "UPDATE: End-of-RIB of ipv6-unicast"),
        (message(3, octets("06 02 04 676f6e65")), 'NOTIFICATION: Cease/Administrative Shutdown "gone"'),
        (message(5, octets("0001 00 01")), "ROUTE-REFRESH: ipv4-unicast"),
    ],
)
def test_the_whole_message_in_a_line(whole: bytes, text: str) -> None:
    assert annotate(whole, INTERNAL).text == text


def test_a_notification_and_what_is_in_a_hard_reset() -> None:
    """RFC 8538 §3, RFC 9003 §2."""
    assert leaves(message(3, octets("06 09 06 02 02 6869 77"))) == [
        ("06", "error code 6: Cease"),
        ("09", "error subcode 9: Cease/Hard Reset"),
        ("06", "error code 6: Cease"),
        ("02", "error subcode 2: Cease/Administrative Shutdown"),
        ("02", "shutdown communication of 2 octets"),
        ("6869", '"hi"'),
        ("77", "data 77"),
    ]


def test_a_route_refresh() -> None:
    """RFC 7313 §3.2."""
    assert leaves(message(5, octets("0002 01 01"))) == [
        ("0002", "AFI 2"),
        ("01", "subtype 1: the answer begins"),
        ("01", "SAFI 1: ipv6-unicast"),
    ]


OPEN = "04 fde9 005a 0a000001"


def test_an_open() -> None:
    """RFC 4271 §4.2, RFC 5492 §4."""
    assert leaves(message(1, octets(OPEN + "08 02 06 41 04 0000fde9"))) == [
        ("04", "version 4"),
        ("fde9", "my AS 65001"),
        ("005a", "hold time 90 s"),
        ("0a000001", "BGP Identifier 10.0.0.1"),
        ("08", "optional parameters: 8 octets"),
        ("02", "parameter type 2"),
        ("06", "length 6"),
        ("41", "capability code 65"),
        ("04", "length 4"),
        ("0000fde9", "AS 65001"),
    ]


@pytest.mark.parametrize(
    ("capability", "expected"),
    [
        ("01 04 0001 00 01", ["AFI 1", "reserved, ignored", "SAFI 1: ipv4-unicast"]),
        ("05 06 0001 0001 0002", ["AFI 1, SAFI 1: ipv4-unicast", "next hop of AFI 2"]),
        ("40 06 8078 0001 01 80", ["flags 8 (restarting), restart time 120 s", "AFI 1, SAFI 1: ipv4-unicast",
                                   "flags 80 (forwarding state kept)"]),
        ("45 04 0001 01 03", ["AFI 1, SAFI 1: ipv4-unicast", "mode 3: receive and send"]),
        ("47 07 0001 01 00 000e10", ["AFI 1, SAFI 1: ipv4-unicast", "flags 00", "stale time 3600 s"]),
        ("49 04 02 6869 00", ["host name of 2 octets", "host name 'hi'", "domain name of 0 octets"]),
        ("49 01 09", ["value 09"]),
        ("63 01 09", ["value 09"]),
        ("06 00", []),
    ],
)  # fmt: skip
def test_capabilities_have_parts(capability: str, expected: list[str]) -> None:
    value = octets(capability)
    whole = message(1, octets(OPEN) + bytes((len(value) + 2, 2, len(value))) + value)

    assert [text for _, text in leaves(whole)][9:] == expected


def test_extended_optional_parameters() -> None:
    """RFC 9072 §2."""
    whole = message(1, octets(OPEN + "ff ff 0005 02 0002 02 00"))

    assert leaves(whole)[5:] == [
        ("ff", "extended length"),
        ("0005", "optional parameters: 5 octets"),
        ("02", "parameter type 2"),
        ("0002", "length 2"),
        ("02", "capability code 2"),
        ("00", "length 0"),
    ]
    assert not annotate(whole).flaws


# -- what is wrong -----------------------------------------------------------------------------------------------------

WITHDRAWN = "all routes of the UPDATE count as withdrawn"
LEFT_OUT = "left out, the rest is used"


def ends(code: int, subcode: int, name: str) -> str:
    return f"the session ends with {code}/{subcode}, {name}"


LIST = ends(3, 1, "UPDATE Message Error/Malformed Attribute List")
OPTIONAL = ends(3, 9, "UPDATE Message Error/Optional Attribute Error")
NETWORK = ends(3, 10, "UPDATE Message Error/Invalid Network Field")
MED = "80 04 04 00000001"


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (update(MANDATORY + "80 04 03 000001", PREFIX), ("03", "length 3, expected 4 octets", WITHDRAWN)),
        (update(MANDATORY + "40 04 04 00000001", PREFIX), ("40", "flags 40, expected 80", WITHDRAWN)),
        (update(f"40 01 01 07 {AS_PATH} {NEXT_HOP}", PREFIX), ("07", "value 7, expected 0..2", WITHDRAWN)),
        (update(MANDATORY + MED + "80 04 04 00000002", PREFIX), ("80040400000002", "more than once", LEFT_OUT)),
        (
            update(f"{ORIGIN} 40 02 0a 0202 0000fde9 00000000 {NEXT_HOP}", PREFIX),
            ("00000000", "AS 0 (RFC 7607)", WITHDRAWN),
        ),
        (
            update(f"{ORIGIN} 40 02 06 0203 0000fde9 {NEXT_HOP}", PREFIX),
            ("02030000fde9", "segment of 3 AS numbers runs past the end", WITHDRAWN),
        ),
        (update(MANDATORY + "40 05 04 00000064", PREFIX), ("05", "not allowed from an external peer", LEFT_OUT)),
        (update(MANDATORY + "40 63 00", PREFIX), (
            "40", "flags 40 say well-known, but it isn't known",
            ends(3, 2, "UPDATE Message Error/Unrecognized Well-known Attribute"),
        )),
        (
            update(MANDATORY + "80 04 09 0000", PREFIX),
            ("09", "length 9 runs past the end of the attributes, 2 left", WITHDRAWN),
        ),
        (update(MANDATORY, "18 0a0102 21 0a010203"), (
            "210a010203", "ipv4-unicast: prefix length 33, expected 0..32", NETWORK,
        )),
        (update(MANDATORY, PREFIX, "18 0a"), ("180a", "ipv4-unicast: prefix of 24 bits runs past the field", NETWORK)),
        (update(attribute(0x80, 14, f"0002 01 10 {NEXT_HOP_6} 00 {PREFIX_6} 81 20")), (
            "8120", "ipv6-unicast: prefix length 129, expected 0..128", OPTIONAL,
        )),
        (update(attribute(0x80, 14, f"0002 01 04 0a000001 00 {PREFIX_6}")), (
            "04", "next hop of 4 octets, expected 16 or 32", OPTIONAL,
        )),
        (update(ORIGIN + AS_PATH + attribute(0x80, 14, f"0002 01 10 {'ff' * 16} 00 {PREFIX_6}")), (
            "ff" * 16, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff is not the address of a host", WITHDRAWN,
        )),
        (update(attribute(0x80, 15, "0002 01") * 2), ("800f03000201", "more than once", LIST)),
        (message(2, octets("0009 0000")), (
            "0009", "withdrawn routes or attributes run past the message of 4 octets", LIST,
        )),
        (message(2, octets("0000 0009 00")), (
            "0009", "withdrawn routes or attributes run past the message of 5 octets", LIST,
        )),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_damage_is_marked_where_it_is_with_what_it_costs(whole: bytes, expected: tuple[str, str, str]) -> None:
    """RFC 7606, RFC 4271 §6.3."""
    assert marked(whole) == [expected]


def test_a_missing_attribute_is_marked_on_the_attributes() -> None:
    whole = update(f"{ORIGIN} {AS_PATH}", PREFIX)

    assert marked(whole) == [(octets(ORIGIN + AS_PATH).hex(), "mandatory, but missing", WITHDRAWN)]


def test_each_missing_attribute_is_named() -> None:
    whole = update(NEXT_HOP, PREFIX)

    text = "\n".join(lines(annotate(whole), whole))

    assert "^ ORIGIN is mandatory, but missing: all routes" in text
    assert "^ AS_PATH is mandatory, but missing: all routes" in text


def test_a_missing_attribute_is_not_marked_on_one_that_is_cut_off() -> None:
    whole = update(f"{ORIGIN} {NEXT_HOP} 80 04 09 0000", PREFIX)

    assert [(where[:8], why) for where, why, _ in marked(whole)] == [
        (octets(ORIGIN).hex(), "mandatory, but missing"),
        ("09", "length 9 runs past the end of the attributes, 2 left"),
    ]


FLOWS = Context(families=frozenset({Family.IPV4_FLOWSPEC}))


def test_of_several_destinations_the_wrong_one_is_marked() -> None:
    """RFC 8955 §4.2.2: a component of an unknown type."""
    whole = update(MANDATORY + attribute(0x80, 14, "0001 85 00 00 03 038106 03 ff8106"))

    ((where, _, cost),) = marked(whole, FLOWS)

    assert (where, cost) == ("03ff8106", WITHDRAWN)


def test_the_parts_of_a_flow_specification() -> None:
    """RFC 8955 §4.1: the length may have two octets."""
    whole = update(attribute(0x80, 15, "0001 85 f003 038106 03 038111"))

    assert leaves(whole, FLOWS)[7:] == [
        ("f003", "length"),
        ("038106", "protocol =6"),
        ("03", "length"),
        ("038111", "protocol =17"),
    ]


def test_labels_and_a_route_distinguisher_have_parts() -> None:
    """RFC 8277 §2, RFC 4364 §4.3."""
    context = Context(families=frozenset({Family.IPV4_VPN}))
    whole = update(attribute(0x80, 15, "0001 80 70 000641 0000fc0000000007 0a0102"))

    assert leaves(whole, context)[7:] == [
        ("70", "length 112 bits"),
        ("000641", "label 100, the last one"),
        ("0000fc0000000007", "route distinguisher 64512:7"),
        ("0a0102", "prefix of 24 bits"),
    ]


@pytest.mark.parametrize(
    ("family", "nlri", "texts"),
    [
        (Family.L2VPN_EVPN, "03 11 0000fc0000000007 00000005 20 0a000001", [
            "route type 3", "length 17", "route distinguisher 64512:7", "Ethernet tag 5", "IP length 32", "address",
        ]),
        (Family.L2VPN_VPLS, "0011 0000fc0000000007 0001 0002 0003 000041", [
            "length 17", "route distinguisher 64512:7", "VE ID 1", "VE block offset 2", "VE block size 3",
            "label base field 65",
        ]),
        (Family.ROUTE_TARGET, "60 0000fc00 0002fc0000000007", [
            "length 96 bits", "origin AS 64512", "route target, or the beginning of one",
        ]),
        (Family.LINK_STATE, "0001 000b 02 0000000000000007 abcd", [
            "NLRI type 1", "length 11", "protocol 2", "identifier", "descriptors",
        ]),
    ],
    ids=["evpn", "vpls", "route-target", "link-state"],
)  # fmt: skip
def test_other_families_have_parts(family: Family, nlri: str, texts: list[str]) -> None:
    whole = update(attribute(0x80, 15, f"{family.afi:04x} {family.safi:02x} {nlri}"))

    found = leaves(whole, Context(families=frozenset({family})))

    assert [text for _, text in found][7:] == texts
    assert not marked(whole, Context(families=frozenset({family})))


def test_all_that_is_wrong_is_marked_not_only_what_ends_the_session() -> None:
    whole = update("40 63 00" + MANDATORY + "80 04 03 000001", PREFIX)

    assert [why for _, why, _ in marked(whole)] == [
        "flags 40 say well-known, but it isn't known",
        "length 3, expected 4 octets",
    ]


def test_families_that_were_not_negotiated_are_marked() -> None:
    """RFC 4760 §7."""
    context = Context(families=frozenset({Family.IPV6_UNICAST}))
    whole = update(MANDATORY, PREFIX, "08 0a")

    assert marked(whole, context) == [
        ("080a", "family ipv4-unicast was not negotiated", LEFT_OUT),
        (octets(PREFIX).hex(), "family ipv4-unicast was not negotiated", LEFT_OUT),
    ]
    assert "routes of ipv4-unicast, which was not negotiated: ignored" in [text for _, text in leaves(whole, context)]


def header(subcode: int, name: str) -> str:
    return ends(1, subcode, f"Message Header Error/{name}")


def opening(subcode: int, name: str) -> str:
    return ends(2, subcode, f"OPEN Message Error/{name}" if name else "OPEN Message Error")


@pytest.mark.parametrize(
    ("whole", "expected"),
    [
        (b"\xfe" + KEEPALIVE[1:], ("fe" + "ff" * 15, header(1, "Connection Not Synchronized"))),
        (KEEPALIVE[:16] + b"\0\x12\4", ("0012", header(2, "Bad Message Length"))),
        (KEEPALIVE[:18] + b"\x09", ("09", header(3, "Bad Message Type"))),
        (KEEPALIVE + b"\0", ("00", header(2, "Bad Message Length"))),
        (KEEPALIVE[:17], ("00", header(2, "Bad Message Length"))),
        (message(1, octets("03" + OPEN[2:] + "00")), ("03", opening(1, "Unsupported Version Number"))),
        (message(1, octets("04 0000 005a 0a000001 00")), ("0000", opening(2, "Bad Peer AS"))),
        (message(1, octets("04 fde9 0001 0a000001 00")), ("0001", opening(6, "Unacceptable Hold Time"))),
        (message(1, octets("04 fde9 005a 00000000 00")), ("00000000", opening(3, "Bad BGP Identifier"))),
        (message(1, octets(OPEN + "03 01 01 00")), ("010100", opening(4, "Unsupported Optional Parameter"))),
        (message(1, octets(OPEN + "04 02 02 41 04")), ("4104", opening(0, ""))),
        (message(1, octets(OPEN + "09")), ("09", opening(0, ""))),
        (message(5, octets("0001 00")), ("000100", header(2, "Bad Message Length"))),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)  # fmt: skip
def test_other_messages_are_marked_too(whole: bytes, expected: tuple[str, str]) -> None:
    """RFC 4271 §6.1, §6.2, RFC 7313 §5."""
    ((where, _, cost),) = marked(whole)

    assert (where, cost) == expected


# -- as text -----------------------------------------------------------------------------------------------------------


def test_lines_show_offset_octets_meaning_and_source() -> None:
    whole = update(f"40 01 01 07 {AS_PATH} {NEXT_HOP}", PREFIX)

    found = list(lines(annotate(whole, EXTERNAL), whole))

    assert found[:4] == [
        "    0                           UPDATE",
        "    0  ff ff ff ff ff ff ff ff    marker  [RFC 4271 §4.1]",
        "    8  ff ff ff ff ff ff ff ff",
        "   16  00 2f                      length 47 octets  [RFC 4271 §4.1]",
    ]
    at = found.index("   26  07                             value of 1 octets")
    assert found[at + 1].strip() == f"^ value 7, expected 0..2: {WITHDRAWN}"


def test_colour_is_for_the_damage() -> None:
    whole = update(f"40 01 01 07 {AS_PATH} {NEXT_HOP}", PREFIX)
    root = annotate(whole, EXTERNAL)

    red = [line for line in lines(root, whole, colour=True) if "\x1b[31m" in line]

    assert len(red) == 2
    assert "\x1b[31m07" in red[0]
    assert not any("\x1b" in line for line in lines(root, whole))


def test_confederation_segments_are_named() -> None:
    """RFC 5065 §3."""
    whole = update(attribute(0x40, 2, "0301 0000fde9"))

    assert note_of(whole, "segment type 3", Context(kind=PeerKind.CONFEDERATION)).rfc == "5065 §3"
