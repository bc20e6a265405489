"""The schema, the model and the reference page say the same."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any

import pytest

from pybgp.config import model, schema, schema_peers, schema_policies, schema_shells
from pybgp.config.file import parse
from pybgp.config.problems import At, Problems
from pybgp.config.reference import page
from pybgp.config.reference_text import EXAMPLE
from pybgp.config.tables import Key, Reload, Table
from pybgp.config.words import PROTOCOLS
from pybgp.speaker import redistribution

REFERENCE = Path(__file__).parent.parent.parent.parent / "docs" / "reference" / "configuration.md"

TABLES: dict[type, tuple[Table, set[str]]] = {
    # model -> its table, and the fields that a file has elsewhere or not at all
    model.FamilyConfig: (schema_peers.FAMILY_OPTIONS, set()),
    model.TimersConfig: (schema_peers.TIMERS, set()),
    model.GracefulRestartConfig: (schema_peers.GRACEFUL_RESTART, set()),
    model.MaxPrefixesConfig: (schema_peers.MAX_PREFIXES, set()),
    model.SecretConfig: (schema_peers.PASSWORD, {"value"}),
    model.PeerConfig: (schema_peers.PEER, set()),
    model.DynamicPeersConfig: (schema_peers.DYNAMIC, {"template"}),
    model.DecisionConfig: (schema.DECISION, set()),
    model.MatchConfig: (schema_policies.MATCH, set()),
    model.SetConfig: (schema_policies.SET, set()),
    model.TermConfig: (schema_policies.TERM, set()),
    model.RouteConfig: (schema.ROUTE, set()),
    model.AggregateConfig: (schema.AGGREGATE, set()),
    model.FibImportConfig: (schema_shells.FIB_IMPORT, set()),
    model.FibConfig: (schema_shells.FIB, set()),
    model.ControlConfig: (schema_shells.CONTROL, set()),
    model.LogConfig: (schema_shells.LOG, set()),
    model.WebConfig: (schema_shells.WEB, set()),
}


def targets(table: Table) -> Iterator[str]:
    """The model's fields that a table's keys fill."""
    for key in table.keys.values():
        inner = table.inner(key)
        if key.field == "." and inner is not None:
            yield from targets(inner)
        else:
            yield key.target


def all_keys(table: Table) -> Iterator[Key]:
    for key in table.keys.values():
        yield key
        if isinstance(key.kind, Table):
            yield from all_keys(key.kind)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_every_field_has_a_key(kind: type) -> None:
    table, elsewhere = TABLES[kind]
    names = {field.name for field in fields(kind)}
    found = set(targets(table))

    if kind is model.DynamicPeersConfig:  # the rest of its keys is the template's
        assert found - names <= {field.name for field in fields(model.PeerConfig)}
        found &= names
    assert found | elsewhere == names
    assert not found & elsewhere


def test_every_top_level_field_has_a_key() -> None:
    speaker = {field.name for field in fields(model.SpeakerConfig)} - {"sets"}
    node = {field.name for field in fields(model.NodeConfig)} - {"speaker"}
    sets = {field.name for field in fields(model.PolicySets)}

    assert set(schema.TOP.keys) == speaker | node | sets


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.__name__)
def test_what_the_model_wants_is_required(kind: type) -> None:
    """And nothing else, but for what a group may say instead of the peer, and the address, which may be learned."""
    table, _ = TABLES[kind]
    required = {key.target for key in table.keys.values() if key.required}
    without_default = {field.name for field in fields(kind) if field.init and _has_no_default(field)}

    assert required == without_default - {
        "template",
        "address" if kind is model.PeerConfig else "",
        "limit" if kind is model.MaxPrefixesConfig else "",
    }


def _has_no_default(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def test_every_key_says_what_it_means_and_what_a_reload_does() -> None:
    for key in [key for table in (schema.TOP, *(table for table, _ in TABLES.values())) for key in all_keys(table)]:
        assert key.meaning.endswith("."), key.name
        if key.reload is Reload.PARTS:
            assert isinstance(key.kind, Table) or key.name in ("peer_groups", "peers", "dynamic_peers"), key.name


def test_every_default_can_be_read() -> None:
    """A default that its own key refused would make the effective configuration no file."""
    for table, _ in TABLES.values():
        for key in table.keys.values():
            default = table.default(key)
            if default not in (None, "", (), {}) and not isinstance(key.kind, Table):
                problems = Problems()
                assert key.kind.read(key.kind.plain(default), At((key.name,), problems)) == default
                assert not problems.found


def test_the_page_is_the_schemas() -> None:
    """``python -m pybgp.config.reference > docs/reference/configuration.md`` makes it again."""
    assert REFERENCE.read_text() == page()


def test_the_pages_example_is_a_file() -> None:
    node = parse(EXAMPLE, name="example")

    assert len(node.speaker.peers) == 3
    assert node.speaker.peers[1].max_prefixes == model.MaxPrefixesConfig(limit=5000, warn=800, action="restart")


def test_protocols_have_the_names_that_the_kernels_routes_are_looked_up_by() -> None:
    assert dict(PROTOCOLS) == dict(redistribution.PROTOCOLS)
