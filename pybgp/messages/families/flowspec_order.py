"""Which of two flow specifications a packet is tried on first (RFC 8955 §5.1, RFC 8956 §4)."""

from __future__ import annotations

from typing import Final

from .flowspec import FlowSpecification
from .flowspec_prefixes import PrefixMatch

_BEHIND_ALL: Final = 256
"""More than any octet, bit or type: of two that are equal so far, the longer one goes first."""


def precedence(rule: FlowSpecification) -> tuple[int, ...]:
    """A key to sort rules of one family by: the first of two sorted rules takes the packets that match both.

    Component by component: a lower type, or any where the other rule has none left. For prefixes a lower offset, the
    longer one of two that overlap, else the lower address; for others the octets, the longer ones if they are equal.
    The rules of different VPNs are never compared (RFC 8955 §8).
    """
    key: list[int] = []
    for component in rule.components:
        key.append(component.kind.number)
        if isinstance(component, PrefixMatch):
            key.append(component.offset)
            key += map(int, component.bits)
        else:
            key += component.encode()[1:]
        key.append(_BEHIND_ALL)
    return (*key, _BEHIND_ALL)
