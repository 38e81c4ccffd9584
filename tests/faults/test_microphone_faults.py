"""What happens to a dictation when the sound breaks under it: real server, real processes."""

import asyncio
import itertools
import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.config.schema import MicrophoneSettings
from dictate.errors import MicrophoneError
from dictate.events import RATE, AudioChunk, Samples
from dictate.microphone.portaudio import PortAudioMicrophone, list_devices
from dictate.microphone.supervisor import MicrophoneSupervisor
from tests.lab.hearing import joined, missing_s, tone
from tests.lab.processes import children
from tests.lab.pulse import MICROPHONE, SECOND_MICROPHONE, PulseAudio

BOUND_S = 15.0
"""Recovery takes a second or two; a loaded machine gets more time before it is a failure."""

BUSY_SERVER_S = 0.5
"""Seconds of sound that the server itself may lose on a loaded machine. Without our buffers, a
hiccup of 1.5 s would lose more than twice as much."""


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseAudio]:
    with PulseAudio(tmp_path) as server:
        server.enter(monkeypatch)
        yield server


@pytest.fixture
def noise(tmp_path: Path) -> Path:
    """A minute of sound, never silent and nowhere like itself."""
    path = tmp_path / "noise.wav"
    soundfile.write(path, sound_of_a_minute(), RATE)
    return path


def sound_of_a_minute() -> Samples:
    return np.random.default_rng(3).normal(0, 0.1, 60 * RATE).astype(np.float32)


def capture_processes() -> set[int]:
    """Our children that are capture processes and alive."""
    listed = children().items()
    return {number for number, command in listed if b"dictate.microphone.capture" in command}


@dataclass
class Dictation:
    """What somebody who listens through a tap gets to know."""

    settings: MicrophoneSettings
    chunks: list[AudioChunk] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    opened: list[bool] = field(default_factory=list)

    def tap(self) -> MicrophoneSupervisor:
        return MicrophoneSupervisor(
            PortAudioMicrophone,
            self.settings,
            on_chunk=self.chunks.append,
            on_trouble=self.troubles.append,
            on_open_changed=lambda is_open, _device: self.opened.append(is_open),
            on_end=lambda: self.troubles.append("the end of a microphone"),
        )

    @property
    def seconds(self) -> float:
        return sum(len(chunk.samples) for chunk in self.chunks) / RATE

    @property
    def loudness(self) -> float:
        """Of the last half second."""
        return float(np.abs(joined(self.chunks[-25:])).max())

    async def hears(self, seconds: float) -> None:
        """Wait until so much more was heard."""
        goal = self.seconds + seconds
        await until(lambda: self.seconds >= goal)

    async def hears_anew(self, since: float) -> float:
        """Wait for sound made after `since`; how many seconds that took."""
        await until(lambda: self.chunks and self.chunks[-1].at > since)
        return time.monotonic() - since


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(BOUND_S):
        while not condition():  # noqa: ASYNC110 - processes and servers have no event to wait for
            await asyncio.sleep(0.02)


@asynccontextmanager
async def dictating(
    settings: MicrophoneSettings | None = None,
) -> AsyncIterator[tuple[Dictation, MicrophoneSupervisor]]:
    """Somebody holds the key; afterwards no process is left."""
    dictation = Dictation(settings or MicrophoneSettings(keep_open="never"))
    tap = dictation.tap()
    await tap.start()
    tap.listen()
    try:
        yield dictation, tap
    finally:
        await tap.stop()
    assert not tap.is_open
    assert dictation.opened[-1:] in ([], [False])
    assert capture_processes() == set()


async def off_loop(call: Callable[[], object]) -> None:
    await asyncio.to_thread(call)


