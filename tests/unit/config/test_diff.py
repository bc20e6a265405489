"""What a reload does, key by key: the reload table of the reference, held to the code."""

from __future__ import annotations

import pytest

from pybgp.config.diff import Changes, Effect, PeerChange, diff
from pybgp.config.file import parse
from pybgp.config.model import NodeConfig, PeerConfig, SpeakerConfig

TOP = 'local_as = 64512\nrouter_id = "192.0.2.1"\n'
PEER = '[[peers]]\naddress = "192.0.2.2"\nremote_as = 64512\n'
FIB = "[fib]\n"


def node(text: str = "") -> NodeConfig:
    return parse(TOP + text, name="x")


def changes(old: str, new: str) -> Changes:
    return diff(node(old), node(new))


def change(old: str, new: str) -> PeerChange:
    """What becomes of the only peer that differs, when nothing else does."""
    found = changes(old, new)
    (peer,) = found.peers
    assert found == Changes(peers=(peer,))
    return peer


def of_peer(key: str) -> PeerChange:
    """What becomes of a peer that gets one more line."""
    return change(PEER, PEER + key)


def test_damping_begins_without_a_bounce() -> None:
    external = f"{PEER.replace('64512', '65001')}import_policy = []\nexport_policy = []\n"

    assert change(external, external + "damping = true").effect is Effect.POLICY


@pytest.mark.parametrize(
    ("key", "effect"),
    [
        ("local_as = 65000", Effect.RESET),
        ('local_address = "192.0.2.1"', Effect.RESET),
        ('families = ["ipv6-unicast"]', Effect.RESET),
        ('families = { ipv4-unicast = { add_path = "send" } }', Effect.RESET),
        ("multihop = 2", Effect.RESET),
        ("ttl_security = 1", Effect.RESET),
        ("hold_time = 30", Effect.RESET),
        ("route_reflector_client = true", Effect.RESET),
        ('graceful_restart = { role = "both" }', Effect.RESET),
        ("graceful_restart = { long_lived_time = 1 }", Effect.RESET),
        ('password = { env = "A" }', Effect.PASSWORD),
        ('import_policy = ["reject"]', Effect.POLICY),
        ("export_policy = []", Effect.POLICY),
        ('next_hop = "self"', Effect.POLICY),
        ("families = { ipv4-unicast = { add_path_limit = 2 } }", Effect.POLICY),
        ("best_external = true", Effect.POLICY),
        ('orr = "igp:cost"', Effect.POLICY),
        ("allowas_in = 1", Effect.POLICY),
        ("enforce_first_as = false", Effect.POLICY),
        ("validate_flowspec = false", Effect.POLICY),
        ("default_route_target = false", Effect.POLICY),
        ("max_prefixes = { limit = 5 }", Effect.POLICY),
        ('name = "a"', Effect.RESET),
        ("passive = true", Effect.VALUE),
        ("keepalive_time = 5", Effect.VALUE),
        ("timers = { connect_retry = 1 }", Effect.VALUE),
        ("timers = { idle_hold = 1 }", Effect.VALUE),
        ("timers = { idle_hold_max = 7 }", Effect.VALUE),
        ("timers = { delay_open = 1 }", Effect.VALUE),
        ("timers = { mrai = 1 }", Effect.VALUE),
        ("timers = { send_hold = 0 }", Effect.VALUE),
        ("graceful_restart = { restart_time = 1 }", Effect.VALUE),
        ("graceful_restart = { stale_time = 1 }", Effect.VALUE),
        ("graceful_restart = { deferral_time = 1 }", Effect.VALUE),
        ("graceful_restart = { absent_time = 1 }", Effect.VALUE),
        ("graceful_restart = { keep_stale = true }", Effect.VALUE),
        ('graceful_restart = { on_stop = "close" }', Effect.VALUE),
        ("enabled = false", Effect.DISABLED),
    ],
)
def test_what_a_peers_key_does(key: str, effect: Effect) -> None:
    found = of_peer(key)

    assert found.effect is effect
    assert found.old == node(PEER).speaker.peers[0]
    assert found.new == node(PEER + key).speaker.peers[0]


