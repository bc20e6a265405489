"""IANA's numbers by name: message types, error codes, attributes, capabilities, families, communities.

The names are those of the registries "Border Gateway Protocol (BGP) Parameters" and "Address Family Numbers".
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum, IntFlag
from typing import Final

BGP_PORT: Final = 179
BGP_VERSION: Final = 4
HEADER_SIZE: Final = 19
MARKER: Final = b"\xff" * 16
MAX_MESSAGE: Final = 4096
MAX_EXTENDED_MESSAGE: Final = 65535
"""Largest message once both sides sent the Extended Message capability (RFC 8654)."""
AS_TRANS: Final = 23456
"""Stands for an AS number over 65535 where only two octets fit (RFC 6793)."""


class MessageType(IntEnum):
    """RFC 4271 §4.1; ROUTE-REFRESH is RFC 2918."""

    OPEN = 1
    UPDATE = 2
    NOTIFICATION = 3
    KEEPALIVE = 4
    ROUTE_REFRESH = 5


class ErrorCode(IntEnum):
    """NOTIFICATION error codes (RFC 4271 §4.5, RFC 7313 §5, RFC 9687)."""

    MESSAGE_HEADER = 1
    OPEN_MESSAGE = 2
    UPDATE_MESSAGE = 3
    HOLD_TIMER_EXPIRED = 4
    FINITE_STATE_MACHINE = 5
    CEASE = 6
    ROUTE_REFRESH_MESSAGE = 7
    SEND_HOLD_TIMER_EXPIRED = 8


class HeaderSubcode(IntEnum):
    """RFC 4271 §6.1."""

    CONNECTION_NOT_SYNCHRONIZED = 1
    BAD_MESSAGE_LENGTH = 2
    BAD_MESSAGE_TYPE = 3


class OpenSubcode(IntEnum):
    """RFC 4271 §6.2, RFC 5492, RFC 9234."""

    UNSPECIFIC = 0
    UNSUPPORTED_VERSION_NUMBER = 1
    BAD_PEER_AS = 2
    BAD_BGP_IDENTIFIER = 3
    UNSUPPORTED_OPTIONAL_PARAMETER = 4
    AUTHENTICATION_FAILURE = 5
    UNACCEPTABLE_HOLD_TIME = 6
    UNSUPPORTED_CAPABILITY = 7
    ROLE_MISMATCH = 11


class UpdateSubcode(IntEnum):
    """RFC 4271 §6.3."""

    MALFORMED_ATTRIBUTE_LIST = 1
    UNRECOGNIZED_WELL_KNOWN_ATTRIBUTE = 2
    MISSING_WELL_KNOWN_ATTRIBUTE = 3
    ATTRIBUTE_FLAGS_ERROR = 4
    ATTRIBUTE_LENGTH_ERROR = 5
    INVALID_ORIGIN_ATTRIBUTE = 6
    AS_ROUTING_LOOP = 7
    INVALID_NEXT_HOP_ATTRIBUTE = 8
    OPTIONAL_ATTRIBUTE_ERROR = 9
    INVALID_NETWORK_FIELD = 10
    MALFORMED_AS_PATH = 11


class FsmSubcode(IntEnum):
    """RFC 6608 §3: in which state the unexpected message arrived."""

    UNSPECIFIED = 0
    IN_OPEN_SENT = 1
    IN_OPEN_CONFIRM = 2
    IN_ESTABLISHED = 3


class CeaseSubcode(IntEnum):
    """RFC 4486 §3, RFC 8538 §3, RFC 9384."""

    UNSPECIFIED = 0
    MAXIMUM_NUMBER_OF_PREFIXES_REACHED = 1
    ADMINISTRATIVE_SHUTDOWN = 2
    PEER_DECONFIGURED = 3
    ADMINISTRATIVE_RESET = 4
    CONNECTION_REJECTED = 5
    OTHER_CONFIGURATION_CHANGE = 6
    CONNECTION_COLLISION_RESOLUTION = 7
    OUT_OF_RESOURCES = 8
    HARD_RESET = 9
    BFD_DOWN = 10


class RefreshErrorSubcode(IntEnum):
    """RFC 7313 §5."""

    INVALID_MESSAGE_LENGTH = 1


class RefreshSubtype(IntEnum):
    """RFC 7313 §3.2."""

    REQUEST = 0
    BEGIN = 1
    END = 2


class CapabilityCode(IntEnum):
    """Capability codes (RFC 5492 registry) that pybgp knows by name."""

    MULTIPROTOCOL = 1
    ROUTE_REFRESH = 2
    EXTENDED_NEXT_HOP = 5
    EXTENDED_MESSAGE = 6
    MULTIPLE_LABELS = 8
    ROLE = 9
    GRACEFUL_RESTART = 64
    FOUR_OCTET_AS = 65
    ADD_PATH = 69
    ENHANCED_ROUTE_REFRESH = 70
    LONG_LIVED_GRACEFUL_RESTART = 71
    FQDN = 73
    ROUTE_REFRESH_CISCO = 128


class AttributeCode(IntEnum):
    """Path attribute type codes."""

    ORIGIN = 1
    AS_PATH = 2
    NEXT_HOP = 3
    MULTI_EXIT_DISC = 4
    LOCAL_PREF = 5
    ATOMIC_AGGREGATE = 6
    AGGREGATOR = 7
    COMMUNITIES = 8
    ORIGINATOR_ID = 9
    CLUSTER_LIST = 10
    MP_REACH_NLRI = 14
    MP_UNREACH_NLRI = 15
    EXTENDED_COMMUNITIES = 16
    AS4_PATH = 17
    AS4_AGGREGATOR = 18
    PMSI_TUNNEL = 22
    TUNNEL_ENCAPSULATION = 23
    TRAFFIC_ENGINEERING = 24
    IPV6_EXTENDED_COMMUNITIES = 25
    AIGP = 26
    PE_DISTINGUISHER_LABELS = 27
    LINK_STATE = 29
    LARGE_COMMUNITIES = 32
    BGPSEC_PATH = 33
    ONLY_TO_CUSTOMER = 35
    DOMAIN_PATH = 36
    SFP = 37
    BFD_DISCRIMINATOR = 38
    PREFIX_SID = 40
    ATTR_SET = 128


class AttributeFlags(IntFlag):
    """The high four bits of an attribute's first octet (RFC 4271 §4.3)."""

    EXTENDED_LENGTH = 0x10
    PARTIAL = 0x20
    TRANSITIVE = 0x40
    OPTIONAL = 0x80


