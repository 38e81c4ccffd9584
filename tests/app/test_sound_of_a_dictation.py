"""The sound of a dictation: late, with losses, and for half an hour."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dictate.app import pipeline
from dictate.events import RATE, AudioChunk
from dictate.journal.journal import Journal
from tests.app.test_pipeline import PAUSE, SETTINGS, Rig, run, sound_of

__all__ = ["run"]


@pytest.mark.fault("A7")
@pytest.mark.parametrize(
    ("silent_s", "zeros_s", "then_s", "told"),
    [
        (0.2, 0.0, 0.0, ""),
        (1.5, 0.0, 0.0, "ready 1.5 s after"),
        (0.2, 0.7, 0.0, ""),
        (0.9, 0.7, 0.0, "ready 1.6 s after"),
        (1.5, 0.0, 0.5, ""),
        (0.0, 3.0, 0.0, ""),
    ],
    ids=[
        "usual",
        "slow to open",
        "a noise gate opens",
        "slow, then zeros",
        "the user waited",
        "muted for long",
    ],
)
def test_words_before_the_microphone_was_ready_are_reported_as_lost(
    run: Callable[..., None], silent_s: float, zeros_s: float, then_s: float, told: str
) -> None:
    """It opens after `silent_s`, gives zeros, then a soft noise, and then there is speech."""

    async def scenario(rig: Rig) -> None:
        rig.press()
        assert not rig.pipeline.hears
        at = rig.pipeline._in_flight[1].pressed_at + silent_s
        for seconds, level in ((zeros_s, 0.0), (then_s, 0.01), (0.5, 0.5)):
            for _ in range(round(seconds / PAUSE)):
                rig.pipeline.hear(AudioChunk(sound_of(PAUSE, level), at))
                assert rig.pipeline.hears or not level
                at += PAUSE
        rig.cancel()
        found = [line for line in rig.observer.told if "the microphone was ready" in line]
        assert [told in line for line in found] == [True] * bool(told)

    run(scenario)


@pytest.mark.fault("A11")
def test_sound_that_was_dropped_is_reported_in_milliseconds(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(0.2)
        at = time.monotonic()
        for dropped in (0, RATE // 4, RATE // 4, 0):
            rig.pipeline.hear(AudioChunk(sound_of(PAUSE, 0.5), at, dropped))
        rig.release()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert "trouble: 500 ms of sound were lost" in rig.observer.told
        rig.observer.told.clear()
        for away in (0, 2 * RATE):
            rig.press()
            await rig.speak(0.2)
            rig.pipeline.hear(AudioChunk(sound_of(PAUSE, 0.5), time.monotonic(), away=away))
            rig.release()
            await rig.settle()
        entries = await rig.thread.call(Journal.history, 3)
        assert [entry.lost_ms for entry in entries] == [2000, 0, 500]
        assert rig.observer.told == ["delivered 2 delivered", "delivered 3 delivered"]

    run(scenario)


@pytest.mark.fault("B8")
def test_half_an_hour_under_one_key_is_one_text_and_all_of_its_sound_is_on_the_disk(
    run: Callable[..., None],
) -> None:
    minutes, rng = 30, np.random.default_rng(4)

    async def scenario(rig: Rig) -> None:
        rig.press()
        at = time.monotonic()
        for second in range(minutes * 60):
            loud = 0.5 if second % 10 < 8 else 0.0  # a silence cuts nothing
            samples = (loud * rng.uniform(-1, 1, RATE)).astype(np.float32)
            rig.pipeline.hear(AudioChunk(samples, at + second))
            if not second % 60:
                await asyncio.sleep(0)
        rig.release()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert list(rig.main_engine.utterances) == [1]
        entry = await rig.thread.call(Journal.get, 1)
        assert entry is not None
        assert entry.audio_s == pytest.approx(minutes * 60)
        assert await rig.thread.call(Journal.audio, 1) == rig.main_engine.utterances[1].fed

    run(scenario)


@pytest.mark.fault("B8")
def test_the_longest_time_is_announced(
    run: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(SETTINGS, microphone=replace(SETTINGS.microphone, longest_min=0.002))
    monkeypatch.setattr(pipeline, "LAST_CALL_S", 0.2)

    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.settle()
        announced, ended = rig.observer.told[:2]
        assert "the dictation ends in 0 s" in announced
        assert "has reached its longest time" in ended

    run(scenario, settings)
