"""A message's octets explained, one range after the other, with the RFC's section and what is wrong.

``annotate`` makes a tree of notes, ``lines`` text of it. What an attribute, a capability or a family has inside is in
tables here (``values``, ``capabilities``, ``nlri``); one without a line there is shown whole, as its own text.
"""

from __future__ import annotations

from .message import annotate
from .note import Flaw, Note
from .render import lines

__all__ = ["Flaw", "Note", "annotate", "lines"]
