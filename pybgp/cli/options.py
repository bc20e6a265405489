"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from ..control.client import Client, socket_path

Command = Callable[..., Any]


def socket_option(command: Command) -> Command:
    return click.option(
        "-s",
        "--socket",
        "socket",
        metavar="PATH",
        help="The speaker's control socket (also PYBGP_SOCKET; /run/pybgp/pybgp.sock).",
    )(command)


def json_option(command: Command) -> Command:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, with the names of the API.")(command)


def connect(socket: str | None) -> Client:
    """The speaker to ask.

    Raises:
        NoDaemon: nobody answers.
    """
    return Client(socket_path(socket))
