"""Sessions and routes with BIRD, FRR and GoBGP, over IPv4 and IPv6, internal and external."""

from __future__ import annotations

import re
import time
from dataclasses import replace

import pytest

from tests.support import throughout, until

from .lab import AS, POLL, Lab, Link, Outcome, Pair, each_link, own_announcement
from .network import BGP

pytestmark = pytest.mark.timeout(240)

PATIENCE_TO_DIAL = 30
"""Seconds: GoBGP dials every 10."""

Outcomes = dict[Link, Outcome]


# -- up, and the first routes ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def up(lab: Lab) -> Outcomes:
    return lab.up()


@pytest.fixture(scope="module")
def exchanged(lab: Lab, up: Outcomes) -> Outcomes:
    """Both ends have the other's first route."""

    def wait(pair: Pair) -> None:
        up[pair.link].get()
        version = pair.link.version
        until(lambda: pair.has(1), limit=20, why="the peer's route at the speaker", interval=POLL)
        own = own_announcement(version, 1).prefix
        until(lambda: own in pair.peer.routes(version), limit=20, why="the speaker's route at the peer", interval=POLL)

    return lab.each(wait)


@each_link()
def test_the_session_comes_up(link: Link, up: Outcomes) -> None:
    up[link].get()


@each_link()
def test_the_peers_route_has_its_attributes(link: Link, lab: Lab, exchanged: Outcomes) -> None:
    """RFC 4271 §5.1, RFC 1997, RFC 8092."""
    exchanged[link].get()
    announced = link.announcement(1)

    route = lab.speaker.routes(link.version)[announced.prefix]

    assert route.peering == link.name
    assert route.next_hop == lab.pairs[link].peer.host.address(link.version)
    assert route.as_path == ((link.asn,) if link.external else ())
    assert route.origin == "igp"
    assert route.med == announced.med
    assert route.communities == set(announced.communities)
    assert route.large_communities == set(announced.large_communities)
    assert route.local_pref in ((None, 100) if link.external else (100,))
    assert (route.originator_id, route.cluster_list) == (None, ())


@each_link()
@pytest.mark.row("ASP-01", "ASP-02", "PRP-03", "PRP-04", "NHP-01", "NHP-02", "AFI-01")
def test_our_route_has_its_attributes(link: Link, lab: Lab, exchanged: Outcomes) -> None:
    """RFC 4271 §5.1: at the peer, as the peer's own tools show it."""
    exchanged[link].get()
    announced = own_announcement(link.version, 1)

    route = lab.pairs[link].peer.routes(link.version)[announced.prefix]

    assert route.next_hop == lab.speaker.host.address(link.version)
    assert route.as_path == ((AS,) if link.external else ())
    assert route.origin == "igp"
    assert route.med == announced.med
    assert route.communities == set(announced.communities)
    assert route.local_pref in ((None, 100) if link.external else (100,))
    assert (route.originator_id, route.cluster_list) == (None, ())


# -- what goes from one peer to another --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def spread(lab: Lab, exchanged: Outcomes) -> Outcomes:
    """Every peer has what it should have from the others."""

    def wait(pair: Pair) -> None:
        exchanged[pair.link].get()
        wanted = {other.prefix(1) for other in _others(lab, pair.link) if pair.link.external or other.external}
        until(
            lambda: wanted <= pair.peer.routes(pair.link.version).keys(),
            limit=20,
            why=f"the others' routes {sorted(wanted)}",
            seen=lambda: pair.peer.routes(pair.link.version),
            interval=POLL,
        )

    return lab.each(wait)


def _others(lab: Lab, link: Link) -> list[Link]:
    return [other for other in lab.links if other is not link and other.version == link.version]


@each_link()
@pytest.mark.row("SND-01")
def test_internal_routes_stay_where_they_are(link: Link, lab: Lab, spread: Outcomes) -> None:
    """RFC 4271 §9.2: an internal peer gets no other internal peer's route; an external one gets all."""
    spread[link].get()

    routes = lab.pairs[link].peer.routes(link.version)

    internal = {other.prefix(1) for other in _others(lab, link) if not other.external}
    assert internal & routes.keys() == (internal if link.external else set())


