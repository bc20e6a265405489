"""The quick way to put our AS in front of a path says what the general one says (RFC 4271 §5.1.2 b)."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from pybgp.addresses import Family
from pybgp.messages.attributes.as_path import AsPath, Segment, SegmentType
from pybgp.messages.attributes.block import Block
from pybgp.messages.context import Context, PeerKind
from pybgp.messages.update import block_of
from pybgp.policy.builtin import ACCEPT_ALL
from pybgp.rib.as_paths import prepend
from pybgp.rib.export import Exporter, ExportRules
from tests.unit.rib.paths import path

EXTERNAL = ExportRules(
    family=Family.IPV4_UNICAST,
    kind=PeerKind.EXTERNAL,
    local_as=64512,
    router_id=b"\1\1\1\1",
    cluster_id=b"\1\1\1\1",
    own_next_hop=b"\xc0\0\2\1",
    policy=ACCEPT_ALL,
)
ases = st.integers(1, 2**32 - 1)
segments = st.builds(
    Segment,
    st.sampled_from((SegmentType.AS_SEQUENCE, SegmentType.AS_SEQUENCE, SegmentType.AS_SET)),
    st.lists(ases, min_size=1, max_size=255).map(tuple),
)


@given(st.lists(segments, max_size=3).map(tuple))
@example(())
@example((Segment(SegmentType.AS_SEQUENCE, tuple(range(1, 62))),))
@example((Segment(SegmentType.AS_SEQUENCE, tuple(range(1, 63))),))
@example((Segment(SegmentType.AS_SEQUENCE, tuple(range(1, 256))),))
# an AS_SET first in a path of 1,538 octets: its length field looks like that of a short AS_SEQUENCE
@example((Segment(SegmentType.AS_SET, tuple(range(1, 256))), Segment(SegmentType.AS_SET, tuple(range(1, 129)))))
def test_our_as_is_put_in_front(of: tuple[Segment, ...]) -> None:
    block = Block.build((AsPath(of),), b"\xc0\0\2\2")

    export = Exporter(EXTERNAL).export(path(block))

    assert export is not None
    sent = block_of(export.attributes, export.next_hop, Context(kind=PeerKind.EXTERNAL))
    assert sent is not None
    assert sent.as_path_octets == prepend(block.as_path_octets, 64512)
