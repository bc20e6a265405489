"""Print which ASes originate the most prefixes of a table dump, as route collectors publish them.

    python examples/busiest_origins.py rib.20260105.0000.bz2

The file may be plain or compressed. What is damaged in it is said, and doesn't stop the count.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter

from pybgp import mrt


def count(path: str) -> Counter[int]:
    """How many prefixes each AS originates."""
    origins: Counter[int] = Counter()
    with open(path, "rb") as file:
        for record in mrt.read(file):
            if isinstance(record, mrt.Damage):
                print(f"octet {record.offset}: {record.why}", file=sys.stderr)
            elif isinstance(record, mrt.Rib):
                blocks = (entry.block for entry in record.entries)
                origins.update({block.as_path[-1] for block in blocks if block is not None and block.as_path})
    return origins


def main() -> None:
    parser = argparse.ArgumentParser(description="Which ASes originate the most prefixes of a table dump?")
    parser.add_argument("file", help="an MRT file with a table, plain, gzip, bzip2 or xz")
    parser.add_argument("--most", type=int, default=10, help="how many ASes to print (10)")
    arguments = parser.parse_args()
    for asn, prefixes in count(arguments.file).most_common(arguments.most):
        print(f"AS{asn} {prefixes}")


if __name__ == "__main__":
    main()
