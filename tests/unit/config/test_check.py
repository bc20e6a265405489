"""What can only be seen across keys; warnings for what may be meant, but hardly is."""

from __future__ import annotations

import pytest

from pybgp.addresses import Family
from pybgp.config.check import check
from pybgp.config.file import parse
from pybgp.config.model import (
    FamilyConfig,
    FibConfig,
    NodeConfig,
    PeerConfig,
    SetConfig,
    SpeakerConfig,
    TermConfig,
    TimersConfig,
)
from pybgp.config.words import FAMILY
from pybgp.errors import ConfigError

TOP = 'local_as = 64512\nrouter_id = "192.0.2.1"\n'


def errors(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        parse(TOP + text, name="")
    return [line.removeprefix(": ") for line in error.value.problems]


def error(text: str) -> str:
    (line,) = errors(text)
    return line


def warnings(text: str) -> list[str]:
    return check(parse(TOP + text, name="node.toml"))


def peers(*texts: str) -> str:
    return "".join(f"[[peers]]\n{text}\n" for text in texts)


A = 'address = "192.0.2.2"\nremote_as = 64512\n'
E = 'address = "192.0.2.2"\nremote_as = 65001\nimport_policy = ["accept"]\nexport_policy = ["accept"]\n'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            peers(A, A),
            'peers[1].address = "192.0.2.2": expected another address, port or interface, peers[0] is the same peer '
            "(port 179)",
            id="same-peer",
        ),
        pytest.param(
            peers(
                'address = "fe80::1%eth0"\nremote_as = 64512',
                'address = "fe80::1"\ninterface = "eth0"\nremote_as = 64512\nname = "b"',
            ),
            'peers[1].address = "fe80::1": expected another address, port or interface, peers[0] is the same peer '
            "(port 179, interface eth0)",
            id="same-peer-zone",
        ),
        pytest.param(
            peers(A, f"{A}port = 1179"),
            "peers[1].name: missing; expected a name, since peers[0] goes by 192.0.2.2 already",
            id="same-address-no-name",
        ),
        pytest.param(
            peers(f'{A}name = "a"', 'address = "192.0.2.3"\nremote_as = 1\nname = "a"'),
            'peers[1].name = "a": expected another name, peers[0] goes by it',
            id="same-name",
        ),
        pytest.param(
            peers(f'{A}password = {{ env = "A" }}', f'{A}name = "b"\nport = 1179\npassword = {{ env = "B" }}'),
            "peers[1].password: expected the same as peers[0] has, since TCP-MD5 knows one password for 192.0.2.2",
            id="two-passwords",
        ),
        pytest.param(
            '[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 64512\n' * 2,
            'dynamic_peers[1].prefix = "10.0.0.0/8": expected another prefix, dynamic_peers[0] has it '
            "(nested ones are fine: the longest wins)",
            id="same-range",
        ),
        pytest.param(
            peers(f"{A}damping = true"),
            "peers[0].damping = true: expected false, since the peer is not external with remote_as = 64512 "
            "(RFC 2439 §4)",
            id="damping-of-an-internal-peer",
        ),
        pytest.param(
            peers(f"{E}route_reflector_client = true"),
            "peers[0].route_reflector_client = true: expected false, since remote_as = 65001 makes it eBGP (RFC 4456)",
            id="client-on-ebgp",
        ),
        pytest.param(
            peers(
                'address = "192.0.2.2"\nremote_as = "external"\nroute_reflector_client = true\nimport_policy = []\n'
                "export_policy = []"
            ),
            'peers[0].route_reflector_client = true: expected false, since remote_as = "external" makes it eBGP '
            "(RFC 4456)",
            id="client-on-external",
        ),
        pytest.param(
            peers(f"{A}local_as = 65000\nroute_reflector_client = true"),
            "peers[0].route_reflector_client = true: expected false, since remote_as = 64512 makes it eBGP (RFC 4456)",
            id="client-with-another-local-as",
        ),
        pytest.param(
            peers(f"{A}as_override = true"),
            "peers[0].as_override = true: expected only for eBGP peers",
            id="as-override-on-ibgp",
        ),
        pytest.param(
            peers(f'{A}remove_private_as = "all"'),
            'peers[0].remove_private_as = "all": expected only for eBGP peers',
            id="remove-private-as-on-ibgp",
        ),
        pytest.param(
            "confederation = { identifier = 65100, members = [65001] }\n"
            + peers('address = "192.0.2.2"\nremote_as = 65001\nroute_reflector_client = true'),
            "peers[0].route_reflector_client = true: expected false, since remote_as = 65001 makes it eBGP (RFC 4456)",
            id="client-in-another-member",
        ),
        pytest.param(
            "confederation = { identifier = 65100 }\n"
            + peers('address = "192.0.2.2"\nremote_as = 65100\nimport_policy = []\nexport_policy = []'),
            "peers[0].remote_as = 65100: expected another AS, this is our confederation's; inside, peers have the "
            "numbers of members",
            id="the-confederation-as-peer",
        ),
        pytest.param(
            "confederation = { identifier = 65100 }\n[[dynamic_peers]]\n"
            'prefix = "10.0.0.0/8"\nremote_as = 65100\nimport_policy = []\nexport_policy = []',
            "dynamic_peers[0].remote_as = 65100: expected another AS, this is our confederation's; inside, peers have "
            "the numbers of members",
            id="the-confederation-as-dynamic-peers",
        ),
        pytest.param(
            peers(f"{A}route_server_client = true"),
            "peers[0].route_server_client = true: expected only for eBGP peers",
            id="route-server-on-ibgp",
        ),
        pytest.param(
            peers(f'{A}role = "peer"'),
            'peers[0].role = "peer": expected only for eBGP peers',
            id="role-on-ibgp",
        ),
        pytest.param(
            peers(f"{E}role_strict = true"),
            "peers[0].role_strict = true: expected a role, too (RFC 9234 §4.2)",
            id="strict-without-role",
        ),
        pytest.param(
            peers(f'{A}cluster_id = "1.1.1.1"'),
            'peers[0].cluster_id = "1.1.1.1": expected only with route_reflector_client = true (RFC 4456 §7)',
            id="cluster-of-no-client",
        ),
        pytest.param(
            peers(f"{E}ttl_security = 1\nmultihop = 2"),
            "peers[0].ttl_security = 1: expected 0 with multihop = 2; ttl_security is itself a number of hops "
            "(RFC 5082)",
            id="ttl-and-multihop",
        ),
        pytest.param(
            peers(f"{A}hold_time = 30\nkeepalive_time = 30"),
            "peers[0].keepalive_time = 30: expected less than hold_time = 30, best a third of it (RFC 4271 §4.4)",
            id="keepalive",
        ),
        pytest.param(
            peers(f"{A}timers = {{ idle_hold = 10, idle_hold_max = 9.5 }}"),
            "peers[0].timers.idle_hold = 10: expected at most idle_hold_max, 9.5 seconds",
            id="idle-hold",
        ),
        pytest.param(
            peers(f"{A}timers = {{ send_hold = 90 }}"),
            "peers[0].timers.send_hold = 90: expected 0 or more than hold_time = 90 (RFC 9687 §5)",
            id="send-hold",
        ),
        pytest.param(
            peers(f"{A}max_prefixes = {{ limit = 5, warn = 6 }}"),
            "peers[0].max_prefixes.warn = 6: expected at most the limit, 5",
            id="warn-over-limit",
        ),
        pytest.param(
            peers(f"{A}families = {{ ipv6-unicast = {{ extended_next_hop = true }} }}"),
            "peers[0].families.ipv6-unicast.extended_next_hop = true: expected false, it is for ipv4-unicast "
            "(RFC 8950); ipv6-unicast has IPv6 next hops anyway",
            id="extended-next-hop",
        ),
        pytest.param(
            peers('address = "fe80::1"\nremote_as = 64512'),
            'peers[0].address = "fe80::1": expected its interface, "fe80::1%eth0", since it is link-local',
            id="link-local",
        ),
        pytest.param(
            peers('address = "fe80::1%eth0"\ninterface = "eth1"\nremote_as = 64512'),
            'peers[0].interface = "eth1": expected eth0, which the address names',
            id="two-interfaces",
        ),
        pytest.param(
            peers(f'{A}local_address = "2001:db8::1"'),
            'peers[0].local_address = "2001:db8::1": expected an IPv4 address, as the peer\'s',
            id="versions",
        ),
        pytest.param(
            peers(f'{A}local_address = "192.0.2.2"'),
            'peers[0].local_address = "192.0.2.2": expected our address, this is the peer\'s',
            id="same-addresses",
        ),
        pytest.param(
            peers(f'{A}import_policy = ["accpet"]'),
            'peers[0].import_policy[0] = "accpet": expected the name of one of policies, accept, reject or '
            "module:function; did you mean accept?",
            id="no-policy",
        ),
        pytest.param(
            'fib = { export_policy = "mine" }',
            'fib.export_policy = "mine": expected the name of one of policies, accept, reject or module:function',
            id="no-fib-policy",
        ),
        pytest.param(
            '[prefix_sets]\npods = []\n[[policies.mine]]\nmatch = { prefix_set = "pod" }\naction = "accept"',
            'policies.mine[0].match.prefix_set = "pod": expected the name of one of prefix_sets; did you mean pods?',
            id="no-set",
        ),
        pytest.param(
            'fib = { imports = [{ prefix_set = "pods" }] }',
            'fib.imports[0].prefix_set = "pods": expected the name of one of prefix_sets',
            id="no-set-of-imports",
        ),
        pytest.param(
            peers(f'{A}export_policy = ["mine"]') + '[[policies.mine]]\nset = { device = "tunl0" }\naction = "accept"',
            'policies.mine[0].set.device = "tunl0": expected only in the policy of fib.export_policy, but '
            "peers[0].export_policy[0] is mine too",
            id="fib-action",
        ),
        pytest.param(
            peers(f'{A}import_policy = ["mine"]')
            + '[prefix_sets]\npods = []\n[[policies.mine]]\nmatch = { exists = "pods" }\naction = "accept"',
            'policies.mine[0].match.exists = "pods": expected only in a peer\'s export_policy, but '
            "peers[0].import_policy[0] is mine too",
            id="exists-on-the-way-in",
        ),
        pytest.param(
            'fib = { export_policy = "mine" }\n[[policies.mine]]\nset = { next_hop = "self" }\naction = "accept"',
            'policies.mine[0].set.next_hop = "self": expected only in a peer\'s export_policy, but '
            "fib.export_policy is mine too",
            id="self-in-the-kernel",
        ),
        pytest.param(
            peers(f'{A}export_policy = ["mine"]')
            + '[peer_groups.tors]\n[[policies.mine]]\nmatch = { peer_group = ["tor"] }\naction = "accept"',
            'policies.mine[0].match.peer_group[0] = "tor": expected the name of one of peer_groups; did you mean tors?',
            id="no-group-to-match",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\ntype = "blackhole"\nnext_hop = "192.0.2.9"',
            'routes[0].next_hop = "192.0.2.9": expected none with type = "blackhole"',
            id="blackhole-with-next-hop",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\ntype = "blackhole"\nnext_hops = [{ address = "192.0.2.9" }]',
            'routes[0].next_hops[0].address = "192.0.2.9": expected none with type = "blackhole"',
            id="blackhole-with-next-hops",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\nnext_hop = "192.0.2.9"\nnext_hops = [{ address = "192.0.2.8" }]',
            'routes[0].next_hops: expected only one of next_hop and next_hops, next_hop = "192.0.2.9"',
            id="next-hop-and-next-hops",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\nnext_hops = [{ address = "192.0.2.9" }, { address = "192.0.2.9" }]',
            'routes[0].next_hops[1].address = "192.0.2.9": expected each address only once, '
            "routes[0].next_hops[0] has it",
            id="next-hop-twice",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\nnext_hops = ['
            + ", ".join(f'{{ address = "192.0.2.{host}" }}' for host in range(65))
            + "]",
            "routes[0].next_hops: expected at most 64, there are 65",
            id="too-many-next-hops",
        ),
        pytest.param(
            '[[routes]]\nprefix = "2001:db8::/32"\nnext_hop = "192.0.2.9"',
            'routes[0].next_hop = "192.0.2.9": expected an IPv6 address, as the prefix 2001:db8::/32 is IPv6',
            id="next-hop-of-the-other-family",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\n' * 2,
            'routes[1].prefix = "10.0.0.0/8": expected each prefix only once, routes[0] has it',
            id="same-route",
        ),
        pytest.param(
            '[[aggregates]]\nprefix = "10.0.0.1/32"',
            'aggregates[0].prefix = "10.0.0.1/32": expected a prefix shorter than 32 bits, nothing is more specific '
            "than this one",
            id="aggregate-of-nothing",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\n[[aggregates]]\nprefix = "10.0.0.0/8"',
            'aggregates[0].prefix = "10.0.0.0/8": expected a prefix that is not in routes, routes[0] has it',
            id="route-and-aggregate",
        ),
        pytest.param(
            "[damping]\nsuppress = 12000",
            "damping.suppress = 12000: expected more than reuse = 750 and less than 12000, which no figure of merit "
            "exceeds: reuse * 2^(max_suppress_time / half_life) (RFC 2439 §4.2)",
            id="suppress-that-is-never-reached",
        ),
        pytest.param(
            '[rpki]\ncaches = [{ address = "192.0.2.9" }, { address = "192.0.2.9", port = 323, preference = 1 }]',
            'rpki.caches[1].address = "192.0.2.9": expected each address and port only once, rpki.caches[0] has them',
            id="same-cache",
        ),
        pytest.param(
            'control = { socket = "/run/a", birdc = ["/run/a"] }',
            'control.birdc[0] = "/run/a": expected another path, control.socket has it',
            id="same-socket",
        ),
        pytest.param(
            'listen = ["127.0.0.1:8179"]\n[web]',
            'web.listen = "127.0.0.1:8179": expected another port, BGP listens there',
            id="same-port",
        ),
    ],
)
def test_what_can_not_go_together(text: str, expected: str) -> None:
    assert error(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(peers(A, f'{A}port = 1179\nname = "b"'), id="another-port"),
        pytest.param(peers(*(f'address = "fe80::1%eth{n}"\nremote_as = 64512' for n in (0, 1))), id="another-zone"),
        pytest.param(peers(f"{A}route_reflector_client = true"), id="client"),
        pytest.param(peers(f"{E}local_as = 65001\nroute_reflector_client = true"), id="client-with-local-as"),
        pytest.param(peers(f"{E}ttl_security = 1\nmultihop = 0"), id="ttl-without-multihop"),
        pytest.param(peers(f'{E}import_policy = ["a.b:c"]'.replace('import_policy = ["accept"]\n', "")), id="python"),
        pytest.param(
            '[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 64512\n'
            '[[dynamic_peers]]\nprefix = "10.1.0.0/16"\nremote_as = 64512\n',
            id="nested-ranges",
        ),
        pytest.param(peers(f"{A}keepalive_time = 1\nhold_time = 3"), id="keepalive"),
    ],
)
def test_what_can_go_together_without_a_word(text: str) -> None:
    assert warnings(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            peers('address = "192.0.2.2"\nremote_as = 65001'),
            "peers[0].import_policy: eBGP without import_policy and export_policy: nothing is accepted from it and it "
            "is told nothing (RFC 8212)",
            id="ebgp-without-policy",
        ),
        pytest.param(
            peers('address = "192.0.2.2"\nremote_as = "external"\nimport_policy = ["accept"]'),
            "peers[0].export_policy: eBGP without export_policy: it is told nothing (RFC 8212)",
            id="ebgp-without-export",
        ),
        pytest.param(
            '[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 65001\nexport_policy = []',
            "dynamic_peers[0].import_policy: eBGP without import_policy: nothing is accepted from it (RFC 8212)",
            id="dynamic-ebgp",
        ),
        pytest.param(
            '[[policies.mine]]\naction = "accept"', "policies.mine: nobody uses this policy", id="unused-policy"
        ),
        pytest.param("[prefix_sets]\npods = []", "prefix_sets.pods: nobody uses this set", id="unused-set"),
        pytest.param("[peer_groups.a]", "peer_groups.a: no peer is in this group", id="unused-group"),
        pytest.param(
            peers(f"{A}graceful_restart = {{ restart_time = 120 }}"),
            "peers[0].graceful_restart.restart_time = 120: longer than hold_time = 90; RFC 4724 §3 suggests at most "
            "that",
            id="restart-over-hold",
        ),
        pytest.param(
            "graceful_restart = { restart_time = 120 }\n" + peers(A, A.replace("2.2", "2.3")),
            "graceful_restart.restart_time = 120: longer than hold_time = 90; RFC 4724 §3 suggests at most that",
            id="restart-over-hold-of-all",
        ),
        pytest.param(
            peers(f"{A}hold_time = 0\nkeepalive_time = 5"),
            "peers[0].keepalive_time = 5: without effect, since hold_time = 0 means no KEEPALIVEs",
            id="keepalive-without-hold",
        ),
        pytest.param(
            "[decision]\nas_path_relax = true",
            "decision.as_path_relax = true: without effect, since max_paths is 1: no two paths are used together",
            id="relax-of-one-path",
        ),
        pytest.param(
            "[decision]\nlink_bandwidth = true",
            "decision.link_bandwidth = true: without effect, since max_paths is 1: no two paths are used together",
            id="bandwidth-of-one-path",
        ),
        pytest.param(
            f"{peers(A)}[damping]\nreuse = 800",
            "damping: without effect, since no peer has damping = true",
            id="damping-of-nobody",
        ),
        pytest.param(
            f"listen = []\n{peers(f'{A}passive = true')}",
            "peers[0].passive = true: it can never come up, since listen = []",
            id="passive-without-listener",
        ),
        pytest.param(
            'listen = []\n[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 64512',
            'dynamic_peers[0].prefix = "10.0.0.0/8": nobody can connect, since listen = []',
            id="dynamic-without-listener",
        ),
        pytest.param(
            'fib = { export_policy = "mine" }\n[policies]\n'
            'mine = [{ action = "accept", set = { onlink = true } }, { action = "reject" }]',
            "policies.mine[1]: never reached, since policies.mine[0] decides on every route",
            id="unreachable",
        ),
        pytest.param(
            'fib = { export_policy = "mine" }\n[policies]\n'
            'mine = [{ action = "accept", match = { peer = ["tor-a"] } }]',
            'policies.mine[0].match.peer[0] = "tor-a": no peer has this name',
            id="no-such-peer",
        ),
        pytest.param(
            "graceful_restart = { long_lived_time = 2 }",
            "graceful_restart.long_lived_time = 2: read and checked, but nothing comes of it in this version",
            id="later",
        ),
        pytest.param("[web]", "web: read and checked, but nothing comes of it in this version", id="later-table"),
    ],
)
def test_what_may_be_meant_but_hardly_is(text: str, expected: str) -> None:
    assert warnings(text) == [expected]


