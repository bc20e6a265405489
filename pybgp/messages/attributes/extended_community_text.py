"""The text of extended communities, "rt:64512:7", and the way back (RFC 4360, RFC 5668, RFC 7153).

A module of its own, since who reads UPDATEs seldom writes text, and the names take 6 ms to import.
"""

from __future__ import annotations

import re
from typing import Final

from .extended_community_kinds import KINDS, Kind

_BY_NUMBER: Final = {kind.number: kind for kind in KINDS}
_BY_NAME: Final[dict[str, list[Kind]]] = {}
for _kind in KINDS:
    _BY_NAME.setdefault(_kind.name, []).append(_kind)
NAMES: Final = frozenset(_BY_NAME)
"""What may stand in front of an extended community's first colon."""
_HEX: Final = re.compile(r"(?:0x)?([0-9a-f]{4}):(?:0x)?([0-9a-f]{12})", re.ASCII | re.IGNORECASE)


def extended_community_text(value: bytes) -> str:
    """``"rt:64512:7"``, ``"color:100"``, ``"default-gateway"``; without a name, type and value in hexadecimal.

    A four-octet AS that fits two octets ends in "L" ("rt:64512L:7"), since it is another community (RFC 5668 §2).
    """
    kind = _BY_NUMBER.get(int.from_bytes(value[:2]))
    text = None if kind is None else kind.layout.text(value[2:])
    if kind is None or text is None:
        return f"0x{value[:2].hex()}:0x{value[2:].hex()}"
    return f"{kind.name}:{text}" if text else kind.name


def parse_extended_community(text: str) -> bytes:
    """The 8 octets of what ``extended_community_text`` writes.

    Raises:
        ValueError: nothing of the kind.
    """
    found = _HEX.fullmatch(text)
    if found is not None:
        return bytes.fromhex(found[1] + found[2])
    name, _, rest = text.partition(":")
    whys = []
    for kind in _BY_NAME.get(name, ()):
        try:
            return kind.number.to_bytes(2) + kind.layout.parse(rest)
        except ValueError as error:
            whys.append(str(error))
    why = f" ({whys[0]})" if len(whys) == 1 else ""
    raise ValueError(
        f"{text!r} is not an extended community{why}: "
        "expected rt:AS:VALUE, ro:ADDRESS:VALUE, another name of RFC 7153's registries, or 0xTYPE:0xVALUE"
    )
