"""The changes of a term: to the attributes of a route, and to how it goes into a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..addresses import Family
from ..messages.attributes.block import Block
from ..messages.attributes.edit import BlockEdit
from ..routes import NEXT_HOP_SELF, NEXT_HOPS, SET_NEXT_HOP, KernelHints, Source, explicit_of, peer_address
from .spec import SetLike


@dataclass(frozen=True, slots=True)
class Changes:
    """What a term sets, checked and ready to be applied to many routes."""

    edit: BlockEdit | None = None
    hints: KernelHints | None = None
    explicit: int = 0
    """``SET_MED``, ``SET_NEXT_HOP``, ``NEXT_HOP_SELF`` of ``routes``: what it sets in so many words."""
    next_hop_peer: bool = False
    """The next hop becomes the address of the peer that the route came from."""

    @classmethod
    def of(cls, wanted: SetLike, *, own_as: int, allow_hints: bool) -> Changes | None:
        """From what is written; None if it changes nothing.

        Raises:
            ValueError: a value that can't be meant, or one for a kernel in a policy that isn't a FIB's.
        """
        edit = BlockEdit.of(
            local_pref=... if wanted.local_pref is None else wanted.local_pref,
            med=... if wanted.med is None else wanted.med,
            origin=wanted.origin,
            next_hop=None if wanted.next_hop in NEXT_HOPS else wanted.next_hop,
            remove_as=wanted.remove_as,
            replace_as=wanted.replace_as,
            own_as=own_as,
            prepend=_as_numbers(wanted, own_as),
            communities=wanted.communities,
            remove_communities=wanted.remove_communities,
            add_communities=wanted.add_communities,
        )
        hints = KernelHints(device=wanted.device, onlink=wanted.onlink, metric=wanted.metric)
        if hints != KernelHints() and not allow_hints:
            raise ValueError("device, onlink, metric: expected only in fib.export_policy")
        changes = cls(
            None if edit == BlockEdit(own_as=own_as) else edit.prepared(),
            None if hints == KernelHints() else hints,
            explicit_of(med=wanted.med is not None, next_hop=wanted.next_hop),
            wanted.next_hop == "peer",
        )
        return None if changes == cls() else changes

    @property
    def touches(self) -> int:
        """The attributes that may change, as ``Block.mask`` has them."""
        touched = 0 if self.edit is None else self.edit.touches
        return touched | SET_NEXT_HOP if self.next_hop_peer else touched

    def block(self, block: Block, family: Family, source: Source) -> Block:
        """The changed block; the same object if nothing changes.

        Raises:
            ValueError: the route can't have such a value (an IPv4 next hop for an IPv6 prefix).
        """
        if self.edit is not None:
            block = self.edit.apply(block, family)
        if self.next_hop_peer:
            block = BlockEdit(next_hop=peer_address(source)).apply(block, family)
        return block

    def said(self, explicit: int) -> int:
        """``explicit`` of a route after the change: a next hop replaces what was said of it before."""
        if self.explicit & SET_NEXT_HOP:
            explicit &= ~NEXT_HOP_SELF
        return explicit | self.explicit


def _as_numbers(wanted: SetLike, own_as: int) -> tuple[int | str, ...]:
    numbers = tuple(own_as if item == "self" else item for item in wanted.prepend)
    if any(isinstance(number, str) and number != "last_as" for number in numbers):
        raise ValueError(f'prepend = {list(wanted.prepend)!r}: expected AS numbers, "self" or "last_as"')
    return numbers


def merged(before: KernelHints | None, wanted: KernelHints) -> KernelHints:
    """Later terms add to what earlier ones said."""
    if before is None:
        return wanted
    return replace(
        wanted,
        device=wanted.device if wanted.device is not None else before.device,
        onlink=wanted.onlink or before.onlink,
        metric=wanted.metric if wanted.metric is not None else before.metric,
    )
