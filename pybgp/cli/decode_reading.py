"""How octets are to be read where the input doesn't tell: what the command line says, what OPENs say, a good guess."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from ..addresses import Family
from ..constants import HEADER_SIZE, MessageType
from ..errors import ProtocolError
from ..messages.capabilities import AddPathMode, FourOctetAs
from ..messages.context import Context, PeerKind
from ..messages.open import Open
from ..messages.overheard import Guess, identified, multiple_labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What the command line says of the session; None is nothing."""

    as_size: int | None = None
    add_path: frozenset[Family] | None = None
    kind: PeerKind | None = None
    families: frozenset[Family] | None = None

    def of(self, context: Context) -> Context:
        """A context with what was said put in."""
        if self == _NOTHING:
            return context
        families = context.families if self.families is None else self.families
        add_path = context.add_path_receive if self.add_path is None else self.add_path
        return replace(
            context,
            kind=context.kind if self.kind is None else self.kind,
            four_octet_as=context.four_octet_as if self.as_size is None else self.as_size == 4,
            families=families,
            add_path_receive=add_path,
            add_path_send=add_path,
        )


_NOTHING: Final = Reading()


class Listener:
    """A stream of messages of which nobody says who sent them: learns from the OPENs in it, and guesses the rest."""

    __slots__ = ("_guess", "_known", "_opens", "_reading")

    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._opens: list[Open] = []  # of the session that the stream is in, at most two
        self._guess = Guess()
        self._known: dict[Context, Context] = {}  # guess -> what is made of it with all that is said

    def context(self, octets: bytes) -> Context:
        """How to read this message, and what it teaches about the next."""
        kind, body = octets[18], octets[HEADER_SIZE:]
        if kind == MessageType.OPEN:
            self._learn(body)
        guessed = self._guess.learn(body) if kind == MessageType.UPDATE else self._guess.context
        if guessed not in self._known:
            self._known[guessed] = self._reading.of(self._told(guessed))
        return self._known[guessed]

    def _learn(self, body: bytes) -> None:
        try:
            found = Open.decode(body)
        except ProtocolError:
            return
        self._opens = [*self._opens, found] if len(self._opens) == 1 else [found]
        self._known.clear()

    def _told(self, guessed: Context) -> Context:
        """A guess, corrected by the OPENs; with one only, the other side is taken to say the same."""
        if not self._opens:
            return guessed
        one, other = self._opens[0], self._opens[-1]
        there, back = _identified(one, other), _identified(other, one)
        certain = there & back
        possible = there | back
        return replace(
            guessed,
            kind=PeerKind.INTERNAL if one.asn == other.asn else PeerKind.EXTERNAL,
            four_octet_as=all(each.find(FourOctetAs) is not None for each in self._opens),
            add_path_receive=possible if guessed.add_path_receive else certain,
            multiple_labels=multiple_labels(one) & multiple_labels(other),
        )


def _identified(sender: Open, receiver: Open) -> frozenset[Family]:
    """Families whose NLRI have path identifiers from one side to the other; only the sender's word, if it is both."""
    sent = identified(sender, AddPathMode.SEND)
    return sent if sender is receiver else sent & identified(receiver, AddPathMode.RECEIVE)
