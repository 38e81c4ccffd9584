"""The engine `wyoming` with a real third-party server: Home Assistant's for Whisper.

`make peers` installs it and runs this; `make test` does not.
"""

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from wyoming.asr import Transcribe, Transcript
from wyoming.audio import AudioChunk, AudioStart, AudioStop
from wyoming.client import AsyncClient

from bench.hearing import score
from bench.hearing_speech import LIBRIVOX, RECORDINGS, recordings
from bench.remote import linked
from dictate.app.daemon import NOTHING_HEARD
from dictate.config.schema import EngineSettings
from dictate.engines.remote.wyoming import WyomingEngine
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.microphone.sound_file import read_sound_file
from tests.lab.engine import Whole
from tests.lab.scripted import Home, home
from tests.lab.serving import overheard
from tests.lab.whisper import WhisperServer

pytestmark = [pytest.mark.peers, pytest.mark.timeout(180)]

NOVEL = RECORDINGS / LIBRIVOX[0]
"""Seven seconds, of which Whisper makes two segments."""
MUTED = np.zeros(2 * RATE, np.float32)
PATIENCE_S = 60.0


def settings(address: str, **changes: object) -> EngineSettings:
    found = EngineSettings(use="wyoming", address=address, deadline_s=PATIENCE_S)
    return replace(found, **changes)  # type: ignore[arg-type]


def loaded(address: str) -> WyomingEngine:
    engine = WyomingEngine(settings(address))
    engine.load()
    return engine


def hear(
    engine: WyomingEngine,
    sound: Samples,
    hotwords: Hotwords | None = None,
    language: str = "en",
    meanwhile: Callable[[], object] = lambda: None,
) -> str:
    """The text of this sound; after its first half, `meanwhile` is called."""
    utterance = engine.begin(hotwords or Hotwords(), language)
    try:
        for half in np.array_split(sound, 2):
            utterance.feed(half)
            meanwhile()
        return utterance.finish()
    finally:
        utterance.cancel()


async def unchanged(address: str, sound: Samples) -> str:
    """What the server itself writes."""
    async with AsyncClient.from_uri(f"tcp://{address}", read_timeout=PATIENCE_S) as client:
        await client.write_event(Transcribe(language="en").event())
        await client.write_event(AudioStart(RATE, 2, 1).event())
        await client.write_event(AudioChunk(RATE, 2, 1, pcm_from_samples(sound)).event())
        await client.write_event(AudioStop().event())
        while event := await client.read_event():
            if Transcript.is_type(event.type):
                return Transcript.from_event(event).text
    raise AssertionError("the server hung up")


def written(user: Home, address: str, recording: Path, status: int = 0) -> str:
    """What `dictate run --once` writes for this recording; it must end with this status."""
    user.settings = (
        f'[engine]\nuse = "wyoming"\naddress = "{address}"\ndeadline_s = {PATIENCE_S}\n'
        '[output]\nuse = "stdout"\n[hotkey]\nuse = "none"\n'
    )
    daemon = user.daemon("--microphone", f"wav:{recording}", "--once")
    daemon.spawn()
    assert daemon.wait(120) == status, daemon.logged()
    return daemon.written()


def test_what_was_said_is_written_and_two_spaces_are_not(
    whisper: WhisperServer, tmp_path: Path
) -> None:
    assert "  " in asyncio.run(unchanged(whisper.address, read_sound_file(NOVEL)))
    with home(tmp_path) as user:
        text = written(user, whisper.address, NOVEL)
    assert "prudently in his power" in text
    assert "  " not in text
    assert text == f"{text.strip()}\n"


def test_people_are_understood(whisper: WhisperServer) -> None:
    engine = loaded(whisper.address)
    heard = score([(clip.text, hear(engine, clip.samples)) for clip in recordings().clips])
    assert heard.words > 80
    assert heard.wrong <= 0.15 * heard.words


