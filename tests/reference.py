"""docs/reference/messages/: a page for every message, path attribute and address family, made from the registries.

What a page says comes from the classes; an example of each is here, as text, and is encoded and explained by the code.
``python -m tests.reference`` writes the pages; ``tests/unit/test_reference.py`` compares.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from typing import Final

from pybgp.addresses import Family
from pybgp.messages import Block, Context, Notification, Open, PeerKind, RouteRefresh, update
from pybgp.messages.annotate import annotate, lines
from pybgp.messages.attributes import registry as attributes
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.base import Attribute, KnownAttribute, pack
from pybgp.messages.attributes.mp_reach import MpReach, MpUnreach
from pybgp.messages.attributes.next_hop import NextHop
from pybgp.messages.attributes.origin import Origin
from pybgp.messages.capabilities import FourOctetAs, MultiProtocol
from pybgp.messages.capabilities.registry import KNOWN as CAPABILITIES
from pybgp.messages.families.base import FamilyCodec
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import KEEPALIVE, message
from pybgp.messages.json_form import to_json

from . import rows

FOLDER: Final = rows.ROOT / "docs" / "reference" / "messages"
MADE: Final = "<!-- Made by `make docs` from the code (tests/reference.py); a test compares. -->"

ATTRIBUTES: Final[dict[str, str]] = {
    # name in the registry -> an example in its text form
    "ORIGIN": "igp",
    "AS_PATH": "64512 65001 {65010,65011}",
    "NEXT_HOP": "192.0.2.1",
    "MULTI_EXIT_DISC": "50",
    "LOCAL_PREF": "200",
    "ATOMIC_AGGREGATE": "yes",
    "AGGREGATOR": "64512 192.0.2.1",
    "COMMUNITIES": "64512:7 no-export",
    "ORIGINATOR_ID": "192.0.2.9",
    "CLUSTER_LIST": "192.0.2.1 192.0.2.2",
    "EXTENDED_COMMUNITIES": "rt:64512:7 ro:192.0.2.1:7",
    "AS4_PATH": "196618 196619",
    "AS4_AGGREGATOR": "196618 192.0.2.1",
    "IPV6_EXTENDED_COMMUNITIES": "rt:[2001:db8::1]:7",
    "LARGE_COMMUNITIES": "64512:1:2",
    "ONLY_TO_CUSTOMER": "64512",
}
OCTETS: Final[dict[str, str]] = {
    # name in the registry -> an example of its value in hexadecimal, where that says more than a text
    "MP_REACH_NLRI": "000201 10 20010db8000000000000000000000001 00 30 20010db80001",
    "MP_UNREACH_NLRI": "000201 30 20010db80001",
    "PMSI_TUNNEL": "00 06 000640 c0000201",
    "TUNNEL_ENCAPSULATION": "0008 0012 0109 000065010001000000 0405 0000000064",
    "AIGP": "01 000b 0000000000000064",
    "PREFIX_SID": "01 0007 00 0000 00000064 03 0008 0000 003e80 001f40",
    "ATTR_SET": "0000fde9 40 01 01 00 40 02 00 40 05 04 000000c8",
}
ESI: Final = ":".join(["00"] * 10)
KEYS: Final[dict[Family, tuple[str, ...]]] = {
    # family -> examples of destinations in their text form
    Family.IPV4_UNICAST: ("10.1.2.64/26", "0.0.0.0/0"),
    Family.IPV6_UNICAST: ("2001:db8:1::/48",),
    Family.IPV4_MULTICAST: ("10.1.2.64/26",),
    Family.IPV6_MULTICAST: ("2001:db8:1::/48",),
    Family.IPV4_LABELED_UNICAST: ("10.1.2.0/24 label 100",),
    Family.IPV6_LABELED_UNICAST: ("2001:db8:1::/48 label 100",),
    Family.IPV4_VPN: ("64512:1 10.1.2.0/24 label 100", "192.0.2.1:7 10.1.2.0/24 label 101"),
    Family.IPV6_VPN: ("64512:1 2001:db8:1::/48 label 100",),
    Family.IPV4_FLOWSPEC: ("destination 10.1.2.0/24 protocol =6 destination-port =80|>=8000&<=8080",),
    Family.IPV6_FLOWSPEC: ("destination 2001:db8:1::/48 protocol =17 flow-label =7",),
    Family.IPV4_FLOWSPEC_VPN: ("64512:1 destination 10.1.2.0/24 fragment is-fragment",),
    Family.ROUTE_TARGET: ("64512:rt:64512:7", "default"),
    Family.L2VPN_EVPN: (
        f"ethernet-auto-discovery rd 192.0.2.1:7 esi {ESI} ethernet_tag 0 label 100",
        f"mac-ip rd 192.0.2.1:7 esi {ESI} ethernet_tag 0 mac aa:bb:cc:dd:ee:ff ip 10.1.2.3 labels 100",
        "inclusive-multicast rd 192.0.2.1:7 ethernet_tag 0 ip 192.0.2.1",
        f"ethernet-segment rd 192.0.2.1:7 esi {ESI} ip 192.0.2.1",
        f"ip-prefix rd 192.0.2.1:7 esi {ESI} ethernet_tag 0 prefix 10.1.2.0/24 gateway 0.0.0.0 label 100",
    ),
    Family.L2VPN_VPLS: ("rd 64512:1 ve_id 1 block_offset 0 block_size 8 label_base 100",),
    Family.LINK_STATE: ("node 0x0200000000000000000100000802000004c0000201",),
    Family.LINK_STATE_VPN: ("node 64512:1 0x0200000000000000000100000802000004c0000201",),
    Family.IPV6_FLOWSPEC_VPN: ("64512:1 destination 2001:db8:1::/48 tcp-flags =syn",),
}
NEXT_HOPS: Final = {0: b"", 4: bytes((192, 0, 2, 1)), 16: bytes.fromhex("20010db8000000000000000000000001")}
FLAGS: Final = {0x40: "well-known", 0xC0: "optional transitive", 0x80: "optional non-transitive"}


# -- pages -------------------------------------------------------------------------------------------------------------


def pages() -> dict[str, str]:
    """All pages by their path under ``FOLDER``."""
    found = {"README.md": "\n".join(_index())}
    found |= {f"{name}.md": "\n".join(_message(name, octets, about)) for name, octets, about in _messages()}
    for code, kind in sorted(attributes.ATTRIBUTES.items()):
        found[f"attributes/{_slug(_attribute_name(code))}.md"] = "\n".join(_attribute(code, kind))
    for family in FAMILIES.values():
        found[f"families/{family.family}.md"] = "\n".join(_family(family))
    return found


def _index() -> Iterator[str]:
    yield from ("# Messages, attributes, families", "", MADE, "")
    yield "What `pybgp.messages` reads and writes. `pybgp decode --explain` shows any message like the examples here."
    yield from ("", "| message | |", "| --- | --- |")
    for name, _, about in _messages():
        yield f"| [{name.upper()}]({name}.md) | {_first(about)} |"
    yield from (
        "",
        "| type | attribute | flags | length | malformed | RFC | |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for rule in attributes.error_rules():
        link = f"[{rule.name}](attributes/{_slug(rule.name)}.md)"
        cost = rule.malformed.word
        about = _first(inspect.getdoc(inspect.getmodule(attributes.ATTRIBUTES[rule.code])) or "")
        yield f"| {rule.code} | {link} | {FLAGS[rule.flags]} | {rule.length_rule} | {cost} | {rule.rfc} | {about} |"
    yield from ("", "| AFI/SAFI | family | next hop, octets | RFC |", "| --- | --- | --- | --- |")
    for family in FAMILIES.values():
        name = family.family
        yield f"| {name.afi}/{name.safi} | [{name}](families/{name}.md) | {_sizes(family)} | {family.rfc} |"
    yield ""


def _message(name: str, octets: bytes, about: str) -> Iterator[str]:
    yield from (f"# {name.upper()}", "", MADE, "", _prose(about), "")
    if name == "open":
        yield from ("| code | capability | |", "| --- | --- | --- |")
        for code, kind in sorted(CAPABILITIES.items()):
            yield f"| {code} | {kind.__name__} | {_first(inspect.getdoc(inspect.getmodule(kind)) or '')} |"
        yield ""
    yield from _example(octets, Context(kind=PeerKind.EXTERNAL))
    yield from _tested(rf"\b{name.upper()}\b", "..")


def _attribute(code: int, kind: type[KnownAttribute]) -> Iterator[str]:
    name = _attribute_name(code)
    value = _value(code, kind)
    yield from (f"# {name}", "", MADE, "", _first(inspect.getdoc(inspect.getmodule(kind)) or ""), "")
    yield from (_prose(inspect.getdoc(kind) or ""), "", "| | |", "| --- | --- |")
    yield f"| type | {code} |"
    yield f"| flags | {FLAGS[int(kind.flags)]} (0x{int(kind.flags):02x}) |"
    yield f"| length | {kind.length_rule} |"
    yield f"| malformed (RFC 7606) | {kind.malformed.word} |"
    yield f"| other flags | {kind.wrong_flags.word} |"
    yield f"| taken from | {', '.join(peer.name.lower() for peer in sorted(kind.accepted_from))} peers |"
    yield f"| source | {_sources(kind.rfc)} |"
    yield f"| class | `{kind.__module__}.{kind.__name__}` |"
    yield from ("", "As text:", "", "```text", str(value) or "(empty)", "```", "", "As JSON:", "", "```json")
    yield json.dumps(value.to_json(), indent=2)
    yield from ("```", "")
    yield from _example(_update_with(value), _context(code))
    yield from _tested(rf"\b{name.replace('_', '[_ ]')}\b", "../..")


def _family(family: FamilyCodec) -> Iterator[str]:
    name = family.family
    yield from (f"# {name}", "", MADE, "")
    yield from (_prose(_about(type(family))), "", "| | |", "| --- | --- |")
    yield f"| AFI/SAFI | {name.afi}/{name.safi} |"
    yield f"| next hop, octets | {_sizes(family)} |"
    yield f"| largest key | {family.max_key} octets |"
    yield f"| source | {_sources(family.rfc)} |"
    keys = [family.parse(text) for text in KEYS[name]]
    yield from ("", "As text:", "", "```text", *map(family.key_text, keys), "```", "", "As JSON:", "", "```json")
    yield from (json.dumps(family.value(key).to_json()) for key in keys)
    yield from ("```", "")
    yield from _example(_announcement(family), Context(kind=PeerKind.EXTERNAL, families=frozenset({name})))


def examples() -> dict[str, tuple[bytes, Context]]:
    """The messages of the examples, by what they are of, with how they are read."""
    found = {name: (octets, Context(kind=PeerKind.EXTERNAL)) for name, octets, _ in _messages()}
    for code, kind in sorted(attributes.ATTRIBUTES.items()):
        found[_attribute_name(code)] = (_update_with(_value(code, kind)), _context(code))
    for family in FAMILIES.values():
        context = Context(kind=PeerKind.EXTERNAL, families=frozenset({family.family}))
        found[str(family.family)] = (_announcement(family), context)
    return found


# -- their parts -------------------------------------------------------------------------------------------------------


def _messages() -> Iterator[tuple[str, bytes, str]]:
    """Name, an example's octets, what it is about."""
    capabilities = (MultiProtocol(Family.IPV4_UNICAST), FourOctetAs(64512))
    opened = Open(4, 64512, 90, bytes((192, 0, 2, 1)), capabilities)
    refresh = RouteRefresh(Family.IPV4_UNICAST)
    yield "open", opened.encode(), _about(Open)
    yield "update", _update_with(attributes.ATTRIBUTES[8].parse("64512:7")), update.__doc__ or ""
    yield "notification", Notification(6, 2, b"\x03bye").encode(), _about(Notification)
    yield "keepalive", KEEPALIVE, "A KEEPALIVE; it says nothing but that the peer lives (RFC 4271 §4.4)."
    yield "route-refresh", refresh.encode(), _about(RouteRefresh)


