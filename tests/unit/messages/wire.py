"""Octets for the tests of the codec: attributes, bodies and messages from hex, and what came of decoding them."""

from __future__ import annotations

from pybgp.addresses import Family
from pybgp.constants import MARKER
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.errors import Outcome
from pybgp.messages.update import Update, decode

IPV4, IPV6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST
BOTH = frozenset({IPV4, IPV6})
INTERNAL = Context(families=BOTH)
EXTERNAL = Context(kind=PeerKind.EXTERNAL, families=BOTH)
OLD = Context(kind=PeerKind.EXTERNAL, families=BOTH, four_octet_as=False)
"""An external peer that knows AS numbers of two octets only."""

ORIGIN = "40 01 01 00"
AS_PATH = "40 02 06 0201 0000fde9"  # AS_SEQUENCE 65001
NEXT_HOP = "40 03 04 0a630001"  # 10.99.0.1
MANDATORY = f"{ORIGIN} {AS_PATH} {NEXT_HOP}"
OLD_AS_PATH = "40 02 04 0201 fde9"
PREFIX = "18 0a0102"  # 10.1.2.0/24
KEY = bytes.fromhex(PREFIX)
NEXT_HOP_6 = "20010db8 00000000 00000000 00000001"
PREFIX_6 = "20 20010db8"  # 2001:db8::/32
KEY_6 = bytes.fromhex(PREFIX_6)


def octets(text: str) -> bytes:
    return bytes.fromhex(text)


def attribute(flags: int, code: int, value: str | bytes = b"") -> str:
    """One attribute as hex; with the extended length flag a two-octet length."""
    value = octets(value) if isinstance(value, str) else value
    length = len(value).to_bytes(2 if flags & 0x10 else 1)
    return (bytes((flags, code)) + length + value).hex()


def mp_reach(next_hop: str = NEXT_HOP_6, nlri: str = PREFIX_6, *, family: str = "0002 01", flags: int = 0x80) -> str:
    size = len(octets(next_hop))
    return attribute(flags, 14, f"{family} {size:02x} {next_hop} 00 {nlri}")


def mp_unreach(nlri: str = PREFIX_6, *, family: str = "0002 01", flags: int = 0x80) -> str:
    return attribute(flags, 15, f"{family} {nlri}")


def body(attributes: str = "", nlri: str = "", withdrawn: str = "") -> bytes:
    """The body of an UPDATE; the lengths are right."""
    gone, middle = octets(withdrawn), octets(attributes)
    return len(gone).to_bytes(2) + gone + len(middle).to_bytes(2) + middle + octets(nlri)


def message(kind: int, content: bytes | str = b"", length: int | None = None) -> bytes:
    content = octets(content) if isinstance(content, str) else content
    length = 19 + len(content) if length is None else length
    return MARKER + length.to_bytes(2) + bytes((kind,)) + content


def read(content: bytes, context: Context = INTERNAL) -> Update:
    """Decode with nothing remembered."""
    return decode(content, context, BlockCache())


def outcome(update: Update) -> Outcome:
    """The strongest problem of an UPDATE that was accepted."""
    return max((problem.outcome for problem in update.problems), default=Outcome.NONE)
