"""PipeWire as desktops have it: the server, WirePlumber, and the server for PulseAudio's clients,
each in a process that a test can kill, stop and start again.

    with PipeWire(tmp_path) as pipewire:
        pipewire.enter(monkeypatch)
        pipewire.kill("wireplumber")
        pipewire.start("wireplumber")

All of it lives in folders of its own, with a session bus of its own. WirePlumber makes the
loudspeakers whose monitors are the microphones, as it makes the devices of a real machine: they go
and come with it.
"""

import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.lab.bus import session_bus
from tests.lab.sound_server import SoundServer

PROGRAMS: Final = ("pipewire", "wireplumber", "pipewire-pulse")
"""In the order in which they start."""
MICROPHONE: Final = "feed.monitor"
SECOND_MICROPHONE: Final = "other_feed.monitor"
_SCRIPT: Final = """
loudspeakers = {}
for number, name in ipairs { "feed", "other_feed" } do
  local node = Node("adapter", {
    ["factory.name"] = "support.null-audio-sink",
    ["media.class"] = "Audio/Sink",
    ["node.name"] = name,
    ["node.description"] = name,
    ["priority.session"] = 2000 - number,
    ["audio.position"] = "MONO",
  })
  node:activate(Feature.Proxy.BOUND)
  loudspeakers[name] = node
end
"""
_FILES: Final = {
    # WirePlumber 0.4, and then 0.5.
    "config/wireplumber/main.lua.d/90-loudspeakers.lua": 'load_script("loudspeakers.lua")\n',
    "config/wireplumber/scripts/loudspeakers.lua": _SCRIPT,
    "data/wireplumber/scripts/loudspeakers.lua": _SCRIPT,
    "config/wireplumber/wireplumber.conf.d/loudspeakers.conf": """
wireplumber.components = [
  { name = loudspeakers.lua, type = script/lua, provides = test.loudspeakers }
]
wireplumber.profiles = { main = { test.loudspeakers = required } }
""",
}


class PipeWire(SoundServer):
    """See the head of this file."""

    def __init__(self, folder: Path) -> None:
        tools = (*PROGRAMS, "pw-dump", "pw-cli", "pw-cat", "pactl")
        if missing := [tool for tool in tools if not shutil.which(tool)]:
            pytest.skip(
                f"{', '.join(missing)} not found: apt install wireplumber pipewire-pulse"
                " pulseaudio-utils libportaudio2 libasound2-plugins"
            )
        super().__init__(folder)
        for name, text in _FILES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._stack = ExitStack()
        # Not in `folder`: a socket's path may have 107 bytes at most, and pytest's are deep.
        runtime = tempfile.TemporaryDirectory(prefix="dictate-pipewire-")
        self._runtime = self._stack.enter_context(runtime)
        self._bus = self._stack.enter_context(session_bus(Path(self._runtime)))
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def env(self) -> dict[str, str]:
        names = ("config", "data", "state")
        return {
            **{f"XDG_{name.upper()}_HOME": str(self.folder / name) for name in names},
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": self._runtime,
            "PULSE_SERVER": f"unix:{self._runtime}/pulse/native",
            "PULSE_COOKIE": str(self.folder / "cookie"),
            "DBUS_SESSION_BUS_ADDRESS": self._bus.address,
        }

    def start(self, *programs: str) -> None:
        """Start these programs, or all, and wait until the microphones are there."""
        socket = Path(self._runtime, "pipewire-0")
        if "pipewire" not in self._running:
            socket.unlink(missing_ok=True)
        for name in programs or PROGRAMS:
            self._running[name] = self.spawn(name)
            while not socket.exists():
                time.sleep(0.01)
        self.answers(self._running["pipewire-pulse"], "set-default-source", MICROPHONE)

    def end(self) -> None:
        self.kill(*self._running)
        self._stack.close()

    def kill(self, *programs: str) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        for name in programs:
            program = self._running.pop(name)
            program.kill()
            program.wait()

    def mend(self) -> None:
        """Let what is stopped go on; if a program is missing, start all of them anew."""
        for program in self._running.values():
            program.send_signal(signal.SIGCONT)
        if not self._running.keys() >= set(PROGRAMS):
            self.kill(*self._running)
            self.start()

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to one of the programs."""
        self._running[name].send_signal(number)

    def play(self, recording: Path) -> None:
        """Play `recording` into the microphone, in real time, instead of what plays there."""
        if "pw-cat" in self._running:
            self.kill("pw-cat")
        self._running["pw-cat"] = self.spawn("pw-cat", "--playback", str(recording))

    def unplug(self, loudspeaker: str) -> None:
        """Take a loudspeaker away, and so its microphone."""
        env = {**os.environ, **self.env}
        done = subprocess.run(["pw-dump"], env=env, capture_output=True, check=True, timeout=10)
        for found in json.loads(done.stdout):
            properties = (found.get("info") or {}).get("props") or {}
            if properties.get("node.name") == loudspeaker:
                command = ["pw-cli", "destroy", str(found["id"])]
                subprocess.run(command, env=env, capture_output=True, check=True, timeout=10)
                return
        raise RuntimeError(f"there is no loudspeaker {loudspeaker}")