def _about(kind: type) -> str:
    return f"{inspect.getdoc(inspect.getmodule(kind))}\n\n{inspect.getdoc(kind)}"


def _example(octets: bytes, context: Context) -> Iterator[str]:
    yield from ("## An example", "", "```text", *lines(annotate(octets, context), octets), "```", "")
    yield from ("The message as `pybgp decode --json` has it:", "", "```json")
    yield json.dumps(to_json(octets, context), indent=2)
    yield from ("```", "")


def _announcement(family: FamilyCodec) -> bytes:
    """An UPDATE of the family's example destinations."""
    name, keys = family.family, [family.parse(text) for text in KEYS[family.family]]
    size = len(family.next_hop_address(bytes(family.next_hop_sizes[0])))
    block = Block.build([Origin(), AsPath.sequence([64512])], NEXT_HOPS[size])
    attributes = update.wire_attributes(name, block.octets, block.next_hop, update.next_hop_offset(block.octets))
    return update.announce(name, attributes, block.next_hop, keys)[0]


def _update_with(value: Attribute) -> bytes:
    """An UPDATE of 10.1.2.64/26 with an attribute, or what a multiprotocol attribute says."""
    context = _context(value.code)
    found: dict[int, bytes] = {}
    if not isinstance(value, MpUnreach):
        mandatory: tuple[Attribute, ...] = (Origin(), AsPath.sequence([64512]), NextHop(bytes((192, 0, 2, 1))))
        for each in mandatory[: 2 if isinstance(value, MpReach) else 3]:
            found[each.code] = pack(each.flags, each.code, each.encode(context))
    found[value.code] = pack(value.flags, value.code, value.encode(context))
    ordered = sorted(found, key=lambda code: (code not in (14, 15), code))  # RFC 7606 §5.1
    field = b"".join(found[code] for code in ordered)
    nlri = b"" if isinstance(value, MpReach | MpUnreach) else b"\x1a\x0a\x01\x02\x40"
    return message(2, b"\0\0" + len(field).to_bytes(2) + field + nlri)


