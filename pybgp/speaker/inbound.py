"""UPDATE bodies → withdrawn prefixes and Paths → the table: Adj-RIB-In and import policy (RFC 4271 §9, §9.1.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, Protocol

from ..addresses import Family, key_text
from ..errors import UpdateError
from ..messages import update
from ..messages.attributes import fast
from ..messages.attributes.block import Block
from ..messages.attributes.cache import BlockCache
from ..messages.context import Context, PeerKind
from ..messages.errors import InvalidNetworkField, Outcome, Problem
from ..messages.families import registry
from ..messages.families.base import FamilyCodec
from ..messages.families.prefix import FEW
from ..messages.update import Reachable, Update
from ..rib.export import within
from ..rib.next_hops import WHY_UNREACHABLE, NextHops
from ..rib.path import Path
from ..routes import Reject, Source
from . import import_rules
from .import_rules import ImportRules
from .martians import destinations, martians

_IPV4: Final = Family.IPV4_UNICAST
_EMPTY: Final = bytes(4)
"""The body of an UPDATE with nothing in it (RFC 4724 §2)."""
_CACHE_LIMIT: Final = 65_536
UNREACHABLE: Final = WHY_UNREACHABLE
_PATHS_LIMIT: Final = 4 << 20
"""Octets of attributes that a session remembers."""


class Importer:
    """Makes Paths of received blocks, by one peer's rules."""

    __slots__ = (
        "_about_next_hop",
        "_accepts_all",
        "_changes",
        "_checks",
        "_last_changes",
        "_next_hops",
        "by_mark",
        "news",
        "reads_prefix",
        "rules",
    )

    def __init__(self, rules: ImportRules, next_hops: NextHops) -> None:
        self.rules = rules
        self.news = 0  # how often what it has made of a block may have become something else
        self.reads_prefix = rules.policy.reads_prefix
        self.by_mark = rules.policy.by_mark
        self._accepts_all = rules.policy.accepts_all
        self._checks = import_rules.checks(rules)
        self._changes = import_rules.changes(rules)
        self._last_changes = import_rules.last_changes(rules)
        self._next_hops = next_hops
        self._about_next_hop: dict[tuple[bytes, Source, Family], str] = {}  # why it won't do, "" if it will

    def path(
        self, source: Source, path_id: int, block: Block, family: Family, key: bytes = b"", mark: int | None = None
    ) -> Path:
        """What a received block becomes; if it is not eligible it says why.

        ``key`` counts if ``reads_prefix``; ``mark`` is the policy's for it, where it is known already.
        """
        # HOT: once a distinct block, and once a mark where the policy looks at prefixes.
        for check in self._checks:
            reason = check(block, source)
            if reason is not None:
                return Path(source, path_id, block, None, reason)
        accepted = block
        for change in self._changes:
            accepted = change(accepted, source)
        if not self._accepts_all:
            policy = self.rules.policy
            if mark is None:
                mark = policy.mark(family, key, block)
            verdict = policy.decide(source, accepted, family, key, mark)
            if isinstance(verdict, Reject):
                return Path(source, path_id, block, None, verdict.reason)
            accepted = verdict.block
            if accepted.next_hop and not block.next_hop:  # a flow specification, which has none (RFC 8955 §4)
                accepted = accepted.replace(next_hop=b"")
        for change in self._last_changes:
            accepted = change(accepted, source)
        about = self._about_next_hop.get((accepted.next_hop, source, family))
        if about is None:
            about = self._look_at_next_hop(accepted.next_hop, source, family)
        return Path(source, path_id, block, None, about) if about else Path(source, path_id, block, accepted)

    def paths(
        self, source: Source, path_id: int, block: Block, family: Family, keys: list[bytes]
    ) -> Iterable[tuple[Path, list[bytes]]]:
        """``path`` for the prefixes of a block; those that fare alike share one."""
        marked: Iterable[tuple[int | None, list[bytes]]] = ((None, [key]) for key in keys)
        if self.by_mark:
            marked = self.rules.policy.by_marks(family, keys, block)
        alike: dict[Block | str, tuple[Path, list[bytes]]] = {}
        for mark, some in marked:
            path = self.path(source, path_id, block, family, some[0], mark)
            alike.setdefault(path.accepted or path.reason, (path, []))[1].extend(some)
        return alike.values()

    def forget(self, next_hops: frozenset[bytes] | None = None) -> None:
        """Next hops (all, or these) may resolve differently now."""
        self.news += 1
        if next_hops is None:
            self._about_next_hop.clear()
            return
        for known in [known for known in self._about_next_hop if known[0] in next_hops]:
            del self._about_next_hop[known]

    def _look_at_next_hop(self, next_hop: bytes, source: Source, family: Family) -> str:
        about = ""
        subnet = self.rules.shared_subnet
        external = source.peer_kind is PeerKind.EXTERNAL
        if subnet is not None and external and not _is_shared(next_hop, source.address, subnet):
            about = "its next hop is neither the peer nor in the subnet shared with it (RFC 4271 §6.3)"
        elif not self._next_hops.resolve(next_hop).ways_for(family):
            about = UNREACHABLE
        if len(self._about_next_hop) >= _CACHE_LIMIT:
            self._about_next_hop.clear()
        self._about_next_hop[next_hop, source, family] = about
        return about


