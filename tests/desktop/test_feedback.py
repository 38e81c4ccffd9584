"""A user whose dictation ends without a text learns why, from the log and a notification."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.events import RATE
from dictate.platform import bus as names
from tests.lab.daemon import wait_for
from tests.lab.scripted import Home, home
from tests.ui.test_notifications import SERVER, Server

pytestmark = pytest.mark.desktop


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    with home(tmp_path) as user:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
        yield user


def shown_while_dictating(user: Home) -> tuple[str, list[tuple[str, str]]]:
    """The log, and the notifications, of one dictation of the recording."""

    async def main() -> tuple[str, list[tuple[str, str]]]:
        connection, server = await names.connect(), Server()
        connection.export("/org/freedesktop/Notifications", server)
        await connection.request_name(SERVER)
        daemon = user.daemon(*user.spoken, "--once")
        daemon.spawn()
        await asyncio.to_thread(wait_for, lambda: daemon.ended is not None, "it has ended", 60.0)
        await names.leave(connection)
        return daemon.logged(), [(summary, body) for _, summary, body, _ in server.shown]

    return asyncio.run(main())


@pytest.mark.parametrize(
    ("level", "why"),
    [
        (0.0, "the microphone gave only digital silence: is it muted?"),
        (0.0025, "very quiet: peak -52 dBFS; raise the microphone's level"),
    ],
)
def test_nothing_heard_names_the_level_where_that_is_why(
    user: Home, level: float, why: str
) -> None:
    sound = np.resize(np.array([level, -level], np.float32), round(0.6 * RATE))
    soundfile.write(user.recording, sound, RATE, subtype="PCM_16")
    log, shown = shown_while_dictating(user)
    assert f"dictation 1: nothing heard ({why})" in log
    assert shown == [("Nothing heard", why)]


def test_an_engine_that_takes_long_is_reported_while_it_works(user: Home) -> None:
    user.say("!slow 11.5", Home.text)
    user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 60.0\n")
    log, shown = shown_while_dictating(user)
    assert "dictation 1: engine fake: recognising 1 s of sound, 10 s so far; a faster" in log
    assert [summary for summary, _ in shown] == ["Still at work"]
    assert log.index("engine fake: recognising") < log.index("dictation 1: delivered")
