"""MRT records that can be written, and peer tables with routes of their peers."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...addresses import Family
from ...messages import encode
from ...messages.header import KEEPALIVE
from ...mrt.attributes import route_attributes
from ...mrt.kinds import FsmState
from ...mrt.records import Message, Peer, PeerTable, Record, Rib, RibEntry, StateChange, Unknown
from .attributes import blocks
from .families import IPV4, IPV6, octets, u16, u32
from .keys import keys
from .opens import notifications, opens
from .updates import updates

_RIB_FAMILIES = {
    IPV4: IPV4,
    IPV6: IPV6,
    Family.IPV4_MULTICAST: IPV4,
    Family.IPV6_MULTICAST: IPV6,
}
"""Families of a RIB record, and those whose keys and next hops are like theirs."""
addresses = st.one_of(octets(4), octets(16))
mrt_peers = st.builds(Peer, octets(4), addresses, u32)
peer_tables = st.builds(
    PeerTable,
    seconds=u32,
    collector_id=octets(4),
    view=st.text(max_size=20),
    peers=st.lists(mrt_peers, min_size=1, max_size=3, unique=True).map(tuple),
)


@st.composite
def ribs(draw: st.DrawFn, peers: tuple[Peer, ...]) -> Rib:
    """All routes to one prefix, of some of these peers."""
    family = draw(st.sampled_from(list(_RIB_FAMILIES)))
    like = _RIB_FAMILIES[family]
    add_path = draw(st.booleans())
    entries = st.builds(
        RibEntry,
        st.sampled_from(peers),
        u32,
        u32 if add_path else st.just(0),
        blocks(like).map(lambda block: route_attributes(block, family)),
    )
    found = draw(st.lists(entries, max_size=2))
    return Rib(draw(u32), draw(u32), family, draw(keys(like)), add_path, tuple(found))


def _with_addresses(
    kind: type[Message] | type[StateChange], **fields: SearchStrategy[object]
) -> SearchStrategy[Record]:
    """A record of a session, over IPv4 or IPv6, with AS numbers of two or four octets, with microseconds or without."""

    def build(wide: bool, size: int, extended: bool) -> SearchStrategy[Record]:
        asns = u32 if wide else u16
        return st.builds(
            kind,
            seconds=u32,
            microseconds=u32 if extended else st.just(0),
            extended=st.just(extended),
            peer_as=asns,
            local_as=asns,
            peer_address=octets(size),
            local_address=octets(size),
            interface=u16,
            four_octet_as=st.just(wide),
            **fields,
        )

    shapes = st.tuples(st.booleans(), st.sampled_from([4, 16]), st.booleans())
    return shapes.flatmap(lambda shape: build(*shape))


_whole_messages = st.one_of(
    st.just(KEEPALIVE),
    opens().map(encode),
    notifications.map(encode),
    updates().map(encode).filter(lambda sent: len(sent) == int.from_bytes(sent[16:18])),
)
session_records = st.one_of(
    _with_addresses(Message, local=st.booleans(), add_path=st.booleans(), data=_whole_messages),
    _with_addresses(StateChange, old_state=st.sampled_from(FsmState), new_state=st.sampled_from(FsmState)),
)
unknown_records = st.builds(Unknown, seconds=u32, type=st.sampled_from([11, 32, 48]), subtype=u16, data=st.binary())


@st.composite
def mrt_records(draw: st.DrawFn) -> list[Record]:
    """The records of a file, in an order in which they can be written and read."""
    table = draw(peer_tables)
    rest = st.one_of(ribs(table.peers), session_records, unknown_records)
    return [table, *draw(st.lists(rest, max_size=4))]
