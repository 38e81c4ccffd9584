"""Walks the README as a new user does, on X11 with a panel and in sway: `make newcomer`.

The commands are those of README's code blocks, as printed: a command that no step tries ends the
walk. They run in terminal windows, in a copy of this checkout, with a home that has nothing in it.
A screenshot of each step stays in .venv/newcomer, for looking at.

    python -m tests.newcomer [x11] [sway]
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.lab import bus
from tests.lab.bus import Bus
from tests.lab.pulse import PulseAudio
from tests.lab.sway import Gtk3, Keyboard, Sway
from tests.lab.windows import GtkField, Window
from tests.lab.xserver import XServer, end

ROOT: Final = Path(__file__).parents[1]
SHOTS: Final = ROOT / ".venv/newcomer"
SKIPPED: Final = {
    "dictate settings": "tests/desktop/test_settings_window.py clicks in it",
    "make test": "it takes some 20 minutes",
}
"""Commands of the README that the walk leaves out, and why."""
INSTALL_S: Final = 280.0
"""Seconds that `make run` has to install everything and be ready."""
GATE: Final = "dictate bench gate"
FEW_RUNS: Final = " --runs 1"
"""Added to it: with as many as it has by default, it speaks for two minutes."""
GATE_S: Final = 600.0
"""Seconds that the benchmark has, on a busy machine, too."""
STEP_S: Final = 60.0
"""Seconds that any other step has."""
SPEECH: Final = ROOT / "dictate/samples/1-friday.wav"
RIGHT_CTRL: Final = 97
"""The kernel's number of the key."""


def commands() -> list[str]:
    """The commands in README's code blocks, in their order, without their comments."""
    lines = re.findall(r"^    (\S.*)$", (ROOT / "README.md").read_text(), re.MULTILINE)
    found = [re.split(r"\s+#", line)[0].strip() for line in lines]
    return [
        line
        for line in dict.fromkeys(found)
        if line.split()[0] in ("make", "dictate", "dictatectl")
    ]


@dataclass
class Desk:
    """A desktop: how to open a terminal, press the key, and take a picture."""

    name: str
    home: Path
    checkout: Path
    env: dict[str, str]
    sound: PulseAudio
    terminal: Callable[[str, list[str]], "subprocess.Popen[bytes]"]
    key: Callable[[bool], None]
    picture: Callable[[Path], object]
    window: Callable[[], Window]
    tried: list[str] = field(default_factory=list)
    shots: int = 0

    def shot(self, title: str) -> None:
        """Keep a picture of the screen."""
        self.shots += 1
        time.sleep(0.7)  # what is drawn late
        name = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")
        self.picture(SHOTS / f"{self.name}-{self.shots:02}-{name}.png")


