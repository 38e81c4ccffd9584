"""Sounds at the beginning and the end: played by programs that may be missing, hang or fail."""

import asyncio
import logging
import os
import subprocess
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr

from dictate.config.schema import EngineSettings, SoundSettings
from dictate.engines import ENGINES
from dictate.events import RATE, Samples
from dictate.hotwords.model import Hotwords
from dictate.installation import system_command
from dictate.platform.resources import samples as recordings
from dictate.ui import sounds as module
from dictate.ui.sounds import BEGIN, END, PLAYERS, Sounds, _command, unavailable_reason
from tests.lab.daemon import wait_for
from tests.lab.processes import children
from tests.lab.pulse import PulseAudio

THEME = "sounds/freedesktop/stereo"


@pytest.fixture
def played(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the player, which is a stand-in, was told to play."""
    folder = tmp_path / "data" / THEME
    folder.mkdir(parents=True)
    for name in (BEGIN, END):
        (folder / f"{name}.oga").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_DATA_DIRS", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr(module, "PLAYERS", {"player": "--volume=1"})
    player(tmp_path, "")
    return tmp_path / "played"


def player(folder: Path, does: str) -> None:
    path = folder / "player"
    path.write_text(f"#!/bin/sh\necho \"$@\" >> '{folder}/played'\n{does}\n")
    path.chmod(0o755)


def with_sounds(work: Callable[[Sounds], Awaitable[None]], *, enabled: bool = True) -> None:
    async def main() -> None:
        sounds = Sounds(SoundSettings(enabled=enabled))
        try:
            await work(sounds)
        finally:
            await sounds.close()

    asyncio.run(main())
    assert not any(b"play" in command for command in children().values()), "a player is left"


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(15):
        while not condition():  # noqa: ASYNC110 - no event comes from another process
            await asyncio.sleep(0.01)


def names(played: Path) -> list[str]:
    lines = played.read_text().splitlines() if played.exists() else []
    return [Path(line.split()[-1]).stem for line in lines]


def test_one_at_the_beginning_and_another_at_the_end(played: Path) -> None:
    async def work(sounds: Sounds) -> None:
        for state in ("ready", "recording", "recording"):
            sounds.session(state)
        await until(lambda: names(played) == [BEGIN])
        for state in ("finishing", "ready", "ready"):
            sounds.session(state)
        await until(lambda: names(played) == [BEGIN, END])
        await asyncio.sleep(0.1)
        assert names(played) == [BEGIN, END]

    with_sounds(work)


def test_none_unless_asked_for(played: Path) -> None:
    assert SoundSettings().enabled is False

    async def work(sounds: Sounds) -> None:
        sounds.session("recording")
        await asyncio.sleep(0.1)
        sounds.apply(SoundSettings(enabled=True))
        sounds.session("ready")
        await until(lambda: names(played) == [END])

    with_sounds(work, enabled=False)


@pytest.mark.fault("F11")
def test_a_player_that_hangs_is_killed(
    played: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(module, "LONGEST_S", 0.3)
    player(played.parent, "exec sleep 60")

    async def work(sounds: Sounds) -> None:
        began = time.monotonic()
        sounds.session("recording")
        assert time.monotonic() - began < 0.05, "nobody waits for it"
        await until(children)
        await until(lambda: not children())
        assert "player hangs, killed" in caplog.text

    with_sounds(work)


def test_the_next_sound_does_not_wait_for_one_that_hangs(played: Path) -> None:
    player(played.parent, "exec sleep 60")

    async def work(sounds: Sounds) -> None:
        sounds.session("recording")
        await until(lambda: names(played) == [BEGIN])
        sounds.session("ready")
        await until(lambda: names(played) == [BEGIN, END])
        await until(lambda: len(children()) == 1)  # a process that execs has no name

    with_sounds(work)


def test_what_is_missing_is_said_once(
    played: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert unavailable_reason() == ""
    (played.parent / "data" / THEME / f"{END}.oga").unlink()
    how = system_command("sound-theme-freedesktop")
    assert unavailable_reason() == f"the sound {END} is missing: {how}"
    monkeypatch.setenv("PATH", "/nowhere")
    assert "pulseaudio-utils" in unavailable_reason()

    async def work(sounds: Sounds) -> None:
        for state in ("recording", "ready", "recording"):
            sounds.session(state)
            await asyncio.sleep(0.05)

    with_sounds(work)
    assert caplog.text.count("sounds: neither paplay nor pw-play is installed") == 1


def test_a_player_that_cannot_be_started_changes_nothing(played: Path) -> None:
    (played.parent / "player").write_bytes(b"\x7fELF nonsense")

    async def work(sounds: Sounds) -> None:
        sounds.session("recording")
        await asyncio.sleep(0.1)
        sounds.session("ready")
        await asyncio.sleep(0.1)

    with_sounds(work)
    assert not played.exists()


@pytest.mark.parametrize("name", PLAYERS)
def test_the_players_know_the_option_for_the_loudness(name: str) -> None:
    folders = os.environ["PATH"].split(":")
    path = next((p for f in folders if (p := Path(f) / name).exists()), None)
    if path is None:
        pytest.skip(f"{name} is missing: apt install pipewire-bin pulseaudio-utils")
    option = PLAYERS[name].partition("=")[0]
    done = subprocess.run([str(path), "--help"], capture_output=True, text=True, check=False)
    assert option in done.stdout + done.stderr


def theme() -> None:
    if reason := unavailable_reason():
        pytest.skip(reason)


@pytest.mark.desktop
def test_they_are_heard_and_short_and_quiet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    theme()
    with PulseAudio(tmp_path) as pulse:
        pulse.enter(monkeypatch)
        pulse.pactl("set-default-sink", "feed")
        recording = tmp_path / "heard.wav"
        recorder = subprocess.Popen(["parecord", "--latency-msec=20", str(recording)])

        async def work(sounds: Sounds) -> None:
            for state in ("recording", "ready"):
                sounds.session(state)
                await asyncio.sleep(1)
            recorder.terminate()
            await asyncio.to_thread(recorder.wait)

        try:
            wait_for(lambda: pulse.recordings() == 1, "it records")
            with_sounds(work)
        finally:
            recorder.kill()
            recorder.wait()
    heard, rate = soundfile.read(recording, dtype="float32", always_2d=True)
    loud = np.abs(heard).max(axis=1) > 0.005
    assert 0.03 * rate < loud.sum() < 0.2 * rate
    assert 0.02 < np.abs(heard).max() < 0.15


def test_the_starter_engine_takes_them_for_no_word() -> None:
    theme()
    spoken, _ = soundfile.read(recordings()[0], dtype="float32")
    engine = ENGINES.make("pocketsphinx", EngineSettings(use="pocketsphinx"))
    engine.load()

    def heard(samples: Samples) -> str:
        utterance = engine.begin(Hotwords(), "en")
        utterance.feed(samples)
        return utterance.finish()

    text = heard(spoken)
    assert text
    for name in (BEGIN, END):
        tone, rate = soundfile.read(_command(name)[-1], dtype="float32", always_2d=True)
        sound: Samples = soxr.resample(tone.mean(axis=1), rate, RATE)
        # At full loudness: far more than a microphone hears of it.
        begun = spoken.copy()
        begun[960 : 960 + len(sound)] += sound
        assert heard(begun) == text
        alone = np.zeros(RATE, np.float32)
        alone[960 : 960 + len(sound)] = sound
        assert heard(alone) == ""
