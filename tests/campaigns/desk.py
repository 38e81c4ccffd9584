"""A whole desktop that one user dictates at: real keys, real sound, real windows, the real daemon.

Only two things are stand-ins: the speech is a number in tones, and the engine hears nothing else
(`tones.py`). The key is pressed on an X server, the sound is played into a sound server, and what
stands in a window is read back from the window.
"""

import itertools
import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from dictate.client.connection import Connection
from dictate.client.daemon_client import DaemonClient, NotRunning
from dictate.errors import DictateError, Unavailable
from tests.campaigns import tones
from tests.campaigns.seats import Seat, seat
from tests.campaigns.witness import Witness
from tests.lab.bus import session_bus
from tests.lab.daemon import RealDaemon, with_constants
from tests.lab.pulse import PulseAudio
from tests.lab.windows import Window
from tests.lab.xserver import wait_for

BOUND_S = 120.0
"""Seconds within which everything must work again after a fault, on a busy machine."""
ROOM_S = 300.0
"""Seconds of the noise of the room, which is played again and again."""
SETTLED = ("delivered", "held", "cancelled", "empty")
PAGE = 100
"""Dictations that are asked for at once."""
LONGEST_WINDOW = 4000
"""Characters after which a window is replaced by a new one."""
CONFIG = """
[microphone]
device = "Virtual Microphone"
[engine]
use = "tones:"
deadline_s = 2.0
{seat}[journal]
keep_mb = {keep_mb}
[notifications]
enabled = false
"""
_WORD = re.compile(r"w\d{5}|torn", re.IGNORECASE)


class Late(Exception):
    """Something that must happen did not happen in time."""


