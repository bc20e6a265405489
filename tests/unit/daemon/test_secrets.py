"""TCP-MD5 passwords: from files and the environment, never in a message."""

from __future__ import annotations

from pathlib import Path

import pytest

from pybgp.config.model import DynamicPeersConfig, NodeConfig, PeerConfig, SecretConfig, SpeakerConfig
from pybgp.daemon.secrets import read_secrets


def read(
    secret: SecretConfig, environment: dict[str, str] | None = None
) -> tuple[dict[str, str], list[str], list[str]]:
    peers = [PeerConfig("192.0.2.2", password=secret)]
    node = NodeConfig(speaker=SpeakerConfig(local_as=64512, router_id="192.0.2.1", peers=peers))
    problems: list[str] = []
    warnings: list[str] = []
    return read_secrets(node, environment or {}, problems, warnings), problems, warnings


def key_file(tmp_path: Path, content: bytes, mode: int = 0o600) -> Path:
    path = tmp_path / "rr.key"
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_file_without_its_last_newline(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"correct horse \n")

    assert read(SecretConfig(file=str(path))) == ({"192.0.2.2": "correct horse "}, [], [])


def test_a_variable() -> None:
    assert read(SecretConfig(env="RR_KEY"), {"RR_KEY": "horse"}) == ({"192.0.2.2": "horse"}, [], [])


def test_a_dynamic_peers_password_is_known_by_its_prefix() -> None:
    template = PeerConfig("", password=SecretConfig(value="horse"))
    speaker = SpeakerConfig(
        local_as=64512, router_id="192.0.2.1", dynamic_peers=(DynamicPeersConfig("10.0.0.0/8", template=template),)
    )

    assert read_secrets(NodeConfig(speaker=speaker), {}, [], []) == {"10.0.0.0/8": "horse"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(b"\n", "0 octets, expected 1..80", id="empty"),
        pytest.param(b"x" * 81, "81 octets, expected 1..80", id="too-long"),
        pytest.param(b"\xff\xfe", "expected text", id="no-text"),
    ],
)
def test_a_file_that_holds_no_password(tmp_path: Path, content: bytes, words: str) -> None:
    path = key_file(tmp_path, content)

    secrets, (problem,), _ = read(SecretConfig(file=str(path)))

    assert secrets == {}
    assert problem.startswith(f'peers[0].password.file = "{path}": ')
    assert words in problem


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    _, (problem,), _ = read(SecretConfig(file=str(tmp_path / "none")))

    assert problem.endswith("No such file or directory")


def test_a_variable_that_is_not_set() -> None:
    _, (problem,), _ = read(SecretConfig(env="RR_KEY"))

    assert problem == 'peers[0].password.env = "RR_KEY": expected a variable that is set'


def test_a_file_that_everybody_may_read_is_a_warning(tmp_path: Path) -> None:
    path = key_file(tmp_path, b"horse", mode=0o644)

    secrets, problems, (warning,) = read(SecretConfig(file=str(path)))

    assert (secrets, problems) == ({"192.0.2.2": "horse"}, [])
    assert "everybody on this host may read it" in warning
    assert "horse" not in warning
