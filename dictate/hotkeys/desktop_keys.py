"""The desktops whose keys `dictate setup --keys` binds: `DESKTOPS` below lists them.

Dictate writes only a file, or an entry, of its own. It reads the user's files; a line that must be
added to them is shown, not written. A key that the user has bound to something else is left alone.
"""

import ast
import os
import re
import shlex
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Final, Protocol

from platformdirs import user_config_path, user_data_path

from dictate.errors import DictateError, Unavailable
from dictate.hotkeys import kglobalaccel
from dictate.hotkeys.chord import BUTTONS, Chord, parse
from dictate.platform import desktop, desktop_entry
from dictate.platform.generated_files import (
    MARKER,
    Out,
    remove_generated,
    run,
    write_generated,
)
from dictate.translation import _

GNOME: Final = "org.gnome.settings-daemon.plugins.media-keys"
GNOME_PATH: Final = "/org/gnome/settings-daemon/plugins/media-keys/custom-keybindings"

_SWAY_MODIFIERS: Final = {"ctrl": "Ctrl", "alt": "Mod1", "shift": "Shift", "super": "Mod4"}
_GNOME_MODIFIERS: Final = {
    "ctrl": "<Control>",
    "alt": "<Alt>",
    "shift": "<Shift>",
    "super": "<Super>",
}


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A key, and the shell commands that it runs."""

    name: str
    """Empty for the main key."""
    chord: Chord
    press: str
    release: str
    """Empty if the release does nothing."""
    toggle: str
    """For desktops that report no release: the command of every press."""


class ShortcutBackend(Protocol):
    """A desktop in which shortcuts can be bound."""

    holds: bool
    """Whether it reports the release of a key, so that holding it works."""
    buttons: bool
    """Whether it binds the side buttons of a mouse, too."""

    def runs_here(self) -> bool:
        """Whether this is the running desktop."""

    def binds(self, chord: Chord) -> bool:
        """Whether a press of these keys runs our command now."""

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        """Bind them, now and after the next login, and print what was done. Raises Unavailable."""

    def unbind(self, out: Out) -> None:
        """Remove what `bind` made, if it is there."""


class _IncludedFile(ABC):
    """A compositor whose configuration includes a file of ours."""

    file: Path
    config: Path
    include: str
    """The line that the user's configuration needs."""
    holds = True
    buttons = False

    def binds(self, chord: Chord) -> bool:
        heads = tuple(self.lines(Shortcut("", chord, "", "", "")))
        ours = [line for line in _read(self.file) if line.startswith(heads)]
        return bool(ours) and (self.included() or self.told_since_login())

    def told_since_login(self) -> bool:
        """Whether the running compositor was told of our file, although it does not include it."""
        return False

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        free = []
        for shortcut in shortcuts:
            if taken := self.taken(shortcut.chord):
                out(
                    _(
                        "skipped: {chord}: {place} binds it: choose another key in config.toml"
                    ).format(chord=shortcut.chord, place=taken)
                )
            else:
                free.append(shortcut)
        lines = [line for shortcut in free for line in self.lines(shortcut)]
        write_generated(self.file, "\n".join((MARKER, *lines, "")), out)
        for line in lines:
            out(f"  {line}")
        if not self.included():
            out(
                _("to do: add this line to {config}: {include}").format(
                    config=self.config, include=self.include
                )
            )
        self.apply(lines, out)

    def unbind(self, out: Out) -> None:
        if self.file.exists():
            self.withdraw(self.file.read_text().splitlines(), out)
            remove_generated(self.file, out)
            if str(self.file) in self._included_files():
                out(
                    _("to do: remove this line from {config}: {include}").format(
                        config=self.config, include=self.include
                    )
                )

    @abstractmethod
    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        """The lines for one shortcut in the compositor's syntax."""

    @abstractmethod
    def taken(self, chord: Chord) -> str:
        """Where the user's configuration binds this key, as FILE:LINE; empty if it does not."""

    def apply(self, lines: list[str], out: Out) -> None:  # noqa: B027 - optional
        """Tell the running compositor to bind them."""

    def withdraw(self, lines: list[str], out: Out) -> None:  # noqa: B027 - optional
        """Tell the running compositor to unbind them."""

    def included(self) -> bool:
        """Whether the user's configuration includes our file, by name or by pattern."""
        return any(fnmatch(str(self.file), named) for named in self._included_files())

    def _included_files(self) -> Iterator[str]:
        """The files, or patterns, that the user's configuration includes."""
        for line in _read(self.config):
            if found := re.fullmatch(r"\s*(?:include|source\s*=)\s*(\S.*?)\s*", line):
                name = os.path.expandvars(Path(found[1]).expanduser())
                yield str(self.config.parent / name)


