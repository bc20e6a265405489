"""``Speaker``: one BGP instance on the network, and what users do with it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from ..addresses import Family, prefix_key
from ..config.model import FibConfig, PeerConfig, RouteConfig, SpeakerConfig
from ..errors import ApiError, PybgpError
from ..messages.families.registry import parse_route
from ..rib.kernel import RouteType
from ..speaker.explaining import with_kernel
from ..speaker.originate import configured_route, own_key, own_route
from .shell import Shell
from .watch import RouteChange, Watcher

if TYPE_CHECKING:
    from netaddr import IPNetwork

    from ..config.changes import Changes
    from ..rib.explanation import Explanation


class Speaker(Shell):
    """A BGP speaker: ``async with Speaker(config) as speaker``.

    ``announce``, ``withdraw`` and all questions are plain calls in the loop's thread; what waits is ``async``.
    """

    def announce(
        self,
        prefix: str | IPNetwork,
        *,
        next_hop: str | None = None,
        next_hops: Iterable[tuple[str, int]] = (),
        while_reachable: bool = False,
        preference: int | None = None,
        local_pref: int | None = None,
        med: int | None = None,
        communities: Iterable[str] = (),
        type: RouteType = "unicast",
        family: Family | None = None,
    ) -> None:
        """Announce a prefix, or change what is announced of it; each peer's export policy still decides.

        Instead of a prefix also a flow specification, "destination 192.0.2.7/32 protocol =17", if a peer has its
        family; what is to be done with the packets is said by ``communities``: ("traffic-rate-bytes:0:0",). ``family``
        is needed where both families of them could have written it.

        ``next_hops`` are several gateways with their weights, 1..256, instead of ``next_hop``: the kernel spreads the
        traffic, peers are given our address. ``while_reachable``: announced only while the kernel knows a way to one
        of its next hops. ``preference`` (0..65535) is the route's own instead of ``[preference] own``.

        Raises:
            ValueError: not a prefix, flow specification, address or community.
            ApiError: no peer has that family.
        """
        family, key, route = own_route(
            prefix,
            family=family,
            next_hop=next_hop,
            next_hops=next_hops,
            while_reachable=while_reachable,
            preference=preference,
            type=type,
            local_pref=local_pref,
            med=med,
            communities=communities,
        )
        self._has(family)
        self.core.announce(family, key, route)
        self._after_input()

    def _has(self, family: Family) -> None:
        if family not in self.core.tables:
            raise ApiError(f"no peer has the family {family}")

    def announce_route(self, route: RouteConfig) -> None:
        """As one of the configuration's ``routes``; it lives until withdrawn, also over a reload.

        Raises:
            ValueError: not a prefix, flow specification, address or community.
            ApiError: no peer has its family.
        """
        family, key, own = configured_route(route)
        self._has(family)
        self.core.announce(family, key, own)
        self._after_input()

    def withdraw(self, prefix: str | IPNetwork, *, family: Family | None = None) -> None:
        """Take back an announcement.

        Raises:
            ApiError: we do not announce it.
        """
        family, key = own_key(prefix, family)
        if not self.core.withdraw(family, key):
            raise ApiError(f"{prefix} is not announced by us")
        self._after_input()

    def add_peer(self, config: PeerConfig, *, password: str | None = None) -> None:
        """Add a peer to a running speaker.

        Raises:
            ConfigError: its name or address is taken, or its policy is unknown.
        """
        self.core.add_peer(config, self.now(), password)
        self._watch_links()
        self._after_input()

    def remove_peer(self, name: str) -> None:
        """Take a peer away: Cease/3, its routes go.

        Raises:
            ApiError: there is no such peer.
        """
        self.core.remove_peer(name, self.now())
        self._watch_links()
        self._after_input()

    def reset(self, name: str, *, message: str = "") -> None:
        """End a session with Cease/4 and begin it again; the peer is told the message (RFC 9003).

        Raises:
            ApiError: there is no such peer, or it is disabled.
            ValueError: the message has more than 255 octets.
        """
        self.core.reset_peer(name, self.now(), message)
        self._after_input()

    def refresh(self, name: str) -> bool:
        """Ask a peer for its routes again (RFC 2918). False: it can't be asked, so import policy runs again over what
        it has sent.

        Raises:
            ApiError: there is no such peer, or it has no session.
        """
        how = self.core.refresh_peer(name, self.now())
        self._after_input()
        return how == "asked"

    def tell_again(self, name: str) -> None:
        """Tell a peer everything again, as if it had asked for it.

        Raises:
            ApiError: there is no such peer, or it has no session.
        """
        self.core.tell_peer_again(name, self.now())
        self._after_input()

    def disable(self, name: str, *, message: str = "") -> None:
        """End a session with Cease/2 and keep it down: until ``enable``, or a configuration that changes ``enabled``.

        Raises:
            ApiError: there is no such peer.
            ValueError: the message has more than 255 octets.
        """
        self.core.disable_peer(name, self.now(), message)
        self._after_input()

    def enable(self, name: str) -> None:
        """Start a peer that was disabled, by hand or by the configuration.

        Raises:
            ApiError: there is no such peer.
        """
        self.core.enable_peer(name, self.now())
        self._after_input()

    def drain(self) -> None:
        """Tell all peers that our routes will soon be gone, so that they choose others (RFC 8326); sessions stay."""
        self.core.drain(self.now())
        self._after_input()

    def undo_drain(self) -> None:
        """Tell all peers our routes as they are."""
        self.core.undo_drain(self.now())
        self._after_input()

    def unacknowledged(self) -> dict[str, int]:
        """Octets that the TCP of each Established peer has not acknowledged, by the peer's name."""
        found = {}
        for name, peer in self.core.sessions.peers.items():
            connection = self._connections.get(peer.fsm.conn or 0)
            if connection is not None:
                found[name] = connection.unacknowledged
        return found

    async def established(self, *names: str, timeout: float | None = None) -> None:
        """Wait until these peers (all configured ones, if none is named) are Established.

        Raises:
            TimeoutError: they are not, after ``timeout`` seconds; it names each with its state and last error.
        """
        try:
            async with asyncio.timeout(timeout):
                while not self.core.all_established(names):
                    waiter = self._state_waiter()
                    try:
                        await waiter.wait()
                    finally:
                        self._state_waiters.discard(waiter)
        except TimeoutError:
            missing = "; ".join(self.core.not_established(names))
            raise TimeoutError(f"not established after {timeout:g} s: {missing}") from None

    def explain(self, prefix: str | IPNetwork, peer: str | None = None) -> Explanation:
        """Why a prefix goes where it goes, and who is told of it; ``peer``: only what this one is told.

        Of an address, or a prefix that the table doesn't have, the most specific prefix that holds it.

        Raises:
            ValueError: not a prefix.
            ApiError: there is no such peer.
        """
        family, key = parse_route(prefix, self.core.tables) if isinstance(prefix, str) else prefix_key(prefix)
        found = self.core.explain(family, key, peer)
        if self.fib is None:
            return found
        return with_kernel(found, self.fib)

    async def watch(self, family: Family | None = None, *, initial: bool = True) -> AsyncIterator[RouteChange]:
        """Best-route changes, first what there is (if ``initial``). A slow reader gets the newest state of each
        prefix, never a growing queue."""
        if self.core.flush_wanted:  # else what is there already would come again, as a change
            self.core.flush(self.now())
            self._after_input()
        watcher = Watcher(family)
        self._watchers.add(watcher)
        self.core.watchers += 1
        try:
            if initial:
                watcher.fill(self.core.tables)
            async for change in watcher:
                yield change
        finally:
            self.core.watchers -= 1
            self._watchers.discard(watcher)

    def reconfigure(
        self,
        config: SpeakerConfig,
        *,
        fib_config: FibConfig | None = None,
        functions: Mapping[str, Callable[..., Any]] | None = None,
        secrets: Mapping[str, str] | None = None,
    ) -> Changes:
        """Apply a new configuration, all or nothing; only sessions whose settings really changed bounce.

        Raises:
            ConfigError: it can't be used; nothing has changed.
        """
        self._open_listeners(config, secrets or {})
        try:
            changes = self.core.reconfigure(config, self.now(), fib=fib_config, functions=functions, secrets=secrets)
        except PybgpError as error:
            self._listeners.back_out(error)
            raise
        self._watch_links()
        self._after_input()
        return changes
