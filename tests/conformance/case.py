"""The form of a case: what a peer sends in which state, and what must come of it.

A case belongs to one row of ``tests/data/rfc-rows.toml``, and is played twice: on the codec and state machine without a
socket (``without_io``), and by a raw peer over TCP against a live ``Speaker`` (``live``). Where one of the two makes no
sense, ``codec`` or ``wire`` says why.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from pybgp.addresses import Family
from pybgp.config.model import FamilyConfig, PeerConfig
from pybgp.fsm.negotiate import Negotiated
from pybgp.fsm.states import State
from pybgp.messages.header import message

from .heard import Route, Table

LOCAL_AS = 64512
IPV4, IPV6 = Family.IPV4_UNICAST, Family.IPV6_UNICAST


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of session: what the peer's OPEN says, and how the peer is configured here."""

    name: str
    asn: int = 65001
    capabilities: str
    """All capabilities of its OPEN, as hex."""
    four_octet_as: bool = True
    add_path: bool = False
    on_link: bool = False
    """The speaker shares a subnet with the peer."""
    options: Mapping[str, Any] = field(default_factory=dict)
    """Of ``PeerConfig``."""
    settings: Mapping[str, Any] = field(default_factory=dict)
    """Of ``SessionSettings``: what can't be configured, so only the codec has it."""

    def config(self, address: str) -> PeerConfig:
        accepts = {"import_policy": ("accept",), "export_policy": ("accept",)}
        families = {IPV4: FamilyConfig(), IPV6: FamilyConfig()}
        return PeerConfig(
            address, remote_as=self.asn, passive=True, **{"families": families, **accepts, **self.options}
        )

    def open(self, router_id: str = "0a000002", hold_time: int = 90) -> bytes:
        """Its OPEN message."""
        my_as = self.asn if self.asn <= 0xFFFF else 23456
        capabilities = bytes.fromhex(self.capabilities)
        parameter = bytes((2, len(capabilities))) + capabilities if capabilities else b""
        head = b"\4" + my_as.to_bytes(2) + hold_time.to_bytes(2) + bytes.fromhex(router_id)
        return message(1, head + bytes((len(parameter),)) + parameter)


@dataclass(slots=True)
class Result:
    """What came of a case, on either side."""

    opened: bytes
    """Our OPEN."""
    notification: tuple[int, int, bytes] | None
    closed: bool
    state: State
    negotiated: Negotiated | None
    table: Table
    """Codec: what the session's routes are; wire: what the observer was told."""
    withdrawn: list[str]
    """Prefixes that were taken back since the case's octets were sent, in order."""
    heard: list[tuple[int, bytes]]
    """Messages to the peer itself since its octets were sent."""
    problems: Mapping[tuple[str, str], int]
    """How often (attribute, outcome) was counted."""


class Expected(Protocol):
    """An outcome; ``check`` fails where the result is another."""

    @property
    def ends(self) -> bool:
        """The session is over."""
        ...

    def check(self, result: Result) -> None: ...


