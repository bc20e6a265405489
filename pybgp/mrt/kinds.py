"""IANA's numbers of MRT: types, subtypes, and the states in a state change (RFC 6396 §4, RFC 8050)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from ..addresses import Family


class MrtType(IntEnum):
    """The types that pybgp reads."""

    TABLE_DUMP = 12
    TABLE_DUMP_V2 = 13
    BGP4MP = 16
    BGP4MP_ET = 17
    """With microseconds."""


ASSIGNED: Final = frozenset((*range(1, 14), 16, 17, 32, 33, 48, 49))
"""All that mean something (RFC 6396 §4 and appendix B): anything else is more likely not a header at all, as zeros."""


class TableSubtype(IntEnum):
    """Subtypes of TABLE_DUMP_V2 (RFC 6396 §4.3, RFC 8050 §4)."""

    PEER_INDEX_TABLE = 1
    RIB_IPV4_UNICAST = 2
    RIB_IPV4_MULTICAST = 3
    RIB_IPV6_UNICAST = 4
    RIB_IPV6_MULTICAST = 5
    RIB_GENERIC = 6
    RIB_IPV4_UNICAST_ADDPATH = 8
    RIB_IPV4_MULTICAST_ADDPATH = 9
    RIB_IPV6_UNICAST_ADDPATH = 10
    RIB_IPV6_MULTICAST_ADDPATH = 11
    RIB_GENERIC_ADDPATH = 12


class Bgp4mpSubtype(IntEnum):
    """Subtypes of BGP4MP and BGP4MP_ET (RFC 6396 §4.4, RFC 8050 §3); LOCAL: the message is one that we sent."""

    STATE_CHANGE = 0
    MESSAGE = 1
    MESSAGE_AS4 = 4
    STATE_CHANGE_AS4 = 5
    MESSAGE_LOCAL = 6
    MESSAGE_AS4_LOCAL = 7
    MESSAGE_ADDPATH = 8
    MESSAGE_AS4_ADDPATH = 9
    MESSAGE_LOCAL_ADDPATH = 10
    MESSAGE_AS4_LOCAL_ADDPATH = 11


class FsmState(IntEnum):
    """The states of RFC 6396 §4.4.1, and two that Quagga and FRR write besides."""

    IDLE = 1
    CONNECT = 2
    ACTIVE = 3
    OPEN_SENT = 4
    OPEN_CONFIRM = 5
    ESTABLISHED = 6
    CLEARING = 7
    DELETED = 8


RIB_FAMILIES: Final[dict[int, tuple[Family, bool]]] = {
    TableSubtype.RIB_IPV4_UNICAST: (Family.IPV4_UNICAST, False),
    TableSubtype.RIB_IPV4_MULTICAST: (Family.IPV4_MULTICAST, False),
    TableSubtype.RIB_IPV6_UNICAST: (Family.IPV6_UNICAST, False),
    TableSubtype.RIB_IPV6_MULTICAST: (Family.IPV6_MULTICAST, False),
    TableSubtype.RIB_IPV4_UNICAST_ADDPATH: (Family.IPV4_UNICAST, True),
    TableSubtype.RIB_IPV4_MULTICAST_ADDPATH: (Family.IPV4_MULTICAST, True),
    TableSubtype.RIB_IPV6_UNICAST_ADDPATH: (Family.IPV6_UNICAST, True),
    TableSubtype.RIB_IPV6_MULTICAST_ADDPATH: (Family.IPV6_MULTICAST, True),
}
"""Subtypes of one family → it, and whether their entries have path identifiers."""

MESSAGE_SUBTYPES: Final[dict[int, tuple[bool, bool, bool]]] = {
    Bgp4mpSubtype.MESSAGE: (False, False, False),
    Bgp4mpSubtype.MESSAGE_AS4: (True, False, False),
    Bgp4mpSubtype.MESSAGE_LOCAL: (False, True, False),
    Bgp4mpSubtype.MESSAGE_AS4_LOCAL: (True, True, False),
    Bgp4mpSubtype.MESSAGE_ADDPATH: (False, False, True),
    Bgp4mpSubtype.MESSAGE_AS4_ADDPATH: (True, False, True),
    Bgp4mpSubtype.MESSAGE_LOCAL_ADDPATH: (False, True, True),
    Bgp4mpSubtype.MESSAGE_AS4_LOCAL_ADDPATH: (True, True, True),
}
"""Subtypes with a message → four-octet AS numbers, sent by us, path identifiers."""
