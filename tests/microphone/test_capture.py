"""The capture process from outside, and the parts of it that no virtual device can show."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from wyoming.event import Event, read_event

from dictate.errors import MicrophoneError
from dictate.events import RATE, AudioChunk, samples_from_pcm
from dictate.microphone.capture import BlockQueue, choose, open_stream, pump
from tests.lab.hearing import joined, likeness, tone
from tests.lab.pulse import DESCRIPTION, MICROPHONE, SECOND_MICROPHONE, PulseAudio

CAPTURE = (sys.executable, "-m", "dictate.microphone.capture")


@pytest.fixture
def pulse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PulseAudio]:
    with PulseAudio(tmp_path) as server:
        server.enter(monkeypatch)
        yield server


class Child:
    """A capture process whose stdin we hold."""

    def __init__(self, *options: str) -> None:
        self.process = subprocess.Popen(
            [*CAPTURE, *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> "Child":
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()

    def begin(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def event(self) -> Event | None:
        assert self.process.stdout is not None
        return read_event(self.process.stdout)  # type: ignore[arg-type]

    def chunk(self) -> Event:
        event = self.event()
        assert event is not None
        assert event.type == "audio-chunk", event
        return event


@pytest.mark.desktop
def test_it_says_what_it_opened_and_then_sends_chunks(pulse: PulseAudio) -> None:
    with Child("--device", DESCRIPTION) as child:
        child.begin()
        opened = child.event()
        assert opened is not None
        assert opened.type == "opened"
        assert opened.data == {"device": DESCRIPTION, "rate": RATE, "channels": 1}
        now = time.monotonic()
        chunk = child.chunk()
        assert chunk.data["rate"] == RATE
        assert chunk.data["at"] == pytest.approx(now, abs=1.0)
        assert len(chunk.payload or b"") == 2 * RATE // 50


@pytest.mark.desktop
@pytest.mark.parametrize("wanted", [MICROPHONE, SECOND_MICROPHONE, "other"])
def test_it_records_from_the_one_that_was_asked_for(
    pulse: PulseAudio, tmp_path: Path, wanted: str
) -> None:
    with Child("--device", wanted) as child:
        child.begin()
        child.event()
        child.chunk()
        outputs = json.loads(pulse.pactl("--format=json", "list", "source-outputs"))
        ours = [o for o in outputs if o["driver"] == "protocol-native.c"]
        sources = json.loads(pulse.pactl("--format=json", "list", "sources"))
        names = {source["index"]: source["name"] for source in sources}
        assert [names[output["source"]] for output in ours] == [
            MICROPHONE if wanted == MICROPHONE else SECOND_MICROPHONE
        ]
        assert ours[0]["properties"]["application.name"] == "Dictate"


@pytest.mark.desktop
@pytest.mark.parametrize("began", [False, True])
def test_it_ends_with_its_parent(pulse: PulseAudio, began: bool) -> None:
    with Child() as child:
        if began:
            child.begin()
            child.event()
            child.chunk()
        assert child.process.stdin is not None
        child.process.stdin.close()
        child.process.stdin = None
        assert child.process.wait(timeout=5) == 0


@pytest.mark.desktop
def test_it_ends_with_its_parent_even_if_the_server_hangs(pulse: PulseAudio) -> None:
    with Child() as child:
        child.begin()
        child.event()
        child.chunk()
        pulse.stop()
        try:
            assert child.process.stdin is not None
            child.process.stdin.close()
            child.process.stdin = None
            assert child.process.wait(timeout=5) == 0
        finally:
            pulse.cont()


@pytest.mark.desktop
def test_ctrl_c_in_the_terminal_is_not_for_it(pulse: PulseAudio) -> None:
    with Child() as child:
        child.begin()
        child.event()
        child.process.send_signal(signal.SIGINT)
        for _ in range(10):
            child.chunk()


@pytest.mark.fault("A9")
@pytest.mark.desktop
def test_an_unknown_device_is_an_error_that_names_the_known(pulse: PulseAudio) -> None:
    with Child("--device", "Studio") as child:
        child.begin()
        error = child.event()
        assert error is not None
        assert error.type == "error"
        assert "'Studio'" in error.data["text"]
        assert DESCRIPTION in error.data["text"]
        assert child.process.wait(timeout=5) == 1


def test_no_server_is_an_error_that_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/pulse")
    with Child() as child:
        child.begin()
        error = child.event()
        assert error is not None
        assert error.type == "error"
        assert "there is no microphone" in error.data["text"]
        assert "sound server" in error.data["text"]


@pytest.mark.fault("A11")
@pytest.mark.desktop
def test_a_reader_that_hangs_for_a_while_loses_nothing(pulse: PulseAudio) -> None:
    with Child() as child:
        child.begin()
        child.event()
        chunks = [child.chunk()]
        time.sleep(2.0)  # meanwhile the pipe fills up, and then the inbox
        while chunks[-1].data["at"] < chunks[0].data["at"] + 2.0:
            chunks.append(child.chunk())
        assert sum(chunk.data["dropped"] for chunk in chunks) == 0
        assert len(chunks) == pytest.approx(100, abs=6)


@pytest.mark.fault("A11")
def test_a_full_inbox_drops_the_oldest_and_counts() -> None:
    inbox = BlockQueue(capacity=3)
    for number in range(5):
        inbox.put(np.full((320, 1), number, np.float32), arrived=float(number))
    inbox.finish()
    got = []
    while (item := inbox.get()) is not None:
        got.append((int(item[0][0, 0]), item[1], item[2]))
    assert got == [(2, 2.0, 640), (3, 3.0, 0), (4, 4.0, 0)]


def test_an_inbox_wakes_who_waits() -> None:
    inbox = BlockQueue(capacity=3)
    timer = threading.Timer(0.1, inbox.finish)
    timer.start()
    assert inbox.get() is None
    timer.join()


def pumped(inbox: BlockQueue, rate: int) -> list[AudioChunk]:
    out = BytesIO()
    inbox.finish()
    pump(inbox, rate, out)
    out.seek(0)
    chunks = []
    while (event := read_event(out)) is not None:
        samples = samples_from_pcm(event.payload or b"")
        chunks.append(AudioChunk(samples, event.data["at"], event.data["dropped"]))
    return chunks


@pytest.mark.fault("A9")
@pytest.mark.parametrize("rate", [16000, 44100, 48000])
def test_another_rate_is_converted_and_keeps_its_time(rate: int) -> None:
    inbox = BlockQueue(capacity=1000)
    sound = np.repeat(tone(1.0, rate=rate)[:, None], 2, axis=1)
    sound[: rate // 2] = 0.0
    step = rate // 50
    for start in range(0, rate, step):
        inbox.put(sound[start : start + step], arrived=100.0 + (start + step) / rate)
    chunks = pumped(inbox, rate)
    assert likeness(joined(chunks), tone(0.5)) > 0.98
    first = next(chunk for chunk in chunks if np.abs(chunk.samples).max() > 0.1)
    began = first.at + int(np.argmax(np.abs(first.samples) > 0.1)) / RATE
    assert began == pytest.approx(100.5, abs=0.003)


@pytest.mark.fault("A11")
def test_losses_are_counted_in_our_rate() -> None:
    inbox = BlockQueue(capacity=5)
    for number in range(10):
        inbox.put(np.zeros((960, 1), np.float32), arrived=100.0 + number / 50)
    assert sum(chunk.dropped for chunk in pumped(inbox, 48000)) == 5 * RATE // 50


class PickyHardware:
    """The part of `sounddevice` that opens; like an ALSA card without any sound server."""

    class PortAudioError(Exception):
        pass

    accepts: ClassVar[set[tuple[int, int]]]
    tried: ClassVar[list[tuple[int, int]]]

    @staticmethod
    def query_devices(device: object = None, kind: str = "") -> dict[str, Any]:
        return {"default_samplerate": 48000.0, "max_input_channels": 2}

    class InputStream:
        def __init__(self, samplerate: int, channels: int, blocksize: int, **_: Any) -> None:
            PickyHardware.tried.append((samplerate, channels))
            assert blocksize == samplerate // 50
            if (samplerate, channels) not in PickyHardware.accepts:
                raise PickyHardware.PortAudioError("Invalid sample rate")
            self.samplerate, self.channels = samplerate, channels

        def start(self) -> None:
            pass


@pytest.mark.fault("A9")
@pytest.mark.parametrize("accepted", [(16000, 1), (48000, 1), (48000, 2)])
def test_hardware_that_insists_on_its_own_format_gets_it(accepted: tuple[int, int]) -> None:
    PickyHardware.accepts, PickyHardware.tried = {accepted}, []
    stream = open_stream(PickyHardware, 0, BlockQueue(10))
    assert (stream.samplerate, stream.channels) == accepted
    assert PickyHardware.tried[-1] == accepted


@pytest.mark.fault("A9")
def test_hardware_that_takes_nothing_is_an_error() -> None:
    PickyHardware.accepts, PickyHardware.tried = set(), []
    with pytest.raises(PickyHardware.PortAudioError, match="Invalid"):
        open_stream(PickyHardware, 0, BlockQueue(10))


def test_hardware_without_a_sound_server_is_chosen_by_a_part_of_its_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Alsa:
        names = ("HDA Intel: ALC257 (hw:0,0)", "USB Mic: Audio (hw:1,0)", "USB Speaker (hw:2,0)")

        class default:  # noqa: N801 - as the library calls it
            device = (0, 2)

        @classmethod
        def query_devices(cls, index: int | None = None) -> Any:
            devices = [
                {
                    "name": name,
                    "index": i,
                    "max_input_channels": 0 if "Speaker" in name else 2,
                    "default_samplerate": 48000.0,
                }
                for i, name in enumerate(cls.names)
            ]
            return devices if index is None else devices[index]

    monkeypatch.setenv("PULSE_SERVER", "unix:/nonexistent/pulse")
    assert choose(Alsa, "usb") == (1, Alsa.names[1])
    assert choose(Alsa, "") == (0, Alsa.names[0])
    with pytest.raises(MicrophoneError, match="ALC257"):
        choose(Alsa, "Speaker")


def test_without_the_library_it_says_what_to_install(tmp_path: Path) -> None:
    # What `import sounddevice` does on a machine without libportaudio2.
    (tmp_path / "sounddevice.py").write_text("raise OSError('PortAudio library not found')\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", ".")])
    done = subprocess.run(
        [*CAPTURE, "--list"],
        env={**os.environ, "PYTHONPATH": paths},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 1
    assert b"apt install libportaudio2" in done.stdout
