"""Flow specifications: which packets a rule is about (RFC 8955; RFC 8956 for IPv6).

What is to be done with the packets is in extended communities, not here. The text form is components, each a name and
what it matches, separated by spaces::

    destination 10.1.0.0/16 source 192.0.2.0/24 protocol =6 port =179|>=8000&<=8080 tcp-flags =syn&!ack
    destination 10.1.0.0/16 packet-length >1400 dscp =46 fragment is-fragment|first-fragment
    destination ::1234:5678:9a00:0/64-104 icmp-type =128 flow-label !=0

``flowspec_prefixes`` has the first two components, ``flowspec_terms`` the operators of all others. The components are
written in the order of their types, and read in any order. A key is the canonical NLRI with the shortest length in
front; bits that a receiver must ignore are 0, values keep the size they were sent in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from struct import pack
from typing import Any, ClassVar, Final

from ...addresses import Family
from ...constants import Afi
from ..errors import InvalidNetworkField, Outcome
from ..fields import array, only, text
from .base import BadKey, FamilyCodec
from .flowspec_prefixes import PrefixKind, PrefixMatch
from .flowspec_terms import Terms, TermsKind

Component = PrefixMatch | Terms
Kind = PrefixKind | TermsKind

_LONGEST: Final = 0xFFF
"""Octets of a rule: the length has 12 bits (RFC 8955 §4.1)."""
_SHORTEST: Final = {b"": b"\0"} | {bytes((octet,)): bytes((1, octet)) for octet in range(256)}
"""Rules of an octet or none behind their length, which are all wrong: a field has room for 65,000 of them."""
_DESTINATION: Final = b"\x01"
_FOR_PEOPLE: Final = str.maketrans(";[]", "   ")
_SIGNS: Final = "&|"
_TERM_BEGINS: Final = frozenset(f"{_SIGNS}!<=>0123456789")
_PROTOCOLS: Final = {
    "icmp": 1, "igmp": 2, "ipip": 4, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmpv6": 58, "ospf": 89,
    "pim": 103, "sctp": 132,
}  # fmt: skip
_TCP_FLAGS: Final = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128, "ns": 256}
_FRAGMENTS: Final = {"dont-fragment": 1, "is-fragment": 2, "first-fragment": 4, "last-fragment": 8}
_FRAGMENTS_6: Final = {name: bit for name, bit in _FRAGMENTS.items() if name != "dont-fragment"}


def _kinds(bits: int, fragments: Mapping[str, int], *more: Kind) -> dict[int, Kind]:
    """The types of components by number (RFC 8955 §4.2.2)."""
    kinds = (
        PrefixKind(number=1, name="destination", bits=bits),
        PrefixKind(number=2, name="source", bits=bits),
        TermsKind(number=3, name="protocol", words=_PROTOCOLS, most=0xFF),
        TermsKind(number=4, name="port", most=0xFFFF),
        TermsKind(number=5, name="destination-port", most=0xFFFF),
        TermsKind(number=6, name="source-port", most=0xFFFF),
        TermsKind(number=7, name="icmp-type", most=0xFF),
        TermsKind(number=8, name="icmp-code", most=0xFF),
        TermsKind(number=9, name="tcp-flags", sizes=(1, 2), names=_TCP_FLAGS),
        TermsKind(number=10, name="packet-length", most=0xFFFF),
        TermsKind(number=11, name="dscp", sizes=(1,), mask=0x3F),
        TermsKind(number=12, name="fragment", sizes=(1,), mask=sum(fragments.values()), names=fragments),
        *more,
    )
    return {kind.number: kind for kind in kinds}


_KINDS: Final[Mapping[int, Mapping[int, Kind]]] = {
    Afi.IPV4.value: _kinds(32, _FRAGMENTS),
    # RFC 8956 §3.6: no "don't fragment"; §3.7: flow labels should have 4 octets
    Afi.IPV6.value: _kinds(128, _FRAGMENTS_6, TermsKind(number=13, name="flow-label", usual=4, most=0xFFFFF)),
}


@dataclass(frozen=True, slots=True)
class FlowSpecification:
    """Packets that match all ``components``, which ascend by type."""

    family: Family
    components: tuple[Component, ...]

    def encode(self) -> bytes:
        return with_length(b"".join(component.encode() for component in self.components))

    def __str__(self) -> str:
        return components_text(self.components)

    def to_json(self) -> dict[str, Any]:
        return {"components": components_to_json(self.components)}


class FlowSpecFamily(FamilyCodec):
    """SAFI 133. A rule has ``in_front`` octets in front of its components."""

    __slots__ = ("_kinds", "_kinds_by_name", "family", "rfc")

    in_front: ClassVar[int] = 0
    max_key = 2 + _LONGEST
    next_hop_sizes: tuple[int, ...] = (0, 4, 16)

    def __init__(self, family: Family, *, rfc: str) -> None:
        self.family = family
        self.rfc = rfc
        self._kinds = _KINDS[family.afi]
        self._kinds_by_name = {kind.name: kind for kind in self._kinds.values()}

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        at = 0
        while at < len(field):
            length_at = at + id_size
            rule_at = length_at + (2 if field[length_at : length_at + 1] >= b"\xf0" else 1)
            if rule_at > len(field):
                raise InvalidNetworkField(f"{self.family}: the field ends before a rule's length at octet {at}")
            end = rule_at + (int.from_bytes(field[length_at:rule_at]) & _LONGEST)
            if end > len(field):
                raise InvalidNetworkField(f"{self.family}: rule of {end - rule_at} octets runs past the field")
            yield field[at:length_at], with_length(self._canonical(field[rule_at:end]))
            at = end

    def _canonical(self, rule: bytes) -> bytes:
        """The rule with everything 0 that must be ignored; as it is if it can't be read to its end."""
        cleaned = bytearray(rule)
        try:
            self._clean(cleaned)
        except InvalidNetworkField:
            return rule
        return bytes(cleaned)

    def _clean(self, rule: bytearray) -> None:
        """Check the components and set what must be ignored to 0.

        Raises:
            InvalidNetworkField: something that RFC 8955 §4.2 doesn't have.
        """
        at, last = self.in_front, 0
        if at >= len(rule):
            raise InvalidNetworkField(f"{self.family}: a rule without components")
        while at < len(rule):
            number = rule[at]
            kind = self._kinds.get(number)
            if kind is None:
                raise InvalidNetworkField(f"{self.family}: component of type {number}, expected 1..{max(self._kinds)}")
            if number <= last:
                raise InvalidNetworkField(f"{self.family}: component of type {number} behind one of type {last}")
            last = number
            at = kind.clean(rule, at + 1)

    def order(self, identity: bytes) -> bytes:
        """The rule that a packet is tried on first comes first (RFC 8955 §5.1); by route distinguisher before that."""
        from .flowspec_order import precedence

        numbers = precedence(self.value(identity))
        front = _without_length(identity)[: self.in_front]
        return front + pack(f"!{len(numbers)}H", *numbers)

    def judge(self, keys: Sequence[bytes]) -> list[BadKey]:
        bad = []
        for key in dict.fromkeys(keys):
            try:
                self._clean(bytearray(_without_length(key)))
            except InvalidNetworkField as error:  # RFC 8955 §4.2.2, §10
                bad.append(BadKey(key, Outcome.TREAT_AS_WITHDRAW, str(error)))
        return bad

    def value(self, key: bytes) -> FlowSpecification:
        _, components = self._read(key)
        return FlowSpecification(self.family, components)

    def _read(self, key: bytes) -> tuple[bytes, tuple[Component, ...]]:
        """A key without its length, and the components.

        Raises:
            InvalidNetworkField: not one key, not canonical, or as ``_clean``.
        """
        if self.split(key) != [key]:
            raise InvalidNetworkField(f"{self.family}: {key.hex()} is not one canonical rule")
        rule = _without_length(key)
        self._clean(bytearray(rule))
        components, at = [], self.in_front
        while at < len(rule):
            component, at = self._kinds[rule[at]].read(rule, at + 1)
            components.append(component)
        return rule, tuple(components)

    def destination(self, key: bytes) -> bytes | None:
        """The unicast key of the destination prefix, None if there is none, or one with an offset (RFC 8956 §5)."""
        rule = _without_length(key)
        if rule[:1] != _DESTINATION:
            return None
        if self.family.afi == Afi.IPV4:
            return rule[1 : 2 + (rule[1] + 7) // 8]
        return rule[1:2] + rule[3 : 3 + (rule[1] + 7) // 8] if not rule[2] else None

    def parse(self, text: str) -> bytes:
        """Components may have semicolons behind them, and terms stand apart: "protocol =tcp; port =80 =443"."""
        return self._key(FlowSpecification(self.family, self._parse_components(words_of(text))))

    def check_own(self, key: bytes) -> None:
        """What a rule of our own must be, beside canonical.

        Raises:
            ValueError: a value that no packet has room for.
        """
        for component in self.value(key).components:
            if isinstance(component, Terms):
                component.check_room()

    def _parse_components(self, words: list[str]) -> tuple[Component, ...]:
        return _ascending([self._kind(name).parse(matches) for name, matches in _named(words)])

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds_by_name:
            raise ValueError(f"{name!r} is no component: expected one of {', '.join(self._kinds_by_name)}")
        return self._kinds_by_name[name]

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "components")
        return self._key(FlowSpecification(self.family, self._components_from_json(fields)))

    def _components_from_json(self, fields: Mapping[str, Any]) -> tuple[Component, ...]:
        components: list[Component] = []
        for each in array(fields, "components"):
            only(each, "type", "prefix", "terms")
            components.append(self._kind(text(each, "type")).from_json(each))
        return _ascending(components)

    def _key(self, rule: FlowSpecification) -> bytes:
        """The key of a rule that isn't from the wire.

        Raises:
            ValueError: too many octets.
        """
        try:
            return rule.encode()
        except OverflowError:
            raise ValueError(f"a rule of more than {_LONGEST} octets") from None

    def next_hop_address(self, octets: bytes) -> bytes:
        return b""  # RFC 8955 §4: none, and one that is there is ignored


def words_of(text: str) -> list[str]:
    """The words of a rule; signs that only people need are left out."""
    return text.translate(_FOR_PEOPLE).split()


def _named(words: list[str]) -> Iterator[tuple[str, str]]:
    """The components' names and what each matches, whose terms may stand apart.

    Raises:
        ValueError: a name alone, or something without one.
    """
    parts: list[list[str]] = []
    for word in words:
        if parts and (len(parts[-1]) == 1 or word[0] in _TERM_BEGINS):
            parts[-1].append(word)
        else:
            parts.append([word])
    for name, *terms in parts:
        if not terms:
            raise ValueError(f"{name!r}: expected a name and what it matches, and so on")
        matches = terms[0]
        for term in terms[1:]:
            matches += term if term[0] in _SIGNS or matches[-1] in _SIGNS else f"|{term}"
        yield name, matches


def _ascending(components: list[Component]) -> tuple[Component, ...]:
    """Components in any order as they must stand in a rule.

    Raises:
        ValueError: none, or one twice.
    """
    by_number = {component.kind.number: component for component in components}
    if not components or len(by_number) < len(components):
        raise ValueError("expected at least one component, and each type once")
    return tuple(by_number[number] for number in sorted(by_number))


def components_text(components: tuple[Component, ...]) -> str:
    """Components as people write them."""
    return " ".join(map(str, components))


def components_to_json(components: tuple[Component, ...]) -> list[dict[str, Any]]:
    """Components in what JSON has."""
    return [component.to_json() for component in components]


def with_length(rule: bytes) -> bytes:
    """A rule behind its length, in one octet below 240, else in two (RFC 8955 §4.1).

    Raises:
        OverflowError: more than 4095 octets.
    """
    size = len(rule)
    if size < 2:
        return _SHORTEST[rule]
    if size > _LONGEST:
        raise OverflowError(f"{size} octets, expected up to {_LONGEST}")
    return (bytes((size,)) if size < 0xF0 else (0xF000 | size).to_bytes(2)) + rule


def _without_length(key: bytes) -> bytes:
    return key[1:] if key[:1] < b"\xf0" else key[2:]


IPV4_FLOWSPEC: Final = FlowSpecFamily(Family.IPV4_FLOWSPEC, rfc="8955 §4")
IPV6_FLOWSPEC: Final = FlowSpecFamily(Family.IPV6_FLOWSPEC, rfc="8956 §3")
