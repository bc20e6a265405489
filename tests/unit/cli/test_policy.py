"""``pybgp policy test``: what it prints, what it reads, and how it exits."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pybgp.addresses import Family
from pybgp.cli.main import main
from pybgp.cli.policy_routes import source_of
from pybgp.config.file import load_config
from pybgp.control.routes import routes
from pybgp.errors import ConfigError
from pybgp.messages.context import PeerKind
from pybgp.routes import Source, SourceKind
from pybgp.speaker.policy_views import PolicyView
from pybgp.speaker.what_if import RouteChange

from ..control.fakes import FakeSpeaker, serving, view
from ..policy.made import block

Capsys = pytest.CaptureFixture[str]
MRT = Path(__file__).parents[2] / "data" / "mrt"
NODE = """
local_as = 64512
router_id = "192.0.2.1"
[peer_groups.tors]
remote_as = 65001
[[peers]]
address = "198.51.100.1"
name = "tor-a"
group = "tors"
import_policy = ["in"]
export_policy = ["own"]
[prefix_sets]
bogons = ["192.0.2.0/24 le 32"]
[[policies.in]]
term = "bogons"
match = { prefix_set = "bogons" }
action = "reject"
[[policies.in]]
term = "invalid"
match = { rpki = "invalid" }
action = "reject"
[[policies.in]]
term = "tors"
match = { peer_group = ["tors"] }
set = { local_pref = 200, add_communities = ["64512:1"] }
action = "accept"
[[policies.own]]
match = { source = ["local"], not_exists = "bogons" }
action = "accept"
"""


@pytest.fixture
def node(tmp_path: Path) -> str:
    path = tmp_path / "node.toml"
    path.write_text(NODE)
    return str(path)


def ask(node: str, *arguments: str) -> int:
    return main(["policy", "test", "-c", node, *arguments])


def test_a_route_is_told_term_by_term(node: str, capsys: Capsys) -> None:
    routes = ("--route", "10.1.0.0/24 as_path='65001 7' med=5", "--route", "192.0.2.0/25 as_path=65001")

    assert ask(node, "--peer", "tor-a", *routes) == 0

    assert capsys.readouterr().out.splitlines() == [
        "10.1.0.0/24 from tor-a: accepted; local_pref - → 200; communities - → 64512:1",
        "  policy in term bogons: no match: prefix_set bogons",
        "  policy in term invalid: no match: rpki invalid",
        "  policy in term tors: accept; local_pref - → 200; communities - → 64512:1",
        "192.0.2.0/25 from tor-a: rejected: policy in term bogons",
        "  policy in term bogons: reject",
        "term                    accept  reject  next",
        "policy in term bogons        0       1     0",
        "policy in term invalid       0       0     0",
        "policy in term tors          1       0     0",
        "all                          1       1",
    ]


def test_well_known_communities_have_their_names(node: str, capsys: Capsys) -> None:
    assert ask(node, "--peer", "tor-a", "--route", "10.1.0.0/24 as_path=65001 communities=no-export,65535:666") == 0

    assert "; communities no-export,blackhole → no-export,blackhole,64512:1" in capsys.readouterr().out


def test_json_has_the_attributes_before_and_after(node: str, capsys: Capsys, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [
        {"prefix": "10.1.0.0/24", "as_path": [65001], "rpki": "invalid"},
        {"prefix": "10.2.0.0/24", "as_path": "65001 {7,8}", "communities": ["1:1", "no-export"], "local_pref": 7},
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{json.dumps(line)}\n" for line in lines)))

    assert ask(node, "--peer", "tor-a", "--json") == 0

    invalid, fine, summary = map(json.loads, capsys.readouterr().out.splitlines())
    assert invalid["verdict"] == "rejected"
    assert invalid["reason"] == "policy in term invalid"
    assert invalid["after"] is None
    assert fine["before"]["as_path"] == "65001 {7,8}"
    assert fine["after"]["communities"] == ["1:1", "65535:65281", "64512:1"]
    assert fine["terms"][-1]["changes"]["local_pref"] == {"before": 7, "after": 200}
    assert summary["summary"]["accepted"] == summary["summary"]["rejected"] == 1


def test_a_route_goes_to_the_peer_whose_export_policy_is_tried_and_may_come_from_another(
    node: str, capsys: Capsys
) -> None:
    given = ("--route", "10.1.0.0/24 as_path=65001", "--route", "10.1.0.0/24 from=tor-a", "--route", "10.2.0.0/24")

    assert ask(node, "--peer", "tor-a", "--export", *given) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if " from " in line]
    assert [line.partition(":")[0] for line in lines] == [
        "10.1.0.0/24 from peer to tor-a",
        "10.1.0.0/24 from tor-a to tor-a",
        "10.2.0.0/24 from peer to tor-a",
    ]

    assert ask(node, "in", *given, "--json") == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()][:-1]
    assert [(row["peer"], row["to"], row["verdict"]) for row in rows] == [
        ("peer", None, "rejected"),
        ("tor-a", None, "accepted"),
        ("peer", None, "rejected"),
    ]


def test_conditions_on_other_routes_are_given(node: str, capsys: Capsys) -> None:
    own = ("--peer", "tor-a", "--export", "--route", "10.1.0.0/24 source=local")

    assert ask(node, *own) == 0
    assert "accepted" in capsys.readouterr().out
    assert ask(node, *own, "--exists", "bogons") == 0
    assert "no match: not_exists bogons" in capsys.readouterr().out


def test_the_roas_of_the_configuration_count(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "node.toml"
    path.write_text(NODE + '[rpki]\nroas = ["10.1.0.0/16 le 24 as 65001"]\n')
    routes = [f"10.1.{number}.0/24 as_path={asn}" for number, asn in enumerate((65001, 7))]

    assert ask(str(path), "--peer", "tor-a", *(word for text in routes for word in ("--route", text))) == 0

    out = capsys.readouterr().out
    assert "10.1.0.0/24 from tor-a: accepted" in out
    assert "10.1.1.0/24 from tor-a: rejected: policy in term invalid" in out


def test_a_confederation_is_taken_as_the_speaker_takes_it(tmp_path: Path, capsys: Capsys) -> None:
    """Its identifier is our AS, and peers in another member AS are no external ones (RFC 5065)."""
    path = tmp_path / "node.toml"
    path.write_text(
        """
