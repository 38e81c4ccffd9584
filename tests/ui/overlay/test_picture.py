"""What the overlay is told to show."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.engines.stability import STABLE_AFTER, PartialStability
from dictate.events import RATE, PartialTranscript
from dictate.ui.overlay.picture import MOST, STEP, Picture, clean, first_shown, level


def recording(*texts: str, number: int = 1) -> Picture:
    """Somebody speaks, and nothing of it is seen elsewhere."""
    picture, settling = Picture(), PartialStability()
    picture.session("recording", 5.0)
    for text in texts:
        picture.partial(PartialTranscript(number, text, settling.update(text)))
        picture.previewed(number, in_field=False)
    return picture


def words(picture: Picture) -> tuple[str, str]:
    shown = picture.take()
    return shown["solid"], shown["dim"]


def test_what_is_settled_is_solid() -> None:
    picture = recording("so we meet", "so we meet on", "so we meetings")
    assert words(picture) == ("so we", " meetings")


@given(st.lists(st.text(), min_size=1, max_size=5))
def test_solid_and_dim_are_the_text(texts: list[str]) -> None:
    solid, dim = words(recording(*texts))
    assert solid + dim == clean(texts[-1])
    assert all(clean(each).startswith(solid) for each in texts[-STABLE_AFTER:])


@pytest.mark.parametrize("text", ["word " * 200, "x" * 1500, "今天" * 5000])
def test_of_a_long_text_the_end_is_shown(text: str) -> None:
    solid, dim = words(recording(text, text, text))
    assert dim == ""
    assert solid.startswith("…")
    assert clean(text).endswith(solid[1:])
    assert MOST - STEP - 10 < len(solid) <= MOST + 1


def test_the_shown_end_stands_still_while_the_text_grows() -> None:
    text = "word " * 400
    starts = {first_shown(text[:length]) for length in range(MOST + 1, len(text))}
    assert len(starts) <= len(text) // STEP
    assert all(text[start - 1] == " " for start in starts if start)


def test_settled_text_is_measured_in_the_shown_end() -> None:
    text = "word " * 300
    solid, dim = words(recording(text + "one", text + "one", text + "two"))
    assert solid.endswith("word")
    assert dim == " two"


def test_guesses_of_an_earlier_dictation_are_not_shown() -> None:
    picture = recording("the second", number=2)
    picture.partial(PartialTranscript(1, "the first"))
    assert words(picture) == ("", "the second")


def test_a_text_that_is_written_is_not_shown_any_more() -> None:
    picture = recording("the first")
    picture.writing(1)
    assert words(picture) == ("", "")
    picture.partial(PartialTranscript(2, "the second"))
    picture.previewed(2, in_field=False)
    picture.writing(1)
    assert words(picture) == ("", "the second")


def test_words_that_stand_in_the_text_field_are_left_out() -> None:
    picture = recording()
    picture.destination("→ Firefox")
    picture.sound(sine(0.1, 0.3))
    picture.partial(PartialTranscript(1, "so we"))
    assert words(picture) == ("", ""), "nobody knows yet"
    picture.previewed(1, in_field=True)
    picture.partial(PartialTranscript(1, "so we meet"))
    shown = picture.take()
    assert (shown["solid"], shown["dim"]) == ("", "")
    assert (shown["state"], shown["goes"]) == ("recording", "→ Firefox")
    picture.previewed(1, in_field=False)
    assert words(picture) == ("", "so we meet"), "the user has left the field"
    picture.previewed(1, in_field=True)
    picture.held(1, "the window changed; do this")
    picture.session("ready", 6.0)
    assert picture.take()["solid"] == "the window changed; do this"


def test_each_dictation_is_asked_anew_whether_its_words_stand_elsewhere() -> None:
    picture = recording()
    picture.partial(PartialTranscript(1, "the first"))
    picture.previewed(1, in_field=True)
    picture.partial(PartialTranscript(2, "the second"))
    picture.previewed(1, in_field=False)
    assert words(picture) == ("", "")
    picture.previewed(2, in_field=False)
    assert words(picture) == ("", "the second")


def test_nothing_is_shown_when_nothing_goes_on() -> None:
    picture = recording("some words")
    picture.session("finishing", 6.0)
    assert picture.take()["state"] == "finishing"
    picture.session("ready", 7.0)
    assert picture.take()["state"] == ""
    picture.session("recording", 8.0)
    assert words(picture) == ("", "")


def test_the_time_is_counted_from_the_press() -> None:
    picture = recording()
    picture.session("finishing", 6.0)
    assert picture.take()["since"] == 5.0
    picture.session("recording", 9.0)
    assert picture.take()["since"] == 9.0


def test_why_a_text_is_held_is_shown_for_a_while() -> None:
    picture = recording("words")
    picture.session("finishing", 6.0)
    picture.held(1, "the window changed; do this")
    picture.session("ready", 6.1)
    shown = picture.take()
    assert shown["state"] == "held"
    assert shown["solid"] == "the window changed; do this"
    picture.release(2)
    assert picture.take()["state"] == "held"
    picture.release(1)
    assert picture.take()["state"] == ""


def test_the_next_dictation_takes_the_place_of_a_held_one() -> None:
    picture = recording()
    picture.held(1, "the window changed; do this")
    picture.session("ready", 6.0)
    picture.session("recording", 7.0)
    assert picture.take()["state"] == "recording"
    picture.session("ready", 8.0)
    assert picture.take()["state"] == ""


def test_nothing_heard_and_cancelled_are_shown_for_a_moment() -> None:
    picture = recording("words")
    picture.nothing_heard(1, "very quiet: peak -52 dBFS; raise the microphone's level")
    picture.session("ready", 6.0)
    shown = picture.take()
    assert shown["state"] == "nothing"
    assert shown["solid"].startswith("very quiet: peak -52 dBFS")
    picture.cancelled(2)
    assert picture.take()["state"] == "cancelled"
    picture.release(2)
    assert picture.take()["state"] == ""


def test_how_far_a_slow_engine_is_is_shown_until_it_is_over() -> None:
    picture = recording("words")
    picture.session("finishing", 6.0)
    picture.progress("hearing, 12 s behind")
    assert picture.take()["progress"] == "hearing, 12 s behind"
    picture.session("ready", 7.0)
    assert picture.take()["progress"] == ""


def test_where_it_goes_is_shown_while_one_can_still_choose() -> None:
    picture = recording()
    picture.destination("→ Firefox")
    assert picture.take()["goes"] == "→ Firefox"
    picture.session("finishing", 6.0)
    assert picture.take()["goes"] == ""


@pytest.mark.parametrize(
    ("device", "shown"),
    [("remote: spark, 3.1 ms away", "remote: spark"), ("NVIDIA GB10", ""), ("", "")],
)
def test_an_engine_elsewhere_is_named(device: str, shown: str) -> None:
    picture = recording()
    picture.engine(device)
    assert picture.take()["remote"] == shown


def test_a_download_is_shown_during_a_dictation() -> None:
    picture = recording()
    picture.download("model 34 %")
    assert picture.take()["download"] == "model 34 %"
    picture.session("ready", 6.0)
    assert picture.take()["download"] == ""
    picture.session("recording", 7.0)
    assert picture.take()["download"] == "model 34 %"


def sine(seconds: float, height: float) -> Any:
    return (height * np.sin(np.arange(round(seconds * RATE)) * 0.3)).astype(np.float32)


def test_the_meter_moves_twenty_times_a_second_at_most() -> None:
    picture = recording()
    for _ in range(50):
        picture.sound(sine(0.02, 0.3))
    levels = picture.take()["levels"]
    assert 15 <= len(levels) <= 20
    assert picture.take()["levels"] == []


def test_the_meter_follows_loudness() -> None:
    silence, whisper, voice = (level(height**2 / 2) for height in (0.0, 0.01, 0.1))
    assert silence == 0.0 < whisper < voice <= 1.0
    assert level(1.0) == 1.0
    assert not math.isnan(level(1e-30))


def test_news_wake_who_shows_them() -> None:
    told: list[int] = []
    picture = Picture(lambda: told.append(1))
    picture.session("recording", 1.0)
    picture.partial(PartialTranscript(1, "a"))
    picture.previewed(1, in_field=True)
    picture.previewed(1, in_field=True)
    picture.sound(sine(0.1, 0.1))
    picture.destination("→ xterm")
    picture.destination("→ xterm")
    picture.held(1, "why")
    picture.release(1)
    assert len(told) == 7


def test_what_cannot_be_drawn_is_not_sent() -> None:
    assert clean("a\x00b\nc\udc80d\u202ee") == "a b c?d\u202ee"
