"""Rows of the chapters of messages that have no case here, and why."""

from __future__ import annotations

from typing import Final

_CLOCK = "time passes: on the virtual clock, in tests/unit/fsm and tests/sim"
_STOP = "what we say when an operator or a limit ends the session: tests/unit/fsm and tests/sim"
_PACKING = "how many messages we make of many routes: tests/unit/messages/test_packing.py and tests/unit/rib"
_DECIDES = "it is a number that the decision process uses: tests/unit/messages/test_attributes.py"
_MEMBERS = "it takes speakers of several member ASes: tests/sim/test_confederation.py"
_TWO_SESSIONS = "it takes peers that stand to each other in several ways: tests/sim/test_roles.py"

ELSEWHERE: Final[dict[str, str]] = {
    "OPN-16": "our own OPEN never has 255 octets of capabilities: tests/unit/messages/test_open.py",
    "CAP-15": "nothing is answered to it; what is read of it: tests/unit/messages/test_capabilities.py",
    "CAP-18": "it takes two connections at once: tests/unit/fsm/test_peer.py",
    "UPD-12": "golden octets of what we make: tests/unit/messages/test_packing.py",
    "UPD-18": _PACKING,
    "UPD-19": _PACKING,
    "ASP-08": _DECIDES,
    "ASP-11": "a policy prepends: tests/unit/policy/test_terms.py, tests/sim/test_export.py",
    "CFD-08": _DECIDES,
    "NTF-02": _STOP,
    "NTF-03": _STOP,
    "NTF-09": "no peer can make us send that much: tests/unit/messages/test_notification.py",
    "NTF-10": _CLOCK,
    "NTF-11": _CLOCK,
    "KAL-01": _CLOCK,
    "KAL-02": _CLOCK,
    "KAL-03": "it takes a million routes: tests/interop/test_kernel.py",
    "RFR-05": "an operator asks too early: tests/sim/test_verbs.py",
    "RFR-09": _CLOCK,
    "RFR-10": "an operator changes a policy: tests/interop/test_sessions.py",
    "SND-04": _CLOCK,
    "SND-06": "what we make of several routes: tests/unit/rib/test_aggregate.py, tests/sim/test_aggregates.py",
    "SND-07": "it takes a peer that doesn't read: tests/sim/test_export.py",
    "NHP-05": "it is about the kernel's routes: tests/sim/test_export.py",
    "ADP-06": "it takes two peers that change meanwhile: tests/sim/test_export.py",
    "AFI-15": "it takes peers that want different routes: tests/sim/test_route_targets.py",
    "AFI-18": "it is an order of two rules, not a message: tests/unit/messages/test_flowspec.py",
    "AFI-19": "it takes unicast routes of several peers, which change: tests/sim/test_flowspec.py",
    "ENH-03": "it is about the kernel's routes: tests/interop/test_unnumbered.py",
    **dict.fromkeys(("CFD-01", "CFD-02", "CFD-03", "CFD-04", "CFD-10"), _MEMBERS),
    **dict.fromkeys((f"OTC-0{number}" for number in range(1, 6)), _TWO_SESSIONS),
    "COM-07": "it is about text: tests/unit/messages/test_extended_communities.py",
}
"""Covered by tests of another form, which carry the row's mark."""


LATER: Final[dict[str, str]] = {
    "SND-05": "MinASOriginationInterval: own routes are told at once, as all daemons do; mrai holds them back too",
}
"""Features that are built later. A row that has a case must not be here."""
