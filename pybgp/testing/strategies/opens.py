"""Capabilities and OPEN, NOTIFICATION, ROUTE-REFRESH."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from ...messages.capabilities import (
    AddPath,
    AddPathMode,
    Capability,
    EnhancedRouteRefresh,
    ExtendedMessage,
    ExtendedNextHop,
    FourOctetAs,
    Fqdn,
    GracefulRestart,
    LongLivedGracefulRestart,
    MultipleLabels,
    MultiProtocol,
    Role,
    RouteRefresh,
    RouteRefreshCisco,
    UnknownCapability,
)
from ...messages.notification import Notification
from ...messages.open import Open
from .families import any_families, as_numbers, octets, u8, u16

capabilities: SearchStrategy[Capability] = st.one_of(
    st.builds(MultiProtocol, any_families),
    st.builds(RouteRefresh),
    st.builds(RouteRefreshCisco),
    st.builds(EnhancedRouteRefresh),
    st.builds(ExtendedMessage),
    st.builds(ExtendedNextHop, st.lists(st.tuples(any_families, u16), max_size=5).map(tuple)),
    st.builds(Role, u8),
    st.builds(
        GracefulRestart,
        restarting=st.booleans(),
        notification=st.booleans(),
        restart_time=st.integers(0, 4095),
        families=st.lists(st.tuples(any_families, st.booleans()), max_size=5).map(tuple),
        reserved=st.integers(0, 3),
    ),
    st.builds(
        LongLivedGracefulRestart,
        st.lists(st.tuples(any_families, st.booleans(), st.integers(0, 0xFFFFFF)), max_size=5).map(tuple),
    ),
    st.builds(AddPath, st.lists(st.tuples(any_families, st.sampled_from(list(AddPathMode))), max_size=5).map(tuple)),
    st.builds(MultipleLabels, st.lists(st.tuples(any_families, st.integers(2, 255)), max_size=5).map(tuple)),
    st.builds(Fqdn, st.text("abcdefghij-.0123", max_size=63), st.text("abcdefghij-.0123", max_size=63)),
    st.builds(UnknownCapability, st.integers(130, 255), st.binary(max_size=255)),
)
router_ids = octets(4).filter(any)


@st.composite
def opens(draw: st.DrawFn) -> Open:
    """An OPEN that has nothing wrong in it."""
    asn = draw(as_numbers)
    others = draw(st.lists(capabilities, max_size=8))
    small = asn <= 0xFFFF and draw(st.booleans())
    found = others if small else [*others, FourOctetAs(asn)]
    hold_time = draw(st.one_of(st.just(0), st.integers(3, 0xFFFF)))
    return Open(4, asn if asn <= 0xFFFF else 23456, hold_time, draw(router_ids), tuple(found))


notifications = st.builds(Notification, u8, u8, st.binary(max_size=300))
