"""One character is one frame of 20 ms: "#" is speech, "." is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.vad.voice_end import PAUSE_MS, VOICE_MS, VoiceEnd

FRAME_MS = 20
PAUSE = "." * (PAUSE_MS // FRAME_MS)
VOICE = "#" * (VOICE_MS // FRAME_MS)

SENTENCE = "." * 29 + "#" * 141
"""What WebRTC's detector finds in a sentence that is spoken without a pause."""
CLICKS = "." * 28 + "####.....#####.#####........####" + "." * 12
"""The same, in the keystrokes after it."""
BREATH = "." * 33 + "#" * 15 + "." * 24
"""The same, in a breath of 375 ms after it."""
EIGHT = "." * 11 + "#" * 30
"""The same, in "eight cats sat", in spite of its closures."""


def after(frames: str) -> VoiceEnd:
    voice_end = VoiceEnd(FRAME_MS)
    for frame in frames:
        voice_end.take(speech=frame == "#")
    return voice_end


@pytest.mark.parametrize(
    ("frames", "ended"),
    [
        ("", False),
        (PAUSE, False),  # nothing was said yet
        (VOICE, False),
        (VOICE + PAUSE[1:], False),
        (VOICE + PAUSE, True),
        (VOICE[1:] + PAUSE, False),  # a click alone is no voice
        (VOICE + PAUSE[1:] + "#" + PAUSE[1:], False),  # within a word, every sound counts
        (VOICE + PAUSE + VOICE, False),
        (VOICE + PAUSE + VOICE + PAUSE, True),
        (VOICE + PAUSE + VOICE[1:] + ".", True),  # a click after it does not
        (SENTENCE, False),
        (SENTENCE + CLICKS, True),
        (SENTENCE + BREATH, True),
        (SENTENCE + BREATH.rstrip("."), False),
        (EIGHT, False),
    ],
)
def test_when_the_voice_has_ended(frames: str, ended: bool) -> None:
    voice_end = after(frames)
    assert (voice_end.ended, voice_end.certain) == (ended, ended)


def test_a_sound_that_may_become_a_voice_makes_it_uncertain() -> None:
    voice_end = after(VOICE + PAUSE + "#")
    assert (voice_end.ended, voice_end.certain) == (True, False)


def test_clicks_never_bring_the_voice_back() -> None:
    voice_end = after(SENTENCE + PAUSE)
    for frame in CLICKS:
        voice_end.take(speech=frame == "#")
        assert voice_end.ended


def test_a_new_dictation_knows_nothing_of_the_last() -> None:
    voice_end = after(VOICE + PAUSE)
    voice_end.reset()
    assert not voice_end.ended
    for _ in PAUSE:
        voice_end.take(speech=False)
    assert not voice_end.ended


@given(st.text(alphabet="#.", max_size=120))
def test_it_has_ended_only_after_a_voice_and_a_pause(frames: str) -> None:
    voice_end = after(frames)
    if voice_end.certain:
        assert VOICE in frames
        assert PAUSE in frames[frames.index(VOICE) :]
        assert not frames.endswith("#")