local_as = 65001
router_id = "192.0.2.1"
confederation = { identifier = 64500, members = [65002] }
[rpki]
roas = ["10.0.0.0/8 as 64500"]
[[peers]]
address = "198.51.100.1"
remote_as = 65002
import_policy = ["in"]
[[policies.in]]
match = { rpki = "valid" }
set = { prepend = ["self"] }
action = "accept"
[[policies.in]]
action = "reject"
"""
    )

    assert ask(str(path), "--peer", "198.51.100.1", "--route", "10.0.0.0/8 as_path=''") == 0

    assert "10.0.0.0/8 from 198.51.100.1: accepted; as_path - → 64500" in capsys.readouterr().out
    speaker = load_config(path).speaker
    source = source_of(speaker, speaker.peers[0])
    assert (source.peer_kind, source.remote_as) == (PeerKind.CONFEDERATION, 65002)


def test_what_can_not_be_imported_is_told_once_where_it_stands(tmp_path: Path, capsys: Capsys) -> None:
    path = tmp_path / "node.toml"
    path.write_text(NODE.replace('import_policy = ["in"]', 'import_policy = ["is_not_there:f"]'))

    assert ask(str(path), "is_not_there:f", "nor_is_this:g") == 2

    of_file, of_command, _ = capsys.readouterr().err.splitlines()
    assert of_file.startswith(f'{path}: peers[0].import_policy[0] = "is_not_there:f": ')
    assert of_command.startswith('POLICY = "nor_is_this:g": ')


def test_a_table_dump_is_summed_up(node: str, capsys: Capsys) -> None:
    with open(MRT / "frr-table.mrt", "rb") as file:
        assert file.read(1)

    assert ask(node, "in", "--summary", "--json", "--mrt", str(MRT / "frr-table.mrt")) == 0

    summary = json.loads(capsys.readouterr().out)["summary"]
    assert summary["accepted"] + summary["rejected"] > 0


def test_a_file_without_a_table_is_a_usage_error(node: str, tmp_path: Path, capsys: Capsys) -> None:
    """An all-zero summary would look as if no route had met the policy."""
    (tmp_path / "no.mrt").write_text("root:x:0:0:root:/root:/bin/bash\n" * 20)

    for path in (MRT / "frr-updates.mrt", tmp_path / "no.mrt"):
        assert ask(node, "in", "--mrt", str(path)) == 2
        assert "no IPv4 or IPv6 unicast routes of a table" in (err := capsys.readouterr().err)
        assert ("offset 0: " in err) == (path.name == "no.mrt"), "damage is said too"


def test_a_function_is_tried_like_a_policy(node: str, tmp_path: Path, capsys: Capsys) -> None:
    (tmp_path / "tried_here.py").write_text(
        "def short(route):\n    return route.replace(med=3) if route.prefix_length < 25 and route.rpki else None\n"
    )

    assert ask(node, "tried_here:short", "--route", "10.1.0.0/24", "--route", "10.1.0.0/25") == 0

    out = capsys.readouterr().out
    assert "10.1.0.0/24 from peer: accepted; med - → 3" in out
    assert "10.1.0.0/25 from peer: rejected: policy tried_here:short: returned None" in out


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("nope", "--route", "10.0.0.0/8"), "policies.nope: unknown policy"),
        (("in", "--route", "10.0.0.0/8 med=x"), "route 10.0.0.0/8: med = 'x': expected 0..4294967295"),
        (("in", "--route", "10.0.0.0/8 source=x"), "route 10.0.0.0/8: source = 'x': expected local, kernel or bgp"),
        (("in", "--route", "10.0.0.0/8 rpki=x"), "rpki = 'x': expected valid, invalid or not_found"),
        (("in", "--route", "10.0.0.0/8 from=x"), "from = 'x': no peer has this name or address"),
        (("in", "--exists", "bogon", "--route", "10.0.0.0/8"), "--exists: bogon: no prefix set has this name"),
        (("in", "--route", "10.0.0.0/8 colour=red"), "colour: unknown key, expected as_path"),
        (("in", "--route", "10.0.0.0/8 med"), "expected a prefix and KEY=VALUE"),
        (("--route", "10.0.0.0/8"), "expected a POLICY, or --peer"),
        (("--peer", "tor-b"), "no peer has this name or address"),
        (("there.is:none",), "there.is"),
    ],
)
def test_what_can_not_be_tried_is_a_usage_error(
    node: str, arguments: tuple[str, ...], expected: str, capsys: Capsys
) -> None:
    assert ask(node, *arguments) == 2
    assert expected in capsys.readouterr().err


def test_lines_that_are_no_json_are_a_usage_error(node: str, capsys: Capsys, monkeypatch: Any) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("10.0.0.0/8\n"))

    assert ask(node, "in") == 2
    assert "expected JSON" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('"med": true', "med = True: expected 0..4294967295"),
        ('"communities": 5', "communities = 5: expected a list, or text with commas between them"),
        ('"colour": 5', "colour: unknown key"),
    ],
)
def test_a_wrong_value_is_told_with_its_line(
    node: str, value: str, expected: str, capsys: Capsys, monkeypatch: Any
) -> None:
    monkeypatch.setattr(
        "sys.stdin", io.StringIO('{"prefix": "10.1.0.0/24"}\n\n{"prefix": "10.0.0.0/8", ' + value + "}")
    )

    assert ask(node, "in") == 2
    error = capsys.readouterr().err
    assert "line 3: " in error
    assert expected in error


def test_rows_of_show_routes_are_tried_as_from_the_peers_that_they_name(
    node: str, capsys: Capsys, monkeypatch: Any
) -> None:
    speaker = FakeSpeaker(
        [
            view("10.1.0.0/24", attributes=block((65001,), communities=["64512:7"])),
            view("10.2.0.0/24", source=Source(kind=SourceKind.BGP, name="somebody")),
        ]
    )
    rows = [json.dumps(row) for row in routes(speaker) if row is not None]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n".join(rows)))

    assert ask(node, "in") == 0

    out = capsys.readouterr().out
    assert "10.1.0.0/24 from tor-a: accepted; local_pref - → 200; communities 64512:7 → 64512:7,64512:1" in out
    assert "10.2.0.0/24 from somebody: rejected" in out


def test_rows_of_show_routes_of_other_families_are_a_usage_error(node: str, capsys: Capsys, monkeypatch: Any) -> None:
    row = {"prefix": "64512:1 10.0.0.0/8", "family": "ipv4-vpn", "as_path_text": ""}
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(row)))

    assert ask(node, "in") == 2
    assert "line 1: 64512:1 10.0.0.0/8: ipv4-vpn, expected IPv4 or IPv6 unicast" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["", "\n\n"], ids=["nothing", "empty-lines"])
def test_no_routes_at_all_are_a_usage_error(node: str, text: str, capsys: Capsys, monkeypatch: Any) -> None:
    """An all-zero summary would look as if no route had met the policy."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))

    assert ask(node, "in", "--summary") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "no routes: expected --route, --mrt, or JSON objects on the standard input" in err