class Terminal:
    """A terminal window in which one command runs, typed by the user in the checkout's folder."""

    def __init__(self, desk: Desk, command: str) -> None:
        self.command = command
        self._desk = desk
        desk.tried.append(command)
        self._log = desk.home / f"log-{len(desk.tried)}"
        quoted = command.replace("'", "'\\''")
        line = f"printf '$ %s\\n' '{quoted}'; {command}; printf '[status %d]\\n' $?; sleep 600"
        # -i: the shell of a user, who may have changed ~/.bashrc.
        shell = ["bash", "-ic", line]
        words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in shell)
        self._child = desk.terminal(command, ["script", "-qefc", words, str(self._log)])
        print(f"{desk.name}: {command}", flush=True)

    @property
    def text(self) -> str:
        """What it has shown so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    def wait(self, text: str, seconds: float = STEP_S) -> None:
        """Until it shows this."""
        began = time.monotonic()
        while not re.search(text, self.text):
            ended = re.search(r"\[status \d+\]", self.text)
            if ended or time.monotonic() - began > seconds:
                self._desk.shot("failed " + self.command)
                raise SystemExit(f"{self.command}: {text!r} did not come:\n{self.text[-3000:]}")
            time.sleep(0.1)

    def status(self, *allowed: int, seconds: float = STEP_S) -> str:
        """Wait for its end, with one of these statuses; what it showed."""
        self.wait(r"\[status \d+\]", seconds)
        found = re.findall(r"\[status (\d+)\]", self.text)
        if int(found[-1]) not in (allowed or (0,)) or "Traceback" in self.text:
            self._desk.shot("failed " + self.command)
            raise SystemExit(f"{self.command}: status {found[-1]}:\n{self.text[-3000:]}")
        return self.text

    def interrupt(self) -> str:
        """Ctrl+C; what it showed."""
        for pid in _below(self._child.pid):
            if b"run" in (words := _words(pid)) and any(
                word.endswith(b"/dictate") for word in words
            ):
                os.kill(pid, signal.SIGINT)
        return self.status(0, 2, 130)

    def close(self) -> None:
        """Close the window."""
        for pid in reversed(_below(self._child.pid)):
            os.kill(pid, signal.SIGKILL)
        end(self._child)


def _below(pid: int) -> list[int]:
    """The processes that a process started, and those that they started."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += [int(child), *_below(int(child))]
    return found


def _words(pid: int) -> list[bytes]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


