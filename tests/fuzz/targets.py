"""What is fuzzed without a network. A target takes octets and says in a few words what came of them.

It raises for a finding: anything but a value or a ``ProtocolError`` (``ValueError`` where the text form says so), or a
law that doesn't hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from pybgp.constants import HEADER_SIZE, MessageType
from pybgp.errors import ProtocolError
from pybgp.messages import BlockCache, Context, Framer, Notification, Open, PeerKind, Update, update
from pybgp.messages.attributes import registry as attributes
from pybgp.messages.attributes.base import CANONICAL, walk
from pybgp.messages.attributes.block import parse
from pybgp.messages.errors import AttributeProblem
from pybgp.messages.families.registry import FAMILIES
from pybgp.messages.header import message
from pybgp.messages.message import decode, encode

ALL: Final = frozenset(family.family for family in FAMILIES.values())
CONTEXTS: Final = tuple(
    Context(
        kind=kind,
        four_octet_as=four,
        families=ALL,
        add_path_receive=ids,
        add_path_send=ids,
        extended_next_hop=ALL if extended else frozenset(),
        multiple_labels=ALL if extended else frozenset(),
        max_receive=65_535,
        max_send=65_535,
    )
    for kind in PeerKind
    for four in (True, False)
    for ids in (frozenset(), ALL)
    for extended in (False, True)
)


@dataclass(frozen=True, slots=True)
class Target:
    """``run`` says what came of an input; the first octet of an input may choose a context or a kind."""

    name: str
    run: Callable[[bytes], str]
    seeds: Callable[[], list[bytes]]


def kind_of(error: Exception) -> str:
    """An error without its numbers: what makes one different from another."""
    return f"{type(error).__name__} {re.sub(r'[0-9a-f]{3,}|[0-9]+', '#', str(error))[:120]}"


# -- messages ----------------------------------------------------------------------------------------------------------


def run_message(octets: bytes) -> str:
    """A message: the first octet chooses the context, the second one is the type, the rest the body."""
    if len(octets) < 2:
        return "nothing"
    context = CONTEXTS[octets[0] % len(CONTEXTS)]
    try:
        found = decode(message(octets[1], octets[2 : 65_538 - HEADER_SIZE]), context)
    except ProtocolError as error:
        Notification.from_error(error).encode()
        return kind_of(error)
    if isinstance(found, Update):
        return " ".join(sorted(set(_update_features(found, context)))[:3])
    again = found.encode()
    if not isinstance(found, Open) or len(again) <= 4096:
        assert decode(again, context) == found, "a message that is sent on is another one"
    return f"{type(found).__name__} {_shape(found)}"


def _shape(found: object) -> str:
    if isinstance(found, Open):
        return ",".join(sorted({type(each).__name__ for each in found.capabilities}))
    return ""


def _update_features(found: Update, context: Context) -> Iterator[str]:
    for problem in found.problems:
        yield f"{problem.outcome.name} {problem.attribute_name} {kind_of(problem.error)}"
    for gone in found.withdrawn:
        assert gone.keys, "an empty group"
        yield f"-{gone.family}"
    for reach in found.reachable:
        block = reach.block
        yield f"+{reach.family} {block.mask.bit_count()} {len(block.next_hop)}"
        again = parse(block.octets, block.next_hop, CANONICAL)
        assert block.octets == (again.block.octets if again.block else b""), "a block that isn't canonical"
        assert len(repr(block)) < 4000, "a representation that is too long for a log"
    if found.end_of_rib:
        yield f"end {found.end_of_rib}"
    if not found.problems:
        sent = encode(found, context)
        if context.kind is PeerKind.INTERNAL or context.four_octet_as:
            assert _routes(sent, context) == _routes_of(found), "an UPDATE that is sent on says something else"


def _routes(octets: bytes, context: Context) -> object:
    framer = Framer(65_535)
    routes: dict[object, object] = {}
    for _, body in framer.feed(octets):
        routes |= _routes_of(update.decode(body, context, BlockCache(16)))
    assert framer.error is None
    return routes


def _routes_of(found: Update) -> dict[object, object]:
    routes: dict[object, object] = {}
    for gone in found.withdrawn:
        routes |= {(gone.family, gone.path_id, key): None for key in gone.keys}
    for reach in found.reachable:
        routes |= {(reach.family, reach.path_id, key): reach.block for key in reach.keys}
    return routes


def message_seeds() -> list[bytes]:
    """Numbers of contexts and types in front of small good bodies."""
    return [bytes((number, kind)) + body for number in (0, 6, 9, 14) for kind, body in BODIES]


BODIES: Final = [
    (kind, bytes.fromhex(body))
    for kind, body in (
        (1, "04 fde9 005a c0000201 00"),
        (1, "04 5ba0 00b4 c0000201 1c 02 1a 0104 00010001 0200 4104 0001fde9 4600 4002 0078 0601 00"),
        (1, "04 fde9 005a c0000201 ff ff 0010 02 000d 4006 8078 00010180 4504 00010103"),
        (2, "0000 0000"),
        (2, "0004 180a0102 0000"),
        (2, "0000 0014 40010100 40020602010000fde9 400304c0000202 180a0102"),
        (2, "0000 0014 40010100 40020602010000fde9 400304c0000202 00000007 180a0102"),
        (2, "0000 0006 800f03 000201"),
        (
            2,
            "0000 0034 800e16 000201 10 20010db8000000000000000000000001 00 00"
            "40010100 40020602010000fde9 400504 00000064 c00804 00fd0007",
        ),
        (3, "0602 03 627965"),
        (4, ""),
        (5, "0001 00 01"),
    )
]
"""(type, body) of small messages that have nothing wrong."""


def run_stream(octets: bytes) -> str:
    """A stream, cut into chunks of a size that the first octet says: chunks make no difference."""
    size = 1 + (octets[0] if octets else 0)
    whole, cut = Framer(), Framer()
    found = whole.feed(octets[1:])
    again = [each for at in range(1, len(octets), size) for each in cut.feed(octets[at : at + size])]
    assert again == found, "chunks make a difference"
    assert type(cut.error) is type(whole.error), "chunks make a difference to an error"
    return f"{len(found).bit_length()} {'' if whole.error is None else kind_of(whole.error)}"


def stream_seeds() -> list[bytes]:
    """Whole messages, one and many."""
    messages = [message(kind, body) for kind, body in BODIES]
    return [b"\x10" + each for each in (*messages, b"".join(messages))]


# -- attributes and families alone -------------------------------------------------------------------------------------


def run_attribute(octets: bytes) -> str:
    """One attribute's value: the first octet is its type."""
    kind = attributes.known(octets[0]) if octets else None
    if kind is None:
        return "unknown"
    try:
        found = kind.decode(octets[1:])
    except AttributeProblem as error:
        return kind_of(error)
    again = kind.decode(found.encode())
    assert again == found, "an attribute that is sent on is another one"
    assert kind.decode(again.encode()).encode() == again.encode(), "an encoding that isn't stable"
    assert len(repr(found)) < 1000, "a representation that is too long for a log"
    return f"{kind.__name__} {len(octets).bit_length()}"


