"""Players pause while a dictation records: those that played, and only until it ends."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.config.schema import MediaSettings
from dictate.ui import media_pause as module
from dictate.ui.media_pause import MediaPause
from tests.lab.bus import Bus, session_bus
from tests.lab.player import Player

WAIT_S = 20.0
ON, OFF = MediaSettings(pause=True), MediaSettings(pause=False)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(WAIT_S):
        while not condition():  # noqa: ASYNC110 - no event comes from the player
            await asyncio.sleep(0.01)


async def at_rest(media: MediaPause) -> None:
    """All that was begun is done."""
    async with asyncio.timeout(WAIT_S):
        await media._background.wait()


def on_a_bus(
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[MediaPause, Bus], Awaitable[None]],
    settings: MediaSettings = ON,
) -> None:
    async def main() -> None:
        media = MediaPause(settings)
        try:
            await work(media, here)
        finally:
            await media.close()

    with session_bus(folder) as here:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", here.address)
        asyncio.run(main())


def test_what_plays_is_paused_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with (
            Player("music") as music,
            Player("firefox.instance12 firefox") as firefox,
            Player("radio", "Paused") as radio,
            Player("film", "Stopped") as film,
            Player("playerctld") as stand_in,
        ):
            for _again in range(2):
                media.session("recording")
                await until(lambda: music.status == firefox.status == "Paused")
                media.session("finishing")
                await at_rest(media)
                media.session("ready")
            assert music.heard == firefox.heard == ["Pause", "Play"] * 2
            assert radio.heard == film.heard == stand_in.heard == []
            await at_rest(media)

    on_a_bus(tmp_path, monkeypatch, work)


def test_it_is_off_by_default_and_a_change_counts_from_the_next_dictation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert MediaSettings() == OFF

    async def work(media: MediaPause, _: Bus) -> None:
        async with Player("music") as music:
            media.session("recording")
            media.apply(ON)
            media.session("ready")
            await at_rest(media)
            assert music.heard == []
            media.session("recording")
            await until(lambda: music.status == "Paused")
            media.apply(OFF)
            media.session("ready")
            await at_rest(media)
            assert music.heard == ["Pause", "Play"]

    on_a_bus(tmp_path, monkeypatch, work, OFF)


@pytest.mark.parametrize("pressed", [("Playing",), ("Stopped",), ("Playing", "Paused")])
def test_what_the_user_has_pressed_meanwhile_counts(
    pressed: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with Player("music") as music, Player("other") as other:
            media.session("recording")
            await until(lambda: music.status == other.status == "Paused")
            for status in pressed:
                music.press(status)
            media.session("ready")
            await at_rest(media)
            assert music.heard == ["Pause"]
            assert music.status == pressed[-1]
            assert other.heard == ["Pause", "Play"]

    on_a_bus(tmp_path, monkeypatch, work)


@pytest.mark.parametrize("silent", [False, True], ids=["with signals", "without signals"])
def test_a_slip_of_the_key_leaves_a_player_that_fades_out_playing(
    silent: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with Player("music", fades_s=0.3, silent=silent) as music:
            media.session("recording")
            await until(lambda: music.heard == ["Pause"])
            media.session("ready")
            await at_rest(media)
            assert music.heard == ["Pause", "Play"]
            assert music.status == "Playing"

    on_a_bus(tmp_path, monkeypatch, work)


def test_a_recording_that_is_over_at_once_and_the_next_one_do_not_mix(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with Player("music") as music:
            for _again in range(5):
                media.session("recording")
                media.session("finishing")
            media.session("recording")
            await until(lambda: music.status == "Paused")
            media.session("ready")
            await at_rest(media)
            assert music.heard == ["Pause", "Play"]

    on_a_bus(tmp_path, monkeypatch, work)


@pytest.mark.fault("F11")
def test_a_player_that_hangs_dies_or_restarts_costs_the_others_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with (
            Player("hung", hangs=True) as hung,
            Player("stubborn", stubborn=True) as stubborn,
            Player("music") as music,
        ):
            async with Player("dying") as dying:
                media.session("recording")
                await until(lambda: dying.status == music.status == "Paused")
            async with Player("dying", "Paused") as again:  # restarted
                music.hangs = True
                media.session("ready")
                await at_rest(media)
                assert again.heard == hung.heard == []
            # It could not be asked: as far as we know the user stopped it.
            assert music.heard == ["Pause"]
            assert (stubborn.status, stubborn.heard) == ("Playing", ["Pause"])
            music.hangs, music.status = False, "Playing"
            media.session("recording")
            await until(lambda: music.status == "Paused")
            media.session("ready")
            await at_rest(media)
            assert music.status == "Playing"

    monkeypatch.setattr(module, "SETTLE_S", 0.5)
    on_a_bus(tmp_path, monkeypatch, work)


def test_when_the_daemon_ends_what_it_has_paused_plays_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, _: Bus) -> None:
        async with Player("music") as music:
            media.session("recording")
            await until(lambda: music.status == "Paused")
            await media.close()
            assert music.heard == ["Pause", "Play"]

    on_a_bus(tmp_path, monkeypatch, work)


def test_without_a_bus_nothing_is_paused_and_the_next_bus_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def work(media: MediaPause, here: Bus) -> None:
        async with Player("music") as music:
            media.session("recording")
            await until(lambda: music.status == "Paused")
            here.kill()
            media.session("ready")
            await at_rest(media)
            media.session("recording")
            media.session("ready")
            await at_rest(media)
        here.start()
        async with Player("music") as music:
            media.session("recording")
            await until(lambda: music.status == "Paused")
            media.session("ready")
            await at_rest(media)
            assert music.heard == ["Pause", "Play"]

    on_a_bus(tmp_path, monkeypatch, work)
