"""``pybgp decode``: what it prints, and how it exits."""

from __future__ import annotations

import bz2
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pybgp.cli import progress
from pybgp.cli.decode_reading import Reading
from pybgp.cli.decode_sources import items, opened
from pybgp.cli.main import main

from .wire import KEEPALIVE, MARKER, OLD_OPEN, OLD_UPDATE, OPEN, SHORT_MED, SHUTDOWN, UPDATE, octets, say

DATA = Path(__file__).parents[2] / "data"
CAPTURE = DATA / "capture" / "bird-frr.pcap"
MRT = DATA / "mrt"
UPDATE_LINE = (
    "UPDATE announce 10.1.0.0/24; origin igp, as_path 65001, next_hop 192.0.2.1, med 5; withdraw 10.9.0.0/24\n"
)

Capsys = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch


@pytest.fixture
def stream(tmp_path: Path) -> Path:
    path = tmp_path / "messages"
    path.write_bytes(octets(OPEN, KEEPALIVE, UPDATE, SHUTDOWN))
    return path


def objects(capsys: Capsys) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


# -- hexadecimal and streams -------------------------------------------------------------------------------------------


def test_hexadecimal_text_of_the_standard_input(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, f"{UPDATE}\n{KEEPALIVE}  # and nothing else\n")

    assert main(["decode"]) == 0

    assert capsys.readouterr() == (f"{UPDATE_LINE}KEEPALIVE\n", "")


def test_a_dump_of_xxd(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, "00000000: ffff ffff ffff ffff ffff ffff ffff ffff  ................\n00000010: 0013 04  ...\n")

    assert main(["decode", "-"]) == 0

    assert capsys.readouterr().out == "KEEPALIVE\n"


def test_a_stream_of_messages(stream: Path, capsys: Capsys) -> None:
    assert main(["decode", str(stream)]) == 0

    assert capsys.readouterr().out == (
        "OPEN as 65001, id 192.0.2.1, hold time 180 s; four-octet-as 65001\n"
        "KEEPALIVE\n"
        f"{UPDATE_LINE}"
        'NOTIFICATION Cease/Administrative Shutdown "bye"\n'
    )


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress])
def test_what_is_compressed_is_unpacked(pack: Any, monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, pack(octets(UPDATE)))

    assert main(["decode"]) == 0

    assert capsys.readouterr().out == UPDATE_LINE


def test_the_kind_of_the_input_can_be_said(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, b"\0" + octets(KEEPALIVE))

    assert main(["decode", "--from", "bgp", "--json"]) == 1

    damage, keepalive = objects(capsys)
    assert (damage["type"], damage["offset"], damage["octets"]) == ("damage", 0, "00")
    assert (keepalive["type"], keepalive["offset"]) == ("keepalive", 1)


@pytest.mark.parametrize(
    "front",
    [
        pytest.param(CAPTURE.read_bytes()[:1200], id="capture"),
        pytest.param((MRT / "frr-all.mrt").read_bytes()[:300], id="mrt"),
        pytest.param(octets(KEEPALIVE), id="stream"),
        pytest.param(gzip.compress((MRT / "frr-all.mrt").read_bytes())[:900], id="compressed"),
    ],
)
def test_a_live_input_is_told_as_it_comes(front: bytes) -> None:
    """The first message is there before anything more is asked for: "tcpdump -U -w - | pybgp decode"."""

    def chunks() -> Iterator[bytes]:
        yield front
        pytest.fail("asked for more")

    kind, rest = opened(chunks(), None)

    assert next(iter(items(kind, rest, Reading(), (179,))))


def test_damage_is_told_in_its_place_and_reading_goes_on(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, octets(KEEPALIVE) + b"junk" + octets(SHORT_MED, KEEPALIVE)[:-1])

    assert main(["decode"]) == 1

    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0] == "KEEPALIVE"
    assert lines[1].startswith("DAMAGE octet 19: no message header: 6a756e6b")
    assert "expected 16 octets ff in front" in lines[1]
    assert lines[2].endswith("med 0x000005 [octet 23: treat-as-withdraw MULTI_EXIT_DISC: length 3, expected 4 octets]")
    assert lines[3] == f"DAMAGE octet 74: the end of a message is missing: 18 octets, a header has 19 [{'ff' * 16}0013]"
    assert err == "pybgp decode: 3 damaged\n"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        pytest.param(f"{'ff' * 16} 0012 04", "no message header: length 18, expected at least 19", id="short"),
        pytest.param(f"{'ff' * 16} 0017 02 00", "the end of a message is missing: 20 of 23 octets", id="cut-off"),
    ],
)
def test_what_is_no_message_says_why(text: str, why: str, monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, text)

    assert main(["decode"]) == 1

    assert capsys.readouterr().out == f"DAMAGE octet 0: {why} [{text.replace(' ', '')}]\n"


