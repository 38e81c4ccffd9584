"""The sound breaks while somebody dictates to the real daemon: it is told at once, what was heard
is written, and goes on in the same dictation and in the next."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen

import pytest

from tests.lab.bus import session_bus
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.pulse import MICROPHONE, PulseAudio
from tests.lab.scripted import Home, noise

pytestmark = pytest.mark.desktop

LOST = "the microphone is lost"
ANSWERS_S = 5.0
"""Seconds for an answer of the daemon, on a busy machine; 0.02 is usual."""


@dataclass
class Room:
    """A user who talks without end, in front of a virtual microphone."""

    daemon: RealDaemon
    pulse: PulseAudio
    talk: Path
    voice: Popen[bytes] | None = None

    def speak(self) -> None:
        """Begin to talk, or go on."""
        self.voice = self.pulse.play(self.talk)

    def hush(self) -> None:
        assert self.voice is not None
        self.voice.kill()
        self.voice.wait()

    def heard_s(self) -> float:
        """Seconds of sound of the newest dictation, as its journal has them."""
        return float(self.daemon.history(1)[0]["audio_s"])

    def hears(self, seconds: float) -> None:
        """Wait until it has so much more."""
        goal = self.heard_s() + seconds
        wait_for(lambda: self.heard_s() >= goal, "more sound")

    def losses(self) -> int:
        return self.daemon.logged().count(LOST)

    def press(self) -> None:
        self.daemon.ctl("start")
        self.daemon.wait_state("recording")

    def release(self) -> None:
        """And its text is written, once."""
        before = self.daemon.written()
        self.daemon.ctl("stop")
        self.daemon.wait_state("ready")
        assert self.daemon.written() == f"{before}{Home.text}\n"
        assert self.daemon.history(1)[0]["state"] == "delivered"


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("room")
    with PulseAudio(folder) as pulse, session_bus(folder) as bus:
        user = Home(folder, bus)
        config = user.settings.replace(
            f'"wav:{user.recording}"', f'"portaudio"\nkeep_open = "never"\ndevice = "{MICROPHONE}"'
        )
        sound = {name: value for name, value in pulse.env.items() if name.startswith("PULSE_")}
        with user.daemon(config=f"{config}[speech]\nend_ms = 0\n", **sound) as daemon:
            yield Room(daemon, pulse, noise(folder / "talk.wav", 120.0))


def unplug(room: Room) -> None:
    room.pulse.unload(MICROPHONE)


def plug_in(room: Room) -> None:
    room.pulse.plug_in(MICROPHONE)


def kill_server(room: Room) -> None:
    room.pulse.kill()


def start_server(room: Room) -> None:
    room.pulse.start()
    room.speak()


def hang_server(room: Room) -> None:
    room.pulse.stop()


def wake_server(room: Room) -> None:
    """Meanwhile the daemon answered."""
    asked = time.monotonic()
    assert room.daemon.status()["state"] == "recording"
    assert time.monotonic() - asked < ANSWERS_S
    room.pulse.cont()


def crash_capture(room: Room) -> None:
    os.kill(room.daemon.child("dictate.microphone.capture"), signal.SIGSEGV)


def nothing(room: Room) -> None:
    """It comes back by itself."""


FAULTS: dict[str, tuple[Callable[[Room], None], Callable[[Room], None]]] = {
    "the microphone is unplugged": (unplug, plug_in),
    "its stream goes on with zeros": (Room.hush, Room.speak),
    "the sound server is killed": (kill_server, start_server),
    "the sound server hangs": (hang_server, wake_server),
    "the capture process crashes": (crash_capture, nothing),
}
"""What breaks, and how it is mended."""


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param("the microphone is unplugged", marks=pytest.mark.fault("A1")),
        pytest.param("its stream goes on with zeros", marks=pytest.mark.fault("A3")),
        pytest.param("the sound server is killed", marks=pytest.mark.fault("A4")),
        pytest.param("the sound server hangs", marks=pytest.mark.fault("A5")),
        pytest.param("the capture process crashes", marks=pytest.mark.fault("A13")),
    ],
)
def test_it_is_told_what_was_heard_is_written_and_the_next_one_works(
    room: Room, fault: str, record_property: Callable[[str, object], None]
) -> None:
    breaks, mends = FAULTS[fault]
    room.speak()
    room.press()
    room.hears(0.5)
    before, losses = room.heard_s(), room.losses()
    breaks(room)
    broken = time.monotonic()
    wait_for(lambda: room.losses() > losses, "it is noticed")
    record_property("detected_s", time.monotonic() - broken)
    mends(room)
    mended = time.monotonic()
    room.hears(0.1)
    record_property("recovered_s", time.monotonic() - mended)
    room.hears(0.2)
    room.release()
    assert room.heard_s() >= before + 0.3
    assert LOST not in room.daemon.status()["trouble"]
    room.press()
    room.hears(0.3)
    room.release()
    room.hush()
    assert "Traceback" not in room.daemon.logged()
