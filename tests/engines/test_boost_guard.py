"""What of a boosted text may stand beside the plain one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.engines.boost_guard import Forms, settle
from dictate.unicode_scripts import units

TERMS = ("Claude Code", "Nemotron", "pytest", "Hyprland")
OTHERS = ("Claude", "Kubernetes", "Delwip", "Belgo", "Marke", "Plinth")
WORDS = st.lists(st.sampled_from(["the", "a", "plan", "is", "with", "new"]), max_size=12)


@pytest.fixture(scope="module")
def english() -> Forms:
    return Forms((*TERMS, *OTHERS), english=True)


@pytest.mark.parametrize(
    ("plain", "boosted"),
    [
        ("We need cloud code today.", "We need Claude Code today."),
        ("Run pie test now.", "Run pytest now."),
        ("Ask nemo tron about it.", "Ask Nemotron about it."),
        ("Clawed coat can fix it.", "Claude Code can fix it."),
        (
            "Use nemo tron and run pie test with cloud code.",
            "Use Nemotron and run pytest with Claude Code.",
        ),
        ("Ask cuban eddies about it.", "Ask Kubernetes about it."),
        ("Cloud is broken.", "Claude is broken."),
        # An article before what is no single word, and no article.
        ("The cloud code folder is new.", "The Claude Code folder is new."),
        ("Our cloud is dark.", "Our Claude is dark."),
        ("", ""),
    ],
)
def test_a_term_that_sounds_like_what_was_heard_stands(
    english: Forms, plain: str, boosted: str
) -> None:
    assert settle(plain, boosted, english) == (boosted, False)


@pytest.mark.parametrize(
    ("plain", "boosted"),
    [
        ("", "Claude Code"),
        ("Please open the window and close the door.", "Claude Code Claude Code Claude Code"),
        ("Please open the window and close the door.", "pytest"),
        ("The clouds are dark today.", "Nemotron Nemotron Nemotron dark pytest"),
    ],
)
def test_a_text_gone_wild_does_not(english: Forms, plain: str, boosted: str) -> None:
    assert settle(plain, boosted, TERMS) == (plain, True)
    assert settle(plain, boosted, english) == (plain, True)


@pytest.mark.parametrize(
    ("plain", "boosted"),
    [
        ("You have to run my fast code.", "You hyprland to run my fast code."),
        ("The program has been moved to Friday.", "The program hyprland to Friday."),
        ("The cloud is dark.", "The cloud is hyprland."),
        ("Thursday old talk.", "Thursday old dark talk."),
        ("Asked the page.", "Asked pytest."),
        ("Build a word two.", "Build. pytest. two."),
        ("Delete the new file.", "Delwip new file."),
        ("Before we meet.", "Belgo we meet."),
        ("Please make a plan to it.", "Please Marke a Plinth it."),
        # An ordinary phrase.
        ("We need cloud storage for it.", "We need Claude storage for it."),
        ("It was a dark cloud again.", "It was a dark Claude again."),
        # An article and a noun.
        ("The cloud is dark.", "The Claude is dark."),
        ("Open the test now.", "Open the pytest now."),
        # Signs where no term is.
        ("The pie.", "The pie"),
        ("The pie, and the plan.", "The pie. And the plan"),
    ],
)
def test_a_term_unlike_what_was_heard_and_what_is_no_term_is_taken_back(
    english: Forms, plain: str, boosted: str
) -> None:
    assert settle(plain, boosted, english)[0] == plain


@pytest.mark.parametrize(
    ("plain", "boosted", "text"),
    [
        ("Read pie test.", "Run pytest big.", "Read pytest."),
        ("Use hyper land today.", "Up hyprland today.", "Use hyprland today."),
        ("Load cloud code tomorrow.", "Lock Claude Code tomorrow.", "Load Claude Code tomorrow."),
        (
            "You have to run pie test with my fast code.",
            "You hyprland to run pytest with my fast code.",
            "You have to run pytest with my fast code.",
        ),
    ],
)
def test_what_changed_beside_a_term_is_put_back(
    english: Forms, plain: str, boosted: str, text: str
) -> None:
    assert settle(plain, boosted, english) == (text, False)


def test_words_whose_sound_is_not_known_need_more_of_the_letters(english: Forms) -> None:
    assert settle("The pyt is here.", "The pytest is here.", english)[0] == "The pyt is here."
    assert settle("The pytes is here.", "The pytest is here.", english)[0] == "The pytest is here."
    # A list of another language has no sounds.
    assert settle("Der Claud hilft.", "Der Claude hilft.", ("Claude",))[0] == "Der Claude hilft."
    assert settle("Der Hund hilft.", "Der Claude hilft.", ("Claude",))[0] == "Der Hund hilft."


@given(WORDS)
def test_signs_and_cases_change_only_in_a_term_and_beside_it(words: list[str]) -> None:
    text = " ".join(words)
    assert settle(text, text.upper(), TERMS) == (text, False)
    heard = " ".join([*words, "Nemotron"])
    expected = " ".join([*words[:-1], *(word.upper() for word in words[-1:]), "NEMOTRON"])
    assert settle(heard, heard.upper(), TERMS) == (expected, False)


@given(WORDS, st.integers(0, 12))
def test_a_term_for_what_sounds_like_it_stands_anywhere(words: list[str], at: int) -> None:
    plain = " ".join([*words[:at], "cloud", "code", *words[at:]])
    boosted = " ".join([*words[:at], "Claude", "Code", *words[at:]])
    assert settle(plain, boosted, TERMS) == (boosted, False)


@given(st.integers(4, 40))
def test_a_loop_is_wild_however_often_it_turns(times: int) -> None:
    assert settle("it is a new plan", "Claude Code " * times, TERMS) == ("it is a new plan", True)


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_comes_the_text_is_made_of_the_two(plain: str, boosted: str) -> None:
    text, wild = settle(plain, boosted, TERMS)
    assert {*units(text)} <= {*units(plain), *units(boosted)}
    assert not wild or text.split() == plain.split()


@pytest.mark.parametrize(
    ("plain", "boosted", "text"),
    [
        # Signs that differ from those heard in half of the term, and in all of it.
        ("请打开可劳德的窗口。", "请打开克劳德的窗口。", "请打开克劳德的窗口。"),
        ("请打开门外的窗口。", "请打开克劳德的窗口。", "请打开门外的窗口。"),
        # What is no term.
        ("请打开克劳德的窗口。", "请打开克劳德的门口。", "请打开克劳德的窗口。"),
        # Both in one sentence, with words that have spaces.
        (
            "用 cloud code 打开可劳德。",
            "用 Claude Code 打开克劳德。",
            "用 Claude Code 打开克劳德。",
        ),
        ("ช่วยเปิดคลอดโคดด้วยครับ", "ช่วยเปิดคลอดโค้ดด้วยครับ", "ช่วยเปิดคลอดโค้ดด้วยครับ"),
        ("ช่วยเปิดหน้าต่างด้วยครับ", "ช่วยเปิดคลอดโค้ดด้วยครับ", "ช่วยเปิดหน้าต่างด้วยครับ"),
    ],
)
def test_where_a_script_has_no_spaces_signs_are_compared(
    plain: str, boosted: str, text: str
) -> None:
    assert settle(plain, boosted, ("克劳德", "Claude Code", "คลอดโค้ด"))[0] == text
