"""Recordings of all kinds: where their sound lies, which track counts, and missing ends."""

import struct
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.errors import AudioFileError
from dictate.events import RATE, Samples
from dictate.microphone.ffmpeg import open_recording
from dictate.microphone.recording import Recording
from dictate.microphone.sound_file import read_sound_file
from tests.lab.files import noise
from tests.lab.media import PICTURE, cut, ffmpeg, loud, silent, streamed

VIDEO = ("-c:v", "mpeg4")


def read(recording: Recording) -> Samples:
    return np.concatenate(list(recording.pieces()))


def sounds(samples: Samples) -> list[bool]:
    """For each second, whether there is sound in its middle."""
    middles = range(RATE // 2, len(samples), RATE)
    return [bool(np.abs(samples[at : at + RATE // 10]).max() > 0.05) for at in middles]


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("late.mp4", "aac"),
        ("late.mov", "pcm_s16le"),
        ("late.mkv", "libopus"),
        ("late.mkv", "pcm_s16le"),
        ("late.webm", "libopus"),
        ("late.ts", "mp2"),
        ("late.wmv", "wmav2"),
    ],
)
def test_sound_that_begins_late_in_a_video_has_the_times_of_the_video(
    tmp_path: Path, name: str, codec: str
) -> None:
    wav, path = loud(tmp_path / "a.wav", 3.0), tmp_path / name
    video = ("-c:v", "libvpx") if name.endswith("webm") else VIDEO
    ffmpeg(
        *(*PICTURE, "-itsoffset", "5", "-i", wav, "-map", "0:v", "-map", "1:a"),
        *(*video, "-c:a", codec, path),
    )
    recording = open_recording(path)
    assert sounds(read(recording)) == [False] * 5 + [True] * 3
    assert recording.problem == ""


@pytest.mark.parametrize("name", ["late.m4a", "late.mka", "late.webm", "late.ogg", "late.opus"])
def test_sound_alone_counts_from_the_zero_of_its_container(tmp_path: Path, name: str) -> None:
    ffmpeg("-itsoffset", "5", "-i", loud(tmp_path / "a.wav", 3.0), tmp_path / name)
    recording = open_recording(tmp_path / name)
    assert sounds(read(recording)) == [False] * 5 + [True] * 3
    assert recording.problem == ""


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("hole.mp4", "aac"),
        ("hole.webm", "libopus"),
        ("hole.mkv", "pcm_s16le"),
        ("hole.ogg", "libvorbis"),
        ("hole.opus", "libopus"),
        ("hole.ts", "mp2"),
    ],
)
def test_holes_in_the_sound_last_as_long_as_in_the_container(
    tmp_path: Path, name: str, codec: str
) -> None:
    holes = "aselect='not(between(t,2,4)+between(t,6,7))'"
    # In Ogg, only pages have times.
    pages = ("-page_duration", "20000") if name.endswith((".ogg", ".opus")) else ()
    wav = loud(tmp_path / "a.wav", 9.0)
    ffmpeg("-i", wav, "-af", holes, "-c:a", codec, *pages, tmp_path / name)
    recording = open_recording(tmp_path / name)
    expected = [True, True, False, False, True, True, False, True, True]
    assert sounds(read(recording))[:9] == expected
    assert recording.problem == ""


def test_an_appended_recording_is_read_although_its_times_begin_anew(tmp_path: Path) -> None:
    ffmpeg("-i", loud(tmp_path / "a.wav", 3.0), tmp_path / "a.webm")
    both = tmp_path / "both.webm"
    both.write_bytes((tmp_path / "a.webm").read_bytes() * 2)
    assert sounds(read(open_recording(both))) == [True] * 6


def test_a_live_stream_counts_from_its_first_sound(tmp_path: Path) -> None:
    wav = loud(tmp_path / "a.wav", 3.0)
    ffmpeg("-i", wav, "-af", "asetpts=PTS+36000/TB", "-c:a", "libopus", tmp_path / "live.mka")
    assert sounds(read(open_recording(tmp_path / "live.mka"))) == [True] * 3


def tracks(folder: Path, *more: str) -> Path:
    """A silent track and a loud one."""
    path = folder / "film.mkv"
    ffmpeg(
        *("-i", silent(folder / "s.wav", 3.0), "-i", loud(folder / "l.wav", 3.0)),
        *("-map", "0:a", "-map", "1:a", "-c:a", "libopus"),
        *("-metadata:s:a:0", "language=ger", "-metadata:s:a:1", "language=eng"),
        *("-metadata:s:a:1", "title=Original", *more),
        path,
    )
    return path


def test_the_default_track_counts_before_the_first(tmp_path: Path) -> None:
    path = tracks(tmp_path, "-disposition:a:0", "0", "-disposition:a:1", "default")
    recording = open_recording(path)
    assert str(recording.track) == '2 (eng, "Original", the default)'
    assert sounds(read(recording)) == [True] * 3
    assert [str(track) for track in recording.other_tracks()] == ["1 (ger)"]


def test_without_a_default_the_first_track_counts(tmp_path: Path) -> None:
    path = tracks(tmp_path, "-disposition:a:0", "0", "-disposition:a:1", "0")
    recording = open_recording(path)
    assert recording.track.number == 1
    assert sounds(read(recording)) == [False] * 3


def test_each_track_can_be_chosen(tmp_path: Path) -> None:
    path = tracks(tmp_path)
    assert sounds(read(open_recording(path, 1))) == [False] * 3
    assert sounds(read(open_recording(path, 2))) == [True] * 3
    with pytest.raises(AudioFileError) as caught:
        open_recording(path, 3)
    assert "no track 3: it has the sound tracks 1 (ger" in str(caught.value)
    assert '2 (eng, "Original")' in str(caught.value)
    with pytest.raises(AudioFileError, match="no track 2: it has one sound track"):
        open_recording(tmp_path / "l.wav", 2)


def wav_with(path: Path, riff: int | None = None, data: int | None = None, **more: object) -> Path:
    """A second of noise; its header has these lengths."""
    subtype = str(more.get("subtype", "PCM_16"))
    kind = str(more.get("format", "WAV"))
    soundfile.write(path, noise(1.0), RATE, subtype=subtype, format=kind, endian=more.get("endian"))
    content = bytearray(path.read_bytes())
    order = ">" if more.get("endian") == "BIG" else "<"
    for at, value in ((4, riff), (content.index(b"data") + 4, data)):
        if value is not None:
            content[at : at + 4] = struct.pack(f"{order}I", value)
    path.write_bytes(content)
    return path


LENGTHS = [
    (0, 0),
    (None, 0),
    (8, 0),
    (36, 0),
    (0xFFFFFFFF, 0xFFFFFFFF),
    (0, 0xFFFFFFFF),
    (None, 0x7FFFFFFF),
    (None, 0x7FFFF000),
    (None, 0x80000000),
    (0, None),
]


@pytest.mark.parametrize(("riff", "data"), LENGTHS)
def test_an_unfinished_header_costs_nothing(
    tmp_path: Path, riff: int | None, data: int | None
) -> None:
    recording = open_recording(wav_with(tmp_path / "a.wav", riff, data))
    assert len(read(recording)) == RATE
    assert recording.problem == "", "nothing of it is missing"
    assert len(read_sound_file(tmp_path / "a.wav")) == RATE, "the microphone wav:FILE reads it, too"


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_24", "PCM_32", "FLOAT", "DOUBLE", "ULAW"])
def test_an_unfinished_header_of_any_encoding(tmp_path: Path, subtype: str) -> None:
    recording = open_recording(wav_with(tmp_path / "a.wav", 0, 0, subtype=subtype))
    assert len(read(recording)) == RATE


def test_an_unfinished_header_of_the_big_endian_kind(tmp_path: Path) -> None:
    assert len(read(open_recording(wav_with(tmp_path / "a.wav", 0, 0, endian="BIG")))) == RATE


@pytest.mark.parametrize("length", [0, (1 << 64) - 1, (1 << 63) - 1])
def test_an_unfinished_header_of_a_long_wav(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, noise(1.0), RATE, subtype="PCM_16", format="RF64")
    content = bytearray(path.read_bytes())
    at = content.index(b"ds64") + 8
    content[at : at + 16] = struct.pack("<QQ", length, length)
    path.write_bytes(content)
    recording = open_recording(path)
    assert len(read(recording)) == RATE
    assert recording.problem == ""


@pytest.mark.parametrize("length", [0, 24, (1 << 64) - 1])
def test_an_unfinished_header_of_sony_wave64(tmp_path: Path, length: int) -> None:
    path = tmp_path / "a.w64"
    soundfile.write(path, noise(1.0), RATE, subtype="PCM_16", format="W64")
    content = bytearray(path.read_bytes())
    at = content.index(b"data") + 16
    content[at : at + 8] = struct.pack("<Q", length)
    content[16:24] = struct.pack("<Q", 0)
    path.write_bytes(content)
    assert len(read(open_recording(path))) == RATE


def test_notes_in_front_of_the_sound_do_not_hide_it(tmp_path: Path) -> None:
    content = bytearray(wav_with(tmp_path / "a.wav", 0, 0).read_bytes())
    content[12:12] = b"bext" + struct.pack("<I", 601) + bytes(602)
    (tmp_path / "a.wav").write_bytes(content)
    assert len(read(open_recording(tmp_path / "a.wav"))) == RATE


@pytest.mark.parametrize("notes", [b"", b"LIST" + struct.pack("<I", 4) + b"INFO"])
def test_a_wav_that_is_really_empty_holds_no_sound(tmp_path: Path, notes: bytes) -> None:
    content = bytearray(wav_with(tmp_path / "a.wav").read_bytes()[:44])
    content[40:44] = bytes(4)
    content[4:8] = struct.pack("<I", 36 + len(notes))
    (tmp_path / "a.wav").write_bytes(content + notes)
    with pytest.raises(AudioFileError, match="holds no sound"):
        open_recording(tmp_path / "a.wav")


@pytest.mark.parametrize("size", [4, 12, 20, 36, 43])
def test_a_wav_that_ends_in_its_header_is_an_error(tmp_path: Path, size: int) -> None:
    path = wav_with(tmp_path / "a.wav")
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(AudioFileError) as caught:
        open_recording(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize("name", ["a.wav", "a.w64", "a.flac", "a.ogg", "a.mp3", "a.aiff"])
def test_a_cut_file_is_read_to_its_end_and_says_so(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    soundfile.write(tmp_path / name, noise(20.0), RATE)
    whole = open_recording(tmp_path / name)
    assert len(read(whole)) == pytest.approx(20 * RATE, abs=0.2 * RATE)
    assert whole.problem == ""
    path = cut(tmp_path / name)
    for ffmpeg_there in (True, False):
        if not ffmpeg_there:
            monkeypatch.setenv("PATH", "")
        recording = open_recording(path)
        samples = read(recording)
        assert len(samples) == pytest.approx(10 * RATE, abs=2.5 * RATE)
        assert recording.problem.startswith("the file "), ffmpeg_there
        assert "ends early" in recording.problem
        assert np.abs(samples[-RATE // 2 :]).max() > 0.05, "no silence for what is missing"


@pytest.mark.parametrize(
    ("name", "codec", "more"),
    [
        ("a.mp4", "aac", ("-movflags", "+faststart")),
        ("a.mp4", "aac", ("-movflags", "empty_moov", "-frag_duration", "1000000")),
        ("a.mov", "pcm_s16le", ("-movflags", "+faststart")),
        ("a.webm", "libopus", ()),
        ("a.mkv", "pcm_s16le", ()),
        ("a.mka", "libopus", ("-live", "1")),
        ("a.opus", "libopus", ()),
        ("a.mp3", "libmp3lame", ("-q:a", "4")),
        ("a.aac", "aac", ()),
        ("a.flac", "flac", ()),
        ("a.caf", "pcm_s16le", ()),
        ("a.flv", "aac", ("-ar", "44100")),
        ("a.avi", "libmp3lame", ()),
        ("a.wma", "wmav2", ()),
    ],
)
def test_a_cut_container_is_read_to_its_end_and_says_so(
    tmp_path: Path, name: str, codec: str, more: tuple[str, ...]
) -> None:
    ffmpeg("-i", loud(tmp_path / "a.wav", 20.0), "-c:a", codec, *more, tmp_path / name)
    whole = open_recording(tmp_path / name)
    assert len(read(whole)) == pytest.approx(20 * RATE, abs=0.2 * RATE)
    assert whole.problem == ""
    recording = open_recording(cut(tmp_path / name))
    assert len(read(recording)) == pytest.approx(10 * RATE, abs=2 * RATE)
    assert "ends early" in recording.problem


def test_an_mp4_without_its_index_is_a_clear_error(tmp_path: Path) -> None:
    ffmpeg("-i", loud(tmp_path / "a.wav"), tmp_path / "a.m4a")
    with pytest.raises(AudioFileError, match="end of the file is missing, and with it the index"):
        open_recording(cut(tmp_path / "a.m4a"))


def test_a_flac_that_was_streamed_has_no_length_and_is_read(tmp_path: Path) -> None:
    path = streamed(tmp_path / "a.flac", "-i", loud(tmp_path / "a.wav"), "-f", "flac")
    recording = open_recording(path)
    assert len(read(recording)) == 10 * RATE
    assert recording.problem == ""


def test_a_video_without_sound_says_that(tmp_path: Path) -> None:
    ffmpeg(*PICTURE, *VIDEO, tmp_path / "a.mp4")
    with pytest.raises(AudioFileError, match="has no sound track, only video"):
        open_recording(tmp_path / "a.mp4")


@pytest.mark.parametrize("rate", [7350, 11_025, 12_345, 96_000, 192_000])
def test_odd_rates(tmp_path: Path, rate: int) -> None:
    path = tmp_path / "a.wav"
    sound = noise(2.0)[:rate]
    soundfile.write(path, sound, rate)
    assert len(read(open_recording(path))) == pytest.approx(len(sound) / rate * RATE, abs=2)


def test_a_rate_that_cannot_be_is_an_error(tmp_path: Path) -> None:
    path = wav_with(tmp_path / "a.wav")
    content = bytearray(path.read_bytes())
    content[24:28] = struct.pack("<I", 3)
    path.write_bytes(content)
    with pytest.raises(AudioFileError, match="claims 3 samples per second"):
        read(open_recording(path))


def stereo(path: Path, *channels: Samples) -> Path:
    soundfile.write(path, np.stack(channels, axis=1), RATE)
    return path


def test_opposite_channels_are_heard(tmp_path: Path) -> None:
    voice = noise(3.0)
    samples = read(open_recording(stereo(tmp_path / "a.wav", voice, -voice)))
    np.testing.assert_allclose(samples, voice, atol=1e-3)


def test_opposite_channels_of_a_lossy_file_are_heard(tmp_path: Path) -> None:
    voice = noise(3.0)
    ffmpeg("-i", stereo(tmp_path / "a.wav", voice, -voice), tmp_path / "a.mp3")
    assert sounds(read(open_recording(tmp_path / "a.mp3")))[:3] == [True] * 3


def test_speech_in_the_centre_of_six_channels_is_not_quieter(tmp_path: Path) -> None:
    voice, nothing = noise(3.0), np.zeros(3 * RATE, np.float32)
    path = stereo(tmp_path / "a.wav", nothing, nothing, voice, nothing, nothing, nothing)
    np.testing.assert_allclose(read(open_recording(path)), voice, atol=1e-3)
