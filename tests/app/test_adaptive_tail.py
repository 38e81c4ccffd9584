"""Where the sound of a dictation ends: with the voice, and at the longest tail in any case."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from dictate.config.schema import Settings
from dictate.events import AudioChunk
from dictate.vad.voice_end import PAUSE_MS
from tests.app.test_pipeline import PAUSE, SETTINGS, Rig, run, segmenter_of, sound_of

__all__ = ["run"]

NEVER_MS = 600_000
VOICE, SOFT_VOICE = 0.5, 0.05
"""Levels. A soft voice is not one to the detector."""
VOICE_S = 0.3
PAUSE_S = PAUSE_MS / 1000


def with_tail(tail_ms: int, *, adaptive: bool = True) -> Settings:
    engine = replace(SETTINGS.engine, tail_ms=tail_ms, adaptive_tail=adaptive)
    return replace(SETTINGS, engine=engine)


def seconds_fed(rig: Rig) -> float:
    return len(rig.main_engine.utterances[1].fed) / 32_000


def test_the_sound_ends_at_the_release_if_the_voice_has_ended(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        rig.release()
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert seconds_fed(rig) == pytest.approx(VOICE_S + PAUSE_S)

    run(scenario, with_tail(NEVER_MS))


def test_after_the_release_it_ends_with_the_voice(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        rig.release()
        await rig.speak(VOICE_S)
        await rig.speak(3 * PAUSE_S, level=0.0)
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}
        assert seconds_fed(rig) == pytest.approx(2 * VOICE_S + PAUSE_S)

    run(scenario, with_tail(NEVER_MS))


def test_speech_that_comes_back_with_the_release_belongs_to_it(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        await rig.speak(PAUSE)
        rig.release()
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        await rig.settle()
        assert seconds_fed(rig) == pytest.approx(2 * VOICE_S + 2 * PAUSE_S + PAUSE)

    run(scenario, with_tail(NEVER_MS))


def test_speech_that_comes_between_the_release_and_the_end_belongs_to_it(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        rig.release()
        voice = sound_of(VOICE_S, VOICE)
        rig.pipeline.hear(AudioChunk(voice, time.monotonic() - VOICE_S))  # in the same turn
        await rig.speak(PAUSE_S, level=0.0)
        await rig.settle()
        assert seconds_fed(rig) == pytest.approx(2 * VOICE_S + 2 * PAUSE_S)

    run(scenario, with_tail(NEVER_MS))


def test_sound_before_the_release_that_is_late_belongs_to_it(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        for level in (VOICE, 0.0):  # a second ago
            sound = sound_of(VOICE_S, level)
            rig.pipeline.hear(AudioChunk(sound, time.monotonic() - VOICE_S - 1))
        rig.release()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        await rig.settle()
        assert rig.main_engine.utterances[1].drafts == ["asked for", "dropped"]
        assert seconds_fed(rig) == pytest.approx(3 * VOICE_S + PAUSE_S)

    run(scenario, with_tail(NEVER_MS))


def test_sound_that_is_late_and_keeps_coming_is_waited_for(run: Callable[..., None]) -> None:
    """On a busy machine the sound may lag behind the key by more than the tail."""

    async def scenario(rig: Rig) -> None:
        rig.press()
        began = time.monotonic() - 2.0
        rig.pipeline.hear(AudioChunk(sound_of(VOICE_S, VOICE), began))
        rig.release()
        for late in range(1, 6):
            await asyncio.sleep(0.15)
            rig.pipeline.hear(AudioChunk(sound_of(VOICE_S, VOICE), began + late * VOICE_S))
        await rig.settle()
        assert seconds_fed(rig) == pytest.approx(6 * VOICE_S)

    run(scenario)


def test_a_voice_that_goes_on_ends_at_the_longest_tail(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        rig.release()
        await rig.speak(5.0, real_time=True)
        await rig.settle()
        assert seconds_fed(rig) >= VOICE_S + 3 * PAUSE

    run(scenario, with_tail(500))


@pytest.mark.parametrize(
    ("adaptive", "voice_s"),
    [
        (False, VOICE_S),
        (True, 0.0),  # a voice too soft for the detector may still speak
    ],
)
def test_otherwise_the_tail_has_its_whole_length(
    run: Callable[..., None], *, adaptive: bool, voice_s: float
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(voice_s)
        await rig.speak(3 * PAUSE_S, level=0.0)
        rig.release()
        await rig.speak(5.0, level=0.0, real_time=True)
        await rig.settle()
        assert seconds_fed(rig) >= voice_s + 3 * PAUSE_S + 3 * PAUSE

    run(scenario, with_tail(500, adaptive=adaptive))


def test_a_release_before_any_sound_waits_for_it(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        rig.release()
        await rig.speak(VOICE_S)
        await rig.speak(PAUSE_S, level=0.0)
        await rig.settle()
        assert rig.screen.windows == {"editor": "hello there"}

    run(scenario, with_tail(NEVER_MS))


@pytest.mark.parametrize(
    ("sounds", "expected"),
    [
        ([VOICE], []),
        ([VOICE, 0.0], ["asked for"]),
        ([VOICE, 0.0, VOICE], ["asked for", "dropped"]),
        ([VOICE, 0.0, VOICE, 0.0], ["asked for", "dropped", "asked for"]),
        ([VOICE, 0.0, SOFT_VOICE], ["asked for", "dropped"]),
        ([VOICE, 0.0, SOFT_VOICE, 0.0], ["asked for", "dropped"]),
        ([0.0], []),
    ],
)
def test_a_draft_is_made_in_each_pause(
    run: Callable[..., None], sounds: list[float], expected: list[str]
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        for level in sounds:
            await rig.speak(VOICE_S, level)
        assert rig.main_engine.utterances[1].drafts == expected
        rig.release()
        await rig.speak(5.0, level=0.0, real_time=True)
        await rig.settle()
        assert rig.main_engine.utterances[1].drafts == expected  # the release is no time for one
        early = bool(expected) and expected[-1] == "asked for"
        assert [timing.early for timing in rig.observer.timings] == [early]

    run(scenario, with_tail(200))


def test_words_after_a_draft_count_with_a_new_detector_too(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(VOICE_S, level=0.0)
        settings = with_tail(200)
        rig.pipeline.apply(settings, segmenter_of(settings))  # [speech] was saved
        await rig.speak(PAUSE)
        assert rig.main_engine.utterances[1].drafts == ["asked for", "dropped"]
        rig.cancel()
        await rig.settle()

    run(scenario, with_tail(200))


def test_words_count_that_come_in_one_chunk_with_the_pause_after_them(
    run: Callable[..., None],
) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(VOICE_S, level=0.0)
        both = np.concatenate((sound_of(VOICE_S, VOICE), sound_of(VOICE_S, 0.0)))
        rig.pipeline.hear(AudioChunk(both, time.monotonic() - 2 * VOICE_S))
        assert rig.main_engine.utterances[1].drafts == ["asked for", "dropped", "asked for"]
        rig.cancel()
        await rig.settle()

    run(scenario, with_tail(200))


def test_no_draft_is_made_where_the_sound_of_the_tail_is_wanted(run: Callable[..., None]) -> None:
    async def scenario(rig: Rig) -> None:
        rig.press()
        await rig.speak(VOICE_S)
        await rig.speak(VOICE_S, level=0.0)
        assert not rig.main_engine.utterances[1].drafts
        rig.cancel()
        await rig.settle()

    run(scenario, with_tail(NEVER_MS, adaptive=False))
