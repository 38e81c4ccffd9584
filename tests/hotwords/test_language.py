"""What users write for a language."""

import pytest

from dictate.hotwords.language import language_tag


@pytest.mark.parametrize("text", ["en", "de-CH", "pt-BR", "zh-Hans", "yue", "fil", "EN", "auto"])
def test_a_code_is_taken(text: str) -> None:
    assert language_tag(text) == text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("english", "en"),
        ("German", "de"),
        ("deutsch", "de"),
        ("Français", "fr"),
        ("englsh", "en"),
        ("de_DE", "de-DE"),
        ("pt_BR.UTF-8", "pt-BR"),
        ("English (US)", "en"),
        ("eng", "en"),
        ("ger", "de"),
        ("jp", "ja"),
        (" en ", "en"),
        ("Auto", "auto"),
    ],
)
def test_anything_else_is_refused_with_the_code_that_is_meant(text: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f'is not a language code.*; did you mean "{meant}"'):
        language_tag(text)


@pytest.mark.parametrize("text", ["zz", "", "x", "klingon", "12", "en-"])
def test_where_nothing_can_be_meant_it_shows_examples(text: str) -> None:
    with pytest.raises(ValueError, match='this is not a language code, such as "en" or "de-CH"'):
        language_tag(text)