@each_link()
@pytest.mark.row("PRP-01", "PRP-02", "PRP-03", "PRP-09", "NHP-01", "NHP-02")
def test_another_peers_route_has_its_attributes(link: Link, lab: Lab, spread: Outcomes) -> None:
    """RFC 4271 §5.1: external routes as they go on to internal and to external peers, on one shared subnet."""
    spread[link].get()
    routes = lab.pairs[link].peer.routes(link.version)

    for other in _others(lab, link):
        if not other.external:
            continue
        announced, route = other.announcement(1), routes[other.prefix(1)]

        assert route.next_hop == lab.pairs[other].peer.host.address(link.version)  # third-party, on the same subnet
        assert route.as_path == ((AS, other.asn) if link.external else (other.asn,))
        assert route.communities == set(announced.communities)
        assert route.large_communities == set(announced.large_communities)
        assert route.local_pref in ((None, 100) if link.external else (100,))
        assert route.med in ((None, 0) if link.external else (announced.med,))


# -- changes -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def withdrawn(lab: Lab, exchanged: Outcomes) -> Outcomes:
    """Both ends announce a second route, see it at the other, and withdraw it."""
    seconds = {version: own_announcement(version, 2) for version in (4, 6)}
    lab.speaker.announce(*seconds.values())

    def announce(pair: Pair) -> None:
        exchanged[pair.link].get()
        version, second = pair.link.version, seconds[pair.link.version].prefix
        pair.peer.announce(pair.link.announcement(2))
        until(lambda: pair.has(2), limit=20, why="the peer's second route", interval=POLL)
        until(lambda: second in pair.peer.routes(version), limit=20, why="our second route", interval=POLL)

    announced = lab.each(announce)
    lab.speaker.withdraw(*(each.prefix for each in seconds.values()))

    def withdraw(pair: Pair) -> None:
        announced[pair.link].get()
        version, second = pair.link.version, seconds[pair.link.version].prefix
        pair.peer.withdraw(pair.link.prefix(2))
        until(lambda: not pair.has(2), limit=20, why="the peer's second route to go", interval=POLL)
        until(lambda: second not in pair.peer.routes(version), limit=20, why="our second route to go", interval=POLL)

    return lab.each(withdraw)


@each_link()
def test_a_withdrawn_route_goes(link: Link, lab: Lab, withdrawn: Outcomes) -> None:
    """RFC 4271 §4.3, RFC 4760 §4: both ways; what was not withdrawn stays."""
    withdrawn[link].get()

    assert lab.pairs[link].has(1)
    assert own_announcement(link.version, 1).prefix in lab.pairs[link].peer.routes(link.version)


@each_link(["bird", "frr"])
@pytest.mark.row("RFR-01")
def test_the_peer_asks_for_our_routes_again(link: Link, lab: Lab, exchanged: Outcomes) -> None:
    """RFC 2918 §4. GoBGP keeps what it was sent, and never asks."""
    exchanged[link].get()
    peer = lab.pairs[link].peer
    before = peer.updates_received("speaker")

    peer.refresh("speaker")

    until(lambda: peer.updates_received("speaker") > before, limit=20, why="our routes again", interval=POLL)
    assert lab.pairs[link].states() == ("established", "established")


@each_link()
@pytest.mark.row("RFR-10")
def test_we_ask_for_the_peers_routes_again(link: Link, lab: Lab, exchanged: Outcomes) -> None:
    """RFC 2918 §4."""
    exchanged[link].get()
    peer = lab.pairs[link].peer
    before = peer.updates_sent("speaker")

    lab.speaker.refresh(link.name)

    until(lambda: peer.updates_sent("speaker") > before, limit=20, why="its routes again", interval=POLL)
    assert lab.pairs[link].has(1)


# -- who opens ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def opened_by_us(lab: Lab, withdrawn: Outcomes) -> Outcomes:
    """The peers are passive."""
    lab.configure_speaker()
    lab.configure_peers(passive=True)
    return lab.each(_opener)


