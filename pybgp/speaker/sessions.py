"""What happens with the peers: who they are, and what their state machines' actions mean for the RIB."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from itertools import count
from typing import TYPE_CHECKING

from ..addresses import Family, address_octets, parse_endpoint
from ..config import resolved
from ..config.model import UNICAST, PeerConfig
from ..constants import CeaseSubcode
from ..errors import Cease, ConfigError, UpdateError
from ..fsm import actions
from ..fsm.states import State
from ..routes import Source
from . import constraint, graceful, limits, refreshing, renewal, unnumbered
from .damage import WHOLE
from .damping import PeerDamping
from .dropping import Dropping
from .first_ends import FirstEnds
from .guests import Guests
from .inbound import Importer, Inbound, prepare
from .outputs import Accept, Close, Connect, Listen, SweepFib
from .peers import Peer, families_of, session_settings
from .successors import Concerned, Dependents, by_new_next_hops, by_new_rules
from .validate import peer_problems, secret_problems

if TYPE_CHECKING:
    from .core import SpeakerCore


class Sessions:
    """All peers of a core, by name and by connection."""

    def __init__(self, core: SpeakerCore, secrets: Mapping[str, str]) -> None:
        self.peers: dict[str, Peer] = {}
        self.secrets = secrets
        self._core = core
        self._by_conn: dict[int, Peer] = {}
        self._inbound: dict[int, Inbound] = {}  # Established connections
        self.told: dict[int, Callable[[int, float | None], None]] = {}  # of the same: to call when something is sent
        self.importers: dict[str, Importer] = {}  # what judges each peer's routes, also stale ones; the newest
        self._changed_next_hops: set[bytes] = set()  # since the last look at the paths through them has begun
        self._epochs = count(1)
        self.dropping = Dropping(core)
        self.guests = Guests(core)
        self.neighbors: dict[str, tuple[str, float]] = {}  # interface -> the router there, and when it was heard last
        self.switched: dict[str, bool] = {}  # peers that the operator has enabled or disabled by hand
        self.judging = 0  # jobs under way that run import again
        self.now = 0.0  # of the last input, flush or tick
        self._stopping = False
        self.first_ends = FirstEnds()

    # -- life --------------------------------------------------------------------------------------------------------

    def start(self, now: float, preserved: frozenset[Family]) -> None:
        core = self._core
        self.now = now
        self.first_ends.start(now, core.tables, preserved)
        self.listen()
        for config in core.config.peers:
            self.add(config, now)
        graceful_restart = core.config.graceful_restart
        for delay in {graceful_restart.absent_time, graceful_restart.deferral_time}:
            core.at(now + delay, self._look_for_first_ends)

    def stop(self, now: float) -> None:
        self.now = now
        self._stopping = True
        for peer in list(self.peers.values()):
            if peer.graceful.on_stop == "close":
                peer.fsm.shutdown_silently(now)
            else:
                peer.fsm.stop(now, Cease("stopping", subcode=CeaseSubcode.ADMINISTRATIVE_SHUTDOWN))
            self.drain(peer, now)

    def listen(self) -> None:
        """Say where to listen, with whose passwords (RFC 2385)."""
        config = self._core.config
        endpoints = tuple(parse_endpoint(text) for text in config.listen)
        passwords = {}
        known = {peer.name: peer.address for peer in self.peers.values() if peer.dynamic is None}
        known |= {resolved.name(peer): peer.address for peer in config.peers}
        known |= {item.name or item.prefix: item.prefix for item in config.dynamic_peers}
        for name, address in known.items():
            secret = self.secrets.get(name)
            if secret is not None:
                passwords[address] = secret
        self._core.put(Listen(endpoints, passwords))

    # -- peers -------------------------------------------------------------------------------------------------------

    def add(self, config: PeerConfig, now: float, dynamic: str | None = None) -> Peer:
        """A peer appears in the configuration (or from a dynamic range) and starts."""
        core = self._core
        peer = Peer(
            config,
            core.config,
            core.rules.policies(config),
            conn_ids=core.conn_ids,
            epochs=self._epochs,
            random=core.random,
            now=now,
            at=core.at,
            wake=self._wake,
            dynamic=dynamic,
            restarting=self.first_ends.restarting,
            preserved=self.first_ends.preserved,
        )
        families = families_of(config, core.config)
        prepare(families, path_ids=any(each.add_path in ("receive", "both") for each in families.values()))
        self.peers[peer.name] = peer
        known = self.neighbors.get(config.unnumbered or "")
        if known is not None:
            peer.address, peer.octets = known[0], address_octets(known[0])
        if self.enabled(peer):
            self.begin(peer, now)
        return peer

    def check_new(self, config: PeerConfig, password: str | None) -> None:
        """
        Raises:
            ConfigError: the name or address is taken, or something else is wrong with it.
        """
        name = resolved.name(config)
        problems = [*peer_problems(config), *secret_problems({} if password is None else {name: password})]
        for peer in self.peers.values():
            if peer.name == name or (peer.address, peer.config.port) == (config.address, config.port):
                problems.append(f"peer {name}: there is a peer {peer.name} with address {peer.address} already")
        if problems:
            raise ConfigError(*problems)

    def add_new(self, config: PeerConfig, now: float, password: str | None) -> None:
        """A program adds a peer beside those of the configuration; ``check_new`` has found nothing wrong with it."""
        if password is not None:
            self.secrets = {**self.secrets, resolved.name(config): password}
        self.add(config, now)
        self.listen()

    def remove_by_hand(self, name: str, now: float, error: Cease) -> None:
        """A program takes a peer away, with all that was said of it."""
        self.switched.pop(name, None)
        self.remove(name, now, error)
        if name in self.secrets:
            self.secrets = {each: secret for each, secret in self.secrets.items() if each != name}
            self.listen()

    def remove(self, name: str, now: float, error: Cease) -> None:
        """A peer leaves the configuration; its routes go at once."""
        self.switch_off(self.peers[name], now, error)
        self.peers.pop(name, None)
        self.dropping.tidy_up((name,))

    def switch_off(self, peer: Peer, now: float, error: Cease) -> None:
        """A peer is not to be up; its routes go, also those that were kept for its return."""
        peer.fsm.stop(now, error)
        self.drain(peer, now)
        self._forget_stale(peer, set(self._core.tables))

    def begin(self, peer: Peer, now: float) -> None:
        """Start a peer; an unnumbered one waits until it is known where it is."""
        if peer.located:
            peer.fsm.start(now)
            self.drain(peer, now)

    def update_settings(self, peer: Peer, now: float) -> None:
        """Its configuration, or how far our own restart is, differs from what its state machine knows."""
        restarting, preserved = self.first_ends.restarting, self.first_ends.preserved
        settings = session_settings(peer.config, self._core.config, restarting=restarting, preserved=preserved)
        peer.fsm.update_settings(settings, now)

    def enabled(self, peer: Peer) -> bool:
        """Is the peer to be up: as the operator said last, else as configured."""
        return self.switched.get(peer.name, peer.config.enabled)

    # -- connections -------------------------------------------------------------------------------------------------

    def incoming(self, conn: int, now: float, *, remote_address: str, local_address: str) -> None:
        address, _, zone = remote_address.partition("%")
        if zone and not self._stopping:
            unnumbered.heard(self._core, zone, address, now)
        peer = "stopping" if self._stopping else self.guests.owner(remote_address, local_address, now)
        if isinstance(peer, str):
            self._core.event("connection_refused", "warn", remote_address=remote_address, why=peer)
            self._core.put(Close(conn, abort=True))
            return
        self._by_conn[conn] = peer
        self._core.put(Accept(conn, peer.transport_options(None)))
        peer.fsm.incoming(conn, now, local_address=local_address, remote_address=remote_address)
        self.drain(peer, now)

    def connected(self, conn: int, now: float, *, remote_address: str, local_address: str) -> None:
        peer = self._by_conn.get(conn)
        if peer is None:
            self._core.put(Close(conn))
            return
        peer.fsm.connected(conn, now, local_address=local_address, remote_address=remote_address)
        self.drain(peer, now)

    def connection_failed(self, conn: int, now: float, why: str) -> None:
        peer = self._by_conn.pop(conn, None)
        if peer is not None:
            peer.fsm.connection_failed(conn, now, why)
            self.drain(peer, now)

    def received(self, conn: int, data: bytes, now: float) -> None:
        peer = self._by_conn.get(conn)
        if peer is not None:
            peer.fsm.received(conn, data, now)
            self.drain(peer, now)
        else:
            self._core.rpki.received(conn, data, now)

    def blocked(self, conn: int, now: float) -> None:
        peer = self._by_conn.get(conn)
        if peer is not None:
            peer.fsm.blocked(conn, now)
            peer.alarm.set(peer.fsm.next_deadline)

    def unblocked(self, conn: int, now: float) -> None:
        peer = self._by_conn.get(conn)
        if peer is not None:
            self.now = now
            peer.fsm.sent(conn, now)

    def hold_down(self, peer: Peer, seconds: float | None, error: Cease, now: float) -> None:
        """End the session and keep the peer away; a dynamic one is forgotten meanwhile, its address is not."""
        if peer.dynamic is not None:
            self.guests.keep_away(peer, seconds, now)
        peer.fsm.hold_down(now, seconds, error)
        self.drain(peer, now)

    # -- what a state machine says -----------------------------------------------------------------------------------

    def drain(self, peer: Peer, now: float) -> None:
        # HOT, once a piece of input.
        self.now = now
        output = peer.fsm.take_output()
        if len(output) == 1 and type(output[0]) is actions.Updates:
            self._updates(peer, output[0], now)
            return  # nothing is due earlier than it was
        for action in output:
            kind = type(action)
            if kind is actions.Updates:
                self._updates(peer, action, now)  # type: ignore[arg-type]
            elif kind is actions.Send:
                self._core.put(action)  # type: ignore[arg-type]
            else:
                self._act(peer, action, now)
        peer.alarm.set(peer.fsm.next_deadline)

    def _act(self, peer: Peer, action: actions.Action, now: float) -> None:
        match action:
            case actions.Connect(conn):
                self._by_conn[conn] = peer
                options = peer.transport_options(self.secrets.get(peer.name))
                self._core.put(Connect(conn, peer.address, peer.config.port, options))
            case actions.Close(conn):
                self._by_conn.pop(conn, None)
                self._core.put(action)
            case actions.Up():
                self._up(peer, action, now)
            case actions.Down():
                self._down(peer, action, now)
            case actions.Refresh(conn, message):
                refreshing.received(self._core, peer, conn, message, now)
            case actions.StateChange(old, new, _, why):
                self._state_changed(peer, old, new, why)

    def _state_changed(self, peer: Peer, old: State, new: State, why: str) -> None:
        self._core.event("state", "info", peer=peer.name, old=old.name.lower(), new=new.name.lower(), why=why or None)
        if new < old:
            self._forget_if_gone(peer, self.now)

    def _forget_if_gone(self, peer: Peer, now: float) -> None:
        """A dynamic peer without a connection is no peer, since nobody dials it; stale routes keep it for a while."""
        if peer.dynamic is None or peer.waiting or self.peers.get(peer.name) is not peer or not self.enabled(peer):
            return
        if peer.fsm.state in (State.IDLE, State.ACTIVE) and peer not in self._by_conn.values():
            del self.peers[peer.name]
            self.dropping.tidy_up((peer.name,))
            peer.fsm.stop(now)
            self.drain(peer, now)

    def _wake(self, peer: Peer, now: float) -> None:
        peer.fsm.tick(now)
        self.drain(peer, now)

    # -- Established and after ---------------------------------------------------------------------------------------

    def _up(self, peer: Peer, up: actions.Up, now: float) -> None:
        core = self._core
        negotiated = up.negotiated
        peer.local_address, peer.remote_address = up.local_address, up.remote_address
        limits.forget_warnings(peer)
        peer.received_end_of_rib.clear()
        peer.to_refresh.clear()
        source = peer.open_source(negotiated, up.remote_address, core.host.link(up.local_address, up.remote_address))
        peer.stale_before = peer.epoch
        importer = Importer(core.rules.import_rules(peer, core.host), core.next_hops)
        self.importers[peer.name] = importer
        self._inbound[up.conn] = Inbound(source, negotiated.context, importer, core.tables, core.blocks)
        told = peer.fsm.when_told(up.conn)
        if told is not None:
            self.told[up.conn] = told
        self._forget_stale(peer, graceful.families_given_up(peer.waiting, negotiated))
        renewal.begin(core, peer)
        self.damp(peer)
        if peer.waiting:
            self._stale_deadline(peer, now + peer.graceful.stale_time)
        core.flush(now)
        if constraint.concerns(negotiated):
            constraint.up(core, peer, now)
        for family in sorted((negotiated.families & core.tables.keys()) - constraint.waiting(peer)):
            self._join(peer, up.conn, family)
        core.event(
            "session_up",
            peer=peer.name,
            remote_as=negotiated.remote_as,
            hold_time_s=negotiated.hold_time,
            families=",".join(str(family) for family in sorted(negotiated.families)),
        )
        if peer.policies.missing:
            self.once(peer, "ebgp_without_policy", why="nothing passes without a policy", rfc="8212")
        core.at(now + core.config.graceful_restart.absent_time, self._look_for_first_ends)

    def _join(self, peer: Peer, conn: int, family: Family) -> None:
        """Begin to tell the peer what there is of a family; the tables have been flushed."""
        core = self._core
        rules = core.rules.export_rules(peer, family, core.host, core.next_hops)
        end_of_rib = not self.first_ends.holds_back(family)
        peer.members[family] = core.outbound.join(peer.name, conn, rules, end_of_rib=end_of_rib)

    def join_waiting(self, peer: Peer, now: float) -> None:
        """The families that have waited for the peer's route targets."""
        families, conn = constraint.waiting(peer), peer.fsm.conn
        if families and conn in self._inbound:
            self._core.flush(now)
            for family in sorted(families & self._core.tables.keys()):
                self._join(peer, conn, family)

    def export_anew(self, peer: Peer, families: Set[Family]) -> None:
        """Export rules of the peer for these families may have changed; the tables have been flushed."""
        core, conn = self._core, peer.fsm.conn
        for family, (group, member) in list(peer.members.items()):
            if family in families and conn is not None:
                exports = core.rules.export_rules(peer, family, core.host, core.next_hops)
                if exports != group.rules:
                    peer.members[family] = (core.outbound.change_rules(conn, member, group, exports), member)

    def _down(self, peer: Peer, down: actions.Down, now: float) -> None:
        core = self._core
        self._inbound.pop(down.conn, None)
        self.told.pop(down.conn, None)
        core.outbound.leave(down.conn)
        kept = graceful.families_to_keep(peer, down) if not self._stopping else frozenset()
        if peer.name not in self.peers:
            kept = frozenset()
        stay = graceful.restart_time(peer)
        if not peer.graceful.keep_stale:
            self.dropping.drop_older(peer, set(peer.waiting), peer.stale_before)
        routes = sum(core.tables[family].counters(peer.name).received for family in kept)
        concerns = peer.negotiated is not None and constraint.concerns(peer.negotiated)
        peer.source = None
        peer.members.clear()
        peer.refreshing.clear()
        peer.renewals.clear()
        peer.negotiated = None
        peer.stale_before = peer.epoch + 1
        peer.waiting = set(kept)
        if not kept:
            self.importers.pop(peer.name, None)
        self.dropping.drop_older(peer, set(core.tables) - peer.waiting, peer.stale_before)
        if kept:
            self._stale_deadline(peer, now + stay)
        if concerns:
            constraint.look_for_the_silent(core, now)
        core.event(
            "session_down",
            "warn",
            peer=peer.name,
            why=down.why,
            routes_kept=routes if kept else None,
            kept_s=stay if kept else None,
        )

    def _updates(self, peer: Peer, action: actions.Updates, now: float) -> None:
        inbound = self._inbound.get(action.conn)
        if inbound is None:
            return
        if peer.damping is not None:
            peer.damping.now = now
        try:
            inbound.receive(action.bodies)
        except UpdateError as error:
            self._report(peer, inbound, now)
            self._tell(peer, peer.damage.note_end(error, inbound.refused, now), inbound.refused)
            peer.fsm.fail(action.conn, error, now)
            self.drain(peer, now)
            return
        if inbound.problems:
            self._report(peer, inbound, now)
        if inbound.end_of_ribs:
            families, inbound.end_of_ribs = inbound.end_of_ribs, []
            for family in families:
                self._end_of_rib(peer, family, now)
        if peer.config.max_prefixes is not None:
            limits.check(self._core, peer, peer.config.max_prefixes, now)

    def _report(self, peer: Peer, inbound: Inbound, now: float) -> None:
        problems, inbound.problems = inbound.problems, []
        for problem, prefixes, body in problems:
            self._tell(peer, peer.damage.note(problem, prefixes, body, now), body)

    def _tell(self, peer: Peer, fields: Mapping[str, object] | None, body: bytes) -> None:
        """Log a kind of damage; the whole UPDATE goes to those who debug (RFC 7606 §6)."""
        if fields is not None:
            self._core.event("update_error", "warn", peer=peer.name, **fields)
            self._core.event("damaged_update", "debug", peer=peer.name, octets=body[:WHOLE].hex())

    def _end_of_rib(self, peer: Peer, family: Family, now: float) -> None:
        peer.received_end_of_rib.add(family)
        self._core.event("end_of_rib", "debug", peer=peer.name, family=str(family))
        refreshing.ask_waiting(self._core, peer, family)
        if family in peer.waiting:
            self._forget_stale(peer, {family})
        if family == Family.ROUTE_TARGET:
            self.join_waiting(peer, now)
        self._look_for_first_ends(now)

    # -- stale routes ------------------------------------------------------------------------------------------------

    def _forget_stale(self, peer: Peer, families: set[Family]) -> None:
        peer.waiting -= families
        if peer.renewals:
            peer.renewals = {family: one for family, one in peer.renewals.items() if family in peer.waiting}
            self._lead_in(peer)
        if not peer.waiting and peer.source is None:
            self.importers.pop(peer.name, None)
        self.dropping.drop_older(peer, families, peer.stale_before)

    def _stale_deadline(self, peer: Peer, deadline: float) -> None:
        peer.stale_deadline = deadline

        def expired(now: float) -> None:
            if peer.stale_deadline == deadline and peer.waiting:
                self._core.event("stale_routes_dropped", "warn", peer=peer.name)
                self._forget_stale(peer, set(peer.waiting))
                self._forget_if_gone(peer, now)

        self._core.at(deadline, expired)

    # -- our own restart ---------------------------------------------------------------------------------------------

    def _look_for_first_ends(self, now: float) -> None:
        """Once every peer has sent its table after our start, nothing an earlier run left is needed any more."""
        core, preserved = self._core, self.first_ends.preserved
        for family in self.first_ends.complete(self.peers, self._expected, core.config, now):
            core.flush(now)
            if family in UNICAST:
                core.put(SweepFib(family))
            if preserved:
                core.outbound.end_of_rib(family)
        if self.first_ends.over():
            for peer in self.peers.values():
                self.update_settings(peer, now)

    def _expected(self, peer: Peer) -> bool:
        """Is it a configured peer that is to be up?"""
        return peer.dynamic is None and self.peers.get(peer.name) is peer and self.enabled(peer)

    # -- rules -------------------------------------------------------------------------------------------------------

    def rules_changed(self, now: float, concerned: Concerned | None = None) -> None:
        """Policies, addresses or options differ: import and export run again where they do, differences are told.

        ``concerned`` says for which prefixes import can make a difference; all, if None.
        """
        core = self._core
        others = set()
        for name, importer in self.importers.items():
            rules = core.rules.import_rules(self.peers[name], core.host)
            if rules != importer.rules:
                others.add(name)
                self.importers[name] = Importer(rules, core.next_hops)
        if others:
            for inbound in self._inbound.values():
                if inbound.source.name in others:
                    inbound.restart(inbound.source, self.importers[inbound.source.name])
            self.judge_again(others, concerned)
        core.flush(now)
        for conn in self._inbound:
            self.export_anew(self._by_conn[conn], core.tables.keys())

    def damp(self, peer: Peer) -> None:
        """Begin or end the damping of a peer's flaps, or go on with the configuration's values."""
        core, damping = self._core, peer.damping
        if not peer.is_damped:
            peer.damping = None
            if damping is not None:
                damping.release(damping.flaps.suppressed)
        elif damping is None:
            peer.damping = PeerDamping(core, peer.name, core.config.damping)
        else:
            damping.use_rules(core.config.damping)
        self._lead_in(peer)

    def _lead_in(self, peer: Peer) -> None:
        inbound = self._inbound.get(peer.fsm.conn or 0)
        if inbound is not None:
            inbound.use_tables(renewal.ways_in(self._core, peer))

    def judge_again(self, names: Set[str], concerned: Concerned | None = None) -> None:
        """Run import over what these peers have sent, in slices; each by the rules that are newest then."""
        self.judging += len(self._core.tables)
        for family in self._core.tables:
            self._core.later(self._judge_again(names, family, concerned))

    def _judge_again(self, names: Set[str], family: Family, concerned: Concerned | None) -> Iterator[None]:
        yield from self._core.tables[family].replace(by_new_rules(self.importers, family, concerned, names))
        self.judging -= 1
        self._count_accepted()

    def _count_accepted(self) -> None:
        """Other rules or next hops: another number of accepted prefixes, without an UPDATE."""
        for name in list(self.importers):
            peer = self.peers.get(name)
            limit = peer.config.max_prefixes if peer is not None else None
            if peer is not None and limit is not None and limit.count == "accepted":
                limits.check(self._core, peer, limit, self.now)

    def use_importer(self, peer: Peer, importer: Importer) -> None:
        """What the peer has sent and sends from now on is judged by this one."""
        inbound = self._inbound[peer.fsm.conn or 0]
        self.importers[peer.name] = importer
        inbound.restart(inbound.source, importer)
        self.judge_again({peer.name})

    def next_hops_changed(self, changed: frozenset[bytes]) -> None:
        """Some next hops now resolve differently: the paths through them get successors, in slices. What changes before
        that has begun goes with it."""
        waiting = bool(self._changed_next_hops)
        self._changed_next_hops |= changed
        for importer in self.importers.values():
            importer.forget(changed)
        for inbound in self._inbound.values():
            inbound.forget_next_hops(changed)
        if not waiting:
            self._core.later(self._follow_next_hops())

    def _follow_next_hops(self) -> Iterator[None]:
        depend = Dependents(frozenset(self._changed_next_hops))
        self._changed_next_hops.clear()
        for family, table in list(self._core.tables.items()):
            yield from table.replace(by_new_next_hops(self.importers, depend, family), depend)
        self._count_accepted()

    def go_on_as(self, source: Source, conn: int) -> None:
        """What the session sends from now on is of another epoch."""
        inbound = self._inbound[conn]
        inbound.restart(source, inbound.importer)

    def forget_paths(self) -> None:
        """Paths that sessions know by their attributes are ranked by rules that no longer hold."""
        for inbound in self._inbound.values():
            inbound.restart(inbound.source, inbound.importer)

    def forget_answers(self) -> None:
        """Whatever remembers where next hops lead asks again."""
        for importer in self.importers.values():
            importer.forget()
        self.forget_paths()

    def once(self, peer: Peer, kind: str, **fields: object) -> None:
        """Warn of something that need not be said again."""
        if kind not in peer.warned:
            peer.warned.add(kind)
            self._core.event(kind, "warn", peer=peer.name, **fields)
