"""Checks of policies and sets: every name that is used is there, what is there is used, and terms can be reached."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final

from ..policy.built_in_sets import BUILT_IN
from .findings import Finding
from .model import MatchConfig, NodeConfig, PeerConfig, PolicyRef, PolicySets, SpeakerConfig, TermConfig
from .problems import nearest
from .toml_text import Path, path_text
from .words import BUILT_IN_POLICIES, POLICY

_SET_KEYS: Final[Mapping[str, str]] = {
    "prefix_set": "prefix_sets",
    "as_path_set": "as_path_sets",
    "community_set": "community_sets",
    "exists": "prefix_sets",
    "not_exists": "prefix_sets",
}
_CHAINS: Final = ("import_policy", "export_policy")
_FIB_ACTIONS: Final = ("device", "onlink", "metric")


def findings(config: NodeConfig) -> Iterator[Finding]:
    """All about policies and sets."""
    speaker = config.speaker
    for path, refs in _chains(config):
        yield from _references(path, refs, speaker)
    for base, match in _matches(speaker):
        yield from _sets(base, match, speaker.sets)
        yield from _peers(base, match, speaker)
    for index, rule in enumerate(config.fib.imports if config.fib is not None else ()):
        place: Path = ("fib", "imports", index, "prefix_set")
        yield from _set(place, rule.prefix_set, "prefix_sets", speaker.sets.prefix_sets)
    yield from _fib_actions(config)
    yield from _only_on_the_way_out(config)
    yield from _unreachable_terms(speaker)
    yield from _unused(config)


def _chains(config: NodeConfig) -> Iterator[tuple[Path, Sequence[PolicyRef]]]:
    """Every list of policies in use and its place."""
    for base, peer in _sessions(config.speaker):
        for key in _CHAINS:
            yield (*base, key), getattr(peer, key) or ()
    if config.fib is not None:
        yield ("fib", "export_policy"), (config.fib.export_policy,)


def _place(chain: Path, index: int) -> Path:
    """Of a policy in a list, and of the FIB's only one."""
    return chain if chain[0] == "fib" else (*chain, index)


def _sessions(speaker: SpeakerConfig) -> Iterator[tuple[Path, PeerConfig]]:
    for index, peer in enumerate(speaker.peers):
        yield ("peers", index), peer
    for index, dynamic in enumerate(speaker.dynamic_peers):
        yield ("dynamic_peers", index), dynamic.template


def _matches(speaker: SpeakerConfig) -> Iterator[tuple[Path, MatchConfig]]:
    for name, terms in speaker.policies.items():
        for index, term in enumerate(terms):
            yield ("policies", name, index, "match"), term.match


# -- names that are not there ------------------------------------------------------------------------------------------


def _references(path: Path, refs: Sequence[PolicyRef], speaker: SpeakerConfig) -> Iterator[Finding]:
    for index, ref in enumerate(refs):
        if not isinstance(ref, str) or ref in BUILT_IN_POLICIES or ref in speaker.policies:
            continue
        place = _place(path, index)
        if ":" in ref:
            try:
                POLICY.convert(ref)
            except ValueError as error:
                yield Finding(path=place, value=ref, text=str(error))
            continue
        near = nearest(ref, (*speaker.policies, *BUILT_IN_POLICIES))
        hint = f"; did you mean {near}?" if near else ""
        yield Finding(
            path=place,
            value=ref,
            text=f"expected the name of one of policies, accept, reject or module:function{hint}",
            others=(("policies", ref),),
        )


def _sets(base: Path, match: MatchConfig, sets: PolicySets) -> Iterator[Finding]:
    for key, table in _SET_KEYS.items():
        yield from _set((*base, key), getattr(match, key), table, getattr(sets, table))


def _set(path: Path, name: str | None, table: str, known: Iterable[str]) -> Iterator[Finding]:
    names = [*known, *BUILT_IN[table]]
    if name is None or name in names:
        return
    near = nearest(name, names)
    hint = f"; did you mean {near}?" if near else ""
    yield Finding(path=path, value=name, text=f"expected the name of one of {table}{hint}", others=((table, name),))


