"""``pybgp speak``: run a speaker, from a file, from the line, or from both."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..config.merge import Loaded

_LEVELS = click.Choice(["debug", "info", "warn", "error"])
_FORMATS = click.Choice(["auto", "text", "json"])


@click.command()
@click.option("-c", "--config", "path", type=click.Path(path_type=Path), metavar="FILE", help="The configuration file.")
@click.option("--check", is_flag=True, help="Validate, print the effective configuration, and exit.")
@click.option("--asn", metavar="NUMBER", help="Our AS number.")
@click.option("--router-id", metavar="ADDRESS", help='Our BGP Identifier; "auto": lowest global IPv4 address.')
@click.option(
    "--peer",
    "peers",
    multiple=True,
    metavar="ADDRESS[,KEY=VALUE...]",
    help="A peer: asn=N, client, passive, port=N, ... May be given again.",
)
@click.option("--listen", multiple=True, metavar="ADDRESS:PORT", help="Where to listen. May be given again.")
@click.option("--no-listen", is_flag=True, help="Never listen.")
@click.option("--socket", metavar="PATH", help="The control socket.")
@click.option("--fib/--no-fib", default=None, help="Write best routes into the kernel, or don't.")
@click.option("--log-level", type=_LEVELS, help="The least important lines to write.")
@click.option("--log-format", type=_FORMATS, help='"auto": text on a terminal, else JSON lines.')
def speak(
    path: Path | None,
    check: bool,
    asn: str | None,
    router_id: str | None,
    peers: tuple[str, ...],
    listen: tuple[str, ...],
    no_listen: bool,
    socket: str | None,
    fib: bool | None,
    log_level: str | None,
    log_format: str | None,
) -> int:
    """Run a BGP speaker until SIGTERM or SIGINT.

    With a file, the line may add peers and replace single values.
    """
    if path is None and asn is None and router_id is None:
        raise click.UsageError("needs -c FILE, or --asn and --router-id")
    if listen and no_listen:
        raise click.UsageError("--listen and --no-listen exclude each other")
    if path is not None and (listen or no_listen):
        raise click.UsageError("--listen and --no-listen don't go with -c; say listen in the file")
    said: dict[str, Any] = {"control_socket": socket, "log_level": log_level, "log_format": log_format}
    if listen or no_listen:
        said["listen"] = listen
    source = LineSource(path=path, asn=asn, router_id=router_id, peers=peers, fib=fib, said=said)
    if check:
        return _check(source)
    from ..daemon.run import run

    return run(source)


@dataclass(frozen=True, slots=True, kw_only=True)
class LineSource:
    """What the command line says, over what a file says; the file is read anew each time."""

    path: Path | None
    asn: str | None
    router_id: str | None
    peers: tuple[str, ...]
    fib: bool | None
    said: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.path) if self.path is not None else "command line"

    @property
    def directory(self) -> Path | None:
        return self.path.absolute().parent if self.path is not None else None

    def read(self) -> Loaded:
        """
        Raises:
            ConfigError: with everything that is wrong.
        """
        from ..config.file import load
        from ..config.line import load_line
        from ..config.model import FibConfig

        said = self.said
        base = load(self.path) if self.path is not None else None
        if self.fib and (base is None or base.config.fib is None):
            said = {**said, "fib_protocol": FibConfig().protocol}  # the table is there as soon as it has a key
        loaded = load_line(self.asn, self.router_id, self.peers, base=base, **said)
        if self.fib is False:
            loaded = replace(loaded, config=replace(loaded.config, fib=None))
        return loaded


def _check(source: LineSource) -> int:
    from ..config.effective import render
    from ..daemon.source import Preparer

    prepared = Preparer(source).prepare()
    for warning in prepared.warnings:
        click.echo(f"{source.name}: warning: {warning}", err=True)
    click.echo(render(prepared.node, prepared.origins), nl=False)
    return 0