CONFEDERATION = "confederation = { identifier = 65100, members = [65002] }\n"
SAME_NUMBER = "members that look for it in the whole path, as FRR does, take routes over that member for loops"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            "confederation = { identifier = 64512 }\n" + peers(f"{E}local_as = 64512"),
            f"confederation.identifier = 64512: local_as is the same: {SAME_NUMBER}",
            id="identifier-is-our-member-as",
        ),
        pytest.param(
            "confederation = { identifier = 65100, members = [65100] }",
            f"confederation.identifier = 65100: one of the members is the same: {SAME_NUMBER}",
            id="identifier-is-a-member-as",
        ),
        pytest.param(
            CONFEDERATION + peers(f"{E}local_as = 64512"),
            "peers[0].local_as = 64512: an eBGP peer is shown our member AS; without local_as it sees 65100, the "
            "confederation (RFC 5065 §4)",
            id="member-as-shown-outside",
        ),
        pytest.param(
            CONFEDERATION + peers(f'{E}local_as = 65100\nlocal_as_mode = "prepend"'),
            'peers[0].local_as_mode = "prepend": without effect, since local_as is confederation.identifier',
            id="mode-of-the-confederations-number",
        ),
        pytest.param(
            peers(f'{E}local_as_mode = "prepend"'),
            'peers[0].local_as_mode = "prepend": without effect, since local_as is the top level\'s',
            id="mode-of-the-only-number",
        ),
        *(
            pytest.param(
                peers(f"{E}route_server_client = true\n{key} = {value}"),
                f"peers[0].{key} = {value}: without effect on what other eBGP peers say, which route_server_client "
                "tells unchanged (RFC 7947 §2.2.2)",
                id=f"{key}-of-a-route-server",
            )
            for key, value in (("as_override", "true"), ("remove_private_as", '"all"'))
        ),
    ],
)
def test_what_as_numbers_hardly_mean(text: str, expected: str) -> None:
    assert warnings(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "confederation = { identifier = 65100, members = [64512, 65002] }\n" + peers(A, E.replace("2.2", "2.3")),
            id="ours-among-the-members",
        ),
        pytest.param(CONFEDERATION + peers(f"{A}local_as = 64512"), id="member-as-inside"),
        pytest.param(CONFEDERATION + peers(f'{E}local_as = 64999\nlocal_as_mode = "prepend"'), id="a-third-number"),
        pytest.param(peers(f'{E}as_override = true\nremove_private_as = "all"'), id="no-route-server"),
        pytest.param(peers(f"{E}route_server_client = true"), id="route-server"),
    ],
)
def test_what_as_numbers_may_well_mean(text: str) -> None:
    assert warnings(text) == []