class Sway(_IncludedFile):
    """Uses bindsym. swaymsg passes each line to the running sway, too."""

    buttons = True

    def __init__(self) -> None:
        self.config = user_config_path() / "sway/config"
        self.file = self.config.with_name("dictate.conf")
        self.include = f"include {self.file}"  # untranslated

    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        # Otherwise a button would count on the title bar of a window only.
        where = "--whole-window " if shortcut.chord.is_button else ""
        for keys in self._keys(shortcut.chord):
            yield f"bindsym {where}--no-repeat {keys} exec {shortcut.press}"  # untranslated
            if shortcut.release:
                yield f"bindsym {where}--release {keys} exec {shortcut.release}"  # untranslated

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
                out(
                    _("failed: swaymsg {line}: {error}").format(
                        line=line, error=done.stdout.strip() or done.stderr.strip()
                    )
                )
                return
        out(_("done: the keys work in sway now"))

    def runs_here(self) -> bool:
        return bool(os.environ.get("SWAYSOCK")) or "sway" in desktop.names()

    def told_since_login(self) -> bool:
        try:
            # sway makes its socket when it starts.
            began = Path(os.environ.get("SWAYSOCK", "")).stat().st_mtime
            return self.file.stat().st_mtime > began
        except OSError:
            return False

    def withdraw(self, lines: list[str], out: Out) -> None:
        bound = [line.partition(" exec ")[0] for line in lines if line.startswith("bindsym")]
        if os.environ.get("SWAYSOCK"):
            for line in bound:
                run("swaymsg", "--", f"un{line}")
            out(_("done: the keys are unbound in sway"))

    def _keys(self, chord: Chord) -> list[str]:
        names = [_SWAY_MODIFIERS[name] for name in chord.modifiers]
        keys = (f"button{BUTTONS[chord.key]}",) if chord.is_button else _keysyms(chord)
        return ["+".join((*names, key)) for key in keys]


class Hyprland(_IncludedFile):
    """Uses bind and bindr, after its documentation. It reloads its files by itself."""

    def __init__(self) -> None:
        self.config = user_config_path() / "hypr/hyprland.conf"
        self.file = self.config.with_name("dictate.conf")
        self.include = f"source = {self.file}"

    def runs_here(self) -> bool:
        signature = os.environ.get("HYPRLAND_INSTANCE_SIGNATURE")
        return bool(signature) or "hyprland" in desktop.names()

    def lines(self, shortcut: Shortcut) -> Iterator[str]:
        modifiers = " ".join(name.upper() for name in shortcut.chord.modifiers)
        for keysym in _keysyms(shortcut.chord):
            yield f"bind = {modifiers}, {keysym}, exec, {shortcut.press}"  # untranslated
            if shortcut.release:
                yield f"bindr = {modifiers}, {keysym}, exec, {shortcut.release}"  # untranslated

    def taken(self, chord: Chord) -> str:
        ours = [{*chord.modifiers, keysym.lower()} for keysym in _keysyms(chord)]
        for number, line in enumerate(_read(self.config), 1):
            bound = re.match(r"\s*bind\w*\s*=\s*([^,]*),\s*([^,\s]+)", line.lower())
            if bound and {*re.split(r"[\s_+]+", bound[1].strip()), bound[2]} - {""} in ours:
                return f"{self.config}:{number}"
        return ""


class Gnome:
    """Custom shortcuts. They report no release, so one press starts a dictation and the next ends
    it."""

    holds = False
    buttons = False

    def runs_here(self) -> bool:
        return "gnome" in desktop.names()

    def binds(self, chord: Chord) -> bool:
        if chord.lone_modifier or not chord.keysyms:
            return False
        ours = [path for path in self._bindings() if path.startswith(f"{GNOME_PATH}/dictate")]
        wanted = _gnome_binding(chord)
        return any(
            ast.literal_eval(self._gsettings("get", _gnome_schema(path), "binding")) == wanted
            for path in ours
        )

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        listed = self._bindings()
        for shortcut in shortcuts:
            if shortcut.chord.lone_modifier:
                out(
                    _(
                        "skipped: {chord}: GNOME cannot bind a lone modifier: add another key"
                    ).format(chord=shortcut.chord)
                )
                continue
            path = f"{GNOME_PATH}/dictate{shortcut.name and '-'}{shortcut.name}/"
            binding = _gnome_binding(shortcut.chord)
            for key, value in (
                ("name", _label(shortcut)),
                ("command", shortcut.toggle),
                ("binding", binding),
            ):
                self._set(_gnome_schema(path), key, value)
            listed = [*(each for each in listed if each != path), path]
            out(
                _("done: GNOME binds {key} to: {command}").format(
                    key=binding, command=shortcut.toggle
                )
            )
        self._set(GNOME, "custom-keybindings", str(listed))

    def unbind(self, out: Out) -> None:
        try:
            listed = self._bindings()
        except Unavailable:
            return  # GNOME is not installed
        ours = [path for path in listed if path.startswith(f"{GNOME_PATH}/dictate")]
        if not ours:
            return
        others = [path for path in listed if path not in ours]
        try:
            self._set(GNOME, "custom-keybindings", str(others))
        except Unavailable as error:
            out(_("failed: {error}").format(error=error))
            return
        for path in ours:
            run("gsettings", "reset-recursively", _gnome_schema(path))
        out(_("done: removed GNOME's shortcuts for dictate"))

    def _bindings(self) -> list[str]:
        listed = self._gsettings("get", GNOME, "custom-keybindings")
        return list(ast.literal_eval(listed.strip().removeprefix("@as ")))

    def _set(self, schema: str, key: str, value: str) -> None:
        self._gsettings("set", schema, key, value)

    def _gsettings(self, *words: str) -> str:
        done = run("gsettings", *words)
        if done.returncode:
            raise Unavailable(
                _(
                    "gsettings: {error}; run this inside your GNOME session, or bind the key "
                    "in GNOME's settings"
                ).format(error=done.stderr.strip())
            )
        return done.stdout


