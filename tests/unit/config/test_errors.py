"""What a file may not say, and what the operator then reads: file, key, value, what was expected, all of it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybgp.config.file import load_config, parse
from pybgp.config.words import FAMILY
from pybgp.errors import ConfigError

TOP = 'local_as = 64512\nrouter_id = "192.0.2.1"\n'
PEER = '[[peers]]\naddress = "192.0.2.2"\nremote_as = 64512\n'


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as error:
        parse(text, name="node.toml")
    return list(error.value.problems)


def problem(text: str) -> str:
    """The only finding, without the file's name."""
    (line,) = problems(text)
    assert line.startswith("node.toml: ")
    return line.removeprefix("node.toml: ")


AS = 'expected an AS number, 1..4294967295 or asdot like "1.10"'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('router_id = "192.0.2.1"', f"local_as: missing; {AS}"),
        ('local_as = 0\nrouter_id = "192.0.2.1"', f"local_as = 0: {AS}; 0 is nobody's (RFC 7607)"),
        (
            'local_as = 23456\nrouter_id = "192.0.2.1"',
            f"local_as = 23456: {AS}; 23456 is AS_TRANS, nobody's (RFC 6793)",
        ),
        ('local_as = 4294967296\nrouter_id = "192.0.2.1"', f"local_as = 4294967296: {AS}"),
        ('local_as = 1.10\nrouter_id = "192.0.2.1"', f'local_as = 1.1: {AS}; asdot needs quotes: "1.1"'),
        ('local_as = true\nrouter_id = "192.0.2.1"', f"local_as = true: {AS}"),
        ("local_as = 1", 'router_id: missing; expected a dotted quad other than 0.0.0.0, or "auto" (RFC 6286)'),
        (
            'local_as = 1\nrouter_id = "0.0.0.0"',
            'router_id = "0.0.0.0": expected a dotted quad other than 0.0.0.0, or "auto" (RFC 6286)',
        ),
        (
            TOP + 'cluster_id = "auto"',
            'cluster_id = "auto": expected a dotted quad other than 0.0.0.0 (RFC 4456 §7)',
        ),
        (
            TOP + 'listen = "0.0.0.0:179"',
            'listen = "0.0.0.0:179": expected a list like ["0.0.0.0:179", "[::]:179"]',
        ),
        (
            TOP + 'listen = ["0.0.0.0:179", "::1:179"]',
            'listen[1] = "::1:179": expected ADDRESS:PORT, like "192.0.2.1:179" or "[::]:179"',
        ),
        (
            TOP + 'listen = ["192.0.2.1"]',
            'listen[0] = "192.0.2.1": expected ADDRESS:PORT, like "192.0.2.1:179" or "[::]:179"',
        ),
        (
            TOP + 'listen = ["[::]:179", "[0::0]:179"]',
            'listen[1] = "[0::0]:179": expected each only once, it is also at 0',
        ),
        (
            TOP + 'families = ["ipv4-unicats"]',
            f'families[0] = "ipv4-unicats": expected {FAMILY.expected}; did you mean "ipv4-unicast"?',
        ),
        (
            TOP + "families = []",
            'families = []: expected at least one family, a list like ["ipv4-unicast"] or a table like '
            '{ ipv4-unicast = { add_path = "both" } }',
        ),
        (
            TOP + "families = { ipv4_unicast = {} }",
            "families.ipv4_unicast: unknown family; did you mean ipv4-unicast?",
        ),
        (
            TOP + 'families = { ipv4-unicast = { add_path = "recieve" } }',
            'families.ipv4-unicast.add_path = "recieve": expected "off", "receive", "send" or "both"; '
            'did you mean "receive"?',
        ),
        (
            TOP + "[calico]",
            "calico: not in this version: pybgp cannot derive its configuration from Calico's datastore yet",
        ),
        (TOP + "hold_time = 3", "hold_time: unknown key; it belongs to a peer or a group"),
        (
            f"{TOP}[[policies.a]]\naction = 'accept'\nset = {{ zzz = 3 }}",
            "policies.a[0].set.zzz: unknown key; expected local_pref, med, origin, next_hop, remove_as, replace_as, "
            "prepend, communities, remove_communities, add_communities, device, onlink or metric",
        ),
        (TOP + "locla_as = 3", "locla_as: unknown key; did you mean local_as?"),
        (
            TOP + '[log]\ncluster_id = "192.0.2.1"',
            "log.cluster_id: unknown key; it belongs to the top level, which means above the first [table] of the file",
        ),
        (TOP + 'log = "json"', 'log = "json": expected a table of level, format'),
        (
            TOP + 'log = { level = "warning" }',
            'log.level = "warning": expected "debug", "info", "warn" or "error"; did you mean "warn"?',
        ),
        (TOP + "control = { mode = 432 }", 'control.mode = 432: expected octal permissions in quotes, like "0660"'),
        (TOP + 'control = { socket = "pybgp.sock" }', 'control.socket = "pybgp.sock": expected an absolute path'),
        (
            TOP + f'control = {{ socket = "/{"x" * 107}" }}',
            f'control.socket = "/{"x" * 69}…: expected at most 107 octets, more is too long for a UNIX socket',
        ),
        (
            TOP + "fib = { protocol = 4 }",
            "fib.protocol = 4: expected 5..255 (0..4 are the kernel's and the administrator's)",
        ),
        (TOP + "fib = { table = 255 }", "fib.table = 255: expected another table, 255 is the kernel's own (local)"),
        (
            TOP + 'fib = { imports = [{ protocols = ["stactic"] }] }',
            'fib.imports[0].protocols[0] = "stactic": expected a number 0..255 or one of redirect, kernel, boot, '
            "static, ra, mrt, zebra, bird, dhcp, keepalived, babel, felix, bgp, isis, ospf, rip, eigrp; "
            'did you mean "static"?',
        ),
        (
            TOP + 'fib = { imports = [{ protocols = ["boot", "bird"] }] }',
            'fib.imports[0].protocols[1] = "bird": expected another protocol, 12 is ours (fib.protocol)',
        ),
        (TOP + "decision = { max_paths = { ebgp = 65 } }", "decision.max_paths.ebgp = 65: expected 1..64 paths"),
        (
            TOP + "graceful_restart = { restart_time = 4096 }",
            "graceful_restart.restart_time = 4096: expected 0..4095 seconds (RFC 4724 §3)",
        ),
        (
            TOP + "graceful_restart = { stale_time = inf }",
            "graceful_restart.stale_time = inf: expected 0..31536000 seconds",
        ),
        (
            TOP + '[[routes]]\nprefix = "10.0.0.1/24"',
            'routes[0].prefix = "10.0.0.1/24": expected no bits behind the length; did you mean 10.0.0.0/24?',
        ),
        (
            TOP + '[[routes]]\nprefix = "10.0.0.1"',
            'routes[0].prefix = "10.0.0.1": expected a prefix; did you mean 10.0.0.1/32?',
        ),
        (TOP + '[[routes]]\nprefix = "10.0.0.0/33"', 'routes[0].prefix = "10.0.0.0/33": expected a length of 0..32'),
        (
            TOP + '[prefix_sets]\npods = ["10.0.0.0/8 le 4"]',
            'prefix_sets.pods[0] = "10.0.0.0/8 le 4": expected lengths 8 <= ge <= le <= 32',
        ),
        (
            TOP + '[community_sets]\nrack = ["65536:1"]',
            'community_sets.rack[0] = "65536:1": expected a community like 65001:7, 64512:7:1, rt:65001:1 or '
            "no-export, or * for a number",
        ),
        (
            TOP + '[as_path_sets]\ntor = ["^(65001"]',
            'as_path_sets.tor[0] = "^(65001": expected an AS-path expression (missing ), unterminated subpattern)',
        ),
        (
            TOP + '[[policies.accept]]\naction = "accept"',
            "policies.accept: expected another name, accept is built in",
        ),
        (TOP + '[policies]\n"a:b" = []', 'policies."a:b": expected a name of letters, digits, _, - and .'),
        (
            TOP + "[[policies.mine]]\nterm = 'x'",
            'policies.mine[0].action: missing; expected "accept", "reject" or "next"',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nmatch = { source = "bgp" }',
            'policies.mine[0].match.source = "bgp": expected a list like ["local", "kernel"]',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nset = { add_communities = ["1:*"] }',
            'policies.mine[0].set.add_communities[0] = "1:*": expected one community, without *',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nset = { prepend = ["me"] }',
            f'policies.mine[0].set.prepend[0] = "me": {AS}, "self" or "last_as"',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nset = { remove_as = ["mine"] }',
            f'policies.mine[0].set.remove_as[0] = "mine": {AS}, "private" or "all"',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nset = { med = "10" }',
            'policies.mine[0].set.med = "10": expected 0..4294967295, or a change like "+10" or "-10"',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nset = { next_hop = "me" }',
            'policies.mine[0].set.next_hop = "me": expected an IPv4 or IPv6 address, "self", "peer" or "keep"',
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nmatch = { local_pref = "le 200 ge 100" }',
            'policies.mine[0].match.local_pref = "le 200 ge 100": expected a number, "ge N", "le N" or "ge N le M", '
            "up to 4294967295",
        ),
        (
            TOP + '[[policies.mine]]\naction = "accept"\nmatch = { rpki = "unknown" }',
            'policies.mine[0].match.rpki = "unknown": expected "valid", "invalid" or "not_found"',
        ),
        (
            TOP + '[rpki]\nroas = ["192.0.2.0/24 as 1 le 28"]',
            'rpki.roas[0] = "192.0.2.0/24 as 1 le 28": expected PREFIX as ASN or PREFIX le LENGTH as ASN',
        ),
        (
            TOP + '[rpki]\nroas = ["192.0.2.0/24 le 33 as 1"]',
            'rpki.roas[0] = "192.0.2.0/24 le 33 as 1": expected a length of 24..32 behind le',
        ),
    ],
)
def test_a_value_that_can_not_be_meant(text: str, expected: str) -> None:
    assert problem(text) == expected


