"""The decision process as the RFCs tell it: strike out, rule by rule, until one path is left. Slow and obvious.

It shares nothing with ``pybgp.rib.decision``: it reads plain values and not attributes, keeps no ranks, sorts nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

WITHOUT_LOCAL_PREF = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A path as an operator would write it down."""

    peer: str
    path_id: int = 0
    peer_kind: str = "internal"  # "external", "confederation"
    peer_address: str = "192.0.2.1"
    router_id: str = "192.0.2.1"
    preference: int = 100
    usable: bool = True
    llgr_stale: bool = False
    local_pref: int | None = None
    aigp: int | None = None
    as_path: tuple[tuple[str, tuple[int, ...]], ...] = ()  # ("sequence", (65001, 65002)), ("set", ...), ...
    origin: str = "igp"
    med: int | None = None
    next_hop: str = "192.0.2.9"
    originator_id: str | None = None
    cluster_list: tuple[str, ...] = ()

    @property
    def where_from(self) -> tuple[str, int]:
        return self.peer, self.path_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    always_compare_med: bool = False
    missing_med_as_worst: bool = False
    as_path_ignore: bool = False
    prefer_oldest: bool = False
    ebgp: int = 1
    ibgp: int = 1
    as_path_relax: bool = False


class ReferenceDecision:
    """``cost`` gives the interior cost to a next hop."""

    def __init__(self, options: Options, cost: Callable[[str], int]) -> None:
        self.options = options
        self.cost = cost

    def order(self, candidates: list[Candidate], best_before: Candidate | None = None) -> list[Candidate]:
        """Best first: the second is what is best when the first is gone, and so on."""
        left, ordered = list(candidates), []
        while left:
            best = self.best(left, best_before)
            ordered.append(best)
            left.remove(best)
        return ordered

    def best(self, candidates: list[Candidate], best_before: Candidate | None) -> Candidate:
        left = self.equal_to_the_best(candidates)
        if self.options.prefer_oldest and best_before is not None:
            left = self.leave_the_oldest(left, best_before)
        # RFC 4271 §9.1.2.2 f, RFC 4456 §9: ORIGINATOR_ID stands for the BGP Identifier
        left = lowest(left, lambda c: int(ip_address(c.originator_id or c.router_id)))
        # RFC 4456 §9, between f and g
        left = lowest(left, lambda c: len(c.cluster_list))
        # g
        left = lowest(left, lambda c: ip_address(c.peer_address).version)
        left = lowest(left, lambda c: int(ip_address(c.peer_address)))
        left = lowest(left, lambda c: c.path_id)
        return left[0]

    def equal_to_the_best(self, candidates: list[Candidate]) -> list[Candidate]:
        """What is left before ties are broken: RFC 4271 §9.1.2.2 a to e, and what other RFCs put in between."""
        left = lowest(candidates, lambda c: not c.usable)
        left = highest(left, lambda c: c.preference)
        left = lowest(left, lambda c: c.llgr_stale)
        left = highest(left, lambda c: WITHOUT_LOCAL_PREF if c.local_pref is None else c.local_pref)
        # RFC 7311 §4: if any has AIGP, those without are out; then the lowest sum stays
        if any(c.aigp is not None for c in left):
            left = [c for c in left if c.aigp is not None]
            left = lowest(left, lambda c: (c.aigp or 0) + self.cost(c.next_hop))
        if not self.options.as_path_ignore:
            left = lowest(left, hops)
        left = lowest(left, lambda c: ["igp", "egp", "incomplete"].index(c.origin))
        left = self.leave_the_best_meds(left)
        left = lowest(left, lambda c: c.peer_kind != "external")
        return lowest(left, lambda c: self.cost(c.next_hop))

    def leave_the_best_meds(self, candidates: list[Candidate]) -> list[Candidate]:
        """§9.1.2.2 c, literally: for each m, for each n: if both from one AS and n's MED is lower, m is removed."""
        return [
            m
            for m in candidates
            if not any(self.same_neighbour(m, n) and self.med(n) < self.med(m) for n in candidates)
        ]

    def same_neighbour(self, m: Candidate, n: Candidate) -> bool:
        return self.options.always_compare_med or neighbour(m) == neighbour(n)

    def med(self, c: Candidate) -> int:
        if c.med is None:
            return 2**32 - 1 if self.options.missing_med_as_worst else 0
        return c.med

    def leave_the_oldest(self, candidates: list[Candidate], best_before: Candidate) -> list[Candidate]:
        """RFC 5004 §2: no transition between external paths for the sake of an identifier, unless it is the same."""
        if best_before.peer_kind != "external" or any(c.peer_kind != "external" for c in candidates):
            return candidates
        kept = [c for c in candidates if c.where_from == best_before.where_from or c.router_id == best_before.router_id]
        return kept or candidates

    def together(self, candidates: list[Candidate], best_before: Candidate | None = None) -> list[Candidate]:
        """What goes to the kernel: equal paths, each through a next hop of its own, best first."""
        ordered = self.order(candidates, best_before)
        if not ordered or not ordered[0].usable:
            return []
        best, taken = ordered[0], [ordered[0]]
        limit = self.options.ebgp if best.peer_kind == "external" else self.options.ibgp
        equal = self.equal_to_the_best(candidates)
        for c in ordered[1:]:
            if c not in equal or any(c.next_hop == other.next_hop for other in taken) or len(taken) == limit:
                continue
            if self.options.as_path_relax or self.same_path(best, c):
                taken.append(c)
        return taken

    def same_path(self, best: Candidate, other: Candidate) -> bool:
        if best.peer_kind == "external":
            return neighbour(best) == neighbour(other)
        return best.as_path == other.as_path


def lowest(candidates: list[Candidate], value: Callable[[Candidate], int]) -> list[Candidate]:
    found = min(map(value, candidates))
    return [c for c in candidates if value(c) == found]


def highest(candidates: list[Candidate], value: Callable[[Candidate], int]) -> list[Candidate]:
    return lowest(candidates, lambda c: -value(c))


def hops(c: Candidate) -> int:
    """RFC 4271 §9.1.2.2 a: a set counts 1; RFC 5065 §5.3: confederation segments count 0."""
    counted = {"sequence": len, "set": lambda asns: 1}
    return sum(counted[kind](asns) for kind, asns in c.as_path if kind in counted)


def neighbour(c: Candidate) -> int | None:
    """The AS next to us; None is our own."""
    return next((asns[0] for kind, asns in c.as_path if kind == "sequence"), None)