@pytest.mark.parametrize(
    ("key", "effect"),
    [("warn = 4", Effect.VALUE), ("restart_time = 5", Effect.VALUE), ('action = "warn"', Effect.POLICY)],
)
def test_what_a_limits_key_does(key: str, effect: Effect) -> None:
    found = change(f"{PEER}max_prefixes = {{ limit = 5 }}", f"{PEER}max_prefixes = {{ limit = 5, {key} }}")

    assert found.effect is effect
    assert found.limit is (effect is Effect.POLICY)


def test_another_remote_as_ends_the_session() -> None:
    other = PEER.replace("remote_as = 64512", "remote_as = 65001")

    assert change(PEER, other).effect is Effect.RESET


def test_an_ebgp_peer_that_becomes_ibgp_also_gets_another_policy() -> None:
    """RFC 8212: what is not written means something else now."""
    external = PEER.replace("remote_as = 64512", "remote_as = 65001")

    assert change(external, PEER).keys == ("remote_as", "import_policy", "export_policy")


@pytest.mark.parametrize("key", ["port = 1179", 'interface = "eth0"', "address"])
def test_another_identity_is_another_peer(key: str) -> None:
    new = PEER.replace("2.2", "2.3") if key == "address" else PEER + key

    assert [(each.effect, each.old is None, each.new is None) for each in changes(PEER, new).peers] == [
        (Effect.REMOVED, False, True),
        (Effect.ADDED, True, False),
    ]


def test_the_zone_is_the_interface_however_it_is_written() -> None:
    zone = '[[peers]]\naddress = "fe80::1%eth0"\nremote_as = 1\n'
    interface = '[[peers]]\naddress = "fe80::1"\ninterface = "eth0"\nremote_as = 1\nname = "fe80::1%eth0"\n'

    assert not changes(zone, interface)


def test_a_peer_comes_and_goes() -> None:
    assert [each.effect for each in changes("", PEER).peers] == [Effect.ADDED]
    assert [each.effect for each in changes(PEER, "").peers] == [Effect.REMOVED]
    assert [each.effect for each in changes(f"{PEER}enabled = false", PEER).peers] == [Effect.ENABLED]


def test_the_stronger_effect_wins_and_every_key_is_named() -> None:
    found = of_peer('hold_time = 30\nimport_policy = ["reject"]\npassword = { env = "A" }\ntimers = { mrai = 1 }')

    assert found.effect is Effect.RESET
    assert found.keys == ("hold_time", "password", "import_policy", "timers.mrai")


def test_a_weaker_effect_is_not_forgotten() -> None:
    found = of_peer('password = { env = "A" }\nexport_policy = ["reject"]\nmax_prefixes = { limit = 5 }')

    assert found.effect is Effect.POLICY
    assert (found.password, found.imports, found.exports, found.limit) == (True, False, True, True)


@pytest.mark.parametrize(
    ("key", "imports", "exports"),
    [
        ('import_policy = ["reject"]', True, False),
        ("allowas_in = 1", True, False),
        ("enforce_first_as = false", True, False),
        ("validate_flowspec = false", True, False),
        ("export_policy = []", False, True),
        ('next_hop = "keep"', False, True),
        ("default_route_target = false", False, True),
        ("max_prefixes = { limit = 1 }", False, False),
    ],
)
def test_only_the_direction_that_differs_runs_again(key: str, *, imports: bool, exports: bool) -> None:
    found = of_peer(key)

    assert (found.imports, found.exports) == (imports, exports)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(
            PEER + "hold_time = 30",
            f'[peer_groups.a]\nhold_time = 30\n{PEER}group = "a"',
            id="a-key-moves-to-the-group",
        ),
        pytest.param(PEER, f"{PEER}hold_time = 90\ntimers = {{}}", id="a-default-is-written"),
        pytest.param(PEER, PEER.replace("64512", '"internal"'), id="internal"),
        pytest.param(PEER, f'{PEER}import_policy = ["accept"]', id="what-ibgp-means"),
        pytest.param(PEER, f"{PEER}graceful_restart = {{ restart_time = 90 }}", id="what-the-hold-time-means"),
        pytest.param(
            f'families = ["ipv6-unicast", "ipv4-unicast"]\n{PEER}',
            f'{PEER}families = ["ipv4-unicast", "ipv6-unicast"]',
            id="families",
        ),
        pytest.param("", 'cluster_id = "192.0.2.1"', id="cluster-id"),
        pytest.param("", 'listen = ["[::]:179", "0.0.0.0:179"]', id="order-of-listeners"),
        pytest.param(PEER + PEER.replace("2.2", "2.3"), PEER.replace("2.2", "2.3") + PEER, id="order-of-peers"),
        pytest.param("", "[peer_groups.a]\nhold_time = 9", id="a-group-of-nobody"),
        pytest.param("[prefix_sets]\na = ['10.0.0.0/8']", "", id="a-set-of-nobody"),
    ],
)
def test_how_it_is_written_changes_nothing(old: str, new: str) -> None:
    found = changes(old, new)
    if "families" in new:  # the top level's differ, but nobody has them
        assert found.peers == ()
    else:
        assert not found
        assert found.lines() == []


