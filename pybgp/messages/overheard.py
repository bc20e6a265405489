"""How what one side of a session sends must be read: from the two OPENs, or, for a bystander without them, by guessing.

What an UPDATE's octets mean depends on what the two sides agreed on.
"""

from __future__ import annotations

from typing import Final

from ..addresses import Family
from ..constants import MAX_EXTENDED_MESSAGE, MAX_MESSAGE, Afi, AttributeCode
from ..errors import UpdateError
from . import update
from .attributes import registry
from .attributes.base import RawAttribute, walk
from .attributes.mp_reach import MpReach, MpUnreach
from .capabilities import (
    AddPath,
    AddPathMode,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    MultipleLabels,
    MultiProtocol,
)
from .context import Context, PeerKind
from .errors import AttributeProblem
from .families.base import FamilyCodec
from .families.registry import FAMILIES
from .open import Open


def everything(
    *, four_octet_as: bool = True, add_path: frozenset[Family] = frozenset(), loopback: bool = False
) -> Context:
    """A context for octets of which nothing is known: all families, messages of any size, from an internal peer.

    An internal one, since it may send every attribute. ``add_path`` are the families with path identifiers.
    """
    families = frozenset(each.family for each in FAMILIES.values())
    return Context(
        kind=PeerKind.INTERNAL,
        four_octet_as=four_octet_as,
        families=families,
        add_path_receive=add_path,
        extended_next_hop=families,
        max_receive=MAX_EXTENDED_MESSAGE,
        max_send=MAX_EXTENDED_MESSAGE,
        loopback=loopback,
    )


def context_of(sender: Open, receiver: Open, *, kind: PeerKind | None = None, loopback: bool = False) -> Context:
    """How ``receiver`` reads what ``sender`` sends it.

    Without a ``kind`` the sender is external when the AS numbers differ; that two of them are members of one
    confederation no OPEN says. ``loopback``: the connection runs over loopback addresses.
    """
    families = _families(sender) & _families(receiver)
    if kind is None:
        kind = PeerKind.INTERNAL if sender.asn == receiver.asn else PeerKind.EXTERNAL
    return Context(
        kind=kind,
        four_octet_as=sender.find(FourOctetAs) is not None and receiver.find(FourOctetAs) is not None,
        families=families,
        add_path_receive=families & identified(sender, AddPathMode.SEND) & identified(receiver, AddPathMode.RECEIVE),
        add_path_send=families & identified(receiver, AddPathMode.SEND) & identified(sender, AddPathMode.RECEIVE),
        extended_next_hop=families & _next_hops(sender) & _next_hops(receiver),
        multiple_labels=families & multiple_labels(sender) & multiple_labels(receiver),
        max_receive=_largest(receiver),
        max_send=_largest(sender),
        loopback=loopback,
    )


def _families(side: Open) -> frozenset[Family]:
    """Without any multiprotocol capability it is IPv4 unicast (RFC 4760 §8)."""
    return frozenset(each.family for each in side.find_all(MultiProtocol)) or frozenset({Family.IPV4_UNICAST})


def identified(side: Open, mode: AddPathMode) -> frozenset[Family]:
    """Families whose routes have path identifiers in that direction; what is said twice adds up."""
    return frozenset(family for each in side.find_all(AddPath) for family, modes in each.entries if modes & mode)


def _next_hops(side: Open) -> frozenset[Family]:
    """Families whose routes may have an IPv6 next hop (RFC 8950 §4)."""
    found = side.find(ExtendedNextHop)
    return frozenset(family for family, afi in found.entries if afi == Afi.IPV6) if found else frozenset()


def multiple_labels(side: Open) -> frozenset[Family]:
    """Families of which this side takes more than one label (RFC 8277 §2.1)."""
    found = side.find(MultipleLabels)
    return frozenset(family for family, _ in found.entries) if found else frozenset()


