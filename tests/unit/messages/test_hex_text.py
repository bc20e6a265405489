"""Octets out of text as people paste it."""

from __future__ import annotations

import pytest

from pybgp.messages.hex_text import octets_of

KEEPALIVE = bytes.fromhex("ffffffffffffffffffffffffffffffff001304")
XXD = """\
00000000: ffff ffff ffff ffff ffff ffff ffff ffff  ................
00000010: 0013 04                                  ...
"""
XXD_OF_SINGLE_OCTETS = """\
00000000: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff  ................
00000010: 00 13 04                                         abc
"""
HEXDUMP_C = """\
00000000  ff ff ff ff ff ff ff ff  ff ff ff ff ff ff ff ff  |................|
00000010  00 13 04                                          |abc|
00000013
"""
TSHARK = """\
0000  ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff   ................
0010  00 13 04                                          ...
"""


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(KEEPALIVE.hex(), id="plain"),
        pytest.param(KEEPALIVE.hex().upper(), id="upper-case"),
        pytest.param(KEEPALIVE.hex(" "), id="blanks"),
        pytest.param(KEEPALIVE.hex(":"), id="colons"),
        pytest.param(KEEPALIVE.hex("\n"), id="lines"),
        pytest.param("0x" + KEEPALIVE.hex(), id="0x"),
        pytest.param("{ 0x" + KEEPALIVE.hex("-").replace("-", ", 0x") + " };", id="c"),
        pytest.param("b'\\x" + KEEPALIVE.hex("-").replace("-", "\\x") + "'", id="python"),
        pytest.param("{" + ", ".join(f"{each:#x}" for each in KEEPALIVE) + "}", id="go"),
        pytest.param("ff" * 16 + "  # the marker\n0013 // its length\n04 # a KEEPALIVE, no 3\n", id="comments"),
        pytest.param(XXD, id="xxd"),
        pytest.param(XXD_OF_SINGLE_OCTETS, id="xxd-g1"),
        pytest.param(HEXDUMP_C, id="hexdump-c"),
        pytest.param(TSHARK, id="tshark-x"),
        pytest.param("\n" + TSHARK.replace("\n", "\r\n"), id="tshark-x-of-windows"),
        pytest.param(
            "1  0.000000  192.0.2.1 → 192.0.2.2  BGP  KEEPALIVE Message\n\n" + TSHARK, id="words-before-a-dump"
        ),
    ],
)
def test_octets_are_found(text: str) -> None:
    assert octets_of(text) == KEEPALIVE


def test_dumps_of_several_packets_are_one_behind_the_other() -> None:
    assert octets_of(f"{TSHARK}\nFrame (19 bytes):\n\n{TSHARK}") == KEEPALIVE * 2


def test_nothing_is_no_octets() -> None:
    assert octets_of(" \n# nothing\n") == b""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ff\nfg", "line 2: 'g': expected hexadecimal digits"),
        ("ff f", "3 hexadecimal digits, expected an even number"),
        ("0000  ff fg", "line 1: 'g'"),
        ("0000  ff f", "line 1: 3 hexadecimal digits, expected whole octets"),
        ("ff é", "line 1: 'é'"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        octets_of(text)
