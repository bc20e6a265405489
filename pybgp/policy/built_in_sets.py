"""Named sets that are there without being defined; an own set of the same name takes the place of the built-in one.

``bogons`` and ``martians`` follow the IANA registries of special-purpose addresses (RFC 6890 and later entries),
``bogon_asns`` and ``private_asns`` that of AS numbers (RFC 7607, 6793, 5398, 6996, 7300).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from .spec import PolicySetsLike

_MARTIANS: Final = (
    "0.0.0.0/8 le 32",  # this network, RFC 791; not the default route
    "127.0.0.0/8 le 32",  # loopback, RFC 1122
    "169.254.0.0/16 le 32",  # link-local, RFC 3927
    "224.0.0.0/4 le 32",  # multicast, RFC 5771
    "240.0.0.0/4 le 32",  # reserved, RFC 1112, with the limited broadcast
    "::/127 le 128",  # unspecified and loopback, RFC 4291; not the default route
    "::ffff:0:0/96 le 128",  # IPv4-mapped, RFC 4291
    "fe80::/10 le 128",  # link-local, RFC 4291
    "fec0::/10 le 128",  # site-local, RFC 3879
    "ff00::/8 le 128",  # multicast, RFC 4291
)
"""What no router forwards to, on any network."""

_BOGONS: Final = (
    *_MARTIANS,
    "10.0.0.0/8 le 32",  # private, RFC 1918
    "172.16.0.0/12 le 32",
    "192.168.0.0/16 le 32",
    "100.64.0.0/10 le 32",  # shared by carrier-grade NATs, RFC 6598
    "192.0.0.0/24 le 32",  # protocol assignments, RFC 6890
    "192.0.2.0/24 le 32",  # documentation, RFC 5737
    "198.51.100.0/24 le 32",
    "203.0.113.0/24 le 32",
    "198.18.0.0/15 le 32",  # benchmarking, RFC 2544
    "64:ff9b:1::/48 le 128",  # local translation, RFC 8215
    "100::/64 le 128",  # discard-only, RFC 6666
    "2001:2::/48 le 128",  # benchmarking, RFC 5180
    "2001:10::/28 le 128",  # ORCHID, RFC 4843
    "2001:db8::/32 le 128",  # documentation, RFC 3849
    "3fff::/20 le 128",  # documentation, RFC 9637
    "3ffe::/16 le 128",  # the former 6bone, RFC 3701
    "5f00::/16 le 128",  # segment identifiers, RFC 9602
    "fc00::/7 le 128",  # unique local, RFC 4193
)
"""What is not to be seen between networks on the Internet."""

_BOGON_ASNS: Final = (
    "_0_",  # RFC 7607
    "_23456_",  # AS_TRANS, RFC 6793
    "_(6449[6-9]|6450[0-9]|6451[01])_",  # documentation 64496..64511, RFC 5398
    "_65535_",  # RFC 7300
    "_(6553[6-9]|6554[0-9]|6555[01])_",  # documentation 65536..65551, RFC 5398
    "_4294967295_",  # RFC 7300
)

_D: Final = "[0-9]"
_PRIVATE_ASNS: Final = (
    f"_(6451[2-9]|645[2-9]{_D}|64[6-9]{_D}{_D}|65[0-4]{_D}{_D}|655[0-2]{_D}|6553[0-4])_",  # 64512..65534, RFC 6996
    f"_42[0-8]{_D * 7}_",  # 4200000000..4294967294, RFC 6996
    f"_429[0-3]{_D * 6}_",
    f"_4294[0-8]{_D * 5}_",
    f"_42949[0-5]{_D * 4}_",
    f"_429496[0-6]{_D * 3}_",
    f"_4294967[01]{_D * 2}_",
    f"_42949672[0-8]{_D}_",
    "_429496729[0-4]_",
)

BUILT_IN: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "prefix_sets": {"bogons": _BOGONS, "martians": _MARTIANS},
    "as_path_sets": {"bogon_asns": _BOGON_ASNS, "private_asns": _PRIVATE_ASNS},
    "community_sets": {},
}
"""By the table of the configuration that own ones stand in."""


def named(sets: PolicySetsLike, table: str) -> Mapping[str, Sequence[str]]:
    """The sets of a table by name: own ones, and built-in ones with names that no own one has."""
    return {**BUILT_IN[table], **getattr(sets, table)}