WELL_KNOWN: Final = AttributeFlags.TRANSITIVE
OPTIONAL_TRANSITIVE: Final = AttributeFlags.OPTIONAL | AttributeFlags.TRANSITIVE
OPTIONAL_NON_TRANSITIVE: Final = AttributeFlags.OPTIONAL


class Origin(IntEnum):
    """ORIGIN values; the lower one is preferred (RFC 4271 §4.3, §9.1.2.2 b)."""

    IGP = 0
    EGP = 1
    INCOMPLETE = 2


class Afi(IntEnum):
    """Address family identifiers."""

    IPV4 = 1
    IPV6 = 2
    L2VPN = 25
    LINK_STATE = 16388


class Safi(IntEnum):
    """Subsequent address family identifiers."""

    UNICAST = 1
    MULTICAST = 2
    LABELED_UNICAST = 4
    VPLS = 65
    EVPN = 70
    LINK_STATE = 71
    LINK_STATE_VPN = 72
    MPLS_VPN = 128
    ROUTE_TARGET = 132
    FLOWSPEC = 133
    FLOWSPEC_VPN = 134


class Community(IntEnum):
    """Well-known communities (RFC 1997, 3765, 7611, 7999, 8326, 9026, 9494)."""

    GRACEFUL_SHUTDOWN = 0xFFFF0000
    ACCEPT_OWN = 0xFFFF0001
    LLGR_STALE = 0xFFFF0006
    NO_LLGR = 0xFFFF0007
    STANDBY_PE = 0xFFFF0009
    BLACKHOLE = 0xFFFF029A
    NO_EXPORT = 0xFFFFFF01
    NO_ADVERTISE = 0xFFFFFF02
    NO_EXPORT_SUBCONFED = 0xFFFFFF03
    NOPEER = 0xFFFFFF04

    @property
    def text(self) -> str:
        """As policies have it: "no-export"."""
        return self.name.lower().replace("_", "-")


_NAMED: Final = {f"{community >> 16}:{community & 0xFFFF}": community.text for community in Community}


def with_names(communities: Iterable[str]) -> list[str]:
    """Communities of JSON for people: "65535:65281" is "no-export", others of all kinds stay as they are."""
    return [_NAMED.get(text, text) for text in communities]
