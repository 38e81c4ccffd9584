"""`dictate setup --keys`: binds the keys of config.toml in the desktop itself, and unbinds them.

It is for Wayland desktops without a portal for shortcuts. `hotkeys/desktop_keys.py` knows the
desktops.
"""

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

from dictate import console
from dictate.config import config_file
from dictate.config.schema import HotkeySettings, Settings
from dictate.errors import DictateError
from dictate.hotkeys import KEY_SOURCES
from dictate.hotkeys.chord import AUTO, parse
from dictate.hotkeys.desktop_keys import (
    DESKTOPS,
    Gnome,
    Kde,
    Shortcut,
    ShortcutBackend,
    running_desktop,
)
from dictate.install import packaged
from dictate.install.service import DESKTOP_FILE, locations
from dictate.platform import bus, paths
from dictate.platform.generated_files import Out
from dictate.translation import _

_PLAIN = re.compile(r"[a-z0-9-]+")
CORRECT = "CorrectWindow"
"""The method for the correction key."""


def bind(*, out: Out = console.step) -> int:
    """Bind the keys of config.toml in the running desktop. 0, or 1 if that failed."""
    try:
        settings = config_file.load(paths.config_file())
        shortcuts = configured_shortcuts(settings, out)
    except (DictateError, ValueError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    desktop = running_desktop()
    if name := _portal_of(desktop, settings.hotkey):
        out(
            _(
                "skipped: {name}'s portal already reports press and release to dictate; to "
                "bind the key in {name} itself, where a press starts or ends a dictation, "
                'set use = "none" under [hotkey]'
            ).format(name=name)
        )
        shortcuts = [each for each in shortcuts if each.name == "cancel"]
    if desktop is None:
        if on_x11 := bool(os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY")):
            told = _(
                "skipped: on X11, dictate receives its keys without the desktop's help; where "
                'it\ncannot, set use = "none" under [hotkey] and bind these by hand:'
            )
            for line in told.splitlines():
                out(line)
        else:
            out(_("skipped: dictate cannot bind keys in this desktop; bind these by hand:"))
        for shortcut in shortcuts:
            out(f"  {shortcut.chord}: {shortcut.toggle}")
        return 0 if on_x11 else 1
    if not desktop.buttons:
        for each in shortcuts:
            if each.chord.is_button:
                out(
                    _("skipped: {chord}: dictate binds no mouse buttons in this desktop").format(
                        chord=each.chord
                    )
                )
        shortcuts = [each for each in shortcuts if not each.chord.is_button]
    try:
        desktop.bind(shortcuts, out)
    except (OSError, DictateError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    return 0


def _portal_of(running: ShortcutBackend | None, settings: HotkeySettings) -> str:
    """The name of the desktop if its portal reports the key; empty if it does not."""
    if settings.use == "none":
        return ""
    if isinstance(running, Kde):
        return "KDE"
    entries = (locations().application, packaged.APPLICATIONS / DESKTOP_FILE)
    if isinstance(running, Gnome) and any(entry.exists() for entry in entries):
        reason = KEY_SOURCES.make("portal", settings).unavailable_reason()
        return "" if reason else "GNOME"
    return ""


def unbind(*, out: Out = console.step) -> None:
    """Undo `bind` on every desktop. Prints what it removed, and nothing else."""
    for desktop in DESKTOPS.values():
        desktop().unbind(out)


def configured_shortcuts(settings: Settings, out: Out) -> list[Shortcut]:
    """The shortcuts of config.toml. Raises ValueError for an unknown key."""

    def shortcut(name: str, key: str, press: str, release: str, toggle: str) -> Shortcut:
        commands = (command(member) if member else "" for member in (press, release, toggle))
        return Shortcut(name, parse(key), *commands)

    shortcuts = [shortcut("", settings.hotkey.key, "Press", "Release", "Toggle")]
    keys = settings.hotkey
    names = {"", "cancel", "paste", "undo", "correct", "edit"}
    for number, each in enumerate(settings.key, 1):
        # It becomes a part of the name of a file.
        name = each.profile if _PLAIN.fullmatch(each.profile) else f"profile-{number}"
        name = f"profile-{number}" if name in names else name
        names.add(name)
        commands = (command(member, each.profile) for member in ("Press", "Release", "Toggle"))
        shortcuts.append(Shortcut(name, parse(each.key), *commands))
    for name, key, member in (
        ("paste", keys.paste_key, "Paste"),
        ("undo", keys.undo_key, "Undo"),
        ("correct", keys.correct_key, CORRECT),
        ("edit", keys.edit_key, "Edit"),
    ):
        if key:
            shortcuts.append(shortcut(name, key, member, "", member))
    if (key := settings.hotkey.cancel_key) and key != AUTO:
        cancel = shortcut("cancel", key, "Cancel", "", "Cancel")
        if cancel.chord.modifiers:
            shortcuts.append(cancel)
        else:
            out(
                _(
                    "skipped: no program would receive {key} any more; set cancel_key to a "
                    "key with modifiers"
                ).format(key=key)
            )
    return shortcuts


def command(member: str, profile: str = "") -> str:
    """The command that calls this method of the daemon, or the one of that name which takes a
    profile. busctl starts ten times faster than dictatectl, so it is used where it is installed."""
    name = shlex.quote(profile)
    if busctl := shutil.which("busctl"):
        last = " u 0" if member in ("Paste", CORRECT) else ""
        interface = bus.HOTWORDS_INTERFACE if member == CORRECT else bus.INTERFACE
        if profile:
            interface, last = bus.PROFILES_INTERFACE, f" s {name}"
        # untranslated
        return f"{busctl} --user call {bus.NAME} {bus.PATH} {interface} {member}{last}"
    ctl = shlex.quote(str(Path(sys.executable).with_name("dictatectl")))
    if member == CORRECT:
        return f"{ctl} correct --window"  # untranslated
    return f"{ctl} {member.lower()}" + (f" --profile {name}" if profile else "")  # untranslated