def _is_shared(next_hop: bytes, peer: bytes, subnet: bytes) -> bool:
    return next_hop[:16] == peer or len(next_hop) != len(peer) or within(next_hop, subnet)


class Fates:
    """The Paths of one block that a session has sent, by the marks that the import policy gives prefixes."""

    __slots__ = ("block", "mark", "others", "path")

    def __init__(self, block: Block) -> None:
        self.block = block
        self.mark = -1  # the first one met, since most blocks meet only one, and
        self.path: Path | None = None  # what prefixes with it become
        self.others: dict[int, Path] | None = None  # the same for other marks


class Receiver(Protocol):
    """Where a session's routes go: a table, or what stands before it."""

    @property
    def family(self) -> Family: ...

    def insert(self, keys: list[bytes], path: Path) -> None: ...

    def withdraw(self, keys: Iterable[bytes], source_name: str, path_id: int = 0) -> None: ...


def prepare(families: Iterable[Family], *, path_ids: bool) -> None:
    """Compile all patterns that a session with these families may need, up to 0.1 s of work, once in a process.

    The first UPDATE would have to wait for it, and so would all else in the loop.
    """
    for family in families:
        codec = registry.codec(family)
        if codec is not None:
            codec.prepare(path_ids=path_ids)
            fast.prepare(classic=family == _IPV4)
        if family == _IPV4:
            destinations()


