"""Names of keys in config.toml: one ("ctrl_r", "f9", "x") or several ("ctrl+alt+space"). Pure."""

from collections.abc import Iterable
from dataclasses import dataclass

from dictate.errors import did_you_mean

MODIFIERS = ("ctrl", "alt", "shift", "super")

LONE = {
    "ctrl_r": ("Control_R",),
    # The key right of the space bar, by what layouts put there.
    "alt_gr": ("ISO_Level3_Shift", "Mode_switch", "Alt_R"),
}
"""Modifiers that may serve as a hotkey by themselves, and their keysyms."""

KEYS = {
    **LONE,
    "pause": ("Pause",),
    "scroll_lock": ("Scroll_Lock",),
    "escape": ("Escape",),
    "space": ("space",),
    "tab": ("Tab",),
    "return": ("Return",),
    "insert": ("Insert",),
    "delete": ("Delete",),
    "home": ("Home",),
    "end": ("End",),
    "page_up": ("Prior",),
    "page_down": ("Next",),
    "print": ("Print",),
    "menu": ("Menu",),
    **{f"f{number}": (f"F{number}",) for number in range(1, 21)},
}
"""Each named key and its keysyms, as X11 and Wayland call them."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A key and the modifiers held with it."""

    key: str
    """A name from KEYS, or one character."""
    modifiers: tuple[str, ...] = ()
    """In the order of MODIFIERS."""

    def __str__(self) -> str:
        return "+".join((*self.modifiers, self.key))

    @property
    def lone_modifier(self) -> bool:
        """Whether it is a modifier alone, which may also be held with other keys."""
        return self.key in LONE

    @property
    def keysyms(self) -> tuple[str, ...]:
        """The names of its keysyms; empty for a character without a known one."""
        known = self.key.isascii() and self.key.isalnum()
        return KEYS.get(self.key, (self.key,) if known else ())


def parse(text: str) -> Chord:
    """The keys that `text` names. Raises ValueError, which says what to write instead."""
    *modifiers, key = text.lower().split("+") if text != "+" else ("+",)
    if not key and text.endswith("++"):
        modifiers, key = modifiers[:-1], "+"
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            raise ValueError(_unknown("modifier", modifier, MODIFIERS, ", ".join(MODIFIERS)))
    if key not in KEYS and not (len(key) == 1 and key.isprintable() and not key.isspace()):
        there_are = (
            "ctrl_r, alt_gr, f1 to f20, pause, scroll_lock, escape, single characters, and others "
            "together with ctrl, alt, shift or super, such as ctrl+alt+space"
        )
        raise ValueError(_unknown("key", key or text, KEYS, there_are))
    if modifiers and key in LONE:
        raise ValueError(f"{key} is a modifier itself: use it alone")
    return Chord(key, tuple(name for name in MODIFIERS if name in modifiers))


def in_words(text: str) -> str:
    """The keys as people call them: "Right Ctrl", "Ctrl+Alt+Space". Raises ValueError."""
    chord = parse(text)
    names = {"ctrl_r": "Right Ctrl", "alt_gr": "AltGr"}
    # "ß" has no capital that is a key.
    key = chord.key.upper() if len(chord.key.upper()) == 1 else chord.key
    if chord.key in KEYS:
        key = names.get(chord.key, chord.key.replace("_", " ").title())
    return "+".join((*(name.title() for name in chord.modifiers), key))


def wrong(text: str) -> str | None:
    """What is wrong with this name, or None."""
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return None


def _unknown(what: str, given: str, known: Iterable[str], there_are: str) -> str:
    hint = did_you_mean(given, known) or f"; there are {there_are}"
    return f"no {what} is called {given!r}{hint}"