def attribute_seeds() -> list[bytes]:
    """Values by type, from the messages' own seeds and from lengths that are often right."""
    found = {bytes((code,)) + bytes(size) for code in attributes.ATTRIBUTES for size in (0, 1, 4, 5, 8, 12, 20)}
    for kind, body in BODIES:
        if kind == MessageType.UPDATE:
            found |= {bytes((raw.code,)) + raw.value for raw in walk(update.split(body)[1])}
    return sorted(found)


def run_family(octets: bytes) -> str:
    """An NLRI field: the first octet chooses the family, and whether there are path identifiers and label stacks."""
    if not octets:
        return "empty"
    families = list(FAMILIES.values())
    family = families[octets[0] % len(families)]
    if octets[0] & 0x40:
        family = family.multiple_labels
    ids = bool(octets[0] & 0x80)
    try:
        groups = family.split_with_ids(octets[1:]) if ids else [(0, family.split(octets[1:]))]
    except ProtocolError as error:
        return f"{family.family} {kind_of(error)}"
    shapes = set()
    for _, keys in groups:
        bad = {each.key: each for each in family.judge(keys)}
        for key in keys:
            assert len(key) <= family.max_key or key in bad, (
                f"a key of {len(key)} octets, said at most {family.max_key}"
            )
            family.identity(key)
            text = family.key_text(key)
            if key in bad:
                shapes.add(f"bad {re.sub('[0-9]+', '#', bad[key].why)[:80]}")
                continue
            assert family.split(key) == [key], "a key that isn't canonical"
            value = family.value(key)
            assert value.encode() == key, "a value that is another key"
            assert family.parse(text) == key, f"{text!r} is read as another key"
            assert family.from_json(value.to_json()) == key, f"{value.to_json()} is read as another key"
            shapes.add(f"{type(value).__name__} {len(key).bit_length()}")
    return f"{family.family} {' '.join(sorted(shapes))}"


def family_seeds() -> list[bytes]:
    """Some prefixes for each."""
    fields = (
        "",
        "00",
        "180a0102",
        "200a010203 180a01",
        "00000001 180a0102",
        "30 000641 0a0102",
        "30 000640 0a0102",
        "70 000641 0000fde900000001 0a0102",
        "05 0118 0a0102",
        "09 01180a0102 0381 06",
        "03 11 0000fde900000001 00",
        "0221 0000fde900000001 00112233445566778899 00000001 30 aabbccddeeff 00 000641",
        "60 0000fde9 0002fde9 00000001",
    )
    found = []
    for field in fields:
        for number in range(len(FAMILIES)):
            found += [bytes((number | bits,)) + bytes.fromhex(field) for bits in (0, 0x80)]
    return found


TARGETS: Final = (
    Target("stream", run_stream, stream_seeds),
    Target("message", run_message, message_seeds),
    Target("attribute", run_attribute, attribute_seeds),
    Target("family", run_family, family_seeds),
)