ADDRESS = "expected an IPv4 or IPv6 address, link-local ones with a zone (fe80::1%eth0)"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[[peers]]\nremote_as = 1", f"peers[0].address: missing; {ADDRESS}"),
        (
            '[[peers]]\nremote_as = 1\ninterface = "eth0"\npassword = { env = "KEY" }',
            "peers[0].password: expected an address of the peer, to which TCP-MD5 is bound",
        ),
        ('[[peers]]\naddress = "node1"\nremote_as = 1', f'peers[0].address = "node1": {ADDRESS}'),
        (
            '[[peers]]\naddress = "192.0.2.0/24"\nremote_as = 1',
            'peers[0].address = "192.0.2.0/24": expected an address, not a prefix',
        ),
        (
            '[[peers]]\naddress = "::ffff:192.0.2.2"\nremote_as = 1',
            'peers[0].address = "::ffff:192.0.2.2": expected an IPv4 address without ::ffff:, 192.0.2.2',
        ),
        (
            '[[peers]]\naddress = "224.0.0.1"\nremote_as = 1',
            'peers[0].address = "224.0.0.1": expected the address of one host',
        ),
        (
            '[[peers]]\naddress = "2001:db8::1%eth0"\nremote_as = 1',
            'peers[0].address = "2001:db8::1%eth0": expected a zone (%) only behind a link-local address',
        ),
        (
            '[[peers]]\naddress = "192.0.2.2"',
            'peers[0].remote_as: missing; expected an AS number, "external" or "internal", here or in the group',
        ),
        (
            '[[peers]]\naddress = "192.0.2.2"\nremote_as = "extrenal"',
            f'peers[0].remote_as = "extrenal": {AS}, "external" or "internal"; did you mean "external"?',
        ),
        (PEER + "hold_time = 2", "peers[0].hold_time = 2: expected 0 or 3..65535 seconds (RFC 4271 §4.2)"),
        (PEER + "hold_time = 9.5", "peers[0].hold_time = 9.5: expected 0 or 3..65535 seconds (RFC 4271 §4.2)"),
        (PEER + "remot_as = 1", "peers[0].remot_as: unknown key; did you mean remote_as?"),
        (
            PEER + "zzz = 1",
            "peers[0].zzz: unknown key; expected address, name, group, remote_as, local_as, port, passive, enabled, "
            "description, local_address, interface, multihop, ttl_security, hold_time, keepalive_time, password or one "
            "of 30 others",
        ),
        (
            PEER + "as = 1",
            "peers[0].as: unknown key; expected remote_as, local_as, enforce_first_as, local_as_mode, as_override, "
            "remove_private_as, max_as_path_length or one of 39 others",
        ),
        (PEER + "prefix-limit = 1", "peers[0].prefix-limit: unknown key; expected max_prefixes or one of 45 others"),
        (PEER + "port = 0", "peers[0].port = 0: expected 1..65535"),
        (
            PEER + 'import_policy = "accept"',
            'peers[0].import_policy = "accept": expected a list like ["from_tor"] or ["accept"]',
        ),
        (
            PEER + 'import_policy = ["site:a:b"]',
            'peers[0].import_policy[0] = "site:a:b": expected module:function, like my_site.policy:prefer_rack',
        ),
        (
            PEER + "timers = { connect_retry = 0 }",
            "peers[0].timers.connect_retry = 0: expected more than 0, up to 31536000 seconds",
        ),
        (
            PEER + "max_prefixes = { warn = 5 }",
            "peers[0].max_prefixes.limit: missing; expected 1..4294967295 prefixes, here or in the group",
        ),
        (PEER + "max_prefixes = { limit = 0 }", "peers[0].max_prefixes.limit = 0: expected 1..4294967295 prefixes"),
        (
            '[peer_groups.a]\ngroup = "b"',
            "peer_groups.a.group: unknown key; a group has no group, address or name of its own",
        ),
        (
            '[[dynamic_peers]]\nprefix = "10.0.0.0/8"\nremote_as = 1\npassive = false',
            "dynamic_peers[0].passive: unknown key; dynamic peers are always passive",
        ),
    ],
)
def test_a_peer_that_can_not_be_meant(text: str, expected: str) -> None:
    assert problem(TOP + text) == expected


