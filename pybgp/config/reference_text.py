"""The prose of the reference page."""

from __future__ import annotations

from typing import Final

EXAMPLE: Final = """\
local_as = 64512                      # or asdot in quotes: "1.10"
router_id = "192.0.2.1"               # or "auto"
listen = ["0.0.0.0:179", "[::]:179"]
families = ["ipv4-unicast"]           # for peers that name none
log = { level = "info", format = "auto" }

[graceful_restart]
role = "helper"
stale_time = 360

[peer_groups.clients]                 # values that several peers share
remote_as = "internal"
route_reflector_client = true
password = { file = "/etc/pybgp/rr.key" }
max_prefixes = { limit = 1000, warn = 800, action = "restart" }

[[peers]]
address = "192.0.2.2"
group = "clients"

[[peers]]
address = "192.0.2.3"
group = "clients"
max_prefixes.limit = 5000             # warn and action are the group's

[[peers]]
address = "198.51.100.1"
name = "tor-a"
remote_as = 65001
local_address = "198.51.100.2"
ttl_security = 1
families = { ipv4-unicast = {}, ipv6-unicast = { add_path = "receive" } }
import_policy = ["from_tor"]
export_policy = ["own_only", "my_site.policy:prefer_rack"]

[[dynamic_peers]]                     # whoever connects from there
prefix = "10.99.0.0/16"
group = "clients"
limit = 1000

[prefix_sets]
pods = ["10.65.0.0/16 ge 16 le 32", "2001:db8:65::/48 le 128"]

[community_sets]
rack = ["65001:*", "64512:7:*", "rt:65001:1"]

[as_path_sets]
tor = ["^65001(_65002)*$"]

[[policies.from_tor]]
term = "pods-only"
match = { prefix_set = "pods", as_path_set = "tor", community_set = "rack" }
set = { local_pref = 200, med = 0, add_communities = ["64512:1"] }
action = "accept"

[[policies.own_only]]                 # what no term decides is rejected
match = { source = ["local", "kernel"] }
action = "accept"

[[policies.to_kernel]]
match = { source = ["bgp"], prefix_set = "pods" }
set = { device = "tunl0", onlink = true, metric = 1024 }
action = "accept"

[[routes]]                            # a route of our own
prefix = "10.65.1.0/26"
type = "blackhole"

[fib]                                 # without this table the kernel is left alone
export_policy = "to_kernel"
imports = [{ protocols = ["boot"], interfaces = ["cali*", "!kube-ipvs*"], prefix_set = "pods" }]
"""

INTRODUCTION: Final = """\
# The configuration file

<!-- Made by `make docs` from pybgp/config/schema.py and model.py; a test holds it to them. -->

`pybgp speak -c node.toml` reads this file; `pybgp speak -c node.toml --check` says what is wrong with it, or prints
every value that holds in the end and where it comes from. It is [TOML](https://toml.io): keys without a table stand
above the first `[table]`. A key is spelled as in messages, in `--json` and in the API: `peers[2].hold_time`.

## An example

```toml
"""

RULES: Final = """\
```

## How values are found

A peer's value is the peer's own, else its group's, else the top level's, else the default. The top level has values for
`families`, `graceful_restart` and `local_as`. `timers`, `graceful_restart` and `max_prefixes` are merged key by key;
everything else, lists and `families` too, replaces what it overrides. A group has no group. `dynamic_peers` take their
values in the same way; `port` and `passive` of their group do not concern them.

A peer that names no policy gets and is told everything on iBGP and nothing on eBGP (RFC 8212); write
`import_policy = ["accept"]` where that is meant. What no policy of a list decides is rejected.

## When something is wrong

Nothing is used until all of it is right. Everything that is wrong is told at once, a line each, and the exit code is 2;
a running speaker goes on with the old configuration.

```
node.toml: peers[2].hold_time = 2: expected 0 or 3..65535 seconds (RFC 4271 §4.2)
node.toml: peers[2].remot_as: unknown key; did you mean remote_as?
```

Also wrong, besides keys and values: two peers with the same address, port and interface, or the same name; equal
prefixes in `dynamic_peers` or `routes`; `route_reflector_client` on eBGP; policies, sets and groups that are not
there; Python policies that can't be imported; `ttl_security` with `multihop`; `device`, `onlink` or `metric` in a
policy of a peer; different passwords for one address. Only warnings: policies, sets and groups that nobody uses,
terms that are never reached, an eBGP peer without policy, a `restart_time` above the `hold_time`, keys that nothing
comes of in this version.

## On the command line

`--peer ADDRESS,KEY=VALUE,FLAG,...` is one of `peers`: `--peer 192.0.2.2,asn=64512,client,timers.connect_retry=5`.
`asn` is short for `remote_as`, `client` for `route_reflector_client`; every other word is the key, with dots for
inner tables and "+" between the items of a list (`families=ipv4-unicast+ipv6-unicast`). A boolean without a value is
`true`. `--asn` is `local_as`. With a file, the line may only add peers and replace single values.
"""

RELOAD: Final = """\
## What a reload does

`pybgp reload` and SIGHUP read the file again. Effective values are compared, so moving a key from a peer to its group
changes nothing. A peer is the same as before if its address, port and interface are. Of several changes to one peer the
strongest takes effect. A file with an error changes nothing.

| the reference says | what happens |
| --- | --- |
"""
