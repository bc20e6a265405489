"""Peer ← group ← top level ← default, and how values are normalised on the way."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.config.file import parse, read
from pybgp.config.model import (
    FamilyConfig,
    FibConfig,
    GracefulRestartConfig,
    MaxPrefixesConfig,
    NodeConfig,
    PeerConfig,
    SpeakerConfig,
    TimersConfig,
)

TOP = 'local_as = 64512\nrouter_id = "192.0.2.1"\n'


def node(text: str) -> NodeConfig:
    return parse(TOP + text, name="node.toml")


def peer(text: str, top: str = "") -> PeerConfig:
    """The peer of a file whose last table is ``[[peers]]``."""
    return node(f'{top}\n[[peers]]\naddress = "192.0.2.2"\n{text}').speaker.peers[0]


GROUP = '[peer_groups.a]\nremote_as = 65001\nimport_policy = ["accept"]\nexport_policy = ["accept"]\n'


def test_a_file_that_says_nothing_has_the_models_defaults() -> None:
    assert node("") == NodeConfig(speaker=SpeakerConfig(local_as=64512, router_id="192.0.2.1"))


def test_a_peer_that_says_nothing_has_the_models_defaults() -> None:
    assert peer("remote_as = 64512") == PeerConfig("192.0.2.2", remote_as=64512)


def test_a_fib_table_that_says_nothing_turns_the_kernel_on() -> None:
    assert node("[fib]").fib == FibConfig()


def test_a_group_gives_what_the_peer_does_not_say() -> None:
    found = peer('group = "a"\nhold_time = 30', f"{GROUP}hold_time = 60\nport = 1179")

    assert (found.remote_as, found.hold_time, found.port, found.group) == (65001, 30, 1179, "a")


def test_a_default_said_by_the_peer_wins_over_its_group() -> None:
    assert not peer('group = "a"\npassive = false', f"{GROUP}passive = true").passive


def test_timers_are_merged_key_by_key() -> None:
    found = peer(
        'group = "a"\ntimers = { mrai = 1 }', f"{GROUP}timers = {{ mrai = 5, connect_retry = 7.5, send_hold = 0 }}"
    )

    assert found.timers == TimersConfig(mrai=1, connect_retry=7.5, send_hold=0)


def test_graceful_restart_is_merged_through_all_levels() -> None:
    found = peer(
        'group = "a"\ngraceful_restart = { stale_time = 1 }',
        'graceful_restart = { stale_time = 3, restart_time = 3, on_stop = "close" }\n'
        f"{GROUP}graceful_restart = {{ stale_time = 2, restart_time = 2 }}",
    )

    assert found.graceful_restart == GracefulRestartConfig(stale_time=1, restart_time=2, on_stop="close")


def test_without_a_table_of_its_own_a_peer_has_the_speakers_graceful_restart() -> None:
    found = peer("remote_as = 64512", 'graceful_restart = { role = "off" }')

    assert found.graceful_restart is None


def test_a_limit_may_be_the_peers_and_its_action_the_groups() -> None:
    found = peer(
        'group = "a"\nmax_prefixes = { limit = 5 }', f'{GROUP}max_prefixes = {{ action = "restart", restart_time = 9 }}'
    )

    assert found.max_prefixes == MaxPrefixesConfig(limit=5, action="restart", restart_time=9)


def test_lists_and_families_replace() -> None:
    group = f"{GROUP}families = {{ ipv4-unicast = {{ add_path = 'both' }}, ipv6-unicast = {{}} }}"
    found = peer('group = "a"\nfamilies = ["ipv4-unicast"]\nimport_policy = ["reject"]', group)

    assert found.families == {Family.IPV4_UNICAST: FamilyConfig()}
    assert found.import_policy == ("reject",)


def test_a_password_in_the_peer_replaces_the_groups() -> None:
    group = f"{GROUP}password = {{ file = '/etc/key' }}"
    found = peer('group = "a"\npassword = { env = "KEY" }', group)

    assert found.password is not None
    assert (found.password.file, found.password.env) == (None, "KEY")


def test_a_dynamic_range_has_its_groups_values_and_is_passive() -> None:
    text = f'{GROUP}port = 1179\npassive = false\n[[dynamic_peers]]\nprefix = "10.0.0.0/8"\ngroup = "a"\nhold_time = 9'
    (found,) = node(text).speaker.dynamic_peers

    assert (found.prefix, found.limit, found.name) == ("10.0.0.0/8", 100, None)
    assert found.template == PeerConfig(
        "",
        remote_as=65001,
        group="a",
        hold_time=9,
        passive=True,
        import_policy=("accept",),
        export_policy=("accept",),
    )


def test_max_paths_are_a_table_in_the_file_and_two_fields_in_the_model() -> None:
    decision = node("decision = { max_paths = { ebgp = 4 }, always_compare_med = true }").speaker.decision

    assert (decision.max_paths_ebgp, decision.max_paths_ibgp, decision.always_compare_med) == (4, 1, True)


@pytest.mark.parametrize(("written", "number"), [("64512", 64512), ('"64512"', 64512), ('"1.10"', 65546)])
def test_as_numbers_may_be_asdot(written: str, number: int) -> None:
    """RFC 5396."""
    assert parse(f'local_as = {written}\nrouter_id = "auto"', name="x").speaker.local_as == number


def test_auto_stays_auto() -> None:
    assert parse('local_as = 1\nrouter_id = "auto"', name="x").speaker.router_id == "auto"


@pytest.mark.parametrize(
    ("written", "address"),
    [("2001:DB8:0::1", "2001:db8::1"), ("FE80::1%eth0", "fe80::1%eth0"), ("192.0.2.2", "192.0.2.2")],
)
def test_addresses_are_written_in_one_way(written: str, address: str) -> None:
    found = node(f'[[peers]]\naddress = "{written}"\nremote_as = 64512').speaker.peers[0]

    assert found.address == address


def test_lists_of_match_and_set_become_tuples() -> None:
    (term,) = node(
        '[[policies.mine]]\nmatch = { source = ["bgp"], family = ["ipv6-unicast"], next_hop = ["2001:DB8::/32"] }\n'
        'set = { prepend = ["self", 65001, "1.10"], communities = [] }\naction = "next"'
    ).speaker.policies["mine"]

    assert (term.match.source, term.match.family) == (("bgp",), (Family.IPV6_UNICAST,))
    assert term.match.next_hop == ("2001:db8::/32",)
    assert (term.set.prepend, term.set.communities) == (("self", 65001, 65546), ())


def test_protocols_of_imports_are_names_or_numbers() -> None:
    fib = node('fib = { imports = [{ protocols = ["boot", 80, "186"] }] }').fib

    assert fib is not None
    assert fib.imports[0].protocols == ("boot", "80", "186")


def test_each_value_knows_where_it_is_from() -> None:
    loaded = read(
        f"{TOP}graceful_restart = {{ stale_time = 1, role = 'both' }}\nlog = {{ level = 'warn' }}\n{GROUP}"
        "timers = { mrai = 1, delay_open = 1 }\ngraceful_restart = { role = 'off' }\n"
        "[[peers]]\naddress = '192.0.2.2'\ngroup = 'a'\ntimers = { mrai = 2 }\n",
        name="x",
    )

    assert {key: origin for key, origin in loaded.origins.items() if not key.startswith("peers")} == {
        "local_as": "top level",
        "router_id": "top level",
        "graceful_restart.stale_time": "top level",
        "graceful_restart.role": "top level",
        "log.level": "top level",
    }
    assert {key: origin for key, origin in loaded.origins.items() if key.startswith("peers")} == {
        "peers[0].address": "peer",
        "peers[0].group": "peer",
        "peers[0].remote_as": "group a",
        "peers[0].import_policy": "group a",
        "peers[0].export_policy": "group a",
        "peers[0].timers.mrai": "peer",
        "peers[0].timers.delay_open": "group a",
        "peers[0].graceful_restart.stale_time": "top level",
        "peers[0].graceful_restart.role": "group a",
    }