def test_a_capture_without_the_port_says_so(capsys: Capsys) -> None:
    assert main(["decode", str(CAPTURE), "--port", "180"]) == 0

    assert capsys.readouterr() == ("", "pybgp decode: no BGP messages on port 180; --port names others\n")


def test_hexadecimal_text_that_is_no_file_gets_a_hint(capsys: Capsys) -> None:
    assert main(["decode", octets(KEEPALIVE).hex()]) == 2

    assert "No such file or directory; hexadecimal text goes to the standard input" in capsys.readouterr().err


def test_many_prefixes_are_counted(monkeypatch: Patch, capsys: Capsys) -> None:
    prefixes = "".join(f"10 0a{number:02x}" for number in range(12))
    say(monkeypatch, f"{'ff' * 16} 003b 02 0024 {prefixes} 0000")

    assert main(["decode"]) == 0

    assert capsys.readouterr().out.endswith(", 10.9.0.0/16 and 2 more\n")


def test_a_peers_words_can_not_drive_the_terminal(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, f"{'ff' * 16} 001a 03 06 02 04 1b5b324a")

    main(["decode"])

    assert "\x1b" not in capsys.readouterr().out


# -- what the session means --------------------------------------------------------------------------------------------


def test_opens_tell_the_size_of_as_numbers(monkeypatch: Patch, capsys: Capsys) -> None:
    """RFC 6793 §4.1: two octets where one side has no four-octet AS numbers."""
    say(monkeypatch, octets(OPEN, OLD_OPEN, OLD_UPDATE))

    assert main(["decode", "--json"]) == 0

    update = objects(capsys)[2]
    assert (update["session"]["as_size"], update["session"]["peer"]) == (2, "external")
    assert update["attributes"][1]["value"] == [{"type": "as_sequence", "asns": [65001]}]


def test_opens_tell_that_there_may_be_several_labels(monkeypatch: Patch, capsys: Capsys) -> None:
    """RFC 8277 §2.1."""
    capabilities = "02 12 01 04 0001 00 04  41 04 0000fde9  08 04 0001 04 02"  # ipv4-labeled-unicast, AS, two labels
    opens = [f"{MARKER} 0031 01 04 fde9 005a 0102030{number} 14 {capabilities}" for number in (4, 5)]
    reach = "80 0e 11 0001 04 04 c0000201 00 38 000640 000c81 0a"  # 10.0.0.0/8, labels 100 and 200
    say(monkeypatch, "\n".join((*opens, f"{MARKER} 0032 02 0000 001b {reach} 40010100 400200")))

    assert main(["decode"]) == 0

    assert "announce ipv4-labeled-unicast 10.0.0.0/8 label 100,200 next_hop" in capsys.readouterr().out


def test_without_opens_the_size_of_as_numbers_is_guessed(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, OLD_UPDATE)

    assert main(["decode", "--json"]) == 0

    assert objects(capsys)[0]["session"]["as_size"] == 2


def test_what_the_line_says_counts_most(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, OLD_UPDATE)

    assert main(["decode", "--as-size", "4", "--json"]) == 1

    assert objects(capsys)[0]["problems"][0]["attribute"] == "AS_PATH"


def test_path_identifiers_can_be_said(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, f"{'ff' * 16} 001d 02 0006 00000007 08 0a 0000")

    assert main(["decode", "--add-path", "ipv4-unicast"]) == 0

    assert capsys.readouterr().out == "UPDATE withdraw 10.0.0.0/8 (path 7)\n"


def test_an_external_peer_has_no_local_pref(monkeypatch: Patch, capsys: Capsys) -> None:
    """RFC 7606 §7.5."""
    update = f"{'ff' * 16} 0032 02 0000 0019 40010100 400206 02010000fde9 400304 c0000201 400504 00000064"
    say(monkeypatch, update.replace("0032", "0034").replace("0019", "001b") + "08 0a")

    assert main(["decode", "--ebgp"]) == 1

    assert "[octet 0: discard LOCAL_PREF: not allowed from an external peer]" in capsys.readouterr().out


def test_a_family_that_the_session_has_not_is_told(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, f"{'ff' * 16} 001d 02 0000 0006 800f03 0002 01")

    assert main(["decode", "--family", "ipv4-unicast"]) == 1

    assert "family ipv6-unicast was not negotiated" in capsys.readouterr().out


