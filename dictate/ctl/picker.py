"""The program in which a user picks one of many lines: fzf in a terminal, else one with a window.

Each line begins with a number, and the number alone decides: whatever is in the text, and however a
picker prints it. What is dictated never goes into a command line, where other users could read it.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final, NamedTuple

from dictate.console import safe
from dictate.ctl.terminal import typed_in_terminal
from dictate.errors import DictateError
from dictate.installation import system_command
from dictate.translation import _

LINE_LIMIT: Final = 500
"""Maximum number of characters of a line."""

_PROMPT: Final = "{}"


class Picker(NamedTuple):
    """A program that reads lines, and prints the one that the user picks."""

    command: tuple[str, ...]
    """`_PROMPT` stands for the prompt."""
    cancelled: tuple[int, ...] = (1,)
    """The exit statuses that mean that the user picked none."""

    def choose(self, prompt: str, lines: Mapping[int, str]) -> int | None:
        """The number of the line that the user picks; None if none. Raises DictateError."""
        words = [word.replace(_PROMPT, prompt) for word in self.command]
        shown = "".join(f"{number}  {_short(line)}\n" for number, line in lines.items())
        try:
            done = subprocess.run(words, input=shown.encode(), stdout=subprocess.PIPE, check=False)
        except OSError as error:
            raise DictateError(
                _("{command} cannot be started: {strerror}").format(
                    command=words[0], strerror=error.strerror
                )
            ) from error
        # Options of the user may have fzf print more before it.
        for line in reversed(done.stdout.decode(errors="replace").splitlines()):
            found = re.match(r"\s*(\d+)\b", line)
            if found and int(found[1]) in lines:
                return int(found[1])
        if done.returncode and done.returncode not in self.cancelled:
            raise DictateError(
                _("{command} failed (exit status {status})").format(
                    command=words[0], status=done.returncode
                )
            )
        return None


_FZF: Final = Picker(("fzf", "--prompt", "{}> ", "--no-multi"), (1, 130))
_ROFI: Final = Picker(("rofi", "-dmenu", "-i", "-no-custom", "-p", _PROMPT))
# wofi writes what was picked into its cache, to list it first the next time.
_WOFI: Final = Picker(
    (
        *("wofi", "--dmenu", "--insensitive", "--prompt", _PROMPT),
        *("--cache-file", os.devnull, "--define", "allow_markup=false"),
    )
)
_FUZZEL: Final = Picker(("fuzzel", "--dmenu", "--prompt", "{}: "), (1, 2))
_BEMENU: Final = Picker(("bemenu", "-i", "-l", "15", "-p", _PROMPT))
_DMENU: Final = Picker(("dmenu", "-i", "-l", "15", "-p", _PROMPT))

_WAYLAND: Final = (_WOFI, _FUZZEL, _BEMENU)
_X11: Final = (_ROFI, _DMENU, _BEMENU)


def find_picker() -> Picker | None:
    """The best picker that is installed and can be shown here."""
    return next((each for each in _usable() if shutil.which(each.command[0])), None)


def how_to_get_one() -> str:
    """What to install here."""
    usable = _usable()
    if not usable:
        return _("type it in a terminal, or in your desktop's session")
    names = [each.command[0] for each in usable]
    return _("{command} (or another one of {names})").format(
        command=system_command(names[0]), names=", ".join(names)
    )


def _usable() -> list[Picker]:
    """Those that can be shown here, the best first."""
    found = [_FZF] if typed_in_terminal() else []
    if os.environ.get("WAYLAND_DISPLAY"):
        found += _WAYLAND
    if os.environ.get("DISPLAY"):
        # With Xwayland also on Wayland.
        found += _X11
    return list(dict.fromkeys(found))


def _short(line: str) -> str:
    line = safe(line)
    return line if len(line) <= LINE_LIMIT else f"{line[: LINE_LIMIT - 1]}…"
