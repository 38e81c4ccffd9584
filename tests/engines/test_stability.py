"""What several partial transcripts in a row agree on counts as stable, in whole words."""

from hypothesis import given
from hypothesis import strategies as st

from dictate.engines.stability import NO_SPACES, STABLE_AFTER, PartialStability

WORDS = st.lists(st.sampled_from(["so", "we", "meet", "meeting", "今天", "日本", ","]), max_size=6)
GUESSES = st.lists(st.one_of(st.text(), WORDS.map(" ".join), WORDS.map("".join)), min_size=1)


def settled(*guesses: str) -> str:
    """The settled part of the last guess."""
    stability = PartialStability()
    lengths = [stability.update(guess) for guess in guesses]
    return guesses[-1][: lengths[-1]]


def test_what_stood_for_some_guesses_is_settled_up_to_a_whole_word() -> None:
    assert settled("so we meet", "so we meet on", "so we meetings") == "so we "


def test_the_first_guesses_are_not() -> None:
    assert settled(*["so we"] * (STABLE_AFTER - 1)) == ""
    assert settled(*["so we"] * STABLE_AFTER) == "so we"


def test_a_script_without_spaces_is_settled_sign_by_sign() -> None:
    assert settled("今天天气", "今天天汽", "今天天气很") == "今天天"


def test_a_revision_takes_back_what_was_settled() -> None:
    assert settled("one two", "one two", "one two", "on too") == ""


def test_it_comes_again_when_the_engine_hears_all_of_it_again() -> None:
    assert settled(*["one two"] * STABLE_AFTER, "one", *["one two"] * STABLE_AFTER) == "one two"


@given(GUESSES)
def test_it_is_what_the_last_guesses_begin_with(guesses: list[str]) -> None:
    agreed = settled(*guesses)
    last = guesses[-STABLE_AFTER:]
    assert all(guess.startswith(agreed) for guess in last)
    assert not agreed or len(last) == STABLE_AFTER


@given(GUESSES)
def test_no_word_is_cut_in_two(guesses: list[str]) -> None:
    agreed = settled(*guesses)
    for guess in guesses[-STABLE_AFTER:]:
        pair = guess[len(agreed) - 1 : len(agreed) + 1] if agreed else ""
        assert len(pair) < 2 or not pair.isalnum() or max(pair) >= NO_SPACES


@given(st.text(), GUESSES)
def test_what_is_said_again_and_again_is_settled(text: str, before: list[str]) -> None:
    assert settled(*before, *[text] * STABLE_AFTER) == text
