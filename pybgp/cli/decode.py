"""``pybgp decode``: messages from hexadecimal text, streams, MRT files and captures, for people and for programs."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any, Final

import click

from ..addresses import Family
from ..constants import BGP_PORT
from ..errors import PybgpError
from .format import json_line
from .progress import shown

if TYPE_CHECKING:
    from .. import mrt
    from ..messages.context import PeerKind
    from .decode_reading import Reading
    from .decode_sources import Broken, Seen

_KINDS: Final = click.Choice(["hex", "bgp", "mrt", "pcap"])
_CHUNK: Final = 1 << 16
_HEX: Final = re.compile(r"[0-9a-fA-F: ]{8,}")
"""What is seldom a file's name."""
_Line = tuple[str | None, bool]
"""What to print on the standard output, if anything, and whether it tells of damage."""


class BadInput(PybgpError):
    """The input can't be read any further."""


@click.command()
@click.argument("source", metavar="[FILE]", default="-")
@click.option("--from", "kind", type=_KINDS, help="What the input is; else its content tells.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, an object a line.")
@click.option("--explain", is_flag=True, help="Below each message what each of its octets means.")
@click.option("-m", "--bgpdump", is_flag=True, help="Print the lines of bgpdump -m; for MRT files only.")
@click.option("--as-size", type=click.Choice(["2", "4"]), help="Octets of an AS number in UPDATEs.")
@click.option(
    "--add-path", multiple=True, metavar="FAMILY", help='A family with path identifiers, or "all". May be given again.'
)
@click.option("--ibgp/--ebgp", "internal", default=None, help="From an internal or an external peer.")
@click.option("--family", "families", multiple=True, metavar="FAMILY", help="A family of the session; else all.")
@click.option("--port", "ports", type=click.IntRange(1, 65535), multiple=True, help="Of BGP in a capture; else 179.")
def decode(
    source: str,
    kind: str | None,
    as_json: bool,
    explain: bool,
    bgpdump: bool,
    as_size: str | None,
    add_path: tuple[str, ...],
    internal: bool | None,
    families: tuple[str, ...],
    ports: tuple[int, ...],
) -> int:
    """Print the BGP messages of FILE, or of the standard input, a line a message.

    FILE is hexadecimal text (also as xxd, hexdump or tshark write it), a stream of messages, an MRT file, or a capture
    (pcap, pcapng), compressed or not; its content tells. What an UPDATE's octets mean depends on the session: the
    OPENs in the input tell, else the options, else a guess.

    The exit code is 1 if anything was damaged; what is, is said in its line.
    """
    if as_json + explain + bgpdump > 1:
        raise click.UsageError("--json, --explain and --bgpdump exclude each other")
    form = "json" if as_json else "explain" if explain else "bgpdump" if bgpdump else "text"
    reading = _reading(as_size, add_path, internal, families)
    damaged = 0
    with _Input(source) as chunks:
        try:
            for text, is_damaged in _lines(chunks, kind, reading, ports or (BGP_PORT,), form):
                if text is not None:
                    sys.stdout.write(f"{text}\n")
                damaged += is_damaged
        except ValueError as error:
            raise BadInput(f"{source}: {error}") from None
    if damaged:
        click.echo(f"pybgp decode: {damaged} damaged", err=True)
    return 1 if damaged else 0


def _reading(
    as_size: str | None, add_path: tuple[str, ...], internal: bool | None, families: tuple[str, ...]
) -> Reading:
    from ..messages.context import PeerKind
    from .decode_reading import Reading

    kind: PeerKind | None = None
    if internal is not None:
        kind = PeerKind.INTERNAL if internal else PeerKind.EXTERNAL
    return Reading(
        as_size=None if as_size is None else int(as_size),
        add_path=_families("--add-path", add_path) if add_path else None,
        kind=kind,
        families=_families("--family", families) if families else None,
    )


def _families(option: str, names: tuple[str, ...]) -> frozenset[Family]:
    from ..messages.families.registry import FAMILIES

    if "all" in names:
        return frozenset(each.family for each in FAMILIES.values())
    try:
        return frozenset(map(Family.parse, names))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def _lines(
    chunks: Iterable[bytes], kind: str | None, reading: Reading, ports: Collection[int], form: str
) -> Iterator[_Line]:
    """What to print, and whether it tells of damage."""
    from .decode_sources import items, opened

    kind, octets = opened(chunks, kind)
    if form == "bgpdump":
        if kind != "mrt":
            raise click.UsageError(f"--bgpdump is for MRT files, and this is {kind}")
        return _bgpdump_lines(octets)
    found = items(kind, octets, reading, ports)
    if kind == "pcap":
        found = _or_told(found, f"no BGP messages on port {', '.join(map(str, sorted(ports)))}; --port names others")
    if form == "json":
        return _json_lines(found)
    return _text_lines(found, explain=form == "explain")


def _or_told(found: Iterable[Seen | Broken | mrt.Record], words: str) -> Iterator[Seen | Broken | mrt.Record]:
    """What was found; ``words`` on the standard error if that is nothing."""
    nothing = True
    for item in found:
        nothing = False
        yield item
    if nothing:
        click.echo(f"pybgp decode: {words}", err=True)


def _json_lines(found: Iterable[Seen | Broken | mrt.Record]) -> Iterator[_Line]:
    from .decode_json import objects

    for item in found:
        for each in objects(item):
            yield json_line(each), each["type"] == "damage" or "error" in each or "problems" in each


def _text_lines(found: Iterable[Seen | Broken | mrt.Record], *, explain: bool) -> Iterator[_Line]:
    from .decode_sources import Seen
    from .decode_text import explanation, lines

    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for item in found:
        yield from lines(item, _painted if colour else _plain)
        if explain and isinstance(item, Seen):
            for line in explanation(item, colour=colour):
                yield line, False


def _bgpdump_lines(octets: Iterable[bytes]) -> Iterator[_Line]:
    """Damage goes to the standard error: the standard output has what bgpdump would print."""
    from .. import mrt

    for record in mrt.read(octets):
        if isinstance(record, mrt.Damage):
            sys.stdout.flush()
            click.echo(f"pybgp decode: {record}", err=True)
            yield None, True
            continue
        for line in mrt.lines(record):
            yield line, False


def _painted(text: str, colour: str) -> str:
    return click.style(text, fg=colour)


def _plain(text: str, colour: str) -> str:
    return text


class _Input:
    """A file, or the standard input for "-", chunk by chunk."""

    def __init__(self, source: str) -> None:
        self._source = source

    def __enter__(self) -> Iterator[bytes]:
        if self._source == "-":
            self._file: Any = None
            return _standard_input()
        try:
            self._file = open(self._source, "rb", buffering=0)
            size = os.fstat(self._file.fileno()).st_size
        except OSError as error:
            hint = "; hexadecimal text goes to the standard input" if _HEX.fullmatch(self._source) else ""
            raise click.UsageError(f"{self._source}: {error.strerror}{hint}") from None
        return shown(iter(self._read, b""), size)

    def _read(self) -> bytes:
        try:
            octets: bytes = self._file.read(_CHUNK)
        except OSError as error:
            raise BadInput(f"{self._source}: {error.strerror}") from None
        return octets

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()


def _standard_input() -> Iterator[bytes]:
    """As soon as something is there, with what was said so far written out: the input may be live."""
    stream: Any = sys.stdin.buffer
    while True:
        sys.stdout.flush()
        chunk = stream.read1(_CHUNK)
        if not chunk:
            return
        yield chunk