@pytest.mark.parametrize(
    ("value", "key"),
    [
        ('"s3cret"', "peers[0].password"),
        ('{ value = "s3cret" }', "peers[0].password"),
        ('["s3cret"]', "peers[0].password"),
    ],
)
def test_a_password_in_the_file_is_refused_and_not_repeated(value: str, key: str) -> None:
    line = problem(f"{TOP}{PEER}password = {value}")

    assert line == (
        f'{key} = <hidden>: expected {{ file = "/etc/pybgp/peer.key" }} or {{ env = "NAME" }}, '
        "the password itself never stands here"
    )


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ('{ file = "s3cret" }', "peers[0].password.file = <hidden>: expected an absolute path"),
        ('{ env = "s3-cret" }', "peers[0].password.env = <hidden>: expected the name of an environment variable"),
        ('{ s3cret = "s3cret" }', "peers[0].password.s3cret: unknown key; expected file or env"),
    ],
)
def test_a_password_in_the_wrong_place_is_not_repeated(value: str, expected: str) -> None:
    """A key that somebody made up is all that can be seen of it."""
    assert problem(f"{TOP}{PEER}password = {value}") == expected


@pytest.mark.parametrize("value", ["{}", '{ file = "/a", env = "A" }'])
def test_a_password_is_in_exactly_one_place(value: str) -> None:
    assert problem(f"{TOP}{PEER}password = {value}").endswith(
        'expected one of the two, { file = "/etc/pybgp/peer.key" } or { env = "NAME" }'
    )


