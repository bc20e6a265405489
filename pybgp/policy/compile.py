"""A peer's list of policies, as written → one ``Policy``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, TypeVar

from ..errors import ConfigError
from .actions import Changes
from .as_path_set import AsPathSet
from .builtin import rejects
from .chain import Last, Policy, accept
from .community_set import CommunitySet
from .match import conditions
from .prefix_set import PrefixIndex, PrefixRange, parse
from .python import PolicyErrors, PythonPolicy, function_name
from .spec import MatchLike, PolicySetsLike, TermLike
from .terms import Action, Term

_Set = TypeVar("_Set")


def compile_chain(
    refs: Sequence[str | Callable[..., Any]],
    *,
    policies: Mapping[str, Sequence[TermLike]],
    sets: PolicySetsLike,
    functions: Mapping[str, Callable[..., Any]],
    own_as: int,
    default: Literal["accept", "reject"] = "reject",
    allow_hints: bool = False,
) -> Policy:
    """Compile policies in order; the first that decides on a route counts.

    A ref is "accept", "reject", the name of one of ``policies``, a "module:function" of ``functions``, or a function.
    What no term of the listed policies decides gets ``default``. ``allow_hints``: terms may say how a route goes into
    the kernel.

    Raises:
        ConfigError: a policy or set that isn't there, or a value that can't be meant; all of them at once.
    """
    return _Compiler(policies, sets, functions, own_as, allow_hints).chain(refs, default)


class _Compiler:
    """One chain on its way."""

    def __init__(
        self,
        policies: Mapping[str, Sequence[TermLike]],
        sets: PolicySetsLike,
        functions: Mapping[str, Callable[..., Any]],
        own_as: int,
        allow_hints: bool,
    ) -> None:
        self._policies = policies
        self._sets = sets
        self._functions = functions
        self._own_as = own_as
        self._allow_hints = allow_hints
        self._errors = PolicyErrors()
        self._problems: list[str] = []
        self._prefix_sets: dict[str, list[PrefixRange]] = {}  # in the order of their bits
        self._as_path_sets: dict[str, AsPathSet] = {}
        self._community_sets: dict[str, CommunitySet] = {}

    def chain(self, refs: Sequence[str | Callable[..., Any]], default: str) -> Policy:
        name = ", ".join(ref if isinstance(ref, str) else function_name(ref) for ref in refs)
        terms: list[Term] = []
        last: Last | None = None
        for ref in refs:
            last = self._decider(ref)
            if last is not None:
                break  # nothing gets past it
            terms += self._terms(str(ref))
        if last is None:
            why = f"policy {name}: no term accepted" if name else "an empty list of policies accepts nothing"
            last = accept if default == "accept" else rejects(why)
        if self._problems:
            raise ConfigError(*dict.fromkeys(self._problems))
        terms = _reachable(terms)
        prefixes = PrefixIndex(list(self._prefix_sets.values())) if any(term.prefix_bit for term in terms) else None
        return Policy(name, terms, last, prefixes=prefixes, errors=self._errors)

    def _decider(self, ref: str | Callable[..., Any]) -> Last | None:
        """What decides on every route ("accept", "reject", a function), None for a policy of terms."""
        if not isinstance(ref, str):
            return PythonPolicy(function_name(ref), ref, self._errors, allow_hints=self._allow_hints)
        if ref == "accept":
            return accept
        if ref == "reject":
            return rejects("policy reject")
        if ":" not in ref:
            return None
        function = self._functions.get(ref)
        if not callable(function):
            self._problems.append(f"{ref}: expected a module:function that can be imported")
            return accept
        return PythonPolicy(ref, function, self._errors, allow_hints=self._allow_hints)

    def _terms(self, policy: str) -> list[Term]:
        written = self._policies.get(policy)
        if written is None:
            expected = _one_of(("accept", "reject", "module:function", *self._policies))
            self._problems.append(f"policies.{policy}: unknown policy, expected {expected}")
            return []
        terms = []
        for number, term in enumerate(written):
            where = f"policies.{policy}[{number}]"
            if self._load_sets(where, term.match):
                try:
                    terms.append(self._term(policy, number, term))
                except ValueError as problem:
                    self._problems.append(f"{where}: {problem}")
        return terms

    def _term(self, policy: str, number: int, written: TermLike) -> Term:
        if written.action not in set(Action):
            raise ValueError(f"action = {written.action!r}: expected {_one_of(Action)}")
        match = written.match
        bit = 0 if match.prefix_set is None else 1 << list(self._prefix_sets).index(match.prefix_set)
        return Term(
            name=f"policy {policy} term {written.term or number}",
            action=Action(written.action),
            prefix_bit=bit,
            conditions=conditions(match, self._as_path_sets, self._community_sets),
            changes=Changes.of(written.set, own_as=self._own_as, allow_hints=self._allow_hints),
        )

    def _load_sets(self, where: str, match: MatchLike) -> bool:
        """Compile the sets that a term names, each once; False if one can't be had."""
        sets = self._sets
        loaded = (
            self._load(where, "prefix_set", match.prefix_set, sets.prefix_sets, self._prefix_sets, _prefix_ranges),
            self._load(where, "as_path_set", match.as_path_set, sets.as_path_sets, self._as_path_sets, AsPathSet),
            self._load(
                where, "community_set", match.community_set, sets.community_sets, self._community_sets, CommunitySet
            ),
        )
        return all(loaded)

    def _load(
        self,
        where: str,
        kind: str,
        name: str | None,
        written: Mapping[str, Sequence[str]],
        made: dict[str, _Set],
        make: Callable[[Sequence[str]], _Set],
    ) -> bool:
        if name is None or name in made:
            return True
        if name not in written:
            expected = _one_of(written) if written else f"one of {kind}s, which has none"
            self._problems.append(f"{where}.match.{kind} = {name!r}: expected {expected}")
            return False
        try:
            made[name] = make(written[name])
        except ValueError as problem:
            self._problems.append(f"{kind}s.{name}: {problem}")
            return False
        return True


def _prefix_ranges(entries: Sequence[str]) -> list[PrefixRange]:
    return list(map(parse, entries))


def _reachable(terms: Sequence[Term]) -> list[Term]:
    """The terms up to the first that decides on everything: what stands behind it must not cost anything."""
    for number, term in enumerate(terms):
        if term.decides_all:
            return list(terms[: number + 1])
    return list(terms)


def _one_of(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
