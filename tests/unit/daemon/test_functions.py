"""Python policies of a configuration: found, refused in words, run again only when their text changed."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pybgp.config.model import DynamicPeersConfig, FibConfig, NodeConfig, PeerConfig, SpeakerConfig
from pybgp.daemon.functions import FunctionLoader, TrialLoader, references


@pytest.fixture(autouse=True)
def imports() -> Iterator[None]:
    path, modules = list(sys.path), dict(sys.modules)
    yield
    sys.path[:] = path
    for name in sys.modules.keys() - modules.keys():
        del sys.modules[name]


def node(*imports: str, fib: str = "accept") -> NodeConfig:
    peers = [PeerConfig("192.0.2.2", remote_as=65001, import_policy=imports)]
    return NodeConfig(
        speaker=SpeakerConfig(local_as=64512, router_id="192.0.2.1", peers=peers), fib=FibConfig(export_policy=fib)
    )


def test_every_place_for_a_policy_is_looked_at() -> None:
    peers = [PeerConfig("192.0.2.2", import_policy=("named", "m:a"), export_policy=("m:b",))]
    dynamic = DynamicPeersConfig("10.0.0.0/8", template=PeerConfig("", export_policy=("m:c",)))
    speaker = SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=peers, dynamic_peers=(dynamic,))

    found = list(references(NodeConfig(speaker=speaker, fib=FibConfig(export_policy="m:d"))))

    assert found == [
        ("peers[0].import_policy[1]", "m:a"),
        ("peers[0].export_policy[0]", "m:b"),
        ("dynamic_peers[0].export_policy[0]", "m:c"),
        ("fib.export_policy", "m:d"),
    ]


def test_a_module_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "rack_policy.py").write_text("def prefer(route): return 7\n")
    problems: list[str] = []

    functions = FunctionLoader(tmp_path).load(node("rack_policy:prefer"), problems)

    assert problems == []
    assert functions["rack_policy:prefer"](None) == 7


def test_a_module_in_a_package(tmp_path: Path) -> None:
    (tmp_path / "my_site").mkdir()
    (tmp_path / "my_site" / "policy.py").write_text("def prefer(route): return 8\n")

    functions = FunctionLoader(tmp_path).load(node("my_site.policy:prefer"), [])

    assert functions["my_site.policy:prefer"](None) == 8


@pytest.mark.parametrize(
    ("text", "reference", "words"),
    [
        pytest.param("", "no_such_module:f", "can't be imported: No module named 'no_such_module'", id="no-module"),
        pytest.param("def prefer(route): ...", "broken:prefre", "did you mean prefer?", id="no-function"),
        pytest.param("prefer = 7", "broken:prefer", "is not a function", id="not-callable"),
        pytest.param("def prefer(:", "broken:prefer", "broken.py line 1)", id="syntax"),
        pytest.param("\n1 / 0", "broken:prefer", "ZeroDivisionError: division by zero (", id="exception"),
        pytest.param("raise SystemExit(1)", "broken:prefer", "SystemExit", id="exit"),
        pytest.param("import no_such_thing", "broken:prefer", "No module named 'no_such_thing'", id="import-inside"),
    ],
)
def test_what_can_not_be_had_is_one_line_with_its_key(tmp_path: Path, text: str, reference: str, words: str) -> None:
    (tmp_path / "broken.py").write_text(text)
    problems: list[str] = []

    functions = FunctionLoader(tmp_path).load(node(reference, fib=reference), problems)

    assert functions == {}
    (problem,) = problems
    assert problem.startswith(f'peers[0].import_policy[0] = "{reference}": ')
    assert words in problem
    assert "\n" not in problem


def test_a_reload_without_a_change_keeps_the_function(tmp_path: Path) -> None:
    (tmp_path / "kept.py").write_text("def prefer(route): return 7\n")
    loader = FunctionLoader(tmp_path)

    first = loader.load(node("kept:prefer"), [])
    second = loader.load(node("kept:prefer"), [])

    assert first["kept:prefer"] is second["kept:prefer"]


def test_a_reload_runs_the_changed_text_at_once(tmp_path: Path) -> None:
    """Also one of the same size in the same second, which a cached translation would not notice."""
    module = tmp_path / "changed.py"
    module.write_text("def prefer(route): return 7\n")
    loader = FunctionLoader(tmp_path)
    old = loader.load(node("changed:prefer"), [])

    module.write_text("def prefer(route): return 8\n")
    new = loader.load(node("changed:prefer"), [])

    assert old["changed:prefer"](None) == 7
    assert new["changed:prefer"](None) == 8


def test_a_reload_that_breaks_keeps_the_old_module(tmp_path: Path) -> None:
    module = tmp_path / "breaks.py"
    module.write_text("def prefer(route): return 7\n")
    loader = FunctionLoader(tmp_path)
    loader.load(node("breaks:prefer"), [])

    module.write_text("1 / 0\n")
    problems: list[str] = []
    loader.load(node("breaks:prefer"), problems)
    module.write_text("def prefer(route): return 9\n")

    assert len(problems) == 1
    assert sys.modules["breaks"].prefer(None) == 7
    assert loader.load(node("breaks:prefer"), [])["breaks:prefer"](None) == 9


def test_a_policy_can_not_hide_an_installed_module(tmp_path: Path) -> None:
    (tmp_path / "colorsys.py").write_text("def rgb_to_hsv(): return 'hidden'\n")
    sys.modules.pop("colorsys", None)

    functions = FunctionLoader(tmp_path).load(node("colorsys:rgb_to_hsv"), [])

    assert functions["colorsys:rgb_to_hsv"](0, 0, 0) == (0.0, 0.0, 0)


def test_a_trial_reads_changed_text_and_leaves_the_running_module(tmp_path: Path) -> None:
    (tmp_path / "tried_policy.py").write_text("def prefer(route): return 1\n")
    running = FunctionLoader(tmp_path)
    before = running.load(node("tried_policy:prefer"), [])
    module = sys.modules["tried_policy"]
    (tmp_path / "tried_policy.py").write_text("def prefer(route): return 22\n")
    (tmp_path / "other_policy.py").write_text("def prefer(route): return 3\n")

    functions = TrialLoader(running).load(node("tried_policy:prefer", "other_policy:prefer"), [])

    assert [function(None) for function in functions.values()] == [22, 3]
    assert sys.modules["tried_policy"] is module
    assert "other_policy" not in sys.modules
    assert before["tried_policy:prefer"](None) == 1
    assert running.load(node("tried_policy:prefer"), [])["tried_policy:prefer"](None) == 22


def test_a_trial_of_unchanged_text_has_the_same_functions(tmp_path: Path) -> None:
    (tmp_path / "same_policy.py").write_text("def prefer(route): return 1\n")
    running = FunctionLoader(tmp_path)
    before = running.load(node("same_policy:prefer"), [])

    assert TrialLoader(running).load(node("same_policy:prefer"), []) == before
