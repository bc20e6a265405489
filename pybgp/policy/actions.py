"""The changes of a term: to the attributes of a route, and to how it goes into a kernel."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ..messages.attributes.edit import BlockEdit
from ..routes import KernelHints, Route
from .spec import SetLike


@dataclass(frozen=True, slots=True)
class Changes:
    """What a term sets, checked and ready to be applied to many routes."""

    edit: BlockEdit | None
    hints: KernelHints | None

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
            next_hop=wanted.next_hop,
            prepend=_as_numbers(wanted, own_as),
            communities=wanted.communities,
            remove_communities=wanted.remove_communities,
            add_communities=wanted.add_communities,
        )
        hints = KernelHints(device=wanted.device, onlink=wanted.onlink, metric=wanted.metric)
        if hints != KernelHints() and not allow_hints:
            raise ValueError("device, onlink, metric: expected only in fib.export_policy")
        if edit == BlockEdit() and hints == KernelHints():
            return None
        return cls(None if edit == BlockEdit() else edit, None if hints == KernelHints() else hints)

    def apply(self, route: Route) -> Route:
        """The changed route; the same object if nothing changes.

        Raises:
            ValueError: the route can't have such a value (an IPv4 next hop for an IPv6 prefix).
        """
        block = route.block if self.edit is None else self.edit.apply(route.block, route.family)
        hints = route.hints if self.hints is None else _merged(route.hints, self.hints)
        if block is route.block and hints == route.hints:
            return route
        return Route(route.family, route.key, block, route.source, hints=hints)


def _as_numbers(wanted: SetLike, own_as: int) -> tuple[int, ...]:
    numbers = tuple(own_as if item == "self" else item for item in wanted.prepend)
    if any(isinstance(number, str) for number in numbers):
        raise ValueError(f'prepend = {list(wanted.prepend)!r}: expected AS numbers or "self"')
    return tuple(number for number in numbers if isinstance(number, int))


def _merged(before: KernelHints | None, wanted: KernelHints) -> KernelHints:
    """Later terms add to what earlier ones said."""
    if before is None:
        return wanted
    return replace(
        wanted,
        device=wanted.device if wanted.device is not None else before.device,
        onlink=wanted.onlink or before.onlink,
        metric=wanted.metric if wanted.metric is not None else before.metric,
    )
