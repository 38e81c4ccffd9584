"""A text fits where it lands, and only its spaces, first letter and last full stop change."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.text.first_words import FIRST_WORDS
from dictate.text.fit import NEAR, Around, Fitting, fit
from tests.text.fitting_cases import CASES


@pytest.mark.parametrize(
    ("language", "field", "said", "result"),
    [
        pytest.param(language, field, said, result, id=f"{language}: {need}: {field!r} {said!r}")
        for language, needs in CASES.items()
        for need, cases in needs
        for field, said, result in cases
    ],
)
def test_a_text_fits_where_it_lands(language: str, field: str, said: str, result: str) -> None:
    before, _, after = field.partition("|")
    assert before + fit(before, said, after, language) + after == result


def test_there_are_enough_cases() -> None:
    counts = {language: sum(len(cases) for _, cases in needs) for language, needs in CASES.items()}
    assert sum(counts.values()) >= 200
    assert min(counts[language] for language in ("en", "de", "fr", "es")) >= 25


DOCUMENTED = re.findall(
    r"^\| `(.*?\u00a6.*?)` \| (.*?) \| `(.*?)` \|$",
    (Path(__file__).parents[2] / "docs/guide/fitting.md").read_text(encoding="utf-8"),
    re.MULTILINE,
)


@pytest.mark.parametrize(("field", "said", "result"), DOCUMENTED)
def test_the_examples_of_the_documentation_are_true(field: str, said: str, result: str) -> None:
    before, _, after = field.partition("\u00a6")
    whole = [f"{before}{fit(before, said, after, each)}{after}" for each in FIRST_WORDS]
    assert result in whole
    assert len(DOCUMENTED) >= 10


@pytest.mark.parametrize("said", ["The Hague is far.", "Let It Be is old.", "kubectl runs."])
def test_the_users_own_spellings_stay(said: str) -> None:
    keeps = ("The Hague", "Let It Be", "kubectl")
    for before in ("we know that ", "It works. "):
        assert fit(before, said, "", "en", keeps=keeps) == said


def test_a_spelling_protects_no_longer_word() -> None:
    assert fit("we know ", "Theories, and then theories.", "", "en", keeps=("The",)) == (
        "theories, and then theories."
    )


@pytest.mark.parametrize("language", ["en", "en-GB", "EN_us"])
def test_the_region_of_a_language_does_not_matter(language: str) -> None:
    assert fit("we met ", "And left.", "", language) == "and left."


def test_each_part_can_be_switched_off() -> None:
    around = "First we eat,", "Then we talk.", "."
    assert fit(*around, "en") == " then we talk"
    assert fit(*around, "en", capitals=False) == " Then we talk"
    assert fit(*around, "en", spaces=False) == "then we talk."
    assert fit(*around, "en", spaces=False, capitals=False) == "Then we talk."


@pytest.mark.parametrize(
    ("spacing", "around", "written"),
    [
        ("auto", Around("One."), " Two."),
        ("auto", Around("One ", "."), "two"),
        ("auto", None, "Two."),
        ("trailing", Around("One."), "Two. "),
        ("trailing", None, "Two. "),
        ("none", Around("One."), "Two."),
        ("none", None, "Two."),
    ],
)
def test_the_choices_of_spacing(spacing: str, around: Around | None, written: str) -> None:
    assert Fitting(spacing, language="en").fit("Two.", around) == written


@pytest.mark.parametrize(("text", "written"), [("One\n", "One\n"), ("One ", "One "), ("", "")])
def test_no_trailing_space_after_a_line_end_or_another_space(text: str, written: str) -> None:
    assert Fitting("trailing").fit(text, None) == written


def test_capitals_may_stay() -> None:
    assert Fitting(capitals="keep", language="en").fit("And two.", Around("one")) == " And two."


@pytest.mark.parametrize("language", FIRST_WORDS)
def test_the_lists_are_of_small_words_and_have_each_once(language: str) -> None:
    words = FIRST_WORDS[language]
    lists = (words.always, words.in_no_name, words.before_a_noun, words.elided)
    assert len(frozenset().union(*lists[:3])) == sum(map(len, lists[:3]))
    assert all(word.islower() for each in lists for word in each)


STOPS = ".!?\u3002\uff0e\uff01\uff1f"
TEXTS = st.text(
    st.sampled_from(
        "aAbBIz\u00e9\u4f60\u3042 \u00a0\n.,;:!?\u2026\u3002()[]<>"
        "\"'\u2019\u201c\u201d\u00ab\u00bb"
        "/\\@_#-*`=$%0123"
    ),
    max_size=30,
)


@given(TEXTS, TEXTS, TEXTS, st.sampled_from(["en", "de", "fr", "es", "zh", None]))
def test_only_spaces_the_first_letter_and_the_last_stop_change(
    before: str, text: str, after: str, language: str | None
) -> None:
    written = fit(before, text, after, language)
    if not text.strip():
        assert written == text
        return
    added = written.removeprefix(" ") if not text[0].isspace() else written
    kept = len(text) if len(added.rstrip()) >= len(text.rstrip()) else len(text.rstrip()[:-1])
    differing = [at for at, sign in enumerate(text[:kept].rstrip()) if added[at] != sign]
    assert len(differing) <= 1
    assert all(added[at].casefold() == text[at].casefold() for at in differing)
    assert added[kept:].strip() == ""
    assert text[kept:].strip() in ("", *STOPS)


@given(TEXTS, TEXTS, st.sampled_from(["en", "de", "fr", "es", "zh", None]))
def test_a_text_that_fits_stays_as_it_is(before: str, text: str, language: str | None) -> None:
    written = fit(before, text, "", language)
    assert fit(before, written, "", language) == written


def test_only_what_is_near_the_cursor_is_looked_at() -> None:
    far = "x" * 10 * NEAR
    for middle in (
        far,
        "(" * len(far),
        "https://" * NEAR,
        "." * len(far),
        "' " * NEAR,
        "> " * NEAR,
    ):
        assert fit(f"It works. {middle}", "Yes.", middle, "en") == (
            fit(middle[-NEAR:], "Yes.", middle[:NEAR], "en")
        )
