"""Another ``listen`` while the speaker runs: all or nothing, also where the kernel allows one of the two only."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest

from pybgp.config.model import PeerConfig, SpeakerConfig
from pybgp.errors import PybgpError
from pybgp.net.listeners import Listeners
from pybgp.net.speaker import Speaker
from pybgp.speaker.core import SpeakerCore
from tests.support import free_port


def listening(port: int) -> set[str]:
    """Which of these addresses takes a connection."""
    answers = set()
    for address in ("127.0.0.1", "127.0.0.2"):
        with socket.socket() as sock:
            if sock.connect_ex((address, port)) == 0:
                answers.add(address)
    return answers


def config(*listen: str) -> SpeakerConfig:
    return SpeakerConfig(local_as=64512, router_id="192.0.2.1", listen=listen)


@pytest.mark.parametrize(
    ("before", "after", "answers"),
    [
        ("127.0.0.1", "0.0.0.0", {"127.0.0.1", "127.0.0.2"}),
        ("0.0.0.0", "127.0.0.2", {"127.0.0.2"}),
        ("127.0.0.1", "127.0.0.2", {"127.0.0.2"}),
    ],
)
def test_a_reload_goes_from_one_address_of_a_port_to_all_and_back(before: str, after: str, answers: set[str]) -> None:
    port = free_port()

    async def scenario() -> None:
        async with Speaker(config(f"{before}:{port}")) as speaker:
            speaker.reconfigure(config(f"{after}:{port}"))

            assert listening(port) == answers

    asyncio.run(scenario())


@pytest.mark.parametrize("wrong", ["taken", "nonsense"])
def test_a_reload_that_fails_leaves_us_listening_where_we_did(wrong: str) -> None:
    port = free_port()

    async def scenario() -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.3", 0))
            taken.listen()
            async with Speaker(config(f"127.0.0.1:{port}")) as speaker:
                new = config(f"0.0.0.0:{port}")
                if wrong == "taken":
                    new = replace(new, listen=(*new.listen, f"127.0.0.3:{taken.getsockname()[1]}"))
                else:
                    new = replace(new, peers=(PeerConfig("192.0.2.2", remote_as=64512, hold_time=1),))

                with pytest.raises(PybgpError, match="in use" if wrong == "taken" else "hold_time"):
                    speaker.reconfigure(new)

                assert listening(port) == {"127.0.0.1"}
                speaker.reconfigure(config(f"0.0.0.0:{port}"))
                assert listening(port) == {"127.0.0.1", "127.0.0.2"}

    asyncio.run(scenario())


def test_a_reload_that_fails_when_somebody_has_taken_our_place_says_both_and_gets_it_back_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """127.0.0.1 makes room for all addresses, somebody else takes it, and the configuration turns out to be wrong."""
    port, elsewhere = free_port(), free_port()
    thief = socket.socket()

    def failing(self: SpeakerCore, *args: object, **settings: object) -> None:
        listeners._spare.popitem()[1].close()  # as back_out does, so that the address is free for a moment
        thief.bind(("127.0.0.1", port))
        thief.listen()
        raise PybgpError("nonsense")

    async def scenario() -> None:
        nonlocal listeners
        wanted = (f"127.0.0.1:{port}", f"127.0.0.2:{elsewhere}")
        async with Speaker(config(*wanted)) as speaker:
            listeners = speaker._listeners
            with monkeypatch.context() as patch:
                patch.setattr(SpeakerCore, "reconfigure", failing)
                with pytest.raises(PybgpError) as caught:
                    speaker.reconfigure(config(f"0.0.0.0:{port}"))

            assert str(caught.value) == (
                f"nonsense; and no longer: can't listen on 127.0.0.1 port {port}: Address already in use"
            )
            assert listening(elsewhere) == {"127.0.0.2"}

            thief.close()
            speaker.reconfigure(config(*wanted))
            assert listening(port) == {"127.0.0.1"}

    listeners: Listeners
    asyncio.run(scenario())


def test_what_made_room_once_is_not_listened_on_again_when_a_later_configuration_fails() -> None:
    port = free_port()

    async def scenario() -> None:
        async with Speaker(config(f"127.0.0.1:{port}")) as speaker:
            speaker.reconfigure(config(f"0.0.0.0:{port}"))

            with pytest.raises(PybgpError, match="hold_time"):
                speaker.reconfigure(
                    replace(speaker.core.config, peers=(PeerConfig("192.0.2.2", remote_as=64512, hold_time=1),))
                )

            assert listening(port) == {"127.0.0.1", "127.0.0.2"}

    asyncio.run(scenario())


def test_a_second_configuration_may_want_what_the_first_has_opened_and_not_yet_in_use() -> None:
    endpoint = ("127.0.0.1", free_port())

    async def scenario() -> None:
        listeners = Listeners(asyncio.get_running_loop(), lambda sock: sock.close())
        listeners.open([endpoint], passwords=False)
        listeners.open([endpoint], passwords=False)

        assert list(listeners.use([endpoint], {})) == [endpoint]
        listeners.close()

    asyncio.run(scenario())