def _largest(side: Open) -> int:
    """Largest message that this side takes, in octets (RFC 8654 §4)."""
    return MAX_EXTENDED_MESSAGE if side.find(ExtendedMessage) is not None else MAX_MESSAGE


_ENOUGH: Final = 64
"""After so many UPDATEs the best guess stands."""
_WRONG: Final = 8
"""What counts against a reading that can't be; 1 counts what is only strange."""


class Guess:
    """What one side's UPDATEs look like where the OPENs are not known.

    AS numbers are tried with four and with two octets, the NLRI of each family without and with path identifiers. What
    doesn't fit counts against a reading: values that can't be, one prefix twice, prefixes with bits behind their
    length. The reading with the least against it so far is the guess; in doubt four octets and no identifiers.
    """

    __slots__ = ("_against_ids", "_against_sizes", "_seen", "context", "loopback")

    def __init__(self, *, loopback: bool = False) -> None:
        self._against_sizes = [0, 0]  # four octets, two octets
        self._against_ids: dict[Family, list[int]] = {}  # without, with path identifiers
        self._seen = 0
        self.loopback = loopback
        self.context = everything(loopback=loopback)

    def learn(self, body: bytes) -> Context:
        """Look at an UPDATE's body; how to read it."""
        if self._seen < _ENOUGH and len(body) > 4:
            self._seen += 1
            try:
                self._look(*update.split(body))
            except UpdateError:
                return self.context  # nothing can be learned of it
            self.context = self._best()
        return self.context

    def _look(self, withdrawn: bytes, attributes: bytes, nlri: bytes) -> None:
        fields = [(Family.IPV4_UNICAST, withdrawn), (Family.IPV4_UNICAST, nlri)]
        for raw in walk(attributes):
            if raw.code == AttributeCode.MP_REACH_NLRI:
                reach = MpReach.decode(raw.value)
                fields.append((reach.family, reach.nlri))
            elif raw.code == AttributeCode.MP_UNREACH_NLRI:
                unreach = MpUnreach.decode(raw.value)
                fields.append((unreach.family, unreach.nlri))
            else:
                for number, context in enumerate(_AS_SIZES):
                    self._against_sizes[number] += _against_attribute(raw, context)
        for family, field in fields:
            if field and family in FAMILIES:
                against = self._against_ids.setdefault(family, [0, 0])
                for number, id_size in enumerate((0, 4)):
                    against[number] += _against_field(FAMILIES[family], field, id_size)

    def _best(self) -> Context:
        with_ids = frozenset(family for family, (without, ids) in self._against_ids.items() if ids < without)
        four_octet_as = self._against_sizes[0] <= self._against_sizes[1]
        if with_ids == self.context.add_path_receive and four_octet_as == self.context.four_octet_as:
            return self.context
        return everything(four_octet_as=four_octet_as, add_path=with_ids, loopback=self.loopback)


_AS_SIZES: Final = (Context(), Context(four_octet_as=False))
_HAVE_AS_NUMBERS: Final = frozenset({AttributeCode.AS_PATH, AttributeCode.AGGREGATOR})
_OF_TWO_OCTETS: Final = frozenset({AttributeCode.AS4_PATH, AttributeCode.AS4_AGGREGATOR})


def _against_attribute(raw: RawAttribute, context: Context) -> int:
    if raw.code in _OF_TWO_OCTETS:
        return _WRONG * context.four_octet_as
    kind = registry.known(raw.code) if raw.code in _HAVE_AS_NUMBERS else None
    if kind is None:
        return 0
    try:
        kind.decode(raw.value, context)
    except AttributeProblem:
        return _WRONG
    return 0


def _against_field(family: FamilyCodec, field: bytes, id_size: int) -> int:
    try:
        pairs = list(family.walk(field, id_size))
    except UpdateError:
        return _WRONG
    untidy = field != b"".join(map(b"".join, pairs))
    return untidy + len(pairs) - len(set(pairs)) + _WRONG * len(family.judge([key for _, key in pairs]))
