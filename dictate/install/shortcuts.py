"""`dictate setup --keys`: has the desktop itself listen for the keys, and takes that back.

For Wayland desktops without a portal for shortcuts. What is written is a file, or an entry, of our
own; the user's files are read, and a line that must stand in them is shown, not written. A key
that the user has given away already is left alone.
"""

import ast
import os
import re
import shlex
import shutil
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Protocol

from platformdirs import user_config_path, user_data_path

from dictate.config import config_file
from dictate.config.schema import Settings
from dictate.errors import DictateError
from dictate.hotkeys.chord import Chord, parse
from dictate.install import kglobalaccel
from dictate.install.service import OURS, Out, remove_ours, run, write_ours
from dictate.platform import bus, paths
from dictate.platform import desktop as desktops

GNOME = "org.gnome.settings-daemon.plugins.media-keys"
GNOME_PATH = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings"

_SWAY = {"ctrl": "Ctrl", "alt": "Mod1", "shift": "Shift", "super": "Mod4"}
_GNOME = {"ctrl": "<Control>", "alt": "<Alt>", "shift": "<Shift>", "super": "<Super>"}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key, and what the daemon is told: at the press, the release, or where there is none."""

    name: str
    chord: Chord
    press: str
    release: str
    alone: str


class ShortcutBackend(Protocol):
    """Where shortcuts can be bound."""

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        """Have the desktop listen, now and after the next login, and say what was done."""

    def unbind(self, out: Out) -> None:
        """Take it back, as far as it is there."""


def bind(*, out: Out = print) -> int:
    """Bind the keys of config.toml in the desktop that we run in. 0, or 1 if it cannot be."""
    try:
        settings = config_file.load(paths.config_file())
        shortcuts = wanted(settings, out)
    except (DictateError, ValueError) as error:
        out(f"failed: {error}")
        return 1
    desktop = here()
    if isinstance(desktop, Kde) and settings.hotkey.use != "none":
        out(
            'skipped: KDE\'s portal tells dictate of the press and the release; with use = "none" '
            "under [hotkey] KDE starts a program at the press, which begins or ends"
        )
        shortcuts = [each for each in shortcuts if each.name == "cancel"]
    if desktop is None:
        out("skipped: no desktop here has keys that dictate can bind; bind these by hand:")
        for shortcut in shortcuts:
            out(f"  {shortcut.chord}: {command(shortcut.alone)}")
        return 1
    try:
        desktop.bind(shortcuts, out)
    except OSError as error:
        out(f"failed: {error}")
        return 1
    return 0


def unbind(*, out: Out = print) -> None:
    """Take back what `bind` did, on every desktop. Says what it took, and nothing else."""
    for desktop in (Sway(), Hyprland(), Gnome(), Kde()):
        desktop.unbind(out)


def here() -> ShortcutBackend | None:
    """The desktop that we run in, if its keys can be bound."""
    if os.environ.get("SWAYSOCK"):
        return Sway()
    if os.environ.get("HYPRLAND_INSTANCE_SIGNATURE"):
        return Hyprland()
    if "kde" in desktops.names():
        return Kde()
    return Gnome() if "gnome" in desktops.names() else None


def wanted(settings: Settings, out: Out) -> list[Shortcut]:
    """What is to be bound. Raises ValueError for a key that nobody knows."""
    shortcuts = [Shortcut("", parse(settings.hotkey.key), "Press", "Release", "Toggle")]
    if key := settings.second.key:
        second = "PressSecond", "ReleaseSecond", "ToggleSecond"
        shortcuts.append(Shortcut("second", parse(key), *second))
    if key := settings.hotkey.cancel_key:
        cancel = Shortcut("cancel", parse(key), "Cancel", "", "Cancel")
        if cancel.chord.modifiers:
            shortcuts.append(cancel)
        else:
            out(
                f"skipped: {key} would be taken from every program; let cancel_key be keys together"
            )
    return shortcuts


def command(member: str) -> str:
    """What tells the daemon; busctl where there is one, as it starts ten times faster than we."""
    if busctl := shutil.which("busctl"):
        return f"{busctl} --user call {bus.NAME} {bus.PATH} {bus.INTERFACE} {member}"
    ctl = shlex.quote(str(Path(sys.executable).with_name("dictatectl")))
    word, second = member.removesuffix("Second").lower(), member.endswith("Second")
    return f"{ctl} {word}" + (" --second" if second else "")


class _Included(ABC):
    """A compositor whose file includes one of ours."""

    file: Path
    config: Path
    include: str
    """The line that the user's file needs."""

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        free = []
        for shortcut in shortcuts:
            if taken := self.taken(shortcut.chord):
                out(f"skipped: {shortcut.chord}: {taken} has it: choose another key in config.toml")
            else:
                free.append(shortcut)
        lines = [line for shortcut in free for line in self.lines(shortcut)]
        write_ours(self.file, "\n".join((OURS, *lines, "")), out)
        for line in lines:
            out(f"  {line}")
        if not self.included():
            out(f"to do: write this line into {self.config}: {self.include}")
        self.apply(lines, out)

    def unbind(self, out: Out) -> None:
        if self.file.exists():
            self.withdraw(self.file.read_text().splitlines(), out)
            remove_ours(self.file, out)
            if str(self.file) in self._named():
                out(f"to do: take this line out of {self.config}: {self.include}")

    @abstractmethod
    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        """As they stand in the compositor's file."""

    @abstractmethod
    def taken(self, chord: Chord) -> str:
        """Where the user has given this key away; empty: nowhere that we can see."""

    def apply(self, lines: list[str], out: Out) -> None:  # noqa: B027 - some need no word
        """Have them count now."""

    def withdraw(self, lines: list[str], out: Out) -> None:  # noqa: B027 - some need no word
        """Have them count no more."""

    def included(self) -> bool:
        """Whether the user's file has our line, or one that stands for many files."""
        return any(fnmatch(str(self.file), named) for named in self._named())

    def _named(self) -> Iterator[str]:
        """The files that the user's file includes."""
        for line in _read(self.config):
            if found := re.fullmatch(r"\s*(?:include|source\s*=)\s*(\S.*?)\s*", line):
                name = os.path.expandvars(Path(found[1]).expanduser())
                yield str(self.config.parent / name)


