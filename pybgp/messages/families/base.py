"""What the codec, the RIB and the command line must know of an address family (RFC 4760)."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ...addresses import Family


class FamilyCodec(ABC):
    """One AFI/SAFI: NLRI field ⇄ canonical keys, next hops, text. A module-level singleton without state of a speaker.

    ``max_key`` is the size of the largest key in octets; ``next_hop_sizes`` are the sizes a next hop may have without,
    ``extended_next_hop_sizes`` those it may have in addition with RFC 8950.
    """

    __slots__ = ()

    family: Family
    max_key: int
    next_hop_sizes: tuple[int, ...]
    extended_next_hop_sizes: tuple[int, ...] = ()

    @abstractmethod
    def split(self, field: bytes) -> list[bytes]:
        """The keys of an NLRI field without path identifiers, in order, repeated ones as often as they stand there.

        Raises:
            InvalidNetworkField: a length too large, or a prefix that runs past the field.
        """

    @abstractmethod
    def split_with_ids(self, field: bytes) -> list[tuple[int, list[bytes]]]:
        """The keys of an NLRI field with path identifiers (RFC 7911 §3), grouped by identifier.

        Raises:
            InvalidNetworkField: as ``split``, or an identifier that is cut off.
        """

    @abstractmethod
    def key_text(self, key: bytes) -> str:
        """A key as people write it."""

    def __repr__(self) -> str:
        return f"<family {self.family}>"


def join(keys: Sequence[bytes], path_id: int | None = None) -> bytes:
    """The NLRI field of keys, each behind the identifier if there is one; the same for every family."""
    if path_id is None or not keys:
        return b"".join(keys)
    identifier = path_id.to_bytes(4)
    return identifier + identifier.join(keys)
