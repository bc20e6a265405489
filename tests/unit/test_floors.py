"""Who may import whom: the floors of docs/design/map.md, read from the source with ``ast``; nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PACKAGE = ROOT / "pybgp"

FLOORS: tuple[tuple[str, ...], ...] = (
    # The core: values in, values out. No IO, no clock. "a < b" are steps of one floor: b may import a.
    ("version", "names", "sources", "constants < errors < addresses"),
    ("messages < routes",),
    ("fsm", "policy", "bfd", "rpki", "mrt", "capture"),
    ("rib",),
    ("config",),
    ("speaker", "calico"),
    # The shells.
    ("net", "fib", "datastore", "telemetry", "sim"),
    ("control",),
    ("web",),
    ("daemon", "testing"),
    ("cli", "__main__", "__init__"),
)
CORE_FLOORS = 6

FORBIDDEN_IN_CORE = {
    *("asyncio", "socket", "selectors", "ssl", "threading", "subprocess", "multiprocessing", "concurrent", "signal"),
    *("time", "logging", "os", "io", "pathlib", "shutil", "tempfile", "http", "urllib"),
    *("pyroute2", "click", "random", "datetime", "tomllib"),
}
ALLOWED_HERE = {
    "config/file.py": {"tomllib", "pathlib"},  # it reads the file
}
ONLY_AS_TYPE = {"random": {"Random"}, "datetime": {"datetime", "timedelta"}}
"""In the core: handed in, never made. The only names that may be taken, and only for annotations."""

SLOW = {"netaddr", "pyroute2", "asyncio", "click"}
"""Costs tens of milliseconds: imported inside the functions that need it, but for the modules that are about it."""
SLOW_AT_MODULE_LEVEL = {
    "net": {"asyncio"},
    "fib": {"asyncio"},
    "control": {"asyncio"},
    "daemon": {"asyncio"},
    "cli": {"click"},
}


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what is named (``pybgp.rib.table``, ``random``), where, and how."""

    module: str
    names: tuple[str, ...]
    line: int
    deferred: bool
    """Inside a function, or only for the type checker."""
    type_checking: bool


def _rank() -> dict[str, tuple[int, int, int]]:
    """package -> (floor, which of the floor's packages it belongs to, step)."""
    rank = {}
    for floor, groups in enumerate(FLOORS):
        for number, group in enumerate(groups):
            for step, name in enumerate(group.split(" < ")):
                rank[name] = (floor, number, step)
    return rank


RANK = _rank()
MODULES = sorted(PACKAGE.rglob("*.py"))


