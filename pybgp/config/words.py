"""The kinds of values that BGP and the host bring along: AS numbers, addresses, prefixes, policies, paths."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from ..addresses import Family, key_text, parse_as, parse_router_id, prefix_key
from ..constants import AS_TRANS
from ..messages.attributes import community_pattern
from ..messages.attributes.edit import BlockEdit
from ..messages.attributes.flow_actions import EXPECTED as ACTIONS
from ..messages.attributes.flow_actions import action_community
from ..messages.families.flowspec import FlowSpecFamily
from ..messages.families.registry import codec
from ..policy import as_path_set, prefix_set
from ..policy.match import parse_range
from ..policy.python import function_name
from ..routes import NEXT_HOPS
from ..rpki.vrp import Vrp
from .kinds import WRONG, Kind, ListOf, Of, Text, Wrong
from .model import FAMILIES, FamilyConfig
from .problems import At, nearest, one_of

PROTOCOLS: Final[Mapping[str, int]] = {
    "redirect": 1,
    "kernel": 2,
    "boot": 3,
    "static": 4,
    "ra": 9,
    "mrt": 10,
    "zebra": 11,
    "bird": 12,
    "dhcp": 16,
    "keepalived": 18,
    "babel": 42,
    "felix": 80,
    "bgp": 186,
    "isis": 187,
    "ospf": 188,
    "rip": 189,
    "eigrp": 192,
}
"""Names of rtm_protocol as in iproute2's rt_protos, and Calico's Felix."""
BUILT_IN_POLICIES: Final = ("accept", "reject")

FLOW_FAMILIES: Final = (Family.IPV4_FLOWSPEC, Family.IPV6_FLOWSPEC)

_FLOW: Final = re.compile(r"\s|;")
"""What is in no prefix."""
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_PEER_NAME: Final = re.compile(r"[^\s,\"'\\]{1,64}")
_INTERFACE: Final = re.compile(r"[^\s/:,%]{1,15}")
_PATTERN: Final = re.compile(r"!?[^\s/:,%!]{1,30}")
_FUNCTION: Final = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
_VARIABLE: Final = re.compile(r"[A-Za-z_]\w*")
_SOCKET_PATH_LIMIT: Final = 107
"""Octets that ``sockaddr_un`` has room for, without the closing zero."""


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not pattern.fullmatch(text) or not text.isprintable():
            raise ValueError
        return text

    return parse


# -- AS numbers and identifiers ----------------------------------------------------------------------------------------


def _as_number(value: object) -> int:
    if isinstance(value, float):
        raise ValueError(f'expected {_AS_EXPECTED}; asdot needs quotes: "{value}"')
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise ValueError
    try:
        number = parse_as(value)
    except ValueError:
        raise ValueError from None
    if number == AS_TRANS:
        raise ValueError(f"expected {_AS_EXPECTED}; {AS_TRANS} is AS_TRANS, nobody's (RFC 6793)")
    if number == 0:
        raise ValueError(f"expected {_AS_EXPECTED}; 0 is nobody's (RFC 7607)")
    return number


def _remote_as(value: object) -> int | str:
    if value in ("external", "internal"):
        return str(value)
    near = nearest(value, ("external", "internal")) if isinstance(value, str) else None
    if near:
        raise ValueError(f'expected {_REMOTE_AS_EXPECTED}; did you mean "{near}"?')
    try:
        return _as_number(value)
    except ValueError as error:
        raise ValueError(str(error).replace(_AS_EXPECTED, _REMOTE_AS_EXPECTED)) from None


def _prepended(value: object) -> int | str:
    return str(value) if value in ("self", "last_as") else _as_number(value)


def _some_as(value: object) -> int | str:
    return str(value) if value in ("private", "all") else _as_number(value)


def _number_range(value: object) -> int | str:
    if not isinstance(value, int | str):
        raise ValueError
    parse_range(value)
    return value


def _number_or_step(value: object) -> int | str:
    if not isinstance(value, int | str) or isinstance(value, bool):
        raise ValueError
    BlockEdit.of(med=value)
    return value


def _next_hop_set(text: str) -> str:
    return text if text in NEXT_HOPS else _host(text, zone=False)


def _number_or_text(text: str) -> object:
    return int(text) if text.isascii() and text.isdigit() else text


def _router_id(text: str) -> str:
    try:
        return str(ipaddress.IPv4Address(parse_router_id(text)))
    except ValueError:
        raise ValueError from None


def _router_id_or_auto(text: str) -> str:
    return text if text == "auto" else _router_id(text)


_AS_EXPECTED: Final = 'an AS number, 1..4294967295 or asdot like "1.10"'
_REMOTE_AS_EXPECTED: Final = f'{_AS_EXPECTED}, "external" or "internal"'
AS_NUMBER: Final = Of("integer or text", _AS_EXPECTED, _as_number, _number_or_text)
REMOTE_AS: Final = Of("integer or text", _REMOTE_AS_EXPECTED, _remote_as, _number_or_text)
PREPENDED: Final = Of("integer or text", f'{_AS_EXPECTED}, "self" or "last_as"', _prepended, _number_or_text)
SOME_AS: Final = Of("integer or text", f'{_AS_EXPECTED}, "private" or "all"', _some_as, _number_or_text)
NUMBER_RANGE: Final = Of(
    "integer or text", 'a number up to 4294967295, "ge N", "le N" or "ge N le M"', _number_range, _number_or_text
)
NUMBER_OR_STEP: Final = Of(
    "integer or text", '0..4294967295, or a change like "+10" or "-10"', _number_or_step, _number_or_text
)
CLUSTER_ID: Final = Text("a dotted quad other than 0.0.0.0 (RFC 4456 §7)", _router_id)
ROUTER_ID: Final = Text('a dotted quad other than 0.0.0.0, or "auto" (RFC 6286)', _router_id_or_auto)


# -- addresses and prefixes --------------------------------------------------------------------------------------------


def _address(text: str, *, zone: bool = True) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    if "/" in text:
        raise ValueError("expected an address, not a prefix")
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError from None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            raise ValueError(f"expected an IPv4 address without ::ffff:, {address.ipv4_mapped}")
        if address.scope_id is not None and not (zone and address.is_link_local):
            raise ValueError("expected a zone (%) only behind a link-local address")
        if address.scope_id is not None and not _INTERFACE.fullmatch(address.scope_id):
            raise ValueError("expected the name of an interface behind %, 1..15 characters")
    return address


def _host(text: str, *, zone: bool = True) -> str:
    address = _address(text, zone=zone)
    if address.is_unspecified or address.is_multicast or address == ipaddress.IPv4Address("255.255.255.255"):
        raise ValueError("expected the address of one host")
    return str(address)


def _endpoint(text: str) -> str:
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or not 1 <= int(port) <= 65535:
        raise ValueError
    bracketed = host.startswith("[") and host.endswith("]")
    address = _address(host[1:-1] if bracketed else host)
    if bracketed != (address.version == 6):
        raise ValueError
    if address.is_multicast:
        raise ValueError("expected an address of this host")
    return f"[{address}]:{int(port)}" if bracketed else f"{address}:{int(port)}"


def _prefix(text: str) -> str:
    address, slash, _ = text.partition("/")
    if not slash:
        try:
            bits = ipaddress.ip_address(address).max_prefixlen
        except ValueError:
            raise ValueError from None
        raise ValueError(f"expected a prefix; did you mean {address}/{bits}?")
    try:
        return key_text(*prefix_key(text))
    except ValueError as error:
        if "bits set behind" in str(error):
            network = ipaddress.ip_network(text, strict=False)
            raise ValueError(f"expected no bits behind the length; did you mean {network}?") from None
        raise


def _own_prefix(text: str) -> str:
    if not _FLOW.search(text):
        return _prefix(text)
    first, second = FLOW_FAMILIES if ":" not in text else FLOW_FAMILIES[::-1]
    try:
        return flow_text(text, first)
    except ValueError as error:
        with suppress(ValueError):
            return flow_text(text, second)
        raise ValueError(f"expected a flow specification ({error})") from None


def flow_text(text: str, family: Family) -> str:
    """A flow specification of our own, as ``pybgp show routes`` prints it.

    Raises:
        ValueError: not one of this family, or a value that no packet can have.
    """
    found = codec(family)
    assert isinstance(found, FlowSpecFamily)  # the families are two that there are
    key = found.parse(text)
    found.check_own(key)
    return found.key_text(key)


def _action(text: str) -> str:
    action_community(text)
    return text


def _prefix_range(text: str) -> str:
    try:
        prefix_set.parse(text)
    except ValueError as error:
        if "bits set behind" in str(error):
            _prefix(text.split()[0])
        raise
    return text


def _roa(text: str) -> str:
    return str(Vrp.parse(text))


def _as_path(text: str) -> str:
    as_path_set.parse(text)
    return text


def _community(text: str) -> str:
    community_pattern.parse_exact(text)
    return text


def _communities(text: str) -> str:
    community_pattern.parse(text)
    return text


ADDRESS: Final = Text("an IPv4 or IPv6 address, link-local ones with a zone (fe80::1%eth0)", _host)
NEXT_HOP: Final = Text("an IPv4 or IPv6 address", lambda text: _host(text, zone=False))
NEXT_HOP_SET: Final = Text('an IPv4 or IPv6 address, "self", "peer" or "keep"', _next_hop_set)
ENDPOINT: Final = Text('ADDRESS:PORT, like "192.0.2.1:179" or "[::]:179"', _endpoint)
PREFIX: Final = Text("a prefix like 10.0.0.0/8 or 2001:db8::/32", _prefix)
OWN_PREFIX: Final = Text(
    "a prefix like 10.0.0.0/8 or 2001:db8::/32, or a flow specification like destination 10.0.0.7/32; protocol =tcp",
    _own_prefix,
)
ACTION: Final = Text(ACTIONS, _action)
PREFIX_RANGE: Final = Text("PREFIX, PREFIX ge N, PREFIX le N or PREFIX ge N le M", _prefix_range)
ROA: Final = Text("PREFIX as ASN or PREFIX le LENGTH as ASN, like 192.0.2.0/24 le 28 as 65001", _roa)
AS_PATH: Final = Text("an AS-path expression like ^65001(_65002)*$", _as_path)
COMMUNITY: Final = Text("one community like 65001:7, 64512:7:1, rt:65001:1 or no-export", _community)
COMMUNITIES: Final = Text("a community like 65001:7 or no-export, or * for a number", _communities)


# -- names -------------------------------------------------------------------------------------------------------------


def _policy_ref(text: str) -> str:
    if ":" in text:
        if not _FUNCTION.fullmatch(text):
            raise ValueError("expected module:function, like my_site.policy:prefer_rack")
        return text
    return _matching(_NAME)(text)


def _function_ref(text: str) -> str:
    if not _FUNCTION.fullmatch(text):
        raise ValueError
    return text


class _Policy(Text):
    """Programs may give the function itself."""

    def plain(self, value: Any) -> object:
        return value if isinstance(value, str) else function_name(value)


def _policy_name(text: str) -> str:
    if text in BUILT_IN_POLICIES:
        raise ValueError(f"expected another name, {text} is built in")
    return _matching(_NAME)(text)


def _file_path(text: str) -> str:
    if not text.startswith("/") or "\0" in text:
        raise ValueError
    return text


def _socket_path(text: str) -> str:
    if len(_file_path(text).encode()) > _SOCKET_PATH_LIMIT:
        raise ValueError(f"expected at most {_SOCKET_PATH_LIMIT} octets, more is too long for a UNIX socket")
    return text


def _protocol(value: object) -> str:
    if isinstance(value, str) and value in PROTOCOLS:
        return value
    number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
    if isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= 255:
        return str(number)
    near = nearest(value, PROTOCOLS) if isinstance(value, str) else None
    raise ValueError(f'expected {_PROTOCOL_EXPECTED}; did you mean "{near}"?' if near else "")


_PROTOCOL_EXPECTED: Final = f"a number 0..255 or one of {', '.join(PROTOCOLS)}"
NAME: Final = Text("a name of letters, digits, _, - and .", _matching(_NAME))
POLICY_NAME: Final = Text("a name of letters, digits, _, - and .", _policy_name)
POLICY: Final = _Policy('the name of a policy, "accept", "reject" or "module:function"', _policy_ref)
FUNCTION: Final = _Policy("module:function, like my_site.igp:cost", _function_ref)
PEER_NAME: Final = Text("1..64 characters without spaces, commas and quotes", _matching(_PEER_NAME))
INTERFACE: Final = Text("the name of an interface, 1..15 characters", _matching(_INTERFACE))
INTERFACES: Final = Text('an interface or a pattern like "cali*" or "!kube-ipvs*"', _matching(_PATTERN))
FILE_PATH: Final = Text("an absolute path", _file_path)
SOCKET_PATH: Final = Text("an absolute path", _socket_path)
MODE: Final = Text('octal permissions in quotes, like "0660"', _matching(re.compile(r"0[0-7]{3}")))
USER_GROUP: Final = Text("the name of a group of this host", _matching(re.compile(r"[A-Za-z0-9_][\w.-]{0,31}\$?")))
SECRET_FILE: Final = Text("an absolute path", _file_path, secret=True)
SECRET_VARIABLE: Final = Text("the name of an environment variable", _matching(_VARIABLE), secret=True)
"""Somebody may have written the secret itself there."""
LABEL: Final = Text("1..64 printable characters", _matching(re.compile(r".{1,64}")))
DESCRIPTION: Final = Text("0..255 printable characters", _matching(re.compile(r".{0,255}")))
PROTOCOL: Final = Of("text or integer", _PROTOCOL_EXPECTED, _protocol)


# -- families ----------------------------------------------------------------------------------------------------------


class _Family(Text):
    def plain(self, value: Any) -> object:
        return str(value)


def _family(text: str) -> Family:
    for family in FAMILIES:
        if text == str(family):
            return family
    names = [str(family) for family in FAMILIES]
    near = nearest(text, names)
    raise ValueError(f'expected {FAMILY.expected}; did you mean "{near}"?' if near else "")


FAMILY: Final = _Family(one_of([str(family) for family in FAMILIES]), _family)


class Families(Kind):
    """A list of families, or a table of them with their options; it replaces, it is never merged."""

    toml = "list or table"
    expected = 'a list like ["ipv4-unicast"] or a table like { ipv4-unicast = { add_path = "both" } }'

    def __init__(self, options: Kind) -> None:
        self._list = ListOf(FAMILY, like='["ipv4-unicast"]', distinct=True)
        self.options = options

    def read(self, value: object, at: At) -> Any:
        if not isinstance(value, Mapping | list | tuple):
            at.wrong(value, f"expected {self.expected}")
            return WRONG
        if not value:
            at.wrong(value, f"expected at least one family, {self.expected}")
            return WRONG
        if not isinstance(value, Mapping):
            return dict.fromkeys(self._list.read(value, at), FamilyConfig())
        found = {}
        for name, raw in value.items():
            try:
                family = FAMILY.convert(name)
            except ValueError as error:
                near = nearest(str(name), map(str, FAMILIES))
                hint = f"did you mean {near}?" if near else str(error) or f"expected {FAMILY.expected}"
                (at / str(name)).say(f"unknown family; {hint}")
                continue
            options = self.options.read(raw, at / str(name))
            if not isinstance(options, Wrong):
                found[family] = options
        return found

    def from_words(self, text: str) -> object:
        return self._list.from_words(text)

    def plain(self, value: Any) -> object:
        return {str(family): self.options.plain(options) for family, options in value.items()}
