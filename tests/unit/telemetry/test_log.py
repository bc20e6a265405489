"""Log lines: what they look like, what is counted, what a peer's text can't do."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta

import pytest

from pybgp.addresses import Family
from pybgp.constants import AttributeCode
from pybgp.speaker.outputs import Event
from pybgp.telemetry.log import MAX_REMEMBERED, EventLog, json_line, text_line

START = datetime(2026, 1, 5, 10, 12, 7, 113_000, tzinfo=UTC)
UP = Event(
    "session_up", "info", {"peer": "192.0.2.2", "remote_as": 64512, "hold_time_s": 90.0, "families": ("ipv4-unicast",)}
)
DOWN = Event("session_down", "warn", {"peer": "192.0.2.2", "why": "connection lost"})


def update_error(prefixes: int = 3, peer: str = "192.0.2.9") -> Event:
    return Event("update_error", "warn", {"peer": peer, "prefixes": prefixes, "why": "length 3, expected 4 octets"})


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Log:
    """A log with a clock that stands still until it is told."""

    def __init__(self, stream: io.StringIO | None = None, **options: object) -> None:
        self.now = START
        self.stream = io.StringIO() if stream is None else stream
        options = {"format": "text", **options}
        self.log = EventLog(self.stream, wall=lambda: self.now, **options)  # type: ignore[arg-type]

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()


def test_a_line_is_time_level_event_and_pairs() -> None:
    assert text_line(START, UP) == (
        "2026-01-05T10:12:07.113Z info  session_up peer=192.0.2.2 remote_as=64512 hold_time_s=90 families=ipv4-unicast"
    )


def test_a_json_line_keeps_types_and_names() -> None:
    assert json.loads(json_line(START, UP, 0)) == {
        "time": "2026-01-05T10:12:07.113Z",
        "level": "info",
        "event": "session_up",
        "peer": "192.0.2.2",
        "remote_as": 64512,
        "hold_time_s": 90.0,
        "families": ["ipv4-unicast"],
    }


@pytest.mark.parametrize(
    ("value", "text", "in_json"),
    [
        pytest.param(None, "none", None, id="nothing"),
        pytest.param(True, "true", True, id="boolean"),
        pytest.param(2.5, "2.5", 2.5, id="float"),
        pytest.param(0.1 + 0.2, "0.3", 0.3, id="rounded-float"),
        pytest.param("", '""', "", id="empty"),
        pytest.param("two words", '"two words"', "two words", id="blank"),
        pytest.param('say "a=b"', '"say \\"a=b\\""', 'say "a=b"', id="quotes"),
        pytest.param(b"\x01\xff", "01ff", "01ff", id="octets"),
        pytest.param(AttributeCode.MULTI_EXIT_DISC, "MULTI_EXIT_DISC", "MULTI_EXIT_DISC", id="enum"),
        pytest.param(Family.IPV6_UNICAST, "ipv6-unicast", "ipv6-unicast", id="family"),
        pytest.param((Family.IPV4_UNICAST, 7), "ipv4-unicast,7", ["ipv4-unicast", 7], id="tuple"),
        pytest.param(frozenset({"b", "a"}), "a,b", ["a", "b"], id="set-in-order"),
        pytest.param({"received": 1}, "received:1", {"received": 1}, id="mapping"),
    ],
)
def test_every_kind_of_value_has_a_text_and_a_json_form(value: object, text: str, in_json: object) -> None:
    event = Event("x", "info", {"value": value})

    assert text_line(START, event).endswith(f" x value={text}")
    assert json.loads(json_line(START, event, 0))["value"] == in_json


@pytest.mark.parametrize("bad", ["a\nb", "\x1b[2J", "x\u202ey", "\x00", "line\u2028end", "\udcff"])
@pytest.mark.parametrize("render", [text_line, json_line])
def test_a_peers_text_can_neither_end_a_line_nor_drive_a_terminal(bad: str, render: object) -> None:
    """RFC 9003 §4: the shutdown communication must be made safe before it is shown."""
    line = render(START, Event("session_down", "warn", {"why": bad}), 0)  # type: ignore[operator]

    assert line.isprintable()


def test_a_field_can_not_hide_time_or_event() -> None:
    line = json.loads(json_line(START, Event("real", "info", {"event": "forged", "time": "never"}), 0))

    assert (line["event"], line["time"]) == ("real", "2026-01-05T10:12:07.113Z")


def test_events_below_the_level_are_not_written() -> None:
    log = Log(level="warn")

    log.log(UP)
    log.log(DOWN)

    assert [line.split()[2] for line in log.lines] == ["session_down"]


def test_repeats_are_counted_whatever_their_numbers() -> None:
    log = Log()

    for prefixes in (3, 1, 7):
        log.log(update_error(prefixes))
    log.advance(11)
    log.log.flush()

    assert len(log.lines) == 2
    assert "prefixes=3" in log.lines[0]
    assert log.lines[1].startswith("2026-01-05T10:12:07.113Z warn  update_error peer=192.0.2.9 prefixes=7")
    assert log.lines[1].endswith(" repeated=2")


def test_a_flood_is_a_line_every_ten_seconds() -> None:
    log = Log()

    for _ in range(30):
        for _ in range(100):
            log.log(update_error())
        log.advance(1)
    log.log.close()

    assert len(log.lines) <= 5
    counted = [line for line in log.lines if "repeated=" in line]
    written = len(log.lines) - len(counted)
    assert written + sum(int(line.rpartition("=")[2]) for line in counted) == 3000


def test_another_peers_warning_is_not_a_repeat() -> None:
    log = Log()

    log.log(update_error(peer="192.0.2.9"))
    log.log(update_error(peer="192.0.2.8"))

    assert len(log.lines) == 2


def test_a_flapping_session_shows_every_change() -> None:
    log = Log()

    for event in (UP, DOWN, UP, DOWN):
        log.log(event)

    assert [line.split()[2] for line in log.lines] == ["session_up", "session_down", "session_up", "session_down"]


def test_what_was_counted_stands_before_the_change_it_led_to() -> None:
    log = Log()
    log.log(update_error(peer="192.0.2.2"))
    log.log(update_error(peer="192.0.2.2"))

    log.log(DOWN)

    assert [line.split()[2] for line in log.lines] == ["update_error", "update_error", "session_down"]
    assert log.lines[1].endswith("repeated=1")


def test_memory_for_repeats_is_bounded() -> None:
    log = Log()

    for number in range(3 * MAX_REMEMBERED):
        log.log(update_error(peer=f"peer-{number}"))
        log.log(update_error(peer=f"peer-{number}"))
    log.log.close()

    assert len(log.log._remembered) == 0
    assert sum("repeated=1" in line for line in log.lines) == 3 * MAX_REMEMBERED


def test_auto_is_text_on_a_terminal_and_json_elsewhere() -> None:
    terminal, file = Log(Terminal(), format="auto", color=False), Log(format="auto")

    terminal.log(UP)
    file.log(UP)

    assert terminal.lines == [text_line(START, UP)]
    assert json.loads(file.lines[0])["event"] == "session_up"


@pytest.mark.parametrize(("color", "expected"), [(None, True), (False, False)])
def test_color_is_for_terminals_that_want_it(color: bool | None, expected: bool) -> None:
    log = Log(Terminal(), color=color)

    log.log(UP)

    assert ("\x1b[" in log.lines[0]) is expected


def test_a_stream_that_fails_loses_lines_and_says_how_many() -> None:
    class Full(io.StringIO):
        full = True

        def write(self, text: str) -> int:
            if self.full:
                raise OSError(28, "No space left on device")
            return super().write(text)

    stream = Full()
    log = Log(stream)
    log.log(UP)
    log.log(DOWN)

    stream.full = False
    log.log(UP)

    assert [line.split()[2] for line in log.lines] == ["log_lost", "session_up"]
    assert "lines=2" in log.lines[0]


def test_the_format_can_change_while_it_runs() -> None:
    log = Log()

    log.log.configure(level="debug", format="json")
    log.log(Event("end_of_rib", "debug", {}))

    assert json.loads(log.lines[0])["event"] == "end_of_rib"
