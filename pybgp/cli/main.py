"""``pybgp``: finds the command and turns whatever goes wrong into one line and an exit code."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from io import TextIOWrapper
from typing import Any, Final

import click

from ..control.client import NoDaemon, Refused
from ..errors import ConfigError, PybgpError
from ..version import __version__

EXIT_OK: Final = 0
EXIT_NO: Final = 1
"""The answer is no, or it failed."""
EXIT_USAGE: Final = 2
"""The command line or the configuration is wrong."""
EXIT_NO_DAEMON: Final = 3
EXIT_INTERRUPTED: Final = 130
_CANT_WRITE: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})


class LazyGroup(click.Group):
    """A group that imports a command's module only to run it (or to show its own help)."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        """``lazy`` maps a command's name to "module:attribute" and the line that help shows."""
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._lazy:
            return None
        module, _, attribute = self._lazy[cmd_name][0].partition(":")
        command: click.Command = getattr(import_module(module, __package__), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, line) for name, (_, line) in self._lazy.items()])


@click.group(
    cls=LazyGroup,
    lazy={
        "speak": (".speak:speak", "Run a BGP speaker."),
        "status": (".status:status", "Sessions at a glance, as calicoctl shows them."),
        "show": (".show:show", "Peers, routes, and what is in the kernel."),
        "explain": (".explain:explain", "Why a prefix goes where it goes, and who is told of it."),
        "peer": (".peer:peer", "What can be done with a peer."),
        "announce": (".announce:announce", "Announce a route by hand."),
        "withdraw": (".announce:withdraw", "Take back a route announced by hand."),
        "policy": (".policy:policy", "Try a policy before it decides on anything."),
        "drain": (".drain:drain", "Take traffic off the speaker before it stops."),
        "reload": (".reload:reload", "Make the speaker read its configuration again."),
        "decode": (".decode:decode", "Read messages: hexadecimal, streams, MRT files, captures."),
        "encode": (".encode:encode", "Write messages from JSON."),
    },
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, "--version", message="pybgp %(version)s")
def pybgp() -> None:
    """BGP-4 speaker and route reflector.

    Exit codes: 0 yes; 1 the answer is no, or it failed; 2 usage or configuration; 3 no speaker is running.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    if isinstance(sys.stdout, TextIOWrapper):  # "→" where the terminal's characters lack it
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        result = pybgp.main(args=arguments, prog_name="pybgp", standalone_mode=False)
        sys.stdout.flush()
    except click.Abort:
        return EXIT_INTERRUPTED
    except click.ClickException as error:
        return _usage_error(error)
    except BrokenPipeError:  # the reader of our output has seen enough ("| head")
        _write_no_more()
        return EXIT_NO
    except OSError as error:
        if error.errno not in _CANT_WRITE:
            raise
        _write_no_more()
        click.echo(f"pybgp: the output can't be written: {error.strerror}", err=True)
        return EXIT_NO
    except PybgpError as error:
        return _failed(error)
    return result if isinstance(result, int) else EXIT_OK


def _write_no_more() -> None:
    """What is left of the output goes nowhere, so that Python doesn't fail once more with it at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_error(error: click.ClickException) -> int:
    context = getattr(error, "ctx", None)
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return EXIT_USAGE
    command = context.command_path if context else "pybgp"
    message = error.format_message().replace("\n", " ")
    click.echo(f"{command}: {message} (see {command} --help)", err=True)
    return error.exit_code


def _failed(error: PybgpError) -> int:
    if isinstance(error, NoDaemon):
        click.echo(f"pybgp: {error}", err=True)
        return EXIT_NO_DAEMON
    if isinstance(error, ConfigError) or (isinstance(error, Refused) and error.problems):
        for problem in error.problems:
            click.echo(problem, err=True)
        count = len(error.problems)
        click.echo(f"{_subject(error.problems)}: {count} error{'s' if count != 1 else ''}, nothing changed", err=True)
        return EXIT_USAGE
    click.echo(f"pybgp: {error}", err=True)
    return EXIT_USAGE if isinstance(error, Refused) and error.code in ("config", "bad_argument") else EXIT_NO


def _subject(problems: Sequence[str]) -> str:
    """The file's name, where all findings begin with one."""
    names = {problem.partition(": ")[0] for problem in problems}
    name = names.pop()
    return name if not names and name.endswith(".toml") else "pybgp"