def test_what_it_is(whisper: WhisperServer) -> None:
    engine = loaded(f"tcp://{whisper.address}")
    assert not engine.ours
    assert not engine.streams
    assert "en" in engine.languages
    assert engine.facts.model.startswith("faster-whisper ")
    assert engine.hotwords_as == "names beside the sound, if that server uses them"


def test_hotwords_and_the_language_reach_it(whisper: WhisperServer) -> None:
    words = Hotwords((Term("Claude Code"), Term("pytest"), Term("Kölsch", language="de")))
    with overheard(whisper.port) as (port, passed):
        assert hear(loaded(f"127.0.0.1:{port}"), read_sound_file(NOVEL), words, "en-GB")
    assert b'"transcript_names": ["Claude Code", "pytest"]' in passed
    assert b'"language": "en"' in passed


def test_a_muted_microphone_writes_nothing(whisper: WhisperServer, tmp_path: Path) -> None:
    assert asyncio.run(unchanged(whisper.address, MUTED)).strip(), "it makes up no words any more"
    recording = tmp_path / "muted.wav"
    soundfile.write(recording, MUTED, RATE, subtype="PCM_16")
    with home(tmp_path) as user:
        assert written(user, whisper.address, recording, NOTHING_HEARD) == ""


def test_a_server_that_hangs(whisper: WhisperServer) -> None:
    engine = loaded(whisper.address)
    try:
        os.kill(whisper.pid, signal.SIGSTOP)
        with pytest.raises(EngineLost, match=r"127\.0\.0\.1 did not answer for 2 s"):
            hear(engine, read_sound_file(NOVEL))
    finally:
        os.kill(whisper.pid, signal.SIGCONT)


def test_a_server_that_dies(whisper: WhisperServer) -> None:
    engine = loaded(whisper.address)
    try:
        with pytest.raises(EngineError, match=r"127\.0\.0\.1 (was lost|hung up)"):
            hear(engine, read_sound_file(NOVEL), meanwhile=whisper.kill)
        with pytest.raises(EngineError, match="cannot be reached: Connection refused"):
            engine.load()
    finally:
        whisper.start()


def dictated(
    engine: EngineSettings,
    folder: Path,
    sound: Samples,
    meanwhile: Callable[[], object] = lambda: None,
) -> str:
    """The text of a dictation by the engine process; in its middle, `meanwhile` is called."""
    pcm = pcm_from_samples(sound)
    middle = len(pcm) // 4 * 2

    async def main() -> str:
        async with asyncio.timeout(150), linked(engine, folder) as link:
            utterance = link.begin(1, Hotwords(), "en")
            utterance.feed(pcm[:middle])
            await utterance.drain()
            await asyncio.to_thread(meanwhile)
            utterance.feed(pcm[middle:])
            return (await utterance.finish(Whole(pcm))).text

    return asyncio.run(main())


def test_two_minutes_have_the_time_that_they_take(whisper: WhisperServer, tmp_path: Path) -> None:
    """The server recognises all of the sound after the release, and reports nothing meanwhile."""
    clips = recordings().clips[5:] * 5
    sound = np.concatenate([clip.samples for clip in clips])
    assert len(sound) > 120 * RATE
    text = dictated(EngineSettings(use="wyoming", address=whisper.address), tmp_path, sound)
    heard = score([(" ".join(clip.text for clip in clips), text)])
    assert heard.wrong <= 0.15 * heard.words


def test_nothing_is_lost_if_the_server_starts_anew_in_the_middle(
    whisper: WhisperServer, tmp_path: Path
) -> None:
    def again() -> None:
        whisper.kill()
        whisper.start()

    text = dictated(settings(whisper.address), tmp_path, read_sound_file(NOVEL), again)
    assert text.startswith("And Mr. John Dashwood")
    assert "in his power" in text


def test_the_starter_takes_over_if_the_server_stays_away(
    whisper: WhisperServer, tmp_path: Path
) -> None:
    try:
        starter = settings(whisper.address, fallback="pocketsphinx")
        text = dictated(starter, tmp_path, read_sound_file(NOVEL), whisper.kill)
    finally:
        whisper.start()
    assert "john" in text.lower()
