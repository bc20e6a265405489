"""BGP4MP and BGP4MP_ET: the messages and state changes of sessions, as they happen (RFC 6396 §4.4, RFC 8050 §3)."""

from __future__ import annotations

from struct import Struct
from typing import Final

from ..constants import HEADER_SIZE, Afi
from .errors import BadRecord
from .kinds import MESSAGE_SUBTYPES, Bgp4mpSubtype
from .records import Message, StateChange

_NARROW: Final = Struct("!HHHH")
_WIDE: Final = Struct("!IIHH")
_STATES: Final = Struct("!HH")
_tuple: Final = tuple.__new__
_WIDTHS: Final = {Afi.IPV4.value: 4, Afi.IPV6.value: 16}
_STATE_SUBTYPES: Final = {Bgp4mpSubtype.STATE_CHANGE.value: False, Bgp4mpSubtype.STATE_CHANGE_AS4.value: True}


def read(
    seconds: int, microseconds: int, subtype: int, body: bytes, *, extended: bool = False
) -> Message | StateChange | None:
    """A record of BGP4MP; None if the subtype is unknown. ``body`` is without the microseconds of BGP4MP_ET.

    Raises:
        BadRecord: the body is not what the subtype says.
    """
    if subtype in MESSAGE_SUBTYPES:
        wide, local, add_path = MESSAGE_SUBTYPES[subtype]
    elif subtype in _STATE_SUBTYPES:
        wide, local, add_path = _STATE_SUBTYPES[subtype], False, False
    else:
        return None
    head = _WIDE if wide else _NARROW
    if len(body) < head.size:
        raise BadRecord(f"BGP4MP of {len(body)} octets, expected at least {head.size}")
    peer_as, local_as, interface, afi = head.unpack_from(body)
    width = _WIDTHS.get(afi)
    if width is None:
        raise BadRecord(f"address family {afi}, expected 1 or 2")
    local_at = head.size + width
    rest = body[local_at + width :]
    if len(body) < local_at + width:
        raise BadRecord(f"BGP4MP of {len(body)} octets, expected at least {local_at + width}")
    peer_address, local_address = body[head.size : local_at], body[local_at : local_at + width]
    if subtype in MESSAGE_SUBTYPES:
        if len(rest) < HEADER_SIZE or rest[16] << 8 | rest[17] != len(rest):
            raise BadRecord(f"{len(rest)} octets are not one whole message")
        # HOT: once a message, so the tuple is made without a NamedTuple's detour
        who = (seconds, peer_as, local_as, peer_address, local_address, rest)
        return _tuple(Message, (*who, microseconds, extended, interface, wide, local, add_path))
    if len(rest) != _STATES.size:
        raise BadRecord(f"{len(rest)} octets of states, expected {_STATES.size}")
    old_state, new_state = _STATES.unpack(rest)
    return StateChange(
        seconds=seconds,
        microseconds=microseconds,
        extended=extended,
        peer_as=peer_as,
        local_as=local_as,
        peer_address=peer_address,
        local_address=local_address,
        interface=interface,
        four_octet_as=wide,
        old_state=old_state,
        new_state=new_state,
    )
