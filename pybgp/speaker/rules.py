"""From configuration to rules: what a peer's import, export and policies are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from typing import Any

from ..addresses import IPV4_MAPPED, Family, address_octets, parse_router_id, prefix_key
from ..config import resolved
from ..config.model import UNICAST, FibConfig, PeerConfig, PolicyRef, SpeakerConfig
from ..constants import MAX_MESSAGE, Afi
from ..errors import ConfigError
from ..messages.context import PeerKind
from ..policy.built_in_sets import named
from ..policy.builtin import ACCEPT_ALL, EBGP_WITHOUT_POLICY
from ..policy.chain import Policy
from ..policy.compile import compile_chain
from ..policy.generation import FIRST, Generation
from ..policy.prefix_set import PrefixSet
from ..rib.decision import Decision
from ..rib.export import ExportRules, Position, whole_subnet, within
from ..rib.multipath import Multipath
from ..rib.next_hops import NextHops
from ..rib.targets import CONSTRAINED
from .import_rules import ImportRules
from .originate import suppressing
from .orr import CostFunction
from .peers import Peer, Policies, families_of

Functions = Mapping[str, Callable[..., Any]]
"""Python policies by their "module:function", already imported."""


class HostAddresses:
    """Our own addresses and the subnets they are in, as far as the shell has told us."""

    __slots__ = ("by_device", "subnets")

    def __init__(
        self, subnets: Mapping[bytes, bytes] | None = None, by_device: Mapping[bytes, str] | None = None
    ) -> None:
        self.subnets = {address: whole_subnet(key, len(address)) for address, key in (subnets or {}).items()}
        self.by_device = dict(by_device or {})

    def link(self, local_address: str, remote_address: str) -> str:
        """The interface of the link on which a session's two addresses are neighbours, "" if there is none."""
        zone = remote_address.partition("%")[2]
        local = address_octets(local_address)
        subnet = self.subnets.get(local)
        if zone or subnet is None or not within(address_octets(remote_address), subnet):
            return zone
        return self.by_device.get(local, "")

    def of_family(self, local: bytes, size: int) -> bytes | None:
        """A global address of ``size`` octets on the interface that has ``local``."""
        device = self.by_device.get(local)
        if device is None:
            return None
        for address, name in sorted(self.by_device.items()):
            if name == device and len(address) == size and not address.startswith(b"\xfe\x80"):
                return address
        return None


