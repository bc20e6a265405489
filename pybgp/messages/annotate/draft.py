"""A note while it is written: parts are added at its end, flaws when it is known where they belong."""

from __future__ import annotations

from enum import Enum
from typing import Self

from .note import Flaw, Note


class Role(Enum):
    """What a part is in an attribute, for flaws to find their place."""

    NONE = 0
    FLAGS = 1
    TYPE = 2
    LENGTH = 3
    NEXT_HOP = 4


class Draft:
    """Octets ``start`` to before ``end``; ``at`` is where the next part begins."""

    __slots__ = ("at", "children", "end", "key", "octets", "problems", "rfc", "role", "start", "text", "trouble")

    def __init__(self, octets: bytes, start: int, end: int, text: str, rfc: str = "", role: Role = Role.NONE) -> None:
        self.octets = octets  # the whole message
        self.start = self.at = start
        self.end = end
        self.text = text
        self.rfc = rfc
        self.role = role
        self.children: list[Draft] = []
        self.problems: list[Flaw] = []
        self.trouble = ""  # what looks wrong here; a flaw only if the codec says so, too
        self.key: bytes | None = None  # of a NLRI

    @property
    def value(self) -> bytes:
        """The octets that have no part yet."""
        return self.octets[self.at : self.end]

    @property
    def left(self) -> int:
        """How many octets have no part yet."""
        return self.end - self.at

    def peek(self, size: int, skip: int = 0) -> bytes:
        """The next ``size`` octets behind ``skip`` others, less at the end."""
        return self.octets[self.at + skip : min(self.at + skip + size, self.end)]

    def number(self, size: int, skip: int = 0) -> int:
        """The same as a number."""
        return int.from_bytes(self.peek(size, skip))

    def part(self, size: int, text: str, rfc: str = "", role: Role = Role.NONE) -> Draft:
        """The next ``size`` octets, less at the end, as a part; this draft itself if there are none."""
        end = min(self.at + size, self.end)
        if end <= self.at:
            return self
        child = Draft(self.octets, self.at, end, text, rfc, role)
        self.children.append(child)
        self.at = end
        return child

    def rest(self, text: str, rfc: str = "") -> Draft:
        """All octets that have no part yet as one."""
        return self.part(self.left, text, rfc)

    def bad(self, why: str) -> Self:
        """It looks wrong."""
        self.trouble = self.trouble or why
        return self

    def troubled(self) -> Draft | None:
        """The innermost draft that looks wrong, the first if there are several."""
        for child in self.children:
            found = child.troubled()
            if found is not None:
                return found
        return self if self.trouble else None

    def by_role(self, role: Role) -> Draft | None:
        """The part with a role."""
        return next((child for child in self.children if child.role is role), None)

    def flawed(self, flaw: Flaw) -> None:
        """Note a flaw, once."""
        if flaw not in self.problems:
            self.problems.append(flaw)

    def finish(self) -> Note:
        """The note; octets without a part get one."""
        if self.children and self.left:
            self.rest("more octets")
        children = tuple(child.finish() for child in self.children)
        return Note(self.start, self.end, self.text, self.rfc, children, tuple(self.problems))