class Kde:
    """A .desktop file for each shortcut, which KDE starts when the key is pressed."""

    holds = False
    buttons = False

    def runs_here(self) -> bool:
        return "kde" in desktop.names()

    def binds(self, chord: Chord) -> bool:
        if chord.lone_modifier:
            return False
        return any(kglobalaccel.binds(file.name, chord) for file in self._files() if _is_ours(file))

    def bind(self, shortcuts: list[Shortcut], out: Out) -> None:
        for shortcut in shortcuts:
            if shortcut.chord.lone_modifier:
                out(
                    _("skipped: {chord}: KDE cannot bind a lone modifier: add another key").format(
                        chord=shortcut.chord
                    )
                )
                continue
            label = _label(shortcut)
            file = self._file(shortcut.name)
            entry = (
                "[Desktop Entry]",  # untranslated
                "Type=Application",
                f"Name={label}",
                f"Exec={desktop_entry.exec_value(shlex.split(shortcut.toggle))}",
            )
            quiet = ("NoDisplay=true", "StartupNotify=false")
            write_generated(file, "\n".join((MARKER, *entry, *quiet, "")), out)
            if not _is_ours(file):
                continue
            if kglobalaccel.bind(file.name, label, shortcut.chord):
                out(
                    _("done: KDE binds {key} to: {command}").format(
                        key=shortcut.chord, command=shortcut.toggle
                    )
                )
            else:
                out(
                    _("skipped: {chord}: another program has it in KDE: choose another key").format(
                        chord=shortcut.chord
                    )
                )
                remove_generated(file, out)

    def unbind(self, out: Out) -> None:
        for file in filter(_is_ours, self._files()):
            try:
                kglobalaccel.unbind(file.name)
            except Unavailable as error:
                out(_("failed: {error}").format(error=error))
            remove_generated(file, out)

    def _files(self) -> list[Path]:
        """Those of all shortcuts that were ever bound."""
        return sorted(self._file("").parent.glob("dictate-key*.desktop"))

    def _file(self, name: str) -> Path:
        return user_data_path() / f"applications/dictate-key{name and '-'}{name}.desktop"


DESKTOPS: Final[dict[str, type[ShortcutBackend]]] = {
    "sway": Sway,
    "Hyprland": Hyprland,
    "GNOME": Gnome,
    "KDE": Kde,
}
"""The desktops in which keys can be bound, by the names that users know."""


def running_desktop() -> ShortcutBackend | None:
    """The running desktop, if its keys can be bound."""
    return next((made for made in (each() for each in DESKTOPS.values()) if made.runs_here()), None)


def bound_in(key: str) -> ShortcutBackend | None:
    """The running desktop, if a press of this key runs our command there. It may ask a program or
    the bus: call it off the loop."""
    running = running_desktop()
    try:
        chord = parse(key)
        if running is None or (chord.is_button and not running.buttons):
            return None
        return running if running.binds(chord) else None
    except (OSError, ValueError, SyntaxError, DictateError):
        return None


def _is_ours(file: Path) -> bool:
    return file.is_file() and file.read_text(errors="replace").startswith(MARKER)


def _label(shortcut: Shortcut) -> str:
    """What the desktop's settings call it."""
    return f"Dictate {shortcut.name}".strip()  # untranslated


def _gnome_schema(path: str) -> str:
    return f"{GNOME}.custom-keybinding:{path}"


def _gnome_binding(chord: Chord) -> str:
    return "".join(_GNOME_MODIFIERS[name] for name in chord.modifiers) + _keysyms(chord)[0]


def _keysyms(chord: Chord) -> tuple[str, ...]:
    if not chord.keysyms:
        raise Unavailable(
            _("desktops have no name for the key {key!r}: choose another key").format(key=chord.key)
        )
    return chord.keysyms


def _as_set(keys: str) -> frozenset[str]:
    same = {"control": "ctrl", "alt": "mod1"}
    return frozenset(same.get(word, word) for word in keys.lower().split("+"))


def _read(path: Path) -> Iterable[str]:
    return path.read_text(errors="replace").splitlines() if path.exists() else ()