class Walk:
    """The README, from top to bottom."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._window: Window
        self._gate: Terminal | None = None

    def go(self) -> None:
        """All of it. Raises SystemExit at the first thing that is not as the README has it."""
        desk = self._desk
        talk = str(desk.checkout / "talk.mp3")
        _run("ffmpeg", "-y", "-v", "error", "-i", str(SPEECH), talk)
        first = Terminal(desk, "make run")
        if desk.name == "sway":
            self._bind_keys(first)
        first.wait(r"Ready\. Hold Right Ctrl and talk", INSTALL_S)
        if re.search(r"DEPRECATION|Traceback", first.text):
            raise SystemExit(f"make run is noisy:\n{first.text}")
        desk.shot("make run is ready")
        self._window = desk.window()
        self._dictate("the first text")
        self._each('dictatectl hotwords add "Claude Code"', prefix=self._path_line(first))
        self._dictate("with my own words")
        self._each("dictatectl status", "dictatectl last", prefix=self._path_line(first))
        first.interrupt()
        desk.shot("ctrl c")
        first.close()
        self._setup()
        second = Terminal(desk, "dictate run")
        second.wait(r"Ready\. Hold Right Ctrl and talk")
        self._dictate("the service by hand")
        self._each("dictatectl status", "dictatectl last")
        self._each("dictatectl toggle", pause_s=1.0)
        self._each("dictatectl toggle")
        self._each("dictatectl check")
        second.interrupt()
        second.close()
        self._each("dictate file talk.mp3")
        if desk.name == "x11":
            self._gate = Terminal(desk, GATE + FEW_RUNS)
            desk.tried.append(GATE)

    @property
    def tried(self) -> list[str]:
        """The commands that were run."""
        return self._desk.tried

    def finish(self) -> None:
        """What takes minutes has gone on meanwhile; and at last the removal."""
        if self._gate is not None:
            self._gate.status(0, 1, seconds=GATE_S)
            self._desk.shot(self._gate.command)
            self._gate.close()
        self._each("dictate setup --remove")

    def _bind_keys(self, first: Terminal) -> None:
        """What `make run` says to do where no key reaches a program."""
        first.wait(r"no key works yet: run `dictate setup --keys`", INSTALL_S)
        self._desk.shot("make run names the next step")
        self._each("dictate setup --keys", prefix=self._path_line(first))

    def _path_line(self, first: Terminal) -> str:
        """The line that `make run` prints for other terminals."""
        found = re.search(r"in another terminal: (export PATH=\S+)", first.text)
        assert found is not None, first.text
        return f"{found[1]}; "

    def _setup(self) -> None:
        """`make setup`, and the line that it prints for the PATH, if it prints one."""
        # Without a terminal it asks nothing; tests/desktop/test_guided_setup.py answers it.
        terminal = Terminal(self._desk, "make setup </dev/null")
        self._desk.tried.append("make setup")
        text = terminal.status(0)
        self._desk.shot("make setup")
        terminal.close()
        if found := re.search(r"^  (echo 'export PATH.*bashrc)", text, re.MULTILINE):
            _run("bash", "-c", found[1], env=self._desk.env)

    def _each(
        self,
        *words: str,
        prefix: str = "",
        seconds: float = STEP_S,
        allowed: tuple[int, ...] = (0,),
        pause_s: float = 0.0,
    ) -> None:
        for word in words:
            terminal = Terminal(self._desk, prefix + word)
            self._desk.tried.append(word)
            terminal.status(*allowed, seconds=seconds)
            self._desk.shot(word)
            terminal.close()
            time.sleep(pause_s)

    def _dictate(self, title: str) -> None:
        """Hold the key, talk, let go: the words stand in the window."""
        desk, before = self._desk, self._window.text()
        self._window.focus()
        desk.key(True)
        time.sleep(0.5)
        speaking = desk.sound.play(SPEECH)
        time.sleep(1.5)
        desk.shot(f"{title} while I speak")
        speaking.wait(STEP_S)
        time.sleep(0.3)
        desk.key(False)
        began = time.monotonic()
        while self._window.text() == before:
            if time.monotonic() - began > STEP_S:
                desk.shot("no text came")
                raise SystemExit(f"{title}: no text came")
            time.sleep(0.1)
        desk.shot(title)
        print(f"{desk.name}: {title}: {self._window.text()!r}", flush=True)


@contextmanager
def _desk(name: str, folder: Path, checkout: Path) -> Iterator[Desk]:
    """A desktop with a new user on it."""
    home = folder / "home"
    home.mkdir()
    kept = {key: value for key, value in os.environ.items() if not _is_mine(key)}
    config = Path.home() / ".config/pip/pip.conf"
    pip = {"PIP_CONFIG_FILE": str(config)} if config.exists() else {}
    own = {"HOME": str(home), "PATH": "/usr/local/bin:/usr/bin:/bin", "SHELL": "/bin/bash"}
    with ExitStack() as stack:
        # sway's user is another one where this is run by root.
        everybody = '<allow send_destination="*" eavesdrop="true"/>\n    <allow user="*"/>'
        bus.CONFIG = bus.CONFIG.replace('<allow send_destination="*" eavesdrop="true"/>', everybody)
        session = Bus(folder, Path("/usr/share/dbus-1/services"))
        own["DBUS_SESSION_BUS_ADDRESS"] = session.address
        sound = stack.enter_context(PulseAudio(folder))
        own |= {key: value for key, value in sound.env.items() if key.startswith("PULSE_")}
        runtime = folder / "run"
        runtime.mkdir(mode=0o700)
        own["XDG_RUNTIME_DIR"] = str(runtime)
        env = kept | pip | own
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = session.address
        _start_bus(stack, session)
        make = _sway if name == "sway" else _x11
        yield make(stack, home, checkout, env, sound)


def _start_bus(stack: ExitStack, session: Bus) -> None:
    session.start()
    stack.callback(session.kill)


def _x11(
    stack: ExitStack, home: Path, checkout: Path, env: dict[str, str], sound: PulseAudio
) -> Desk:
    x = stack.enter_context(XServer())
    env = {**env, "DISPLAY": x.display, "XDG_CURRENT_DESKTOP": "XFCE"}
    x.more_env = env
    x.spawn("xfce4-panel", "--disable-wm-check", more_env={"XFCE_PANEL_MIGRATE_DEFAULT": "1"})

    def terminal(title: str, words: list[str]) -> "subprocess.Popen[bytes]":
        shape = ["-geometry", "106x32+8+60", "-fa", "Monospace", "-fs", "9", "-T", title]
        return _spawn(["xterm", *shape, "-e", *words], {**x.env, **env}, checkout)

    def key(down: bool) -> None:
        x.run("xdotool", "keydown" if down else "keyup", "Control_R")

    def window() -> Window:
        return GtkField(x, home)

    return Desk("x11", home, checkout, env, sound, terminal, key, x.screenshot, window)


def _sway(
    stack: ExitStack, home: Path, checkout: Path, env: dict[str, str], sound: PulseAudio
) -> Desk:
    bar = "bar {\n position top\n tray_output *\n}\n"
    sway = stack.enter_context(
        Sway(bar, {"DBUS_SESSION_BUS_ADDRESS": env["DBUS_SESSION_BUS_ADDRESS"]})
    )
    here = {
        "WAYLAND_DISPLAY": sway.display,
        "SWAYSOCK": str(sway.folder / "control"),
        "XDG_CURRENT_DESKTOP": "sway",
    }
    env = {**env, **here}
    sway.more_env = {"HOME": str(home)}
    os.environ["WAYLAND_DISPLAY"] = sway.display
    keyboard = Keyboard()
    stack.callback(keyboard.close)

    def terminal(title: str, words: list[str]) -> "subprocess.Popen[bytes]":
        return _spawn(["foot", "-T", title, *words], env, checkout)

    def key(down: bool) -> None:
        (keyboard.down if down else keyboard.up)(RIGHT_CTRL)

    def window() -> Window:
        return Gtk3(sway, home)

    return Desk("sway", home, checkout, env, sound, terminal, key, sway.screenshot, window)


def _spawn(words: list[str], env: Mapping[str, str], folder: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        words, env=dict(env), cwd=folder, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


def _copy_checkout(folder: Path) -> None:
    """What a clone would have: no .venv, no caches."""
    listed = _run("git", "-C", str(ROOT), "ls-files", "-co", "--exclude-standard").splitlines()
    for name in listed:
        if (ROOT / name).is_file():
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target)


def _is_mine(name: str) -> bool:
    """Whether this variable is of the developer, not of the machine."""
    return name.startswith(
        ("XDG_", "PYTHON", "DBUS_", "VIRTUAL_ENV", "DISPLAY", "WAYLAND_", "GTK_")
    )


def _run(*command: str, env: Mapping[str, str] | None = None) -> str:
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return done.stdout


def main(names: list[str]) -> None:
    """Walk on each desktop, and end with 1 if a step is not as the README has it."""
    SHOTS.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    tried: list[str] = []
    # One for both, so that only the first walk waits for pip.
    clone = Path(tempfile.mkdtemp(prefix="dictate-newcomer-"))
    clone.chmod(0o755)
    _copy_checkout(clone / "dictate")
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, clone, ignore_errors=True)
        walks = []
        for name in names or ["x11", "sway"]:
            for earlier in SHOTS.glob(f"{name}-*.png"):
                earlier.unlink()
            folder = Path(tempfile.mkdtemp(prefix="dictate-newcomer-"))
            stack.callback(shutil.rmtree, folder, ignore_errors=True)
            folder.chmod(0o755)
            desk = stack.enter_context(_desk(name, folder, clone / "dictate"))
            walks.append(Walk(desk))
            walks[-1].go()
        for walk in walks:
            walk.finish()
            tried += walk.tried
    for command, reason in SKIPPED.items():
        print(f"not tried: {command}: {reason}")
    missing = [each for each in commands() if each not in (*tried, *SKIPPED)]
    if missing and not names:
        raise SystemExit(f"the README has commands that this walk does not try: {missing}")
    print(f"{time.monotonic() - began:.0f} s; screenshots: {SHOTS}")


if __name__ == "__main__":
    main(sys.argv[1:])
