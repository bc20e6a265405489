"""Checks that a peer has only where it is configured so."""

from __future__ import annotations

import pytest

from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.policy.import_checks import confederation
from tests.unit.rib.paths import block, source


@pytest.mark.parametrize(
    ("kind", "asn"),
    [(SegmentType.AS_CONFED_SEQUENCE, 65001), (SegmentType.AS_SEQUENCE, 64512)],
    ids=["inside", "outside"],
)
def test_our_numbers_may_be_there_as_often_as_allowed(kind: SegmentType, asn: int) -> None:
    """``allowas_in`` in a confederation: of both numbers (RFC 5065 §4)."""
    check = confederation(65001, 64512, times=1)

    assert check(block(AsPath((Segment(kind, (asn, 7)),))), source()) is None
    assert "RFC 5065" in (check(block(AsPath((Segment(kind, (asn, asn)),))), source()) or "")
