"""The JSON form of an OPEN, with all its capabilities."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from ...addresses import address_text
from ...constants import AS_TRANS, BGP_VERSION, MAX_MESSAGE
from ...errors import ProtocolError
from ..attributes.text import address
from ..capabilities import FourOctetAs, registry
from ..fields import items, number, present
from ..open import Open
from .error import error_json

FIELDS: Final = ("bgp_version", "my_as", "asn", "hold_time_s", "router_id", "capabilities")


def to_json(body: bytes) -> tuple[dict[str, Any], bool]:
    """The fields, and whether they tell all octets: not where capabilities are sent in several parameters."""
    fields: dict[str, Any] = {
        "bgp_version": body[0],
        "my_as": int.from_bytes(body[1:3]),
        "asn": int.from_bytes(body[1:3]),
        "hold_time_s": int.from_bytes(body[3:5]),
        "router_id": address_text(body[5:9]),
    }
    try:
        found = Open.read(body)
    except ProtocolError as error:
        return fields | {"error": error_json(error)}, False
    fields["asn"] = found.asn
    fields["capabilities"] = [registry.to_json(each.code, each.encode()) for each in found.capabilities]
    try:
        found.check()
    except ProtocolError as error:
        fields["error"] = error_json(error)
    return fields, found.encode()[19:] == body


def from_json(fields: Mapping[str, Any]) -> bytes:
    """The whole message; ``router_id`` and ``my_as`` or ``asn`` must be there.

    Without ``capabilities`` and with ``asn`` the four-octet AS number is the only one.

    Raises:
        ValueError: a field that is missing or wrong.
    """
    router_id = address(present(fields, "router_id"), "router_id")
    if "my_as" in fields:
        my_as = number(fields, "my_as", 0xFFFF)
    else:
        my_as = min(number(fields, "asn", 0xFFFFFFFF), 0x10000)
        my_as = my_as if my_as <= 0xFFFF else AS_TRANS
    capabilities = []
    for index, each in enumerate(items(fields.get("capabilities", []), "capabilities")):
        try:
            capabilities.append(registry.from_json(each))
        except ValueError as error:
            raise ValueError(f"capabilities[{index}]: {error}") from None
    if "capabilities" not in fields and "asn" in fields:
        capabilities = [FourOctetAs(number(fields, "asn", 0xFFFFFFFF))]
    version = number(fields, "bgp_version", 0xFF) if "bgp_version" in fields else BGP_VERSION
    hold_time = number(fields, "hold_time_s", 0xFFFF) if "hold_time_s" in fields else 90
    octets = Open(version, my_as, hold_time, router_id, tuple(capabilities)).encode()
    if len(octets) > MAX_MESSAGE:
        raise ValueError(f"capabilities: OPEN of {len(octets)} octets, expected at most {MAX_MESSAGE}")
    return octets
