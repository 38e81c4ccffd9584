"""The step about the key: choose it, and try it."""

import os
from typing import Final

from dictate.cli.guided_setup.daemon import SETTLE_S, wait_until
from dictate.cli.guided_setup.dialogue import Dialogue, tried
from dictate.client.daemon_client import ask_status
from dictate.config import config_file
from dictate.errors import ConfigError, Unavailable
from dictate.hotkeys.advice import how_to_press
from dictate.hotkeys.chord import in_words, spelled
from dictate.hotkeys.x11_capture import next_key
from dictate.install import shortcuts
from dictate.platform import paths
from dictate.translation import _

PRESS_S: Final = 20.0
"""Seconds in which the user presses a key that was asked for."""
EXAMPLES: Final = _("for example f9, pause, scroll_lock, ctrl+alt+space, mouse_back")


def step(dialogue: Dialogue) -> None:
    """Have the user choose a key, and press it. Raises Skipped, DictateError."""
    settings = config_file.load(paths.config_file()).hotkey
    dialogue.heading(
        _("Key"),
        _("You hold it while you talk, or tap it. It is {in_words}.").format(
            in_words=in_words(settings.key)
        ),
    )
    while True:
        if key := _chosen(dialogue):
            try:
                config_file.set_option(paths.config_file(), "hotkey.key", key)
            except ConfigError as error:
                dialogue.say("; ".join(error.problems), "yellow")
                continue
            settings = config_file.load(paths.config_file()).hotkey
        if _hears(dialogue, settings.key, settings.mode):
            return
        if dialogue.ask(_("Enter keeps it, o chooses another one:")) != "o":
            return


def _chosen(dialogue: Dialogue) -> str:
    """The key that the user wants; "" is the one of before. Raises Skipped."""
    presses = bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")
    more = _(", p to press another one") if presses else ""
    while given := dialogue.ask(
        _("Enter keeps it{more}, or its name ({examples}):").format(more=more, examples=EXAMPLES)
    ):
        try:
            if presses and given == "p":
                dialogue.say(_("Press the key now."))
                with tried():
                    return next_key(PRESS_S)
            return spelled(given)
        except (ValueError, Unavailable) as error:
            dialogue.say(f"{error}.", "yellow")
    return ""


def _hears(dialogue: Dialogue, key: str, mode: str) -> bool:
    """Whether Dictate hears the key, as the user has tried; True if it cannot be tried. Raises
    Skipped."""
    status = wait_until(lambda found: bool(found["hotkey"] == key), SETTLE_S)
    if status is None and not _bind(dialogue):
        return True
    dialogue.say(
        _("Try it: {how_to_press} for a moment.").format(
            how_to_press=how_to_press(key, mode, holds=True)
        )
    )
    with tried():
        if wait_until(lambda found: bool(found["state"] == "recording"), PRESS_S) is None:
            dialogue.say(_("Nothing came. Does another program take this key?"), "yellow")
            return False
        dialogue.say(_("Dictate hears {in_words}.").format(in_words=in_words(key)), "green")
        wait_until(lambda found: bool(found["state"] == "ready"), PRESS_S)
    return True


def _bind(dialogue: Dialogue) -> bool:
    """Have the desktop run Dictate at the key, which it does not report; whether it does. Raises
    Skipped."""
    dialogue.say(
        _("Dictate does not hear the key. {hotkey}.").format(hotkey=ask_status()["hotkey"]),
        "yellow",
    )
    if dialogue.ask(_("b binds it in the desktop itself; Enter goes on without:")) != "b":
        return False
    return shortcuts.bind(out=dialogue.say) == 0