class Rules:
    """One configuration's rules, compiled once."""

    def __init__(
        self, config: SpeakerConfig, functions: Functions, fib: FibConfig | None, previous: Rules | None = None
    ) -> None:
        """Chains that read the same as those of ``previous`` are taken over, so that nothing runs again for them.

        Raises:
            ConfigError: a policy that is not there or can't be compiled.
        """
        self.config = config
        self.fib_config = fib
        self.functions = functions
        self.draining: bool = previous is not None and previous.draining  # RFC 8326, until it is taken back
        self.generation: Generation = previous.generation if previous is not None else FIRST
        self._chains: dict[tuple[PolicyRef, ...], Policy] = {}
        self._costs: dict[PolicyRef, CostFunction] = {}
        self._suppressing = suppressing(config)
        self._said: set[str] = set()  # names of cost functions whose first error was told
        if previous is not None and previous._same_text(config, functions):
            self._chains = previous._chains
        self.router_id = parse_router_id(config.router_id)
        peers = (*config.peers, *(item.template for item in config.dynamic_peers))
        own = config.cluster_id or config.router_id
        self._peer_addresses = frozenset(address_octets(peer.address) for peer in config.peers if peer.address)
        ranges = (prefix_key(item.prefix) for item in config.dynamic_peers)
        self._peer_ranges = frozenset(
            whole_subnet(key, 4 if family == Family.IPV4_UNICAST else 16) for family, key in ranges
        )
        self.cluster_ids = frozenset(parse_router_id(peer.cluster_id or own) for peer in peers) | {parse_router_id(own)}
        for peer in peers:
            self._compile_for(peer)
        self.fib_policy = self._compile((fib.export_policy,) if fib is not None else ("reject",), hints=True)
        if self.fib_policy.watched:
            raise ConfigError(
                "fib.export_policy asks what the Loc-RIB has (exists): expected only of a peer's export_policy"
            )

    def with_peer(self, peer: PeerConfig) -> Rules:
        """The same rules where there is one more peer.

        Raises:
            ConfigError: a policy that is not there or can't be compiled.
        """
        self._compile_for(peer)
        rules = copy(self)
        rules.cluster_ids |= {parse_router_id(peer.cluster_id or self.config.cluster_id or self.config.router_id)}
        rules._peer_addresses |= {address_octets(peer.address)}
        return rules

    def _compile_for(self, peer: PeerConfig) -> None:
        """Whatever can't be compiled shows now, and not when a session comes up."""
        self.policies(peer)
        if peer.orr is not None:
            self._cost_function(peer.orr)

    def renewed(self, generation: Generation) -> Rules:
        """The same rules in another generation: only chains for which it makes a difference are others."""
        rules = copy(self)
        rules.generation = generation
        rules._chains = {refs: chain.renewed(generation) for refs, chain in self._chains.items()}
        rules.fib_policy = self.fib_policy.renewed(generation)
        return rules

    @property
    def watched(self) -> Mapping[str, PrefixSet]:
        """The prefix sets, by name, of which some chain asks whether the Loc-RIB has a prefix."""
        names = {name for chain in self._chains.values() for name in chain.watched}
        sets = named(self.config.sets, "prefix_sets")
        return {name: PrefixSet(sets[name]) for name in sorted(names)}

    def policies(self, peer: PeerConfig) -> Policies:
        """A peer's chains; iBGP accepts by default, eBGP doesn't (RFC 8212)."""
        external = resolved.is_external(peer, self.config)
        default = EBGP_WITHOUT_POLICY if external else ACCEPT_ALL
        imports, exports = peer.import_policy, peer.export_policy
        if imports is not None and self._chain(tuple(imports)).watched:
            index = next(index for index, policy in enumerate(imports) if self._chain((policy,)).watched)
            place = f"peer {resolved.name(peer)}: import_policy[{index}]"
            raise ConfigError(f"{place} asks what the Loc-RIB has (exists), which it makes itself")
        return Policies(
            self._chain(tuple(imports)) if imports is not None else default,
            self._chain(tuple(exports)) if exports is not None else default,
            missing=external and (imports is None or exports is None),
        )

    def _same_text(self, config: SpeakerConfig, functions: Functions) -> bool:
        old = self.config
        return (old.policies, old.sets, old.local_as, old.confederation) == (
            config.policies,
            config.sets,
            config.local_as,
            config.confederation,
        ) and dict(self.functions) == dict(functions)

    def policy_errors(self) -> Iterator[tuple[str, str]]:
        """(policy, error) of each Python policy that has raised for the first time."""
        # HOT, once a flush.
        for chain in (*self._chains.values(), self.fib_policy):
            if chain.errors.count:
                text = chain.errors.take_first()
                if text:
                    yield chain.name, text
        for costs in self._costs.values():
            if costs.errors and costs.name not in self._said:
                self._said.add(costs.name)
                yield costs.name, costs.errors[0]

    def _chain(self, refs: tuple[PolicyRef, ...]) -> Policy:
        chain = self._chains.get(refs)
        if chain is None:
            chain = self._chains[refs] = self._compile(refs)
        return chain

    def _compile(self, refs: tuple[PolicyRef, ...], *, hints: bool = False) -> Policy:
        return compile_chain(
            refs,
            policies=self.config.policies,
            sets=self.config.sets,
            functions=self.functions,
            own_as=self.seen_as,
            allow_hints=hints,
            generation=self.generation,
        )

    def decision(self, next_hops: NextHops) -> Decision:
        options = self.config.decision
        return Decision(
            default_local_pref=self.config.default_local_pref,
            always_compare_med=options.always_compare_med,
            missing_med_as_worst=options.missing_med_as_worst,
            as_path_ignore=options.as_path_ignore,
            prefer_oldest=options.prefer_oldest,
            preference=self.config.preference,
            cost=next_hops.cost,
        )

    def multipath(self, decision: Decision) -> Multipath:
        options = self.config.decision
        return Multipath(
            decision,
            ebgp=options.max_paths_ebgp,
            ibgp=options.max_paths_ibgp,
            as_path_relax=options.as_path_relax,
            bandwidth=options.link_bandwidth,
        )

    def import_rules(self, peer: Peer, host: HostAddresses) -> ImportRules:
        config = self.config
        confederation = config.confederation
        local_as = peer.local_as
        if confederation is not None and local_as in (config.local_as, confederation.identifier):
            local_as = 0
        return ImportRules(
            local_as=local_as,
            own_as=config.local_as if confederation is None and local_as != config.local_as else 0,
            member_as=config.local_as if confederation is not None else 0,
            confederation=confederation.identifier if confederation is not None else 0,
            from_member=peer.kind is PeerKind.CONFEDERATION,
            router_id=self.router_id,
            cluster_ids=self.cluster_ids,
            own_addresses=self._own_addresses(peer, host),
            allowas_in=peer.config.allowas_in,
            enforce_first_as=peer.config.enforce_first_as,
            validate_flowspec=peer.config.validate_flowspec,
            policy=peer.policies.imports,
            shared_subnet=self._shared_subnet(peer, host),
            prepend=peer.local_as if self._shows_both(peer, "prepend") else 0,
            max_as_path_length=peer.config.max_as_path_length,
            max_communities=peer.config.max_communities,
            honor_graceful_shutdown=peer.config.honor_graceful_shutdown and peer.kind is PeerKind.EXTERNAL,
            honor_blackhole=peer.config.honor_blackhole,
            draining=self.draining and peer.kind is PeerKind.EXTERNAL,
            role=peer.role,
        )

    def export_rules(
        self, peer: Peer, family: Family, host: HostAddresses, next_hops: NextHops | None = None
    ) -> ExportRules:
        """``next_hops`` is asked for what AIGP grows by."""
        negotiated = peer.negotiated
        assert negotiated is not None
        context = negotiated.context
        options = peer.config
        of_family = families_of(options, self.config).get(family)  # None in a comparison with what comes without it
        shared = self._shared_subnet(peer, host)
        asks_for_remote_as = options.as_override or options.remove_private_as != "off"
        return ExportRules(
            family=family,
            kind=peer.kind,
            client=options.route_reflector_client,
            local_as=peer.local_as,
            own_as=self.seen_as if self._shows_both(peer, "prepend", "no_prepend") else 0,
            remote_as=negotiated.remote_as if asks_for_remote_as else 0,
            as_override=options.as_override,
            remove_private_as=options.remove_private_as,
            role=peer.role,
            route_server_client=options.route_server_client,
            same_domain=options.same_domain,
            router_id=self.router_id,
            cluster_id=peer.cluster_id,
            own_next_hop=self._own_next_hop(peer, family, host),
            next_hop_mode=peer.config.next_hop,
            shared_subnet=shared,
            peer_addresses=self._peer_addresses if shared is not None else frozenset(),
            peer_ranges=self._peer_ranges if shared is not None else frozenset(),
            default_local_pref=self.config.default_local_pref,
            client_to_client=self.config.client_to_client_reflection,
            four_octet_as=context.four_octet_as,
            add_path=family in context.add_path_send,
            add_path_limit=(of_family.add_path_limit if of_family is not None else None) or 0,
            best_external=options.best_external and peer.internal,
            position=self._position(peer),
            extended_next_hop=family in context.extended_next_hop,
            limit=context.max_send or MAX_MESSAGE,
            mrai=peer.config.timers.mrai,
            default_originate=options.default_originate
            if family in UNICAST
            else family == Family.ROUTE_TARGET and peer.tells_default_target and options.default_route_target,
            default_route_target=options.default_route_target or family != Family.ROUTE_TARGET,
            targets=peer.targets if family in CONSTRAINED else None,
            suppressing=self._suppressing.get(family, ()),
            draining=self.draining,
            policy=peer.policies.exports,
            cost=next_hops.cost if next_hops is not None else None,
        )

    @property
    def seen_as(self) -> int:
        """Our AS number for the world."""
        return resolved.seen_as(self.config)

    def _position(self, peer: Peer) -> Position | None:
        """From where paths are compared for the peer, if not from here."""
        orr = peer.config.orr
        if orr is None:
            return None
        return Position(peer.name, self._cost_function(orr))

    def _cost_function(self, orr: PolicyRef) -> CostFunction:
        found = self._costs.get(orr)
        if found is None:
            function = self.functions.get(orr) if isinstance(orr, str) else orr
            if function is None:
                raise ConfigError(f'orr = "{orr}": there is no such function')
            found = self._costs[orr] = CostFunction(function, orr if isinstance(orr, str) else function.__qualname__)
        return found

    def _shows_both(self, peer: Peer, *modes: str) -> bool:
        """An external peer with another AS of ours than the others see, and in one of these modes."""
        if peer.kind is not PeerKind.EXTERNAL or peer.local_as == self.seen_as:
            return False
        return peer.config.local_as_mode in modes

    @staticmethod
    def _own_addresses(peer: Peer, host: HostAddresses) -> frozenset[bytes]:
        """Next hops that would lead to ourselves; the address of a peer on this very host is not one."""
        own = set(host.subnets)
        if peer.local_address:
            own.add(address_octets(peer.local_address))
            own.discard(address_octets(peer.remote_address))
        return frozenset(own | {IPV4_MAPPED + address for address in own if len(address) == 4})

    @staticmethod
    def _shared_subnet(peer: Peer, host: HostAddresses) -> bytes | None:
        """Only for a directly connected external peer."""
        if peer.kind is not PeerKind.EXTERNAL or peer.config.multihop or not peer.local_address:
            return None
        if peer.config.unnumbered is not None:
            return None
        subnet = host.subnets.get(address_octets(peer.local_address))
        if subnet is None or not within(address_octets(peer.remote_address), subnet):
            return None
        return subnet

    @staticmethod
    def _own_next_hop(peer: Peer, family: Family, host: HostAddresses) -> bytes:
        """Our address on the session; of the other family, one on the same interface (RFC 2545 §3, AFI-24)."""
        local = address_octets(peer.local_address)
        if family.afi != Afi.IPV6 and family not in UNICAST:
            return local[:16]
        if family == Family.IPV4_UNICAST and peer.config.unnumbered is None:
            if len(local) == 4:
                return local
            return host.of_family(local, 4) or local
        if len(local) == 4:
            return host.of_family(local, 16) or IPV4_MAPPED + local
        if local.startswith(b"\xfe\x80"):
            wide = host.of_family(local, 16)
            return wide + local if wide is not None else local
        return local
