"""The chains of policies that decide now: for whom, how often they run, and what went wrong in them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ..policy.chain import Policy

if TYPE_CHECKING:
    from .core import SpeakerCore


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyView:
    """One chain.

    ``runs`` says for what it decides anew: each set of attributes ("block"), each of these and what the prefix sets say
    of a prefix ("mark"), or each prefix. ``errors`` are routes that a Python policy rejected by raising.
    """

    name: str
    import_of: tuple[str, ...]
    export_of: tuple[str, ...]
    fib: bool
    runs: Literal["block", "mark", "prefix"]
    errors: int
    last_error: str


def policy_views(core: SpeakerCore) -> Iterator[PolicyView]:
    """All chains in use, in the order of the peers."""
    chains: dict[Policy, tuple[list[str], list[str]]] = {}
    for peer in core.sessions.peers.values():
        chains.setdefault(peer.policies.imports, ([], []))[0].append(peer.name)
        chains.setdefault(peer.policies.exports, ([], []))[1].append(peer.name)
    fib = core.rules.fib_policy if core.fib_config is not None else None
    if fib is not None:
        chains.setdefault(fib, ([], []))
    for chain, (imports, exports) in chains.items():
        yield PolicyView(
            name=chain.name,
            import_of=tuple(imports),
            export_of=tuple(exports),
            fib=chain is fib,
            runs="mark" if chain.by_mark else "prefix" if chain.reads_prefix else "block",
            errors=chain.errors.count,
            last_error=chain.errors.last,
        )
