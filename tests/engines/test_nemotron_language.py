"""Which index of a model a language finds, and what is refused. Pure."""

import pytest

from dictate.engines.language import Languages, is_tag
from dictate.engines.token_text import TokenText
from dictate.errors import Unavailable
from dictate.hotwords.model import AUTO

TOLD = Languages(
    {
        "en-US": 0,
        "en-GB": 1,
        "es-ES": 2,
        "es": 3,
        "zh-CN": 4,
        "zh-TW": 5,
        "de-DE": 9,
        "ja-JP": 10,
        "ja-JA": 10,
        "enGB": 1,
        "auto": 101,
    },
    (),
)
ENGLISH = Languages({}, ("en",))
SEVERAL = Languages({}, ("de", "en"))


@pytest.mark.parametrize(
    ("language", "index"),
    [
        ("de-DE", 9),
        ("de", 9),
        ("de-AT", 9),
        ("DE_de", 9),
        ("en", 0),
        ("en-GB", 1),
        ("en-AU", 0),
        ("es", 3),
        ("es-ES", 2),
        ("es-MX", 3),
        ("ja", 10),
        ("zh-TW", 5),
        ("auto", 101),
    ],
)
def test_a_language_finds_its_slot(language: str, index: int) -> None:
    assert TOLD.index(language) == index


@pytest.mark.parametrize("language", ["xx", "zh", "d", "", "<en-US>"])
def test_a_language_without_a_slot_is_refused_with_what_there_is(language: str) -> None:
    with pytest.raises(Unavailable) as refused:
        TOLD.index(language)
    assert repr(language) in str(refused.value)
    assert str(refused.value).endswith("auto, de-DE, en-GB, en-US, es, es-ES, ja-JA, zh-CN, zh-TW")
    for name in ("auto", "de-DE", "es", "ja-JA", "zh-CN"):
        TOLD.index(name)


def test_a_model_without_an_automatic_slot_says_so() -> None:
    with pytest.raises(Unavailable, match="'auto', and this model has none of that"):
        Languages({"de-DE": 9}, ()).index(AUTO)


def test_what_it_speaks_are_tags_and_nothing_else() -> None:
    assert TOLD.tags == (
        *("de-DE", "en-GB", "en-US", "es", "es-ES", "ja-JA", "ja-JP", "zh-CN", "zh-TW"),
    )
    assert SEVERAL.tags == ("de", "en")


def test_a_model_that_cannot_be_told_takes_what_it_speaks() -> None:
    assert ENGLISH.index("en") is ENGLISH.index("en-GB") is ENGLISH.index("en_US") is None
    assert SEVERAL.index("de-AT") is SEVERAL.index(AUTO) is None
    for languages, language in ((ENGLISH, "de"), (ENGLISH, AUTO), (SEVERAL, "fr-FR")):
        with pytest.raises(Unavailable, match=rf"knows .*en, not '{language}': set language"):
            languages.index(language)


def test_a_model_of_which_nobody_knows_what_it_speaks() -> None:
    with pytest.raises(Unavailable, match="takes no language and does not say"):
        Languages({}, ()).index(AUTO)


@pytest.mark.parametrize(
    ("piece", "tag"),
    [
        ("<en-US>", True),
        ("\u2581<de-DE>", True),
        ("<unk>", False),
        ("<b>", False),
        ("en-US", False),
        ("<en-US>.", False),
    ],
)
def test_what_says_the_language_is_told_from_text(piece: str, tag: bool) -> None:
    assert is_tag(piece) is tag


class Tokenizer:
    """As far as it is needed: each token is its own piece."""

    pieces = ("\u2581<de-DE>", "\u2581hallo", "\u2581<en-US>")

    def ids_to_tokens(self, ids: list[int]) -> list[str]:
        return [self.pieces[number] for number in ids]

    def ids_to_text(self, ids: list[int]) -> str:
        return " ".join(piece[1:] for piece in self.ids_to_tokens(ids))


def test_the_language_that_the_model_named_last_is_that_of_the_text() -> None:
    text = TokenText(Tokenizer(), {0, 2})
    assert (text.text, text.language) == ("", "")
    text.append([0, 1])
    text.append([1])
    assert (text.text, text.language) == ("hallo hallo", "de-DE")
    text.append([2])
    assert text.language == "en-US"
