"""What happens to a dictation when PipeWire, or WirePlumber, breaks under it: real programs. What
PulseAudio does is in test_microphone_faults.py."""

import asyncio
import signal
import time
from collections.abc import Callable, Iterator

import numpy as np
import pytest
import soundfile

from dictate.config.schema import MicrophoneSettings
from dictate.events import RATE
from tests.faults.test_microphone_faults import dictating, off_loop, sound_of_a_minute, until
from tests.lab.hearing import joined
from tests.lab.pipewire import MICROPHONE, PROGRAMS, SECOND_MICROPHONE, PipeWire

Property = Callable[[str, object], None]
Step = Callable[[PipeWire], None]

GAP_S = 1.0
"""Seconds for which a fault lasts: longer than it takes to notice it."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PipeWire]:
    folder = tmp_path_factory.mktemp("pipewire")
    soundfile.write(folder / "noise.wav", sound_of_a_minute(), RATE)
    with PipeWire(folder) as server:
        yield server


@pytest.fixture
def pipewire(server: PipeWire, monkeypatch: pytest.MonkeyPatch) -> Iterator[PipeWire]:
    server.enter(monkeypatch)
    # Five programs share a busy machine.
    monkeypatch.setattr("tests.faults.test_microphone_faults.BOUND_S", 40.0)
    speak(server)
    yield server
    server.mend()


def speak(server: PipeWire) -> None:
    server.play(server.folder / "noise.wav")


def killed(*programs: str) -> tuple[Step, Step]:
    return (
        lambda server: server.kill(*programs),
        lambda server: server.start(*(programs if len(programs) == 1 else ())),
    )


def stopped(program: str) -> tuple[Step, Step]:
    return (
        lambda server: server.signal(program, signal.SIGSTOP),
        lambda server: server.signal(program, signal.SIGCONT),
    )


NOTICED = {
    "WirePlumber is killed": killed("wireplumber"),
    "the server is killed, and its clients end": killed(*PROGRAMS),
    "the server for PulseAudio's clients is killed": killed("pipewire-pulse"),
    "the server hangs": stopped("pipewire"),
    "the server for PulseAudio's clients hangs": stopped("pipewire-pulse"),
}


@pytest.mark.parametrize("what", NOTICED)
@pytest.mark.fault("A4", "A5", "A6")
def test_the_microphone_is_opened_again_and_nothing_is_lost_that_came_before(
    pipewire: PipeWire, record_property: Property, what: str
) -> None:
    breaks, mends = NOTICED[what]

    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            await dictation.hears(0.6)
            before = joined(dictation.chunks)
            dictation.troubles.clear()  # a busy machine may have been slow to open it
            broken = time.monotonic()
            await off_loop(lambda: breaks(pipewire))
            await until(lambda: dictation.troubles)
            record_property("detected_s", time.monotonic() - broken)
            await asyncio.sleep(GAP_S)
            await off_loop(lambda: mends(pipewire))
            await off_loop(lambda: speak(pipewire))
            record_property("recovered_s", await dictation.hears_anew(time.monotonic()))
            await dictation.hears(0.5)
            assert dictation.loudness > 0.1
            np.testing.assert_array_equal(joined(dictation.chunks)[: len(before)], before)
            tap.release()
            tap.listen()
            await dictation.hears(0.3)

    asyncio.run(scenario())


@pytest.mark.fault("A6")
def test_without_wireplumber_the_sound_that_flows_goes_on_and_the_next_dictation_waits(
    pipewire: PipeWire, record_property: Property
) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, tap):
            await dictation.hears(0.3)
            dictation.troubles.clear()
            pipewire.signal("wireplumber", signal.SIGSTOP)
            try:
                await dictation.hears(0.6)
                assert dictation.troubles == []
                tap.release()
                await until(lambda: not tap.is_open)
                tap.listen()
                await until(lambda: dictation.troubles)
                assert "did not open" in dictation.troubles[0]
            finally:
                pipewire.signal("wireplumber", signal.SIGCONT)
            record_property("recovered_s", await dictation.hears_anew(time.monotonic()))

    asyncio.run(scenario())


@pytest.mark.fault("A2")
def test_a_microphone_that_was_chosen_stays_when_the_default_changes(pipewire: PipeWire) -> None:
    # A monitor cannot be chosen: one of them gets the shape of a microphone.
    module = pipewire.pactl(
        *("load-module", "module-remap-source", "source_name=studio", f"master={MICROPHONE}")
    )
    chosen = MicrophoneSettings(keep_open="never", device="studio")

    async def scenario() -> None:
        async with dictating(chosen) as (dictation, _):
            await dictation.hears(0.6)
            assert dictation.loudness > 0.1
            await off_loop(lambda: pipewire.set_default_source(SECOND_MICROPHONE))
            await dictation.hears(1.0)
            assert dictation.loudness > 0.1  # nobody plays anything into the other one

    try:
        asyncio.run(scenario())
    finally:
        pipewire.set_default_source(MICROPHONE)
        pipewire.pactl("unload-module", module.strip())


@pytest.mark.fault("A1", "A2")
def test_the_default_is_unplugged_and_another_one_takes_over(pipewire: PipeWire) -> None:
    async def scenario() -> None:
        async with dictating() as (dictation, _):
            await dictation.hears(0.6)
            before = joined(dictation.chunks)
            dictation.troubles.clear()
            await off_loop(lambda: pipewire.unplug("feed"))
            await dictation.hears(0.6)
            # What plays goes to the other one, too.
            assert dictation.loudness > 0.1
            assert dictation.troubles == []
            np.testing.assert_array_equal(joined(dictation.chunks)[: len(before)], before)

    asyncio.run(scenario())
    pipewire.kill("wireplumber")  # which makes it again
