"""Every truncation and every single-octet change of a message of each kind: a value or a protocol error, nothing else.

The messages are the examples of docs/reference/messages/: one for each message, attribute and family.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pybgp.constants import HEADER_SIZE, ErrorCode
from pybgp.errors import ProtocolError
from pybgp.messages import BlockCache, Context, Notification, Open, RouteRefresh, Update, update
from tests import reference

EXAMPLES = reference.examples()


def read(kind: int, body: bytes, context: Context, blocks: BlockCache) -> object:
    """What a body says, or the NOTIFICATION that it gets; every other exception is the test's failure."""
    try:
        match kind:
            case 1:
                return Open.decode(body)
            case 2:
                return update.decode(body, context, blocks)
            case 3:
                return Notification.decode(body)
            case 5:
                return RouteRefresh.decode(body)
        return None
    except ProtocolError as error:
        return ErrorCode(error.code), Notification.from_error(error)


def changes(body: bytes) -> Iterator[bytes]:
    """``body`` with one octet changed, in every way."""
    for at in range(len(body)):
        before, behind, was = body[:at], body[at + 1 :], body[at]
        for value in range(256):
            if value != was:
                yield b"%b%c%b" % (before, value, behind)


@pytest.mark.row("SEC-06")
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_change_of_an_octet_is_a_crash(name: str) -> None:
    octets, context = EXAMPLES[name]
    blocks = BlockCache(256)
    kind, body = octets[HEADER_SIZE - 1], octets[HEADER_SIZE:]
    right = read(kind, body, context, blocks)

    outcomes = [read(kind, changed, context, blocks) for changed in changes(body)]

    assert len(outcomes) == 255 * len(body)
    assert not body or any(outcome != right for outcome in outcomes)


@pytest.mark.row("SEC-06")
@pytest.mark.parametrize("name", EXAMPLES)
def test_no_truncation_is_a_crash_or_a_route_that_is_not_all_there(name: str) -> None:
    octets, context = EXAMPLES[name]
    kind, body = octets[HEADER_SIZE - 1], octets[HEADER_SIZE:]
    whole = read(kind, body, context, BlockCache())

    for size in range(len(body)):
        found = read(kind, body[:size], context, BlockCache())
        if isinstance(found, Update) and isinstance(whole, Update):
            keys = [key for each in found.reachable for key in each.keys]
            assert set(keys) <= {key for each in whole.reachable for key in each.keys}