def test_the_top_level_reaches_the_peers_that_have_its_value() -> None:
    own = PEER.replace("2.2", "2.3") + 'families = ["ipv4-unicast"]\ngraceful_restart = { role = "helper" }\n'
    new = 'families = ["ipv6-unicast"]\ngraceful_restart = { role = "off" }\n'

    (found,) = changes(PEER + own, new + PEER + own).peers

    assert (found.name, found.effect) == ("192.0.2.2", Effect.RESET)
    assert found.keys == ("families", "graceful_restart.role")


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ('local_as = 1\nrouter_id = "192.0.2.1"', 'local_as = 2\nrouter_id = "192.0.2.1"', ("local_as",)),
        (
            'local_as = 1\nrouter_id = "192.0.2.1"',
            'local_as = 1\nrouter_id = "192.0.2.9"',
            ("router_id", "cluster_id"),
        ),
        (
            'local_as = 1\nrouter_id = "192.0.2.1"',
            'local_as = 1\nrouter_id = "192.0.2.1"\ncluster_id = "192.0.2.9"',
            ("cluster_id",),
        ),
    ],
)
def test_who_we_are_ends_every_session(old: str, new: str, keys: tuple[str, ...]) -> None:
    assert diff(parse(old, name="x"), parse(new, name="x")) == Changes(restart_all=keys)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ('listen = ["127.0.0.1:179"]', Changes(listen_changed=("listen",))),
        ('control = { mode = "0600" }', Changes(control_changed=("control.mode",))),
        ("[web]", Changes(web_changed=("web.listen",))),
        ('log = { level = "debug", format = "json" }', Changes(log_changed=("log.level", "log.format"))),
        (
            "client_to_client_reflection = false",
            Changes(decision_changed=("client_to_client_reflection",)),
        ),
        ("default_local_pref = 50", Changes(decision_changed=("default_local_pref",))),
        (
            "decision = { prefer_oldest = true, max_paths = { ibgp = 2 } }",
            Changes(decision_changed=("decision.max_paths.ibgp", "decision.prefer_oldest")),
        ),
        (
            "preference = { own = 90, ebgp = 110 }",
            Changes(decision_changed=("preference.own", "preference.ebgp")),
        ),
        ('[[routes]]\nprefix = "10.0.0.0/8"', Changes(routes_changed=("10.0.0.0/8",))),
        ('[[aggregates]]\nprefix = "10.0.0.0/8"', Changes(aggregates_changed=("10.0.0.0/8",))),
        ("[damping]\nhalf_life = 60", Changes(values_changed=("damping.half_life",))),
        ('[rpki]\nroas = ["10.0.0.0/8 as 1"]', Changes(rpki_changed=("rpki.roas",))),
        ('[rpki]\ncaches = [{ address = "192.0.2.9" }]', Changes(rpki_changed=("192.0.2.9 port 323",))),
        ("[fib]", Changes(fib_changed=("fib",))),
        (
            "graceful_restart = { deferral_time = 1, on_stop = 'close' }",
            Changes(values_changed=("graceful_restart.deferral_time", "graceful_restart.on_stop")),
        ),
        ("[[policies.mine]]\naction = 'accept'", Changes(policies_changed=("mine",))),
    ],
)
def test_what_the_top_level_does(new: str, expected: Changes) -> None:
    assert changes("", new) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("table = 100", Changes(fib_changed=("fib.table",))),
        ("protocol = 99", Changes(fib_changed=("fib.protocol",))),
        ("metric = 9", Changes(fib_changed=("fib.metric",))),
        ('export_policy = "reject"', Changes(fib_changed=("fib.export_policy",))),
        ('imports = [{ protocols = ["boot"] }]', Changes(fib_changed=("fib.imports",))),
        ('on_stop = "flush"', Changes(values_changed=("fib.on_stop",))),
    ],
)
def test_what_the_fibs_keys_do(key: str, expected: Changes) -> None:
    assert changes(FIB, FIB + key) == expected


