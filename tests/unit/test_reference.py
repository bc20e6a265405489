"""The pages of docs/reference/messages/ are what the registries make of them."""

from __future__ import annotations

import pytest

from pybgp.messages.attributes import registry as attributes
from pybgp.messages.families.registry import FAMILIES
from tests import reference


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return reference.pages()


def test_the_pages_are_up_to_date(made: dict[str, str]) -> None:
    there = {str(file.relative_to(reference.FOLDER)): file.read_text() for file in reference.FOLDER.rglob("*.md")}

    assert sorted(there) == sorted(made), "make docs writes them again"
    stale = [name for name, text in made.items() if there[name] != text]
    assert not stale, "make docs writes them again"


def test_every_attribute_and_family_has_a_page_with_an_example(made: dict[str, str]) -> None:
    assert len(made) >= 1 + 5 + len(attributes.ATTRIBUTES) + len(FAMILIES)
    for name, text in made.items():
        if name != "README.md":
            assert "## An example" in text, name


def test_no_example_is_damaged(made: dict[str, str]) -> None:
    damaged = [name for name, text in made.items() if '"error"' in text or '"problems"' in text]

    assert not damaged


def test_an_attribute_without_an_example_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(reference.ATTRIBUTES, "MULTI_EXIT_DISC")

    with pytest.raises(KeyError, match="MULTI_EXIT_DISC"):
        reference.pages()
