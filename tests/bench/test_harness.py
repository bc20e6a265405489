"""The benchmark's own parts: routes, recordings, report. What they get wrong, every figure gets wrong."""

from __future__ import annotations

import random
import runpy
import statistics
from dataclasses import replace
from ipaddress import IPv4Network
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest

from pybgp.config.file import parse
from tests import machine

from . import adapter, plots, report, run, traffic
from .daemons import TARGETS, refused
from .recording import BrokenStream, Found, Recording
from .run import Result
from .scenarios import FULL, QUICK, Scenario, churn, reflector, transit

ATTRIBUTES = bytes.fromhex("40 01 01 00 40 02 00 40 03 04 0a 63 10 01")
FIRST, SECOND = bytes.fromhex("18 0a 00 01"), bytes.fromhex("1a 0a 00 02 40")
BOTH = frozenset({FIRST, SECOND})


class Wire:
    """A connection that has ``pieces`` to read, one a time."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = list(pieces)

    def recv_into(self, buffer: memoryview) -> int:
        piece = self._pieces.pop(0)
        taken = min(len(piece), len(buffer))
        buffer[:taken] = piece[:taken]
        if piece[taken:]:
            self._pieces.insert(0, piece[taken:])
        return taken

    def empty(self) -> bool:
        return not self._pieces


def recorded(*pieces: bytes) -> Recording:
    recording, wire = Recording(0), Wire(*pieces)
    while not wire.empty():
        recording.receive(wire)  # type: ignore[arg-type]
    return recording


def announce(*keys: bytes, path_id: int | None = None) -> bytes:
    return traffic.update(ATTRIBUTES, list(keys), path_id)


def withdraw(key: bytes) -> bytes:
    return traffic.message(traffic.UPDATE, len(key).to_bytes(2, "big") + key + b"\x00\x00")


def test_a_table_has_every_prefix_once_and_none_overlaps() -> None:
    keys = traffic.prefixes(20_000, random.Random(1))

    networks = sorted(IPv4Network((key[1:].ljust(4, b"\x00"), key[0])) for key in keys)

    assert len(set(keys)) == 20_000
    assert all(one.broadcast_address < other.network_address for one, other in pairwise(networks))
    assert not any(network.overlaps(IPv4Network("10.0.0.0/8")) for network in networks)


def test_a_million_prefixes_fit() -> None:
    assert len(traffic.prefixes(1_000_000, random.Random(1))) == 1_000_000


@pytest.mark.parametrize("internal", [False, True], ids=["external", "internal"])
@pytest.mark.parametrize("path_id", [None, 1], ids=["plain", "add-path"])
def test_pybgp_reads_the_stream_as_it_was_meant(internal: bool, path_id: int | None) -> None:
    """Another decoder than the one that made it: 3.3 prefixes for each set of attributes, none malformed, all there."""
    from pybgp.addresses import Family
    from pybgp.messages import BlockCache, Context, Framer, PeerKind
    from pybgp.messages.update import decode

    families = frozenset({Family.IPV4_UNICAST})
    context = Context(
        kind=PeerKind.INTERNAL if internal else PeerKind.EXTERNAL,
        add_path_receive=families if path_id else frozenset(),
    )

    stream = traffic.internet(20_000, address="10.99.16.1", asn=65001, internal=internal, path_id=path_id)

    blocks = BlockCache()
    updates = [decode(body, context, blocks) for _, body in Framer(4096).feed(stream)]
    assert not [problem for update in updates for problem in update.problems]
    groups = [each for update in updates for each in update.reachable]
    assert {each.path_id for each in groups} == {path_id or 0}
    assert len({key for each in groups for key in each.keys}) == 20_000
    assert 3.1 < statistics.mean(len(each.keys) for each in groups) < 3.5
    assert {each.block.neighbor_as == 65001 for each in groups} == {not internal}


def test_every_daemon_gets_the_same_octets() -> None:
    scenario = transit("t", prefixes=500)

    assert scenario.streams() == Scenario.from_json(scenario.to_json()).streams()


def test_nodes_of_a_cluster_announce_different_blocks() -> None:
    (scenario,) = [each for each in QUICK if each.key == "c"]
    streams = scenario.streams()

    keys = [key for stream in streams for key in traffic.split(stream, 19 + 4 + len(ATTRIBUTES) + 7)]
    assert len(keys) == len(set(keys)) == 80


def test_complete_is_when_the_last_expected_prefix_came() -> None:
    recording = recorded(announce(FIRST), announce(SECOND), announce(FIRST))

    found = recording.find(BOTH, BOTH, add_path=False)

    assert found.missing == 0
    assert found.updates == 3
    assert found.complete_at == recording.moment(2 * len(announce(FIRST)) + 1)
    assert found.complete_at != recording.moment(found.octets)


def test_a_message_cut_in_pieces_counts_when_its_end_has_come() -> None:
    message = announce(FIRST, SECOND)
    recording = recorded(message[:10], message[10:30], message[30:])

    assert recording.find(BOTH, BOTH, add_path=False).complete_at == recording.moment(len(message))
    assert recorded(message[:10], message[10:-1]).find(BOTH, BOTH, add_path=False).missing == 2


def test_a_recording_grows_past_what_was_expected() -> None:
    message = announce(FIRST)
    many = (1 << 13) // len(message) + 1
    recording = recorded(*[message] * many, announce(SECOND))

    assert recording.stream() == message * many + announce(SECOND)
    assert recording.find(BOTH, BOTH, add_path=False).complete_at == recording.moment(len(recording.stream()))


def test_what_did_not_come_is_missing() -> None:
    found = recorded(announce(FIRST)).find(BOTH, BOTH, add_path=False)

    assert (found.complete_at, found.missing) == (None, 1)


def test_what_was_withdrawn_is_missing_until_it_comes_back() -> None:
    gone = recorded(announce(FIRST, SECOND), withdraw(FIRST))
    back = recorded(announce(FIRST, SECOND), withdraw(FIRST), announce(FIRST))

    assert gone.find(BOTH, BOTH, add_path=False).missing == 1
    assert back.find(BOTH, BOTH, add_path=False).complete_at == back.moment(len(back.stream()))


def test_what_nobody_announced_is_surplus() -> None:
    found = recorded(announce(FIRST, SECOND)).find(frozenset(), frozenset({FIRST}), add_path=False)

    assert found.surplus == 1


def test_with_add_path_the_identifiers_do_not_matter() -> None:
    """RFC 7911 §3: four octets before each prefix."""
    found = recorded(announce(FIRST, path_id=1), announce(SECOND, path_id=0x18000000)).find(BOTH, BOTH, add_path=True)

    assert found.missing == 0


@pytest.mark.parametrize(
    "octets",
    [traffic.message(3, b"\x06\x02"), b"\x00" * 19, traffic.MARKER + b"\x00\x12\x02"],
    ids=["notification", "no marker", "length 18"],
)
def test_a_broken_stream_is_no_figure(octets: bytes) -> None:
    with pytest.raises(BrokenStream):
        recorded(announce(FIRST), octets).find(BOTH, BOTH, add_path=False)


@pytest.mark.parametrize("fib", [False, True], ids=["without FIB", "with FIB"])
def test_the_adapter_configures_a_node_that_takes_and_gives_everything(fib: bool, tmp_path: Path) -> None:
    """The way a harness loads it: its parameters are globals."""
    globals_ = {"DUT_AS": 65000, "DUT_IP": "192.0.2.1", "PORT": 1790, "HOLD": 240}
    adapter = runpy.run_path(str(Path(__file__).with_name("adapter.py")), globals_)
    scenario = FULL[0]

    class Asked:
        peers = (scenario.peers[0], scenario.peers[2], transit("t", prefixes=1).peers[1])

    Asked.fib = fib  # type: ignore[attr-defined]
    node = parse(adapter["config"](Asked, tmp_path), name="node.toml")

    speaker = node.speaker
    assert (speaker.local_as, speaker.router_id, speaker.cluster_id) == (65000, "192.0.2.1", "192.0.2.1")
    assert speaker.listen == ("192.0.2.1:1790",)
    assert (node.fib is not None) is fib
    assert node.control.socket.startswith(str(tmp_path))
    assert [(peer.remote_as, peer.route_reflector_client) for peer in speaker.peers] == [
        (65000, True),
        (65000, True),
        (65002, False),
    ]
    for peer in speaker.peers:
        assert (peer.passive, peer.hold_time) == (True, 240)
        assert (list(peer.import_policy or ()), list(peer.export_policy or ())) == (["accept"], ["accept"])


def test_the_adapter_decodes_counts_and_encodes() -> None:
    adapter = runpy.run_path(str(Path(__file__).with_name("adapter.py")))
    decode, count, encode, _ = adapter["codec"]()
    message = announce(FIRST, SECOND)[:-9].replace(b"\x40\x02\x00", b"\x40\x02\x06\x02\x01\x00\x00\xfd\xe9")
    message = traffic.message(traffic.UPDATE, b"\x00\x00\x00\x14" + message[23:] + FIRST + SECOND)

    decoded = decode(message)

    assert count(decoded) == 2
    assert encode(decoded) == message


def test_the_table_goes_between_the_markers(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    begin, end = report.markers()
    page.write_text(f"before\n{begin}\nold\n{end}\nafter\n")

    report.write(page, "new")

    assert page.read_text() == f"before\n{begin}\nnew\n{end}\nafter\n"


def test_a_page_without_markers_is_left_alone(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("nothing\n")

    with pytest.raises(ValueError, match="no <!--"):
        report.write(page, "new")
    assert page.read_text() == "nothing\n"


def test_each_round_of_churn_withdraws_all_and_announces_all_with_a_metric_of_its_own() -> None:
    scenario = churn("t", prefixes=100, clients=1, rounds=3)
    (table, _), (stream, _) = scenario.tables(), scenario.streams()
    keys = frozenset(traffic.keys_of(table))

    def found(metric: int) -> Found:
        return recorded(table, stream).find(keys, keys, add_path=False, having=traffic.med_attribute(metric))

    assert found(1002).missing == 0
    assert found(1001).missing == len(keys) == 100
    assert scenario.final_med == 1002


def test_a_prefix_with_other_attributes_than_the_last_is_missing() -> None:
    recording = recorded(announce(FIRST, SECOND))

    assert recording.find(BOTH, BOTH, add_path=False, having=b"\x40\x02\x00").missing == 0
    assert recording.find(BOTH, BOTH, add_path=False, having=b"\x80\x04\x04").missing == 2


def test_twenty_terms_are_twenty_terms(tmp_path: Path) -> None:
    scenario = reflector("t", prefixes=1, clients=1, terms=20)
    text = adapter.node_file(
        scenario.peers, tmp_path, local_as=65000, address="192.0.2.1", port=179, hold_time=240, refuse=refused(scenario)
    )

    speaker = parse(text, name="node.toml").speaker

    assert [term.action for term in speaker.policies["terms"]] == ["reject"] * 19 + ["accept"]
    assert {tuple(peer.import_policy or ()) for peer in speaker.peers} == {("terms",)}
    for name in ("bird", "frr", "gobgp", "openbgpd"):
        (tmp_path / name).mkdir()
        TARGETS[name].prepare(scenario, tmp_path / name)
        (written,) = (tmp_path / name).iterdir()
        assert "64999" in written.read_text()
        assert written.read_text().count("64999") == 19


def test_pictures_show_every_daemon(tmp_path: Path) -> None:
    once = Result(wall=0.5, cpu=1, peak=1, sent=0, median_sink=0, updates=1, octets=1, generator=0, others=0)
    keys = ("a", "h-10k", "h-100k", "d")
    results = {(key, name): [once] for key in keys for name in ("pybgp", "bird & co")}

    text = plots.draw([each for each in FULL if each.key in keys], results, tmp_path / "pictures")

    assert sorted(path.name for path in (tmp_path / "pictures").iterdir()) == ["growth-prefixes.svg", "wall.svg"]
    assert text.count("](performance/") == 2
    for path in (tmp_path / "pictures").iterdir():
        drawn = ElementTree.parse(path).getroot()
        words = [each.text or "" for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
        assert sum("bird & co" in word for word in words) == (1 if "growth" in path.name else 4)


def test_a_slow_daemon_runs_once_and_the_table_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    page = tmp_path / "page.md"
    page.write_text("\n".join(report.markers()))
    one = Result(wall=1, cpu=1, peak=1, sent=0, median_sink=0, updates=1, octets=1, generator=0, others=0)
    walls = {"pybgp": 2.0, "copier": 20.0}
    monkeypatch.setattr(run, "measure", lambda target, *_: replace(one, wall=walls[target.name]))
    monkeypatch.setattr(machine, "missing_root", lambda: "")
    monkeypatch.setattr(run, "PAGE", page)
    monkeypatch.setattr(run, "PLOTS", tmp_path / "pictures")
    monkeypatch.setattr(run, "ROOT", tmp_path)

    with pytest.raises(SystemExit) as ended:
        run.main(["-s", "a", "-t", "pybgp,copier", "-n", "3", "--once-over", "10", "--write"])

    assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert [printed.count(f"  {name}  ") for name in walls] == [3, 1]
    assert "20.00 (20.00 - 20.00), of 1 " in page.read_text()