# -- policies ----------------------------------------------------------------------------------------------------------

SET = '[prefix_sets]\npods = ["10.0.0.0/8", "10.1.0.0/16"]\n'
POLICY = '[[policies.mine]]\nmatch = { prefix_set = "pods" }\naction = "accept"\n'
USED = f'{PEER}import_policy = ["mine"]\n'
OTHER = PEER.replace("2.2", "2.3")


def test_another_policy_runs_again_for_those_who_have_it() -> None:
    old = SET + POLICY + USED + OTHER

    found = changes(old, old.replace('action = "accept"', 'action = "reject"'))

    assert found.policies_changed == ("mine",)
    (peer,) = found.peers
    assert (peer.name, peer.effect, peer.keys) == ("192.0.2.2", Effect.POLICY, ("import_policy mine",))
    assert (peer.imports, peer.exports) == (True, False)


def test_another_set_is_another_policy() -> None:
    old = SET + POLICY + USED

    found = changes(old, old.replace("10.1.0.0/16", "10.2.0.0/16"))

    assert found.policies_changed == ("mine",)
    assert [peer.effect for peer in found.peers] == [Effect.POLICY]


def test_the_order_of_a_set_changes_nothing() -> None:
    old = SET + POLICY + USED

    assert not changes(old, old.replace('"10.0.0.0/8", "10.1.0.0/16"', '"10.1.0.0/16", "10.0.0.0/8"'))


def test_the_fibs_policy_and_imports_follow_their_sets() -> None:
    old = SET + POLICY + 'fib = { export_policy = "mine", imports = [{ prefix_set = "pods" }] }\n'
    old = 'fib = { export_policy = "mine", imports = [{ prefix_set = "pods" }] }\n' + SET + POLICY

    found = changes(old, old.replace("10.1.0.0/16", "10.2.0.0/16"))

    assert found == Changes(policies_changed=("mine",), fib_changed=("fib.export_policy mine", "fib.imports pods"))


def test_python_policies_and_secrets_change_outside_of_the_file() -> None:
    config = node(f'{PEER}export_policy = ["site:mine"]\npassword = {{ env = "A" }}')

    found = diff(config, config, functions_changed=["site:mine"], secrets_changed=["192.0.2.2"])

    (peer,) = found.peers
    assert (peer.effect, peer.exports, peer.imports, peer.password) == (Effect.POLICY, True, False, True)


def test_functions_of_a_program_are_compared_by_themselves() -> None:
    def mine(route: object) -> object:
        return route

    def config(function: object) -> NodeConfig:
        peer = PeerConfig("192.0.2.2", remote_as=1, import_policy=[function])  # type: ignore[list-item]
        return NodeConfig(speaker=SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=[peer]))

    assert not diff(config(mine), config(mine))
    assert diff(config(mine), config(lambda route: route)).peers[0].effect is Effect.POLICY


# -- dynamic ranges ----------------------------------------------------------------------------------------------------

RANGE = '[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 64512\n'


