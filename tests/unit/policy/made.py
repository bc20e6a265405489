"""Routes and policies for tests, in few words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pybgp.addresses import Family, address_octets, prefix_key
from pybgp.config.model import MatchConfig, PolicySets, SetConfig, TermConfig
from pybgp.messages.attributes.as_path import AsPath
from pybgp.messages.attributes.block import Block
from pybgp.messages.context import PeerKind
from pybgp.policy.chain import Policy
from pybgp.policy.compile import compile_chain
from pybgp.policy.generation import FIRST, Generation
from pybgp.routes import Accept, Reject, Route, Source, SourceKind, Verdict

PEER = Source(
    kind=SourceKind.BGP,
    name="tor-a",
    peer_kind=PeerKind.EXTERNAL,
    address=address_octets("198.51.100.1"),
    remote_as=65001,
)
LOCAL = Source(kind=SourceKind.LOCAL, name="local", preference=200)


def block(path: AsPath | Sequence[int] = (65001,), *, next_hop: str = "198.51.100.1", **changes: Any) -> Block:
    """A block with this AS path and next hop; ``changes`` are those of ``Route.replace``."""
    as_path = path if isinstance(path, AsPath) else AsPath.sequence(path)
    bare = Block.build((as_path,), address_octets(next_hop) if next_hop else b"")
    return Route(Family.IPV4_UNICAST, b"\0", bare, PEER).replace(**changes).block


def route(
    prefix: str = "10.65.1.0/26",
    path: AsPath | Sequence[int] = (65001,),
    *,
    source: Source = PEER,
    next_hop: str = "",
    **changes: Any,
) -> Route:
    family, key = prefix_key(prefix)
    if not next_hop:
        next_hop = "198.51.100.1" if family == Family.IPV4_UNICAST else "2001:db8::1"
    return Route(family, key, block(path, next_hop=next_hop, **changes), source)


def term(action: str = "accept", label: str = "", *, set: SetConfig | None = None, **match: Any) -> TermConfig:
    return TermConfig(action=action, term=label, match=MatchConfig(**match), set=set or SetConfig())  # type: ignore[arg-type]


def chain(
    *terms: TermConfig,
    refs: Sequence[str | Callable[..., Any]] = ("policy",),
    prefix_sets: Mapping[str, tuple[str, ...]] | None = None,
    as_path_sets: Mapping[str, tuple[str, ...]] | None = None,
    community_sets: Mapping[str, tuple[str, ...]] | None = None,
    policies: Mapping[str, Sequence[TermConfig]] | None = None,
    functions: Mapping[str, Callable[..., Any]] | None = None,
    allow_hints: bool = False,
    default: Any = "reject",
    generation: Generation = FIRST,
) -> Policy:
    """The terms as a policy called "policy", and others by name."""
    return compile_chain(
        refs,
        policies={"policy": terms, **(policies or {})},
        sets=PolicySets(
            prefix_sets=prefix_sets or {}, as_path_sets=as_path_sets or {}, community_sets=community_sets or {}
        ),
        functions=functions or {},
        own_as=64512,
        default=default,
        allow_hints=allow_hints,
        generation=generation,
    )


def accepted(verdict: Verdict) -> Block:
    """The block of a verdict that accepts."""
    assert isinstance(verdict, Accept), verdict.reason
    return verdict.block


def refused(verdict: Verdict) -> str:
    """The reason of a verdict that rejects."""
    assert isinstance(verdict, Reject), "accepted"
    return verdict.reason