# -- captures and MRT files --------------------------------------------------------------------------------------------


def test_a_capture_has_times_and_both_directions(capsys: Capsys) -> None:
    assert main(["decode", str(CAPTURE)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(
        "2026-11-24T12:10:34.311943Z 192.0.2.2:48414 → 192.0.2.1:179 OPEN as 4200000001, id 192.0.2.2, hold time 9 s; "
    )
    assert lines[4].endswith(
        "UPDATE announce 198.51.100.0/24 (path 2), 203.0.113.0/25 (path 3); "
        "origin igp, as_path 4200000001, next_hop 192.0.2.2, med 0"
    )
    assert lines[-1].endswith('NOTIFICATION Cease/Administrative Shutdown "maintenance"')


def test_a_captures_objects_say_where_they_were_seen(capsys: Capsys) -> None:
    assert main(["decode", "--json", str(CAPTURE)]) == 0

    found = objects(capsys)
    assert {(each["from"], each["to"]) for each in found} == {
        ("192.0.2.2:48414", "192.0.2.1:179"),
        ("192.0.2.1:179", "192.0.2.2:48414"),
    }
    assert found[0]["time"] == "2026-11-24T12:10:34.311943Z"
    assert found[0]["connection"] == 2
    assert found[4]["announced"][0] == {"prefix": "198.51.100.0/24", "path_id": 2}


def test_only_the_ports_of_bgp_count(capsys: Capsys) -> None:
    assert main(["decode", "--port", "1790", str(CAPTURE)]) == 0

    assert capsys.readouterr().out == ""


def test_a_table_is_a_line_a_route(capsys: Capsys) -> None:
    assert main(["decode", str(MRT / "bird-table4.mrt")]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert " PEERS of collector 10.255.0.1, view master4: " in lines[0]
    assert lines[2].endswith(
        " ROUTE 10.102.1.0/24 (path 2) from 10.77.0.2 AS65002 next_hop 10.77.0.2; "
        "origin igp, as_path 65002, med 21, local_pref 100, communities 65002:2"
    )


def test_a_routes_object_has_peer_destination_and_attributes(capsys: Capsys) -> None:
    assert main(["decode", "--json", str(MRT / "bird-table6.mrt")]) == 0

    route = objects(capsys)[2]
    assert route["type"] == "route"
    assert route["peer"] == {"address": "2001:db8:77::3", "asn": 4200000003, "router_id": "10.255.0.3"}
    assert (route["family"], route["nlri"]) == ("ipv6-unicast", {"prefix": "2001:db8:102:1::/64"})
    assert route["next_hop"] == "2001:db8:77::3"
    assert [each["name"] for each in route["attributes"]] == ["ORIGIN", "AS_PATH", "LOCAL_PREF", "COMMUNITIES"]


def test_messages_and_states_of_a_log(capsys: Capsys) -> None:
    assert main(["decode", str(MRT / "bird-messages.mrt")]) == 0

    out = capsys.readouterr().out
    assert "10.77.0.3 → 10.77.0.1 STATE active → connect\n" in out
    assert "10.77.0.3 → 10.77.0.1 OPEN as 4200000003, " in out


@pytest.mark.parametrize("path", sorted(MRT.glob("*.txt")), ids=lambda path: path.stem)
def test_the_lines_of_bgpdump(path: Path, capsys: Capsys) -> None:
    assert main(["decode", "-m", str(path.with_suffix(".mrt"))]) == 0

    assert capsys.readouterr().out == path.read_text()


def test_damage_of_a_log_is_told_and_reading_goes_on(tmp_path: Path, capsys: Capsys) -> None:
    whole = (MRT / "bird-table4.mrt").read_bytes()
    path = tmp_path / "cut.mrt"
    path.write_bytes(whole + whole[:20])

    assert main(["decode", str(path)]) == 1
    assert f"DAMAGE octet {len(whole)}: " in capsys.readouterr().out.splitlines()[-1]

    assert main(["decode", "-m", str(path)]) == 1
    out, err = capsys.readouterr()
    assert out == (MRT / "bird-table4.txt").read_text()
    assert f"offset {len(whole)}: " in err


# -- forms -------------------------------------------------------------------------------------------------------------


def test_every_octet_is_explained(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, SHORT_MED)

    assert main(["decode", "--explain"]) == 1

    out = capsys.readouterr().out
    assert "00 00 05                       value of 3 octets\n" in out
    assert "^ length 3, expected 4 octets: all routes of the UPDATE count as withdrawn\n" in out
    assert "[RFC 4271 §5.1.4]" in out


@pytest.mark.parametrize(
    ("terminal", "no_color", "coloured"), [(True, "", True), (True, "1", False), (False, "", False)]
)
def test_colours_are_for_terminals(
    terminal: bool, no_color: str, coloured: bool, monkeypatch: Patch, capsys: Capsys
) -> None:
    say(monkeypatch, SHORT_MED)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("NO_COLOR", no_color)

    main(["decode", "--explain"])

    assert ("\x1b[31m" in capsys.readouterr().out) is coloured


def test_an_empty_input_has_no_messages(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, b"")

    assert main(["decode"]) == 0

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("arguments", "said", "code", "words"),
    [
        pytest.param(["no-such-file"], b"", 2, "no-such-file: No such file or directory", id="no-file"),
        pytest.param(["/"], b"", 2, "/: Is a directory", id="directory"),
        pytest.param(["--json", "--explain"], b"", 2, "exclude each other", id="two-forms"),
        pytest.param(["--add-path", "ipv5"], b"", 2, "unknown address family 'ipv5'", id="no-family"),
        pytest.param(["-m"], octets(KEEPALIVE), 2, "--bgpdump is for MRT files, and this is bgp", id="no-mrt"),
        pytest.param([], b"\x7fELF\2\1\1", 1, "begins with 7f454c46020101: expected hexadecimal text", id="what"),
        pytest.param([], b"ff\nhello\n", 1, "line 2: 'h': expected hexadecimal digits", id="no-hexadecimal"),
    ],
)
def test_what_can_not_be_read_is_one_line_and_a_code(
    arguments: list[str], said: bytes, code: int, words: str, monkeypatch: Patch, capsys: Capsys
) -> None:
    say(monkeypatch, said)

    assert main(["decode", *arguments]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert words in err
    assert err.count("\n") == 1


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(octets(UPDATE) * 20_000)
    command = [sys.executable, "-m", "pybgp", "decode", str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as shown:
        assert shown.stdout is not None
        assert shown.stderr is not None
        shown.stdout.readline()
        shown.stdout.close()
        assert shown.stderr.read() == b""
        assert shown.wait(30) == 1


@pytest.mark.parametrize("command", ["decode", "encode"])
def test_a_full_disk_is_told_in_one_line(command: str, tmp_path: Path) -> None:
    path = tmp_path / "input"
    path.write_text('{"type": "keepalive"}' if command == "encode" else KEEPALIVE)

    with open("/dev/full", "wb") as full:
        arguments = [sys.executable, "-m", "pybgp", command, str(path)]
        done = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, timeout=30, check=False)

    assert done.stderr == b"pybgp: the output can't be written: No space left on device\n"
    assert done.returncode == 1


def test_characters_that_the_output_lacks_are_escaped() -> None:
    command = [sys.executable, "-m", "pybgp", "decode", str(CAPTURE)]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}

    done = subprocess.run(command, capture_output=True, timeout=30, check=False, env=ascii_only)

    assert done.stderr == b""
    assert rb"192.0.2.2:48414 \u2192 192.0.2.1:179 OPEN" in done.stdout


# -- progress ----------------------------------------------------------------------------------------------------------


class Clock:
    """A second a look."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


@pytest.mark.parametrize(("terminal", "shown"), [(True, True), (False, False)])
def test_progress_is_for_people_who_wait(terminal: bool, shown: bool, monkeypatch: Patch, capsys: Capsys) -> None:
    monkeypatch.setattr(progress, "time", Clock())
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal)

    chunks = list(progress.shown(iter([bytes(50)] * 4), 200))

    err = capsys.readouterr().err
    assert chunks == [bytes(50)] * 4
    assert ("] 100%" in err and err.endswith("\r\x1b[K")) is shown


def test_nothing_is_shown_over_the_answer(monkeypatch: Patch, capsys: Capsys) -> None:
    monkeypatch.setattr(progress, "time", Clock())
    for stream in (sys.stdout, sys.stderr):
        monkeypatch.setattr(stream, "isatty", lambda: True)

    list(progress.shown(iter([bytes(50)] * 4), 200))

    assert capsys.readouterr().err == ""


def test_the_bar_has_part_speed_and_rest() -> None:
    assert progress.bar(50_000_000, 200_000_000, 5.0) == f"[{'#' * 7}{' ' * 23}]  25%  10.0 MB/s, 15 s left "
