"""What the codec, the RIB and the command line must know of an address family (RFC 4760).

A *key* is one destination as it stands in an NLRI field, made canonical, without a path identifier: a prefix, a prefix
with its labels and route distinguisher, an EVPN route, a flow specification. Everything but this package treats it as
octets; ``value`` makes something to look at of it.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

from ...addresses import Family
from ..errors import InvalidNetworkField, Outcome
from ..lazily import Lazily


class Nlri(Protocol):
    """One destination as a typed value; the classes are frozen dataclasses, a module's own."""

    def encode(self) -> bytes:
        """The key."""

    def __str__(self) -> str:
        """As people write it; the family's ``parse`` reads it again."""

    def to_json(self) -> dict[str, Any]:
        """Its fields by name, in what JSON has; the family's ``from_json`` reads them again."""


class BadKey(NamedTuple):
    """A key whose outer length is right and whose inside isn't.

    ``outcome`` is DISCARD when the key is to be ignored (an unknown type, RFC 7606 §5.4), TREAT_AS_WITHDRAW when it
    costs the routes of its UPDATE.
    """

    key: bytes
    outcome: Outcome
    why: str


Groups = Sequence[tuple[int, list[bytes]]]
"""Keys by path identifier."""
_LONGEST: Final = 24
"""Octets of an IPv6 prefix behind a route distinguisher."""
MANY: Final = 64
"""More path identifiers than this are not gathered: an octet of such a field would take 60 of memory."""


class FamilyCodec(ABC):
    """One AFI/SAFI: NLRI field ⇄ canonical keys ⇄ values and text. A module-level singleton without state of a speaker.

    ``max_key`` is the size of the largest key in octets; ``next_hop_sizes`` are the sizes a next hop may have on the
    wire without, ``extended_next_hop_sizes`` those it may have in addition with RFC 8950. ``plain`` families have
    nothing but addresses as next hops and no keys that ``judge`` would find bad, and go a shorter way. ``rfc`` is the
    source: "4364 §4.3.4".
    """

    __slots__ = ()

    family: Family
    rfc: str
    max_key: int
    next_hop_sizes: tuple[int, ...]
    extended_next_hop_sizes: tuple[int, ...] = ()
    plain: bool = False
    labeled: bool = False
    """Keys have more in them than what tells routes apart: ``labels_of`` takes it out, ``with_labels`` puts it in."""
    withdrawn_whole: bool = False
    """A withdrawal repeats the key as it was announced, where another family's has no labels."""

    def prepare(self, *, path_ids: bool) -> None:  # noqa: B027  # most have nothing to prepare
        """Do now what the first field would have to wait for; ``path_ids``: also of those with path identifiers."""

    @abstractmethod
    def walk(self, field: bytes, id_size: int) -> Iterator[tuple[bytes, bytes]]:
        """(path identifier, key) one by one; ``id_size`` is 4 with path identifiers (RFC 7911 §3), else 0.

        Raises:
            InvalidNetworkField: a length that the family can't have, or that runs past the field, or an identifier
                that is cut off.
        """

    @abstractmethod
    def value(self, key: bytes) -> Nlri:
        """A key as a typed value.

        Raises:
            InvalidNetworkField: not a key of this family that is right inside.
        """

    def values(self, keys: Sequence[bytes]) -> Sequence[Nlri]:
        """Keys that ``split`` gave as typed values, in order; what it has looked at may not be looked at again.

        Raises:
            InvalidNetworkField: as ``value``, for the first that isn't right inside.
        """
        return list(map(self.value, keys))

    @abstractmethod
    def parse(self, text: str) -> bytes:
        """The key of what ``key_text`` writes.

        Raises:
            ValueError: nothing of the kind; the text says what was expected.
        """

    @abstractmethod
    def from_json(self, fields: Mapping[str, Any]) -> bytes:
        """The key of what a value's ``to_json`` gives.

        Raises:
            ValueError: a field that is missing, unknown or wrong; the text names it and says what was expected.
        """

    def split(self, field: bytes) -> list[bytes]:
        """The keys of an NLRI field without path identifiers, in order, repeated ones as often as they stand there.

        Raises:
            InvalidNetworkField: as ``walk``.
        """
        return [key for _, key in self.walk(field, 0)]

    def split_with_ids(self, field: bytes) -> Groups:
        """The keys of an NLRI field with path identifiers (RFC 7911 §3), grouped by identifier.

        Raises:
            InvalidNetworkField: as ``walk``.
        """
        return by_identifier(lambda: self.walk(field, 4))

    def judge(self, keys: Sequence[bytes]) -> list[BadKey]:
        """The keys among ``keys`` that are not right inside; ``split`` has looked at their outer lengths only."""
        return []

    def key_text(self, key: bytes) -> str:
        """A key as people write it, in hexadecimal if it isn't right inside."""
        try:
            return str(self.value(key))
        except InvalidNetworkField:
            return f"0x{key.hex()}"

    def identity(self, key: bytes) -> bytes:
        """What tells two routes of this family apart: the key without what only belongs to the route (labels)."""
        return key

    def order(self, identity: bytes) -> bytes:
        """What routes are sorted by for people: octets, the lowest first."""
        return identity

    def labels_of(self, key: bytes) -> bytes:
        """What ``identity`` leaves out of a key, in octets that only ``with_labels`` reads."""
        return b""

    def with_labels(self, identity: bytes, labels: bytes = b"") -> bytes:
        """The key of an identity and what ``labels_of`` gave; without it, as the route is withdrawn."""
        return identity

    def route_text(self, identity: bytes, labels: bytes = b"") -> str:
        """A route as people write it, with its labels if there are any."""
        return self.key_text(self.with_labels(identity, labels) if self.labeled else identity)

    @property
    def multiple_labels(self) -> FamilyCodec:
        """This family where both sides sent the Multiple Labels capability (RFC 8277 §2.1); itself without labels."""
        return self

    def next_hop_address(self, octets: bytes) -> bytes:
        """The address, or the global and the link-local one, of a next hop as it stands in MP_REACH_NLRI."""
        return octets

    def next_hop_octets(self, address: bytes) -> bytes:
        """The next hop for MP_REACH_NLRI; ``next_hop_address`` backwards."""
        return address

    def __repr__(self) -> str:
        return f"<family {self.family}>"


