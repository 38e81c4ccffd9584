"""A user whose dictation ends without a text learns why, from the log and a notification."""

import asyncio
import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.events import RATE
from dictate.platform import bus as names
from tests.lab.daemon import RealDaemon, wait_for, with_constants
from tests.lab.player import Player
from tests.lab.scripted import Home, home
from tests.ui.test_notifications import SERVER, Server

pytestmark = pytest.mark.desktop


@pytest.fixture
def user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    with home(tmp_path) as user:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", user.bus.address)
        yield user


FEEDBACK = "dictate.app.live_feedback"


def shown_while_dictating(
    user: Home, program: Sequence[str] = RealDaemon.program
) -> tuple[str, list[tuple[str, str]]]:
    """The log, and the notifications, of one dictation of the recording."""

    async def main() -> tuple[str, list[tuple[str, str]]]:
        connection, server = await names.connect(), Server()
        connection.export("/org/freedesktop/Notifications", server)
        await connection.request_name(SERVER)
        daemon = user.daemon(*user.spoken, "--once")
        daemon.program = program
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
    user.say("!slow 5", Home.text)
    user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 60.0\n")
    log, shown = shown_while_dictating(user, with_constants({f"{FEEDBACK}.LATE_S": 2.0}))
    said = "dictation 1: engine fake: recognising 1 s of sound, [2-5] s so far; a faster"
    assert re.search(said, log)
    assert [summary for summary, _ in shown] == ["Still at work"]
    assert log.index("engine fake: recognising") < log.index("dictation 1: delivered")


def test_an_engine_that_cannot_keep_up_is_shown_while_the_user_speaks(tmp_path: Path) -> None:
    """In the status how far it is behind, and once what to do; the text comes all the same."""
    with home(tmp_path, seconds=60.0) as user:
        user.say("!drag 2", Home.text)
        daemon = user.daemon(*user.spoken)
        daemon.program = with_constants({f"{FEEDBACK}.BEHIND_S": 1.0})
        with daemon:
            wait_for(lambda: daemon.status()["engine_progress"].startswith("hearing"), "behind")
            status = daemon.status()
            assert status["state"] == "recording"
            assert re.fullmatch(r"hearing, \d+ s behind", status["engine_progress"])
            assert "  progress     hearing, " in daemon.ctl("status").stdout
            daemon.ctl("stop")
            wait_for(lambda: daemon.written() == f"{Home.text}\n", "the text comes", 60)
            wait_for(lambda: not daemon.status()["engine_progress"], "it is not behind any more")
            said = "engine fake: it cannot keep up with speech: "
            wait_for(lambda: said in daemon.logged(), "the log says so")
            status = daemon.status()
            assert "it cannot keep up with speech" in status["engine_notes"]
            assert status["trouble"].startswith(said)
            rows = json.loads(daemon.ctl("check", "--json", check=False).stdout)
            (row,) = (row for row in rows if row["stage"] == "engine speed")
            assert row["name"] == "fake"
            assert "a faster engine helps" in row["why_not"]
            assert not row["needed"]


def test_music_pauses_while_a_dictation_records(user: Home) -> None:
    user.settings += "[media]\npause = true\n"
    user.say(Home.text)

    async def main() -> list[str]:
        async with Player("music") as music:
            daemon = user.daemon(*user.spoken, "--once")
            daemon.spawn()
            await asyncio.to_thread(wait_for, lambda: daemon.ended is not None, "its end", 60.0)
            assert daemon.written() == f"{Home.text}\n"
            return music.heard

    assert asyncio.run(main()) == ["Pause", "Play"]
