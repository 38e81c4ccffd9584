"""The options as the settings window shows them."""

from dataclasses import fields

import pytest

from dictate.config.schema import TABLES, Settings
from dictate.errors import ConfigError
from dictate.settings import options
from dictate.settings.options import _TITLES

ROWS = {row["key"]: row for section in options.table() for row in section["options"]}


def test_every_option_is_shown_once_with_its_description_and_default() -> None:
    known = {
        f"{section.name}.{field.name}"
        for section in TABLES
        for field in fields(section.type)  # type: ignore[arg-type]
        if not field.metadata.get("hidden")
    }
    assert ROWS.keys() == known == options.values("", "config.toml").keys()
    assert all(row["title"] and row["description"] for row in ROWS.values())
    assert {key: row["default"] for key, row in ROWS.items()} == {
        key: options.default(key) for key in ROWS
    }
    assert _TITLES.keys() - {section.name for section in TABLES} <= known


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("text.numbers", options.SWITCH),
        ("engine.use", options.CHOICE),
        ("engine.chunk_ms", options.CHOICE),
        ("microphone.linger_s", options.NUMBER),
        ("hotkey.key", options.TEXT),
    ],
)
def test_an_option_is_set_with_what_suits_it(key: str, kind: str) -> None:
    assert ROWS[key]["kind"] == kind


def test_no_two_options_of_a_table_have_the_same_title() -> None:
    for section in options.table():
        titles = [row["title"] for row in section["options"]]
        assert len(set(titles)) == len(titles), titles


def test_a_file_says_what_is_set_also_by_older_names() -> None:
    text = '[engine]\nuse = "onnx"\nlanguage = "layout"\n[text]\ntrailing_space = true\n'
    values = options.values(text, "config.toml")
    assert values["engine.use"] == {"value": "onnx", "is_set": True}
    assert values["engine.language"] == {"value": "layout", "is_set": True}
    assert values["text.spacing"] == {"value": "trailing", "is_set": True}
    assert values["text.numbers"] == {"value": Settings().text.numbers, "is_set": False}
    with pytest.raises(ConfigError, match=r"config\.toml:2: "):
        options.values("[engine]\nuse = 3\n", "config.toml")


def test_what_is_typed_becomes_what_the_file_wants() -> None:
    assert options.given("microphone.linger_s", " 2,5 ") == 2.5
    assert options.given("engine.chunk_ms", "80") == 80
    assert options.given("text.numbers", True) is True
    assert options.given("hotkey.key", "9") == "9"
    assert options.given("journal.keep_mb", "much") == "much"
