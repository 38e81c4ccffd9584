"""Numbers as one writes them: a table of sentences, what wins over them, and what stays words."""

import logging
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate import inverse_normalization
from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import numbers, polish, prepare
from tests.lab.spoken_numbers import SENTENCES
from tests.lab.without_numbers import WITHOUT

ON = TextSettings(numbers=True)
NONE = Hotwords()

missing = inverse_normalization.unavailable_reason()
needs_damga = pytest.mark.skipif(missing is not None, reason=missing or "")

KNOWN = {
    "it runs on port four forty three",
    "flight B A two eight six",
}
"""Sentences whose numbers stay words, although one would write digits."""


def rows() -> list[tuple[str, str, tuple[str, ...]]]:
    """Language, what was said, and the texts that are right."""
    return [
        (language, said, tuple(good))
        for language, found in SENTENCES.items()
        for said, *good in found
    ]


@needs_damga
@pytest.mark.parametrize(("language", "said", "good"), rows())
def test_it_is_written_as_one_writes_it(language: str, said: str, good: tuple[str, ...]) -> None:
    written = polish(said, NONE, ON, language=language, punctuates=True)
    if said in KNOWN:
        assert written == said
    else:
        assert written in good


@needs_damga
@pytest.mark.parametrize(("language", "said", "good"), rows())
def test_what_is_written_stays(language: str, said: str, good: tuple[str, ...]) -> None:
    written = polish(said, NONE, ON, language=language, punctuates=True)
    assert polish(written, NONE, ON, language=language, punctuates=True) == written


def test_the_table_is_large_enough() -> None:
    assert len(rows()) >= 150
    assert sum(said == good[0] for _, said, good in rows()) >= 50, "traps"
    assert sum(map(len, WITHOUT.values())) >= 200


@needs_damga
@pytest.mark.parametrize("language", WITHOUT)
def test_a_sentence_without_numbers_stays_to_the_letter(language: str) -> None:
    for said in WITHOUT[language]:
        assert polish(said, NONE, ON, language=language, punctuates=True) == said
        bare = said.lower().rstrip(".?! ")
        assert polish(bare, NONE, ON, language=language, punctuates=True) == bare


