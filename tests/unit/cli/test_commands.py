"""What commands print, and how they exit."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pybgp.addresses import Family, prefix_key
from pybgp.cli import format
from pybgp.cli.main import main
from pybgp.config.model import NextHopConfig, RouteConfig
from pybgp.errors import ApiError, ConfigError
from pybgp.rib.aggregate import AggregateRules
from pybgp.rib.aggregates import AggregateState
from pybgp.rib.local import own_block

from ..control.fakes import (
    LOCAL,
    FakeAggregates,
    FakeCore,
    FakeFib,
    FakeSpeaker,
    block,
    installed,
    many,
    peer,
    serving,
    view,
)

PEERS = [
    peer("tor-a", update_errors=4, update_errors_by_kind={"ORIGIN": {"discard": 1, "treat-as-withdraw": 3}}),
    peer("192.0.2.3", "192.0.2.3", state="active", since=950.0, last_error="Connection refused", uptime=None),
    peer("rr", "192.0.2.4", internal=True, client=True, since=-100_000.0),
    peer("2001:db8::3", "2001:db8::3", internal=True, state="idle", uptime=None, enabled=False),
]
ROUTES = [
    view("10.1.2.64/26", attributes=block("40010100 400206 02010000fde9 c00804 fc000007", local_pref=200, med=5)),
    view("10.1.3.0/26", source=LOCAL, attributes=block("40010102 400200", next_hop="", origin=2)),
    view("10.1.2.64/26", best=False, reason="AS loop"),
    view("10.1.3.0/26", source=LOCAL, to="tor-a"),
]


@pytest.fixture
def socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    path = tmp_path / "pybgp.sock"
    speaker = FakeSpeaker(ROUTES, peers=PEERS, fib=FakeFib([installed("10.1.2.64/26", error="two words")]))
    with serving(path, speaker, facts=lambda: {"started": "2026-01-05T10:10:00Z"}, reload=reload_answer):
        monkeypatch.setenv("PYBGP_SOCKET", str(path))
        yield str(path)


RELOAD: dict[str, Any] = {}


async def reload_answer() -> dict[str, Any]:
    if "error" in RELOAD:
        raise RELOAD["error"]
    return dict(RELOAD)


def test_status_is_the_table_of_calicoctl(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status"]) == 0

    assert capsys.readouterr().out == (
        "pybgp 0.1.0 is running since 2026-01-05T10:10:00Z (6m40s): AS 64512, router id 192.0.2.1.\n"
        "\n"
        "IPv4 BGP status\n"
        "+--------------+------------------------+-------+------------+---------------------------+\n"
        "| PEER ADDRESS |       PEER TYPE        | STATE |   SINCE    |           INFO            |\n"
        "+--------------+------------------------+-------+------------+---------------------------+\n"
        "| 192.0.2.2    | external               | up    | 10:15:00   | Established               |\n"
        "| 192.0.2.3    | external               | start | 10:15:50   | Active Connection refused |\n"
        "| 192.0.2.4    | route reflector client | up    | 2026-01-04 | Established               |\n"
        "+--------------+------------------------+-------+------------+---------------------------+\n"
        "\n"
        "IPv6 BGP status\n"
        "+--------------+-----------+-------+----------+------+\n"
        "| PEER ADDRESS | PEER TYPE | STATE |  SINCE   | INFO |\n"
        "+--------------+-----------+-------+----------+------+\n"
        "| 2001:db8::3  | internal  | down  | 10:15:00 | Idle |\n"
        "+--------------+-----------+-------+----------+------+\n"
    )


def test_status_without_peers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s"
    with serving(path, FakeSpeaker(peers=[])):
        assert main(["status", "-s", str(path)]) == 0

    out = capsys.readouterr().out
    assert "IPv4 BGP status\nNo IPv4 peers found.\n\nIPv6 BGP status\nNo IPv6 peers found.\n" in out


DOWN = [
    peer("a", "192.0.2.2", state="idle", enabled=False, switched=True, down="by_hand", down_since=950.0,
         last_error="administrative shutdown: new line cards"),
    peer("b b", "192.0.2.3", state="idle", down="max_prefixes", down_since=960.0,
         last_error="more than 10 prefixes of ipv4-unicast"),
    peer("c", "192.0.2.4", state="idle", down="max_prefixes", down_since=970.0, next_retry=1270.0,
         last_error="more than 10 prefixes of ipv4-unicast"),
    peer("d", "192.0.2.5", state="idle", enabled=False, down="configuration", down_since=0.0),
]  # fmt: skip


def test_status_says_who_keeps_a_peer_down_why_since_when_and_what_brings_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "s"
    with serving(path, FakeSpeaker(peers=DOWN)):
        assert main(["status", "-s", str(path)]) == 0

    rows = [[cell.strip() for cell in line.split("|")[3:6]] for line in capsys.readouterr().out.splitlines()[6:10]]
    too_many = "Idle, held down for too many prefixes; more than 10 prefixes of ipv4-unicast"
    assert rows == [
        [
            "down",
            "10:15:50",
            "Idle, disabled by hand; administrative shutdown: new line cards; back with: pybgp peer enable a",
        ],
        ["down", "10:16:00", f"{too_many}; back with: pybgp peer enable 'b b'"],
        ["start", "10:16:10", f"{too_many}; tries again at 2026-01-05T10:21:10Z"],
        [
            "down",
            "10:00:00",
            "Idle, disabled in the configuration; back with: enabled = true and pybgp reload, or pybgp peer enable d",
        ],
    ]


def test_show_peers_says_who_keeps_a_peer_down_and_what_brings_it_back(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(tmp_path / "s")
    with serving(Path(path), FakeSpeaker(peers=DOWN)):
        assert main(["show", "peers", "-s", path]) == 0
        lines = [re.split(r"  +", line) for line in capsys.readouterr().out.splitlines()]
        assert main(["show", "peers", "b b", "-s", path]) == 0
        details = dict(re.split(r"  +", line) for line in capsys.readouterr().out.splitlines())

    assert [line[3] for line in lines[1:]] == [
        "Idle (disabled by hand)",
        "Idle (held down for too many prefixes)",
        "Idle (held down for too many prefixes)",
        "Idle (disabled in the configuration)",
    ]
    assert lines[2][4].startswith("2026-01-05T10:16:00Z (")
    assert lines[2][-1] == "more than 10 prefixes of ipv4-unicast; back with: pybgp peer enable 'b b'"
    assert details["down"] == "held down for too many prefixes; back with: pybgp peer enable 'b b'"
    assert details["down_since"].startswith("2026-01-05T10:16:00Z (")


def test_status_as_json_is_one_object(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json"]) == 0

    assert json.loads(capsys.readouterr().out)["local_as"] == 64512


def test_show_peers_is_a_line_a_peer(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "peers"]) == 0

    lines = capsys.readouterr().out.splitlines()
    heads = ("peer", "as", "type", "state", "since", "received", "accepted", "advertised", "last error")
    assert tuple(re.split(r"  +", lines[0])) == heads
    assert len(lines) == 5
    assert lines[1].startswith("tor-a        65001  external                Established  2026-01-05T10:15:00Z (")
    assert lines[2].endswith("Connection refused")


def test_show_one_peer_is_everything_about_it(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "peers", "tor-a"]) == 0

    lines = dict(line.split(None, 1) for line in capsys.readouterr().out.splitlines() if " " in line)
    assert lines["remote_as"] == "65001"
    assert lines["hold_time_s"] == "90"
    assert lines["update_errors"].split() == ["ORIGIN", "discard=1", "treat-as-withdraw=3"]
    assert lines["ipv4-unicast"] == "received=3 accepted=2 advertised=1 stale=0 add_path=off"


def test_show_peers_as_json_is_an_object_a_line(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "peers", "--json"]) == 0

    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["name"] for row in rows] == ["tor-a", "192.0.2.3", "rr", "2001:db8::3"]


def test_show_routes(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "routes"]) == 0

    assert capsys.readouterr().out == (
        "   prefix        next hop   from   pref  med  as path  origin      communities  note\n"
        "*  10.1.2.64/26  192.0.2.2  tor-a   200    5  65001    igp         64512:7      -\n"
        "*  10.1.3.0/26   -          local     -    -  -        incomplete  -            -\n"
    )


def test_show_received_routes_says_why_not(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "routes", "10.1.2.64/26", "--received", "--peer", "tor-a"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line[0] for line in lines[1:]] == ["*", " "]
    assert lines[2].endswith("AS loop")


def test_show_advertised_routes_says_to_whom(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "routes", "--advertised", "--peer", "tor-a"]) == 0

    assert capsys.readouterr().out.splitlines()[1].split()[:3] == ["tor-a", "10.1.3.0/26", "192.0.2.2"]


def test_show_routes_as_json_is_an_object_a_line(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "routes", "10.1.2.70", "--json"]) == 0

    (row,) = (json.loads(line) for line in capsys.readouterr().out.splitlines())
    assert (row["prefix"], row["communities"]) == ("10.1.2.64/26", ["64512:7"])


def test_well_known_communities_have_their_names_in_text_and_numbers_in_json(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """RFC 1997, RFC 7999; the text is what policies take."""
    path = str(tmp_path / "s")
    octets = "40010100 400200 c0080c ffff029a ffffff01 fc000007 c01008 0002fde900000007"
    with serving(Path(path), FakeSpeaker([view("10.1.2.64/26", attributes=block(octets, local_pref=100))])):
        assert main(["show", "routes", "-s", path]) == 0
        assert capsys.readouterr().out.splitlines()[1].split()[-2:] == [
            "blackhole,no-export,64512:7,rt:65001:7",
            "-",
        ]
        assert main(["show", "routes", "-s", path, "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["communities"] == ["65535:666", "65535:65281", "64512:7"]


def test_show_fib(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", "fib"]) == 0

    assert capsys.readouterr().out == (
        "prefix        type     next hops                      metric  state      error\n"
        "10.1.2.64/26  unicast  via 192.0.2.2 dev eth0 onlink       -  installed  two words\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        pytest.param(["show", "routes", "11.0.0.0/8"], 1, "no route to 11.0.0.0/8", id="no-such-route"),
        pytest.param(["show", "fib", "11.0.0.0/8"], 1, "no kernel route of ours to 11.0.0.0/8", id="not-in-fib"),
        pytest.param(["show", "peers", "nobody"], 1, "no peer is called nobody", id="no-such-peer"),
        pytest.param(["show", "routes", "10.0.0.1/8"], 2, "bits set behind", id="no-prefix"),
        pytest.param(["show", "routes", "--family", "ipv5"], 2, "ipv5", id="no-family"),
        pytest.param(["show", "routez"], 2, "routez", id="no-command"),
        pytest.param(["status", "--jason"], 2, "--jason", id="no-option"),
        pytest.param(["status", "-s", "/nonexistent/pybgp.sock"], 3, "no pybgp is running", id="no-daemon"),
    ],
)
def test_a_no_is_one_line_and_a_code(
    socket: str, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, words: str
) -> None:
    assert main(arguments) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_nothing_to_list_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "s"
    with serving(path, FakeSpeaker()):
        assert main(["show", "routes", "-s", str(path)]) == 0


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with serving(path, FakeSpeaker(many(20_000))):
        command = [sys.executable, "-m", "pybgp", "show", "routes", "-s", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
            assert shown.stdout is not None
            assert shown.stderr is not None
            shown.stdout.readline()
            shown.stdout.close()
            assert shown.stderr.read() == b""
            assert shown.wait(30) == 1


def test_a_reload_that_failed_is_told_finding_by_finding(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    RELOAD.clear()
    RELOAD["error"] = ConfigError("node.toml: a = 1: expected 2", "node.toml: b: unknown key")

    assert main(["reload"]) == 2

    assert capsys.readouterr().err == (
        "node.toml: a = 1: expected 2\nnode.toml: b: unknown key\nnode.toml: 2 errors, nothing changed\n"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (59.9, "59s"),
        (60, "1m0s"),
        (153, "2m33s"),
        (3600, "1h0m"),
        (86400 * 3 + 4 * 3600, "3d4h"),
        (-5, "0s"),
    ],
)
def test_ages_have_two_units(seconds: float, text: str) -> None:
    assert format.age(seconds) == text


def test_a_long_table_is_not_waited_for() -> None:
    """Widths come from the first rows; later ones may stick out but are never cut."""
    taken = []

    def rows() -> Iterator[tuple[str, str]]:
        for number in range(5000):
            taken.append(number)
            yield ("x" * (40 if number == 4000 else 2), "y")

    lines = format.table(("a", "b"), rows())
    next(lines)

    assert len(taken) == format.MEASURED_ROWS
    assert ("x" * 40 + "  y") in list(lines)


def test_a_peers_text_can_not_drive_the_terminal() -> None:
    assert format.printable("bad \x1b[2J\nworse") == "bad ?[2J?worse"


def test_explain_is_text_or_json_and_no_route_is_a_no(socket: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", "10.1.2.64/26", "--peer", "tor-a"]) == 0
    assert capsys.readouterr().out == (
        "10.1.2.64/26: best is from tor-a (external) (1 candidate)\n"
        "\n"
        "* 1. from tor-a (external), next hop 192.0.2.2\n"
        "     LOCAL_PREF 100, AS path 65001, origin igp\n"
        "\n"
        "kernel: not written to (no [fib])\n"
        "peers:\n"
        "  tor-a: not told: no session\n"
    )
    assert main(["explain", "10.1.2.64/26", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["candidates"][0]["best"] is True
    assert main(["explain", "10.9.0.0/16"]) == 1
    assert main(["explain", "10.1.2.64/26", "--peer", "nobody"]) == 1
    assert main(["explain", "nonsense"]) == 2


def test_aggregates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    speaker = FakeSpeaker()
    family, wide = prefix_key("10.64.0.0/14")
    _, narrow = prefix_key("10.66.0.0/16")
    suppress = AggregateRules(base=own_block(), suppress=True, blackhole=False)
    speaker.core.aggregates = FakeAggregates(
        AggregateState(family, wide, suppress, True, 12),
        AggregateState(family, narrow, AggregateRules(base=own_block()), False, 0),
    )
    monkeypatch.setenv("PYBGP_SOCKET", str(tmp_path / "s"))
    with serving(tmp_path / "s", speaker):
        assert main(["show", "aggregates"]) == 0
        assert main(["show", "aggregates", "--json"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines[:3]] == [
        ["prefix", "active", "contributors", "suppressed", "options"],
        ["10.64.0.0/14", "yes", "12", "12", "suppress"],
        ["10.66.0.0/16", "no", "0", "0", "blackhole"],
    ]
    assert [json.loads(line)["suppressed"] for line in lines[3:]] == [12, 0]


# -- announce, withdraw ------------------------------------------------------------------------------------------------


class Announcing(FakeSpeaker):
    """It notes what it is to announce."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[object] = []

    def announce_route(self, route: RouteConfig) -> None:
        self.said.append(route)

    def withdraw(self, prefix: str, *, family: Family | None = None) -> None:
        if prefix not in (route.prefix for route in self.said if isinstance(route, RouteConfig)):
            raise ApiError(f"{prefix} is not announced by us")
        self.said.append(prefix)


