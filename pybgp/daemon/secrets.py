"""TCP-MD5 passwords, from where the configuration says that they are. Their text is in no message."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping

from ..config import resolved
from ..config.model import NodeConfig, SecretConfig

MAX_OCTETS = 80
"""TCP_MD5SIG_MAXKEYLEN of Linux."""


def read_secrets(
    node: NodeConfig, environment: Mapping[str, str], problems: list[str], warnings: list[str]
) -> dict[str, str]:
    """Passwords by peer name (or dynamic prefix). What can't be had is added to ``problems``; a file that everybody
    on this host may read, to ``warnings``."""
    secrets: dict[str, str] = {}
    for where, name, secret in _wanted(node):
        try:
            secrets[name] = _read(secret, environment)
        except _UnusableError as error:
            problems.append(f"{where}.password.{error}")
            continue
        if secret.file is not None and os.stat(secret.file).st_mode & stat.S_IROTH:
            warnings.append(f'{where}.password.file = "{secret.file}": everybody on this host may read it')
    return secrets


class _UnusableError(Exception):
    """Why there is no secret: ``key = value: what was expected``."""


def _wanted(node: NodeConfig) -> Iterator[tuple[str, str, SecretConfig]]:
    for index, peer in enumerate(node.speaker.peers):
        if peer.password is not None:
            yield f"peers[{index}]", resolved.name(peer), peer.password
    for index, dynamic in enumerate(node.speaker.dynamic_peers):
        if dynamic.template.password is not None:
            yield f"dynamic_peers[{index}]", dynamic.name or dynamic.prefix, dynamic.template.password


def _read(secret: SecretConfig, environment: Mapping[str, str]) -> str:
    if secret.file is not None:
        return _checked(_from_file(secret.file), f'file = "{secret.file}"')
    if secret.env is not None:
        if secret.env not in environment:
            raise _UnusableError(f'env = "{secret.env}": expected a variable that is set')
        return _checked(environment[secret.env], f'env = "{secret.env}"')
    return _checked(secret.value or "", "value")


def _from_file(path: str) -> str:
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().rstrip("\r\n")
    except OSError as error:
        raise _UnusableError(f'file = "{path}": {error.strerror}') from None
    except UnicodeDecodeError:
        raise _UnusableError(f'file = "{path}": expected text') from None


def _checked(text: str, where: str) -> str:
    size = len(text.encode())
    if not 1 <= size <= MAX_OCTETS:
        raise _UnusableError(f"{where}: {size} octets, expected 1..{MAX_OCTETS} (RFC 2385)")
    return text
