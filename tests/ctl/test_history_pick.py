"""`dictatectl history --pick`, with stand-ins for the pickers, and a daemon that pretends."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.ctl import history_pick, picker
from dictate.ctl.picker import Picker, find_picker, how_to_get_one
from dictate.errors import DictateError
from dictate.events import RATE
from dictate.platform import paths
from dictate.platform.resources import samples
from tests.ctl.test_ctl import ctl, daemon, typed
from tests.lab.bus import session_bus
from tests.lab.daemon import wait_for
from tests.lab.fake_daemon import CANARY
from tests.lab.scripted import Home, home, script

ROOT = Path(__file__).parents[2]

_PICKER = """#!{python}
import re, sys
from pathlib import Path
folder = Path({folder!r})
turn = len(list(folder.glob("shown.*")))
shown = sys.stdin.buffer.read()
(folder / f"shown.{{turn}}").write_bytes(shown)
(folder / f"called.{{turn}}").write_text("\\n".join(["{name}", *sys.argv[1:]]))
wanted = (folder / "wanted").read_text().splitlines()[turn]
if wanted.startswith("!"):
    sys.exit(int(wanted[1:]))
print(next(line for line in shown.decode().splitlines() if re.search(wanted, line)))
"""


class Desk:
    """A folder of programs, the only one in PATH, and what the user picks with them."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        folder.mkdir()
        monkeypatch.setenv("PATH", str(folder))
        for name in ("DISPLAY", "WAYLAND_DISPLAY"):
            monkeypatch.delenv(name, raising=False)
        self._set = monkeypatch.setenv

    def install(self, *names: str, display: str = "DISPLAY") -> None:
        """Pickers, and the display for them."""
        if display:
            self._set(display, "nowhere")
        for name in names:
            self.program(
                name, _PICKER.format(python=sys.executable, folder=str(self.folder), name=name)
            )

    def program(self, name: str, source: str) -> None:
        (self.folder / name).write_text(source)
        (self.folder / name).chmod(0o755)

    def wants(self, *lines: str) -> None:
        """For each turn: what is in the picked line, or "!" and the exit status of a picker that is
        left without a choice."""
        for path in self.folder.glob("*.[0-9]"):
            path.unlink()
        (self.folder / "wanted").write_text("\n".join(lines))

    def shown(self, turn: int) -> list[str]:
        return (self.folder / f"shown.{turn}").read_text().splitlines()

    def called(self, turn: int = 0) -> list[str]:
        return (self.folder / f"called.{turn}").read_text().splitlines()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Desk(tmp_path / "bin", monkeypatch)


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator["subprocess.Popen[str]"]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with session_bus(tmp_path) as bus:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        with daemon() as process:
            yield process


def calls(process: "subprocess.Popen[str]") -> list[str]:
    """All calls that the daemon received; it ends."""
    process.terminate()
    return process.communicate(timeout=20)[0].splitlines()


THIRD = f"Third {CANARY}.\nNext \U0001f600"


@pytest.mark.parametrize(
    ("action", "call"),
    [
        ("copy", f"copy {THIRD}"),
        ("write", "paste 3"),
        ("correct", "correct window 3"),
    ],
)
def test_a_text_is_picked_and_then_what_to_do(
    running: "subprocess.Popen[str]", desk: Desk, action: str, call: str
) -> None:
    desk.install("rofi")
    desk.wants("Third", action)
    result = ctl("history", "--pick")
    assert (result.returncode, result.stderr) == (0, "")
    assert calls(running) == ["history 100", "history 97 before 1", *call.splitlines()]
    # The newest first, each on one line; the one in which nothing was heard is not there.
    first, second = desk.shown(0)
    assert first.startswith("3  ")
    assert first.endswith(f"Third {CANARY}. Next \U0001f600")
    assert second.startswith("1  ")
    assert desk.called(1)[-1] == "dictation 3"
    assert CANARY not in "\n".join(desk.called(0) + desk.called(1))


