"""What is done with the packets of a flow specification, in the words that operators have for it (RFC 8955 §7)."""

from __future__ import annotations

import re
from typing import Final

from .extended_community_text import parse_extended_community

EXPECTED: Final = "discard, traffic-rate:BYTES_PER_SECOND, redirect:AS:VALUE, redirect:ADDRESS:VALUE or mark:DSCP"
_DISCARD: Final = "traffic-rate-bytes:0:0"
_RATE: Final = re.compile(r"\d{1,30}(\.\d*)?(e\+?\d\d?)?", re.ASCII)
"""None of these is too much for a float, which would make infinity of it: a limit that limits nothing."""


def action_community(text: str) -> str:
    """The extended community, as text, that an action stands for.

    ``discard`` drops (§7.1), ``traffic-rate:125000`` limits to so many octets a second (§7.1), ``redirect:64512:7``
    hands over to the VRF with this route target (§7.4), ``mark:46`` sets the DSCP, 0..63 (§7.5).

    Raises:
        ValueError: none of these.
    """
    name, _, value = text.partition(":")
    community = {
        "discard": _DISCARD if text == "discard" else "",
        "traffic-rate": f"traffic-rate-bytes:0:{value}" if _RATE.fullmatch(value) else "",
        "redirect": text,
        "mark": f"traffic-marking:{value}",
    }.get(name, "")
    try:
        parse_extended_community(community)
    except ValueError:
        raise ValueError(f"{text!r}: expected {EXPECTED}") from None
    return community
