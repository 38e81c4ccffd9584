"""One character is one frame of 20 ms: "#" is speech, "." is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dictate.events import RATE
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


LEVELS = {"#": 0.1, "o": 0.02, "K": 1.0, "~": 0.001, ".": 0.01, ":": 0.015, "-": 0.03, "=": 0.1}
"""All letters and "~" are speech to the detector: a soft voice, a knock, and what it takes for
speech after a voice. A colon is a frame that is a little louder than the pause, a dash one that is
much louder, and "=" one that is as loud as the voice; they are no speech."""
SPEECH = "#oK~"


def take(voice_end: VoiceEnd, frame: str) -> None:
    voice_end.take(LEVELS[frame], speech=frame in SPEECH)


def after(frames: str) -> VoiceEnd:
    voice_end = VoiceEnd(FRAME_MS * RATE // 1000)
    for frame in frames:
        take(voice_end, frame)
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
        (VOICE + PAUSE + VOICE[1:] + ".", True),  # nor after a voice
        (SENTENCE, False),
        (SENTENCE + CLICKS, True),
        (SENTENCE + BREATH, True),
        (SENTENCE + BREATH.rstrip("."), False),
        (EIGHT, False),
        (VOICE + "=" * 2 * len(PAUSE), False),  # a tone is no speech to the detector
        (VOICE + "=" * 2 * len(PAUSE) + PAUSE, True),
        (VOICE + "=" + PAUSE[1:], False),
    ],
)
def test_when_the_voice_has_ended(frames: str, ended: bool) -> None:
    voice_end = after(frames)
    assert voice_end.ended == ended


@pytest.mark.parametrize("sound", ["#", "-", "-" + PAUSE[1:]])
def test_a_sound_that_may_be_a_voice_makes_it_uncertain(sound: str) -> None:
    voice_end = after(VOICE + PAUSE + sound)
    assert (voice_end.ended, voice_end.certain) == (True, False)
    for _ in PAUSE:
        take(voice_end, ".")
    assert voice_end.certain


def test_what_the_detector_adds_to_a_voice_is_silence() -> None:
    assert after(VOICE + "~" * len(PAUSE)).certain


def test_a_soft_voice_is_no_silence_after_a_knock() -> None:
    soft_voice = VOICE.replace("#", "o")
    assert not after(soft_voice + "K" + 2 * soft_voice).ended
    assert after(soft_voice + "K" + 2 * soft_voice + PAUSE).ended


def test_clicks_never_bring_the_voice_back() -> None:
    voice_end = after(SENTENCE + PAUSE)
    for frame in CLICKS:
        take(voice_end, frame)
        assert voice_end.ended


def test_a_new_dictation_knows_nothing_of_the_last() -> None:
    voice_end = after(VOICE + PAUSE)
    voice_end.reset()
    assert not voice_end.ended
    for _ in PAUSE:
        take(voice_end, ".")
    assert not voice_end.ended


@pytest.mark.parametrize(
    ("frames", "still"),
    [
        (VOICE + PAUSE[1:], False),
        (VOICE + PAUSE, True),
        (VOICE + PAUSE + ":::", True),  # steady noise
        (VOICE + PAUSE + "-", False),  # soft speech that the detector misses
        (VOICE + PAUSE + "-" + 2 * PAUSE, False),
        (VOICE + PAUSE + "#" + PAUSE, False),
        (VOICE + PAUSE + "-" + VOICE + PAUSE, True),
    ],
)
def test_what_sounds_after_the_voice(frames: str, still: bool) -> None:
    assert after(frames).still == still


def test_silence_is_still_whatever_its_level() -> None:
    voice_end = after(VOICE)
    for level in (0.0, 0.0, 0.0, 0.0, 0.0, 0.0009):
        voice_end.take(level, speech=False)
    assert voice_end.still


def test_a_soft_word_is_no_silence_where_the_whole_voice_is_quiet() -> None:
    voice_end = VoiceEnd(FRAME_MS * RATE // 1000)
    for level in [0.004] * len(VOICE) + [0.0001] * len(PAUSE):
        voice_end.take(level, speech=level == 0.004)
    assert voice_end.still
    voice_end.take(0.0005, speech=False)
    assert not voice_end.still


@given(st.text(alphabet="#.-", max_size=120))
def test_it_has_ended_only_after_a_voice_and_a_pause(frames: str) -> None:
    voice_end = after(frames)
    assert voice_end.ended or not (voice_end.certain or voice_end.still)
    if voice_end.ended:
        after_voice = frames[frames.index(VOICE) :].replace("-", ".")
        assert PAUSE in after_voice
        assert VOICE not in after_voice[after_voice.rindex(PAUSE) :]
    if voice_end.certain:
        assert not frames.endswith("#")
