"""The voices that are installed, and what they say."""

import shutil
from pathlib import Path

import pytest

from dictate.errors import Unavailable
from dictate.events import RATE
from dictate.proof import voices
from dictate.proof.carriers import carriers, filled
from dictate.proof.controls import controls
from dictate.proof.voices import Voice


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_first_voices_are_of_different_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("flite", "espeak-ng", "piper"):
        program(tmp_path, name, "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    models = tmp_path / "piper-voices"
    models.mkdir()
    for name in ("en_US-joe-medium.onnx", "en_US-joe-medium.onnx.json", "en_GB-bare.onnx"):
        (models / name).touch()
    found = voices.installed("en-US")
    assert [str(voice) for voice in found[:4]] == [
        "piper en_US-joe-medium",  # the other has no .json, and cannot speak
        "flite slt",
        "espeak-ng en-us",
        "flite rms",
    ]
    assert len(set(found)) == len(found) == 8


def test_without_a_program_nobody_speaks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert voices.installed("en") == []
    assert "flite" in voices.nobody_speaks("en")
    assert "flite" not in voices.nobody_speaks("de")
    with pytest.raises(Unavailable, match="espeak-ng is not installed"):
        voices.speak("oh", Voice("espeak-ng", "en-us", 150))


@pytest.mark.parametrize("script", ["exit 3", "exit 0"])
def test_a_program_that_fails_is_named(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "flite", script)  # the second writes no file
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(Unavailable, match="flite slt failed"):
        voices.speak("oh", Voice("flite", "slt"))


@pytest.mark.parametrize("name", ["flite", "espeak-ng"])
def test_a_voice_speaks(name: str) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"{name} is missing: apt install {name}")
    voice = next(voice for voice in voices.installed("en") if voice.program == name)
    short, long = voices.speak("-v", voice), voices.speak("Two words and some more.", voice)
    assert RATE < len(short) < len(long) < 5 * RATE


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_voices_of_a_program_differ(language: str) -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is missing: apt install espeak-ng")
    voiced = [voice for voice in voices.installed(language) if voice.program == "espeak-ng"]
    # At one pace: espeak-ng speaks in its usual voice if it has no variant of a language.
    paced = [Voice(voice.program, voice.name, 150) for voice in voiced]
    own = Voice("espeak-ng", "en-gb" if language == "en" else language, 150)
    said = {voices.speak("Hello.", voice).tobytes() for voice in {*paced, own}}
    assert len(said) == len({*paced, own}) > 3


def test_other_languages_have_a_voice_and_sentences() -> None:
    if shutil.which("espeak-ng") is None:
        pytest.skip("espeak-ng is missing: apt install espeak-ng")
    assert str(voices.installed("de-AT")[0]) == "espeak-ng de"
    assert voices.installed("qq") == []


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "it", "pt", "nl", "ja"])
def test_each_carrier_has_one_place(language: str) -> None:
    for carrier in carriers(language):
        assert filled(carrier, "C++ {x}").count("C++ {x}") == 1


def test_controls_begin_with_what_sounds_like_the_term() -> None:
    found = controls("en-GB", near=["cloud storage"], general=2)
    assert [one.near for one in found] == ["cloud storage", "", ""]
    assert "cloud storage" in found[0].said
    assert controls("ja") == []
