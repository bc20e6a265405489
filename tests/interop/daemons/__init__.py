"""The BGP daemons that tests run, each behind the same interface."""

from .base import Announcement, Attributes, Daemon, Peering
from .bird import Bird
from .frr import Frr
from .gobgp import GoBgp
from .pybgp import PyBgp

KINDS: dict[str, type[Daemon]] = {"bird": Bird, "frr": Frr, "gobgp": GoBgp, "pybgp": PyBgp}

__all__ = ["KINDS", "Announcement", "Attributes", "Bird", "Daemon", "Frr", "GoBgp", "Peering", "PyBgp"]