def package_of(module: str) -> str:
    """``pybgp.rib.table`` -> ``rib``; ``pybgp`` itself is ``__init__``."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "__init__"


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(path: Path) -> list[Import]:
    """Every import of a module, the deferred ones too, with relative names made whole."""
    here = module_name(path).split(".")
    package = here if path.name == "__init__.py" else here[:-1]
    return list(_walk(ast.parse(path.read_text(), str(path)), package, deferred=False, type_checking=False))


def _walk(node: ast.AST, package: list[str], *, deferred: bool, type_checking: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(alias.name, (), child.lineno, deferred or type_checking, type_checking)
        elif isinstance(child, ast.ImportFrom):
            base = package[: len(package) - child.level + 1] if child.level else []
            module = ".".join([*base, *([child.module] if child.module else [])])
            names = tuple(alias.name for alias in child.names)
            yield Import(module, names, child.lineno, deferred or type_checking, type_checking)
        else:
            guard = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test)
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            inner = {"deferred": deferred or function, "type_checking": type_checking or guard}
            yield from _walk(child, package, **inner)


def _targets(found: Import) -> Iterator[str]:
    """The packages of pybgp that an import reaches: ``from .. import rib`` reaches ``rib``."""
    if found.module == "pybgp":
        yield from (name if name in RANK else "__init__" for name in found.names)
    elif found.module.startswith("pybgp."):
        yield package_of(found.module)


def floor_problem(source: str, target: str) -> str | None:
    """What is wrong with ``source`` importing ``target``, or None."""
    if source == target:
        return None
    for name in (source, target):
        if name not in RANK:
            return f"{name} has no floor: add its line to FLOORS"
    (own_floor, own_group, own_step), (floor, group, step) = RANK[source], RANK[target]
    if floor > own_floor:
        return f"{source} is on floor {own_floor}, {target} above it on {floor}"
    if floor == own_floor and floor != len(FLOORS) - 1 and (group != own_group or step >= own_step):
        return f"{source} and {target} are neighbours on floor {floor}"
    return None


def core_problem(path: Path, found: Import, used_as_values: frozenset[str]) -> str | None:
    """What is wrong with an import of a core module, or None."""
    top = found.module.split(".")[0]
    inside = str(path.relative_to(PACKAGE))
    if top not in FORBIDDEN_IN_CORE or top in ALLOWED_HERE.get(inside, set()):
        return None
    if top in ONLY_AS_TYPE:
        handed_in = found.names and not used_as_values & set(found.names) and set(found.names) <= ONLY_AS_TYPE[top]
        return None if handed_in else f"{top} only as a type, in annotations: it is handed in, never made here"
    return f"the core does not know {top}"


def names_used_as_values(tree: ast.AST) -> frozenset[str]:
    """Names that are read outside annotations."""
    annotations: set[int] = set()
    for node in ast.walk(tree):
        for field in ("annotation", "returns"):
            if isinstance(annotation := getattr(node, field, None), ast.AST):
                annotations.update(id(each) for each in ast.walk(annotation))
    return frozenset(n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in annotations)


def _where(path: Path, found: Import, problem: str) -> str:
    return f"{path.relative_to(ROOT)}:{found.line}: {problem}"


# -- the tests ---------------------------------------------------------------------------------------------------------


def test_imports_go_down() -> None:
    """A module imports only from lower floors and from its own package; annotations' imports count like others."""
    problems = [
        _where(path, found, problem)
        for path in MODULES
        for found in imports(path)
        for target in _targets(found)
        if (problem := floor_problem(package_of(module_name(path)), target))
    ]

    assert not problems, "\n".join(problems)


def test_the_core_touches_nothing() -> None:
    """Floors 0 to 5 have no IO, clock, threads or logging, and make no randomness of their own."""
    problems = []
    for path in MODULES:
        if RANK[package_of(module_name(path))][0] >= CORE_FLOORS:
            continue
        tree = ast.parse(path.read_text())
        as_values = names_used_as_values(tree)
        problems += [
            _where(path, found, problem) for found in imports(path) if (problem := core_problem(path, found, as_values))
        ]

    assert not problems, "\n".join(problems)


def test_slow_imports_wait() -> None:
    """What costs tens of milliseconds is imported when it is needed, so ``pybgp --help`` answers at once."""
    problems = [
        _where(path, found, f"{found.module} at module level")
        for path in MODULES
        for found in imports(path)
        if not found.deferred
        and (top := found.module.split(".")[0]) in SLOW
        and top not in SLOW_AT_MODULE_LEVEL.get(package_of(module_name(path)), set())
    ]

    assert not problems, "\n".join(problems)


def test_every_package_has_a_floor() -> None:
    names = {package_of(module_name(path)) for path in MODULES}

    assert names <= set(RANK)


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("rib", "messages", True),
        ("rib", "rib", True),
        ("messages", "rib", False),
        ("fsm", "policy", False),
        ("routes", "messages", True),
        ("messages", "routes", False),
        ("addresses", "errors", True),
        ("errors", "addresses", False),
        ("speaker", "calico", False),
        ("net", "fib", False),
        ("cli", "__init__", True),
        ("rib", "no_such_package", False),
    ],
)
def test_the_rule_itself(source: str, target: str, *, allowed: bool) -> None:
    assert (floor_problem(source, target) is None) is allowed


def test_relative_and_deferred_imports_are_seen(tmp_path: Path) -> None:
    tree = ast.parse(
        "from ..rib import table\n"
        "from . import wire\n"
        "from typing import TYPE_CHECKING\n"
        "if TYPE_CHECKING:\n    from ..net.speaker import Speaker\n"
        "def late():\n    import asyncio\n"
    )

    found = list(_walk(tree, ["pybgp", "fib"], deferred=False, type_checking=False))

    assert [(each.module, each.deferred) for each in found] == [
        ("pybgp.rib", False),
        ("pybgp.fib", False),
        ("typing", False),
        ("pybgp.net.speaker", True),
        ("asyncio", True),
    ]
