"""What 20 policy terms cost the way in: ``python -m tests.bench.policy [--profile NAME] [-n RUNS] [--export]``.

One eBGP peer's table of 100,000 prefixes through the core alone, by import policy (with ``--export`` by the export
policy of the peer that is told); CPU beside an accept-all policy measured in turn, so that a busy machine slows both.
The terms are what operators have: prefix sets, AS-path expressions, communities, changes. Nearly every UPDATE of that
table has attributes of its own, so that all is done once an UPDATE: the worst case.
"""

from __future__ import annotations

import argparse
import cProfile
import gc
import pstats
from typing import Final

from .core import Cost, measure
from .scenarios import transit

SCENARIO: Final = transit("b-100k", prefixes=100_000)


def bogons(entries: int) -> str:
    """A prefix set of the usual bogons and some more, up to ``entries``."""
    usual = ["0.0.0.0/8 le 32", "10.0.0.0/8 le 32", "100.64.0.0/10 le 32", "127.0.0.0/8 le 32", "169.254.0.0/16 le 32"]
    usual += ["172.16.0.0/12 le 32", "192.168.0.0/16 le 32", "198.18.0.0/15 le 32", "224.0.0.0/3 le 32", "0.0.0.0/0"]
    more = (f"{20 + number // 1024 % 180}.{number // 4 % 256}.{number % 4 * 64}.0/24" for number in range(entries))
    return ", ".join(f'"{entry}"' for entry in (*usual, *more))


def term(match: str, action: str, change: str = "") -> str:
    return (
        f'[[policies.terms]]\nmatch = {{ {match} }}\n{f"set = {{ {change} }}" if change else ""}\naction = "{action}"\n'
    )


def twenty(*, prefixes: bool) -> str:
    """20 terms; with ``prefixes`` six of them look at the prefix. The last one marks and accepts every route."""
    made = [term(f'community_set = "c{number}"', "next", "local_pref = 90") for number in range(4)]
    made += [term(f'as_path_set = "p{number}"', "reject") for number in range(4)]
    made += [term('origin = "incomplete", as_path_length = "ge 40"', "reject"), term("med = 7", "next", "med = 9")]
    made += [
        term('next_hop = ["192.0.2.0/24"]', "reject"),
        term('community = ["no-export"]', "next", "local_pref = 80"),
    ]
    made += [term('as_path = ["_64666_"]', "reject"), term('community = ["65001:*"]', "next", "local_pref = 120")]
    if prefixes:
        made += [term('prefix_set = "bogons"', "reject"), term('prefix = ["0.0.0.0/0 ge 25"]', "reject")]
        made += [term('prefix_set = "own"', "reject"), term('prefix_set = "own", community_set = "c1"', "accept")]
        made += [term('prefix_set = "bogons", as_path_set = "p1"', "accept")]
    else:
        made += [term(f'peer = ["tor-{number}"]', "reject") for number in range(5)]
    return "".join(made) + term("", "accept", 'local_pref = 200, add_communities = ["65000:1"]')


def sets(entries: int) -> str:
    text = f'[prefix_sets]\nbogons = [{bogons(entries)}]\nown = ["198.51.100.0/22 le 32"]\n[as_path_sets]\n'
    text += "".join(f'p{number} = ["_6466{number}_", "_6467{number}$", "^6468{number}_"]\n' for number in range(4))
    return (
        text + "[community_sets]\n" + "".join(f'c{number} = ["6466{number}:*", "1:{number}"]\n' for number in range(4))
    )


def policies() -> dict[str, str]:
    """What is measured, by name: text to be put behind the configuration."""
    return {
        "20 terms": sets(0) + twenty(prefixes=False),
        "20 terms with prefix sets": sets(0) + twenty(prefixes=True),
        "the same, a set of 10,000": sets(10_000) + twenty(prefixes=True),
    }


def run(text: str, profile: cProfile.Profile | None = None, *, export: bool = False) -> Cost:
    """One measurement with this policy, "" for accept-all."""
    chain = "export_policy" if export else "import_policy"

    def edit(node: str) -> str:
        return node.replace(f'{chain} = ["accept"]', f'{chain} = ["terms"]') + text if text else node

    return measure(SCENARIO, profile, edit)


def main() -> None:
    """Print the ratios."""
    parser = argparse.ArgumentParser(prog="tests.bench.policy", description=__doc__.partition(":")[0])
    parser.add_argument("-n", "--runs", type=int, default=5)
    parser.add_argument("--profile", choices=policies(), help="where the time goes, by function")
    parser.add_argument("--export", action="store_true")
    options = parser.parse_args()
    gc.set_threshold(200_000, 50, 1000)
    if options.profile:
        profile = cProfile.Profile()
        run(policies()[options.profile], profile, export=options.export)
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)
        return
    for name, text in policies().items():
        plain, filtered = [], []
        for _ in range(options.runs):
            plain.append(run(""))
            filtered.append(run(text, export=options.export))
        base, cost = (min(each.received + each.told for each in found) for found in (plain, filtered))
        in_base, in_cost = (min(each.received for each in found) for found in (plain, filtered))
        updates = plain[0].updates
        print(
            f"{name:28} {cost / updates * 1e6:6.2f} µs an UPDATE, in {in_cost / updates * 1e6:.2f}; "
            f"accept-all {base / updates * 1e6:.2f}, in {in_base / updates * 1e6:.2f}: "
            f"{cost / base:.2f} times, in {in_cost / in_base:.2f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
