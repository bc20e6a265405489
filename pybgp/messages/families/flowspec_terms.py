"""Components of a flow specification that are lists of terms, {operator, value} (RFC 8955 §4.2.1, §4.2.2).

A term as text is an operator and a value; ``|`` between two terms means either, ``&`` both, which binds stronger::

    numbers    =80  >1024  >=8000&<=8080|=179  !=6  <=>0 (always true)  !<=>0 (never true)
    bits       syn+ack (any of them)  =syn+ack (all)  !syn (none)  !=syn+ack (not all)  0x1c2 (bits without a name)

A value takes the smallest size that its component has; another one is written behind a slash: ``=80/2``. Sizes are kept
as they were sent: they are no part of the meaning, but RFC 8955 §5.1 orders rules by these octets, and §4 makes the
octets the route's name. What a receiver must ignore is set to zero.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from ..errors import InvalidNetworkField
from ..fields import array, only, present, text, whole

_END: Final = 0x80
_AND: Final = 0x40
_NUMERIC: Final = ("!<=>", "=", ">", ">=", "<", "<=", "!=", "<=>")
"""Text by the bits lt, gt and eq (RFC 8955 §4.2.1.1)."""
_BITMASK: Final = ("", "=", "!", "!=")
"""Text by the bits not and m (§4.2.1.2)."""
_BITMASK_IN_JSON: Final = ("any", "all", "none", "not-all")
_TERM: Final = re.compile(r"([!<=>]*)([0-9a-z+-]+?)(?:/([1248]))?", re.ASCII)
_NUMBER: Final = re.compile(r"0x[0-9a-f]{1,16}|[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """``operator`` is its lowest bits, ``size`` the value's in octets; ``joined`` with the term in front by "and"."""

    operator: int
    value: int
    size: int
    joined: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """One component: a packet matches if a term, or all of some terms that are joined, do."""

    kind: TermsKind
    terms: tuple[Term, ...]

    def encode(self) -> bytes:
        parts = [bytes((self.kind.number,))]
        for left, term in enumerate(self.terms, 1 - len(self.terms)):
            operator = (_AND if term.joined else 0) | (term.size.bit_length() - 1) << 4 | term.operator
            parts.append(bytes((operator if left else operator | _END,)) + term.value.to_bytes(term.size))
        return b"".join(parts)

    def __str__(self) -> str:
        parts = [f"{self.kind.name} "]
        for term in self.terms:
            if len(parts) > 1:
                parts.append("&" if term.joined else "|")
            parts.append(self.kind.term_text(term))
        return "".join(parts)

    def check_room(self) -> None:
        """
        Raises:
            ValueError: a value that no packet has room for, or more octets than its field: BIRD ends the session.
        """
        most = self.kind.most
        for term in self.terms:
            if term.value > most:
                raise ValueError(f"{self.kind.name}: {term.value}, expected 0..{most}")
            if most >> 8 * term.size // 2 == 0:
                raise ValueError(f"{self.kind.name}: {term.value} in {term.size} octets, expected fewer")

    def to_json(self) -> dict[str, Any]:
        return {"type": self.kind.name, "terms": [self.kind.term_to_json(term) for term in self.terms]}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TermsKind:
    """A type of component: ``sizes`` its values may have in octets, ``usual`` the smallest that we choose by ourselves.

    Bits outside ``mask`` are to be ignored. ``names`` are those of bits: with them the component has bitmask operators,
    else numeric ones.
    """

    number: int
    name: str
    sizes: tuple[int, ...] = (1, 2, 4, 8)
    usual: int = 1
    mask: int = (1 << 64) - 1
    names: Mapping[str, int] | None = None
    words: Mapping[str, int] = field(default_factory=dict)
    """What may stand for a value in text: "tcp" for 6."""
    most: int = (1 << 64) - 1
    """What the field of a packet has room for (RFC 8955 §4.2.2). Rules of others may say more, and are passed on."""

    def __repr__(self) -> str:
        return f"<{self.name}>"

    @property
    def _operators(self) -> tuple[str, ...]:
        return _NUMERIC if self.names is None else _BITMASK

    def clean(self, rule: bytearray, at: int) -> int:
        """Set what must be ignored in the terms at ``at`` to zero; where they end.

        Raises:
            InvalidNetworkField: no last term, or a value of a size that the component can't have.
        """
        keep = 0xB0 | len(self._operators) - 1  # the first operator has no "and" (RFC 8955 §4.2.1.1)
        while at < len(rule):
            operator = rule[at]
            size = 1 << (operator >> 4 & 3)
            if size not in self.sizes:
                raise InvalidNetworkField(f"{self.name}: value of {size} octets, expected {self._sizes_text()}")
            rule[at] = operator & keep
            end = at + 1 + size
            if end > len(rule):
                break
            if size == 1:
                rule[at + 1] &= self.mask & 0xFF
            if operator & _END:
                return end
            keep |= _AND
            at = end
        raise InvalidNetworkField(f"{self.name}: the rule ends before the last term")

    def read(self, rule: bytes, at: int) -> tuple[Terms, int]:
        """The component at ``at`` of a rule that ``clean`` has seen, and where it ends."""
        terms = []
        while True:
            operator = rule[at]
            end = at + 1 + (1 << (operator >> 4 & 3))
            low = operator & len(self._operators) - 1
            terms.append(Term(low, int.from_bytes(rule[at + 1 : end]), end - at - 1, bool(operator & _AND)))
            if operator & _END:
                return Terms(self, tuple(terms)), end
            at = end

    def parse(self, text: str) -> Terms:
        """Of ``=80|>=8000&<=8080``.

        Raises:
            ValueError: nothing of the kind.
        """
        parts = re.split("([&|])", text)
        joined = [False, *(sign == "&" for sign in parts[1::2])]
        return Terms(self, tuple(map(self._parse_term, parts[::2], joined)))

    def _parse_term(self, text: str, joined: bool) -> Term:
        found = _TERM.fullmatch(text)
        operator = "" if found is None else found[1]
        if self.names is None and not operator:
            operator = "="
        if found is None or operator not in self._operators:
            raise ValueError(f"{self.name}: {text!r} is no term: expected {self._example()}")
        value = self._parse_value(found[2])
        return self._checked(operator, value, int(found[3]) if found[3] else None, joined)

    def _parse_value(self, text: str) -> int:
        if _NUMBER.fullmatch(text):
            return int(text, 0 if text.startswith("0x") else 10)
        if text in self.words:
            return self.words[text]
        value = 0
        for name in text.split("+"):
            if self.names is None or name not in self.names:
                raise ValueError(f"{self.name}: {text!r} is no value: expected {self._example()}")
            value |= self.names[name]
        return value

    def from_json(self, fields: Mapping[str, Any]) -> Terms:
        """Of what ``to_json`` gives; ``size_octets`` and ``and`` may be left out.

        Raises:
            ValueError: a field that is missing or wrong.
        """
        only(fields, "type", "terms")
        terms = tuple(map(self._term_from_json, array(fields, "terms")))
        if not terms:
            raise ValueError(f"terms of {self.name}: expected at least one")
        if terms[0].joined:
            raise ValueError(f"terms of {self.name}: the first one has none in front to be joined with")
        return Terms(self, terms)

    def _term_from_json(self, fields: Mapping[str, Any]) -> Term:
        only(fields, "operator", "value", "size_octets", "and")
        names = _NUMERIC if self.names is None else _BITMASK_IN_JSON
        name, joined = text(fields, "operator"), fields.get("and", False)
        if name not in names:
            raise ValueError(f"operator = {name!r}: expected one of {', '.join(names)}")
        if not isinstance(joined, bool):
            raise ValueError(f"and = {joined!r}: expected true or false")
        value = whole(present(fields, "value"), (1 << 64) - 1, "value")
        size = whole(fields["size_octets"], 8, "size_octets") if "size_octets" in fields else None
        return self._checked(self._operators[names.index(name)], value, size, joined)

    def _checked(self, operator: str, value: int, size: int | None, joined: bool) -> Term:
        if value & ~self.mask or value >= 1 << 8 * self.sizes[-1]:
            raise ValueError(f"{self.name}: {value} has bits that it can't have")
        if size is None:
            size = self._usual_size(value)
        elif size not in self.sizes or value >= 1 << 8 * size:
            raise ValueError(f"{self.name}: {value} in {size} octets, expected {self._sizes_text()} that have room")
        return Term(self._operators.index(operator), value, size, joined)

    def _usual_size(self, value: int) -> int:
        return next(size for size in self.sizes if size >= self.usual and value < 1 << 8 * size)

    def term_text(self, term: Term) -> str:
        suffix = "" if term.size == self._usual_size(term.value) else f"/{term.size}"
        return f"{self._operators[term.operator]}{self._value_text(term.value)}{suffix}"

    def _value_text(self, value: int) -> str:
        if self.names is None:
            return str(value)
        named = [name for name, bit in self.names.items() if value & bit]
        if not value or value & ~sum(self.names.values()):
            return f"{value:#x}"
        return "+".join(named)

    def term_to_json(self, term: Term) -> dict[str, Any]:
        names = _NUMERIC if self.names is None else _BITMASK_IN_JSON
        fields = {"operator": names[term.operator], "value": term.value, "size_octets": term.size}
        return {**fields, "and": True} if term.joined else fields

    def _example(self) -> str:
        if self.names is None:
            words = f", or for NUMBER {', '.join(self.words)}" if self.words else ""
            return f"=NUMBER, >NUMBER, >=NUMBER, <NUMBER, <=NUMBER or !=NUMBER{words}"
        return f"bits behind nothing, =, ! or !=, joined by + or as a number: {', '.join(self.names)}"

    def _sizes_text(self) -> str:
        return " or ".join(map(str, self.sizes)) + " octets"
