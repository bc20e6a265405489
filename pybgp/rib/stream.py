"""Octets for the members of a group, most of them the same for all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from .backlog import Member


class Parcel(NamedTuple):
    """Octets for each of some members, and how many messages they are."""

    members: Sequence[Member]
    data: bytes
    messages: int


class Stream:
    """The segments that one set of moves becomes: for all, for all but one member, for one member only.

    What is withdrawn gathers, so that it needs few UPDATEs whatever attributes it had.
    """

    __slots__ = (
        "_delta",
        "_delta_by_member",
        "_gone_not_for",
        "_gone_only",
        "_not_for",
        "_not_for_both",
        "_only",
        "_withdraw",
    )

    def __init__(self, withdraw: Callable[[list[bytes]], list[bytes]]) -> None:
        """``withdraw`` makes UPDATEs of NLRI, which have their path identifiers in front with ADD-PATH."""
        self._withdraw = withdraw
        # HOT, once a flush and group; plain dicts, because seven of another kind take 0.5 µs.
        self._not_for: dict[str, list[bytes]] = {}  # a member's name -> what all others get
        self._not_for_both: dict[tuple[str, str], list[bytes]] = {}  # two of them: seldom
        self._only: dict[str, list[bytes]] = {}
        self._gone_not_for: dict[str, list[bytes]] = {}  # NLRI, likewise
        self._gone_only: dict[str, list[bytes]] = {}
        self._delta = 0  # prefixes announced less withdrawn, for all
        self._delta_by_member: dict[str, int] = {}

    def for_all_but(self, name: str, messages: list[bytes], delta: int) -> None:
        self._not_for.setdefault(name, []).extend(messages)
        self._delta += delta
        self._count(name, -delta)

    def for_all_but_both(self, names: tuple[str, str], messages: list[bytes]) -> None:
        """What changes for all but two members, and comes and goes for none."""
        self._not_for_both.setdefault(names, []).extend(messages)
        for name in names:
            self._count(name, 0)  # so that somebody looks at what is for it

    def only_for(self, name: str, messages: list[bytes], delta: int) -> None:
        self._only.setdefault(name, []).extend(messages)
        self._count(name, delta)

    def gone_for_all_but(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        self._gone_not_for.setdefault(name, []).extend(nlri)
        self._delta += delta
        self._count(name, -delta)

    def gone_only_for(self, name: str, nlri: Sequence[bytes], delta: int) -> None:
        self._gone_only.setdefault(name, []).extend(nlri)
        self._count(name, delta)

    def _count(self, name: str, delta: int) -> None:
        self._delta_by_member[name] = self._delta_by_member.get(name, 0) + delta

    def to(self, members: Sequence[Member]) -> Iterable[Parcel]:
        """What members are sent, those together that get the same; each of them is in one parcel at most."""
        for gone, messages_of in ((self._gone_not_for, self._not_for), (self._gone_only, self._only)):
            for name, nlri in gone.items():
                messages_of.setdefault(name, []).extend(self._withdraw(nlri))
        if len(self._not_for) == 1 and not (self._only or self._not_for_both):
            return self._one_to(members)
        return self._several_to(members)

    def _one_to(self, members: Sequence[Member]) -> Iterable[Parcel]:
        """What one source leads to, and nothing else: a lone change, for whose sake peers wait."""
        # HOT: once a change.
        ((name, messages),) = self._not_for.items()
        others = [member for member in members if member.name != name]
        if self._delta:
            for member in others:
                member.advertised += self._delta
        if not (others and messages):
            return ()
        return (Parcel(others, messages[0] if len(messages) == 1 else b"".join(messages), len(messages)),)

    def _several_to(self, members: Sequence[Member]) -> Iterator[Parcel]:
        parts = {name: b"".join(messages) for name, messages in self._not_for.items()}
        whole = b"".join(parts.values())
        messages = sum(map(len, self._not_for.values()))
        starts, at = {}, 0
        for name, part in parts.items():
            starts[name] = at
            at += len(part)
        # HOT: once a flush and member.
        delta, by_member = self._delta, self._delta_by_member
        alike = [member for member in members if member.name not in by_member]
        if delta:
            for member in alike:
                member.advertised += delta
        if alike:
            both = [message for some in self._not_for_both.values() for message in some]
            if both or whole:
                yield Parcel(alike, whole + b"".join(both), messages + len(both))
        if len(alike) == len(members):
            return
        for member in members:
            name = member.name
            if name in by_member:  # something is not for it, or for it only
                member.advertised += delta + by_member[name]
                data, count = whole, messages
                if name in parts:
                    start = starts[name]
                    data = whole[:start] + whole[start + len(parts[name]) :]
                    count -= len(self._not_for[name])
                for names, some in self._not_for_both.items():
                    if name not in names:
                        data += b"".join(some)
                        count += len(some)
                if name in self._only:
                    data += b"".join(self._only[name])
                    count += len(self._only[name])
                if data:
                    yield Parcel((member,), data, count)