def _peers(base: Path, match: MatchConfig, speaker: SpeakerConfig) -> Iterator[Finding]:
    """A name that nobody has matches nothing; an address may be one of a dynamic peer."""
    for index, name in enumerate(match.peer_group or ()):
        if name not in speaker.peer_groups:
            near = nearest(name, speaker.peer_groups)
            hint = f"; did you mean {near}?" if near else ""
            yield Finding(
                path=(*base, "peer_group", index),
                value=name,
                text=f"expected the name of one of peer_groups{hint}",
                others=(("peer_groups", name),),
            )
    known = {name for peer in speaker.peers for name in (peer.name, peer.address) if name}
    for index, name in enumerate(match.peer or ()):
        if name in known or ":" in name or name.replace(".", "").isdigit():
            continue
        near = nearest(name, known)
        yield Finding(
            path=(*base, "peer", index),
            value=name,
            text=f"no peer has this name{f'; did you mean {near}?' if near else ''}",
            warning=True,
        )


# -- what a policy may do, and whether it is used ----------------------------------------------------------------------


def _fib_actions(config: NodeConfig) -> Iterator[Finding]:
    """``device``, ``onlink`` and ``metric`` mean nothing to a peer."""
    for base, term, name, user in _terms_used(config, lambda path: path[0] != "fib"):
        for key in _FIB_ACTIONS:
            value = getattr(term.set, key)
            if value is not None and value is not False:
                yield Finding(
                    path=(*base, "set", key),
                    value=value,
                    text=f"expected only in the policy of fib.export_policy, but {path_text(user)} is {name} too",
                    others=(user,),
                )


def _only_on_the_way_out(config: NodeConfig) -> Iterator[Finding]:
    """``exists`` decides by the Loc-RIB, which an import policy makes; "self" is our address towards a peer."""
    for base, term, name, user in _terms_used(config, lambda path: path[-1] != "export_policy" or path[0] == "fib"):
        keys = [("match", key, getattr(term.match, key)) for key in ("exists", "not_exists")]
        if term.set.next_hop == "self":
            keys.append(("set", "next_hop", "self"))
        for table, key, value in keys:
            if value is not None:
                yield Finding(
                    path=(*base, table, key),
                    value=value,
                    text=f"expected only in a peer's export_policy, but {path_text(user)} is {name} too",
                    others=(user,),
                )


def _terms_used(config: NodeConfig, where: Callable[[Path], bool]) -> Iterator[tuple[Path, TermConfig, str, Path]]:
    """The terms of policies that are in use at such a place: their own place, policy, and the first who uses it."""
    users: dict[str, Path] = {}
    for path, refs in _chains(config):
        if where(path):
            for index, ref in enumerate(refs):
                users.setdefault(ref if isinstance(ref, str) else "", _place(path, index))
    for name, terms in config.speaker.policies.items():
        if name in users:
            for index, term in enumerate(terms):
                yield ("policies", name, index), term, name, users[name]


def _unreachable_terms(speaker: SpeakerConfig) -> Iterator[Finding]:
    for name, terms in speaker.policies.items():
        for index, term in enumerate(terms[:-1]):
            if term.action != "next" and term.match == MatchConfig():
                yield Finding(
                    path=("policies", name, index + 1),
                    text=f"never reached, since policies.{name}[{index}] decides on every route",
                    warning=True,
                )
                break


def _unused(config: NodeConfig) -> Iterator[Finding]:
    speaker = config.speaker
    used = {ref for _, refs in _chains(config) for ref in refs if isinstance(ref, str)}
    for name in speaker.policies:
        if name not in used:
            yield Finding(path=("policies", name), text="nobody uses this policy", warning=True)
    names: dict[str, set[str | None]] = {table: set() for table in _SET_KEYS.values()}
    for key, table in _SET_KEYS.items():
        names[table] |= {getattr(match, key) for _, match in _matches(speaker)}
    if config.fib is not None:
        names["prefix_sets"] |= {rule.prefix_set for rule in config.fib.imports}
    for table, used_names in names.items():
        for name in getattr(speaker.sets, table):
            if name not in used_names:
                yield Finding(path=(table, name), text="nobody uses this set", warning=True)