@pytest.mark.parametrize(
    ("key", "effect", "sessions"),
    [
        ("limit = 5", Effect.VALUE, None),
        ("timers = { mrai = 1 }", Effect.VALUE, Effect.VALUE),
        ("hold_time = 5", Effect.RESET, Effect.RESET),
        ('import_policy = ["reject"]\nlimit = 5', Effect.POLICY, Effect.POLICY),
        ('password = { env = "A" }', Effect.PASSWORD, Effect.PASSWORD),
        ("enabled = false", Effect.DISABLED, Effect.DISABLED),
    ],
)
def test_what_a_ranges_key_does(key: str, effect: Effect, sessions: Effect | None) -> None:
    found = changes(RANGE, RANGE + key)

    (item,) = found.dynamic_peers
    assert found == Changes(dynamic_peers=(item,))
    assert item.effect is effect
    assert (item.sessions and item.sessions.effect) == sessions


def test_a_range_comes_and_goes() -> None:
    other = RANGE.replace("10.0.0.0/8", "10.0.0.0/16")

    assert [(each.prefix, each.effect) for each in changes(RANGE, other).dynamic_peers] == [
        ("10.0.0.0/8", Effect.REMOVED),
        ("10.0.0.0/16", Effect.ADDED),
    ]


# -- in words ----------------------------------------------------------------------------------------------------------


def test_changes_in_words() -> None:
    old = SET + POLICY + "".join(PEER.replace("2.2", f"2.{n}") for n in range(2, 9))
    new = SET + POLICY.replace("accept", "reject")
    new += "".join(PEER.replace("2.2", f"2.{n}") + "hold_time = 30\n" for n in range(2, 8))
    new = 'listen = []\nlog = { level = "debug" }\n' + new + PEER.replace("2.2", "2.9") + RANGE
    new += '[[routes]]\nprefix = "10.1.0.0/16"\n'

    assert changes(old, new).lines() == [
        "peer 192.0.2.8: removed",
        "peer 192.0.2.9: added",
        "peers 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.5, 192.0.2.6 and 1 more: the session ends and comes back "
        "(hold_time 90 -> 30)",
        "dynamic peers 10.0.0.0/8: added",
        "policies that say something else: mine",
        "our own routes: 10.1.0.0/16",
        "listening sockets: listen",
        "log: log.level",
    ]


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ('password = { env = "A" }', "another password"),
        ("enabled = false", "shut down"),
        (
            'import_policy = ["reject", "accept"]',
            "policy runs again, the session stays (import_policy accept -> reject+accept)",
        ),
        (
            'max_prefixes = { limit = 5, action = "restart" }',
            "policy runs again, the session stays, unless it has too many prefixes (max_prefixes.limit none -> 5, "
            "max_prefixes.action none -> restart, max_prefixes.restart_time none -> 300, "
            "max_prefixes.count none -> received)",
        ),
        ("keepalive_time = 5", "new values (keepalive_time none -> 5)"),
        ("timers = { mrai = 0.5 }", "new values (timers.mrai 0 -> 0.5)"),
        (
            'families = { ipv4-unicast = { add_path = "both" } }',
            "the session ends and comes back (families "
            '{ ipv4-unicast = { add_path = "off", extended_next_hop = false } } -> '
            '{ ipv4-unicast = { add_path = "both", extended_next_hop = false } })',
        ),
    ],
)
def test_a_peers_change_in_words(key: str, words: str) -> None:
    assert changes(PEER, PEER + key).lines() == [f"peer 192.0.2.2: {words}"]


def test_without_a_limit_no_session_is_in_danger() -> None:
    (line,) = changes(f"{PEER}max_prefixes = {{ limit = 5 }}", PEER).lines()

    assert line.startswith("peer 192.0.2.2: policy runs again, the session stays (max_prefixes.limit 5 -> none")


def test_a_peer_that_is_shut_down_stays_so() -> None:
    old = f"{PEER}enabled = false\n"

    assert changes(old, f"{old}hold_time = 0").lines() == [
        "peer 192.0.2.2: new values, it stays shut down (hold_time 90 -> 0)"
    ]
