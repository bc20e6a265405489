"""Labelled unicast: prefixes with the MPLS labels to reach them (SAFI 4, RFC 8277).

The length in bits counts the labels too: 24 for each, then the prefix. Unless both sides sent the Multiple Labels
capability there is exactly one label, whatever its S bit; with it (``multiple_labels``) the S bit ends the stack.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from ... import addresses
from ...addresses import Family
from ...constants import Afi
from ..errors import InvalidNetworkField
from ..fields import array, only, text
from . import labels
from .base import FamilyCodec, Nlri, by_address
from .framing import cut, masked, size_of_bits

_WITHDRAWN: Final = labels.WITHDRAWN


@dataclass(frozen=True, slots=True)
class LabeledPrefix:
    """A network and its labels, "10.1.2.0/24 label 100"; without labels, as it is withdrawn.

    ``prefix`` is the network as a unicast key.
    """

    family: Family
    prefix: bytes
    labels: tuple[int, ...] = ()

    def encode(self) -> bytes:
        stack = labels.encode(self.labels)
        return bytes((8 * len(stack) + self.prefix[0],)) + stack + self.prefix[1:]

    def __str__(self) -> str:
        return addresses.key_text(self.family, self.prefix) + label_text(self.labels)

    def to_json(self) -> dict[str, Any]:
        return {"prefix": addresses.key_text(self.family, self.prefix), "labels": list(self.labels)}


def label_text(numbers: tuple[int, ...]) -> str:
    """What stands behind the prefix: " label 100,200", nothing without labels."""
    return f" label {','.join(map(str, numbers))}" if numbers else ""


class LabeledFamily(FamilyCodec):
    """Labels, then a prefix; between them what a subclass says.

    ``multiple``: more than one label may stand in front of a prefix.
    """

    __slots__ = (
        "_bits",
        "_several",
        "_take_all",
        "extended_next_hop_sizes",
        "family",
        "max_key",
        "next_hop_sizes",
    )

    labeled = True
    between: ClassVar[int] = 0
    """Octets between the labels and the prefix."""
    rfc = "8277 §2"

    def __init__(
        self,
        family: Family,
        next_hop_sizes: tuple[int, ...],
        extended_next_hop_sizes: tuple[int, ...] = (),
        *,
        multiple: bool = False,
    ) -> None:
        self.family = family
        self.next_hop_sizes = next_hop_sizes
        self.extended_next_hop_sizes = extended_next_hop_sizes
        self._bits = 32 if family.afi == Afi.IPV4 else 128
        self._take_all = multiple
        self._several: LabeledFamily | None = (
            None if multiple else type(self)(family, next_hop_sizes, extended_next_hop_sizes, multiple=True)
        )
        self.max_key = 33 if multiple else 1 + labels.LABEL_SIZE + self.between + self._bits // 8

    @property
    def multiple_labels(self) -> FamilyCodec:
        return self._several or self

    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        for identifier, nlri in cut(self.family, field, id_size, 1, size_of_bits):
            yield identifier, self._key(nlri, multiple=self._take_all)

    def _key(self, nlri: bytes, *, multiple: bool) -> bytes:
        """An NLRI as it stands, made canonical."""
        lowest = 8 * (labels.LABEL_SIZE + self.between)
        bits = nlri[0]
        if bits < lowest:
            raise InvalidNetworkField(f"{self.family}: length {bits}, expected at least {lowest}")
        stack = labels.take(nlri[1 : 1 + bits // 8 - self.between], multiple=multiple)
        highest = 8 * (len(stack) + self.between) + self._bits
        if bits > highest:
            raise InvalidNetworkField(f"{self.family}: length {bits}, expected at most {highest}")
        return nlri[:1] + stack + masked(nlri[1 + len(stack) :], bits - 8 * len(stack))

    def _parts(self, key: bytes) -> tuple[bytes, bytes, bytes]:
        """The label stack of a key, what is between, and the prefix as a unicast key.

        Raises:
            InvalidNetworkField: not a key of this family.
        """
        if not key or len(key) != size_of_bits(key) or self._key(key, multiple=True) != key:
            raise InvalidNetworkField(f"{self.family}: 0x{key.hex()} is not one canonical NLRI")
        prefix_at = 1 + stack_size(key) + self.between
        prefix = bytes((key[0] - 8 * (prefix_at - 1),)) + key[prefix_at:]
        return key[1 : prefix_at - self.between], key[prefix_at - self.between : prefix_at], prefix

    def value(self, key: bytes) -> Nlri:
        stack, _, prefix = self._parts(key)
        return LabeledPrefix(self.family, prefix, labels.decode(stack))

    def identity(self, key: bytes) -> bytes:
        size = stack_size(key)
        return bytes((key[0] - 8 * size,)) + key[1 + size :]

    def order(self, identity: bytes) -> bytes:
        return by_address(identity)

    def labels_of(self, key: bytes) -> bytes:
        return key[1 : 1 + stack_size(key)]

    def with_labels(self, identity: bytes, labels: bytes = b"") -> bytes:
        stack = labels or _WITHDRAWN
        return bytes((identity[0] + 8 * len(stack),)) + stack + identity[1:]

    def parse(self, text: str) -> bytes:
        prefix, numbers = self._parse_labeled(text)
        return self._made(LabeledPrefix(self.family, prefix, numbers))

    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        only(fields, "prefix", "labels")
        return self._made(LabeledPrefix(self.family, *self._labeled_fields(fields)))

    def _parse_labeled(self, text: str) -> tuple[bytes, tuple[int, ...]]:
        prefix, *rest = text.split() or [""]
        if rest and (len(rest) != 2 or rest[0] != "label"):
            raise ValueError(f"{text!r}: expected PREFIX label NUMBER,NUMBER,...")
        return self._prefix(prefix), labels.parse(rest[1]) if rest else ()

    def _labeled_fields(self, fields: Mapping[str, Any]) -> tuple[bytes, tuple[int, ...]]:
        return self._prefix(text(fields, "prefix")), labels.from_json(array(fields, "labels"))

    def _prefix(self, word: str) -> bytes:
        unicast, key = addresses.prefix_key(word)
        if unicast.afi != self.family.afi:
            raise ValueError(f"{word!r}: expected a prefix of {self.family}")
        return key

    def _made(self, value: LabeledPrefix) -> bytes:
        if len(value.labels) > 1 and not self._take_all:
            raise ValueError(f"{len(value.labels)} labels: expected one at most unless several are spoken")
        bits = 24 * max(1, len(value.labels)) + 8 * self.between + value.prefix[0]
        if bits > 0xFF:
            raise ValueError(f"{len(value.labels)} labels: {bits} bits with the prefix, expected 255 at most")
        return value.encode()


def stack_size(key: bytes) -> int:
    """The octets of the label stack in a key."""
    if key[1:4] == labels.WITHDRAWN:
        return labels.LABEL_SIZE
    size = labels.LABEL_SIZE
    while size < len(key) - labels.LABEL_SIZE and not key[size] & 1:
        size += labels.LABEL_SIZE
    return size


IPV4_LABELED_UNICAST: Final = LabeledFamily(Family.IPV4_LABELED_UNICAST, (4,), (16, 32))
IPV6_LABELED_UNICAST: Final = LabeledFamily(Family.IPV6_LABELED_UNICAST, (16, 32))
