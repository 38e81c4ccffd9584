"""Speech far below the usual level is recognised, and noise without speech is not made louder."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wyoming.asr import Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop

from dictate.benchmark.rows import word_errors
from dictate.engines.quiet_speech import NORMAL, QUIET, QuietSound, better
from dictate.events import RATE, Samples, pcm_from_samples, samples_from_pcm
from dictate.platform.resources import samples
from tests.lab.engine import Worker

LONG = samples()[0]


def at_level(recording: Path, decibels: float) -> Samples:
    """The recording with its peak at this level, in steps of 16-bit sound."""
    sound, rate = soundfile.read(recording, dtype="float32")
    assert rate == RATE
    louder = sound * np.float32(10 ** (decibels / 20) / np.abs(sound).max())
    return samples_from_pcm(pcm_from_samples(louder))


def kept(sound: Samples) -> list[Samples]:
    quiet = QuietSound()
    for at in range(0, len(sound), 320):
        quiet.feed(sound[at : at + 320])
    return quiet.louder()


def test_quiet_speech_gets_a_normal_level() -> None:
    sound = at_level(LONG, -50)
    louder = np.concatenate(kept(sound))
    assert len(louder) == len(sound)
    assert np.abs(louder).max() == pytest.approx(NORMAL, rel=0.5)


def test_a_click_of_the_key_and_an_offset_do_not_hide_that_speech_is_quiet() -> None:
    sound = at_level(LONG, -50) + np.float32(0.1)
    sound[1000:1200] += 0.3 * np.resize(np.array([1, -1], np.float32), 200)
    louder = np.concatenate(kept(sound))
    rest = louder[RATE:]
    assert np.abs(rest).max() == pytest.approx(NORMAL, rel=0.5)
    assert np.abs(louder).max() <= 1


def test_speech_that_is_loud_enough_stays_as_it_is() -> None:
    assert kept(at_level(LONG, -28)) == []


@pytest.mark.parametrize("kind", ["zeros", "last bit", "noise", "tone", "nothing"])
def test_what_is_no_speech_is_not_made_louder(kind: str) -> None:
    rng = np.random.default_rng(5)
    count = np.arange(3 * RATE)
    sound = {
        "zeros": np.zeros(3 * RATE),
        "last bit": rng.integers(-1, 2, 3 * RATE) / 32768,
        "noise": rng.normal(0, QUIET / 10, 3 * RATE),
        "tone": QUIET / 2 * np.sin(count * 0.05),
        "nothing": np.zeros(0),
    }[kind]
    assert kept(sound.astype(np.float32)) == []


def test_a_louder_sound_of_which_hardly_a_word_is_left_replaces_no_text() -> None:
    assert better("all of what was said", "all") == "all of what was said"
    assert better("all of what was said", "") == "all of what was said"
    assert better("what of a said", "what was said") == "what was said"
    assert better("", "said") == "said"


@pytest.fixture
def pocketsphinx(tmp_path: Path) -> Iterator[Worker]:
    with Worker(tmp_path, engine="pocketsphinx") as worker:
        yield worker


async def hear(worker: Worker, sound: Samples) -> str:
    """What a client of the engine process gets for this sound."""
    client = await worker.connect()
    try:
        await client.write_event(AudioStart(RATE, 2, 1).event())
        for at in range(0, len(sound), 1600):
            pcm = pcm_from_samples(sound[at : at + 1600])
            await client.write_event(AudioChunk(RATE, 2, 1, pcm).event())
        await client.write_event(AudioStop().event())
        while True:
            event = await client.read_event()
            assert event is not None
            if event.type == "transcript":
                return Transcript.from_event(event).text
            assert event.type != "error", event.data
    finally:
        await client.disconnect()


def test_quiet_speech_is_heard_as_at_a_usual_level(pocketsphinx: Worker) -> None:
    async def main() -> None:
        usual = await hear(pocketsphinx, at_level(LONG, -20))
        assert len(usual.split()) > 5
        for decibels in (-46, -52):
            quiet = await hear(pocketsphinx, at_level(LONG, decibels))
            wrong, words = word_errors(usual, quiet)
            assert wrong <= 0.35 * words, (decibels, usual, quiet)

    asyncio.run(main())
