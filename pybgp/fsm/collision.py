"""Two connections with one peer: which of them lives (RFC 4271 §6.8, RFC 6286 §2.3, RFC 4724 §5).

Both ends must come to the same answer without talking about it. So the end with the larger BGP Identifier has the
say, and the connection it opened itself is kept; whoever knows both OPENs knows that answer.

But an Established session is not closed for it, and only the end where it is Established knows that. So that one end
does not close the one connection while the other end closes the other one:

- As long as the OPEN on the connection that would win is missing, we hold our KEEPALIVE back on the other one. Without
  it the peer cannot be Established there, so it will choose as we do.
- If our KEEPALIVE is gone already and the peer has the say, we leave the choice to it and close nothing ourselves.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from .states import State


class Outcome(Enum):
    """What an OPEN on a new connection means for it and for an older one."""

    BOTH_GO_ON = "both go on: the older one's identifier is not known yet"
    NEW_WAITS = "both go on, the new one without our KEEPALIVE: it loses if the OPEN on the older one comes soon"
    PEER_DECIDES = "both go on: the peer has the say, and may be Established on the older one"
    OLD_IS_ABANDONED = "the older one has said nothing yet and is dropped without a word"
    OLD_LOSES = "the older one is closed with 6/7"
    OLD_IS_REPLACED = "the peer has restarted: the older one is dead, its routes become stale"
    NEW_LOSES = "the new one is closed with 6/7"


class Identity(NamedTuple):
    """Who has the say: BGP Identifiers compare as unsigned numbers, AS numbers where they are equal (RFC 6286 §2.3)."""

    router_id: bytes
    """Four octets in network order, which compare as bytes like the numbers they are."""
    as_number: int


class Contender(NamedTuple):
    """One of the two connections."""

    state: State
    incoming: bool
    """The peer opened it."""
    restartable: bool = False
    """Established, and the peer offered graceful restart for at least one family."""
    confirmed: bool = False
    """Our KEEPALIVE is gone, so that the peer may be Established there."""
    after_established: bool = False
    """It came when the other one was Established already."""


def resolve(new: Contender, old: Contender, *, local: Identity, remote: Identity, detect_established: bool) -> Outcome:
    """What becomes of two connections now that the peer's OPEN is there on ``new``.

    ``detect_established`` is CollisionDetectEstablishedState (RFC 4271 §8.1.1): Established sessions may lose, too.
    """
    if old.state in (State.IDLE, State.CONNECT, State.ACTIVE):
        # We have sent no OPEN there, so the peer cannot have chosen it.
        return Outcome.OLD_IS_ABANDONED
    peer_has_the_say = local < remote
    # One end opens one connection at a time: of two from there the older one is lost, which we have not noticed yet.
    crossing = new.incoming != old.incoming
    new_wins = not crossing or new.incoming == peer_has_the_say
    if old.state is State.OPEN_SENT:
        return Outcome.BOTH_GO_ON if new_wins else Outcome.NEW_WAITS
    only_the_peer_knows = crossing and new_wins and peer_has_the_say and old.confirmed
    if old.state is State.ESTABLISHED:
        # RFC 4724 §5. A connection that was on its way before the other one came up is an ordinary collision.
        if old.restartable and new.incoming and new.after_established:
            return Outcome.OLD_IS_REPLACED
        if not detect_established:
            waits = only_the_peer_knows and not new.after_established
            return Outcome.PEER_DECIDES if waits else Outcome.NEW_LOSES
    elif only_the_peer_knows:
        return Outcome.PEER_DECIDES
    return Outcome.OLD_LOSES if new_wins else Outcome.NEW_LOSES