@pytest.mark.parametrize("wanted", [["!1"], ["Third", "!1"]])
def test_a_user_who_picks_nothing_changes_nothing(
    running: "subprocess.Popen[str]", desk: Desk, wanted: list[str]
) -> None:
    desk.install("rofi")
    desk.wants(*wanted)
    result = ctl("history", "--pick", "-n", "7")
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "")
    assert calls(running) == ["history 7", "history 4 before 1"]


def test_a_picker_that_fails_is_named(running: object, desk: Desk) -> None:
    desk.install("rofi")
    desk.wants("!3")
    result = ctl("history", "--pick")
    assert result.returncode == 1
    assert result.stderr == "dictatectl: rofi failed (exit status 3)\n"


def test_without_a_picker_there_is_the_list_and_what_to_install(
    running: object, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", "nowhere")
    result = ctl("history", "--pick")
    assert result.returncode == 1
    assert result.stderr == (
        "dictatectl: no program to pick with: install what Debian calls rofi (or another one of "
        "rofi, dmenu, bemenu)\n"
    )
    assert result.stdout == ctl("history").stdout
    assert CANARY in result.stdout


def test_the_list_as_json_cannot_be_picked_from(desk: Desk) -> None:
    assert ctl("history", "--pick", "--json").returncode == 2


def test_an_empty_journal_needs_no_picker(running: object, desk: Desk) -> None:
    desk.install("rofi")
    assert ctl("forget", "--all", "--yes").returncode == 0
    result = ctl("history", "--pick")
    assert (result.returncode, result.stderr) == (4, "there are no dictations yet\n")


@pytest.mark.parametrize(
    ("displays", "terminal", "installed", "chosen"),
    [
        (["DISPLAY"], False, "rofi wofi fzf bemenu dmenu", "rofi"),
        (["DISPLAY"], False, "wofi fuzzel fzf dmenu bemenu", "dmenu"),
        (["WAYLAND_DISPLAY"], False, "rofi wofi fuzzel fzf", "wofi"),
        (["WAYLAND_DISPLAY"], False, "rofi fuzzel bemenu", "fuzzel"),
        (["WAYLAND_DISPLAY"], False, "rofi dmenu fzf", ""),  # without Xwayland
        (["WAYLAND_DISPLAY", "DISPLAY"], False, "rofi", "rofi"),
        (["WAYLAND_DISPLAY", "DISPLAY"], False, "rofi bemenu", "bemenu"),
        (["DISPLAY"], True, "rofi fzf", "fzf"),
        (["DISPLAY"], True, "rofi", "rofi"),
        ([], True, "rofi fzf", "fzf"),
        ([], False, "rofi wofi fzf", ""),
    ],
)
def test_which_picker_is_taken(
    displays: list[str],
    terminal: bool,
    installed: str,
    chosen: str,
    desk: Desk,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(picker, "typed_in_terminal", lambda: terminal)
    desk.install(*installed.split(), display="")
    for display in displays:
        monkeypatch.setenv(display, "nowhere")
    found = find_picker()
    assert (found.command[0] if found else "") == chosen
    assert how_to_get_one()


def test_the_number_decides_whatever_the_text_is(desk: Desk) -> None:
    texts = {
        12: "a\tb\0c\x1b[31m\x1ficon\x1f",
        3: "<b>bold</b> & <span size='0'>nothing",
        4: "12  says another number",
        5: "x" * 10_000,
        6: "one\ntwo\r\n3  three",
        7: "",
    }
    desk.install("rofi")
    rofi = find_picker()
    assert rofi is not None
    for number in texts:
        desk.wants(f"^{number}  ")
        assert rofi.choose("p", texts) == number
        assert len(desk.shown(0)) == len(texts)
        assert max(map(len, desk.shown(0))) < picker.LINE_LIMIT + 10
    assert not any(c in "\n".join(desk.shown(0)) for c in "\t\0\x1b\x1f")


def test_what_a_picker_prints_beside_the_line_is_no_choice(desk: Desk) -> None:
    desk.program("odd", f"#!{sys.executable}\nprint('99  no such number\\n3\\n  2  b\\nquery')")
    assert Picker(("odd",)).choose("p", {1: "a", 2: "b"}) == 2
    assert Picker(("odd",)).choose("p", {1: "a"}) is None
    with pytest.raises(DictateError, match="gone cannot be started"):
        Picker(("gone",)).choose("p", {1: "a"})


def test_the_sound_is_played_or_it_is_said_why_not(desk: Desk, tmp_path: Path) -> None:
    def hear() -> str:
        try:
            history_pick._hear(3)
        except DictateError as error:
            return str(error)
        return ""

    assert hear() == "the sound of dictation 3 is no longer kept"
    sound = paths.state_dir() / "audio/3.wav"
    sound.parent.mkdir(parents=True)
    sound.touch()
    assert hear().startswith("none of paplay, pw-play, aplay is installed: ")
    played = tmp_path / "played"
    desk.program("aplay", f"#!/bin/sh\necho \"$@\" > '{played}'\n")
    assert hear() == ""
    assert played.read_text() == f"-q {sound}\n"
    desk.program("aplay", "#!/bin/sh\nexit 1\n")
    assert hear() == f"aplay cannot play {sound} (exit status 1)"


def test_what_another_engine_hears_is_kept_nowhere_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "untouched"))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    sound = tmp_path / "3.wav"
    soundfile.write(sound, np.full(RATE, 0.1, np.float32), RATE, subtype="PCM_16")
    says = script(tmp_path / "script", "It hears this.")
    assert history_pick._recognise(f"scripted:{says}", sound) == "It hears this."
    with pytest.raises(DictateError, match="nonsense failed"):
        history_pick._recognise("nonsense", sound)
    assert not (tmp_path / "untouched").exists()