@needs_damga
@pytest.mark.parametrize(
    ("language", "said", "written"),
    [
        # Rules: each for a place at which the library alone is wrong.
        ("en", "I may second that motion", "I may second that motion"),
        ("en", "He will march first and then rest", "He will march first and then rest"),
        ("en", "on May second we rest", "on May 2 we rest"),
        ("en", "he works at google dot com", "he works at google.com"),
        ("en", "it is available at example dot com", "it is available at example.com"),
        ("en", "ask alice at example dot com", "ask alice@example.com"),
        ("en", "connect the dot com bubble", "connect the dot com bubble"),
        ("en", "at some point five of us left", "at some point five of us left"),
        ("en", "open twenty four seven", "open twenty four seven"),
        ("en", "it was ten fifteen when we left", "it was ten fifteen when we left"),
        ("en", "I paid fifteen ninety nine for it", "I paid fifteen ninety nine for it"),
        ("en", "in sixteen forty eight", "in 1648"),
        ("en", "from nineteen fourteen to nineteen eighteen", "from 1914 to 1918"),
        ("en", "a thousand thanks", "a thousand thanks"),
        ("en", "a thousand people", "1,000 people"),
        ("en", "section two point one", "section 2.1"),
        ("en", "between five and fifteen", "between 5 and 15"),
        ("en", "one two three four", "one two three four"),
        ("en", "the PIN is one two three four", "the PIN is 1234"),
        ("en", "the port is twenty seven thousand and seventeen", "the port is 27017"),
        # Two days of one month have one form.
        *(
            ("en", said, said)
            for said in (
                "from the third to the fifth of October",
                "on the third and fifth of October",
                "on the third, fourth and fifth of October",
                "between the first and the third of May",
            )
        ),
        (
            "en",
            "from the twenty third to the twenty fifth of May",
            "from the 23rd to the 25th of May",
        ),
        ("en", "the third try on the fifth of October", "the third try on 5 October"),
        ("en", "from the third of May to the fifth of June", "from 3 May to 5 June"),
        ("de", "vom dritten bis zum fünften Oktober", "vom dritten bis zum fünften Oktober"),
        ("fr", "du trois au cinq octobre", "du 3 au 5 octobre"),
        ("fr", "du premier au cinq octobre", "du premier au cinq octobre"),
        ("es", "del tres al cinco de octubre", "del 3 al 5 de octubre"),
        ("de", "am fünften Zehnten", "am 5.10."),
        ("de", "ein paar hundert Leute", "ein paar hundert Leute"),
        ("de", "Version eins Punkt null Punkt elf", "Version 1.0.11"),
        ("fr", "mille et une nuits", "mille et une nuits"),
        ("fr", "entre dix et vingt", "entre 10 et 20"),
        ("fr", "Quoi de neuf ? Vingt euros !", "Quoi de neuf ? 20 euros !"),
        ("es", "al menos diez personas", "al menos 10 personas"),
        ("es", "estamos a menos diez grados", "estamos a -10 grados"),
        ("en", "My flight is at six a.m. tomorrow.", "My flight is at 6 a.m. tomorrow."),
        ("en", "from six to nine a.m.", "from 6 to 9 a.m."),
        ("en", "from six a.m. to nine p.m.", "from 6 a.m. to 9 p.m."),
        ("en", "at half past six a.m.", "at 6:30 a.m."),
        ("en", "We are open nine to five pm.", "We are open nine to five pm."),
        ("en", "at ten to six p.m.", "at 5:50 p.m."),
        ("en", "Louis the Fourteenth", "Louis the Fourteenth"),
        ("en", "Monday the Twelfth", "Monday the 12th"),
        ("en", "July the Fourteenth", "July 14"),
        ("de", "Ludwig der Vierzehnte war da.", "Ludwig der Vierzehnte war da."),
        ("de", "Das war Ludwig der Vierzehnte.", "Das war Ludwig der Vierzehnte."),
        ("de", "Montag der Fünfzehnte", "Montag der 15."),
        ("es", "las once y diez", "las 11:10"),
        # Everything else stays to the letter.
        ("en", "no  Double   spaces , twenty", "no Double spaces , 20"),
        ("en", 'I said "twenty" (twenty) «twenty».', 'I said "20" (20) «20».'),
        ("de", "zwanzig kilo und wir sehen uns", "20 kilo und wir sehen uns"),
        # Only in these languages.
        ("it", "ventitré file", "ventitré file"),
        (None, "I have twenty-three files.", "I have twenty-three files."),
        ("en-GB", "I have twenty-three files.", "I have 23 files."),
    ],
)
def test_a_rule_where_the_library_is_wrong(language: str | None, said: str, written: str) -> None:
    assert polish(said, NONE, ON, language=language, punctuates=True) == written


MINE = Hotwords(
    terms=(Term("Twenty Five"), Term("Dot Com"), Term("Seven")),
    replacements=(("one hundred", "C"), ("eleven", "")),
    commands=(("number twelve", "newline"),),
)


@needs_damga
@pytest.mark.parametrize(
    ("language", "signs", "said", "written"),
    [
        ("en", True, "play twenty five and thirty", "play Twenty Five and 30"),
        ("en", True, "thirty seven files", "thirty Seven files"),
        ("en", True, "one hundred and twenty files", "C and twenty files"),
        ("en", True, "eleven, twelve files", "12 files"),
        ("en", True, "mail bob at example dot com", "mail bob at example Dot Com"),
        ("en", True, "Twenty. Number twelve. Thirty.", "20.\n30."),
        # The name of a sign inside a number is a part of it; beside one it is a sign.
        ("de", False, "es sind drei Komma fünf Komma glaube ich", "es sind 3,5, glaube ich"),
        ("de", False, "es sind fünfzehn Punkt", "es sind 15."),
        ("es", False, "son tres coma cinco coma creo", "son 3,5, creo"),
        ("es", False, "juan punto perez arroba ejemplo punto com", "juan.perez@ejemplo.com"),
        ("en", False, "we need twenty comma not thirty full stop", "we need 20, not 30."),
        ("en", False, "twenty new line thirty", "20\n30"),
    ],
)
def test_what_the_user_listed_wins(language: str, signs: bool, said: str, written: str) -> None:
    assert polish(said, MINE, ON, language=language, punctuates=signs) == written


