"""A listening UNIX socket and the file it is found by: claimed from the dead, never from the living."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
from pathlib import Path
from typing import Final, Self

from ..config.model import ControlConfig
from ..errors import ApiError, ConfigError

_LONGEST_PATH: Final = 107
"""sun_path has 108 octets with its final zero (unix(7))."""
_BACKLOG: Final = 64


class SocketFile:
    """From ``claim`` on, others see that somebody is there; they are answered once ``ControlServer.serve`` has it."""

    def __init__(self, path: Path, listener: socket.socket) -> None:
        self.path = path
        self.socket = listener
        self._identity = _identity(path)

    @classmethod
    def claim(cls, config: ControlConfig) -> Self:
        """Listen on the configured path; what a killed daemon left there is replaced.

        Raises:
            ApiError: another daemon answers there, it is no socket, or it can't be made.
            ConfigError: there is no such group.
        """
        path = Path(config.socket)
        if len(os.fsencode(path)) > _LONGEST_PATH:
            raise ApiError(f"{path}: a socket's path may have {_LONGEST_PATH} octets")
        _group(config)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_stale(path)
            _bind(listener, path)
            claimed = cls(path, listener)
            claimed.permit(config)
            listener.listen(_BACKLOG)
        except OSError as error:
            listener.close()
            raise ApiError(f"{path}: {error.strerror}") from None
        except ApiError:
            listener.close()
            raise
        return claimed

    def permit(self, config: ControlConfig) -> None:
        """Set mode and group.

        Raises:
            ApiError: we may not.
            ConfigError: there is no such group.
        """
        group = _group(config)
        try:
            os.chmod(self.path, int(config.mode, 8))
            os.chown(self.path, -1, os.getegid() if group is None else group)
        except OSError as error:
            raise ApiError(f"{self.path}: {error.strerror}") from None

    def remove(self) -> None:
        """Close, and remove the file if it is still ours."""
        with contextlib.suppress(OSError):
            if _identity(self.path) == self._identity:
                self.path.unlink()
        self.socket.close()


def _identity(path: Path) -> tuple[int, int]:
    found = os.lstat(path)
    return found.st_dev, found.st_ino


def _bind(listener: socket.socket, path: Path) -> None:
    before = os.umask(0o177)  # nobody else may connect before the mode is set
    try:
        listener.bind(os.fspath(path))
    finally:
        os.umask(before)


def _group(config: ControlConfig) -> int | None:
    if config.group is None:
        return None
    import grp

    try:
        return grp.getgrnam(config.group).gr_gid
    except KeyError:
        raise ConfigError(f'control.group = "{config.group}": expected a group of this host') from None


def _remove_stale(path: Path) -> None:
    """Remove a socket that nobody answers on.

    Raises:
        ApiError: somebody does, or it is not a socket.
    """
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise ApiError(f"{path}: is there and not a socket")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(os.fspath(path))
        except ConnectionRefusedError:
            path.unlink(missing_ok=True)
        except TimeoutError:
            raise ApiError(f"{path}: somebody listens there but does not answer") from None
        else:
            raise ApiError(f"{path}: another pybgp is running there")