@pytest.mark.desktop
def test_another_engine_and_its_text_kept_as_the_corrected_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole way, with the starter engine, which is always there."""
    with home(tmp_path) as user:
        shutil.copy(samples()[0], user.recording)
        with user.daemon(*user.spoken) as running:
            wait_for(lambda: running.written() == f"{Home.text}\n", "the text is written")
            desk = Desk(tmp_path / "bin", monkeypatch)
            desk.install("rofi", display="")
            desk.wants("Nothing said", "another engine", "pocketsphinx", "it is right")
            running.env |= {"DISPLAY": "nowhere", "PATH": str(desk.folder)}
            done = running.ctl("history", "--pick", timeout_s=120)
            heard, kept = done.stdout.splitlines()
            assert kept == "kept: `dictatectl paste 1` writes it, where the cursor is then"
            (entry,) = running.history()
            assert entry["corrected"] == heard != entry["text"] == Home.text


@pytest.mark.skipif(shutil.which("fzf") is None, reason="fzf is missing: apt install fzf")
def test_fzf_in_a_terminal(
    running: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FZF_DEFAULT_OPTS", "--print-query --multi")
    monkeypatch.setenv("TERM", "xterm")
    up = "\x0b"
    answers = [(f"1  Tue 14 Nov 22:13 First {CANARY}.", f"{up}\r"), ("1  copy it", "\r")]
    code, shown = typed("history", "--pick", answers=answers)
    assert code == 0, shown
    assert shown.endswith("copied\r\n")
    code, _ = typed("history", "--pick", answers=[("dictation>", "\x1b")])
    assert code == 130
    assert f"copy First {CANARY}." in calls(running)


def test_what_is_picked_is_what_would_be_written_again() -> None:
    entry = {"number": 1, "started": 0.0, "state": "delivered", "text": "um so", "corrected": ""}
    entry |= {"polished": "So.", "heard": "um so", "command": ""}
    assert history_pick._line(entry).endswith(" So.")
    assert history_pick._line(entry | {"corrected": "So!"}).endswith(" So!")
    command = entry | {"text": "", "polished": "", "command": "scratch", "heard": "Scratch that."}
    assert history_pick._line(command).endswith(" Scratch that.")
