"""Where a daemon's configuration comes from, and everything that must be read beside it before it can be used."""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Protocol

from ..addresses import address_text
from ..config.check import check
from ..config.file import load
from ..config.merge import Loaded, Origins
from ..config.model import NodeConfig
from ..errors import ConfigError
from ..net.host import host_addresses
from .functions import FunctionLoader, TrialLoader
from .secrets import read_secrets

AUTO = "auto"


class Source(Protocol):
    """What can be read again: a file, the command line, or both."""

    @property
    def name(self) -> str:
        """For error messages: the file's name, or "command line"."""

    @property
    def directory(self) -> Path | None:
        """Where Python policies may lie beside those that are installed."""

    def read(self) -> Loaded:
        """
        Raises:
            ConfigError: with everything that is wrong with it.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A configuration that can be applied: checked, and all it refers to is there."""

    node: NodeConfig
    origins: Origins
    functions: Mapping[str, Callable[..., Any]]
    secrets: Mapping[str, str]
    warnings: tuple[str, ...]


class Preparer:
    """Reads a source again and again; what is "fixed at start" stays as it was the first time."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self._loader = FunctionLoader(source.directory)
        self._auto_router_id: str | None = None

    def prepare(self) -> Prepared:
        """Read, check, import policies, read secrets. Changes nothing that runs.

        Raises:
            ConfigError: with everything that is wrong.
        """
        return self._prepared(self.source.read(), self._loader)

    def prepare_other(self, path: Path) -> Prepared:
        """Another file as if it were the source, to be compared with what runs; nothing of it is kept.

        Raises:
            ConfigError: with everything that is wrong.
        """
        return self._prepared(load(path), TrialLoader(self._loader), str(path))

    def _prepared(self, loaded: Loaded, loader: FunctionLoader, name: str = "") -> Prepared:
        node = self._with_router_id(loaded.config)
        warnings = list(check(node))
        problems: list[str] = []
        functions = loader.load(node, problems)
        secrets = read_secrets(node, os.environ, problems, warnings)
        if problems:
            raise ConfigError(*(f"{name or self.source.name}: {problem}" for problem in problems))
        return Prepared(
            node=node, origins=loaded.origins, functions=functions, secrets=secrets, warnings=tuple(warnings)
        )

    def _with_router_id(self, node: NodeConfig) -> NodeConfig:
        speaker = node.speaker
        if speaker.router_id != AUTO and speaker.cluster_id != AUTO:
            return node
        if self._auto_router_id is None:
            self._auto_router_id = lowest_global_address()
        if self._auto_router_id is None:
            raise ConfigError(
                f'{self.source.name}: router_id = "auto": expected a dotted quad, since this host has no global '
                "IPv4 address"
            )
        found = self._auto_router_id
        router_id = found if speaker.router_id == AUTO else speaker.router_id
        cluster_id = found if speaker.cluster_id == AUTO else speaker.cluster_id
        return replace(node, speaker=replace(speaker, router_id=router_id, cluster_id=cluster_id))


def lowest_global_address() -> str | None:
    """The lowest IPv4 address of this host that others could reach, for ``router_id = "auto"``."""
    octets = [address for address in host_addresses().subnets if len(address) == 4]
    found = sorted(address for address in octets if _is_global(address))
    return address_text(found[0]) if found else None


def _is_global(octets: bytes) -> bool:
    """The kernel's scope "global": also private ones, but nothing that ends at this host or this link."""
    address = ipaddress.IPv4Address(octets)
    return not (address.is_loopback or address.is_link_local or address.is_multicast or address.is_unspecified)
