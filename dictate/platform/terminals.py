"""Which applications are terminals, where a line end runs what stands before it. Pure."""

from typing import Final

# untranslated
_NAMES: Final = """
alacritty aterm blackbox console contour cool-retro-term ddterm deepin-terminal eterm foot
footclient ghostty gnome-terminal gnome-terminal-server guake hyper kgx kitty konsole lxterminal
mate-terminal mlterm ptyxis qterminal rio roxterm rxvt sakura st st-256color tabby terminal
terminator terminology termite tilda tilix urxvt uxterm warp wezterm wezterm-gui x-terminal-emulator
xfce4-terminal xterm yakuake zutty
"""
_TERMINALS: Final = frozenset(_NAMES.split())


def is_terminal(application: str) -> bool:
    """Whether an application with this WM class or app id is a terminal emulator; False also if
    nobody knows it. Of an app id with a domain in front the last part counts: org.kde.konsole."""
    name = application.casefold()
    return name in _TERMINALS or name.rpartition(".")[2] in _TERMINALS