FLOW = '[[routes]]\nprefix = "destination 192.0.2.7/32; protocol =tcp; destination-port =80 =443"\n'
FLOWS = 'families = ["ipv4-unicast", "ipv4-flowspec"]\n'
DISCARD = 'then = ["discard"]\n'


def test_a_flow_specification_is_kept_as_it_is_printed() -> None:
    route = parse(TOP + FLOW + DISCARD, name="").speaker.routes[0]

    assert route.prefix == "destination 192.0.2.7/32 protocol =6 destination-port =80|=443"
    assert route.is_flow
    assert route.then == ("discard",)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '[[routes]]\nprefix = "destination 192.0.2.7/32; protocl =tcp"',
            "routes[0].prefix = \"destination 192.0.2.7/32; protocl =tcp\": expected a flow specification ('protocl' "
            "is no component: expected one of destination, source, protocol, port, destination-port, source-port, "
            "icmp-type, icmp-code, tcp-flags, packet-length, dscp, fragment)",
            id="component",
        ),
        pytest.param(
            '[[routes]]\nprefix = "port =70000"\n' + DISCARD,
            'routes[0].prefix = "port =70000": expected a flow specification (port: 70000, expected 0..65535)',
            id="value",
        ),
        pytest.param(
            FLOW + 'then = ["drop"]',
            'routes[0].then[0] = "drop": expected discard, traffic-rate:BYTES_PER_SECOND, redirect:AS:VALUE, '
            "redirect:ADDRESS:VALUE or mark:DSCP",
            id="action",
        ),
        pytest.param(
            FLOW + 'then = ["discard", "mark:8", "traffic-rate:5"]',
            'routes[0].then[2] = "traffic-rate:5": expected each action only once, then[0] is discard (RFC 8955 §7.7)',
            id="two-limits",
        ),
        pytest.param(
            FLOW + 'then = ["redirect:64512:7", "redirect:192.0.2.1:7"]',
            'routes[0].then[1] = "redirect:192.0.2.1:7": expected each action only once, then[0] is redirect:64512:7 '
            "(RFC 8955 §7.7)",
            id="two-ways",
        ),
        pytest.param(
            FLOW + DISCARD + 'next_hop = "192.0.2.9"',
            'routes[0].next_hop = "192.0.2.9": expected none, as a flow specification has no next hop (RFC 8955 §4)',
            id="next-hop",
        ),
        pytest.param(
            FLOW + DISCARD + 'type = "blackhole"',
            'routes[0].type = "blackhole": expected none, as a flow specification is told to peers only',
            id="type",
        ),
        pytest.param(
            '[[routes]]\nprefix = "10.0.0.0/8"\n' + DISCARD,
            'routes[0].then = ["discard"]: expected none, as 10.0.0.0/8 is no flow specification',
            id="a-prefix",
        ),
        pytest.param(
            FLOW + DISCARD + 'family = "ipv6-flowspec"',
            'routes[0].family = "ipv6-flowspec": expected the other one for destination 192.0.2.7/32 protocol =6 '
            "destination-port =80|=443 (destination: '192.0.2.7/32': expected ADDRESS/LENGTH or "
            "ADDRESS/OFFSET-LENGTH of IPv6)",
            id="another-family",
        ),
        pytest.param(
            2 * ('[[routes]]\nprefix = "port =80"\n' + DISCARD),
            'routes[1].prefix = "port =80": expected each prefix only once, routes[0] has it',
            id="twice",
        ),
    ],
)
def test_a_flow_specification_that_can_not_be_meant(text: str, expected: str) -> None:
    assert error(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            FLOWS + FLOW,
            "routes[0].prefix: destination 192.0.2.7/32 protocol =6 destination-port =80|=443: nothing is done with "
            "its packets without then, they just pass (RFC 8955 §7)",
            id="no-action",
        ),
        pytest.param(
            FLOW + DISCARD,
            'routes[0].prefix = "destination 192.0.2.7/32 protocol =6 destination-port =80|=443": no peer is told of '
            "it: none has the family ipv4-flowspec",
            id="no-peer",
        ),
    ],
)
def test_a_flow_specification_that_is_hardly_meant(text: str, expected: str) -> None:
    assert warnings(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(FLOWS + FLOW + DISCARD, id="action"),
        pytest.param(FLOWS + FLOW + 'communities = ["traffic-action:sample"]', id="as-community"),
        pytest.param(
            'families = ["ipv4-flowspec", "ipv6-flowspec"]\n'
            + "".join(f'[[routes]]\nprefix = "port =80"\nfamily = "ipv{it}-flowspec"\n{DISCARD}' for it in (4, 6)),
            id="one-of-each-family",
        ),
    ],
)
def test_a_flow_specification_that_may_well_be_meant(text: str) -> None:
    assert warnings(text) == []


