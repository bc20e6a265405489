"""AIGP: the IGP distance accumulated over the ASes of one administration (RFC 7311)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Self

from ...constants import OPTIONAL_NON_TRANSITIVE, AttributeCode
from ..context import Context, PeerKind
from ..errors import AttributeLengthError, OptionalAttributeError, Outcome
from ..fields import items, whole
from .base import CANONICAL, INSIDE_CONFEDERATION, AttributeValue, writable
from .text import number
from .tlv import Tlv, exhaust, read_tlvs, write_tlv

_METRIC: Final = 1
"""Type of the AIGP TLV."""
_METRIC_SIZE: Final = 8
_UNREACHABLE: Final = (1 << 64) - 1
_HIGHEST: Final = _UNREACHABLE - 1


@dataclass(frozen=True, slots=True, repr=False)
class Aigp(AttributeValue):
    """``tlvs`` in the order of the wire. Optional, non-transitive.

    Only the first TLV of type 1 counts, ``metric``; all others are passed on as they are (§3). The highest metric means
    that there is no way, and counts as malformed (§3.2). By default the attribute is taken from inside the AS and the
    confederation only (§3.3: AIGP_SESSION); ``Context.same_domain`` enables it.
    """

    code: ClassVar[int] = AttributeCode.AIGP
    flags: ClassVar[int] = OPTIONAL_NON_TRANSITIVE
    malformed: ClassVar[Outcome] = Outcome.DISCARD
    wrong_flags: ClassVar[Outcome] = Outcome.DISCARD  # RFC 7311 §3
    accepted_from: ClassVar[frozenset[PeerKind]] = INSIDE_CONFEDERATION
    rfc: ClassVar[str] = "7311 §3"
    length_rule: ClassVar[str] = "whole TLVs, at least one; 11 octets of type 1, and not the highest metric"
    tlvs: tuple[Tlv, ...]

    @classmethod
    def of(cls, metric: int) -> Self:
        """Nothing but an accumulated metric, 0..18446744073709551614."""
        return cls((Tlv(_METRIC, metric.to_bytes(_METRIC_SIZE)),))

    @property
    def metric(self) -> int | None:
        """The accumulated metric, None if there is no TLV of type 1."""
        return next((int.from_bytes(tlv.value) for tlv in self.tlvs if tlv.kind == _METRIC), None)

    def grown(self, cost: int) -> Self:
        """With ``cost`` added to the metric, up to the highest that means a way (RFC 7311 §3.4)."""
        metric = self.metric
        if metric is None:
            return self
        at = next(at for at, tlv in enumerate(self.tlvs) if tlv.kind == _METRIC)
        return type(self)((*self.tlvs[:at], _metric(min(metric + cost, _HIGHEST)), *self.tlvs[at + 1 :]))

    @classmethod
    def decode(cls, data: bytes, context: Context = CANONICAL) -> Self:
        """Read the TLVs.

        Raises:
            AttributeLengthError: empty; dropped (RFC 7311 §3.2).
            OptionalAttributeError: TLVs that don't add up, an AIGP TLV of another length than 11, a first one with the
                highest metric; dropped.
        """
        return cls(tuple(_read(data)))

    @classmethod
    def canonical(cls, data: bytes, context: Context = CANONICAL) -> bytes:
        exhaust(_read(data))
        return data

    def encode(self, context: Context = CANONICAL) -> bytes:
        return b"".join(write_tlv(*tlv, head_counts=True) for tlv in self.tlvs)

    def __str__(self) -> str:
        return " ".join(
            str(int.from_bytes(value)) if kind == _METRIC else f"{kind}={value.hex()}" for kind, value in self.tlvs
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read the text form: "1000", other TLVs as "5=0102".

        Raises:
            ValueError: nothing of the kind.
        """
        return cls._some(
            [Tlv.parse(word) if "=" in word else _metric(number(word, _HIGHEST, "metric")) for word in text.split()]
        )

    def to_json(self) -> list[dict[str, Any]]:
        """A list with an object for each TLV: {"metric": 1000}, or {"type": 5, "value": "0102"}."""
        return [{"metric": int.from_bytes(tlv.value)} if tlv.kind == _METRIC else tlv.to_json() for tlv in self.tlvs]

    @classmethod
    def from_json(cls, value: Any) -> Self:
        return cls._some([_tlv_of(item) for item in items(value, "aigp")])

    @classmethod
    def _some(cls, tlvs: list[Tlv]) -> Self:
        if not tlvs:
            raise ValueError("aigp is empty: expected at least one TLV")
        if any(kind == _METRIC and len(value) != _METRIC_SIZE for kind, value in tlvs):
            raise ValueError("type = 1: expected a metric, 8 octets")
        found = cls(tuple(tlvs))
        if found.metric == _UNREACHABLE:
            raise ValueError(f"metric = {_UNREACHABLE}: expected 0..{_HIGHEST}")
        return writable(found)


def _read(data: bytes) -> Iterator[Tlv]:
    if not data:
        raise AttributeLengthError(Aigp.code, data, expected=Aigp.length_rule)
    first = True
    for tlv in read_tlvs(Aigp.code, data, head_counts=True):
        if tlv.kind == _METRIC:
            if len(tlv.value) != _METRIC_SIZE:
                raise OptionalAttributeError(Aigp.code, f"AIGP TLV of length {3 + len(tlv.value)}, expected 11")
            if first and int.from_bytes(tlv.value) == _UNREACHABLE:
                raise OptionalAttributeError(Aigp.code, f"metric {_UNREACHABLE}, expected 0..{_HIGHEST}")
            first = False
        yield tlv


def _metric(value: int) -> Tlv:
    return Tlv(_METRIC, value.to_bytes(_METRIC_SIZE))


def _tlv_of(item: Any) -> Tlv:
    if isinstance(item, dict) and item.keys() == {"metric"}:
        return _metric(whole(item["metric"], _HIGHEST, "metric"))
    return Tlv.from_json(item)
