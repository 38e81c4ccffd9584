"""What a user has to do to dictate: with the key, and where no key works."""

import os

from dictate.hotkeys.chord import in_words, parse
from dictate.hotkeys.desktop_keys import running_desktop

MEANWHILE = "`dictatectl start` and `dictatectl stop` dictate"
"""What works without a key."""


def how_to_press(key: str, mode: str, *, holds: bool) -> str:
    """What to do with the key to dictate. `holds` is whether its release is reported, so that it
    can be held."""
    name = in_words(key)
    if mode == "toggle" or not holds:
        return f"press {name}, talk, and press it again"
    if mode == "double_tap":
        return f"tap {name}, then hold it and talk"
    return f"hold {name} and talk"


def without_key(key: str, reason: str) -> str:
    """What to do where nothing receives the key, for this reason."""
    if not os.environ.get("WAYLAND_DISPLAY"):
        return f"no key works: {reason}. Until then, {MEANWHILE}"
    desktop = running_desktop()
    other = ""
    chord = parse(key)
    lone = chord.lone_modifier and desktop is not None and not desktop.holds
    if lone or (chord.is_button and not (desktop and desktop.buttons)):
        other = 'set key = "ctrl+alt+space" under [hotkey] in config.toml, and '
    how = f"{other}run `dictate setup --keys`: your desktop then runs Dictate at a key"
    return f"no key works yet: {how}. Until then, {MEANWHILE}"
