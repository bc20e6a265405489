"""What BIRD, FRR and GoBGP send of every family: it is read without complaint, and written again it says the same.

The messages are those of ``tests/data/captured``; its README says how they were made.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pybgp.addresses import Family
from pybgp.constants import AttributeCode, MessageType
from pybgp.messages import Context, Framer, Open, Update, decode, encode, header, json_form, update
from pybgp.messages.attributes.base import pack, walk
from pybgp.messages.attributes.block import Block
from pybgp.messages.families.base import join
from pybgp.messages.families.registry import FAMILIES

FILES = sorted((Path(__file__).parents[2] / "data" / "captured").glob("*.hex"))
UPDATES = [pytest.param(each, id=each.stem) for each in FILES if not each.stem.endswith(("-open", "-end-of-rib"))]
ENDS = [pytest.param(each, id=each.stem) for each in FILES if each.stem.endswith("-end-of-rib")]
OPENS = [pytest.param(each, id=each.stem) for each in FILES if each.stem.endswith("-open")]
MULTIPROTOCOL = (AttributeCode.MP_REACH_NLRI, AttributeCode.MP_UNREACH_NLRI)
FAMILY_SET = frozenset(each.family for each in FAMILIES.values())
PLAIN = Context(families=FAMILY_SET)
ADD_PATH = Context(families=FAMILY_SET, add_path_receive=FAMILY_SET, add_path_send=FAMILY_SET)


def context_of(path: Path) -> Context:
    """How the messages of a file are read; what has "add-path" in its name has path identifiers."""
    return ADD_PATH if "add-path" in path.name else PLAIN


def messages(path: Path) -> list[bytes]:
    return [bytes.fromhex(line) for line in path.read_text().splitlines()]


Route = tuple[Family, int, bytes]


def parts(octets: bytes, context: Context) -> tuple[dict[Route, Block], set[Route]]:
    """The routes with their blocks, and those withdrawn, of one or more UPDATEs."""
    found: dict[Route, Block] = {}
    gone: set[Route] = set()
    for kind, body in Framer().feed(octets):
        said = decode(header.message(MessageType(kind), bytes(body)), context)
        assert isinstance(said, Update)
        found |= {(group.family, group.path_id, key): group.block for group in said.reachable for key in group.keys}
        gone |= {(group.family, group.path_id, key) for group in said.withdrawn for key in group.keys}
    return found, gone


@pytest.mark.parametrize("path", UPDATES)
def test_updates_are_read_without_complaint(path: Path) -> None:
    family = Family.parse(path.stem.removesuffix(".add-path").partition("-")[2])

    for message in messages(path):
        said = decode(message, context_of(path))

        assert isinstance(said, Update)
        assert said.problems == ()
        assert {group.family for group in (*said.reachable, *said.withdrawn)} == {family}


@pytest.mark.parametrize("path", UPDATES)
def test_updates_written_again_say_the_same(path: Path) -> None:
    for message in messages(path):
        said = decode(message, context_of(path))

        again = encode(said, context_of(path))

        assert parts(again, context_of(path)) == parts(message, context_of(path))


@pytest.mark.parametrize("path", UPDATES)
def test_updates_in_our_order_are_written_again_octet_by_octet(path: Path) -> None:
    """But for lengths of one octet that they send in two. So is all that BIRD sends but labels."""
    context = context_of(path)
    exact = [message for message in messages(path) if is_in_our_order(message, context)]

    assert [encode(decode(message, context), context) for message in exact] == list(map(shortened, exact))
    assert exact or not path.stem.startswith("bird")


def is_in_our_order(message: bytes, context: Context) -> bool:
    """Attributes ascend behind MP_REACH_NLRI or MP_UNREACH_NLRI, and destinations are as in a key, of one path."""
    _, attributes, _ = update.split(message[19:])
    codes = [raw.code for raw in walk(attributes)]
    if codes and codes[0] in MULTIPROTOCOL:
        del codes[0]
    said = decode(message, context)
    assert isinstance(said, Update)
    groups = (*said.withdrawn, *said.reachable)
    keys = b"".join(join(group.keys, group.path_id if context.add_path_receive else None) for group in groups)
    return len(groups) == 1 and codes == sorted(codes) and not {*MULTIPROTOCOL} & {*codes} and keys in message


def shortened(message: bytes) -> bytes:
    """The message with the length of every attribute in one octet where it fits."""
    withdrawn, attributes, announced = update.split(message[19:])
    short = b"".join(pack(raw.flags, raw.code, raw.value) for raw in walk(attributes))
    body = len(withdrawn).to_bytes(2) + withdrawn + len(short).to_bytes(2) + short + announced
    return header.message(MessageType.UPDATE, body)


@pytest.mark.parametrize("path", [*UPDATES, *ENDS, *OPENS])
def test_json_has_every_octet(path: Path) -> None:
    for message in messages(path):
        said = json_form.to_json(message, context_of(path))

        assert "error" not in said
        assert "problems" not in said
        assert json_form.from_json(said) == message


@pytest.mark.parametrize("path", OPENS)
def test_opens_written_again_say_the_same(path: Path) -> None:
    (message,) = messages(path)
    said = decode(message)

    again = encode(said)

    assert isinstance(said, Open)
    assert decode(again) == said


@pytest.mark.parametrize("path", ENDS)
def test_ends_of_rib_are_those_of_families(path: Path) -> None:
    """RFC 4724 §2."""
    for message in messages(path):
        said = decode(message, context_of(path))

        assert isinstance(said, Update)
        assert said.end_of_rib is not None
        assert encode(said, context_of(path)) == shortened(message)
