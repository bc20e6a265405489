"""What decides, besides the route itself, whether a peer's route is accepted, and the checks that follow from it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from ..messages.capabilities.role import BgpRole
from ..policy import import_checks, roles
from ..policy.builtin import import_check
from ..policy.chain import Policy
from ..policy.import_checks import Change, Check


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRules:
    """Everything but the route itself that decides whether it is accepted; a change of it means running it again."""

    local_as: int
    """Our AS number towards the peer, 0 in a confederation where it is one of the two below."""
    own_as: int = 0
    """The speaker's AS number where ``local_as`` is another, else 0; it must not be in a path either."""
    member_as: int = 0
    confederation: int = 0
    """Our numbers inside and outside a confederation, 0 without one (RFC 5065)."""
    from_member: bool = False
    """The peer is in another member AS."""
    router_id: bytes
    cluster_ids: frozenset[bytes]
    """All that we reflect for: each of them in a CLUSTER_LIST is a loop (RFC 4456 §8)."""
    own_addresses: frozenset[bytes]
    allowas_in: int
    enforce_first_as: bool
    validate_flowspec: bool = True
    """Asked for by the tables of flow specifications; here so that a change of it has routes looked at again."""
    policy: Policy
    shared_subnet: bytes | None = None
    """For a directly connected external peer: next hops must be in it (RFC 4271 §6.3 b)."""
    prepend: int = 0
    """An AS number to put in front of received paths, 0 for none."""
    max_as_path_length: int | None = None
    max_communities: int | None = None
    honor_graceful_shutdown: bool = False
    honor_blackhole: bool = False
    draining: bool = False
    """We are about to go, and this is an external peer: its routes are the last choice, for our own traffic too."""
    role: BgpRole | None = None
    """Ours towards an external peer (RFC 9234)."""


def checks(rules: ImportRules) -> tuple[Check, ...]:
    """What this peer's routes have to pass, whatever its policy says; mostly one check."""
    found: list[Check] = [
        import_check(
            local_as=rules.local_as,
            router_id=rules.router_id,
            cluster_ids=rules.cluster_ids,
            own_addresses=rules.own_addresses,
            allowas_in=rules.allowas_in,
            enforce_first_as=rules.enforce_first_as,
        )
    ]
    if rules.own_as:
        found.append(import_checks.own_as(rules.own_as, rules.allowas_in))
    if rules.confederation:
        found.append(import_checks.confederation(rules.member_as, rules.confederation, rules.allowas_in))
    if rules.from_member and rules.enforce_first_as:
        found.append(import_checks.first_member)
    if rules.max_as_path_length is not None:
        found.append(import_checks.as_path_length(rules.max_as_path_length))
    if rules.max_communities is not None:
        found.append(import_checks.communities(rules.max_communities))
    if rules.role is not None:
        found.append(partial(roles.leak, rules.role))
    return tuple(found)


def changes(rules: ImportRules) -> tuple[Change, ...]:
    """What is done to this peer's routes before policy sees them; mostly nothing."""
    found: list[Change] = []
    if rules.role is not None:
        found.append(partial(roles.marked_on_import, rules.role))
    if rules.prepend:
        found.append(import_checks.prepend(rules.prepend))
    return tuple(found)


def last_changes(rules: ImportRules) -> tuple[Change, ...]:
    """What is done to routes that policy has accepted, so that it can take the communities away which ask for it."""
    found: list[Change] = []
    if rules.honor_graceful_shutdown:
        found.append(import_checks.graceful_shutdown)
    if rules.honor_blackhole:
        found.append(import_checks.blackhole)
    if rules.draining:
        found.append(import_checks.going_away)
    return tuple(found)
