"""docs/reference/decode.md says what the code does: its examples run, its fields are those that are printed."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.cli.decode_json import objects
from pybgp.cli.decode_reading import Reading
from pybgp.cli.decode_sources import Broken, Seen, items, opened
from pybgp.messages import Context
from pybgp.messages.attributes.mp_reach import nlri_json, nlri_of
from pybgp.messages.attributes.registry import ATTRIBUTES
from pybgp.messages.capabilities import registry as capabilities
from pybgp.messages.errors import InvalidOrigin, Outcome, Problem, attribute_name
from pybgp.messages.families.registry import FAMILIES
from pybgp.mrt import RibEntry, StateChange, TableDump, Unknown
from pybgp.mrt.records import Peer, RouteAttributes

from .wire import KEEPALIVE, OPEN, SHORT_MED, SHUTDOWN, octets

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "decode.md").read_text()
CAPTURE = ROOT / "tests" / "data" / "capture" / "bird-frr.pcap"
MRT = ROOT / "tests" / "data" / "mrt"


def section(name: str) -> str:
    """What stands under a heading, or behind "`name`: " where the small ones are."""
    found = re.search(rf"^(?:#+ {name}\n|`{name}`: )(.*?)(?=^#|^`[\w-]+`: |\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, name
    return found[1]


def names_of(name: str) -> set[str]:
    """The first column of a section's first table."""
    table = section(name).partition("| field | |\n")[2].partition("\n\n")[0]
    return {word for row in table.splitlines() for word in re.findall(r"`([\w-]+)`", row.split("|")[1])}


def rows_of(name: str) -> list[tuple[str, str]]:
    """The last table of a section: name and what is in backquotes beside it."""
    rows = re.findall(r"^\| `([\w-]+)` \| (?:`(.*)` )?\|$", section(name), re.MULTILINE | re.IGNORECASE)
    return [row for row in rows if row[0] != "name"]


# -- examples ----------------------------------------------------------------------------------------------------------


