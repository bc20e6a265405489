"""``pybgp encode``: JSON lines become octets, and what is wrong with a line is told."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pybgp.cli.main import main

from .wire import KEEPALIVE, OLD_OPEN, OLD_UPDATE, OPEN, SHORT_MED, SHUTDOWN, UPDATE, octets, say

Capsys = pytest.CaptureFixture[str]
Patch = pytest.MonkeyPatch
CAPTURE = Path(__file__).parents[2] / "data" / "capture" / "bird-frr.pcap"


def test_a_line_is_a_message_in_hexadecimal(monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, '{"type": "keepalive"}\n\n{"type": "update", "withdrawn": ["10.0.0.0/8"]}\n')

    assert main(["encode", "--to", "hex"]) == 0

    assert capsys.readouterr() == (f"{octets(KEEPALIVE).hex()}\n{'ff' * 16}0019020002080a0000\n", "")


def test_elsewhere_than_on_a_terminal_it_is_the_octets(
    tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    path = tmp_path / "lines.json"
    path.write_text('{"type": "keepalive"}\n')

    assert main(["encode", str(path)]) == 0

    assert capfdbinary.readouterr().out == octets(KEEPALIVE)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param(octets(OPEN, KEEPALIVE, UPDATE, SHUTDOWN), id="good"),
        pytest.param(octets(OPEN, OLD_OPEN, OLD_UPDATE), id="two-octets"),
        pytest.param(octets(SHORT_MED, KEEPALIVE), id="damaged"),
    ],
)
def test_decode_and_encode_give_the_same_octets(messages: bytes, monkeypatch: Patch, capsys: Capsys) -> None:
    say(monkeypatch, messages)
    main(["decode", "--json"])
    decoded = capsys.readouterr().out

    say(monkeypatch, decoded)
    main(["encode", "--to", "hex"])
    encoded = capsys.readouterr().out

    assert bytes.fromhex(encoded) == messages
    say(monkeypatch, encoded)
    main(["decode", "--json"])
    assert capsys.readouterr().out == decoded


def test_a_captures_messages_come_through(monkeypatch: Patch, capsys: Capsys) -> None:
    main(["decode", "--json", str(CAPTURE)])
    decoded = capsys.readouterr().out

    say(monkeypatch, decoded)
    assert main(["encode", "--to", "hex"]) == 0
    encoded = capsys.readouterr().out

    assert len(encoded.splitlines()) == len(decoded.splitlines())
    say(monkeypatch, encoded)
    assert main(["decode", "--json", "--add-path", "ipv4-unicast", "--ebgp"]) == 0
    seen = ("time", "from", "to", "connection", "offset")
    for before, after in zip(decoded.splitlines(), capsys.readouterr().out.splitlines(), strict=True):
        one, other = json.loads(before), json.loads(after)
        assert {name: one[name] for name in one if name not in seen} == {
            name: other[name] for name in other if name not in seen
        }


def test_what_is_wrong_is_told_with_its_line_and_the_rest_is_written(monkeypatch: Patch, capsys: Capsys) -> None:
    lines = [
        '{"type": "keepalive"}',
        '{"type": "update", "attributes": [{"name": "LOCAL_PREF", "value": "high"}]}',
        '{"type": "keepalive"',
        "[" * 100_000,
        '{"type": "damages", "offset": 7, "why": "no message header"}',
        '"keepalive"',
        '{"type": "keepalive"}',
    ]
    say(monkeypatch, "\n".join(lines).encode() + b'\n"\xff"\n')

    assert main(["encode", "--to", "hex"]) == 1

    out, err = capsys.readouterr()
    assert out == f"{octets(KEEPALIVE).hex()}\n" * 2
    told = err.splitlines()
    assert told[0].startswith("pybgp encode: line 2: attributes[0] (LOCAL_PREF): value: ")
    assert told[1].startswith("pybgp encode: line 3: column 21: no JSON: ")
    assert told[2] == "pybgp encode: line 4: no JSON: nested too deeply"
    assert told[3].startswith("pybgp encode: line 5: type = 'damages': expected open, update, ")
    assert told[4] == "pybgp encode: line 6: 'keepalive': expected an object with a type"
    assert told[5] == "pybgp encode: line 8: no JSON: not UTF-8"


def test_what_decode_prints_beside_messages_is_left_out_and_counted(monkeypatch: Patch, capsys: Capsys) -> None:
    lines = [{"type": "state-change"}, {"type": "keepalive"}, {"type": "route"}, {"type": "state-change"}]
    say(monkeypatch, "\n".join(map(json.dumps, lines)))

    assert main(["encode", "--to", "hex"]) == 0

    assert capsys.readouterr() == (
        f"{octets(KEEPALIVE).hex()}\n",
        "pybgp encode: left out what are no messages: 2 state-change, 1 route\n",
    )


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "data" / "mrt").glob("*.mrt")), ids=lambda each: each.name
)
def test_each_line_that_decode_prints_of_a_dump_is_taken(path: Path, monkeypatch: Patch, capsys: Capsys) -> None:
    main(["decode", "--json", str(path)])
    say(monkeypatch, capsys.readouterr().out)

    assert main(["encode", "--to", "hex"]) == 0


def test_a_file_that_is_not_there(capsys: Capsys) -> None:
    assert main(["encode", "no-such-file"]) == 2

    assert "no-such-file: No such file or directory" in capsys.readouterr().err


def test_the_two_work_in_a_pipe(tmp_path: Path) -> None:
    path = tmp_path / "messages"
    path.write_bytes(octets(OPEN, UPDATE))
    pybgp = f"{sys.executable} -m pybgp"
    pipe = f"{pybgp} decode --json {path} | {pybgp} encode | cmp - {path}"

    done = subprocess.run(pipe, shell=True, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