@dataclass(frozen=True, slots=True)
class Notification:
    """N code/subcode with these data octets (hex), and the connection closes."""

    code: int
    subcode: int
    data: str | None = ""
    ends: bool = field(default=True, init=False)

    def check(self, result: Result) -> None:
        assert result.notification is not None, "no NOTIFICATION"
        code, subcode, data = result.notification
        assert (code, subcode) == (self.code, self.subcode), f"{code}/{subcode} {data.hex()}"
        assert self.data is None or data == bytes.fromhex(self.data), data.hex()
        assert result.closed
        assert result.state is not State.ESTABLISHED


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection closes without a word."""

    ends: bool = field(default=True, init=False)

    def check(self, result: Result) -> None:
        assert result.closed
        assert result.notification is None, result.notification


@dataclass(frozen=True, slots=True, kw_only=True)
class Up:
    """The session is Established, and both agree on this (fields of ``Negotiated``); ``opens`` is our OPEN as hex."""

    agreed: Mapping[str, Any] = field(default_factory=dict)
    opens: str = ""
    ends: bool = field(default=False, init=False)

    def check(self, result: Result) -> None:
        assert result.notification is None, result.notification
        assert result.state is State.ESTABLISHED
        assert result.negotiated is not None
        found = {name: getattr(result.negotiated, name) for name in self.agreed}
        assert found == dict(self.agreed)
        if self.opens:
            assert result.opened[19:] == bytes.fromhex(self.opens), result.opened[19:].hex(" ")


def alive(result: Result) -> None:
    assert result.notification is None, result.notification
    assert not result.closed
    assert result.state is State.ESTABLISHED


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """These prefixes, which were there before, are gone; the session lives.

    ``counted`` is the (attribute, outcome) that the peer's counters have one more of.
    """

    prefixes: tuple[str, ...]
    counted: tuple[str, str] | None = None
    ends: bool = field(default=False, init=False)

    def check(self, result: Result) -> None:
        alive(result)
        left = [prefix for prefix in self.prefixes if prefix in result.table.routes]
        assert not left, f"still there: {left}"
        told = [result.withdrawn.count(prefix) for prefix in self.prefixes]
        assert set(told) == {1}, f"taken back {told} times: {result.withdrawn}"
        if self.counted is not None:
            assert result.problems.get(self.counted), dict(result.problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """These prefixes are there; the session lives.

    ``attributes``: by type the whole attribute as hex, None where it must not be. ``types``: exactly these, in this
    order, NEXT_HOP and MP_REACH_NLRI left out. ``way`` is which of these two it came with (only known on the wire).
    ``paths`` is how many paths each prefix has.
    """

    prefixes: tuple[str, ...]
    attributes: Mapping[int, str | None] = field(default_factory=dict)
    types: tuple[int, ...] | None = None
    next_hop: str | None = None
    way: int | None = None
    paths: int = 1
    absent: tuple[str, ...] = ()
    counted: tuple[str, str] | None = None
    ends: bool = field(default=False, init=False)

    def check(self, result: Result) -> None:
        alive(result)
        table = result.table.routes
        for prefix in self.prefixes:
            assert prefix in table, f"{prefix} is not there: {sorted(table)}"
            assert len(table[prefix]) == self.paths, table[prefix]
            for route in table[prefix].values():
                self._look_at(route)
        assert not [prefix for prefix in self.absent if prefix in table]
        if self.counted is not None:
            assert result.problems.get(self.counted), dict(result.problems)

    def _look_at(self, route: Route) -> None:
        for code, expected in self.attributes.items():
            found = route.attributes.get(code)
            shown = None if found is None else found.hex(" ")
            assert found == (None if expected is None else bytes.fromhex(expected)), f"attribute {code}: {shown}"
        if self.types is not None:
            assert tuple(route.attributes) == self.types, tuple(route.attributes)
        if self.way is not None and route.way:
            assert route.way == self.way
        if self.next_hop is not None:
            assert route.next_hop == bytes.fromhex(self.next_hop), route.next_hop.hex()


@dataclass(frozen=True, slots=True)
class Ignored:
    """Nothing changes: these prefixes don't come, nothing is withdrawn; the session lives."""

    prefixes: tuple[str, ...] = ()
    counted: tuple[str, str] | None = None
    ends: bool = field(default=False, init=False)

    def check(self, result: Result) -> None:
        alive(result)
        assert not [prefix for prefix in self.prefixes if prefix in result.table.routes]
        assert result.withdrawn == []
        if self.counted is not None:
            assert result.problems.get(self.counted), dict(result.problems)


@dataclass(frozen=True, slots=True)
class Told:
    """The peer itself gets messages (type and octets in it as hex) in this order, others between them.

    ``never`` are those that must not come. The session lives.
    """

    messages: tuple[tuple[int, str], ...]
    never: tuple[tuple[int, str], ...] = ()
    ends: bool = field(default=False, init=False)

    def check(self, result: Result) -> None:
        alive(result)
        shown = [whole[18:].hex(" ") for _, whole in result.heard]
        rest = iter(result.heard)
        for kind, octets in self.messages:
            assert any(_has(found, kind, octets) for found in rest), shown
        for kind, octets in self.never:
            assert not any(_has(found, kind, octets) for found in result.heard), shown


def _has(message: tuple[int, bytes], kind: int, octets: str) -> bool:
    return message[0] == kind and bytes.fromhex(octets) in message[1][19:]


@dataclass(frozen=True, slots=True)
class Made:
    """What we make by ourselves, without any peer: octets (``made`` as hex), or anything else."""

    make: Callable[[], object]
    made: object
    ends: bool = field(default=False, init=False)

    def check(self, result: Result | None = None) -> None:
        found = self.make()
        assert found == (bytes.fromhex(self.made) if isinstance(found, bytes) else self.made)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing a peer may do, by a row of the list.

    ``sends`` are whole messages in ``state``; before that come the peer's OPEN and KEEPALIVE as far as the state asks,
    then ``before`` (UPDATEs whose routes are awaited). ``opens`` replaces the kind's OPEN. ``at`` is who looks on the
    wire: "inside" (an internal route reflection client, which gets everything unchanged), "internal" (no client),
    "outside" (AS 65002), "old" (AS 65003, two-octet AS numbers), "many" (internal client with ADD-PATH), "peer" (the
    peer itself). ``announces`` are routes of our own, for ``Speaker.announce``, meanwhile.
    """

    row: str
    name: str = ""
    also: tuple[str, ...] = ()
    kind: Kind
    state: State = State.ESTABLISHED
    opens: bytes | None = None
    before: bytes = b""
    sends: bytes = b""
    pieces_of: int = 0
    """Send in pieces of so many octets; 0: at once."""
    expect: Expected
    on_the_wire: Expected | None = None
    """What is to be seen on the wire, where that differs from the codec's."""
    at: str = "inside"
    announces: tuple[tuple[str, Mapping[str, Any]], ...] = ()
    codec: str = ""
    """Why it isn't played on the codec."""
    wire: str = ""
    """Why it isn't played over TCP."""

    @property
    def id(self) -> str:
        return f"{self.row} {self.name}".strip()

    @property
    def rows(self) -> tuple[str, ...]:
        return (self.row, *self.also)
