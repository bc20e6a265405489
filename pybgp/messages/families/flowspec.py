"""Flow specifications: which packets a rule is about (RFC 8955; RFC 8956 for IPv6), alone or in a VPN (RFC 8955 §8).

What is to be done with the packets is in extended communities, not here. The text form is components, each a name and
what it matches, separated by spaces; a VPN's begins with its route distinguisher::

    destination 10.1.0.0/16 source 192.0.2.0/24 protocol =6 port =179|>=8000&<=8080 tcp-flags =syn&!ack
    rd 64512:7 destination 10.1.0.0/16 fragment is-fragment|first-fragment packet-length >1400 dscp =46
    destination ::1234:5678:9a00:0/64-104 icmp-type =128 flow-label !=0

``flowspec_prefixes`` has the first two components, ``flowspec_terms`` the operators of all others. The components are
written in the order of their types, and read in any order. A key is the canonical NLRI with the shortest length in
front; bits that a receiver must ignore are 0, values keep the size they were sent in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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
_TCP_FLAGS: Final = {"fin": 1, "syn": 2, "rst": 4, "psh": 8, "ack": 16, "urg": 32, "ece": 64, "cwr": 128, "ns": 256}
_FRAGMENTS: Final = {"dont-fragment": 1, "is-fragment": 2, "first-fragment": 4, "last-fragment": 8}
_FRAGMENTS_6: Final = {name: bit for name, bit in _FRAGMENTS.items() if name != "dont-fragment"}


def _kinds(bits: int, fragments: Mapping[str, int], *more: Kind) -> dict[int, Kind]:
    """The types of components by number (RFC 8955 §4.2.2)."""
    kinds = (
        PrefixKind(number=1, name="destination", bits=bits),
        PrefixKind(number=2, name="source", bits=bits),
        TermsKind(number=3, name="protocol"),
        TermsKind(number=4, name="port"),
        TermsKind(number=5, name="destination-port"),
        TermsKind(number=6, name="source-port"),
        TermsKind(number=7, name="icmp-type"),
        TermsKind(number=8, name="icmp-code"),
        TermsKind(number=9, name="tcp-flags", sizes=(1, 2), names=_TCP_FLAGS),
        TermsKind(number=10, name="packet-length"),
        TermsKind(number=11, name="dscp", sizes=(1,), mask=0x3F),
        TermsKind(number=12, name="fragment", sizes=(1,), mask=sum(fragments.values()), names=fragments),
        *more,
    )
    return {kind.number: kind for kind in kinds}


_KINDS: Final[Mapping[int, Mapping[int, Kind]]] = {
    Afi.IPV4.value: _kinds(32, _FRAGMENTS),
    # RFC 8956 §3.6: no "don't fragment"; §3.7: flow labels should have 4 octets
    Afi.IPV6.value: _kinds(128, _FRAGMENTS_6, TermsKind(number=13, name="flow-label", usual=4)),
}


@dataclass(frozen=True, slots=True)
class FlowSpecification:
    """Packets that match all ``components``, which ascend by type."""

    family: Family
    components: tuple[Component, ...]

    def encode(self) -> bytes:
        return with_length(b"".join(component.encode() for component in self.components))

    def __str__(self) -> str:
        return " ".join(map(str, self.components))

    def to_json(self) -> dict[str, Any]:
        return {"components": [component.to_json() for component in self.components]}


class FlowSpecFamily(FamilyCodec):
    """SAFI 133."""

    __slots__ = ("_kinds", "_kinds_by_name", "family", "rfc")

    max_key = 2 + _LONGEST
    next_hop_sizes = (0, 4, 16)

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

    def _clean(self, rule: bytearray, at: int = 0) -> None:
        """Check the components and set what must be ignored to 0.

        Raises:
            InvalidNetworkField: something that RFC 8955 §4.2 doesn't have.
        """
        last = 0
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

    def judge(self, keys: Sequence[bytes]) -> list[BadKey]:
        bad = []
        for key in keys:
            try:
                self._clean(bytearray(_without_length(key)))
            except InvalidNetworkField as error:  # RFC 8955 §4.2.2, §10
                bad.append(BadKey(key, Outcome.TREAT_AS_WITHDRAW, str(error)))
        return bad

    def value(self, key: bytes) -> FlowSpecification:
        if self.split(key) != [key]:
            raise InvalidNetworkField(f"{self.family}: {key.hex()} is not one canonical rule")
        return FlowSpecification(self.family, self._components(_without_length(key), 0))

    def _components(self, rule: bytes, at: int) -> tuple[Component, ...]:
        """The components of a rule from ``at`` on.

        Raises:
            InvalidNetworkField: as ``_clean``.
        """
        self._clean(bytearray(rule), at)
        components = []
        while at < len(rule):
            component, at = self._kinds[rule[at]].read(rule, at + 1)
            components.append(component)
        return tuple(components)

    def parse(self, text: str) -> bytes:
        return self._parse_components(text.split()).encode()

    def _parse_components(self, words: list[str]) -> FlowSpecification:
        if len(words) % 2:
            raise ValueError(f"{words[-1]!r}: expected a name and what it matches, and so on")
        names = zip(words[::2], words[1::2], strict=True)
        return self._checked([self._kind(name).parse(matches) for name, matches in names])

    def _kind(self, name: str) -> Kind:
        if name not in self._kinds_by_name:
            raise ValueError(f"{name!r} is no component: expected one of {', '.join(self._kinds_by_name)}")
        return self._kinds_by_name[name]

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "components")
        return self._components_from_json(fields).encode()

    def _components_from_json(self, fields: Mapping[str, Any]) -> FlowSpecification:
        components: list[Component] = []
        for each in array(fields, "components"):
            only(each, "type", "prefix", "terms")
            components.append(self._kind(text(each, "type")).from_json(each))
        return self._checked(components)

    def _checked(self, components: list[Component]) -> FlowSpecification:
        """A rule of components in any order.

        Raises:
            ValueError: none, one twice, or too many octets.
        """
        by_number = {component.kind.number: component for component in components}
        if not components or len(by_number) < len(components):
            raise ValueError("expected at least one component, and each type once")
        rule = FlowSpecification(self.family, tuple(by_number[number] for number in sorted(by_number)))
        if len(rule.encode()) > self.max_key:
            raise ValueError(f"a rule of more than {_LONGEST} octets")
        return rule

    def next_hop_address(self, octets: bytes) -> bytes:
        return b""  # RFC 8955 §4: none, and one that is there is ignored


def with_length(rule: bytes) -> bytes:
    """A rule behind its length, in one octet below 240, else in two (RFC 8955 §4.1)."""
    size = len(rule)
    return (bytes((size,)) if size < 0xF0 else (0xF000 | size).to_bytes(2)) + rule


def _without_length(key: bytes) -> bytes:
    return key[1:] if key[:1] < b"\xf0" else key[2:]


IPV4_FLOWSPEC: Final = FlowSpecFamily(Family.IPV4_FLOWSPEC, rfc="8955 §4")
IPV6_FLOWSPEC: Final = FlowSpecFamily(Family.IPV6_FLOWSPEC, rfc="8956 §3")
