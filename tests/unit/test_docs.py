"""The pages under ``docs/`` and the README are true: files parse, examples run, links lead somewhere, modules exist."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import pybgp
from pybgp.cli import main
from pybgp.config.file import parse
from pybgp.control import native
from pybgp.speaker.rules import Rules
from pybgp.testing import strategies
from tests.support import free_port
from tests.unit.test_floors import FLOORS

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
LIBRARY = ROOT / "docs" / "reference" / "library.md"
STRATEGIES = LIBRARY.parent / "strategies.md"
MAP = ROOT / "docs" / "design" / "map.md"


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(), re.DOTALL | re.MULTILINE)


def all_blocks(language: str) -> Iterator[object]:
    for page in PAGES:
        for number, text in enumerate(blocks(page, language)):
            yield pytest.param(name_of(page), text, id=f"{name_of(page)}-{number}")


@pytest.mark.parametrize(("page", "text"), list(all_blocks("toml")))
def test_every_configuration_can_be_used(page: str, text: str) -> None:
    """Python policies of somebody's own are the only thing that need not be there."""
    node = parse(text, name=page)

    functions = {name: (lambda route: route) for name in re.findall(r'"([\w.]+:\w+)"', text)}
    Rules(node.speaker, functions, node.fib)


@pytest.mark.parametrize(("page", "text"), list(all_blocks("python")))
def test_python_examples_compile(page: str, text: str) -> None:
    compile(text, page, "exec")


# -- links -------------------------------------------------------------------------------------------------------------


def anchors(page: Path) -> set[str]:
    """As repository viewers make them of headings."""
    heads = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def links() -> Iterator[object]:
    for page in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
            if not target.startswith(("http:", "https:")):
                yield pytest.param(page, target, id=f"{name_of(page)}-{target}")


@pytest.mark.parametrize(("page", "target"), list(links()))
def test_links_lead_somewhere(page: Path, target: str) -> None:
    file, _, anchor = target.partition("#")
    found = page.parent / file if file else page

    assert found.exists()
    assert not anchor or anchor in anchors(found)


def test_the_index_names_every_page() -> None:
    docs = ROOT / "docs"
    messages = docs / "reference" / "messages"  # has an index of its own

    for page in PAGES:
        if page.is_relative_to(docs) and page.name != "README.md":
            folder = messages if page.is_relative_to(messages) else docs
            assert f"({page.relative_to(folder)})" in (folder / "README.md").read_text()
    assert f"({messages.relative_to(docs)}/README.md)" in (docs / "README.md").read_text()


def test_the_page_of_the_command_line_begins_with_all_commands() -> None:
    page = (ROOT / "docs" / "reference" / "cli.md").read_text()
    listed = re.findall(r"^pybgp (\w+) ", page.split("```")[1], re.MULTILINE)

    assert sorted(listed) == sorted(main.pybgp.list_commands(click.Context(main.pybgp)))


def test_the_page_of_the_control_socket_names_all_questions() -> None:
    page = (ROOT / "docs" / "reference" / "control-socket.md").read_text()
    (row,) = re.findall(r"^\| `query` \|(.*)\|$", page, re.MULTILINE)
    (whole,) = re.findall(r"the whole answer \((.*?)\)", page)
    (pieces,) = re.findall(r"a piece of a long answer \((.*?)\)", page)

    assert set(re.findall(r"`(\w+)`", row)) == native._ARGUMENTS.keys()
    assert sorted(re.findall(r"`(\w+)`", whole + pieces)) == sorted(native._ARGUMENTS)


# -- the library's page ------------------------------------------------------------------------------------------------


def test_the_page_has_every_public_name_with_an_example() -> None:
    page = LIBRARY.read_text()
    sections = re.split(r"^## ", page, flags=re.MULTILINE)[1:]
    shown = {name: section for section in sections for name in section.partition("\n")[0].split(", ")}

    assert shown.keys() == set(pybgp.__all__) - {"__version__"}
    for name, section in shown.items():
        assert any(f"pybgp.{name}" in block for block in re.findall(r"```py\w+\n(.*?)```", section, re.DOTALL)), name


def test_public_names_exist() -> None:
    for name in pybgp.__all__:
        assert getattr(pybgp, name) is not None


def test_the_pages_questions_have_its_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = "\n".join(blocks(LIBRARY, "pycon"))
    test = doctest.DocTestParser().get_doctest(text, {}, "library.md", "library.md", 0)
    said: list[str] = []

    result = doctest.DocTestRunner().run(test, out=said.append)

    assert not result.failed, "".join(said)
    assert result.attempted > 20


PROGRAMS = [
    pair for page in (LIBRARY, STRATEGIES) for pair in zip(blocks(page, "python"), blocks(page, "text"), strict=True)
]


@pytest.mark.parametrize(("program", "output"), PROGRAMS)
def test_the_pages_programs_print_what_it_says(program: str, output: str, tmp_path: Path) -> None:
    file = tmp_path / "program.py"
    file.write_text(program.replace("1790", str(free_port())))

    done = subprocess.run([sys.executable, file], capture_output=True, text=True, timeout=60, check=False)

    assert (done.stdout, done.stderr, done.returncode) == (output, "", 0)


def test_the_page_of_strategies_has_every_one() -> None:
    page = STRATEGIES.read_text()

    assert [name for name in strategies.__all__ if not re.search(rf"`{name}(\(.*?\))?`", page)] == []


# -- the map -----------------------------------------------------------------------------------------------------------


def test_the_maps_floors_are_those_that_imports_are_held_to() -> None:
    drawn = {
        number: set(re.findall(r"`(\w+)`", packages))
        for number, packages in re.findall(r"^\| (\d+) \| (.*?) \|", MAP.read_text(), re.MULTILINE)
    }
    there = {path.stem if path.suffix else path.name for path in (ROOT / "pybgp").iterdir()}

    for number, groups in enumerate(FLOORS):
        held = {name for group in groups for name in group.split(" < ")} & there
        assert drawn.get(str(number), set()) == held, f"floor {number}"


@pytest.mark.parametrize("page", [MAP, MAP.parent / "data-plane.md"], ids=lambda page: page.name)
def test_modules_that_the_design_names_exist(page: Path) -> None:
    text = page.read_text()
    packages = {path.name for path in (ROOT / "pybgp").iterdir() if path.is_dir()}
    named = {
        word for word in re.findall(r"`([a-z_]+(?:\.\w+)+)`", text) if word.partition(".")[0] in packages
    }  # messages.header.Framer, net.speaker
    files = set(re.findall(r"`([a-z_]+(?:/\w+)+\.py)`", text))

    assert named
    for name in sorted(named):
        parts = name.split(".")
        found = [
            at for at in range(1, len(parts) + 1) if (ROOT / "pybgp" / Path(*parts[:at])).with_suffix(".py").exists()
        ]
        assert found, name
        source = (ROOT / "pybgp" / Path(*parts[: found[0]])).with_suffix(".py").read_text()
        for word in parts[found[0] :]:
            assert re.search(rf"\b{word}\b", source), name
    for file in sorted(files):
        prefix = ROOT if file.startswith("tests/") else ROOT / "pybgp"
        assert (prefix / file).exists() or (ROOT / "pybgp" / "messages" / file).exists(), file
