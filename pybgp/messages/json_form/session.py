"""The JSON form of what an UPDATE's octets depend on: a ``Context``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from ...addresses import Family
from ...constants import MAX_EXTENDED_MESSAGE, MAX_MESSAGE
from ..context import Context, PeerKind
from ..families.registry import FAMILIES
from ..fields import flag, items, only

_FAMILY_SETS: Final = ("add_path", "multiple_labels")


def to_json(context: Context, size: int, families: Collection[Family]) -> dict[str, Any]:
    """``peer``, ``as_size``, ``add_path``; ``multiple_labels`` and ``extended_message`` where they are needed.

    ``size`` is that of the message in octets, ``families`` those of which it has destinations: of others nothing is
    told.
    """
    fields: dict[str, Any] = {
        "peer": context.kind.name.lower(),
        "as_size": 4 if context.four_octet_as else 2,
        "add_path": _names(context.add_path_receive, families),
    }
    multiple_labels = _names(context.multiple_labels, families)
    if multiple_labels:
        fields["multiple_labels"] = multiple_labels
    if size > MAX_MESSAGE:
        fields["extended_message"] = True
    return fields


def from_json(fields: Mapping[str, Any]) -> Context:
    """The context; everything may be missing.

    Raises:
        ValueError: a field that is unknown or wrong.
    """
    only(fields, "peer", "as_size", "add_path", "multiple_labels", "extended_message")
    as_size = fields.get("as_size", 4)
    if isinstance(as_size, bool) or as_size not in (2, 4):
        raise ValueError(f"as_size = {as_size!r}: expected 2 or 4")
    add_path, multiple_labels = (_families(fields, name) for name in _FAMILY_SETS)
    largest = MAX_EXTENDED_MESSAGE if flag(fields, "extended_message") else MAX_MESSAGE
    return Context(
        kind=_kind(fields.get("peer", "internal")),
        four_octet_as=as_size == 4,
        families=frozenset(each.family for each in FAMILIES.values()),
        add_path_receive=add_path,
        add_path_send=add_path,
        multiple_labels=multiple_labels,
        max_receive=largest,
        max_send=largest,
    )


def _names(these: frozenset[Family], families: Collection[Family]) -> list[str]:
    return [str(family) for family in sorted(these.intersection(families))]


def _families(fields: Mapping[str, Any], name: str) -> frozenset[Family]:
    found = set()
    for each in items(fields.get(name, []), name):
        if not isinstance(each, str):
            raise ValueError(f"{name}: {each!r}: expected the name of an address family")
        try:
            found.add(Family.parse(each))
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return frozenset(found)


def _kind(word: object) -> PeerKind:
    for kind in PeerKind:
        if word == kind.name.lower():
            return kind
    raise ValueError(f"peer = {word!r}: expected {', '.join(kind.name.lower() for kind in PeerKind)}")
