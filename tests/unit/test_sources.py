"""Octets come whole and in order, from wherever they come."""

from __future__ import annotations

import io

import pytest

from pybgp.sources import PIECE, Source, chunks

OCTETS = bytes(range(256)) * (PIECE // 256 * 2) + b"the end"


@pytest.mark.parametrize(
    "source",
    [
        pytest.param(io.BytesIO(OCTETS), id="file of more than one piece"),
        pytest.param(OCTETS, id="octets"),
        pytest.param(bytearray(OCTETS), id="octets that may change"),
        pytest.param(memoryview(OCTETS), id="view of octets"),
        pytest.param(iter([OCTETS[:100], OCTETS[100:]]), id="chunks"),
    ],
)
def test_all_octets_of_a_source_come_in_order(source: Source) -> None:
    assert b"".join(chunks(source)) == OCTETS


def test_a_file_is_read_a_piece_at_a_time() -> None:
    assert max(map(len, chunks(io.BytesIO(OCTETS)))) == PIECE
