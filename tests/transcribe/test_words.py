"""The times of words: the aligner's words found again in the text, and what comes of them."""

import html
import math
import re
import unicodedata
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dictate.events import RATE
from dictate.transcribe.cues import MAX_LINE, MAX_LINES, MIN_CUE_S, TranscribedSegment, cues
from dictate.transcribe.formats import FORMATS, Transcript
from dictate.transcribe.resume_file import ResumeFile
from dictate.transcribe.words import AlignmentFailed, Word, place, too_fast

IDEOGRAPHS = ("\u3400", "\u9fff")


def split(text: str) -> list[str]:
    """Words as the aligner makes them of a text (tests/engines/test_aligner.py compares)."""
    kept = ""
    for sign in text:
        if IDEOGRAPHS[0] <= sign <= IDEOGRAPHS[1]:
            kept += f" {sign} "
        elif sign.isspace():
            kept += " "
        elif sign == "'" or unicodedata.category(sign)[0] in "LN":
            kept += sign
    return kept.split()


def timed(text: str, step: float = 0.5) -> list[tuple[str, float, float]]:
    """Each of them takes four fifths of a step."""
    return [(word, number * step, (number + 0.8) * step) for number, word in enumerate(split(text))]


def placed(text: str, begin_s: float = 0.0) -> list[tuple[str, float, float]]:
    told = timed(text)
    words = place(text, told, 0, begin_s, begin_s + len(told) * 0.5)
    return [(word.text, round(word.start_s, 3), round(word.end_s, 3)) for word in words]


def test_signs_stay_with_their_words() -> None:
    text = 'Write "C++", foo_bar.py (in /etc/hosts) by e-mail: don\u2019t!'
    assert [word for word, _, _ in timed(text)] == [
        *("Write", "C", "foobarpy", "in", "etchosts", "by", "email", "dont"),
    ]
    assert [word for word, _, _ in placed(text)] == text.split()
    assert placed(text, 10.0)[1:3] == [('"C++",', 10.5, 10.9), ("foo_bar.py", 11.0, 11.4)]


def test_what_has_no_letters_lies_between_its_neighbours() -> None:
    assert placed("\u2014 you & - me ...") == [
        ("\u2014", 0.0, 0.0),
        ("you", 0.0, 0.4),
        ("&", 0.4, 0.45),
        ("-", 0.45, 0.5),
        ("me", 0.5, 0.9),
        ("...", 0.9, 0.9),
    ]


def test_scripts_without_spaces_are_parted_as_the_aligner_does() -> None:
    assert [word for word, _, _ in placed("我说“你好”\uff0cGPT模型。 OK")] == [
        *("我", "说", "“你", "好”\uff0c", "GPT", "模", "型。", "OK"),
    ]


def test_japanese_is_normalised_before_it_is_parted() -> None:
    text = "気温は25℃、ｶﾞｽは㍻です。"
    told = [("気温", 0.0, 0.5), ("は", 0.5, 0.6), ("25", 0.6, 1.0), ("C", 1.0, 1.5)]
    told += [("ガス", 1.5, 1.9), ("は", 1.9, 2.0), ("平成", 2.0, 2.4), ("です", 2.4, 3.0)]
    words = place(text, told, 0, 0.0, 3.0)
    assert "".join(word.text for word in words) == text
    assert [(word.text, word.start_s) for word in words] == [
        *(("気温", 0.0), ("は", 0.5), ("25℃、", 0.6)),
        *(("ｶﾞｽ", 1.5), ("は", 1.9), ("㍻", 2.0), ("です。", 2.4)),
    ]


def test_korean_words_are_those_between_spaces() -> None:
    told = [("학교", 0.0, 0.5), ("에서", 0.5, 0.8), ("봐요", 1.0, 1.5)]
    words = place("학교에서 봐요.", told, 0, 0.0, 2.0)
    assert words == (Word("학교에서", 0.0, 0.8), Word("봐요.", 1.0, 1.5))


GOOD = [("one", 0.0, 0.5), ("two", 0.5, 1.0)]


@pytest.mark.parametrize(
    ("told", "moved", "reason"),
    [
        ([], 0, "found no words"),
        ([("'", 0.0, 0.5)], 0, "are not those of the text"),
        ([("one", 0.0, 0.5), ("two", 0.4, 1.0)], 0, "go backwards"),
        ([("one", 0.5, 0.4), ("two", 0.5, 1.0)], 0, "go backwards"),
        ([("one", -0.1, 0.5), ("two", 0.5, 1.0)], 0, "outside the sound"),
        ([("one", 0.0, 0.5), ("two", 0.5, 2.3)], 0, "outside the sound"),
        (GOOD, 3, "contradict each other"),
        ([("one", 0.0, 0.5)], 0, "are not those of the text"),
        ([*GOOD, ("three", 1.0, 1.5)], 0, "are not those of the text"),
        ([("one", 0.0, 0.5), ("too", 0.5, 1.0)], 0, "are not those of the text"),
    ],
)
def test_rubbish_is_not_believed(
    told: list[tuple[str, float, float]], moved: int, reason: str
) -> None:
    with pytest.raises(AlignmentFailed, match=reason):
        place("One two.".lower(), told, moved, 5.0, 7.0)


