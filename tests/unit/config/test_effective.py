"""The effective configuration as text: every value, where it comes from, no secret, and a file again."""

from __future__ import annotations

from pybgp.config import resolved
from pybgp.config.effective import render
from pybgp.config.file import parse, read
from pybgp.config.line import load_line
from pybgp.config.model import NodeConfig, PeerConfig, SecretConfig, SpeakerConfig
from pybgp.config.reference_text import EXAMPLE

FILE = """
local_as = 64512
router_id = "192.0.2.1"
[graceful_restart]
stale_time = 5
[peer_groups.clients]
remote_as = 64512
password = { file = "/etc/pybgp/rr.key" }
timers = { mrai = 3 }
[[peers]]
address = "192.0.2.2"
group = "clients"
hold_time = 30
[[peers]]
address = "192.0.2.3"
remote_as = 65001
password = { env = "KEY" }
"""


def lines(text: str = FILE) -> list[str]:
    loaded = read(text, name="node.toml")
    return render(loaded.config, loaded.origins).splitlines()


def peer_lines(index: int) -> dict[str, str]:
    """The lines of one peer by their key, with single spaces."""
    found = lines()
    start = [number for number, line in enumerate(found) if line == "[[peers]]"][index]
    behind = found[start + 1 :]
    here = behind[: behind.index("")] if "" in behind else behind
    return {line.removeprefix("# ").split(" =")[0].split(":")[0]: " ".join(line.split()) for line in here}


def test_every_value_says_where_it_comes_from() -> None:
    found = peer_lines(0)

    assert found["address"] == 'address = "192.0.2.2" # peer'
    assert found["hold_time"] == "hold_time = 30 # peer"
    assert found["remote_as"] == "remote_as = 64512 # group clients"
    assert found["local_as"] == "local_as = 64512 # top level"
    assert found["port"] == "port = 179 # default"
    assert found["timers.mrai"] == "timers.mrai = 3 # group clients"
    assert found["timers.delay_open"] == "timers.delay_open = 0 # default"
    assert found["graceful_restart.stale_time"] == "graceful_restart.stale_time = 5 # top level"


def test_what_is_left_open_is_filled_in_or_told_in_words() -> None:
    found = peer_lines(0)

    assert found["name"] == 'name = "192.0.2.2" # default: the address'
    assert found["import_policy"] == 'import_policy = ["accept"] # default: iBGP: everything'
    assert found["graceful_restart.restart_time"] == (
        "graceful_restart.restart_time = 30 # default: the smaller of 120 and hold_time"
    )
    assert found["local_address"] == "# local_address: the kernel's choice (default)"
    assert peer_lines(1)["import_policy"] == "# import_policy: eBGP: nothing (RFC 8212) (default)"


def test_secrets_are_only_where_they_are() -> None:
    assert peer_lines(0)["password"] == (
        'password = { file = "/etc/pybgp/rr.key" } # <from file /etc/pybgp/rr.key>, group clients'
    )
    assert peer_lines(1)["password"] == 'password = { env = "KEY" } # <from variable KEY>, peer'


def test_a_secret_of_a_program_is_not_shown() -> None:
    peer = PeerConfig("192.0.2.2", remote_as=1, password=SecretConfig(value="s3cret"))

    text = render(NodeConfig(speaker=SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=[peer])))

    assert "s3cret" not in text
    assert "# password: <given by the program>" in text


def test_a_heading_says_what_a_peer_is() -> None:
    assert "# peers[0]: iBGP, group clients" in lines()
    assert "# peers[1]: eBGP" in lines()


def test_tables_that_are_off() -> None:
    found = lines()

    assert "# fib: the kernel is neither read nor written" in found
    assert "# web: off" in found


def test_the_top_level_may_come_from_the_command_line() -> None:
    loaded = load_line(64512, None, ["192.0.2.9,asn=64512"], base=read(FILE, name="x"), log_level="debug")
    found = [" ".join(line.split()) for line in render(loaded.config, loaded.origins).splitlines()]

    assert "local_as = 64512 # command line" in found
    assert 'level = "debug" # command line' in found
    assert 'address = "192.0.2.9" # command line' in found


def test_without_origins_nothing_is_said_about_them() -> None:
    text = render(parse(FILE, name="x"))

    assert "# peer\n" not in text
    for key in ("default_local_pref", "default_originate", "default_route_target"):
        text = text.replace(key, "")
    assert "default" not in text


def test_it_is_a_file_that_says_the_same() -> None:
    for text in (FILE, EXAMPLE):
        loaded = read(text, name="x")

        again = parse(render(loaded.config, loaded.origins), name="effective")

        assert resolved.node(again) == resolved.node(loaded.config)


def test_what_is_printed_again_is_the_same_text() -> None:
    once = render(parse(EXAMPLE, name="x"))

    assert render(parse(once, name="effective")) == once.replace(", group clients", "")


def test_a_function_of_a_program_is_named() -> None:
    peer = PeerConfig("192.0.2.2", remote_as=1, import_policy=[test_tables_that_are_off])
    speaker = SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=[peer])

    text = render(NodeConfig(speaker=speaker))

    assert f'import_policy = ["{__name__}:test_tables_that_are_off"]' in text


def test_text_is_quoted_so_that_it_can_be_read() -> None:
    """Also a name that a program gave, and nobody could write into a file."""
    peer = PeerConfig("192.0.2.2", remote_as=1, name='a "b"\\\n\x7f')
    speaker = SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=[peer])

    assert 'name = "a \\"b\\"\\\\\\n\\u007F"' in render(NodeConfig(speaker=speaker))