@pytest.mark.fault("A4")
def test_the_server_is_killed_and_comes_back(
    pulse: PulseAudio, noise: Path, record_property: Callable[[str, object], None]
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(noise)
            await dictation.hears(1.5)
            before = joined(dictation.chunks)
            killed = time.monotonic()
            await off_loop(pulse.kill)
            await until(lambda: dictation.troubles)
            record_property("detected_s", time.monotonic() - killed)
            await off_loop(pulse.start)
            pulse.play(noise)
            took = await dictation.hears_anew(time.monotonic())
            record_property("recovered_s", took)
            await dictation.hears(1.0)
            assert took < 5.0
            assert dictation.loudness > 0.1
            assert len(dictation.troubles) <= 2
            assert "lost" in dictation.troubles[0]
            # All of the first part is kept, in front.
            assert missing_s(before[-RATE:], sound_of_a_minute()) < BUSY_SERVER_S
            np.testing.assert_array_equal(joined(dictation.chunks)[: len(before)], before)

    asyncio.run(scenario())


@pytest.mark.fault("A5")
def test_the_server_hangs_and_goes_on(
    pulse: PulseAudio, noise: Path, record_property: Callable[[str, object], None]
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            pulse.play(noise)
            await dictation.hears(1.0)
            pulse.stop()
            hung = time.monotonic()
            try:
                await until(lambda: dictation.troubles)
                noticed = time.monotonic() - hung
                record_property("detected_s", noticed)
                assert noticed < 3.0
                assert not tap.is_open
                await until(lambda: len(dictation.troubles) == 2)
                assert "did not open" in dictation.troubles[1]
            finally:
                pulse.cont()
            record_property("recovered_s", await dictation.hears_anew(time.monotonic()))
            assert len(dictation.troubles) == 2

    asyncio.run(scenario())


@pytest.mark.fault("A5")
def test_stopping_while_the_server_hangs(pulse: PulseAudio) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            await dictation.hears(0.2)
            pulse.stop()
            try:
                await asyncio.sleep(1.0)  # now an opening hangs
                began = time.monotonic()
                await tap.stop()
                assert time.monotonic() - began < 2.0
            finally:
                pulse.cont()

    asyncio.run(scenario())


@pytest.mark.fault("A1")
def test_the_microphone_is_unplugged_and_plugged_in_again(
    pulse: PulseAudio, noise: Path, record_property: Callable[[str, object], None]
) -> None:
    async def scenario() -> None:
        async with dictating(MicrophoneSettings(keep_open="never", device=MICROPHONE)) as (
            dictation,
            _,
        ):
            pulse.play(noise)
            await dictation.hears(1.0)
            await off_loop(lambda: pulse.unload(MICROPHONE))
            unplugged = time.monotonic()
            await until(lambda: dictation.troubles)
            record_property("detected_s", time.monotonic() - unplugged)
            assert "lost" in dictation.troubles[0]
            await off_loop(lambda: pulse.plug_in(MICROPHONE))
            record_property("recovered_s", await dictation.hears_anew(time.monotonic()))
            await dictation.hears(1.0)
            assert dictation.loudness > 0.1

    asyncio.run(scenario())


@pytest.mark.fault("A2")
def test_the_default_changes_in_the_middle(pulse: PulseAudio, tmp_path: Path) -> None:
    for name, hertz in (("low", 300), ("high", 1500)):
        soundfile.write(tmp_path / f"{name}.wav", tone(20.0, hertz), RATE)

    def pitch(chunks: list[AudioChunk]) -> float:
        sound = joined(chunks[-25:])
        return float(np.argmax(np.abs(np.fft.rfft(sound)))) * RATE / len(sound)

    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(tmp_path / "low.wav")
            pulse.play(tmp_path / "high.wav", sink="other_feed")
            await dictation.hears(1.5)
            assert pitch(dictation.chunks) == pytest.approx(300, abs=10)
            await off_loop(lambda: pulse.set_default_source(SECOND_MICROPHONE))
            await until(lambda: abs(pitch(dictation.chunks) - 1500) < 10)
            assert dictation.troubles == []
            chunks = dictation.chunks
            gaps = [after.at - chunk.end for chunk, after in itertools.pairwise(chunks)]
            assert max(gaps) < BUSY_SERVER_S

    asyncio.run(scenario())


@pytest.mark.fault("A9")
def test_a_device_is_found_by_its_name_in_any_order_and_format(
    pulse: PulseAudio, tmp_path: Path
) -> None:
    """Devices that come later get other numbers; this one has 8 channels at 44.1 kHz."""
    soundfile.write(tmp_path / "tone.wav", tone(20.0, 700), RATE)

    def reshuffle() -> None:
        for name in (SECOND_MICROPHONE, MICROPHONE):
            pulse.unload(name)
        pulse.pactl(
            "load-module", *["module-null-sink", "sink_name=eight", "rate=44100", "channels=8"]
        )
        pulse.pactl(
            "load-module", "module-remap-source", "source_name=studio", "master=eight.monitor"
        )
        pulse.plug_in(MICROPHONE)

    async def scenario() -> None:
        await off_loop(reshuffle)
        async with dictating(MicrophoneSettings(keep_open="never", device="studio")) as (
            dictation,
            _,
        ):
            pulse.play(tmp_path / "tone.wav", sink="eight")
            await until(lambda: dictation.chunks and dictation.loudness > 0.1)
            await dictation.hears(0.6)
            heard = joined(dictation.chunks[-25:])
            pitch = float(np.argmax(np.abs(np.fft.rfft(heard)))) * RATE / len(heard)
            assert pitch == pytest.approx(700, abs=10)
            assert dictation.troubles == []

    asyncio.run(scenario())


def recording_process() -> int:
    (process,) = capture_processes()
    return process


@pytest.mark.fault("A13")
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_the_capture_process_dies_or_hangs(
    pulse: PulseAudio,
    noise: Path,
    how: signal.Signals,
    record_property: Callable[[str, object], None],
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(noise)
            await dictation.hears(1.0)
            process = recording_process()
            os.kill(process, how)
            took = await dictation.hears_anew(time.monotonic() + 0.1)
            record_property("recovered_s", took + 0.1)
            assert took < 5.0
            assert recording_process() != process
            assert len(dictation.troubles) == 1
            assert "lost" in dictation.troubles[0]

    asyncio.run(scenario())


@pytest.mark.fault("A11")
def test_a_short_hiccup_of_the_capture_process_loses_nothing(
    pulse: PulseAudio, noise: Path
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(noise)
            await dictation.hears(1.0)
            process = recording_process()
            os.kill(process, signal.SIGSTOP)
            await asyncio.sleep(0.25)
            os.kill(process, signal.SIGCONT)
            await dictation.hears(1.5)
            assert dictation.troubles == []
            assert not any(chunk.dropped for chunk in dictation.chunks)
            heard = joined(dictation.chunks)[RATE // 2 :]
            assert missing_s(heard, sound_of_a_minute()) < 0.1

    asyncio.run(scenario())


@pytest.mark.fault("A11")
def test_a_hiccup_of_the_daemon_loses_nothing(pulse: PulseAudio, noise: Path) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(noise)
            await dictation.hears(1.0)
            time.sleep(1.5)  # noqa: ASYNC251 - the hiccup
            await dictation.hears(2.0)
            assert dictation.troubles == []
            assert not any(chunk.dropped for chunk in dictation.chunks)
            heard = joined(dictation.chunks)[RATE // 2 :]
            assert missing_s(heard, sound_of_a_minute()) < BUSY_SERVER_S

    asyncio.run(scenario())


def test_a_warm_process_that_died_costs_nothing_but_its_head_start(pulse: PulseAudio) -> None:
    async def scenario() -> None:
        dictation = Dictation(MicrophoneSettings(keep_open="never"))
        tap = dictation.tap()
        await tap.start()
        try:
            await until(capture_processes)
            (warm,) = capture_processes()
            os.kill(warm, signal.SIGKILL)
            await until(lambda: warm not in capture_processes())
            tap.listen()
            await dictation.hears(0.2)
            assert dictation.troubles == []
        finally:
            await tap.stop()
        assert capture_processes() == set()

    asyncio.run(scenario())


@pytest.mark.fault("B3")
def test_presses_at_any_moment_leave_nothing_behind(pulse: PulseAudio) -> None:
    """The spawning and the opening are interrupted at all their stages."""

    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            for milliseconds in (0, 0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233):
                tap.listen()
                await asyncio.sleep(milliseconds / 1000)
                tap.release()
            tap.listen()
            await dictation.hears(0.2)
            assert await asyncio.to_thread(pulse.recordings) == 1
            assert dictation.troubles == []

    asyncio.run(scenario())


@pytest.mark.fault("A8")
def test_no_server_then_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = PulseAudio(tmp_path)
    pulse.enter(monkeypatch)

    async def scenario() -> None:
        async with dictating() as (dictation, _):
            await until(lambda: dictation.troubles)
            assert "there is no microphone" in dictation.troubles[0]
            await off_loop(pulse.start)
            await dictation.hears(0.2)
            assert len(dictation.troubles) == 1

    try:
        asyncio.run(scenario())
    finally:
        pulse.__exit__(None, None, None)


def test_an_unknown_device_is_told_with_the_names_of_the_known(pulse: PulseAudio) -> None:
    async def scenario() -> None:
        async with dictating(MicrophoneSettings(device="Studio")) as (dictation, _):
            await until(lambda: dictation.troubles)
            assert "'Studio'" in dictation.troubles[0]
            assert "Virtual Microphone" in dictation.troubles[0]

    asyncio.run(scenario())


@pytest.mark.fault("A10")
def test_a_muted_microphone_is_named_as_such_and_works_when_unmuted(
    pulse: PulseAudio, noise: Path
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            pulse.play(noise)
            await off_loop(lambda: pulse.pactl("set-source-mute", MICROPHONE, "1"))
            await until(lambda: any("muted?" in trouble for trouble in dictation.troubles))
            said = len(dictation.troubles)
            await off_loop(lambda: pulse.pactl("set-source-mute", MICROPHONE, "0"))
            await until(lambda: dictation.loudness > 0.1)
            assert len(dictation.troubles) == said

    asyncio.run(scenario())


@pytest.mark.fault("S19")
def test_release_closes_the_device_for_the_server_too(pulse: PulseAudio, noise: Path) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            pulse.play(noise)  # a silent one is closed after a while in any case
            await dictation.hears(0.2)
            assert await asyncio.to_thread(pulse.recordings) == 1
            tap.release()
            await until(lambda: not tap.is_open)
            assert await asyncio.to_thread(pulse.recordings) == 0

    asyncio.run(scenario())


@pytest.mark.fault("A5")
def test_a_hung_server_cannot_hang_the_listing(
    pulse: PulseAudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dictate.microphone.portaudio.LIST_TIMEOUT_S", 1.5)
    pulse.stop()
    try:
        began = time.monotonic()
        with pytest.raises(MicrophoneError, match="does not answer"):
            list_devices()
        assert time.monotonic() - began < 5.0
    finally:
        pulse.cont()
