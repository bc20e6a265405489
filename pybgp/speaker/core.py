"""``SpeakerCore``: one BGP instance. Octets, kernel events and the time go in by plain calls; values come out.

A shell's whole duty::

    core.received(conn, data, now)            # or connected, tick, kernel, announce, ...
    if no_more_readable_input or core.flush_due:
        core.flush(now)
    while core.has_work and there_is_time:
        core.work(now)
    for output in core.take_outputs():
        perform(output)
    wake_up_at(core.next_deadline)

The core has no rules of its own: sessions are ``fsm``, policy is ``policy``, routes are ``rib``; what one peer's events
mean is in ``speaker.sessions``.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import count, islice
from random import Random
from typing import Final, Literal

from ..addresses import Family
from ..config import resolved
from ..config.changes import Changes
from ..config.check_flows import family_of
from ..config.model import UNICAST, FibConfig, PeerConfig, SpeakerConfig
from ..constants import CeaseSubcode
from ..errors import ApiError, Cease
from ..messages.attributes.cache import BlockCache
from ..policy.built_in_sets import named
from ..policy.generation import Generation
from ..rib.aggregates import Aggregates
from ..rib.existence import Existence
from ..rib.explanation import Explanation
from ..rib.flow_table import UNICAST_OF, FlowTable
from ..rib.local import OwnRoute, OwnRoutes
from ..rib.moves import Again, Move, moves_of
from ..rib.next_hops import NextHops
from ..rib.path import best_of
from ..rib.route_targets import Memberships
from ..rib.table import Table
from ..rpki.table import VrpTable
from . import constraint, drain, unnumbered, verbs
from .explaining import explain
from .fib import KernelEvent, LocalAddresses
from .originate import aggregates, configured_route
from .outbound import Outbound
from .outputs import BestChange, Event, Output, RouteChanges, SendAll
from .policy_views import PolicyView, policy_views
from .programming import Programming
from .reconfigure import reconfigure
from .redistribution import Redistribution
from .rpki import Rpki
from .rules import Functions, HostAddresses, Rules
from .sessions import Sessions
from .status import PeerStatus, RouteDirection, RouteView
from .successors import Concerned
from .tidying import forget_unused
from .validate import validate
from .views import peer_status, route_views, shown_keys

FLUSH_AT: Final = 4000
"""Changed prefixes that are told at the latest, even if more input is readable: some 15 ms of work."""


class SpeakerCore:
    """All inputs, all outputs, one deadline."""

    def __init__(
        self,
        config: SpeakerConfig,
        *,
        random: Random,
        fib: FibConfig | None = None,
        functions: Functions | None = None,
        secrets: Mapping[str, str] | None = None,
        blocks: BlockCache | None = None,
    ) -> None:
        """``random`` makes timers jitter. ``functions`` are imported Python policies by "module:function", ``secrets``
        TCP-MD5 passwords by peer name (or dynamic prefix). ``blocks`` may be shared between cores.

        Raises:
            ConfigError: something in it can't be used.
        """
        self.config = config
        self.fib_config = fib
        self.random = random
        self.blocks = blocks or BlockCache()
        self.host = HostAddresses()
        self.next_hops = NextHops()
        validate(config, secrets or {})
        self.rules = Rules(config, functions or {}, fib)
        self._conn_ids = count(1)
        self.rpki = Rpki(self)
        if self.rpki.active:
            self.rules = self.rules.renewed(Generation(validator=self.rpki.table))
        self.decision = self.rules.decision(self.next_hops)
        self.tables: dict[Family, Table] = {}
        self.flows: dict[Family, FlowTable] = {}  # by the unicast family that they are validated against
        self.make_tables(config)
        self.outbound = Outbound(self.tables, self._deliver)
        self.own = OwnRoutes(self.tables, self.next_hops)
        self.redistribution = Redistribution(self.tables, self.rules)
        self.aggregates = Aggregates(self.tables)
        self.programming = self.new_programming()
        self.existence = Existence(self.tables)
        self.memberships = Memberships()
        self._watched: dict[str, tuple[str, ...]] = {}  # the sets that it counts, as written
        self._configured: set[tuple[Family, bytes]] = set()  # own routes that the configuration named
        self.draining_since: float | None = None  # RFC 8326
        self.watchers = 0  # while nobody watches, RouteChanges are not made
        self._outputs: list[Output] = []
        self._timers: list[tuple[float, int, Callable[[float], None]]] = []
        self._timer_ids = count()
        self._tidying = False
        self._long_work: deque[Iterator[None]] = deque()
        self.sessions = Sessions(self, secrets or {})

    def make_tables(self, config: SpeakerConfig, *peers: PeerConfig) -> None:
        """Those of the families that the configuration (or a peer beside it) names, besides unicast; none ever goes."""
        wanted = set(config.families)
        for peer in (*config.peers, *(item.template for item in config.dynamic_peers), *peers):
            wanted.update(peer.families or ())
        wanted.update(family_of(route) for route in config.routes if route.is_flow)
        for family in (*UNICAST, *sorted(wanted)):
            if family in self.tables:
                continue
            unicast = UNICAST_OF.get(family)
            if unicast is None:
                self.tables[family] = Table(family, self.decision)
            else:
                self.tables[family] = self.flows[unicast] = FlowTable(
                    family, self.decision, self.tables[unicast], validates=self.validates_flows, later=self.later
                )

    def validates_flows(self, name: str) -> bool:
        """Are this peer's flow specifications to be validated?"""
        peer = self.sessions.peers.get(name)
        return peer is None or peer.config.validate_flowspec

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self, now: float, *, preserved: frozenset[Family] = frozenset()) -> None:
        """Start all peers. ``preserved`` are the families whose kernel routes an earlier run left (RFC 4724 §4.1)."""
        self.sessions.start(now, preserved)
        self.rpki.start(now)
        self.configure_routes(self.config)
        self.configure_aggregates(self.config, now)
        self.watch_existence(now)

    def stop(self, now: float) -> None:
        """End all sessions with Cease, or silently where ``graceful_restart.on_stop`` is "close"."""
        self.sessions.stop(now)
        self.rpki.stop(now)

    # -- peers and configuration -------------------------------------------------------------------------------------

    def add_peer(self, config: PeerConfig, now: float, password: str | None = None) -> None:
        """Add a peer while running; it stays over a ``reconfigure`` that doesn't name it.

        Raises:
            ConfigError: its name or address is taken, or its policy is unknown.
        """
        self.sessions.check_new(config, password)
        self.rules = self.rules.with_peer(config)
        self.make_tables(self.config, config)
        self.sessions.add_new(config, now, password)
        self.sessions.rules_changed(now)
        self.watch_existence(now)

    def remove_peer(self, name: str, now: float) -> None:
        """Take a peer away; its routes go.

        Raises:
            ApiError: there is no such peer.
        """
        if name not in self.sessions.peers:
            raise ApiError(f"no peer {name!r}")
        self.sessions.remove_by_hand(name, now, Cease("removed", subcode=CeaseSubcode.PEER_DECONFIGURED))

    def reconfigure(
        self,
        config: SpeakerConfig,
        now: float,
        *,
        fib: FibConfig | None = None,
        functions: Functions | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Changes:
        """Apply a new configuration; only what really differs is touched, and returned.

        Raises:
            ConfigError: its policies can't be compiled; nothing has changed.
        """
        return reconfigure(self, config, now, fib=fib, functions=functions or {}, secrets=secrets or {})

    def new_vrps(self, table: VrpTable, changed: VrpTable | None, now: float) -> None:
        """Another table of VRPs; only prefixes that those cover which came or went can have another state."""
        concerned = changed.covers if changed is not None else None
        self.new_generation(replace(self.rules.generation, validator=table), now, concerned)

    def new_generation(self, generation: Generation, now: float, concerned: Concerned | None = None) -> None:
        """Other ROAs, or other conditions hold: chains that ask for them run again, differences are told."""
        if generation == self.rules.generation:
            return
        fib_policy = self.rules.fib_policy
        self.rules = self.rules.renewed(generation)
        for peer in self.sessions.peers.values():
            peer.policies = self.rules.policies(peer.config)
        self.sessions.rules_changed(now, concerned)
        if self.rules.fib_policy is not fib_policy:
            self.flush(now)
            self.programming = self.new_programming()
            for family in UNICAST:
                self.put(self.programming.whole(family, self.tables[family].entries()))

    def new_programming(self) -> Programming:
        """By the rules and the decision that hold now."""
        multipath = self.rules.multipath(self.decision)
        return Programming(self.rules.fib_policy, self.next_hops, self.own, self.aggregates, multipath)

    # -- what an operator does by hand; ApiError where there is no such peer (``speaker.verbs``) -----------------------

    def reset_peer(self, name: str, now: float, message: str = "") -> None:
        """Cease/4, and again."""
        verbs.reset(self, name, now, message)

    def refresh_peer(self, name: str, now: float) -> verbs.Refreshed:
        """The peer's routes again (RFC 2918), or import policy over what it has sent."""
        return verbs.refresh(self, name, now)

    def tell_peer_again(self, name: str, now: float) -> None:
        """Everything that the peer is told, again."""
        verbs.tell_again(self, name, now)

    def disable_peer(self, name: str, now: float, message: str = "") -> None:
        """Cease/2, and down until enabled again."""
        verbs.disable(self, name, now, message)

    def enable_peer(self, name: str, now: float) -> None:
        verbs.enable(self, name, now)

    def drain(self, now: float) -> None:
        """Tell all peers that our routes will soon be gone (RFC 8326)."""
        drain.drain(self, now)

    @property
    def judging(self) -> bool:
        """Are routes being judged again by other import rules?"""
        return self.sessions.judging > 0

    def undo_drain(self, now: float) -> None:
        drain.undo(self, now)

    # -- questions ---------------------------------------------------------------------------------------------------

    def all_established(self, names: tuple[str, ...] = ()) -> bool:
        """Are these peers (all enabled configured ones, if none is named) Established?"""
        peers = self.sessions.peers
        return all(name in peers and peers[name].established for name in names or self._expected())

    def not_established(self, names: tuple[str, ...] = ()) -> Iterator[str]:
        """Of the same peers, those that are not: name, state and last error, for people."""
        for name in names or self._expected():
            peer = self.sessions.peers.get(name)
            if peer is None:
                yield f"{name}: no such peer"
            elif not peer.established:
                status = peer.fsm.status()
                yield f"{name}: {status.state.name.lower()}{', ' + status.last_error if status.last_error else ''}"

    def _expected(self) -> tuple[str, ...]:
        """The configured peers that are enabled."""
        peers = self.sessions.peers
        configured = (peers.get(resolved.name(peer)) for peer in self.config.peers)
        return tuple(peer.name for peer in configured if peer is not None and self.sessions.enabled(peer))

    def policy_views(self) -> Iterator[PolicyView]:
        """The chains of policies that decide now."""
        return policy_views(self)

    def peer_status(self, now: float) -> Iterator[PeerStatus]:
        """Each peer when it is asked for; hundreds take longer than the loop should wait."""
        for peer in list(self.sessions.peers.values()):
            if self.sessions.peers.get(peer.name) is peer:
                yield peer_status(self, peer, now)

    def route_views(
        self,
        family: Family | None = None,
        *,
        key: bytes | None = None,
        peer: str | None = None,
        direction: RouteDirection = "best",
    ) -> Iterator[RouteView]:
        """All candidates ("received"), best routes, or what peers are told; in the order of the table."""
        return route_views(self, family, key, peer, direction)

    def shown_keys(self, family: Family, direction: RouteDirection) -> list[bytes]:
        """Which prefixes ``route_views`` has something of, for who asks for one after the other."""
        return shown_keys(self, family, direction)

    def explain(self, family: Family, key: bytes, peer: str | None = None) -> Explanation:
        """Why a prefix goes where it goes, and who is told (``peer``: only about this one).

        Raises:
            ApiError: there is no such peer.
        """
        return explain(self, family, key, peer)

    def neighbor(self, interface: str, address: str, now: float) -> None:
        """A router has advertised itself on a link, from this link-local address (without a zone)."""
        unnumbered.heard(self, interface, address, now)

    # -- connections -------------------------------------------------------------------------------------------------

    def new_conn(self) -> int:
        """A number for a connection that the shell has accepted."""
        return next(self._conn_ids)

    @property
    def conn_ids(self) -> Iterator[int]:
        return self._conn_ids

    def incoming(self, conn: int, now: float, *, remote_address: str, local_address: str, port: int = 179) -> None:
        """A TCP connection came in; it is closed if it belongs to nobody."""
        self.sessions.incoming(conn, now, remote_address=remote_address, local_address=local_address)

    def connected(self, conn: int, now: float, *, remote_address: str, local_address: str) -> None:
        if not self.rpki.connected(conn, now):
            self.sessions.connected(conn, now, remote_address=remote_address, local_address=local_address)

    def connection_failed(self, conn: int, now: float, why: str) -> None:
        """A connection could not be made, or was lost."""
        if self.rpki.connection_failed(conn, now, why):
            self.outbound.leave(conn)  # it may have been full
        else:
            self.sessions.connection_failed(conn, now, why)

    def received(self, conn: int, data: bytes, now: float) -> None:
        self.sessions.received(conn, data, now)

    def congested(self, conn: int, now: float) -> None:
        """The transport's buffer is full; nothing more is made for this session until ``writable``."""
        self.outbound.congested(conn)
        self.sessions.blocked(conn, now)

    def is_congested(self, conn: int) -> bool:
        return self.outbound.is_congested(conn)

    def progress(self, conn: int, now: float) -> None:
        """A full transport has got rid of some octets."""
        self.sessions.unblocked(conn, now)
        self.sessions.blocked(conn, now)

    def writable(self, conn: int, now: float) -> None:
        self.outbound.writable(conn)
        self.sessions.unblocked(conn, now)

    # -- routes of our own and of the kernel -------------------------------------------------------------------------

    def announce(self, family: Family, key: bytes, route: OwnRoute) -> None:
        self.own.announce(family, key, route)

    def withdraw(self, family: Family, key: bytes) -> bool:
        """Returns whether the prefix was ours."""
        return self.own.withdraw(family, key)

    def configure_routes(self, config: SpeakerConfig) -> None:
        """Announce the configuration's ``routes``, and no longer those of the former one."""
        wanted = {}
        for item in config.routes:
            family, key, route = configured_route(item)
            wanted[family, key] = route
        for family, key in self._configured - wanted.keys():
            self.own.withdraw(family, key)
        for (family, key), route in wanted.items():
            self.own.announce(family, key, route)
        self._configured = set(wanted)

    def configure_aggregates(self, config: SpeakerConfig, now: float) -> None:
        """The configuration's ``aggregates`` instead of those of the former one."""
        if not config.aggregates and not self.aggregates:
            return
        self.flush(now)
        rules = self.rules
        for scan in self.aggregates.configure(aggregates(config), local_as=rules.seen_as, router_id=rules.router_id):
            self.later(scan)

    def kernel(self, event: KernelEvent, now: float) -> None:
        """Foreign routes or addresses of this host have changed."""
        if isinstance(event, LocalAddresses):
            self.host_addresses(HostAddresses(event.addresses, event.devices), now)
            return
        if not event.main:
            self.redistribution.update(event)
        changed = self.next_hops.update(event.family, event.routes, main=event.main)
        if changed:
            self.sessions.next_hops_changed(changed)
        self.own.follow()

    def host_addresses(self, host: HostAddresses, now: float) -> None:
        """The addresses of this host, as a whole."""
        if host.subnets != self.host.subnets or host.by_device != self.host.by_device:
            self.host = host
            self.sessions.rules_changed(now)

    # -- work --------------------------------------------------------------------------------------------------------

    @property
    def flush_due(self) -> bool:
        # HOT, once a reading.
        prefixes = 0
        for table in self.tables.values():
            pending = table.pending
            prefixes += pending.new + len(pending.others)
        return prefixes >= FLUSH_AT

    @property
    def flush_wanted(self) -> bool:
        # HOT, once a reading.
        for table in self.tables.values():
            pending = table.pending
            if pending.others or pending.added:
                return True
        return False

    def flush(self, now: float) -> None:
        """Tell peers, the FIB and watchers what has changed since the last flush."""
        self.sessions.now = now
        if self.next_hops.changed:
            changed = self.next_hops.take_changed()
            if changed:
                self.sessions.next_hops_changed(changed)
            self.own.follow()
        for family, table in self.tables.items():
            while table.pending.others or table.pending.added:  # twice where aggregates come, go or change
                self._flush_one(family, table, now)
        for policy, why in self.rules.policy_errors():
            self.event("policy_error", "error", policy=policy, why=why)
        if self.memberships.news:
            constraint.follow(self)
        if self.existence:
            self._ask_again(now)
        if (self.next_hops.crowded or self.outbound.ids.crowded) and not self._tidying:
            self._tidying = True
            self.later(self._tidy())
        self._say_what_is_too_long()

    def _tidy(self) -> Iterator[None]:
        yield from forget_unused(self)
        self._tidying = False

    def _ask_again(self, now: float) -> None:
        """Do other conditions hold on what the Loc-RIB has? Then the policies that ask for them say something else."""
        existing = self.existence.existing
        generation = self.rules.generation
        if existing is not None and existing != generation.existing:
            for name in existing ^ generation.existing:
                self.event("exists" if name in existing else "not_exists", prefix_set=name)
            self.new_generation(replace(generation, existing=existing), now)

    def watch_existence(self, now: float) -> None:
        """Count what the policies ask of the Loc-RIB, and no longer what those of the former configuration asked."""
        watched = self.rules.watched
        sets = named(self.config.sets, "prefix_sets")
        written = {name: tuple(sets[name]) for name in watched}
        if written != self._watched:
            self._watched = written
            self.flush(now)
            self.later(self.existence.watch(watched))

    def _flush_one(self, family: Family, table: Table, now: float) -> None:
        changes = table.take_pending()
        moves = moves_of(changes, table)
        self.outbound.flush(family, changes, moves, now)
        if self.fib_config is not None and family in UNICAST:
            wanted = self.programming.changes(family, moves)
            if wanted is not None:
                self._outputs.append(wanted)
        if family == Family.ROUTE_TARGET:
            self.memberships.changed(moves)
        if self.watchers:
            self._outputs.append(RouteChanges(tuple(_best_changes(family, moves))))
        if self.flows and family in self.flows:
            self.flows[family].unicast_changed(moves)
        if self.aggregates:
            self.aggregates.changed(family, moves)
        if self.existence:
            self.existence.changed(family, moves)

    def _say_what_is_too_long(self) -> None:
        """Paths that some peers are not told, because their attributes fill a message (RFC 8654 §5)."""
        for group, paths in self.outbound.take_too_long():
            names = ",".join(member.name for member in islice(group.members.values(), 3))
            more = len(group.members) - 3
            self.event("attributes_too_long", "warn", peer=names, other_peers=more if more > 0 else None,
                       family=str(group.rules.family), paths=paths, limit_octets=group.limit)  # fmt: skip

    @property
    def has_work(self) -> bool:
        return bool(self._long_work) or self.outbound.has_work

    def work(self, now: float) -> None:
        """One slice of long work: some 2,000 prefixes."""
        self.flush(now)
        if self.outbound.has_work:
            self.outbound.step()
            self._say_what_is_too_long()
        if self._long_work:
            job = self._long_work.popleft()
            try:
                next(job)
            except StopIteration:
                self.flush(now)
                return
            self._long_work.append(job)

    def later(self, job: Iterator[None]) -> None:
        """Queue long work; it is done in slices, in turn with others."""
        self._long_work.append(job)

    # -- time --------------------------------------------------------------------------------------------------------

    def at(self, deadline: float, action: Callable[[float], None]) -> None:
        """Call ``action(now)`` at the deadline; it looks for itself whether there is still something to do."""
        heapq.heappush(self._timers, (deadline, next(self._timer_ids), action))

    @property
    def next_deadline(self) -> float | None:
        deadline = self._timers[0][0] if self._timers else None
        release = self.outbound.next_deadline
        if release is not None and (deadline is None or release < deadline):
            return release
        return deadline

    def tick(self, now: float) -> None:
        """Everything whose time has come."""
        self.sessions.now = now
        timers = self._timers
        while timers and timers[0][0] <= now:
            heapq.heappop(timers)[2](now)
        self.outbound.tick(now)
        self._say_what_is_too_long()

    # -- outputs -----------------------------------------------------------------------------------------------------

    def take_outputs(self) -> list[Output]:
        outputs, self._outputs = self._outputs, []
        return outputs

    def put(self, output: Output) -> None:
        self._outputs.append(output)

    def event(self, kind: str, level: Literal["debug", "info", "warn", "error"] = "info", **fields: object) -> None:
        """One line for the log; fields that are None are left out."""
        kept = {name: value for name, value in fields.items() if value is not None}
        self._outputs.append(Event(kind, level, kept))

    def _deliver(self, conns: list[int], data: bytes, messages: int) -> None:
        # HOT, once a flush for all members that get the same.
        self._outputs.append(SendAll(conns, data))
        told, now = self.sessions.told, self.sessions.now
        for conn in conns:  # none of them full: those have left the stream
            if conn in told:
                told[conn](messages, now)


def _best_changes(family: Family, moves: list[Move]) -> Iterator[BestChange]:
    for move in moves:
        old = None if isinstance(move.old, Again) else best_of(move.old)
        new = best_of(move.new)
        if old is not new:
            for key in move.keys:
                yield BestChange(family, key, old, new)
