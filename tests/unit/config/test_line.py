"""The command line makes the same model as a file, and its mistakes are told in its own words."""

from __future__ import annotations

import pytest

from pybgp.config.check import check
from pybgp.config.file import parse, read
from pybgp.config.line import from_line, load_line, peer_from_option
from pybgp.config.model import NodeConfig
from pybgp.errors import ConfigError

TOP = 'local_as = 64512\nrouter_id = "192.0.2.1"\n'
FILE = f"""{TOP}
[graceful_restart]
stale_time = 5
[peer_groups.clients]
remote_as = 64512
route_reflector_client = true
timers = {{ mrai = 3 }}
[[peers]]
address = "192.0.2.2"
group = "clients"
graceful_restart = {{ keep_stale = true }}
"""


def node(text: str) -> NodeConfig:
    return parse(text, name="node.toml")


def problems(*arguments: object, **scalars: object) -> list[str]:
    with pytest.raises(ConfigError) as error:
        from_line(*arguments, **scalars)  # type: ignore[arg-type]
    return list(error.value.problems)


@pytest.mark.parametrize(
    ("option", "toml"),
    [
        ("192.0.2.2,asn=64512,client", "remote_as = 64512\nroute_reflector_client = true"),
        ("192.0.2.2,asn=1.10,passive", "remote_as = 65546\npassive = true"),
        ("192.0.2.2,remote_as=external,passive=false", 'remote_as = "external"'),
        (
            "192.0.2.2,asn=65001,import_policy=accept,export_policy=a.b:c+reject,port=1179",
            'remote_as = 65001\nimport_policy = ["accept"]\nexport_policy = ["a.b:c", "reject"]\nport = 1179',
        ),
        (
            "192.0.2.2, asn=1 , families=ipv4-unicast+ipv6-unicast",
            'remote_as = 1\nfamilies = ["ipv4-unicast", "ipv6-unicast"]',
        ),
        (
            "192.0.2.2,asn=1,timers.connect_retry=0.5,timers.mrai=3,max_prefixes.limit=9,password.file=/etc/key",
            "remote_as = 1\ntimers = { connect_retry = 0.5, mrai = 3 }\nmax_prefixes = { limit = 9 }\n"
            'password = { file = "/etc/key" }',
        ),
        ("192.0.2.2,asn=1,export_policy=", "remote_as = 1\nexport_policy = []"),
        ("192.0.2.2,asn=1,name=007,interface=eth0", 'remote_as = 1\nname = "007"\ninterface = "eth0"'),
        ("192.0.2.2,asn=1,graceful_restart.role=off", 'remote_as = 1\ngraceful_restart = { role = "off" }'),
    ],
)
def test_an_option_says_the_same_as_a_table(option: str, toml: str) -> None:
    line = from_line("64512", "192.0.2.1", [option])

    assert line == node(f'{TOP}[[peers]]\naddress = "192.0.2.2"\n{toml}')


def test_addresses_with_zones_and_colons() -> None:
    found = from_line(1, "auto", ["fe80::1%eth0,asn=1", "2001:DB8::2,asn=1"])

    assert [peer.address for peer in found.speaker.peers] == ["fe80::1%eth0", "2001:db8::2"]


def test_an_option_that_was_read_can_be_given_too() -> None:
    option = peer_from_option("192.0.2.2,asn=1")

    assert from_line(1, "auto", [option]) == from_line(1, "auto", ["192.0.2.2,asn=1"])


def test_an_ibgp_peer_accepts_both_ways_and_an_ebgp_peer_must_be_told_to() -> None:
    """RFC 8212."""
    assert check(from_line(1, "auto", ["192.0.2.2,asn=1"])) == []
    assert len(check(from_line(1, "auto", ["192.0.2.2,asn=2"]))) == 1
    assert check(from_line(1, "auto", ["192.0.2.2,asn=2,import_policy=accept,export_policy=accept"])) == []


@pytest.mark.parametrize(
    ("scalars", "toml"),
    [
        ({"cluster_id": "192.0.2.9"}, 'cluster_id = "192.0.2.9"'),
        ({"log_format": "json", "log.level": "debug"}, 'log = { format = "json", level = "debug" }'),
        ({"control_socket": "/tmp/x.sock"}, 'control = { socket = "/tmp/x.sock" }'),
        ({"default_local_pref": "50"}, "default_local_pref = 50"),
        ({"fib.protocol": 99}, "fib = { protocol = 99 }"),
        ({"graceful_restart_role": "both"}, 'graceful_restart = { role = "both" }'),
        ({"listen": ("127.0.0.1:1179", "[::1]:1179")}, 'listen = ["127.0.0.1:1179", "[::1]:1179"]'),
        ({"listen": "127.0.0.1:1179+[::1]:1179"}, 'listen = ["127.0.0.1:1179", "[::1]:1179"]'),
        ({"families": "ipv6-unicast"}, 'families = ["ipv6-unicast"]'),
        ({"decision.max_paths.ebgp": "4"}, "decision = { max_paths = { ebgp = 4 } }"),
        ({"log_level": None}, ""),
    ],
)
def test_scalars_say_the_same_as_the_top_level(scalars: dict[str, object], toml: str) -> None:
    assert from_line(64512, "192.0.2.1", [], **scalars) == node(TOP + toml)  # type: ignore[arg-type]


# -- with a file -------------------------------------------------------------------------------------------------------


def test_a_line_adds_peers_to_a_file_and_they_may_be_in_its_groups() -> None:
    found = from_line(None, None, ["192.0.2.3,group=clients,hold_time=30"], base=node(FILE))

    assert found == node(f'{FILE}[[peers]]\naddress = "192.0.2.3"\ngroup = "clients"\nhold_time = 30\n')


