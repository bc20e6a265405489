"""``python -m pybgp`` and the ``pybgp`` script."""

from __future__ import annotations

import sys


def main() -> None:
    """The command line."""
    from .cli.main import main as run

    sys.exit(run())


if __name__ == "__main__":
    main()
