"""Who is asked: what the questions need of a speaker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Protocol

from ..addresses import Family
from ..config.model import RouteConfig, SpeakerConfig
from ..net.stalls import LoopStalls
from ..rib.aggregates import AggregateState
from ..rib.explanation import Explanation
from ..rpki.table import VrpTable
from ..speaker.fib import Fib
from ..speaker.policy_views import PolicyView
from ..speaker.rpki import CacheStatus
from ..speaker.status import PeerStatus, RouteDirection, RouteView


class Rpki(Protocol):
    """What the questions need of ``speaker.rpki.Rpki``."""

    @property
    def table(self) -> VrpTable: ...

    def status(self) -> list[CacheStatus]: ...


class Aggregates(Protocol):
    """What the questions need of ``rib.aggregates.Aggregates``."""

    def states(self) -> Iterator[AggregateState]: ...


class Core(Protocol):
    """What the questions need of ``SpeakerCore``."""

    config: SpeakerConfig

    @property
    def aggregates(self) -> Aggregates: ...

    @property
    def rpki(self) -> Rpki: ...

    @property
    def tables(self) -> Mapping[Family, object]: ...

    draining_since: float | None

    @property
    def judging(self) -> bool: ...

    @property
    def flush_wanted(self) -> bool: ...

    def peer_status(self, now: float) -> Iterator[PeerStatus]: ...

    def policy_views(self) -> Iterator[PolicyView]: ...

    def shown_keys(self, family: Family, direction: RouteDirection) -> list[bytes]: ...

    def route_views(
        self,
        family: Family | None = None,
        *,
        key: bytes | None = None,
        peer: str | None = None,
        direction: RouteDirection = "best",
    ) -> Iterator[RouteView]: ...


class Speaker(Protocol):
    """What the questions need of ``pybgp.net.speaker.Speaker``."""

    @property
    def core(self) -> Core: ...

    @property
    def fib(self) -> Fib | None: ...

    @property
    def loop_stalls(self) -> LoopStalls: ...

    def now(self) -> float: ...

    def reset(self, name: str, *, message: str = "") -> None: ...

    def refresh(self, name: str) -> bool: ...

    def tell_again(self, name: str) -> None: ...

    def disable(self, name: str, *, message: str = "") -> None: ...

    def enable(self, name: str) -> None: ...

    def explain(self, prefix: str, peer: str | None = None) -> Explanation: ...

    def announce_route(self, route: RouteConfig) -> None: ...

    def withdraw(self, prefix: str, *, family: Family | None = None) -> None: ...

    def drain(self) -> None: ...

    def undo_drain(self) -> None: ...

    def unacknowledged(self) -> Mapping[str, int]: ...

    def wall(self, t: float) -> datetime: ...
