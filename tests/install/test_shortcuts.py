"""`dictate setup --keys`: what it writes, prints, and removes."""

import os
import shutil
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from dictate.hotkeys import desktop_keys, kglobalaccel
from dictate.hotkeys.chord import parse
from dictate.install import packaged, shortcuts
from dictate.install.service import locations
from dictate.platform import paths
from dictate.platform.generated_files import MARKER
from tests.lab.bus import session_bus
from tests.lab.daemon import wait_for
from tests.lab.portal import Portal
from tests.lab.sway import Keyboard, Sway

SPACE, D = 57, 32
"""Key codes of the kernel."""

CONFIG = """
[hotkey]
key = "ctrl+alt+space"
cancel_key = "ctrl+alt+c"
[second]
key = "super+d"
"""


@pytest.fixture(autouse=True)
def no_desktop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SWAYSOCK", "HYPRLAND_INSTANCE_SIGNATURE", "XDG_CURRENT_DESKTOP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(shortcuts, "command", lambda *words: f"tell {' '.join(words)}")
    paths.config_file().parent.mkdir(parents=True)
    paths.config_file().write_text(CONFIG)


@pytest.fixture
def sway(homes: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a user's configuration; `swaymsg` writes down what it is told."""
    programs = homes / "programs"
    programs.mkdir()
    told = homes / "told"
    (programs / "swaymsg").write_text(f'#!/bin/sh\necho "$2" >> {told}\n')
    (programs / "swaymsg").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("SWAYSOCK", "there")
    folder = homes / "config/sway"
    folder.mkdir()
    return folder


def bound() -> list[str]:
    said: list[str] = []
    assert shortcuts.bind(out=said.append) == 0
    return said


def unbound() -> list[str]:
    said: list[str] = []
    shortcuts.unbind(out=said.append)
    return said


LINES = [
    "bindsym --no-repeat Ctrl+Mod1+space exec tell Press",
    "bindsym --release Ctrl+Mod1+space exec tell Release",
    "bindsym --no-repeat Mod4+d exec tell Press second",
    "bindsym --release Mod4+d exec tell Release second",
    "bindsym --no-repeat Ctrl+Mod1+c exec tell Cancel",
]


def test_sway_gets_a_file_of_our_own_and_listens_at_once(sway: Path, homes: Path) -> None:
    mine = "set $mod Mod4\nbindsym $mod+Return exec foot\n"
    (sway / "config").write_text(mine)
    said = bound()
    assert (sway / "dictate.conf").read_text().splitlines() == [MARKER, *LINES]
    assert [line.strip() for line in said[1:6]] == LINES
    assert said[6] == f"to do: add this line to {sway}/config: include {sway}/dictate.conf"
    assert (homes / "told").read_text().splitlines() == LINES
    assert (sway / "config").read_text() == mine
    (homes / "told").unlink()
    assert f"done: removed {sway}/dictate.conf" in unbound()
    assert "unbindsym --release Mod4+d" in (homes / "told").read_text().splitlines()
    assert not (sway / "dictate.conf").exists()
    assert unbound() == []


@pytest.mark.parametrize("line", ["include dictate.conf", "include {}/*.conf", "include *.conf"])
def test_a_line_that_is_there_need_not_be_added(sway: Path, line: str) -> None:
    (sway / "config").write_text(line.format(sway) + "\n")
    assert not [said for said in bound() if said.startswith("to do")]
    assert bound()[0].startswith("unchanged")
    assert ("to do" in "".join(unbound())) is ("*" not in line)


@pytest.mark.parametrize(
    "line", ["bindsym $mod+d exec menu", "bindsym --locked d+Mod4 exec menu", "bindsym $mod+D kill"]
)
def test_a_key_that_the_user_has_bound_is_left_alone(sway: Path, line: str) -> None:
    (sway / "config").write_text(f"set $mod Mod4\n{line}\n")
    assert (
        f"skipped: super+d: {sway}/config:2 binds it: choose another key in config.toml" in bound()
    )
    assert "Mod4+d" not in (sway / "dictate.conf").read_text()


def test_a_file_that_the_user_wrote_is_left_alone(sway: Path) -> None:
    (sway / "dictate.conf").write_text("# mine\n")
    assert "not written by dictate setup" in bound()[0]
    assert "not written by dictate setup" in unbound()[-1]
    assert (sway / "dictate.conf").read_text() == "# mine\n"


def test_the_keys_that_paste_undo_and_correct_are_bound_too(sway: Path) -> None:
    paths.config_file().write_text(
        '[hotkey]\nkey = "f9"\npaste_key = "ctrl+alt+v"\nundo_key = "ctrl+alt+z"\n'
        'correct_key = "ctrl+alt+c"\nedit_key = "ctrl+alt+e"\n'
    )
    bound()
    assert (sway / "dictate.conf").read_text().splitlines()[1:] == [
        "bindsym --no-repeat F9 exec tell Press",
        "bindsym --release F9 exec tell Release",
        "bindsym --no-repeat Ctrl+Mod1+v exec tell Paste",
        "bindsym --no-repeat Ctrl+Mod1+z exec tell Undo",
        "bindsym --no-repeat Ctrl+Mod1+c exec tell CorrectWindow",
        "bindsym --no-repeat Ctrl+Mod1+e exec tell Edit",
    ]


def test_a_cancel_key_that_all_programs_need_is_not_bound(sway: Path) -> None:
    paths.config_file().write_text('[hotkey]\nkey = "ctrl_r"\ncancel_key = "escape"\n')
    assert any("no program would receive escape any more" in said for said in bound())
    assert (sway / "dictate.conf").read_text().splitlines()[1:] == [
        "bindsym --no-repeat Control_R exec tell Press",
        "bindsym --release Control_R exec tell Release",
    ]


def test_where_no_mouse_button_can_be_bound_the_other_keys_are(
    homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYPRLAND_INSTANCE_SIGNATURE", "x")
    (homes / "config/hypr").mkdir()
    paths.config_file().write_text('[hotkey]\nkey = "mouse_back"\nundo_key = "ctrl+alt+z"\n')
    assert "skipped: mouse_back: dictate binds no mouse buttons in this desktop" in bound()
    assert (homes / "config/hypr/dictate.conf").read_text().splitlines()[1:] == [
        "bind = CTRL ALT, z, exec, tell Undo",
    ]


def test_a_key_that_sway_runs_our_command_at_is_known(sway: Path) -> None:
    assert desktop_keys.bound_in("ctrl+alt+space") is None
    bound()
    assert desktop_keys.bound_in("ctrl+alt+space") is None, "sway does not read our file"
    (sway / "config").write_text("include *.conf\n")
    found = desktop_keys.bound_in("ctrl+alt+space")
    assert found is not None
    assert found.holds
    assert desktop_keys.bound_in("super+d") is not None
    for key in ("ctrl_r", "ctrl+space", "no key"):
        assert desktop_keys.bound_in(key) is None
    unbound()
    assert desktop_keys.bound_in("ctrl+alt+space") is None


def test_sway_that_was_told_after_its_start_needs_no_line_in_its_file(
    sway: Path, homes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    socket = homes / "swaysock"
    socket.touch()
    os.utime(socket, (1, 1))
    monkeypatch.setenv("SWAYSOCK", str(socket))
    bound()
    assert desktop_keys.bound_in("ctrl+alt+space") is not None
    os.utime(socket)  # sway was started again
    os.utime(sway / "dictate.conf", (1, 1))
    assert desktop_keys.bound_in("ctrl+alt+space") is None


@pytest.mark.desktop
def test_a_real_sway_runs_the_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Sway() as compositor:
        told = compositor.folder / "told"
        told.touch()
        told.chmod(0o666)
        monkeypatch.setattr(
            shortcuts, "command", lambda *words: f"echo {'-'.join(words)} >> {told}"
        )
        monkeypatch.setenv("SWAYSOCK", str(compositor.folder / "control"))
        monkeypatch.setenv("WAYLAND_DISPLAY", compositor.display)
        assert "done: the keys work in sway now" in bound()
        # Sorted: sway starts a shell for each command, and does not wait for the one before.
        lines = sorted(["Press", "Release", "Press-second", "Release-second"])
        with closing(Keyboard()) as keyboard:
            press(keyboard, Keyboard.CTRL, Keyboard.ALT, SPACE)
            press(keyboard, Keyboard.SUPER, D)
            wait_for(lambda: sorted(told.read_text().split()) == lines, "it is told")
            unbound()
            press(keyboard, Keyboard.CTRL, Keyboard.ALT, SPACE)
            time.sleep(0.3)
            assert sorted(told.read_text().split()) == lines


@pytest.mark.desktop
def test_a_real_sway_hears_a_mouse_button(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths.config_file().write_text('[hotkey]\nkey = "mouse_back"\n')
    with Sway() as compositor:
        told = compositor.folder / "told"
        told.touch()
        told.chmod(0o666)
        monkeypatch.setattr(shortcuts, "command", lambda member: f"echo {member} >> {told}")
        monkeypatch.setenv("SWAYSOCK", str(compositor.control))
        assert "done: the keys work in sway now" in bound()
        assert isinstance(desktop_keys.bound_in("mouse_back"), desktop_keys.Sway)
        compositor.order("seat - cursor press button8")
        wait_for(lambda: told.read_text() == "Press\n", "the press is told")
        compositor.order("seat - cursor release button8")
        wait_for(lambda: told.read_text() == "Press\nRelease\n", "the release is told")


def press(keyboard: Keyboard, *keys: int) -> None:
    """Down in this order, and up in the other."""
    for key in keys:
        keyboard.down(key)
    time.sleep(0.2)
    for key in reversed(keys):
        keyboard.up(key)


def test_hyprland_gets_a_file_of_our_own(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HYPRLAND_INSTANCE_SIGNATURE", "x")
    folder = homes / "config/hypr"
    folder.mkdir()
    (folder / "hyprland.conf").write_text("bind = SUPER, D, exec, menu\n")
    said = bound()
    assert f"skipped: super+d: {folder}/hyprland.conf:1 binds it: choose another" in "\n".join(said)
    assert f"source = {folder}/dictate.conf" in said[-1]
    assert (folder / "dictate.conf").read_text().splitlines() == [
        MARKER,
        "bind = CTRL ALT, space, exec, tell Press",
        "bindr = CTRL ALT, space, exec, tell Release",
        "bind = CTRL ALT, c, exec, tell Cancel",
    ]
    assert desktop_keys.bound_in("ctrl+alt+space") is None
    (folder / "hyprland.conf").write_text(f"source={folder}/dictate.conf\n")
    assert desktop_keys.bound_in("ctrl+alt+space") is not None
    assert not [line for line in bound() if line.startswith("to do")]
    assert f"done: removed {folder}/dictate.conf" in unbound()


def test_gnome_gets_a_shortcut_that_toggles(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def settings(*words: str) -> str:
        done = subprocess.run(
            ["gsettings", *words], capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout.strip()

    if shutil.which("gsettings") is None or desktop_keys.GNOME not in settings("list-schemas"):
        pytest.skip("GNOME's schemas are missing: apt install gnome-settings-daemon-common")
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "ubuntu:GNOME")
    monkeypatch.setenv("GSETTINGS_BACKEND", "keyfile")
    theirs = f"{desktop_keys.GNOME_PATH}/custom0/"
    settings("set", desktop_keys.GNOME, "custom-keybindings", f"['{theirs}']")
    for _ in range(2):
        said = bound()
        assert said[0] == "done: GNOME binds <Control><Alt>space to: tell Toggle"
        listed = settings("get", desktop_keys.GNOME, "custom-keybindings")
        names = ("custom0", "dictate", "dictate-second", "dictate-cancel")
        assert listed == str([f"{desktop_keys.GNOME_PATH}/{name}/" for name in names])
    one = f"{desktop_keys.GNOME}.custom-keybinding:{desktop_keys.GNOME_PATH}/dictate-second/"
    assert settings("get", one, "binding") == "'<Super>d'"
    assert settings("get", one, "command") == "'tell Toggle second'"
    found = desktop_keys.bound_in("super+d")
    assert found is not None
    assert not found.holds
    assert desktop_keys.bound_in("ctrl_r") is None
    assert unbound() == ["done: removed GNOME's shortcuts for dictate"]
    assert desktop_keys.bound_in("super+d") is None
    assert settings("get", desktop_keys.GNOME, "custom-keybindings") == f"['{theirs}']"
    assert settings("get", one, "command") == "''"
    assert unbound() == []
    paths.config_file().write_text('[hotkey]\nkey = "ctrl_r"\n')
    assert "GNOME cannot bind a lone modifier" in bound()[0]


def test_what_gnomes_portal_hears_is_not_taken_from_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "GNOME")
    asked: list[str] = []
    monkeypatch.setattr(
        desktop_keys.Gnome, "bind", lambda _, keys, out: asked.extend(key.name for key in keys)
    )
    with session_bus(tmp_path) as bus, Portal(bus.address):
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        assert bound() == []  # the portal knows no program without a file
        assert asked == ["", "second", "cancel"]
        asked.clear()
        application = locations().application
        application.parent.mkdir()
        application.touch()
        (said,) = bound()
        assert said.startswith("skipped: GNOME's portal already reports press and release")
        assert asked == ["cancel"]
        application.rename(tmp_path / application.name)
        monkeypatch.setattr(packaged, "APPLICATIONS", tmp_path)
        assert bound() == [said], "a package of the system brought the file"


def test_where_nothing_can_be_bound_it_says_what_to_bind(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-1")
    said: list[str] = []
    assert shortcuts.bind(out=said.append) == 1
    assert "  ctrl+alt+space: tell Toggle" in said


def test_kde_has_a_portal(homes: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    paths.config_file().write_text('[hotkey]\nkey = "f9"\n')
    (said,) = bound()
    assert "portal" in said
    assert not list((homes / "data").iterdir())


def test_kde_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CURRENT_DESKTOP", "KDE")
    said: list[str] = []
    assert shortcuts.bind(out=said.append) == 1
    assert said[-1].startswith("failed: KDE's service for shortcuts: ")
    assert any(line.startswith("done: removed") for line in unbound())
    assert unbound() == []


@pytest.mark.parametrize(
    ("keys", "number"),
    [("ctrl+alt+space", 0x0C000020), ("super+d", 0x10000044), ("f9", 0x01000038), ("ß", 0xDF)],
)
def test_keys_as_qt_numbers_them(keys: str, number: int) -> None:
    assert kglobalaccel.qt_key(parse(keys)) == number


def test_the_command_works_without_busctl_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.setattr(shutil, "which", lambda _: "/usr/bin/busctl")
    assert shortcuts.command("Press").endswith(" io.github.dictate.Dictate1 Press")
    assert shortcuts.command("Paste").endswith(" io.github.dictate.Dictate1 Paste u 0")
    assert shortcuts.command("Press", "my chat").endswith(".Dictate1.Profiles Press s 'my chat'")
    window = shortcuts.command("CorrectWindow")
    assert window.endswith(" io.github.dictate.Dictate1.Hotwords CorrectWindow u 0")
    monkeypatch.setattr(shutil, "which", lambda _: None)
    assert shortcuts.command("Release", "my chat").endswith("release --profile 'my chat'")
    assert shortcuts.command("CorrectWindow").endswith("dictatectl correct --window")


def test_on_x11_nothing_has_to_be_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":7")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    first, second, *by_hand = bound()
    assert first.startswith("skipped: on X11, dictate receives its keys without the desktop's help")
    assert 'use = "none"' in second
    assert by_hand[0] == "  ctrl+alt+space: tell Toggle"