def test_everything_is_told_at_once_in_the_order_of_the_file() -> None:
    text = """
local_as = 64512
router_id = "auto"
[log]
colour = true
[[peers]]
address = "192.0.2.2"
hold_time = 2
remot_as = 1
[[peers]]
address = "192.0.2.3"
remote_as = 65001
ttl_security = 1
multihop = 2
import_policy = ["form_tor"]
export_policy = []
[[policies.from_tor]]
action = "acept"
"""
    assert problems(text) == [
        "node.toml: log.colour: unknown key; expected level or format",
        "node.toml: peers[0].hold_time = 2: expected 0 or 3..65535 seconds (RFC 4271 §4.2)",
        "node.toml: peers[0].remot_as: unknown key; did you mean remote_as?",
        'node.toml: peers[0].remote_as: missing; expected an AS number, "external" or "internal", here or in the group',
        "node.toml: peers[1].ttl_security = 1: expected 0 with multihop = 2; ttl_security is itself a number of hops "
        "(RFC 5082)",
        'node.toml: peers[1].import_policy[0] = "form_tor": expected the name of one of policies, accept, reject or '
        "module:function; did you mean from_tor?",
        'node.toml: policies.from_tor[0].action = "acept": expected "accept", "reject" or "next"; '
        'did you mean "accept"?',
    ]


