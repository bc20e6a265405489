"""docs/how-to/policies.md does what it says: its examples are compiled, its tables of verdicts are asked for."""

from __future__ import annotations

import re
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest

from pybgp.config.file import parse
from pybgp.policy.chain import Policy
from pybgp.policy.compile import compile_chain
from pybgp.routes import Accept, Route

from .made import LOCAL, accepted, chain, refused, route

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "policies.md").read_text()
SHOWN = ("local_pref", "med", "origin", "next_hop", "as_path", "communities")


def example(name: str) -> str:
    """The text of the fenced block behind the comment that names it."""
    found = re.search(rf"<!-- example: {name} -->\n```\w+\n(.*?)```", PAGE, re.DOTALL)
    assert found, name
    return found[1]


def rack(direction: str) -> Policy:
    config = parse(example("rack"), name="policies.md").speaker
    [peer] = config.peers
    refs = peer.import_policy if direction == "import" else peer.export_policy
    assert refs is not None
    return compile_chain(
        refs, policies=config.policies, sets=config.sets, functions={}, own_as=config.local_as, default="reject"
    )


def python(reference: str) -> Policy:
    module: dict[str, Any] = {}
    exec(compile(example("python"), "policies.md", "exec"), module)
    function = module[reference.partition(":")[2]]
    assert isinstance(function, FunctionType)
    return chain(refs=(reference,), functions={reference: function})


def verdicts() -> list[Any]:
    """The rows of all tables of verdicts."""
    rows = []
    for kind, what, table in re.findall(r"<!-- verdicts: (\S+) (\S+) -->\n((?:\|.*\n)+)", PAGE):
        for number, line in enumerate(table.splitlines()[2:]):
            cells = [cell.strip().replace("`", "") for cell in line.strip("|").split("|")]
            rows.append(pytest.param(kind, what, *cells, id=f"{what}-{number}"))
    return rows


@pytest.mark.parametrize(("kind", "what", "prefix", "path", "communities", "verdict"), verdicts())
def test_the_page_tells_the_verdict(
    kind: str, what: str, prefix: str, path: str, communities: str, verdict: str
) -> None:
    policy = rack(what) if kind == "rack" else python(what)
    given = route(prefix, tuple(map(int, path.split())), communities=communities.split())

    said, _, rest = verdict.partition(":")
    if said == "rejected":
        assert refused(policy.evaluate(given)) == rest.strip()
        return
    before, after = (
        shown(Route(given.family, given.key, found, given.source))
        for found in (given.block, accepted(policy.evaluate(given)))
    )
    assert said == "accepted"
    assert after == before | dict(item.split("=") for item in rest.split())


def shown(found: Route) -> dict[str, str]:
    values = {name: getattr(found, name) for name in SHOWN}
    return {
        name: ",".join(map(str, value)) if isinstance(value, tuple) else str(value) for name, value in values.items()
    }


def test_the_page_has_both_kinds_of_verdicts_for_both_faces() -> None:
    """So that a change of the page's form can't silently leave nothing to check."""
    found = {(case.values[0], str(case.values[5]).partition(":")[0]) for case in verdicts()}

    assert found == {(kind, said) for kind in ("rack", "python") for said in ("accepted", "rejected")}


def test_only_our_own_routes_are_exported() -> None:
    policy = rack("export")

    own = policy.evaluate(route(path=(), source=LOCAL))

    assert isinstance(own, Accept)
    assert own.block.as_path == (64512,)
    assert refused(policy.evaluate(route())) == "policy own_only: no term accepted"


def test_the_expressions_of_the_page_match_what_it_says() -> None:
    from pybgp.policy import as_path_set

    asked = {"": "", "65001 7": "", "7 65001": "", "7 65001 8": "", "65001 65001": "", "7": ""}
    expected = {
        "^$": [""],
        "^65001_": ["65001 7", "65001 65001"],
        "_65001$": ["7 65001", "65001 65001"],
        "_65001_": ["65001 7", "7 65001", "7 65001 8", "65001 65001"],
        "^65001(_65001)*$": ["65001 65001"],
    }

    written = re.search(r"\| expression \| matches \|\n.*\n((?:\|.*\n)+)", PAGE)

    assert written
    assert re.findall(r"^\| `(.*?)` ", written[1], re.MULTILINE) == list(expected)
    for expression, paths in expected.items():
        assert [path for path in asked if as_path_set.parse(expression).search(path)] == paths