@pytest.fixture(scope="module")
def opened_by_the_peer(lab: Lab, opened_by_us: Outcomes) -> Outcomes:
    """The speaker is passive, and starts again, since passive is only for the next connection."""
    lab.configure_peers()
    lab.configure_speaker(passive=True)
    lab.each(lambda pair: pair.peer.reload())
    return lab.each(_opener)


def _opener(pair: Pair) -> str:
    pair.up()
    (connection,) = pair.connections()
    return opener(connection)


def opener(connection: tuple[int, int]) -> str:
    """Who dialled."""
    speakers_port, _ = connection
    return "peer" if speakers_port == BGP else "speaker"


@each_link()
def test_we_open(link: Link, opened_by_us: Outcomes) -> None:
    assert opened_by_us[link].get() == "speaker"


@each_link()
@pytest.mark.row("FSM-02")
def test_the_peer_opens(link: Link, opened_by_the_peer: Outcomes) -> None:
    assert opened_by_the_peer[link].get() == "peer"


# -- both open at once -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def collided(lab: Lab, opened_by_the_peer: Outcomes) -> Outcomes:
    """Both have dialled, and neither has heard the other yet.

    No frame passes while both dial. The peer is paused then, and frames pass again: its kernel completes both
    connections, the speaker sends its OPEN on both, and the peer finds two when it wakes up.
    """
    lab.each(lambda pair: pair.peer.kill())
    lab.configure_speaker()

    def collide(pair: Pair) -> str:
        pair.peer.host.cut()
        try:
            pair.peer.start()
            until(lambda: _both_dial(pair), limit=PATIENCE_TO_DIAL, why="both to dial", interval=0.02)
            pair.peer.pause()
        finally:
            pair.peer.host.join()
        try:
            until(lambda: len(pair.connections()) == 2, limit=10, why="both connections", seen=pair.connections)
            both = pair.connections()
        finally:
            pair.peer.resume()
        return _left(pair, both)

    return lab.each(collide)


def _both_dial(pair: Pair) -> bool:
    speaker, peer, version = pair.speaker.host, pair.peer.host, pair.link.version
    return bool(
        speaker.connections("syn-sent", peer.address(version))
        and peer.connections("syn-sent", speaker.address(version))
    )


def _left(pair: Pair, both: frozenset[tuple[int, int]]) -> str:
    """Who opened the connection that is left of these two."""
    pair.up()
    until(lambda: len(pair.connections()) == 1, limit=10, why="one to be left", seen=pair.connections)
    throughout(lambda: pair.states() == ("established", "established"), seconds=1, why="the session stays")
    (left,) = pair.connections()
    return opener(left) if left in both else "dialled again"


@each_link()
@pytest.mark.row("COL-02", "FSM-49")
def test_of_two_connections_one_is_left(link: Link, collided: Outcomes) -> None:
    """RFC 4271 §6.8: a session comes up and stays, on one connection.

    Which one is left is not asked here: one end may be Established on a connection while the other still chooses; both
    connections are closed then, and dialled again. ``tests/unit/fsm`` asks it.
    """
    assert collided[link].get() in ("speaker", "peer", "dialled again")


# -- what must not come up ---------------------------------------------------------------------------------------------


BAD_PEER_AS = re.compile(r"(?i)bad peer AS|AS \d+, expected \d+")
"""How BIRD and pybgp say it."""


@pytest.fixture(scope="module")
def wrong_as(lab: Lab, collided: Outcomes) -> Outcomes:
    """The speaker expects another AS at every peer; what it says about that. Then all is well again."""
    lab.speaker.configure(
        peerings=[replace(pair.base(), remote_as=pair.link.asn + 1000) for pair in lab.pairs.values()]
    )

    def refused(pair: Pair) -> str:
        """What the speaker said of it at least once; peers dial on, and it may say something else later."""
        name = pair.link.name
        error = until(
            lambda: BAD_PEER_AS.search(pair.speaker.last_error(name)),
            limit=20,
            why="the error",
            seen=lambda: (pair.states(), pair.speaker.last_error(name)),
        )
        throughout(lambda: not pair.speaker.established(name), seconds=2, why="no session with another AS")
        return error[0]

    outcomes = lab.each(refused)
    lab.configure_speaker()
    recovered = lab.up()
    return {
        link: outcome if outcome.error else Outcome(outcome.value, recovered[link].error)
        for link, outcome in outcomes.items()
    }


