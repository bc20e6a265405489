"""BGP roles: which way a route may go, and ONLY_TO_CUSTOMER, which remembers it (RFC 9234 §5).

A role is ours towards the peer, by which the peer's is known. What is here holds for IPv4 and IPv6 unicast, whatever
policy says.
"""

from __future__ import annotations

from typing import Final

from ..addresses import Family
from ..constants import AttributeCode
from ..messages.attributes.block import Block
from ..messages.attributes.only_to_customer import OnlyToCustomer
from ..messages.capabilities.role import BgpRole
from ..routes import Source

FAMILIES: Final = frozenset({Family.IPV4_UNICAST, Family.IPV6_UNICAST})
REMOTE: Final = {
    BgpRole.PROVIDER: "customer",
    BgpRole.RS: "route server client",
    BgpRole.RS_CLIENT: "route server",
    BgpRole.CUSTOMER: "provider",
    BgpRole.PEER: "peer",
}
"""What somebody is to us for whom we are this."""

_OTC: Final = AttributeCode.ONLY_TO_CUSTOMER
_OTC_BIT: Final = 1 << _OTC
_FROM_BELOW: Final = frozenset({BgpRole.PROVIDER, BgpRole.RS})
"""Our roles towards those who must not send a route that may only go down."""
_FROM_ABOVE: Final = frozenset({BgpRole.CUSTOMER, BgpRole.PEER, BgpRole.RS_CLIENT})
"""Our roles towards those whose routes may only go down from here; they are told no such route."""
_DOWN: Final = frozenset({BgpRole.PROVIDER, BgpRole.PEER, BgpRole.RS})
"""Our roles towards those from whom on a route may only go down."""


def leak(role: BgpRole, block: Block, source: Source) -> str | None:
    """Why a received route has gone a way that it may not, None if it hasn't (RFC 9234 §5, ingress 1 and 2)."""
    if not block.mask & _OTC_BIT:
        return None
    asn = _asn(block)
    if role in _FROM_BELOW:
        return f"a leak: ONLY_TO_CUSTOMER {asn} from a {REMOTE[role]} (RFC 9234 §5)"
    if role is BgpRole.PEER and asn != source.remote_as:
        return f"a leak: ONLY_TO_CUSTOMER {asn} from a peer that is AS {source.remote_as} (RFC 9234 §5)"
    return None


def marked_on_import(role: BgpRole, block: Block, source: Source) -> Block:
    """ONLY_TO_CUSTOMER with the peer's AS, if a provider, peer or route server sent none (RFC 9234 §5, ingress 3)."""
    if role not in _FROM_ABOVE or block.mask & _OTC_BIT:
        return block
    return block.replace(set=(OnlyToCustomer(source.remote_as),))


def may_not_go(role: BgpRole, block: Block) -> str | None:
    """Why a route isn't told to such a peer, None if it may be (RFC 9234 §5, egress 2)."""
    if role not in _FROM_ABOVE or not block.mask & _OTC_BIT:
        return None
    return f"ONLY_TO_CUSTOMER {_asn(block)}: not for a {REMOTE[role]} (RFC 9234 §5)"


def marked_on_export(role: BgpRole, block: Block, local_as: int) -> Block:
    """ONLY_TO_CUSTOMER with our AS for a customer, peer or route server client (RFC 9234 §5, egress 1)."""
    if role not in _DOWN or block.mask & _OTC_BIT:
        return block
    return block.replace(set=(OnlyToCustomer(local_as),))


def _asn(block: Block) -> int:
    return int.from_bytes(block.value(_OTC) or b"")