def test_a_little_beyond_the_sound_is_its_end() -> None:
    words = place("one two", [("one", 0.0, 0.5), ("two", 1.9, 2.1)], 2, 5.0, 7.0)
    assert words == (Word("one", 5.0, 5.5), Word("two", 6.9, 7.0))
    words = place("one two", [("one", 0.0, 0.5), ("two", 2.1, 2.15)], 2, 5.0, 7.0)
    assert words[1] == Word("two", 7.0, 7.0)


def test_a_text_of_apostrophes_has_no_words() -> None:
    with pytest.raises(AlignmentFailed, match="found no words"):
        place("' '", [("'", 0.0, 0.1), ("'", 0.1, 0.2)], 0, 0.0, 1.0)


def test_times_faster_than_speech_are_refused() -> None:
    assert too_fast("x" * 200, 2.0)
    assert not too_fast("x" * 50, 2.0)
    told = [("one", 0.0, 0.5), ("a" * 20, 3.0, 3.0), ("b" * 20, 3.08, 3.08), ("two", 9.0, 9.5)]
    with pytest.raises(AlignmentFailed, match="the aligner's times are faster"):
        place(" ".join(word for word, _, _ in told), told, 0, 0.0, 20.0)
    told[2] = ("b" * 20, 3.4, 3.4)
    assert place(" ".join(word for word, _, _ in told), told, 0, 0.0, 20.0)


TEXTS = st.text(alphabet="aé\u0301B1½'\u2019-_./@+&«»“” \n\u00a0模型。「」カﾞー한ß™", max_size=60)