def examples() -> Iterator[tuple[str, str]]:
    for block in re.findall(r"^```console\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE):
        for example in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = example.partition("\n")
            yield command, output


@pytest.mark.parametrize(("command", "output"), list(examples()))
def test_an_example_prints_what_the_page_says(command: str, output: str) -> None:
    script = f'pybgp() {{ "{sys.executable}" -m pybgp "$@"; }}; {command}'
    environment = os.environ | {"PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        ["bash", "-c", script], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )

    assert done.stdout + done.stderr == output


# -- fields ------------------------------------------------------------------------------------------------------------


def everything() -> Iterator[dict[str, Any]]:
    """Objects that have every field there is between them."""
    for path in (CAPTURE, *sorted(MRT.glob("*.mrt"))):
        kind, chunks = opened([path.read_bytes()], None)
        for item in items(kind, chunks, Reading(), [179]):
            yield from objects(item)
    error = InvalidOrigin(1, "value 3, expected 0..2")
    problem = Problem(Outcome.TREAT_AS_WITHDRAW, 1, error.why, b"", error)
    attributes = RouteAttributes(octets("40010103"), None, (problem,))
    entry = RibEntry(Peer(bytes(4), bytes(4), 1), 0, 0, attributes)
    key = octets("080a")
    for record in (
        TableDump(seconds=0, family=Family.IPV4_UNICAST, key=key, entry=entry),
        StateChange(seconds=0, peer_as=1, local_as=2, peer_address=key, local_address=key, old_state=1, new_state=9),
        Unknown(seconds=0, type=99, subtype=1),
        Broken(why="", offset=0, octets=b"1", source="", destination="", time=0.0),
    ):
        yield from objects(record)
    both = Context(families=frozenset(FAMILIES), multiple_labels=frozenset({Family.IPV4_LABELED_UNICAST}))  # type: ignore[arg-type]
    for message in (
        octets(OPEN),
        octets(SHORT_MED),
        octets(KEEPALIVE, "00"),
        octets(SHUTDOWN),
        octets("ff" * 16, "001b 03 06 09 06 02 03 627965"),  # a Hard Reset
        octets("ff" * 16, "0017 05 0001 00 01"),  # ROUTE-REFRESH
        octets("ff" * 16, "001d 01 04 fde9 005a 01020304 00"),
        octets("ff" * 16, "0021 01 04 fde9 005a 01020304 04 02 02 63 00"),
        octets("ff" * 16, "001d 02 0000 0006 80 0f 03 0001 04"),
        octets("ff" * 16, "001b 02 0000 0004 e0 63 01 01"),
        octets("ff" * 16, "001a 02 0000 0003 40 01 ff"),
        octets("ff" * 16, "2017 02 0000 2000") + octets("80 63 00") * 0xAAA + octets("00 00"),
    ):
        yield from objects(Seen(octets=message, context=Context(max_receive=65535), offset=0))
        yield from objects(Seen(octets=message, context=both))


FOUND = list(everything())
ENVELOPE = {"schema", "type", "time", "from", "from_as", "to", "to_as", "connection", "offset", "error", "octets"}
HEAD = {"schema", "type", "time"}


def keys(*objects_: dict[str, Any]) -> set[str]:
    return {name for each in objects_ for name in each}


def of_type(name: str) -> list[dict[str, Any]]:
    return [each for each in FOUND if each["type"] == name]


def inside(name: str, *kinds: str) -> list[dict[str, Any]]:
    """The objects in a field, or in the list that it is."""
    found = [each[name] for kind in kinds for each in of_type(kind) if name in each]
    return [each for value in found for each in (value if isinstance(value, list) else [value])]


def test_every_message_has_the_fields_of_its_section() -> None:
    kinds = ("open", "update", "notification", "keepalive", "route-refresh")

    assert names_of("Every message") == ENVELOPE
    for kind in kinds:
        own = names_of(kind) if kind != "keepalive" else set()
        assert keys(*of_type(kind)) - ENVELOPE == own, kind
    assert keys(*(each for kind in (*kinds, "unknown") for each in of_type(kind))) >= ENVELOPE


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("session", inside("session", "update")),
        ("attributes", inside("attributes", "update")),
        ("capabilities", inside("capabilities", "open")),
        ("errors", [*inside("error", "update", "open", "keepalive"), *inside("problems", "update", "route")]),
    ],
)
def test_what_is_inside_has_the_fields_of_its_section(name: str, found: list[dict[str, Any]]) -> None:
    assert keys(*found) == names_of(name)


@pytest.mark.parametrize("kind", ["damage", "route", "peer-table", "state-change", "record"])
def test_other_lines_have_the_fields_of_their_section(kind: str) -> None:
    named = names_of(kind)
    peers = {"address", "asn", "router_id"}
    said = {"outcome", "why"} if kind == "route" else set()

    assert keys(*of_type(kind)) - HEAD == named - said
    assert keys(*inside("peer", kind), *inside("peers", kind)) in (peers, set())


# -- values ------------------------------------------------------------------------------------------------------------


def test_every_attribute_has_a_value_that_can_be_read() -> None:
    rows = dict(rows_of("attributes"))

    assert list(rows) == [attribute_name(code) for code in sorted(ATTRIBUTES)]
    for code, kind in ATTRIBUTES.items():
        value = json.loads(rows[attribute_name(code)])
        assert kind.from_json(value).to_json() == value


def test_every_family_has_a_destination_that_can_be_read() -> None:
    rows = rows_of("destinations")

    assert {name for name, _ in rows} == {str(each.family) for each in FAMILIES.values()}
    for name, text in rows:
        destinations = [json.loads(text)]
        assert nlri_json(Family.parse(name), nlri_of(Family.parse(name), destinations)) == destinations


def test_every_capability_has_a_value_that_can_be_read() -> None:
    rows = rows_of("capabilities")

    assert {name for name, _ in rows} == {capabilities.name(code) for code in capabilities.KNOWN}
    for name, text in rows:
        fields = {"name": name} | ({"value": json.loads(text)} if text else {})
        found = capabilities.from_json(fields)
        assert capabilities.to_json(found.code, found.encode()) == {"code": found.code} | fields
