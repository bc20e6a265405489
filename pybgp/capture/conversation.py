"""TCP connections of a capture, and what is said in them: segments in, messages out."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ..constants import HEADER_SIZE, MessageType
from ..errors import ProtocolError
from ..messages.context import Context
from ..messages.open import Open
from ..messages.overheard import Guess, context_of
from .framing import Framing, Skipped
from .tcp import ACK, FIN, RST, SYN, UNKNOWN, Direction, Piece, Segment
from .values import CapturedMessage, Damage, Endpoint

MAX_CONNECTIONS: Final = 4096
"""How many connections are followed at once; the one that was silent longest is given up for a new one."""
MAX_HELD: Final = 64 << 20
"""Octets that wait for missing ones, in all connections together."""
_LOOPBACK_6: Final = bytes(15) + b"\1"


class _Flow:
    """One direction of a connection: its octets, its messages, and how to read them."""

    __slots__ = ("connection", "context", "destination", "direction", "framing", "guess", "open", "other", "source")

    other: _Flow

    def __init__(self, source: Endpoint, destination: Endpoint, connection: _Connection, guess: Guess) -> None:
        self.source = source
        self.destination = destination
        self.connection = connection
        self.direction = Direction()
        self.framing = Framing(synchronised=False)
        self.open: Open | None = None  # what its side sent
        self.context: Context | None = None  # of the two OPENs, once both were there
        self.guess = guess  # the context until then


class _Connection:
    """Two flows, and the number in the capture."""

    __slots__ = ("flows", "number")

    def __init__(self, number: int, one: Endpoint, other: Endpoint) -> None:
        self.number = number
        loopback = _is_loopback(one.address) or _is_loopback(other.address)
        there = _Flow(one, other, self, Guess(loopback=loopback))
        back = _Flow(other, one, self, Guess(loopback=loopback))
        there.other, back.other = back, there
        self.flows = (there, back)


class Conversations:
    """Follows all TCP connections that are handed in, segment by segment."""

    __slots__ = ("_connections", "_count", "_flows", "_held", "_out")

    def __init__(self) -> None:
        self._flows: dict[tuple[Endpoint, Endpoint], _Flow] = {}  # (source, destination) -> its flow
        self._connections: OrderedDict[int, _Connection] = OrderedDict()  # by number, the longest silent first
        self._count = 0
        self._held = 0  # octets that wait, in all flows
        self._out: list[CapturedMessage | Damage] = []  # what has come of it

    def add(self, source: bytes, destination: bytes, segment: Segment, time: float | None, offset: int) -> None:
        """A segment from one address to another."""
        ends = (Endpoint(source, segment.source_port), Endpoint(destination, segment.destination_port))
        flow = self._flows.get(ends)
        if flow is None:
            if not segment.octets and not segment.flags & SYN:
                return  # the last words of a connection that is not in the capture
            if len(self._connections) >= MAX_CONNECTIONS:
                self._end(next(iter(self._connections.values())), time, offset)
            flow = self._begin(ends)
        if segment.flags & SYN and not flow.direction.open(segment.sequence):
            self._end(flow.connection, time, offset)
            flow = self._begin(ends)
            flow.direction.open(segment.sequence)
        self._connections.move_to_end(flow.connection.number)
        self._segment(flow, segment, time, offset)

    def take_output(self) -> list[CapturedMessage | Damage]:
        """What has come of it since the last call."""
        out, self._out = self._out, []
        return out

    def finish(self, offset: int) -> None:
        """The capture is over: what waited in vain counts as lost."""
        for connection in list(self._connections.values()):
            self._end(connection, None, offset)

    def _begin(self, ends: tuple[Endpoint, Endpoint]) -> _Flow:
        self._count += 1
        connection = self._connections[self._count] = _Connection(self._count, *ends)
        for flow in connection.flows:
            self._flows[flow.source, flow.destination] = flow
        return connection.flows[0]

    def _end(self, connection: _Connection, time: float | None, offset: int) -> None:
        self._flush(connection, time, offset)
        for flow in connection.flows:
            self._flows.pop((flow.source, flow.destination), None)
        self._connections.pop(connection.number, None)

    def _flush(self, connection: _Connection, time: float | None, offset: int) -> None:
        """Nothing more will come, or only what came before: hand out what waits."""
        for flow in connection.flows:
            self._held -= flow.direction.held
            self._read(flow, flow.direction.give_up(), time, offset)
            self._told(flow, flow.framing.end(), time, offset)

    def _segment(self, flow: _Flow, segment: Segment, time: float | None, offset: int) -> None:
        _, _, sequence, acknowledgement, flags, octets = segment
        if flags & SYN:
            flow.framing.synchronised = True
            sequence = sequence + 1 & 0xFFFFFFFF
        if flags & ACK:
            other = flow.other.direction
            before = other.held
            pieces = other.acknowledge(acknowledgement, time)
            self._held += other.held - before
            if pieces:
                self._read(flow.other, pieces, time, offset)
        if octets:
            self._read(flow, self._added(flow.direction, sequence, octets, time), time, offset)
        if flags & FIN:
            flow.direction.close(sequence + len(octets) & 0xFFFFFFFF)
        if flags & RST or (flags & FIN and flow.direction.is_over and flow.other.direction.is_over):
            self._flush(flow.connection, time, offset)

    def _added(self, direction: Direction, sequence: int, octets: bytes, time: float | None) -> list[Piece]:
        before = direction.held
        pieces = direction.add(sequence, octets, time)
        self._held += direction.held - before
        if self._held > MAX_HELD:
            self._held -= direction.held
            pieces += direction.give_up()
        return pieces

    def _read(self, flow: _Flow, pieces: list[Piece], time: float | None, offset: int) -> None:
        for missing, octets in pieces:
            if missing:
                why = f"{'an unknown number of' if missing == UNKNOWN else missing} octets were not captured"
                self._told(flow, flow.framing.gap(why), time, offset)
                self._out.append(_damage(flow, Skipped(why, 0, b""), time, offset))
            self._told(flow, flow.framing.feed(octets), time, offset)

    def _told(self, flow: _Flow, items: list[bytes | Skipped], time: float | None, offset: int) -> None:
        # HOT: once a message.
        for item in items:
            if isinstance(item, Skipped):
                self._out.append(_damage(flow, item, time, offset))
                continue
            if item[18] == MessageType.OPEN:
                _learn(flow, item)
            context = flow.context
            if context is None and item[18] == MessageType.UPDATE:
                context = flow.guess.learn(item[HEADER_SIZE:])
            self._out.append(
                CapturedMessage(
                    octets=item,
                    source=flow.source,
                    destination=flow.destination,
                    connection=flow.connection.number,
                    time=time,
                    offset=offset,
                    context=context or flow.guess.context,
                    learned=flow.context is not None,
                )
            )


def _learn(flow: _Flow, message: bytes) -> None:
    """An OPEN; one that is wrong teaches nothing, and who decodes it will see why."""
    try:
        flow.open = Open.decode(message[HEADER_SIZE:])
    except ProtocolError:
        return
    if flow.other.open is not None:
        loopback = flow.guess.loopback
        flow.context = context_of(flow.open, flow.other.open, loopback=loopback)
        flow.other.context = context_of(flow.other.open, flow.open, loopback=loopback)


def _damage(flow: _Flow, skipped: Skipped, time: float | None, offset: int) -> Damage:
    why = skipped.why
    if skipped.size:
        why = f"{why}; {skipped.size} octets skipped"
    return Damage(
        why=why,
        offset=offset,
        time=time,
        source=flow.source,
        destination=flow.destination,
        connection=flow.connection.number,
        octets=skipped.sample,
    )


def _is_loopback(address: bytes) -> bool:
    return address == _LOOPBACK_6 or (len(address) == 4 and address[0] == 127)