@settings(deadline=None)
@given(TEXTS, st.floats(0, 5000), st.floats(0.02, 2))
def test_nothing_is_lost_and_times_follow_one_another(
    text: str, begin_s: float, step: float
) -> None:
    told = timed(text, step)
    end_s = begin_s + step * len(told)
    plain = unicodedata.normalize("NFKD", "".join(split(text)))
    if not any(unicodedata.category(letter)[0] in "LN" for letter in plain):
        with pytest.raises(AlignmentFailed):
            place(text, told, 0, begin_s, end_s)
        return
    try:
        words = place(text, told, 0, begin_s, end_s)
    except AlignmentFailed as error:
        assert str(error).startswith("the aligner's times are faster")  # noqa: PT017 - nothing else may be
        assert too_fast("".join(split(text)), 0.0)
        return
    assert "".join(word.text for word in words) == "".join(text.split())
    assert all(word.text and not word.text.isspace() for word in words)
    times = [at for word in words for at in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert begin_s <= times[0]
    assert times[-1] <= end_s


@settings(deadline=None)
@given(
    st.text(alphabet="ab 'é.", max_size=8),
    st.lists(
        st.tuples(st.text(alphabet="ab'é", max_size=4), st.floats(-1, 4), st.floats(-1, 4)),
        max_size=4,
    ),
)
def test_whatever_the_aligner_says(text: str, told: list[tuple[str, float, float]]) -> None:
    try:
        words = place(text, told, 0, 1.0, 4.0)
    except AlignmentFailed:
        return
    assert "".join(word.text for word in words) == "".join(text.split())
    times = [at for word in words for at in (word.start_s, word.end_s)]
    assert times == sorted(times)
    assert 1.0 <= times[0] <= times[-1] <= 4.0


SENTENCES = (
    "This is the first sentence. And this is a well-known second one, which is a good deal longer"
    " than the first one was, so that it cannot be shown at once by any means! Is it?"
)


def heard(text: str, step: float = 0.5) -> TranscribedSegment:
    told = timed(text, step)
    length = len(told) * step
    words = place(text, told, 0, 0.0, length)
    return TranscribedSegment(0, math.ceil(length * RATE), (), text, words)


def test_a_cue_begins_and_ends_with_a_word() -> None:
    one = heard(SENTENCES)
    shown = list(cues([one]))
    begins = {word.text: word.start_s for word in one.words}
    ends = {word.text: word.end_s for word in one.words}
    assert len(shown) > 2
    for cue in shown:
        words = " ".join(cue.lines).split()
        assert cue.start_s == pytest.approx(begins[words[0]])
        assert cue.end_s == pytest.approx(ends[words[-1]])
    assert shown[0].marks == ((4, 0.5), (6, 1.0), (9, 1.5), (14, 2.0))
    plain = list(cues([TranscribedSegment(0, one.end, (), SENTENCES)]))
    assert [cue.lines for cue in shown] == [cue.lines for cue in plain], "times change no line"


def test_a_line_that_ends_within_a_word_has_its_share() -> None:
    one = heard("x" * 200, step=10.0)
    shown = list(cues([one]))
    assert [len("".join(cue.lines)) for cue in shown] == [80, 80, 40]
    assert [cue.end_s for cue in shown] == [pytest.approx(8 * n / 200) for n in (80, 160, 200)]
    assert all(cue.marks == () for cue in shown)


def test_words_without_a_length_are_seen() -> None:
    words = tuple(Word(letter * 60, 1.0, 1.0) for letter in "abc")
    text = " ".join(word.text for word in words)
    after = TranscribedSegment(RATE, 2 * RATE, (), "next", (Word("next", 1.1, 1.2),))
    shown = list(cues([TranscribedSegment(0, RATE, (), text, words), after]))
    assert "".join("".join(cue.lines).replace(" ", "") for cue in shown) == (
        text.replace(" ", "") + "next"
    )
    assert shown[0].start_s == 1.0
    for one, other in pairwise(shown):
        assert one.end_s - one.start_s == pytest.approx(MIN_CUE_S)
        assert other.start_s == one.end_s


@settings(deadline=None)
@given(TEXTS, st.sampled_from([0.0, 0.04, 0.5]))
def test_cues_hold_every_word_in_order(text: str, step: float) -> None:
    told = timed(text, step)
    try:
        words = place(text, told, 0, 0.0, len(told) * step + 1)
    except AlignmentFailed:
        words = ()
    shown = list(cues([TranscribedSegment(0, 5 * RATE, (), text, words)] * 2))
    assert "".join("".join(cue.lines).replace(" ", "") for cue in shown) == 2 * "".join(
        text.split()
    )
    assert all(len(line) <= MAX_LINE for cue in shown for line in cue.lines)
    assert all(len(cue.lines) <= MAX_LINES for cue in shown)
    times = [at for cue in shown for at in (cue.start_s, cue.end_s)]
    assert times == sorted(times)
    assert all(cue.end_s > cue.start_s for cue in shown)
    for cue in shown:
        letters = sum(len("".join(line.split())) for line in cue.lines)
        assert all(0 < at < letters for at, _ in cue.marks)


STAMP = re.compile(r"<(\d\d:\d\d:\d\d\.\d{3})>")


@settings(deadline=None)
@given(
    st.lists(st.text(alphabet="ab&<>1:.-", min_size=1, max_size=30), min_size=1, max_size=12),
    st.lists(st.floats(0, 9) | st.sampled_from([1.0, 1.0004]), min_size=24, max_size=24),
)
def test_the_times_in_a_vtt_are_as_the_format_wants_them(
    said: list[str], times: list[float]
) -> None:
    pairs = zip(said, pairwise(sorted(times)[: 2 * len(said)]), strict=False)
    words = tuple(Word(text, *pair) for text, pair in pairs)
    text = " ".join(word.text for word in words)
    one = TranscribedSegment(0, 9 * RATE, (), text, words)
    written = FORMATS["vtt"](Transcript(Path("a.wav"), text, 9 * RATE, (one,)))
    head, *captions = written.strip().split("\n\n")
    assert head == "WEBVTT"
    assert len(captions) == len(list(cues([one])))
    for caption, cue in zip(captions, cues([one]), strict=True):
        timing, *lines = caption.splitlines()
        begin, end = timing.split(" --> ")
        stamps = STAMP.findall("\n".join(lines))
        for earlier, later in pairwise([begin, *stamps, end]):
            assert earlier < later
        assert len(stamps) <= len(cue.marks)
        assert [html.unescape(STAMP.sub("", line)) for line in lines] == list(cue.lines)


def test_a_time_stands_before_its_word_in_a_vtt() -> None:
    words = (Word("one", 1.0, 1.5), Word("&", 1.5, 1.5), Word("two-three", 1.5, 2.0))
    one = TranscribedSegment(0, 9 * RATE, (), "one & two-three", words)
    written = FORMATS["vtt"](Transcript(Path("a.wav"), "", 9 * RATE, (one,)))
    assert "one <00:00:01.500>&amp; two-three" in written


def test_words_are_kept_for_exactly_this_text(tmp_path: Path) -> None:
    words = (Word("C++,", 1.0, 1.5), Word("ok", 2.0, 2.25))
    for _ in range(2):
        with closing(ResumeFile(tmp_path / "it.jsonl")) as so_far:
            if not so_far.transcripts:
                so_far.add(0, 9, "see plus plus ok")
                so_far.add_words(0, 9, "C++, ok", words)
            assert so_far.words(0, 9, "C++, ok") == words
            assert so_far.words(0, 9, "C++ ok") == (), "it is written otherwise by now"
            assert so_far.words(9, 18, "C++, ok") == ()


@pytest.mark.parametrize("words", ["1", '[["a", 0]]', '[["a", "0", 1]]', "[[1, 0, 1]]"])
def test_malformed_words_are_not_kept(tmp_path: Path, words: str) -> None:
    path = tmp_path / "it.jsonl"
    path.write_text(f'["heard", 0, 9, "a", "de"]\n["timed", 0, 9, "a", {words}]\n')
    with closing(ResumeFile(path)) as so_far:
        assert so_far.transcripts == {(0, 9): ("a", "de")}
        assert so_far.words(0, 9, "a") == ()
    assert path.read_text() == '["heard", 0, 9, "a", "de"]\n'