class Inbound:
    """One Established session's way into the tables."""

    __slots__ = (
        "_blocks",
        "_context",
        "_labeled",
        "_paths",
        "_room",
        "_split",
        "_tables",
        "end_of_ribs",
        "importer",
        "problems",
        "refused",
        "source",
    )

    def __init__(
        self,
        source: Source,
        context: Context,
        importer: Importer,
        tables: Mapping[Family, Receiver],
        blocks: BlockCache,
    ) -> None:
        self.source = source
        self.importer = importer
        self.end_of_ribs: list[Family] = []  # seen since they were last taken
        self.problems: list[tuple[Problem, int, bytes]] = []  # since they were last taken; prefixes that it
        # concerns, and the UPDATE's body
        self.refused = b""  # the body of the UPDATE that ended the session
        self._context = context
        self._tables = tables
        self._blocks = blocks
        self._room = _PATHS_LIMIT
        self._paths: dict[bytes, Path | Fates] = {}  # attribute octets of classic IPv4 UPDATEs -> what they become
        self._labeled = _labeled(context)
        codec = registry.codec(Family.IPV4_UNICAST)
        plain = context.classic and Family.IPV4_UNICAST in tables
        plain = plain and Family.IPV4_UNICAST not in context.add_path_receive
        self._split = codec.split if plain and codec is not None else None

    def receive(self, bodies: list[bytes]) -> None:
        """Apply UPDATEs in order.

        Raises:
            UpdateError: the session must be reset (RFC 7606); what came before it has been applied.
        """
        # HOT, once an UPDATE. The usual one announces IPv4 prefixes with attributes that this session has sent before.
        # One call finds its keys and that none is a martian; a second pattern for that took 0.8 µs of 12 an UPDATE.
        paths = self._paths
        split, find = self._split, destinations()
        insert: Callable[[list[bytes], Any], None] = self._tables[_IPV4].insert
        if self.importer.by_mark:  # then paths are Fates
            insert = self._insert_by_mark
        body = b""
        try:
            for body in bodies:
                if split is not None and body[:2] == b"\0\0":
                    end = 4 + (body[2] << 8 | body[3])
                    raw = body[4:end]
                    path = paths.get(raw)
                    if path is None:
                        if body == _EMPTY:  # End-of-RIB, which hundreds of peers send at the same time
                            self.end_of_ribs.append(_IPV4)
                            continue
                        path = self._new_path(raw)
                    if path is not None and end < len(body):
                        field = body[end:]
                        keys = find(field)
                        if (len(b"".join(keys)) if len(keys) < FEW else sum(map(len, keys))) != len(field):
                            keys = self._without_martians(split(field), _IPV4, body)
                        insert(keys, path)
                        continue
                self._general(body)
        except UpdateError:
            self.refused = body
            raise

    def restart(self, source: Source, importer: Importer) -> None:
        """A new epoch or new rules: nothing is known any more."""
        self.source = source
        self.importer = importer
        importer.forget()
        self._paths.clear()

    def use_tables(self, tables: Mapping[Family, Receiver]) -> None:
        """Where routes go from now on."""
        self._tables = tables

    def forget_next_hops(self, changed: frozenset[bytes]) -> None:
        """These resolve differently now: paths through them, and those that had no way, are made anew."""
        self.importer.forget(changed)
        for raw in [
            raw
            for raw, path in self._paths.items()
            if not isinstance(path, Path) or path.accepted is None or path.accepted.next_hop in changed
        ]:
            del self._paths[raw]

    def _new_path(self, raw: bytes) -> Path | Fates | None:
        """What attributes that this session has not sent before become, if they are of the usual kind."""
        importer = self.importer
        if importer.reads_prefix and not importer.by_mark:
            return None
        block = self._blocks.usual(raw, None, self._context)
        if block is None:
            return None
        self._room -= len(raw)
        if self._room < 0:
            self._paths.clear()
            self._room = _PATHS_LIMIT
        path = Fates(block) if importer.by_mark else importer.path(self.source, 0, block, Family.IPV4_UNICAST)
        self._paths[raw] = path
        return path

    def _insert_by_mark(self, keys: list[bytes], fates: Fates) -> None:
        # HOT: once an UPDATE where the policy looks at prefixes.
        table = self._tables[_IPV4]
        for mark, some in self.importer.rules.policy.by_marks(_IPV4, keys, fates.block):
            path = fates.path if mark == fates.mark else self._fate(fates, mark, some[0])
            table.insert(some, path)  # type: ignore[arg-type]  # there is one behind a mark that was met

    def _fate(self, fates: Fates, mark: int, key: bytes) -> Path:
        others = fates.others
        if others is not None and mark in others:
            return others[mark]
        path = self.importer.path(self.source, 0, fates.block, _IPV4, key, mark)
        if fates.path is None:
            fates.mark, fates.path = mark, path
            return path
        for known in (fates.path, *(others or {}).values()):
            if known.accepted == path.accepted and known.reason == path.reason:
                path = known  # prefixes that fare alike share a Path
                break
        if others is None:
            others = fates.others = {}
        others[mark] = path
        return path

    def _general(self, body: bytes) -> None:
        message = update.decode(body, self._context, self._blocks)
        source, labeled = self.source, self._labeled
        if message.problems:
            self._note(message, body)
        for gone in message.withdrawn:
            table = self._tables.get(gone.family)
            if table is not None:
                keys = gone.keys
                if labeled and gone.family in labeled:
                    keys = list(map(labeled[gone.family].identity, keys))
                table.withdraw(keys, source.name, gone.path_id)
        made: dict[tuple[Block, Family], Path] = {}
        for reach in message.reachable:
            table = self._tables.get(reach.family)
            if table is None:
                continue
            if labeled and reach.family in labeled:
                self._insert_labeled(table, labeled[reach.family], reach)
            else:
                keys = self._without_martians(reach.keys, reach.family, body)
                self._insert(table, reach.path_id, reach.block, keys, made)
        if message.end_of_rib is not None:
            self.end_of_ribs.append(message.end_of_rib)

    def _note(self, message: Update, body: bytes) -> None:
        """Keep what was wrong; the prefixes are counted once, however many problems there are."""
        gone = sum(len(each.keys) for each in message.withdrawn)
        here = sum(len(each.keys) for each in message.reachable)
        for problem in message.problems:
            prefixes = gone if problem.outcome >= Outcome.TREAT_AS_WITHDRAW else here
            self.problems.append((problem, prefixes, body))

    def _without_martians(self, keys: list[bytes], family: Family, body: bytes) -> list[bytes]:
        """The keys that can be destinations; that some can't is noted (RFC 4271 §6.3)."""
        bad = martians(family, keys)
        if not bad:
            return keys
        why = f"{', '.join(sorted(key_text(family, key) for key in bad)[:3])}: multicast or loopback, ignored"
        self.problems.append((Problem(Outcome.DISCARD, None, why, b"", InvalidNetworkField(why)), len(bad), body))
        return [key for key in keys if key not in bad]

    def _insert(
        self, table: Receiver, path_id: int, block: Block, keys: list[bytes], made: dict[tuple[Block, Family], Path]
    ) -> None:
        """``made`` are the UPDATE's Paths: a peer may give each of its prefixes another path identifier."""
        importer = self.importer
        family = table.family
        if not importer.reads_prefix:
            like = made.get((block, family))
            if like is None:
                path = made[block, family] = importer.path(self.source, path_id, block, family)
            else:  # only the identifier differs: what it becomes is known
                path = Path(like.source, path_id, block, like.accepted, like.reason)
            table.insert(keys, path)
            return
        for path, some in importer.paths(self.source, path_id, block, table.family, keys):
            table.insert(some, path)

    def _insert_labeled(self, table: Receiver, codec: FamilyCodec, reach: Reachable) -> None:
        """Keys without labels; routes with the same labels share a Path. Of two labels for a route the last counts."""
        labels = {codec.identity(key): codec.labels_of(key) for key in reach.keys}
        alike: dict[bytes, list[bytes]] = {}
        for key, some in labels.items():
            alike.setdefault(some, []).append(key)
        importer = self.importer
        for some, keys in alike.items():
            if importer.reads_prefix:
                for path, part in importer.paths(self.source, reach.path_id, reach.block, reach.family, keys):
                    table.insert(part, path.with_labels(some))
            else:
                path = importer.path(self.source, reach.path_id, reach.block, reach.family)
                table.insert(keys, path.with_labels(some))


def _labeled(context: Context) -> dict[Family, FamilyCodec]:
    """The session's families whose keys are not those of the tables."""
    codecs = (registry.codec(family) for family in context.families)
    return {codec.family: codec for codec in codecs if codec is not None and codec.labeled}
