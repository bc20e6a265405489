"""MPLS labels in front of a prefix: a stack of 3 octets each, as numbers (RFC 8277 §2.2 to §2.4).

Each has 20 bits of label, 3 that are ignored, and the S bit, which is set in the last one. In a key the 3 bits are 0
and the S bit is set, so that a key says itself where its labels end. A withdrawn prefix has one label of no meaning in
their place, which should be 0x800000: no labels, where they are numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from ..errors import InvalidNetworkField
from ..fields import items, whole

LABEL_SIZE: Final = 3
HIGHEST: Final = 0xFFFFF
WITHDRAWN: Final = b"\x80\0\0"
"""What stands in front of a withdrawn prefix (RFC 8277 §2.4)."""
_OLD_WITHDRAWN: Final = bytes(3)
"""What some send instead; with one label only, it is label 0 whose S bit is missing."""


def take(octets: bytes, *, multiple: bool) -> bytes:
    """The label stack in front of ``octets``, as it stands in a key.

    Only one label, whatever its S bit, unless ``multiple`` labels are spoken (RFC 8277 §2.1).

    Raises:
        InvalidNetworkField: no S bit in any label, or less than one label.
    """
    first = octets[:LABEL_SIZE]
    if len(first) < LABEL_SIZE:
        raise InvalidNetworkField(f"{len(octets)} octets where a label of 3 is expected")
    if first == WITHDRAWN:
        return first
    if not multiple or first[2] & 1 or first == _OLD_WITHDRAWN:
        return bytes((first[0], first[1], first[2] & 0xF0 | 1))
    for end in range(2 * LABEL_SIZE, len(octets) + 1, LABEL_SIZE):
        if octets[end - 1] & 1:
            return encode([int.from_bytes(octets[at : at + 3]) >> 4 for at in range(0, end, LABEL_SIZE)])
    raise InvalidNetworkField("a label stack without an end")


def decode(stack: bytes) -> tuple[int, ...]:
    """The labels of a stack as it stands in a key; none of a withdrawn prefix."""
    if stack == WITHDRAWN:
        return ()
    return tuple(int.from_bytes(stack[at : at + 3]) >> 4 for at in range(0, len(stack), LABEL_SIZE))


def encode(labels: Sequence[int]) -> bytes:
    """The stack of labels; ``WITHDRAWN`` of none."""
    if not labels:
        return WITHDRAWN
    return b"".join((label << 4).to_bytes(3) for label in labels[:-1]) + (labels[-1] << 4 | 1).to_bytes(3)


def from_json(value: Any) -> tuple[int, ...]:
    """The labels of a list of numbers.

    Raises:
        ValueError: something else, or labels of which the first says "withdrawn".
    """
    labels = tuple(whole(each, HIGHEST, "labels") for each in items(value, "labels"))
    if len(labels) > 1 and encode(labels)[:LABEL_SIZE] in (WITHDRAWN, _OLD_WITHDRAWN):
        raise ValueError(f"labels = {list(labels)}: expected another first one, {labels[0]} marks what is withdrawn")
    return labels


def parse(text: str) -> tuple[int, ...]:
    """The labels of "100,200".

    Raises:
        ValueError: something else.
    """
    numbers = text.split(",")
    if not all(number.isascii() and number.isdigit() for number in numbers):
        raise ValueError(f"{text!r}: expected labels like 100,200")
    return from_json([int(number) for number in numbers])
