"""The kinds of session that cases run on."""

from __future__ import annotations

from pybgp.config.model import FamilyConfig
from pybgp.fsm.settings import FamilySettings
from pybgp.messages.families.registry import FAMILIES

from .case import IPV4, IPV6, LOCAL_AS, Kind

V4, V6 = "01 04 00010001", "01 04 00020001"  # multiprotocol
REFRESH = "02 00"
ENHANCED_REFRESH = "46 00"
EXTENDED_MESSAGE = "06 00"
AS4_EXTERNAL = "41 04 0000fde9"  # 65001
AS4_INTERNAL = "41 04 0000fc00"  # 64512
ADD_PATH_BOTH = "45 08 0001 01 03 0002 01 03"

EBGP = Kind(name="ebgp", capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}")
IBGP = Kind(name="ibgp", asn=LOCAL_AS, capabilities=f"{V4} {V6} {REFRESH} {AS4_INTERNAL}")
CLIENT = Kind(
    name="client",
    asn=LOCAL_AS,
    capabilities=f"{V4} {V6} {REFRESH} {AS4_INTERNAL}",
    options={"route_reflector_client": True},
)
OLD = Kind(name="old", capabilities=f"{V4} {V6} {REFRESH}", four_octet_as=False)
ON_LINK = Kind(name="on-link", capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}", on_link=True)
ANY_FIRST_AS = Kind(
    name="any-first-as",
    capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}",
    options={"enforce_first_as": False},
)
ONLY_IPV4 = Kind(
    name="only-ipv4", capabilities=f"{V4} {REFRESH} {AS4_EXTERNAL}", options={"families": {IPV4: FamilyConfig()}}
)
ENHANCED = Kind(name="enhanced", capabilities=f"{V4} {V6} {REFRESH} {ENHANCED_REFRESH} {AS4_EXTERNAL}")
EXTENDED = Kind(name="extended", capabilities=f"{V4} {V6} {REFRESH} {EXTENDED_MESSAGE} {AS4_EXTERNAL}")
NEVER_EXTENDED = Kind(
    name="never-extended",
    capabilities=f"{V4} {V6} {REFRESH} {EXTENDED_MESSAGE} {AS4_EXTERNAL}",
    settings={"extended_messages": False},
)
ADD_PATH = Kind(
    name="add-path",
    capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL} {ADD_PATH_BOTH}",
    add_path=True,
    options={"families": {family: FamilyConfig(add_path="both") for family in (IPV4, IPV6)}},
)
EXTENDED_NEXT_HOP = Kind(
    name="extended-next-hop",
    capabilities=f"{V4} {V6} {REFRESH} 05 06 0001 0001 0002 {AS4_EXTERNAL}",
    options={"families": {IPV4: FamilyConfig(extended_next_hop=True), IPV6: FamilyConfig()}},
)
_FAMILIES = [codec.family for codec in FAMILIES.values()]
EVERY_FAMILY = Kind(
    name="every-family",
    capabilities=" ".join((AS4_EXTERNAL, *(f"01 04 {family.afi:04x} 00 {family.safi:02x}" for family in _FAMILIES))),
    settings={"families": dict.fromkeys(_FAMILIES, FamilySettings())},
)
ROLES = tuple(
    Kind(
        name=f"our-role-{role}",
        capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}",
        options={"role": role},
    )
    for role in ("provider", "rs", "rs_client", "customer", "peer")
)
STRICT = Kind(
    name="role-strict",
    capabilities=f"{V4} {V6} {REFRESH} {AS4_EXTERNAL}",
    options={"role": "peer", "role_strict": True},
)
TRANS = Kind(name="trans", asn=23456, capabilities=f"{V4} {V6} {REFRESH}", four_octet_as=False)

KINDS = (
    EBGP,
    IBGP,
    CLIENT,
    OLD,
    ON_LINK,
    ANY_FIRST_AS,
    ONLY_IPV4,
    ENHANCED,
    EXTENDED,
    ADD_PATH,
    EXTENDED_NEXT_HOP,
    TRANS,
    *ROLES,
    STRICT,
)
"""Those of the live speaker, each with its own range of addresses; the others can't be configured."""