def test_a_line_replaces_scalars_of_a_file() -> None:
    found = from_line(64512, "192.0.2.9", [], base=node(FILE), log_level="debug", default_local_pref="7")

    assert found == node(
        FILE.replace("192.0.2.1", "192.0.2.9").replace(
            "[graceful", 'default_local_pref = 7\nlog = { level = "debug" }\n[graceful'
        )
    )


def test_a_scalar_reaches_peers_that_have_a_table_of_their_own() -> None:
    found = load_line(None, None, [], base=read(FILE, name="node.toml"), graceful_restart_stale_time="9").config

    graceful = found.speaker.peers[0].graceful_restart
    assert graceful is not None
    assert (graceful.stale_time, graceful.keep_stale) == (9, True)


def test_a_line_that_says_nothing_changes_nothing() -> None:
    assert from_line(None, None, [], base=node(FILE)) == node(FILE)


def test_with_a_file_the_line_has_no_lists_and_no_tables() -> None:
    assert problems(None, None, [], base=node(FILE), listen="127.0.0.1:179", families="ipv6-unicast") == [
        "command line: listen: expected in the file: with a file, the line may only add peers and replace single "
        "values",
        "command line: families: expected in the file: with a file, the line may only add peers and replace single "
        "values",
    ]


def test_a_peer_that_the_file_has_already() -> None:
    assert problems(None, None, ["192.0.2.2,asn=64512"], base=node(FILE)) == [
        '--peer 192.0.2.2: address = "192.0.2.2": expected another address, port or interface, peers[0] is the same '
        "peer (port 179)"
    ]


def test_a_line_that_makes_the_file_wrong_names_the_file() -> None:
    with pytest.raises(ConfigError) as error:
        load_line(65000, None, [], base=read(FILE, name="node.toml"))

    assert error.value.problems == (
        "node.toml: peers[0].route_reflector_client = true (from group clients): expected false, since "
        "remote_as = 64512 makes it eBGP (RFC 4456)",
    )


# -- mistakes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("option", "expected"),
    [
        ("", "--peer : expected the peer's address first, then a comma and KEY=VALUE"),
        (
            "asn=1",
            '--peer asn=1: address = "asn=1": expected an IPv4 or IPv6 address, link-local ones with a zone '
            "(fe80::1%eth0)",
        ),
        ("192.0.2.2,clint", "--peer 192.0.2.2: clint: unknown key; did you mean client?"),
        ("192.0.2.2,as=1", "--peer 192.0.2.2: as: unknown key; did you mean asn?"),
        ("192.0.2.2,frobnicate", "--peer 192.0.2.2: frobnicate: unknown key; expected asn, client, or a key of peers"),
        (
            "192.0.2.2,timers.conect_retry=3",
            "--peer 192.0.2.2: timers.conect_retry: unknown key; did you mean timers.connect_retry?",
        ),
        (
            "192.0.2.2,timers=3",
            "--peer 192.0.2.2: timers: unknown key; expected timers.connect_retry=... or "
            "timers.idle_hold=... or timers.idle_hold_max=...",
        ),
        ("192.0.2.2,,passive", "--peer 192.0.2.2: expected KEY=VALUE between two commas"),
        (
            "192.0.2.2,asn",
            "--peer 192.0.2.2: remote_as: expected a value behind asn=, an AS number, 1..4294967295 or "
            'asdot like "1.10", "external" or "internal"',
        ),
        (
            "192.0.2.2,asn=x",
            '--peer 192.0.2.2: remote_as = "x": expected an AS number, 1..4294967295 or asdot like '
            '"1.10", "external" or "internal"',
        ),
        ("192.0.2.2,passive=yes", '--peer 192.0.2.2: passive = "yes": expected true or false'),
        ("192.0.2.2,hold_time=2", "--peer 192.0.2.2: hold_time = 2: expected 0 or 3..65535 seconds (RFC 4271 §4.2)"),
        (
            "192.0.2.2,hold_time=long",
            '--peer 192.0.2.2: hold_time = "long": expected 0 or 3..65535 seconds (RFC 4271 §4.2)',
        ),
        ("192.0.2.2,asn=1,remote_as=2", "--peer 192.0.2.2: remote_as: expected only once"),
    ],
)
def test_an_option_that_can_not_be_meant(option: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        peer_from_option(option)

    assert error.value.problems == (expected,)


def test_everything_is_told_at_once() -> None:
    found = problems(
        "x",
        None,
        ["192.0.2.2,asn=1,clint,hold_time=1", "192.0.2.3", "192.0.2.4,asn=1,ttl_security=1,multihop=1"],
        log_format="yaml",
        bogus=1,
        policies=1,
    )

    assert [line.split(": expected")[0].split("; ")[0] for line in found] == [
        "--peer 192.0.2.2: clint: unknown key",
        "--peer 192.0.2.2: hold_time = 1",
        "command line: bogus",
        "command line: policies",
        "--peer 192.0.2.3: remote_as: missing",
        "--peer 192.0.2.4: ttl_security = 1",
        '--asn = "x"',
        'command line: log.format = "yaml"',
        "--router-id: missing",
    ]


def test_each_value_knows_where_it_is_from() -> None:
    base = read(FILE, name="node.toml")

    loaded = load_line(None, "192.0.2.9", ["192.0.2.3,group=clients"], base=base, graceful_restart_stale_time="9")

    assert loaded.origins["local_as"] == "top level"
    assert loaded.origins["router_id"] == "command line"
    assert loaded.origins["peers[0].address"] == "peer"
    assert loaded.origins["peers[0].graceful_restart.stale_time"] == "command line"
    assert loaded.origins["peers[1].address"] == "command line"
    assert loaded.origins["peers[1].timers.mrai"] == "group clients"