RTC = 'families = ["ipv4-vpn", "route-target"]\ndefault_route_target = false\n'
ANOTHER = A.replace("2.2", "2.3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            peers(f"{A}default_route_target = false"),
            "peers[0].default_route_target = false: without effect, since route-target is not among its families",
            id="no-family",
        ),
        pytest.param(
            peers(A + RTC, f'{ANOTHER}families = ["ipv4-vpn"]\nname = "old"'),
            "peers[0].default_route_target = false: old: of its VPN routes told only those that another peer has "
            "asked for; without route-target among the families nobody knows what is wanted (RFC 4684 §4)",
            id="a-silent-peer",
        ),
    ],
)
def test_who_gets_less_when_a_peer_is_not_asked_for_everything(text: str, expected: str) -> None:
    assert warnings(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(peers(A + RTC, f'{ANOTHER}families = ["ipv4-vpn", "route-target"]'), id="all-say-what-they-want"),
        pytest.param(peers(A + RTC, ANOTHER), id="no-vpn-routes"),
    ],
)
def test_nobody_gets_less_when_a_peer_is_not_asked_for_everything(text: str) -> None:
    assert warnings(text) == []


VPN = 'families = ["ipv4-unicast", "ipv4-vpn"]\n'
MINE, REJECTED, PYTHON = (
    E.replace('export_policy = ["accept"]', f'export_policy = ["{it}"]') for it in ("mine", "reject", "a.b:c")
)
OTHER = 'address = "192.0.2.3"\nremote_as = 64512\n'


