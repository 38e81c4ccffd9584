"""The options as the settings window shows them, made from the one table of options."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any, Final

from dictate.config import config_file
from dictate.config.reference import Option, Section
from dictate.config.schema import TABLES, Settings
from dictate.hotwords.language import LAYOUT
from dictate.toml import toml_file
from dictate.translation import N_

SWITCH, CHOICE, NUMBER, TEXT = "switch", "choice", "number", "text"
"""What an option is set with."""
_TABLES: Final = [section.name for section in TABLES]
_FIELDS: Final = {
    f"{section.name}.{field.name}": field
    for section in TABLES
    for field in fields(section.type)  # type: ignore[arg-type]
}


def table() -> list[dict[str, Any]]:
    """Every single table of config.toml in the order of the file: `name`, `title`, `description`
    and `options`, each with `key` ("engine.use"), `title`, `description`, `kind`, `choices`,
    `default`, `unit`, `low`, `high` (None where there is no limit) and `live`."""
    return [_section(each) for each in config_file.describe() if each.name in _TABLES]


def _section(section: Section) -> dict[str, Any]:
    return {
        "name": section.name,
        "title": _TITLES.get(section.name) or title(section.name),
        "description": section.description,
        "options": [_option(section.name, each) for each in section.options],
    }


def _option(section: str, option: Option) -> dict[str, Any]:
    kind = {bool: SWITCH, int: NUMBER, float: NUMBER}.get(option.kind, TEXT)
    return {
        "key": f"{section}.{option.name}",
        "title": _TITLES.get(f"{section}.{option.name}") or title(option.name, option.unit),
        "description": option.description,
        "kind": CHOICE if option.choices else kind,
        "choices": list(option.choices),
        "default": option.default,
        "unit": option.unit,
        "low": option.low,
        "high": option.high,
        "live": option.live,
    }


_TITLES: Final = {
    "hotwords": N_("Use of hotwords"),
    "polish": N_("Polishing"),
    "microphone.use": N_("Sound system"),
    "microphone.pre_roll_ms": N_("Pre-roll"),
    "microphone.longest_min": N_("Longest dictation"),
    "speech.use": N_("Detector"),
    "speech.start_ms": N_("Begin of an utterance"),
    "speech.end_ms": N_("Silence that ends it"),
    "engine.use": N_("Engine"),
    "engine.base_url": N_("Address of the server"),
    "engine.cuda_graphs": N_("CUDA graphs"),
    "engine.api_key_file": N_("File with the key"),
    "engine.token_file": N_("File with the token"),
    "engine.certificate_file": N_("File with the certificate"),
    "engine.remote_model": N_("Model on the server"),
    "engine.profile": N_("Kind of server"),
    "hotwords.shortest": N_("Shortest term"),
    "hotwords.cap": N_("Long lists count less"),
    "hotwords.compare": N_("Compare with the plain text"),
    "text.snippet_word": N_("Word before a snippet"),
    "text.code": N_("Code mode"),
    "polish.base_url": N_("Address of the server"),
    "polish.api_key_file": N_("File with the key"),
    "polish.certificate_file": N_("File with the certificate"),
    "output.use": N_("Output"),
    "output.preedit": N_("Preedit in the field"),
    "hotkey.use": N_("Source of keys"),
    "hotkey.key": N_("Key to hold"),
    "journal.keep_days": N_("Keep texts for"),
    "journal.keep_held_days": N_("Keep held texts for"),
    "journal.keep_mb": N_("Room for sound"),
    "overlay.use": N_("Overlay"),
    "notifications.enabled": N_("Notifications"),
    "sounds.enabled": N_("Sounds"),
    "media.pause": N_("Pause players"),
    "tray.enabled": N_("Tray icon"),
}
"""Where the name of an option alone would say too little."""


def title(name: str, unit: str = "") -> str:
    """The name of an option or a table for people: "keep_open" is "Keep open". A unit stands behind
    the number."""
    words = name.rpartition("_")[0] if unit else name
    return f"{words[:1].upper()}{words[1:]}".replace("_", " ")


def values(text: str | None, name: str) -> dict[str, dict[str, Any]]:
    """Of each option its `value` in this text of config.toml, and whether it `is_set` there. Raises
    ConfigError with all problems."""
    data = toml_file.parse(text or "", name).data
    settings = config_file.parse(text or "", name)
    return {
        key: {
            "value": _value(settings, key),
            "is_set": any(one in data.get(key.partition(".")[0], {}) for one in _names(key)),
        }
        for key, field in _FIELDS.items()
        if not field.metadata.get("hidden")
    }


def _value(settings: Settings, key: str) -> Any:
    if key == "engine.language" and settings.engine.follows_layout:
        return LAYOUT
    section, _, name = key.partition(".")
    return getattr(getattr(settings, section), name)


def _names(key: str) -> Iterable[str]:
    """What an option is called in files, those of older versions included."""
    return (key.partition(".")[2], *_FIELDS[key].metadata.get("was", ()))


def given(key: str, value: Any) -> Any:
    """The value of an option that a user typed or picked, in its own type. What is no number stays
    a text, so that the error can name it."""
    kind = _FIELDS[key].type
    if kind is bool or kind is str:
        return value
    text = str(value).strip().replace(",", ".")
    for number in (int, float):
        try:
            return number(text)
        except ValueError:
            continue
    return value


def default(key: str) -> Any:
    """What an option is without a line in the file."""
    return _value(Settings(), key)
