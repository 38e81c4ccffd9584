"""Names of keys and mouse buttons in config.toml: one ("ctrl_r", "f9", "mouse_back") or several
("ctrl+alt+space"). Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dictate.errors import did_you_mean
from dictate.translation import _, pgettext

if TYPE_CHECKING:
    from dictate.config.schema import Settings

AUTO = "auto"
"""In place of the cancel key: Dictate chooses it."""

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


BUTTONS = {"mouse_back": 8, "mouse_forward": 9}
"""The two buttons at the side of a mouse, by their numbers in X11. The others are needed for what
they do."""

_TYPING = frozenset(
    {"space", "tab", "return", "escape", "delete", "home", "end", "page_up", "page_down"}
)
"""Named keys that people type and edit with."""

_LABELS: Mapping[str, str] = {
    "ctrl": pgettext("key", "Ctrl"),
    "alt": pgettext("key", "Alt"),
    "shift": pgettext("key", "Shift"),
    "super": pgettext("key", "Super"),
    "ctrl_r": pgettext("key", "Right Ctrl"),
    "alt_gr": pgettext("key", "AltGr"),
    "pause": pgettext("key", "Pause"),
    "scroll_lock": pgettext("key", "Scroll Lock"),
    "escape": pgettext("key", "Escape"),
    "space": pgettext("key", "Space"),
    "tab": pgettext("key", "Tab"),
    "return": pgettext("key", "Return"),
    "insert": pgettext("key", "Insert"),
    "delete": pgettext("key", "Delete"),
    "home": pgettext("key", "Home"),
    "end": pgettext("key", "End"),
    "page_up": pgettext("key", "Page Up"),
    "page_down": pgettext("key", "Page Down"),
    "print": pgettext("key", "Print"),
    "menu": pgettext("key", "Menu"),
    "mouse_back": pgettext("key", "Mouse Back"),
    "mouse_forward": pgettext("key", "Mouse Forward"),
}
"""What is printed on keys. The context tells the key Delete from the command."""

_MEANT: Mapping[str, str] = {
    **{keysym.lower(): name for name, keysyms in KEYS.items() for keysym in keysyms},
    **dict.fromkeys(("right_ctrl", "ctrl_right", "rctrl", "right_control"), "ctrl_r"),
    **dict.fromkeys(("altgr", "right_alt", "ralt"), "alt_gr"),
    **dict.fromkeys(("enter", "kp_enter"), "return"),
    **dict.fromkeys(("esc",), "escape"),
    **dict.fromkeys(("spacebar", "blank", "leertaste"), "space"),
    **dict.fromkeys(("del", "entf"), "delete"),
    **dict.fromkeys(("ins", "einfg"), "insert"),
    **dict.fromkeys(("pageup", "pgup"), "page_up"),
    **dict.fromkeys(("pagedown", "pgdn", "pgdown"), "page_down"),
    **dict.fromkeys(("print_screen", "printscreen", "sysrq"), "print"),
    **dict.fromkeys(("mouse4", "mouse8", "button8", "btn_side", "mouse_side"), "mouse_back"),
    **dict.fromkeys(("mouse5", "mouse9", "button9", "btn_extra", "mouse_extra"), "mouse_forward"),
    **dict.fromkeys(("control", "ctl", "strg", "ctrl_l"), "ctrl"),
    **dict.fromkeys(("option", "alt_l", "mod1"), "alt"),
    **dict.fromkeys(("win", "windows", "cmd", "command", "meta", "logo", "mod4"), "super"),
}
"""Names by which other programs know a key, and ours."""


@dataclass(frozen=True, slots=True)
class Chord:
    """A key and the modifiers held with it."""

    key: str
    """A name from KEYS or BUTTONS, or one character."""
    modifiers: tuple[str, ...] = ()
    """In the order of MODIFIERS."""

    def __str__(self) -> str:
        return "+".join((*self.modifiers, self.key))

    @property
    def lone_modifier(self) -> bool:
        """Whether it is a modifier alone, which may also be held with other keys."""
        return self.key in LONE

    @property
    def is_button(self) -> bool:
        """Whether it is a mouse button."""
        return self.key in BUTTONS

    @property
    def types(self) -> bool:
        """Whether people type or edit with it, so that it is missed where it is a hotkey."""
        plain = not set(self.modifiers) - {"shift"}
        return plain and (len(self.key) == 1 or self.key in _TYPING)

    @property
    def keysyms(self) -> tuple[str, ...]:
        """The names of its keysyms; empty for a mouse button, and a character without a known
        one."""
        known = self.key.isascii() and self.key.isalnum()
        return KEYS.get(self.key, (self.key,) if known else ())


def parse(text: str) -> Chord:
    """The keys that `text` names; case and spaces do not matter. Raises ValueError, which says what
    to write instead."""
    *modifiers, key = (_spelled(word) for word in text.split("+"))
    if not key and text.strip() and modifiers[-1:] == [""]:  # "+" or "ctrl++"
        modifiers, key = modifiers[:-1], "+"
    for modifier in modifiers:
        if modifier not in MODIFIERS:
            what = _("no modifier is called {name!r}").format(name=modifier)
            raise ValueError(_unknown(what, modifier, MODIFIERS, ", ".join(MODIFIERS)))
    named = {*KEYS, *BUTTONS}
    if key not in named and not (len(key) == 1 and key.isprintable()):
        there_are = _(
            "ctrl_r, alt_gr, f1 to f20, pause, scroll_lock, escape, mouse_back, mouse_forward, "
            "single characters, and others together with ctrl, alt, shift or super, such as "
            "ctrl+alt+space"
        )
        what = _("no key is called {name!r}").format(name=key or text)
        raise ValueError(_unknown(what, key or text, sorted(named), there_are))
    if modifiers and key in LONE:
        raise ValueError(_("{key} is a modifier itself: use it alone").format(key=key))
    return Chord(key, tuple(name for name in MODIFIERS if name in modifiers))


def spelled(text: str) -> str:
    """The keys that `text` names, as Dictate spells them: "Ctrl + Space" is "ctrl+space". Raises
    ValueError."""
    return str(parse(text))


def spelled_or_none(text: str) -> str:
    """The same for a key that may be missing: "" stays ""."""
    return spelled(text) if text else ""


def spelled_or_auto(text: str) -> str:
    """The same for a key that may be missing, or "auto"."""
    return text.strip().lower() if text.strip().lower() == AUTO else spelled_or_none(text)


def conflicts(settings: "Settings") -> Iterator[tuple[tuple[str | int, ...], str]]:
    """What is wrong with the keys of config.toml together: for each, the option and the message."""
    hotkey, taken = settings.hotkey, dict[str, str]()
    whose = _('the key of profile "{name}"')
    keys: list[tuple[tuple[str | int, ...], str, str]] = [
        (("hotkey", "key"), "hotkey.key", hotkey.key),
        *(
            (("key", number, "key"), whose.format(name=each.profile), each.key)
            for number, each in enumerate(settings.key)
        ),
        (("hotkey", "cancel_key"), "hotkey.cancel_key", hotkey.cancel_key),
        (("hotkey", "paste_key"), "hotkey.paste_key", hotkey.paste_key),
        (("hotkey", "undo_key"), "hotkey.undo_key", hotkey.undo_key),
        (("hotkey", "correct_key"), "hotkey.correct_key", hotkey.correct_key),
        (("hotkey", "edit_key"), "hotkey.edit_key", hotkey.edit_key),
    ]
    for option, name, key in keys:
        if key in ("", AUTO):
            continue
        if other := taken.get(key):
            both = _("{option} is {key}, and so is {other}: choose another key")
            yield option, both.format(option=name, key=key, other=other)
        taken[key] = name
        # Escape is what cancels everywhere, and is taken during a dictation only.
        allowed = hotkey.take_typing_keys or (option[-1] == "cancel_key" and key == "escape")
        if parse(key).types and not allowed:
            instead = f"ctrl+alt+{key.rpartition('+')[2] or 'space'}"
            yield (
                option,
                _(
                    "{option} is {key}: you could not type it any more, because no application "
                    "would get it. Choose another key, such as {instead}, or confirm it with "
                    "take_typing_keys = true under [hotkey]"
                ).format(option=name, key=key, instead=instead),
            )


def in_words(text: str) -> str:
    """The keys as people call them: "Right Ctrl", "Ctrl+Alt+Space". Raises ValueError."""
    chord = parse(text)
    # "ß" has no capital that is a key.
    capital = chord.key.upper()
    key = chord.key if len(capital) > len(chord.key) else capital
    labels = (_LABELS.get(name, key) for name in (*chord.modifiers, chord.key))
    return "+".join(labels)


def wrong(text: str) -> str | None:
    """What is wrong with this name, or None."""
    try:
        parse(text)
    except ValueError as error:
        return str(error)
    return None


def _spelled(word: str) -> str:
    """One of the keys: "Page Up" is "page_up"."""
    word = word.strip().lower()
    return "_".join(word.replace("-", " ").split()) if len(word) > 1 else word


def _unknown(what: str, given: str, known: Iterable[str], there_are: str) -> str:
    """The message that begins with `what`."""
    meant = "space" if given and not given.strip() else _MEANT.get(given, "")
    hint = did_you_mean(meant if meant in known else given, known)
    return what + (hint or _("; there are {names}").format(names=there_are))