class User:
    """Speaks numbers, and looks at what becomes of them."""

    def __init__(
        self,
        folder: Path,
        seat: Seat,
        sound: PulseAudio,
        env: Mapping[str, str],
        *,
        jumping: bool,
        keep_mb: float,
        constants: Mapping[str, float],
    ) -> None:
        self.folder = folder
        self.seat = seat
        self.sound = sound
        self._env = env
        config = CONFIG.format(seat=seat.settings, keep_mb=keep_mb)
        self.daemon = RealDaemon(folder, env, config=config)
        self.clock = folder / "clock"
        """By how many seconds the wall clock is wrong, if it may jump."""
        if jumping:
            self.daemon.program = ("tests.campaigns.jumping_clock:main", str(self.clock))
        elif constants:
            self.daemon.program = with_constants(constants)
        self.windows = [seat.open(kind, folder) for kind in seat.kinds]
        self.closed: list[Window] = []
        self._in_front = self.windows[-1].title
        self._noise = tones.write_noise(folder / "room.wav", ROOM_S)
        self._room: subprocess.Popen[bytes] | None = None
        self.witness = Witness(sound, folder)
        self.hear_the_room()
        self._client: DaemonClient | None = None
        self._connection: Connection | None = None

    # What it does.

    def press(self) -> None:
        self.seat.press(self.daemon)

    def release(self) -> None:
        self.seat.release(self.daemon)

    def hear_the_room(self) -> None:
        """Go on with a faint noise, as every room has: exact zeros count as a lost microphone."""
        if self._room is None or self._room.poll() is not None:
            self._room = self.sound.play(self._noise)
            self.sound.forget(self._room)

    def start_saying(self, number: int) -> None:
        """Begin to speak it into the microphone."""
        self.witness.listen()
        self._player = self.sound.play(tones.write(self.folder / "say.wav", number))
        self.sound.forget(self._player)

    def said(self) -> None:
        """Until it is spoken, or the sound server is gone."""
        self._player.wait(BOUND_S)

    def in_front(self) -> str:
        """The title of the window that has the focus."""
        return self._in_front

    def go_to(self, window: Window) -> None:
        """Give this window the focus."""
        # xdotool fails now and then where another window is just being made or closed.
        wait_for(lambda: _has_focus(window), f"{window.title} has the focus", BOUND_S)
        self._in_front = window.title

    def renew_windows(self) -> None:
        """Close what is full, and open a new one."""
        for place, window in enumerate(self.windows):
            if len(window.text()) > LONGEST_WINDOW:
                self.windows[place] = self.seat.open(type(window), self.folder)
                time.sleep(0.3)
                window.close()
                self.closed.append(window)
                self.go_to(self.windows[place])

    # What it sees.

    def written(self) -> dict[str, Counter[str]]:
        """How often each word stands in each window."""
        return {title: Counter(words) for title, words in self.in_order().items()}

    def in_order(self) -> dict[str, list[str]]:
        """The words in each window, those of closed windows too."""
        return {
            window.title: [word.lower() for word in _WORD.findall(window.text())]
            for window in itertools.chain(self.windows, self.closed)
        }

    def status(self) -> dict[str, Any]:
        """Empty while there is no daemon."""
        try:
            return self._ask().status()
        except DictateError:
            return {}

    def newest(self) -> dict[str, Any]:
        """The newest dictation in the journal; empty if there is none, or no daemon."""
        found = self.history(1)
        return dict(found[0]) if found else {}

    def history(self, limit: int, before: int = 0) -> Sequence[Mapping[str, Any]]:
        """As `dictatectl history --json` prints it, newest first."""
        try:
            found: Sequence[Mapping[str, Any]] = self._ask().ask(
                "HistoryBefore", "uu", before, limit
            )
        except DictateError:
            return []
        return found

    def whole_history(self) -> Iterator[Mapping[str, Any]]:
        """All of it, in pages: who asks for each alone is refused for asking too often."""
        before = 0
        while page := self.history(PAGE, before):
            yield from page
            before = page[-1]["number"]

    def entry(self, number: int) -> dict[str, Any]:
        """One dictation; empty if there is none of this number."""
        found = self.history(1, number + 1)
        return dict(found[0]) if found and found[0]["number"] == number else {}

    def paste(self, number: int) -> str:
        """Have a held text written into the window in front; why not, or empty."""
        try:
            self._ask().ask("Paste", "u", number)
        except DictateError as error:
            return str(error) or type(error).__name__
        return ""

    def wait(self, what: str, done: Any, bound_s: float = BOUND_S) -> None:
        """Until `done()` is true. Raises Late."""
        until = time.monotonic() + bound_s
        while not done():
            if time.monotonic() > until:
                raise Late(f"not within {bound_s:g} s: {what}")
            time.sleep(0.03)

    def _ask(self) -> DaemonClient:
        if self._client is None:
            try:
                self._connection = Connection(self._env["DBUS_SESSION_BUS_ADDRESS"])
            except Unavailable as error:
                raise NotRunning(str(error)) from error
            self._client = DaemonClient(self._connection)
        return self._client

    # The processes.

    def part(self, name: str) -> int | None:
        """The pid of the daemon, or of its child that runs this; None if there is none now."""
        if name == "daemon":
            return None if self.daemon.ended is not None else self.daemon.pid
        with suppress(LookupError, FileNotFoundError, ProcessLookupError):
            for child in self.daemon.children():
                if name.encode() in Path(f"/proc/{child}/cmdline").read_bytes():
                    return child
        return None

    def restart_if_ended(self) -> bool:
        """What the service manager does; whether it was needed."""
        if self.daemon.ended is None:
            return False
        self.daemon.start()
        self.ready()
        return True

    def ready(self) -> None:
        """Until the next press is heard."""
        self.wait("the hotkey is heard", lambda: self.status().get("hotkey") == self.seat.hotkey)

    def close(self) -> None:
        """End what it has opened."""
        if self._room is not None:
            self._room.kill()
            self._room.wait()
        self.witness.close()
        if self._connection is not None:
            self._connection.close()


def _has_focus(window: Window) -> bool:
    window.focus()
    return True


@contextmanager
def at_a_desk(
    folder: Path,
    *,
    sway: bool = False,
    jumping: bool = False,
    keep_mb: float = 4000,
    constants: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[User]:
    """A user at a desk, on X11 or in sway, whose daemon is ready; its wall clock jumps if it may,
    or these constants of ours have other values."""
    with session_bus(folder) as bus, seat(sway=sway) as place, PulseAudio(folder) as sound:
        pulse = {name: value for name, value in sound.env.items() if name.startswith("PULSE_")}
        env = {**place.env, "DBUS_SESSION_BUS_ADDRESS": bus.address, **pulse}
        user = User(folder, place, sound, env, jumping=jumping, keep_mb=keep_mb,
                    constants=constants)  # fmt: skip
        with user.daemon as daemon:
            try:
                user.ready()
                user.wait("the engine is loaded", lambda: user.status()["engine_state"] == "ready")
                yield user
            finally:
                user.close()
                if daemon.ended is None:
                    for number in (signal.SIGCONT, signal.SIGTERM):
                        os.kill(daemon.pid, number)
                    with suppress(subprocess.TimeoutExpired):
                        daemon.wait(BOUND_S)