def test_by_default_numbers_stay_words() -> None:
    said = "I have twenty-three files."
    assert polish(said, NONE, TextSettings(), language="en", punctuates=True) == said


@needs_damga
def test_a_long_text_is_looked_at_up_to_a_limit() -> None:
    said = " ".join(f"we need twenty three files for number{n} in all" for n in range(2000))
    written = polish(said, NONE, ON, language="en", punctuates=True)
    assert 300 < written.count("23 files") < 600
    assert written.startswith("we need 23 files for number0 in all we need 23 files")
    assert written.endswith("we need twenty three files for number1999 in all")
    assert written.replace("23 files", "twenty three files") == said


WORDS = {
    language: sorted({word for said, *_ in SENTENCES[language] for word in said.split()})
    for language in SENTENCES
}


@needs_damga
@settings(max_examples=60, deadline=None)
@given(st.data())
def test_whatever_is_said_no_other_word_is_lost(data: st.DataObject) -> None:
    language = data.draw(st.sampled_from(sorted(WORDS)))
    said = data.draw(st.lists(st.sampled_from([*WORDS[language], "xyzzy."]), max_size=30))
    written = polish(" ".join(said), NONE, ON, language=language, punctuates=True)
    assert written.count("xyzzy") == said.count("xyzzy.")


@needs_damga
def test_what_numbers_need_is_loaded_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []
    monkeypatch.setattr(numbers, "load", loaded.append)
    prepare(NONE, TextSettings(), ("en",))
    assert loaded == []
    prepare(NONE, ON, ("de-DE", "it"))
    assert loaded == ["de"]
    for unknown in ("auto", "layout"):
        loaded.clear()
        prepare(NONE, ON, (unknown,))
        assert loaded == [*inverse_normalization.LANGUAGES]


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """A library whose function a test may set."""
    fake = SimpleNamespace(normalize=lambda text: text)
    module = SimpleNamespace(
        InverseNormalizer=lambda **_: SimpleNamespace(normalize=lambda text: fake.normalize(text))
    )
    monkeypatch.setattr(inverse_normalization, "import_module", lambda name: module)
    monkeypatch.setattr(inverse_normalization, "find_spec", lambda name: module)
    monkeypatch.setattr(inverse_normalization, "_failed", set())
    inverse_normalization._normalizer.cache_clear()
    yield fake
    inverse_normalization._normalizer.cache_clear()


def test_a_library_that_fails_leaves_the_text(
    library: SimpleNamespace, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(text: str) -> str:
        raise ValueError(text)

    library.normalize = fails
    said = "My secret is twenty three."
    for _ in range(3):
        assert polish(said, NONE, ON, language="en") == said
    (line,) = caplog.messages
    assert "ValueError" in line
    assert "secret" not in caplog.text


@pytest.mark.parametrize(
    "lie",
    [
        "",
        "23",
        "something else with 23 in it and more",
        "My secret is 23. And more.",
        "secret my is 23",
        "My Secret is TWENTY three.",
    ],
)
def test_a_library_that_lies_changes_no_other_word(library: SimpleNamespace, lie: str) -> None:
    library.normalize = lambda text: lie
    said = "My secret is twenty three. I know it."
    written = polish(said, NONE, ON, language="en")
    for word in ("secret", "know"):
        assert word in written


def test_without_the_library_numbers_stay_words(
    library: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(inverse_normalization, "find_spec", lambda name: None)
    with caplog.at_level(logging.WARNING):
        for said in ("twenty three files", "thirty files"):
            assert polish(said, NONE, ON, language="en") == said
    assert caplog.messages == [f"numbers stay words: {inverse_normalization.unavailable_reason()}"]