@each_link()
@pytest.mark.row("OPN-02")
def test_another_as_is_refused(link: Link, wrong_as: Outcomes) -> None:
    """RFC 4271 §6.2; and the session comes up once both agree."""
    assert wrong_as[link].get()


@pytest.fixture(scope="module")
def right_password(lab: Lab, wrong_as: Outcomes) -> Outcomes:
    """All sessions have a password, the same at both ends."""
    lab.configure_speaker(password="sesame", hold_time=3)
    lab.configure_peers(password="sesame")
    return lab.up()


@pytest.fixture(scope="module")
def wrong_password(lab: Lab, right_password: Outcomes) -> Outcomes:
    """The speaker's password changes, the peers' don't. Then all is well again."""
    lab.configure_speaker(password="wrong", hold_time=3)

    def refused(pair: Pair) -> None:
        right_password[pair.link].get()
        name = pair.link.name
        until(lambda: not pair.speaker.established(name), limit=20, why="the session to end", interval=POLL)
        until(lambda: not pair.connections(), limit=20, why="its connection to end", interval=POLL)
        throughout(lambda: not pair.connections(), seconds=3, why="no connection without the key")

    outcomes = lab.each(refused)
    lab.configure_speaker(password="sesame", hold_time=3)
    recovered = lab.up()
    return {link: outcome if outcome.error else recovered[link] for link, outcome in outcomes.items()}


@each_link()
@pytest.mark.kernel("md5")
def test_the_right_password(link: Link, right_password: Outcomes) -> None:
    """RFC 2385."""
    right_password[link].get()


@each_link()
@pytest.mark.kernel("md5")
@pytest.mark.row("SEC-01")
def test_another_password_gives_no_connection(link: Link, wrong_password: Outcomes) -> None:
    """RFC 2385; and the session comes up once both agree."""
    wrong_password[link].get()


# -- peers that fall silent, and peers that die ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def expired(lab: Lab, wrong_password: Outcomes) -> Outcomes:
    """Peers are paused with a hold time of 3 s, and wake up again; seconds until the speaker gave them up."""
    lab.configure_speaker(hold_time=3)
    lab.configure_peers()

    def silent(pair: Pair) -> float:
        pair.up()
        until(lambda: pair.has(1), limit=20, why="the peer's route", interval=POLL)
        pair.peer.pause()
        try:
            paused = time.monotonic()
            name = pair.link.name
            until(lambda: not pair.speaker.established(name), limit=10, why="the hold timer to expire")
            seconds = time.monotonic() - paused
            until(lambda: not pair.has(1), limit=5, why="the peer's route to go")
        finally:
            pair.peer.resume()
        pair.up()
        until(lambda: pair.has(1), limit=20, why="the peer's route to come back", interval=POLL)
        return seconds

    return lab.each(silent)


@each_link()
@pytest.mark.row("FSM-40", "NTF-10")
def test_a_silent_peer_is_given_up(link: Link, expired: Outcomes) -> None:
    """RFC 4271 §6.5: after the hold time, not much later; its routes go, and come back with it."""
    assert 1.5 < expired[link].get() < 6


@pytest.fixture(scope="module")
def killed(lab: Lab, expired: Outcomes) -> Outcomes:
    """Peers are killed, and start again; seconds until the speaker noticed."""
    lab.configure_speaker()

    def die(pair: Pair) -> float:
        pair.up()
        until(lambda: pair.has(1), limit=20, why="the peer's route", interval=POLL)
        at = time.monotonic()
        pair.peer.kill()
        until(lambda: not pair.has(1), limit=10, why="the peer's route to go")
        seconds = time.monotonic() - at
        pair.peer.start()
        pair.up()
        until(lambda: pair.has(1), limit=20, why="the peer's route to come back", interval=POLL)
        return seconds

    return lab.each(die)


@each_link()
@pytest.mark.row("FSM-42")
def test_a_killed_peer_comes_back(link: Link, killed: Outcomes) -> None:
    """RFC 4271 §8.2.2, event 18: noticed at once, for its kernel closes the connection."""
    assert killed[link].get() < 3
