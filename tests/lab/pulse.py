"""A sound server of the test's own, with a virtual microphone into which recordings are played.

    with PulseAudio(tmp_path) as pulse:
        pulse.enter(monkeypatch)          # what we start from now on hears this server
        pulse.play(Path("speech.wav"))    # "spoken" into the microphone

The server is a real PulseAudio on a socket in `folder`; nothing of the tester's desktop is touched.
"""

import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path
from typing import IO

import pytest

from tests.lab.sound_server import SoundServer

MICROPHONE = "virtmic"
"""The default source, which records what `play` plays."""
DESCRIPTION = "Virtual Microphone"
SECOND_MICROPHONE = "othermic"


class PulseAudio(SoundServer):
    """See the head of this file."""

    # norewinds: a null sink renders two seconds ahead otherwise, and the first sound comes late.
    _modules = (
        "module-null-sink sink_name=feed rate=48000 channels=2 norewinds=1",
        f"module-remap-source source_name={MICROPHONE} master=feed.monitor"
        f""" source_properties="device.description='{DESCRIPTION}'" """,
        "module-null-sink sink_name=other_feed rate=44100 channels=2 norewinds=1",
        f"module-remap-source source_name={SECOND_MICROPHONE} master=other_feed.monitor",
    )

    def __init__(self, folder: Path) -> None:
        missing = [
            tool for tool in ("pulseaudio", "pactl", "paplay", "parec") if not shutil.which(tool)
        ]
        if missing:
            pytest.skip(
                f"{', '.join(missing)} not found: apt install pulseaudio pulseaudio-utils"
                " libportaudio2 libasound2-plugins"
            )
        super().__init__(folder)
        # Not in `folder`: a socket's path may have 107 bytes at most, and pytest's are deep.
        self._socket = f"{tempfile.gettempdir()}/dictate-pulse-{os.getpid()}-{id(self):x}"
        self._server: subprocess.Popen[bytes] | None = None
        self._players: list[subprocess.Popen[bytes]] = []

    @property
    def env(self) -> dict[str, str]:
        return {
            "PULSE_SERVER": f"unix:{self._socket}",
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
        }

    def start(self) -> None:
        Path(self._socket).unlink(missing_ok=True)
        modules = (
            f"module-native-protocol-unix auth-anonymous=1 socket={self._socket}",
            *self._modules,
        )
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1"]
        command += ["--use-pid-file=no", "--disable-shm=yes"]
        for module in modules:
            command += ["-L", module]
        self._server = self.spawn(*command)
        self.answers(self._server, "set-default-source", MICROPHONE)

    def end(self) -> None:
        for player in self._players:
            player.kill()
            player.wait()
        if self._server is not None:
            self.kill()
        Path(self._socket).unlink(missing_ok=True)

    def play(self, recording: Path, sink: str = "feed") -> subprocess.Popen[bytes]:
        """Play `recording` into the virtual microphone, in real time; `wait()` on the answer."""
        player = subprocess.Popen(
            ["paplay", f"--device={sink}", str(recording)],
            env={**os.environ, **self.env},
            stderr=subprocess.DEVNULL,
        )
        self._players.append(player)
        return player

    def record(self, source: str, rate: int, file: IO[bytes]) -> subprocess.Popen[bytes]:
        """Record this source, mono in 16 bits; the caller ends it."""
        form = ["--raw", "--format=s16le", "--channels=1", f"--rate={rate}", "--latency-msec=20"]
        return subprocess.Popen(
            ["parec", f"--device={source}", *form],
            env={**os.environ, **self.env},
            stdout=file,
            stderr=subprocess.DEVNULL,
        )

    def forget(self, player: "subprocess.Popen[bytes]") -> None:
        """Its caller sees to this player's end."""
        self._players.remove(player)

    def unload(self, source: str) -> None:
        """Pull the plug of a virtual microphone."""
        for line in self.pactl("list", "short", "modules").splitlines():
            number, _, arguments = line.partition("\t")
            if f"source_name={source} " in arguments:
                self.pactl("unload-module", number)
                return
        raise RuntimeError(f"no module makes the source {source}")

    def plug_in(self, source: str) -> None:
        """Plug the virtual microphone in again, as the default."""
        module = next(module for module in self._modules if f"source_name={source} " in module)
        self.pactl("load-module", *module.split(" "))
        self.set_default_source(source)

    def recordings(self) -> int:
        """How many streams record at this moment."""
        streams = self.pactl("list", "short", "source-outputs").splitlines()
        # A remapped source records from its master, too.
        return sum("protocol-native" in stream for stream in streams)

    def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        assert self._server is not None
        self._server.kill()
        self._server.wait()
        self._server = None

    def stop(self) -> None:
        """SIGSTOP: the server hangs, its sockets stay open."""
        assert self._server is not None
        self._server.send_signal(signal.SIGSTOP)

    def cont(self) -> None:
        assert self._server is not None
        self._server.send_signal(signal.SIGCONT)
