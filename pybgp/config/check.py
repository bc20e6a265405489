"""What can only be seen across keys: names that are not there, values that exclude each other, peers that overlap."""

from __future__ import annotations

from collections.abc import Iterator

from ..errors import ConfigError
from . import check_node, check_peers, check_policies
from .findings import Finding
from .model import NodeConfig

__all__ = ["Finding", "check", "findings"]


def check(config: NodeConfig) -> list[str]:
    """Look at a whole configuration, from wherever it comes; returns warnings, ``key = value: what about it``.

    That a Python policy can be imported, and a secret be read, is not looked at here.

    Raises:
        ConfigError: it can't be used; one line for each finding.
    """
    found = list(findings(config))
    errors = [item.line() for item in found if not item.warning]
    if errors:
        raise ConfigError(*errors)
    return [item.line() for item in found]


def findings(config: NodeConfig) -> Iterator[Finding]:
    """Errors and warnings in the order of peers, policies, the rest; what many peers share is told once."""
    told = set()
    for each in (check_peers.findings(config.speaker), check_policies.findings(config), check_node.findings(config)):
        for found in each:
            if (found.path, found.text) not in told:
                told.add((found.path, found.text))
                yield found
