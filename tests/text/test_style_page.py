"""What the page for users says is what is written."""

import re
from pathlib import Path

import pytest

from dictate import inverse_normalization
from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords
from dictate.text import polish

PAGE = (Path(__file__).parents[2] / "docs/guide/style.md").read_text()
OPTIONS = {
    "Numbers": TextSettings(numbers=True),
    "Fillers and false starts": TextSettings(fillers="remove"),
}
LANGUAGES = {"English": "en", "German": "de", "French": "fr", "Spanish": "es"}


def tables(heading: str) -> list[list[str]]:
    """The cells of each row below a heading, without the heads."""
    section = re.split(r"^## ", PAGE, flags=re.MULTILINE)
    (found,) = (one for one in section if one.startswith(f"{heading}\n"))
    rows = re.findall(r"^\| (.*) \|$", found, flags=re.MULTILINE)
    return [row.split(" | ") for row in rows]


def written(said: str, settings: TextSettings, language: str = "en") -> str:
    """What is written with these options."""
    return polish(said, Hotwords(), settings, language=language, punctuates=True)


@pytest.mark.parametrize("heading", OPTIONS)
def test_each_example_is_so(heading: str) -> None:
    missing = inverse_normalization.unavailable_reason()
    if heading == "Numbers" and missing:
        pytest.skip(missing)
    examples = [row for row in tables(heading) if row[0] in LANGUAGES]
    assert len(examples) > 10
    for language, said, expected in examples:
        assert written(said, OPTIONS[heading], LANGUAGES[language]) == expected


def test_each_style_is_so() -> None:
    (_, *said), *styles = tables("Punctuation")
    assert [row[0] for row in styles] == ['`"full"`', '`"short"`', '`"none"`', '`"lower"`']
    for style, *expected in styles:
        settings = TextSettings(punctuation=style.strip('`"'))
        assert [written(one, settings) for one in said] == expected
