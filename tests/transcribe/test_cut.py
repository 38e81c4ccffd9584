"""Where sound is cut, and how a text becomes cues: the pure half of `dictate file`."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.events import RATE, Samples
from dictate.transcribe.cues import MAX_LINE, MAX_LINES, TranscribedSegment, cues
from dictate.transcribe.cut import MAX_SEGMENT, MIN_SEGMENT, Segment, segments
from tests.lab.files import noise, silence

FRAME = RATE // 50


def loud(frame: Samples) -> float:
    """A detector for which loud frames are speech."""
    return float(np.abs(frame).max() > 0.05)


def cut(sound: Samples, piece: int = 50_000) -> list[Segment]:
    pieces = (sound[at : at + piece] for at in range(0, len(sound), piece))
    return list(segments(pieces, FRAME, loud, 0.5))


def test_it_is_cut_in_the_pauses() -> None:
    sound = np.concatenate([noise(14), silence(0.6), noise(27), silence(0.6), noise(20)])
    first, second, third = cut(sound)
    assert 14.0 < first.end / RATE < 14.6
    assert 41.6 < second.end / RATE < 42.2
    assert third.end == len(sound)


def test_no_speech_counts_more_than_low_power() -> None:
    # Whispered speech, softer than the fan that is heard in the pause.
    fan, whisper = noise(0.6) * 0.2, noise(6) * 0.01
    sound = np.concatenate([noise(15), fan, noise(6), whisper, noise(30)])

    def speech(frame: Samples) -> float:
        return float(not 0.02 < float(np.abs(frame).mean()) < 0.1)

    first = next(segments([sound], FRAME, speech, 0.5))
    assert 15.0 < first.end / RATE < 15.6


def test_a_stop_inside_a_word_is_no_pause() -> None:
    stops = [part for _ in range(25) for part in (noise(1), silence(0.1))]
    sound = np.concatenate([noise(12), silence(0.4), *stops, noise(20)])
    first = cut(sound)[0]
    assert 12.0 < first.end / RATE < 12.4


def test_it_is_cut_in_the_middle_of_a_pause() -> None:
    sound = np.concatenate([noise(15), silence(0.3), noise(40)])
    assert cut(sound)[0].end / RATE == pytest.approx(15.15, abs=0.02)


def test_where_all_is_speech_the_softest_place_counts() -> None:
    sound = np.concatenate([noise(15), noise(0.4) * 0.3, noise(40)])
    first = next(segments([sound], FRAME, lambda _: 1.0, 0.5))
    assert 15.1 < first.end / RATE < 15.3


def test_in_a_long_silence_a_segment_has_the_maximum_length() -> None:
    assert cut(silence(100))[0].end / RATE > 39.5


def test_without_any_pause_it_is_cut_all_the_same() -> None:
    sound = noise(130)
    found = cut(sound)
    assert all(MIN_SEGMENT <= len(one.samples) <= MAX_SEGMENT for one in found[:-1])
    assert b"".join(one.samples.tobytes() for one in found) == sound.tobytes()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(1, 400_000), min_size=1, max_size=8), st.integers(500, 300_000))
def test_nothing_is_lost_whatever_the_size_of_the_blocks(lengths: list[int], piece: int) -> None:
    parts = [
        np.full(length, 0.3 if number % 2 else 0.0, np.float32)
        for number, length in enumerate(lengths)
    ]
    sound = np.concatenate(parts)
    found = cut(sound, piece)
    assert np.array_equal(np.concatenate([one.samples for one in found]), sound)
    assert [one.start for one in found[1:]] == [one.end for one in found[:-1]]
    assert all(MIN_SEGMENT <= len(one.samples) <= MAX_SEGMENT for one in found[:-1])
    assert len(found[-1].samples) <= MAX_SEGMENT
    assert [one.end for one in found] == [one.end for one in cut(sound, len(sound))]


def test_segments_know_where_they_contain_speech() -> None:
    sound = np.concatenate([silence(2), noise(3), silence(0.2), noise(1), silence(5), noise(1)])
    (only,) = cut(sound)
    assert [(start / RATE, end / RATE) for start, end in only.speech] == [(2, 6.2), (11.2, 12.2)]


def test_times_of_later_segments_count_from_the_beginning() -> None:
    sound = np.concatenate([noise(20), silence(30), noise(5)])
    found = cut(sound)
    assert found[-1].start > 0
    (begin, end) = found[-1].speech[-1]
    assert (begin / RATE, end / RATE) == (50, 55)


SENTENCES = (
    "This is the first sentence. And this is a second one, which is a good deal longer than the"
    " first one was, so that it cannot be shown at once by any means! Is it?"
)


def test_lines_are_of_subtitle_length_and_hold_every_word() -> None:
    shown = list(cues([TranscribedSegment(0, 10 * RATE, (), SENTENCES)]))
    assert all(len(line) <= MAX_LINE for cue in shown for line in cue.lines)
    assert all(len(cue.lines) <= MAX_LINES for cue in shown)
    assert " ".join(line for cue in shown for line in cue.lines) == SENTENCES
    assert shown[0].lines == ("This is the first sentence.",), "a sentence begins a cue"


def test_times_are_split_by_letters() -> None:
    heard = TranscribedSegment(0, 10 * RATE, ((RATE, 9 * RATE),), f"{'a' * 30}. {'b' * 61}.")
    first, second = cues([heard])
    assert (first.start_s, second.end_s) == (1, 9)
    assert first.end_s == second.start_s == pytest.approx(1 + 8 / 3)


def test_a_pause_belongs_to_no_cue() -> None:
    speech = ((RATE, 3 * RATE), (20 * RATE, 22 * RATE))
    first, second = cues([TranscribedSegment(0, 30 * RATE, speech, f"{'a' * 60}. {'b' * 60}.")])
    assert (first.start_s, first.end_s) == (1, 3)
    assert (second.start_s, second.end_s) == (20, 22)


@settings(deadline=None)
@given(st.text(alphabet="ab .?!。\n", max_size=400), st.integers(1, 5))
def test_cues_follow_one_another(text: str, count: int) -> None:
    speech = tuple((n * 5 * RATE, n * 5 * RATE + RATE) for n in range(count))
    shown = list(cues([TranscribedSegment(0, 30 * RATE, speech, text)]))
    times = [at for cue in shown for at in (cue.start_s, cue.end_s)]
    assert times == sorted(times)
    assert all(cue.start_s < cue.end_s for cue in shown)
    said = "".join(line for cue in shown for line in cue.lines)
    assert "".join(said.split()) == "".join(text.split())


def test_words_without_spaces_and_endless_words_are_cut() -> None:
    shown = list(cues([TranscribedSegment(0, RATE, (), "x" * 300)]))
    assert "".join(line for cue in shown for line in cue.lines) == "x" * 300
    assert all(len(line) <= MAX_LINE for cue in shown for line in cue.lines)
