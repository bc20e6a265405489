"""A case played on the state machine and the codec: octets in, octets out, no socket, no speaker."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from itertools import count
from random import Random

from pybgp.addresses import Family
from pybgp.config.model import GracefulRestartConfig, SpeakerConfig
from pybgp.errors import UpdateError
from pybgp.fsm import actions
from pybgp.fsm.negotiate import Negotiated
from pybgp.fsm.peer import PeerFsm
from pybgp.fsm.states import State
from pybgp.messages import update
from pybgp.messages.attributes.base import walk
from pybgp.messages.attributes.block import Block
from pybgp.messages.attributes.cache import BlockCache
from pybgp.messages.families import registry
from pybgp.messages.header import KEEPALIVE
from pybgp.speaker.peers import session_settings

from . import heard
from .case import IPV4, IPV6, LOCAL_AS, Case, Result
from .heard import Route, Table

LOCAL, REMOTE = "192.0.2.1", "192.0.2.2"
ROUTER_ID = "10.0.0.1"


class Played:
    """One session, and what its UPDATEs left."""

    def __init__(self, case: Case) -> None:
        speaker = SpeakerConfig(
            local_as=LOCAL_AS, router_id=ROUTER_ID, graceful_restart=GracefulRestartConfig(role="off")
        )
        settings = replace(session_settings(case.kind.config(REMOTE), speaker), **case.kind.settings)
        self.fsm = PeerFsm(settings, conn_ids=count(2), random=Random(1))
        self.sent: list[bytes] = []
        self.closed = False
        self.table = Table()
        self.negotiated: Negotiated | None = None
        self.problems: Counter[tuple[str, str]] = Counter()
        self._blocks = BlockCache()
        self.fsm.start(0)
        self.fsm.incoming(1, 0, local_address=LOCAL, remote_address=REMOTE)
        self.drain()

    def feed(self, data: bytes, pieces_of: int = 0) -> None:
        size = pieces_of or len(data)
        for at in range(0, len(data), size or 1):
            self.fsm.received(1, data[at : at + size], 1)
            self.drain()

    def drain(self) -> None:
        for action in self.fsm.take_output():
            match action:
                case actions.Send(_, data):
                    self.sent.append(data)
                case actions.Close():
                    self.closed = True
                case actions.Up(_, negotiated):
                    self.negotiated = negotiated
                case actions.Updates(conn, bodies):
                    self._updates(conn, bodies)

    def _updates(self, conn: int, bodies: list[bytes]) -> None:
        assert self.negotiated is not None
        for body in bodies:
            try:
                found = update.decode(body, self.negotiated.context, self._blocks)
            except UpdateError as error:
                self.fsm.fail(conn, error, 1)
                self.drain()
                return
            for problem in found.problems:
                self.problems[problem.attribute_name, problem.outcome.name.lower().replace("_", "-")] += 1
            for family, path_id, keys in found.withdrawn:
                for key in keys:
                    self.table.drop(_text(family, key), path_id)
            for family, path_id, keys, block in found.reachable:
                for key in keys:
                    self.table.put(_text(family, key), path_id, _route(block))


def play(case: Case) -> Result:
    played = Played(case)
    if case.state > State.OPEN_SENT:
        played.feed(case.opens or case.kind.open())
    if case.state > State.OPEN_CONFIRM:
        played.feed(KEEPALIVE)
        assert played.fsm.state is State.ESTABLISHED
    played.feed(case.before)
    before, sent = len(played.table.withdrawals), len(played.sent)
    played.feed(case.sends, case.pieces_of)
    messages = [(data[18], data) for data in played.sent[sent:]]
    notifications = [data for kind, data in messages if kind == heard.NOTIFICATION]
    said = notifications[0] if notifications else None
    return Result(
        opened=played.sent[0],
        notification=None if said is None else (said[19], said[20], said[21:]),
        closed=played.closed,
        state=played.fsm.state,
        negotiated=played.negotiated,
        table=played.table,
        withdrawn=played.table.withdrawals[before:],
        heard=messages,
        problems=played.problems,
    )


def _text(family: Family, key: bytes) -> str:
    if family in (IPV4, IPV6):
        return heard.prefix_text(4 if family == IPV4 else 16, key)
    codec = registry.codec(family)
    assert codec is not None
    return f"{family} {codec.identity(key).hex()}"


def _route(block: Block) -> Route:
    return Route(block.next_hop, {raw.code: raw.octets for raw in walk(block.octets)})
