"""What happens to an AS_PATH on its way out: functions from one value to another (RFC 4271 §5.1.2, RFC 5065).

Values are octets with AS numbers of four octets, as blocks hold them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Literal

from ..messages.attributes.as_path import CONFED, Segment, SegmentType, is_private, walk_segments, write_segments

PathChange = Callable[[bytes], bytes]
RemovePrivate = Literal["off", "only", "all", "replace"]

_AS_SEQUENCE: Final = int(SegmentType.AS_SEQUENCE)
_CONFED_SEQUENCE: Final = int(SegmentType.AS_CONFED_SEQUENCE)


def prepend(as_path: bytes, asn: int) -> bytes:
    """``asn`` in front, in the first AS_SEQUENCE while there is room (RFC 4271 §5.1.2 b)."""
    return _in_front(as_path, asn, _AS_SEQUENCE)


def prepend_member(as_path: bytes, asn: int) -> bytes:
    """A member AS of our confederation in front, in the first AS_CONFED_SEQUENCE (RFC 5065 §4.1 c)."""
    return _in_front(as_path, asn, _CONFED_SEQUENCE)


def _in_front(as_path: bytes, asn: int, kind: int) -> bytes:
    number = asn.to_bytes(4)
    if as_path and as_path[0] == kind and as_path[1] < 255:
        return bytes((kind, as_path[1] + 1)) + number + as_path[2:]
    return bytes((kind, 1)) + number + as_path


def without_confederation(as_path: bytes) -> bytes:
    """Without the segments that mean something inside a confederation only (RFC 5065 §4.1 d)."""
    segments = [*walk_segments(as_path, 4)]
    if not any(segment.kind in CONFED for segment in segments):
        return as_path
    return write_segments((segment for segment in segments if segment.kind not in CONFED), 4)


def without_private(as_path: bytes, mode: RemovePrivate, *, own: int, remote: int) -> bytes:
    """Private AS numbers taken out, or replaced by ``own``.

    "only" does it if the whole path is private, "all" always; "replace" puts ``own`` in the place of each, so that the
    path keeps its length. The peer's own number, ``remote``, always stays: by it the peer finds loops.
    """
    if mode == "only" and not all(is_private(asn) for segment in walk_segments(as_path, 4) for asn in segment.asns):
        return as_path
    instead = own if mode == "replace" else None
    return _mapped(as_path, lambda asn: instead if is_private(asn) and asn != remote else asn)


def overridden(as_path: bytes, *, own: int, remote: int) -> bytes:
    """The peer's AS number replaced by ours wherever it stands, so that the peer doesn't see a loop."""
    return _mapped(as_path, lambda asn: own if asn == remote else asn)


def _mapped(as_path: bytes, change: Callable[[int], int | None]) -> bytes:
    """Every AS number changed; None takes it out, and a segment without numbers goes too."""
    segments = []
    for segment in walk_segments(as_path, 4):
        asns = tuple(new for asn in segment.asns if (new := change(asn)) is not None)
        if asns:
            segments.append(Segment(segment.kind, asns))
    return write_segments(segments, 4)