class Sway(_Included):
    """bindsym; a line can also be given to the sway that runs."""

    def __init__(self) -> None:
        self.config = user_config_path() / "sway/config"
        self.file = self.config.with_name("dictate.conf")
        self.include = f"include {self.file}"

    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        for keys in self._keys(shortcut.chord):
            yield f"bindsym --no-repeat {keys} exec {command(shortcut.press)}"
            if shortcut.release:
                yield f"bindsym --release {keys} exec {command(shortcut.release)}"

    def taken(self, chord: Chord) -> str:
        ours = [_as_set(keys) for keys in self._keys(chord)]
        variables: dict[str, str] = {}
        for number, line in enumerate(_read(self.config), 1):
            match line.split():
                case ["set", name, value, *_]:
                    variables[name] = value
                case ["bindsym", *words]:
                    keys = next((word for word in words if not word.startswith("--")), "")
                    for name, value in variables.items():
                        keys = keys.replace(name, value)
                    if _as_set(keys) in ours:
                        return f"{self.config}:{number}"
        return ""

    def apply(self, lines: list[str], out: Out) -> None:
        if not os.environ.get("SWAYSOCK"):
            return
        for line in lines:
            done = run("swaymsg", "--", line)
            if done.returncode:
                out(f"failed: swaymsg {line}: {done.stdout.strip() or done.stderr.strip()}")
                return
        out("done: sway listens for them from now on")

    def withdraw(self, lines: list[str], out: Out) -> None:
        bound = [line.partition(" exec ")[0] for line in lines if line.startswith("bindsym")]
        if os.environ.get("SWAYSOCK"):
            for line in bound:
                run("swaymsg", "--", f"un{line}")
            out("done: sway listens for them no more")

    def _keys(self, chord: Chord) -> list[str]:
        names = [_SWAY[name] for name in chord.modifiers]
        return ["+".join((*names, keysym)) for keysym in _keysyms(chord)]


class Hyprland(_Included):
    """bind and bindr, after its documentation; it reads its files again by itself."""

    def __init__(self) -> None:
        self.config = user_config_path() / "hypr/hyprland.conf"
        self.file = self.config.with_name("dictate.conf")
        self.include = f"source = {self.file}"

    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        modifiers = " ".join(name.upper() for name in shortcut.chord.modifiers)
        for keysym in _keysyms(shortcut.chord):
            yield f"bind = {modifiers}, {keysym}, exec, {command(shortcut.press)}"
            if shortcut.release:
                yield f"bindr = {modifiers}, {keysym}, exec, {command(shortcut.release)}"

    def taken(self, chord: Chord) -> str:
        ours = [{*chord.modifiers, keysym.lower()} for keysym in _keysyms(chord)]
        for number, line in enumerate(_read(self.config), 1):
            bound = re.match(r"\s*bind\w*\s*=\s*([^,]*),\s*([^,\s]+)", line.lower())
            if bound and {*re.split(r"[\s_+]+", bound[1].strip()), bound[2]} - {""} in ours:
                return f"{self.config}:{number}"
        return ""