def test_a_route_by_hand_that_is_not_used_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    speaker = Announcing()
    speaker.core = FakeCore([view("10.70.0.0/16", source=LOCAL, best=False, reason="its next hop is unreachable")], [])
    monkeypatch.setenv("PYBGP_SOCKET", str(tmp_path / "s"))
    with serving(tmp_path / "s", speaker):
        assert main(["announce", "10.70.0.0/16", "--next-hop", "192.0.2.9"]) == 0

    assert capsys.readouterr().out == "10.70.0.0/16: announced, but not used now: its next hop is unreachable\n"


def test_a_flow_specification_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    speaker = Announcing()
    monkeypatch.setenv("PYBGP_SOCKET", str(tmp_path / "s"))
    with serving(tmp_path / "s", speaker):
        assert main(["announce", "protocol =udp; port 53", "--then", "discard", "--family", "ipv6-flowspec"]) == 0
        assert main(["withdraw", "protocol =udp; port 53", "--family", "ipv6-flowspec"]) == 0
        assert main(["announce", "protocol =udp; port 53", "--then", "drop"]) == 2

    flow = RouteConfig("protocol =17 port =53", family="ipv6-flowspec", then=("discard",))
    assert speaker.said == [flow, "protocol =17 port =53"]


def test_routes_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    speaker = Announcing()
    monkeypatch.setenv("PYBGP_SOCKET", str(tmp_path / "s"))
    with serving(tmp_path / "s", speaker):
        many = ["--next-hop", "192.0.2.9,weight=2", "--next-hop", "192.0.2.10", "--community", "64512:1"]
        assert main(["announce", "10.70.0.0/16", *many, "--community", "64512:2"]) == 0
        assert main(["announce", "10.71.0.0/16", "--next-hop", "192.0.2.9", "--med", "5", "--json"]) == 0
        assert main(["withdraw", "10.70.0.0/16"]) == 0
        out = capsys.readouterr().out
        assert main(["withdraw", "10.72.0.0/16"]) == 1
        assert main(["announce", "10.72.0.0/33"]) != 0
        err = capsys.readouterr().err

    hops = (NextHopConfig("192.0.2.9", weight=2), NextHopConfig("192.0.2.10"))
    assert speaker.said == [
        RouteConfig("10.70.0.0/16", next_hops=hops, communities=("64512:1", "64512:2")),
        RouteConfig("10.71.0.0/16", next_hop="192.0.2.9", med=5),
        "10.70.0.0/16",
    ]
    first, _, rest = out.partition("\n")
    assert first == "10.70.0.0/16: announced"
    assert json.loads(rest.rpartition("10.70.0.0/16: withdrawn")[0]) == {
        "prefix": "10.71.0.0/16",
        "family": "ipv4-unicast",
        "done": "announced",
        "reason": None,
    }
    assert "10.72.0.0/16 is not announced by us" in err
    assert 'prefix = "10.72.0.0/33": expected a length of 0..32' in err
