"""A whole set of path attributes as one value: checked, canonical, immutable, shared by all its prefixes."""

from __future__ import annotations


class Block:
    """What every prefix of an UPDATE has in common.

    ``octets`` are the attributes in ascending order with canonical flags, AS numbers in four octets, without
    NEXT_HOP, MP_REACH_NLRI, MP_UNREACH_NLRI, AS4_PATH and AS4_AGGREGATOR; it always begins with ORIGIN (4 octets)
    and AS_PATH. ``next_hop`` has 4, 16 or 32 octets. ``next_hop_at`` is the offset behind AS_PATH, where NEXT_HOP
    would stand; ``tail_at`` that of the first attribute with a type above 8. ``mask`` has bit n set for each attribute
    type n below 64 that is present. Blocks are equal when octets and next hop are.
    """

    __slots__ = (
        "local_pref",  # int | None
        "mask",
        "med",  # int | None
        "neighbor_as",  # first AS of the first AS_SEQUENCE, 0 if there is none
        "next_hop",
        "next_hop_at",
        "octets",
        "origin",
        "path_length",  # as RFC 4271 §9.1.2.2 a counts
        "tail_at",
    )