def _context(code: int) -> Context:
    """A session on which the attribute may come: the AS4 ones only from two-octet peers, some only inside an AS."""
    outside = PeerKind.EXTERNAL in attributes.ATTRIBUTES[code].accepted_from
    return Context(
        kind=PeerKind.EXTERNAL if outside else PeerKind.INTERNAL,
        four_octet_as=code not in (17, 18),
        families=frozenset({Family.IPV4_UNICAST, Family.IPV6_UNICAST}),
    )


def _value(code: int, kind: type[KnownAttribute]) -> Attribute:
    name = _attribute_name(code)
    if name in OCTETS:
        return kind.decode(bytes.fromhex(OCTETS[name]))
    return kind.parse(ATTRIBUTES[name])


def _tested(pattern: str, up: str) -> Iterator[str]:
    """The rules that name it, with a link to the page that says where they are tested."""
    found = [row for row in rows.rows().values() if re.search(pattern, f"{row.requirement} {row.outcome}")]
    if found:
        yield from ("## Rules", "", "Where each is tested: [RFC compliance](" + up + "/compliance.md).", "")
        yield from ("| rule | RFC | what | outcome |", "| --- | --- | --- | --- |")
        yield from map(rows.line, found)
        yield ""


def _sizes(family: FamilyCodec) -> str:
    sizes = " or ".join(map(str, family.next_hop_sizes))
    more = " or ".join(map(str, family.extended_next_hop_sizes))
    return f"{sizes}; {more} with RFC 8950" if more else sizes


def _sources(rfc: str) -> str:
    return ", ".join(f"RFC {each}" if each[0].isdigit() else each for each in rfc.split(", "))


def _first(text: str) -> str:
    """The first paragraph, on one line."""
    return " ".join(text.split("\n\n")[0].split())


def _prose(text: str) -> str:
    """A docstring as Markdown."""
    text = re.sub(r"\n\n(Raises|Args|Returns):\n.*", "", text, flags=re.DOTALL)
    return re.sub(r"``([^`]*)``", r"`\1`", text)


def _attribute_name(code: int) -> str:
    return next(rule.name for rule in attributes.error_rules() if rule.code == code)


def _slug(name: str) -> str:
    return name.lower().replace("_", "-")


def write() -> None:
    """Write all pages, and take away those that are none any more."""
    found = pages()
    for file in FOLDER.rglob("*.md"):
        if str(file.relative_to(FOLDER)) not in found:
            file.unlink()
    for name, text in found.items():
        file = FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)


if __name__ == "__main__":
    write()
