"""A peer's list of policies, as written → one ``Policy``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from ..errors import ConfigError
from ..routes import Reject
from .actions import Changes
from .chain import Last, Policy
from .generation import FIRST, Generation
from .match import Conditions
from .python import PolicyErrors, PythonPolicy, function_name
from .spec import PolicySetsLike, TermLike
from .terms import Action, Term


def compile_chain(
    refs: Sequence[str | Callable[..., Any]],
    *,
    policies: Mapping[str, Sequence[TermLike]],
    sets: PolicySetsLike,
    functions: Mapping[str, Callable[..., Any]],
    own_as: int,
    default: Literal["accept", "reject"] = "reject",
    allow_hints: bool = False,
    generation: Generation = FIRST,
) -> Policy:
    """Compile policies in order; the first that decides on a route counts.

    A ref is "accept", "reject", the name of one of ``policies``, a "module:function" of ``functions``, or a function.
    What no term of the listed policies decides gets ``default``. ``allow_hints``: terms may say how a route goes into
    the kernel.

    Raises:
        ConfigError: a policy or set that isn't there, or a value that can't be meant; all of them at once.
    """
    return _Compiler(policies, sets, functions, own_as, allow_hints).chain(refs, default, generation)


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
        self._functions = functions
        self._own_as = own_as
        self._allow_hints = allow_hints
        self._conditions = Conditions(sets)
        self._errors = PolicyErrors()
        self._problems: list[str] = []

    def chain(self, refs: Sequence[str | Callable[..., Any]], default: str, generation: Generation) -> Policy:
        name = ", ".join(ref if isinstance(ref, str) else function_name(ref) for ref in refs)
        terms: list[Term] = []
        last: Last = None
        decided = False
        for ref in refs:
            decided, last = self._decider(ref)
            if decided:
                break  # nothing gets past it
            terms += self._terms(str(ref))
        if not decided and default != "accept":
            why = f"policy {name}: no term accepted" if name else "an empty list of policies accepts nothing"
            last = Reject(why)
        problems = self._problems + self._conditions.problems
        if problems:
            raise ConfigError(*problems)
        facts = self._conditions.facts(generation)
        return Policy(name, _reachable(terms), last, facts=facts, errors=self._errors, generation=generation)

    def _decider(self, ref: str | Callable[..., Any]) -> tuple[bool, Last]:
        """Does it decide on every route ("accept", "reject", a function), and how; False for a policy of terms."""
        if not isinstance(ref, str):
            return True, PythonPolicy(function_name(ref), ref, self._errors, allow_hints=self._allow_hints)
        if ref == "accept":
            return True, None
        if ref == "reject":
            return True, Reject("policy reject")
        if ":" not in ref:
            return False, None
        function = self._functions.get(ref)
        if not callable(function):
            self._problems.append(f"{ref}: expected a module:function that can be imported")
            return True, None
        return True, PythonPolicy(ref, function, self._errors, allow_hints=self._allow_hints)

    def _terms(self, policy: str) -> list[Term]:
        written = self._policies.get(policy)
        if written is None:
            expected = _one_of(("accept", "reject", "module:function", *self._policies))
            self._problems.append(f"policies.{policy}: unknown policy, expected {expected}")
            return []
        terms = []
        for number, term in enumerate(written):
            where = f"policies.{policy}[{number}]"
            try:
                needs = self._conditions.needs(where, term.match)
                terms.append(self._term(f"policy {policy} term {term.term or number}", needs, term))
            except ValueError as problem:
                self._problems.append(f"{where}: {problem}")
        return terms

    def _term(self, name: str, needs: int, written: TermLike) -> Term:
        if written.action not in set(Action):
            raise ValueError(f"action = {written.action!r}: expected {_one_of(Action)}")
        return Term(
            name=name,
            action=Action(written.action),
            needs=needs,
            changes=Changes.of(written.set, own_as=self._own_as, allow_hints=self._allow_hints),
        )


def _reachable(terms: Sequence[Term]) -> list[Term]:
    """The terms up to the first that decides on everything: what stands behind it must not cost anything."""
    for number, term in enumerate(terms):
        if term.decides_all:
            return list(terms[: number + 1])
    return list(terms)


def _one_of(names: Iterable[str]) -> str:
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last
