"""The codec's benchmark runs, in small and without other codecs. Nothing is said about how long it takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybgp.messages import Update, decode

from .. import report
from ..run import PAGE
from . import __main__ as bench
from .material import CAPTURE, STREAM, TABLE, UPDATES, Material
from .runs import Process, Rounds, Unavailable, run
from .subjects import SUBJECTS
from .table import TASKS, WANTED, table, verdicts
from .worker import measure

FEW = 40


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> Material:
    return Material.make(tmp_path_factory.mktemp("codec"), FEW)


def test_the_material_is_updates_with_an_attribute_set_each(material: Material) -> None:
    updates = [decode(each) for each in material.messages]

    assert all(type(each) is Update and each.reachable and not each.problems for each in updates)
    assert len({each.reachable[0].block for each in updates if type(each) is Update}) == FEW


def test_the_material_is_the_same_each_time(material: Material, tmp_path: Path) -> None:
    again = Material.make(tmp_path, FEW)

    for name in (STREAM, TABLE, UPDATES, CAPTURE):
        assert (again.folder / name).read_bytes() == (material.folder / name).read_bytes()


def test_pybgp_finds_every_prefix_in_all_of_its_work(material: Material) -> None:
    _, works = SUBJECTS["pybgp"](material)

    for task in ("octets", "attributes", "objects", "keys", "encode", "encode-objects", "updates", "capture"):
        assert measure(works[task])[1] == material.prefixes, task
    assert measure(works["table"])[1] == 2 * FEW  # a prefix of each, as two peers know it


def test_a_worker_answers_until_it_is_closed(material: Material) -> None:
    worker = Process("pybgp", bench._python("pybgp"), material.folder)

    figures = run([worker], ["octets", "no such task"], 2)
    worker.close()

    assert list(figures) == [("octets", worker.name)]
    assert figures["octets", worker.name].found == material.prefixes
    assert len(figures["octets", worker.name].seconds) == 2


def test_a_codec_that_cannot_be_had_says_so(material: Material) -> None:
    with pytest.raises(Unavailable, match="KeyError: 'nobody'"):
        Process("nobody", bench._python("pybgp"), material.folder)


def test_every_wish_is_about_a_row_and_can_be_missed() -> None:
    figures = {("octets", "pybgp 1"): Rounds([1.0], 66), ("objects", "exabgp 5"): Rounds([9.0, 11.0, 7.0], 66)}

    assert {task for task, *_ in WANTED} <= set(TASKS)
    assert [line.split()[0] for line in verdicts(figures)] == ["MISSED"]
    assert "| 9.00 |" in table(figures, "make bench-codec", 20, 3)


def test_the_page_has_a_place_for_the_table() -> None:
    text = PAGE.read_text()

    assert all(marker in text for marker in report.markers("tests/bench/codec"))
