"""The tables of config.toml that may occur several times: [[profile]] and [[key]]."""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from dictate.hotwords.model import MAIN
from dictate.translation import _

Texts: TypeAlias = tuple[str, ...]
Pairs: TypeAlias = tuple[tuple[str, str], ...]

NO_KEY: Final = "none"
"""In `send`: nothing is pressed."""
LONGEST_NAME: Final = 40


def option(default: Any, **metadata: Any) -> Any:
    """A field of a settings class; schema.py describes the metadata."""
    return field(default=default, metadata=metadata)


@dataclass(frozen=True, slots=True)
class ProfileSettings:
    """What differs in some applications, or with a key of its own. Any option of [text] may stand
    here, too, such as spoken_punctuation = "off". Whatever is not set is as in the tables above.
    The user guide has a page about profiles, with examples."""

    name: str = option("", reads="dictate.config.profile_schema:profile_name", example="chat")
    """Its name, for [[key]], for the groups in hotwords.toml, and for `dictatectl start
    --profile`. Each profile needs one; main is what the settings outside of profiles are called."""
    applications: tuple[str, ...] = option((), example=("Slack", "org.telegram.desktop"))
    """The applications in which it is on by itself, as `dictatectl status` names them. Letter case
    does not matter, org.kde.konsole is also called konsole, and * stands for anything. The first
    profile that fits is taken. Without applications and titles, a profile is on by its key only."""
    titles: tuple[str, ...] = option((), example=("*- Gmail*",))
    """Titles of windows in which it is on by itself; * stands for anything. With applications, both
    must fit. A title is looked at and forgotten: it is neither logged nor stored. Only x11,
    virtual_keyboard and input_method can read titles."""
    engine: str = option("", backends="dictate.engines:ENGINES")
    """Its engine, which is loaded beside the main one; empty means the main engine."""
    language: str = option("", reads="dictate.hotwords.language:spoken_language_or_none")
    """The language you speak, or layout, which follows the layout of your keyboard. If engine and
    model are those of another profile, one process serves both languages."""
    model: str = ""
    """The model, as in [engine]. Empty means the model of the main engine, or the default model if
    the engine differs."""
    output: str = option("", choices=("clipboard",))
    """clipboard copies the text and writes it nowhere; empty means the main output."""
    send: str = option(NO_KEY, choices=(NO_KEY, "enter"))
    """enter presses Enter behind each text, as in a chat, but only where the text was written into
    the window that had the focus; none presses nothing."""
    spoken_commands: bool = True
    """Whether what you say can be a command, such as "new line"; false writes the words."""
    # untranslated
    replacements: tuple[tuple[str, str], ...] = option((), example=(("brb", "be right back"),))
    """What is written for what was recognized, as in hotwords.toml, and before those."""
    text: tuple[tuple[str, Any], ...] = option((), hidden=True)
    """The options of [text] that differ, and their values."""


@dataclass(frozen=True, slots=True)
class KeySettings:
    """One more key that you hold while you talk, for one profile, whatever application is in front.
    It has the mode of [hotkey]."""

    key: str = option("", reads="dictate.hotkeys.chord:spelled", example="f9")
    """The key, named as in [hotkey]."""
    profile: str = option("", example="chat")
    """The name of the profile, or main. `dictatectl start --profile NAME` does the same, for a
    shortcut of your desktop."""


def profile_name(text: str) -> str:
    """A name that a profile may have. Raises ValueError."""
    if text == MAIN:
        raise ValueError(_("this is what the settings outside of profiles are called"))
    if not text.isprintable() or text != text.strip() or len(text) > LONGEST_NAME:
        raise ValueError(
            _("a name has at most {longest_name} characters, and no space at its ends").format(
                longest_name=LONGEST_NAME
            )
        )
    return text
