from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.errors import AudioFileError
from dictate.events import RATE
from dictate.microphone.sound_file import iter_sound_file, read_sound_file
from tests.lab.hearing import likeness, tone


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize(("rate", "channels"), [(16000, 1), (44100, 2), (48000, 1)])
def test_formats_rates_and_channels(tmp_path: Path, ending: str, rate: int, channels: int) -> None:
    path = tmp_path / f"talk.{ending}"
    soundfile.write(path, np.repeat(tone(1.0, rate=rate)[:, None], channels, axis=1), rate)
    samples = read_sound_file(path)
    assert samples.dtype == np.float32
    # mp3 pads to whole frames.
    assert len(samples) == pytest.approx(RATE, abs=0.1 * RATE)
    assert likeness(samples, tone(1.0)) > 0.98


def test_a_long_file_comes_in_pieces_that_join_without_a_seam(tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    soundfile.write(path, tone(20.0, rate=48000), 48000)
    pieces = list(iter_sound_file(path))
    assert len(pieces) > 2
    np.testing.assert_allclose(
        np.concatenate(pieces)[2000:-2000], tone(20.0)[2000:-2000], atol=2e-3
    )


def test_samples_outside_the_range_and_no_numbers_are_tamed(tmp_path: Path) -> None:
    path = tmp_path / "wild.wav"
    wild = np.array([0.5, 7.0, -9.0, np.nan, np.inf, -np.inf] * 500, np.float32)
    soundfile.write(path, wild, RATE, subtype="FLOAT")
    samples = read_sound_file(path)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() <= 1.0


def test_one_sample_is_sound(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "click.wav", np.ones(1), RATE)
    assert len(read_sound_file(tmp_path / "click.wav")) == 1


def broken_files(folder: Path) -> dict[str, tuple[Path, str]]:
    (folder / "empty.wav").touch()
    (folder / "text.wav").write_text("this is no sound at all\n" * 100)
    (folder / "folder.wav").mkdir()
    soundfile.write(folder / "silent.wav", np.zeros(0), RATE)
    soundfile.write(folder / "flac.flac", tone(1.0), RATE)
    damaged = bytearray((folder / "flac.flac").read_bytes())
    (folder / "cut.flac").write_bytes(damaged[:30])
    return {
        "missing": (folder / "missing.wav", "does not exist"),
        "empty": (folder / "empty.wav", "is empty"),
        "text": (folder / "text.wav", "no sound file"),
        "folder": (folder / "folder.wav", "is a folder"),
        "no samples": (folder / "silent.wav", "holds no sound"),
        "cut": (folder / "cut.flac", "no sound file"),
    }


@pytest.mark.parametrize("kind", ["missing", "empty", "text", "folder", "no samples", "cut"])
def test_what_cannot_be_read_says_why_and_which(tmp_path: Path, kind: str) -> None:
    path, reason = broken_files(tmp_path)[kind]
    with pytest.raises(AudioFileError) as caught:
        read_sound_file(path)
    assert reason in str(caught.value)
    assert str(path) in str(caught.value)
