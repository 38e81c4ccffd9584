"""A phrase that a recognizer repeats without end is written once."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.text.repeats import unrepeated


@pytest.mark.parametrize(
    ("heard", "audio_s", "written"),
    [
        ("Thank you. " * 10, 3, "Thank you."),
        ("no " * 60, 2, "no"),
        ("We go. I don't know. I don't know. I don't know. I don't", 0.8, "We go. I don't know"),
        ("谢谢观看" * 10, 2, "谢谢观看"),
        ("ご視聴ありがとう。" * 5, 1, "ご視聴ありがとう。"),
        ("ขอบคุณ" * 20, 1, "ขอบคุณ"),
        # However slowly.
        ("I like it very much. " * 9, 600, "I like it very much."),
        ("Thank you. " * 30, 600, "Thank you."),
        ("I like it very much. " * 9, 0, "I like it very much."),
    ],
)
@pytest.mark.fault("D11")
def test_a_loop_is_cut(heard: str, audio_s: float, written: str) -> None:
    assert unrepeated(heard, audio_s).strip() == written


@pytest.mark.parametrize(
    ("heard", "audio_s"),
    [
        ("no no no no", 1.5),
        ("ha ha ha ha", 1),
        ("very very very good", 1.5),
        ("one two one two one two", 4),
        ("test one two three test one two three test one two three", 6),
        ("0 0 0 0 0 0 0 0 0 0 0 0", 4),
        ("1 2 " * 20, 60),
        ("no " * 60, 60),
        ("不不不", 1),
        ("bye bye bye", 0),
        ("Thank you. Thank you.", 0.1),
    ],
)
def test_what_people_repeat_themselves_stays(heard: str, audio_s: float) -> None:
    assert unrepeated(heard, audio_s) == heard


def test_two_loops_are_cut_each_by_its_own() -> None:
    heard = "so we go there " * 9 + "and then " + "thank you all " * 9 + "thank"
    assert unrepeated(heard, 0) == "so we go there and then thank you all"


@given(
    st.lists(st.sampled_from(["no", "I", "know", "好", "。", "!"]), max_size=60).map(" ".join),
    st.floats(0, 20),
)
def test_it_only_takes_away_and_only_once(heard: str, audio_s: float) -> None:
    once = unrepeated(heard, audio_s)
    assert len(once) <= len(heard)
    assert set(once.split()) <= set(heard.split())
    assert once or not heard
