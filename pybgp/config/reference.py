"""The reference page, made from the schema and the model: ``python -m pybgp.config.reference``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from .kinds import ListOf, MapOf
from .reference_text import EXAMPLE, INTRODUCTION, RELOAD, RULES
from .schema import AGGREGATE, DECISION, PREFERENCE, ROUTE, ROUTE_NEXT_HOP, TOP
from .schema_damping import DAMPING
from .schema_peers import DYNAMIC, FAMILY_OPTIONS, GRACEFUL_RESTART, MAX_PREFIXES, PASSWORD, PEER, TIMERS
from .schema_policies import MATCH, SET, TERM
from .schema_rpki import RPKI, RPKI_CACHE
from .schema_shells import CONTROL, FIB, FIB_IMPORT, LOG, WEB
from .tables import Key, Reload, Table
from .toml_text import toml

_RELOAD_WORDS: Final = {
    Reload.VALUE: "No session is touched. Timers count anew from their next start, `passive` from the next connection, "
    "`restart_time` from the next OPEN.",
    Reload.PASSWORD: "The key of the listening sockets and of the live connection changes; the peer has until the hold "
    "time to follow.",
    Reload.POLICY: "The session stays. Routes go through policy and decision again, differences are sent; a "
    "`max_prefixes.limit` that is exceeded now takes its `action` at once.",
    Reload.FIB: "No session is touched. Routes in the kernel are planned again: new ones in, then old ones out.",
    Reload.CACHES: "Connections with the RTR caches that are new or gone open and close, sessions with peers stay.",
    Reload.LISTENERS: "Sockets open and close, sessions stay.",
    Reload.ENABLED: "`false` ends the session with Cease 6/2, `true` starts it.",
    Reload.RESET: "The session ends with Cease 6/6 and comes back. Where both sides have RFC 8538, the peer keeps "
    "our routes meanwhile. A peer that is no longer there ends with 6/3.",
    Reload.RESTART: "The reload is refused and the old configuration stays; it takes a restart.",
    Reload.ALL: "Every session ends and comes back.",
}

_PEER_SECTION: Final = "Every key but `address`, `name` and `group` may also stand in a `[peer_groups.NAME]`."
_SECTIONS: Final[tuple[tuple[str, Table, str], ...]] = (
    ("Top level", TOP, ""),
    ("`[[peers]]`", PEER, _PEER_SECTION),
    ("`families` as a table", FAMILY_OPTIONS, 'Options of one family: `{ ipv4-unicast = { add_path = "both" } }`.'),
    ("`timers`", TIMERS, ""),
    ("`max_prefixes`", MAX_PREFIXES, ""),
    ("`password`", PASSWORD, "Exactly one of the two."),
    ("`[graceful_restart]`", GRACEFUL_RESTART, "RFC 4724, 8538 and 9494. A peer or group may have its own."),
    (
        "`[[dynamic_peers]]`",
        Table(key for key in DYNAMIC.keys.values() if key.name not in PEER.keys),
        "And every key of a peer but `address`, `port` and `passive`.",
    ),
    ("`[decision]`", DECISION, "RFC 4271 §9.1.2."),
    (
        "`[preference]`",
        PREFERENCE,
        "What decides before all steps of BGP. The highest wins, as in BIRD; an administrative distance runs the other "
        "way.",
    ),
    ("`[[policies.NAME]]`", TERM, "Terms of the policy NAME, in order."),
    ("`match`", MATCH, ""),
    ("`set`", SET, "Applied in this order."),
    ("`[[routes]]`", ROUTE, ""),
    ("`routes.next_hops`", ROUTE_NEXT_HOP, ""),
    ("`[[aggregates]]`", AGGREGATE, ""),
    ("`[damping]`", DAMPING, "RFC 2439, with the values of RFC 7196."),
    ("`[rpki]`", RPKI, "RFC 6811, [how it is used](../how-to/rpki.md)."),
    ("`rpki.caches`", RPKI_CACHE, ""),
    ("`[fib]`", FIB, ""),
    ("`fib.imports`", FIB_IMPORT, "All conditions of one entry must hold."),
    ("`[control]`", CONTROL, ""),
    ("`[log]`", LOG, ""),
    ("`[web]`", WEB, ""),
)


def page() -> str:
    """``docs/reference/configuration.md``."""
    return "".join((INTRODUCTION, EXAMPLE, RULES, "\n", RELOAD, *_reload_rows(), *_sections()))


def _reload_rows() -> Iterator[str]:
    for reload, words in _RELOAD_WORDS.items():
        yield f"| {reload.value} | {words} |\n"


def _sections() -> Iterator[str]:
    for title, table, words in _SECTIONS:
        yield f"\n## {title}\n\n"
        if words:
            yield f"{words}\n\n"
        yield "| key | value | default | meaning | on reload |\n| --- | --- | --- | --- | --- |\n"
        yield from _rows(_modelled(title, table), "")


def _modelled(title: str, table: Table) -> Table:
    return Table(table.keys.values(), DYNAMIC.model) if "dynamic" in title else table


def _rows(table: Table, prefix: str) -> Iterator[str]:
    for key in table.keys.values():
        if key.field == "." and (inner := table.inner(key)) is not None:
            yield from _rows(inner, f"{prefix}{key.name}.")
            continue
        later = " *Nothing comes of it in this version.*" if key.later else ""
        cells = (f"`{prefix}{key.name}`", _value(key), _default(table, key), key.meaning + later, key.reload.value)
        yield f"| {' | '.join(cells)} |\n"


def _value(key: Key) -> str:
    kind = key.kind
    if isinstance(kind, Table) and not kind.secret:
        return "table, below"
    if isinstance(kind, MapOf) or (isinstance(kind, ListOf) and isinstance(kind.item, Table)):
        return f"{kind.toml}s" if isinstance(kind, ListOf) else "table by name"
    if isinstance(kind, ListOf):
        return f"{kind.toml}: {kind.item.expected}"
    return f"{kind.toml}: {kind.expected}" if kind.toml not in ("boolean", "list or table") else kind.toml


def _default(table: Table, key: Key) -> str:
    if key.required:
        return "**required**"
    value = table.default(key)
    if value is None:
        return key.absent or "none"
    if isinstance(key.kind, Table) and not key.kind.secret:
        return ""
    if key.name == "families":
        return f"`{toml([str(family) for family in value])}`"
    return f"`{toml(key.kind.plain(value))}`" if value not in ((), {}) else "none"


if __name__ == "__main__":
    print(page(), end="")