# -- policy diff -------------------------------------------------------------------------------------------------------


def change(direction: Any, peers: tuple[str, ...], before: Any, after: Any, reason: str = "") -> RouteChange:
    return RouteChange(
        direction=direction,
        peers=peers,
        family=Family.IPV4_UNICAST,
        key=bytes((24, 10, 1, 0)),
        before=before,
        after=after,
        reason=reason,
    )


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """A speaker that would change a few routes; the files it is asked about."""
    asked: list[str] = []
    plain, preferred = block((65001,)), block((65001,), local_pref=200)

    async def policy_diff(path: str) -> Iterator[RouteChange | None]:
        asked.append(path)
        if path.endswith("bad.toml"):
            raise ConfigError(f"{path}: local_as: missing")
        if path.endswith("same.toml"):
            return iter([None])
        told = change("export", ("a", "b", "c", "d"), plain, None, "policy x term 0")
        return iter([change("import", ("tor-a",), plain, preferred), None, told, told, None])

    socket = tmp_path / "pybgp.sock"
    with serving(socket, FakeSpeaker(), policy_diff=policy_diff):
        monkeypatch.setenv("PYBGP_SOCKET", str(socket))
        yield asked


def test_differences_are_told_with_examples_and_counts(running: list[str], capsys: Capsys) -> None:
    assert main(["policy", "diff", "new.toml", "--limit", "1"]) == 0

    assert running == [str(Path("new.toml").absolute())]
    assert capsys.readouterr().out.splitlines() == [
        "import 10.1.0.0/24 from tor-a: changed; local_pref - → 200",
        "export 10.1.0.0/24 to a,b,c and 1 more: withdrawn, next hop 198.51.100.1, AS path 65001 (policy x term 0)",
        "peer   direction  accepted  rejected  announced  withdrawn  changed",
        "a      export            -         -          0          2        0",
        "b      export            -         -          0          2        0",
        "c      export            -         -          0          2        0",
        "d      export            -         -          0          2        0",
        "tor-a  import            0         0          -          -        1",
    ]


