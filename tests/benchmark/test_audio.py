"""The speech for the benchmark."""

from pathlib import Path

import numpy as np
import pytest

from dictate.benchmark import audio
from dictate.benchmark.audio import Clip, Clips
from dictate.benchmark.rows import HOTWORD
from dictate.errors import ConfigError, Unavailable
from dictate.events import RATE
from tests.lab.voices import write

AUDIO = Path(__file__).parents[1] / "audio"


def test_recordings_are_pairs_of_sound_and_text(tmp_path: Path) -> None:
    write(tmp_path / "b.wav", audio.noise(1))
    (tmp_path / "b.txt").write_text("the  second\none\n")
    write(tmp_path / "a.flac", audio.noise(2))
    (tmp_path / "a.txt").write_text("the first one")
    write(tmp_path / "alone.wav", audio.noise(1))
    clips = audio.recorded(tmp_path)
    assert [clip.text for clip in clips.clips] == ["the first one", "the second one"]
    assert len(clips.clips[0].samples) == 2 * RATE
    assert str(tmp_path) in clips.source


def test_a_folder_without_recordings_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such folder"):
        audio.recorded(tmp_path / "gone")
    with pytest.raises(ConfigError, match="that has its words"):
        audio.recorded(tmp_path)


def test_a_missing_clip_is_a_reason(tmp_path: Path) -> None:
    clips = audio.recorded(AUDIO)
    assert len(clips.plain()) == len(clips.clips)
    assert [clip.text for clip in clips.with_words("THE TRAIN")] == [
        "The train leaves at seven in the morning."
    ]
    with pytest.raises(Unavailable, match=f"'{HOTWORD}'.*{AUDIO}"):
        clips.with_words(HOTWORD)


def test_a_clip_lasts_as_long_as_it_must_and_begins_with_what_matters() -> None:
    one = Clip("this one", np.full(RATE, 0.1, np.float32))
    other = Clip("that one", np.full(RATE, 0.2, np.float32))
    clips = Clips("us", (one, other), "")
    sound = clips.lasting(2.5, first="that")
    assert len(sound) == 2.5 * RATE
    assert sound[[0, RATE, 2 * RATE]] == pytest.approx([0.2, 0.1, 0.2])
    assert clips.lasting(0.5) == pytest.approx(0.1)


def test_a_snippet_is_the_loudest_quarter_of_a_second() -> None:
    samples = audio.noise(2)
    samples[RATE : RATE + RATE // 4] = 0.5
    assert Clips("us", (Clip("oh", samples),), "").snippet() == pytest.approx(0.5)


def test_without_a_synthesizer_there_is_a_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    clips = audio.synthesized()
    assert (clips.source, clips.clips) == ("", ())
    for ask in (clips.plain, clips.snippet, lambda: clips.lasting(1)):
        with pytest.raises(Unavailable, match="flite"):
            ask()
    with pytest.raises(Unavailable, match="flite"):
        audio.synthesize("hello", "slt")