class Gnome:
    """Custom shortcuts, which know the press only: it begins a dictation, and the next ends it."""

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        listed = self._list()
        for shortcut in shortcuts:
            if shortcut.chord.lone_modifier:
                out(f"skipped: {shortcut.chord}: GNOME binds no modifier: choose keys together")
                continue
            path = f"{GNOME_PATH}/dictate{shortcut.name and '-'}{shortcut.name}/"
            names = "".join(_GNOME[name] for name in shortcut.chord.modifiers)
            binding = f"{names}{_keysyms(shortcut.chord)[0]}"
            for key, value in (
                ("name", f"Dictate {shortcut.name}".strip()),
                ("command", command(shortcut.alone)),
                ("binding", binding),
            ):
                self._set(f"{GNOME}.custom-keybinding:{path}", key, value)
            listed = [*(each for each in listed if each != path), path]
            out(f"done: GNOME binds {binding} to: {command(shortcut.alone)}")
        self._set(GNOME, "custom-keybindings", str(listed))

    def unbind(self, out: Out) -> None:
        try:
            listed = self._list()
        except OSError:
            return  # no GNOME was ever here
        ours = [path for path in listed if path.startswith(f"{GNOME_PATH}/dictate")]
        if ours:
            self._set(
                GNOME, "custom-keybindings", str([path for path in listed if path not in ours])
            )
            for path in ours:
                run("gsettings", "reset-recursively", f"{GNOME}.custom-keybinding:{path}")
            out("done: GNOME's shortcuts for dictate are removed")

    def _list(self) -> list[str]:
        done = run("gsettings", "get", GNOME, "custom-keybindings")
        if done.returncode:
            raise OSError(f"gsettings: {done.stderr.strip()}")
        return list(ast.literal_eval(done.stdout.strip().removeprefix("@as ")))

    def _set(self, schema: str, key: str, value: str) -> None:
        done = run("gsettings", "set", schema, key, value)
        if done.returncode:
            raise OSError(f"gsettings: {done.stderr.strip()}")


class Kde:
    """A program for each shortcut, which KDE starts at the press."""

    _NAMES = ("", "second", "cancel")

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        for shortcut in shortcuts:
            if shortcut.chord.lone_modifier:
                out(f"skipped: {shortcut.chord}: KDE binds no modifier: choose keys together")
                continue
            label = f"Dictate {shortcut.name}".strip()
            does = command(shortcut.alone)
            file = self._file(shortcut.name)
            entry = ("[Desktop Entry]", "Type=Application", f"Name={label}", f"Exec={_exec(does)}")
            quiet = ("NoDisplay=true", "StartupNotify=false")
            write_ours(file, "\n".join((OURS, *entry, *quiet, "")), out)
            if not file.read_text().startswith(OURS):
                continue
            if kglobalaccel.give(file.name, label, shortcut.chord):
                out(f"done: KDE binds {shortcut.chord} to: {does}")
            else:
                out(f"skipped: {shortcut.chord}: another program has it in KDE: choose another key")
                remove_ours(file, out)

    def unbind(self, out: Out) -> None:
        for file in filter(Path.exists, map(self._file, self._NAMES)):
            try:
                kglobalaccel.take(file.name)
            except OSError as error:
                out(f"failed: {error}")
            remove_ours(file, out)

    def _file(self, name: str) -> Path:
        return user_data_path() / f"applications/dictate-key{name and '-'}{name}.desktop"


def _exec(command: str) -> str:
    """As a .desktop file has it."""
    words = shlex.split(command.replace("%", "%%"))
    return " ".join(word if re.fullmatch(r"[\w./%:=-]+", word) else f'"{word}"' for word in words)


def _keysyms(chord: Chord) -> tuple[str, ...]:
    if not chord.keysyms:
        raise OSError(f"{chord.key!r} has no name that desktops know: choose another key")
    return chord.keysyms


def _as_set(keys: str) -> frozenset[str]:
    same = {"control": "ctrl", "alt": "mod1"}
    return frozenset(same.get(word, word) for word in keys.lower().split("+"))


def _read(path: Path) -> Iterable[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else ()
