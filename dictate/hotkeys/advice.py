"""What a user has to do to dictate: with the key, and where no key works."""

import os

from dictate.hotkeys.chord import in_words, parse
from dictate.hotkeys.desktop_keys import running_desktop
from dictate.translation import _

MEANWHILE = _("`dictatectl start` and `dictatectl stop` dictate")
"""What works without a key."""


def how_to_press(key: str, mode: str, *, holds: bool) -> str:
    """What to do with the key to dictate. `holds` is whether its release is reported, so that it
    can be held."""
    name = in_words(key)
    if mode == "toggle" or not holds:
        return _("press {key}, talk, and press it again").format(key=name)
    if mode == "double_tap":
        return _("tap {key}, then hold it and talk").format(key=name)
    return _("hold {key} and talk").format(key=name)


def without_key(key: str, reason: str) -> str:
    """What to do where nothing receives the key, for this reason."""
    if not os.environ.get("WAYLAND_DISPLAY"):
        why = _("no key works: {reason}. Until then, {meanwhile}")
        return why.format(reason=reason, meanwhile=MEANWHILE)
    desktop = running_desktop()
    how = _("run `dictate setup --keys`: your desktop then runs Dictate at a key")
    chord = parse(key)
    lone = chord.lone_modifier and desktop is not None and not desktop.holds
    if lone or (chord.is_button and not (desktop and desktop.buttons)):
        how = _(
            'set key = "ctrl+alt+space" under [hotkey] in config.toml, and run `dictate setup '
            "--keys`: your desktop then runs Dictate at a key"
        )
    return _("no key works yet: {advice}. Until then, {meanwhile}").format(
        advice=how, meanwhile=MEANWHILE
    )