def not_told(mode: str, families: str = "ipv4-vpn", peer: str = "peers[0]") -> str:
    return (
        f'{peer}.next_hop = "{mode}": routes of {families} aren\'t told where that makes us the next hop, since we '
        'assign no labels; "keep" leaves it as it is'
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(peers(E + VPN), not_told("auto"), id="external"),
        pytest.param(peers(f'{E}{VPN}next_hop = "self"'), not_told("self"), id="external-self"),
        pytest.param(peers(f'{A}{VPN}next_hop = "self_all"'), not_told("self_all"), id="internal-self-all"),
        pytest.param(
            peers(f'{E}{VPN}route_server_client = true\nnext_hop = "self_all"'),
            not_told("self_all"),
            id="route-server-self-all",
        ),
        pytest.param(
            peers(f'{A}{VPN}next_hop = "self"', f'{E}{VPN}next_hop = "keep"'.replace("2.2", "2.3")),
            not_told("self"),
            id="internal-self-beside-external",
        ),
        pytest.param(
            'families = ["l2vpn-evpn", "ipv4-labeled-unicast", "ipv6-unicast", "route-target"]\n' + peers(E),
            not_told("auto", "ipv4-labeled-unicast, l2vpn-evpn"),
            id="the-speakers-families",
        ),
        pytest.param(
            f'[[dynamic_peers]]\nprefix = "10.0.0.0/8"\n{E.split(chr(10), 1)[1]}{VPN}',
            not_told("auto", peer="dynamic_peers[0]"),
            id="dynamic",
        ),
        pytest.param(
            peers(MINE + VPN) + '[[policies.mine]]\naction = "accept"\nset = { next_hop = "self" }',
            not_told("auto"),
            id="policy-that-says-us",
        ),
    ],
)
def test_labels_that_would_be_ours(text: str, expected: str) -> None:
    """RFC 8277 §3.2.2: a new next hop needs labels of its own."""
    assert warnings(text) == [expected]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(peers(E), id="no-labels"),
        pytest.param(peers(f'{E}{VPN}next_hop = "keep"'), id="keep"),
        pytest.param(peers(f"{E}{VPN}route_server_client = true"), id="route-server"),
        pytest.param(peers(A + VPN), id="internal"),
        pytest.param(peers(f'{A}{VPN}next_hop = "self"', f"{OTHER}{VPN}"), id="internal-self-without-external"),
        pytest.param(peers(f'{A}{VPN}next_hop = "self"', E.replace("2.2", "2.3")), id="internal-self-beside-unlabeled"),
        pytest.param(peers(REJECTED + VPN), id="told-nothing"),
        pytest.param(peers(PYTHON + VPN), id="python"),
        pytest.param(
            peers(MINE + VPN) + '[[policies.mine]]\naction = "accept"\nset = { next_hop = "keep" }',
            id="policy-that-keeps",
        ),
    ],
)
def test_labels_that_stay_the_next_hops(text: str) -> None:
    assert warnings(text) == []