def test_differences_as_json(running: list[str], capsys: Capsys) -> None:
    assert main(["policy", "diff", "new.toml", "--json"]) == 0

    first, *_, last = map(json.loads, capsys.readouterr().out.splitlines())
    assert first["after"]["local_pref"] == 200
    assert first["change"] == "changed"
    assert last == {"peer": "tor-a", "direction": "import", "accepted": 0, "rejected": 0, "changed": 1}


def test_no_difference_and_a_bad_file(running: list[str], capsys: Capsys) -> None:
    assert main(["policy", "diff", "same.toml"]) == 0
    assert capsys.readouterr().out == "no route would change\n"
    assert main(["policy", "diff", "bad.toml"]) == 2
    assert "local_as: missing" in capsys.readouterr().err


# -- show policies -----------------------------------------------------------------------------------------------------


def test_policies_are_shown_with_their_errors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys) -> None:
    speaker = FakeSpeaker()
    common: dict[str, Any] = {"fib": False, "runs": "mark", "errors": 0, "last_error": ""}
    failed = {**common, "runs": "prefix", "errors": 7, "last_error": "KeyError: 'x'"}
    speaker.core.policies = (
        PolicyView(name="in", import_of=("a", "b", "c", "d"), export_of=(), **common),
        PolicyView(name="m:f", import_of=(), export_of=("a",), **failed),
        PolicyView(name="to_kernel", import_of=(), export_of=(), **{**common, "fib": True}),
    )
    with serving(tmp_path / "pybgp.sock", speaker):
        monkeypatch.setenv("PYBGP_SOCKET", str(tmp_path / "pybgp.sock"))
        assert main(["show", "policies"]) == 0
        assert capsys.readouterr().out.splitlines() == [
            "policy     import of         export of   runs once a  errors  last error",
            "in         a,b,c and 1 more  -           mark              0  -",
            "m:f        -                 a           prefix            7  KeyError: 'x'",
            "to_kernel  -                 the kernel  mark              0  -",
        ]
        assert main(["show", "policies", "--json"]) == 0
        assert json.loads(capsys.readouterr().out.splitlines()[1]) == {
            "policy": "m:f",
            "import_of": [],
            "export_of": ["a"],
            "fib": False,
            "runs": "prefix",
            "errors": 7,
            "last_error": "KeyError: 'x'",
        }
