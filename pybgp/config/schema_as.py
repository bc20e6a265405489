"""The schema of a peer's options about AS numbers, paths and what its routes may carry."""

from __future__ import annotations

from typing import Final

from .kinds import BOOLEAN, MAX_NUMBER, Choice, Integer, ListOf
from .model import ConfederationConfig
from .tables import Key, Reload, Table
from .words import AS_NUMBER, CLUSTER_ID

CONFEDERATION: Final = Table(
    (
        Key(
            name="identifier",
            kind=AS_NUMBER,
            meaning="The AS number that the whole confederation has for everybody outside.",
            reload=Reload.ALL,
            required=True,
        ),
        Key(
            name="members",
            kind=ListOf(AS_NUMBER, like="[65001, 65002]", distinct=True),
            meaning="The other member ASes. A peer whose `remote_as` is one of them is a confederation peer.",
            reload=Reload.ALL,
        ),
    ),
    ConfederationConfig,
)

AS_KEYS: Final = (
    Key(
        name="cluster_id",
        kind=CLUSTER_ID,
        meaning="The cluster that this client is in, where it is another than the speaker's (RFC 4456 §7).",
        reload=Reload.RESET,
        absent="the top level's",
    ),
    Key(
        name="local_as_mode",
        kind=Choice("replace_as", "no_prepend", "prepend"),
        meaning="Which of our AS numbers an eBGP peer sees where `local_as` is not the top level's. `replace_as`: only "
        "`local_as`; `no_prepend`: `local_as` and behind it the top level's; `prepend`: also, `local_as` is put in "
        "front of the paths that it sends.",
        reload=Reload.POLICY,
    ),
    Key(
        name="as_override",
        kind=BOOLEAN,
        meaning="Put our AS in the place of an eBGP peer's in its paths, so that it takes routes of its own AS.",
        reload=Reload.POLICY,
    ),
    Key(
        name="remove_private_as",
        kind=Choice("off", "only", "all", "replace"),
        meaning="Private AS numbers (RFC 6996) in paths to an eBGP peer: `only` takes them out where there are no "
        "others, `all` always, `replace` puts ours in their place. The peer's own number stays.",
        reload=Reload.POLICY,
    ),
    Key(
        name="role",
        kind=Choice("provider", "rs", "rs_client", "customer", "peer"),
        meaning="What we are to an eBGP peer (RFC 9234): routes that may only go to customers are marked so, and leaks "
        "are stopped, in both directions.",
        reload=Reload.RESET,
        absent="none",
    ),
    Key(
        name="role_strict",
        kind=BOOLEAN,
        meaning="No session with a peer that doesn't say its own role (2/11).",
        reload=Reload.RESET,
    ),
    Key(
        name="route_server_client",
        kind=BOOLEAN,
        meaning="We are a route server for this eBGP peer (RFC 7947): what other eBGP peers say it is told unchanged, "
        "without our AS in the path.",
        reload=Reload.POLICY,
    ),
    Key(
        name="same_domain",
        kind=BOOLEAN,
        meaning="The eBGP peer is one of our own administration: AIGP (RFC 7311), prefix SIDs (RFC 8669) and tunnels "
        "(RFC 9012) pass.",
        reload=Reload.RESET,
    ),
    Key(
        name="honor_graceful_shutdown",
        kind=BOOLEAN,
        meaning="An eBGP peer's routes with GRACEFUL_SHUTDOWN get LOCAL_PREF 0, after `import_policy` (RFC 8326).",
        reload=Reload.POLICY,
    ),
    Key(
        name="honor_blackhole",
        kind=BOOLEAN,
        meaning="Routes with BLACKHOLE that `import_policy` accepts go into the kernel as `blackhole`, and get "
        "NO_EXPORT if they have nothing like it (RFC 7999).",
        reload=Reload.RESET,
    ),
    Key(
        name="max_as_path_length",
        kind=Integer(1, MAX_NUMBER, "AS numbers"),
        meaning="Routes with a longer AS path are not used; a set counts as one.",
        reload=Reload.POLICY,
        absent="no limit",
    ),
    Key(
        name="max_communities",
        kind=Integer(0, MAX_NUMBER, "communities"),
        meaning="Routes with more communities, of all kinds together, are not used.",
        reload=Reload.POLICY,
        absent="no limit",
    ),
    Key(
        name="damping",
        kind=BOOLEAN,
        meaning="Routes of this external peer that change too often are not used for a while "
        "(RFC 2439, [how](../how-to/damping.md)); `[damping]` says what is too often.",
        reload=Reload.POLICY,
    ),
)