def test_a_model_made_by_a_program_is_checked_too() -> None:
    speaker = SpeakerConfig(
        local_as=1,
        router_id="192.0.2.1",
        peers=[
            PeerConfig("somewhere", remote_as=1),
            PeerConfig("192.0.2.3", remote_as=1, local_address="x", families={Family(1, 2): FamilyConfig()}),
            PeerConfig("192.0.2.4", remote_as=1, export_policy=["no good:"], timers=TimersConfig(idle_hold=500)),
        ],
    )
    with pytest.raises(ConfigError) as error:
        check(NodeConfig(speaker=speaker))

    assert error.value.problems == (
        'peers[0].address = "somewhere": expected an IPv4 or IPv6 address',
        f'peers[1].families = "ipv4-multicast": expected {FAMILY.expected}',
        'peers[1].local_address = "x": expected an IPv4 or IPv6 address',
        "peers[2].timers.idle_hold = 500: expected at most idle_hold_max, 120 seconds",
        'peers[2].export_policy[0] = "no good:": expected module:function, like my_site.policy:prefer_rack',
    )


def test_a_function_as_policy_is_taken_as_it_is() -> None:
    peer = PeerConfig("192.0.2.2", remote_as=65001, import_policy=[lambda route: route], export_policy=["reject"])

    assert check(NodeConfig(speaker=SpeakerConfig(local_as=1, router_id="192.0.2.1", peers=[peer]))) == []


def test_fib_actions_in_a_policy_that_only_the_fib_has() -> None:
    speaker = SpeakerConfig(
        local_as=1,
        router_id="192.0.2.1",
        policies={"to_kernel": (TermConfig(action="accept", set=SetConfig(metric=5)),)},
    )

    assert check(NodeConfig(speaker=speaker, fib=FibConfig(export_policy="to_kernel"))) == []


@pytest.mark.row("DMP-03")
def test_a_low_threshold_of_damping_is_warned_of() -> None:
    """RFC 7196 §4: what routers of old had by default keeps out more than it should."""
    external = '[[peers]]\naddress = "192.0.2.2"\nremote_as = 65001\ndamping = true\n'
    low = "damping.suppress = 2000: below 6000: routes that change only now and then are lost too (RFC 7196 §4)"
    found = warnings(f"{external}[damping]\nsuppress = 2000")
    assert low in found
    assert not any(line.startswith("damping: ") for line in found)