def test_what_only_follows_from_another_error_is_not_told() -> None:
    """A bad ``local_as`` does not make every client eBGP, nor a bad group a peer without AS."""
    text = """
local_as = "x"
router_id = "192.0.2.1"
[peer_groups.clients]
remote_as = "x"
[[peers]]
address = "192.0.2.2"
group = "clients"
route_reflector_client = true
[[peers]]
address = "192.0.2.3"
remote_as = 64512
route_reflector_client = true
"""
    assert [line.split(" = ")[0] for line in problems(text)] == [
        "node.toml: local_as",
        "node.toml: peer_groups.clients.remote_as",
    ]


def test_an_unknown_group_is_told_once() -> None:
    text = f'{TOP}[peer_groups.clients]\nremote_as = 1\n[[peers]]\naddress = "192.0.2.2"\ngroup = "client"\n'

    assert problem(text) == (
        'peers[0].group = "client": expected the name of one of peer_groups; did you mean clients?'
    )


def test_a_value_of_a_group_says_so() -> None:
    group = "[peer_groups.a]\nremote_as = 1\nttl_security = 1\n"
    text = f'{TOP}{group}[[peers]]\naddress = "192.0.2.2"\ngroup = "a"\nmultihop = 3'

    assert problem(text).startswith("peers[0].ttl_security = 1 (from group a): expected 0 with multihop = 3")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            'local_as = 1\nrouter_id "192.0.2.1"\n',
            "line 2, column 11: not TOML: expected '=' after a key in a key/value pair in: router_id \"192.0.2.1\"",
        ),
        ("local_as = 1\nlocal_as = 2\n", "line 2, column 13: not TOML: cannot overwrite a value in: local_as = 2"),
        ('a = "\n', "line 1, column 6: not TOML: illegal character '\\n' in: a = \""),
        ("a = [1,\n", "line 2: not TOML: invalid value at the end of the file"),
        ("a = " + "[" * 5000, "not TOML: nested too deeply"),
        ("a = " + "1" * 5000, "not TOML: a number of thousands of digits"),
    ],
)
def test_text_that_is_not_toml_names_its_line(text: str, expected: str) -> None:
    assert problem(text) == expected


def test_a_number_of_thousands_of_digits_is_shown_by_its_first() -> None:
    assert problems("local_as = 0x" + "f" * 5000)[0].startswith(f"node.toml: local_as = 0x{'f' * 69}…: expected ")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "node.toml")

    assert error.value.problems == (f"{tmp_path}/node.toml: can't be read: No such file or directory",)


def test_a_name_that_no_file_can_have_is_named() -> None:
    with pytest.raises(ConfigError) as error:
        load_config("/etc/no\0de.toml")

    assert error.value.problems == ("'/etc/no\\x00de.toml': can't be read: embedded null byte",)


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_bytes(b"local_as = 1\n# \xff\n")

    with pytest.raises(ConfigError) as error:
        load_config(tmp_path / "node.toml")

    assert error.value.problems == (f"{tmp_path}/node.toml: line 2: not text: expected UTF-8",)


def test_a_byte_order_mark_and_windows_line_ends_do_not_matter(tmp_path: Path) -> None:
    (tmp_path / "node.toml").write_bytes(b"\xef\xbb\xbf" + TOP.replace("\n", "\r\n").encode())

    assert load_config(str(tmp_path / "node.toml")).speaker.local_as == 64512


def test_a_message_is_one_line_whatever_the_value() -> None:
    line = problem(TOP + 'cluster_id = "a\\nb\\u0007\\u2028"')

    assert line.startswith('cluster_id = "a\\nb\\u0007\\u2028": expected')
    assert line.isprintable()