def by_address(identity: bytes) -> bytes:
    """An ``order`` of what begins with its length in bits: by the bits, and of two that begin alike the shorter one."""
    return identity[1:].ljust(_LONGEST, b"\0") + identity[:1]


def by_identifier(pairs: Callable[[], Iterable[tuple[bytes, bytes]]]) -> Groups:
    """(identifier, key) grouped by identifier, in the order of the first of each; one by one if there are very many.

    ``pairs`` gives them anew each time.
    """
    groups: dict[bytes, list[bytes]] = {}
    for identifier, key in pairs():
        if identifier in groups:
            groups[identifier].append(key)
        elif len(groups) < MANY:
            groups[identifier] = [key]
        else:
            return Lazily(lambda: ((int.from_bytes(each), [key]) for each, key in pairs()), sum(1 for _ in pairs()))
    return [(int.from_bytes(identifier), keys) for identifier, keys in groups.items()]


def join(keys: Sequence[bytes], path_id: int | None = None) -> bytes:
    """The NLRI field of keys, each behind the identifier if there is one; the same for every family."""
    if path_id is None or not keys:
        return b"".join(keys)
    identifier = path_id.to_bytes(4)
    return identifier + identifier.join(keys)


def identified(keys: Sequence[bytes], path_id: int | None) -> Sequence[bytes]:
    """``keys``, each behind the identifier if there is one: to be joined with others'."""
    if path_id is None:
        return keys
    identifier = path_id.to_bytes(4)
    return [identifier + key for key in keys]
