"""The aligner process on tiny models of the true class: a clock, and one with random weights."""

import asyncio
import os
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import numpy as np
import pytest

from dictate.config import EngineSettings
from dictate.engines import aligner, aligner_link, qwen3_load
from dictate.engines.aligner import Aligner, why_not
from dictate.engines.aligner_link import AlignerLink
from dictate.engines.protocol import Aligned
from dictate.errors import EngineError, EngineLost
from dictate.events import RATE, Samples
from dictate.files.words import Unplaced, place
from tests.lab import tiny_aligner, tiny_qwen3
from tests.lab.files import noise
from tests.test_files_words import split

TEXT = "Hello, C++ and e-mail from /etc/hosts"


def settings(folder: Path, **more: object) -> EngineSettings:
    wanted = {"aligner": str(folder), "trust_model": True, "deadline_s": 30.0, **more}
    return EngineSettings(**wanted)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def clock(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_aligner.make(tmp_path_factory.mktemp("clock"), pace=3.0)


@pytest.fixture(scope="module")
def loaded(clock: Path) -> Aligner:
    return Aligner.load(settings(clock))


@pytest.fixture(scope="module")
def sound() -> Samples:
    return noise(10)


def test_the_words_get_their_times(loaded: Aligner, sound: Samples) -> None:
    found = loaded.align(sound, TEXT)
    assert [word for word, _, _ in found.words] == [
        *("Hello", "C", "and", "email", "from", "etchosts"),
    ]
    words = place(TEXT, [(w, s, e) for w, s, e in found.words], found.moved, 60.0, 70.0)
    assert [word.text for word in words] == TEXT.split()
    assert found.moved == 0
    starts = [start for _, start, _ in found.words]
    assert starts == sorted(set(starts)), "a clock's times go up"
    assert found.words[-1][2] == pytest.approx(12 * 3.0 / 10, rel=0.4)


def test_random_weights_contradict_themselves(tmp_path: Path, sound: Samples) -> None:
    found = Aligner.load(settings(tiny_aligner.make(tmp_path))).align(sound, TEXT)
    assert [word for word, _, _ in found.words] == split(TEXT)
    assert found.moved > 6
    with pytest.raises(Unplaced):
        place(TEXT, [(w, s, e) for w, s, e in found.words], found.moved, 0.0, 10.0)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "don't \u2018quote\u2019 \u00abthis\u00bb \u2014 foo_bar.py, v2.0! \u00bd",
        "我说“你好”，GPT模型。",
        "' \u00e9 e\u0301 \u2122 \u2103",
        "<timestamp> <|audio_pad|>",
    ],
)
def test_the_test_parts_words_as_transformers_do(
    loaded: Aligner, sound: Samples, text: str
) -> None:
    assert [word for word, _, _ in loaded.align(sound, text).words] == split(text)


@pytest.mark.parametrize("text", ["", " \n", "...", "\u2014 &"])
def test_a_text_without_words_has_none(loaded: Aligner, sound: Samples, text: str) -> None:
    assert loaded.align(sound, text) == Aligned([])


@pytest.mark.parametrize("language", ["de-CH", "yue", "EN"])
def test_a_language_that_it_knows(clock: Path, language: str) -> None:
    assert why_not(settings(clock, language=language)) is None


@pytest.mark.parametrize("language", ["nl", "auto", "hi-IN"])
def test_a_language_that_it_does_not_know_is_said(clock: Path, language: str) -> None:
    reason = why_not(settings(clock, language=language))
    assert reason is not None
    assert f"does not know the language '{language}'" in reason
    assert "set engine.language to one of zh, yue, en" in reason


@pytest.mark.parametrize(("language", "package"), [("ja", "nagisa"), ("ko-KR", "soynlp")])
def test_a_package_that_a_language_needs_is_named(
    clock: Path, monkeypatch: pytest.MonkeyPatch, language: str, package: str
) -> None:
    monkeypatch.setattr(aligner, "find_spec", lambda _: None)
    reason = why_not(settings(clock, language=language))
    assert reason is not None
    assert reason.endswith(f"pip install {package}")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert why_not(EngineSettings()) == (
        "the model qwen3-aligner is not downloaded: dictate models download qwen3-aligner"
    )
    reason = why_not(EngineSettings(aligner="qwen3"))
    assert reason == "engine.aligner names the model qwen3, which is for dictation"
    monkeypatch.setattr(qwen3_load, "why_not", lambda: "torch is missing: pip install it")
    assert why_not(EngineSettings()) == "torch is missing: pip install it"


def test_a_model_that_hears_is_no_aligner(tmp_path: Path) -> None:
    folder = tiny_qwen3.make(tmp_path)
    with pytest.raises(EngineError, match=r"lacks 1 weights .*score\.weight"):
        Aligner.load(settings(folder))


def linked(
    wanted: EngineSettings, life: Callable[[AlignerLink], Awaitable[None]]
) -> None:
    """One life of a link; its process is gone afterwards."""

    async def run() -> None:
        link = AlignerLink(wanted)
        try:
            await life(link)
        finally:
            await link.stop()
        assert link.pid is None

    asyncio.run(run())


def test_it_runs_in_a_process_of_its_own_and_is_replaced_when_killed(
    clock: Path, loaded: Aligner, sound: Samples
) -> None:
    async def life(link: AlignerLink) -> None:
        assert await link.start() == []
        pid = link.pid
        assert pid not in (None, os.getpid())
        for text in (TEXT, "", "one two"):
            # PCM has 16 bits, which is not to change a step of 80 ms.
            assert await link.align(sound, text) == loaded.align(sound, text)
        assert link.pid == pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        assert await link.align(sound, TEXT) == loaded.align(sound, TEXT)
        assert link.pid not in (None, pid)

    linked(settings(clock), life)


def test_a_process_that_hangs_is_killed_and_it_is_said(
    clock: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aligner_link, "PATIENCE", 0.0)

    async def life(link: AlignerLink) -> None:
        await link.start()
        pid = link.pid
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        monkeypatch.setattr(link, "start", lambda: _fails(pid))
        with pytest.raises(EngineLost, match="there is no second one"):
            await link.align(noise(1), TEXT)

    async def _fails(pid: int) -> list[str]:
        assert not Path(f"/proc/{pid}").exists(), "the one that hung is gone"
        raise EngineLost("there is no second one")

    linked(settings(clock, deadline_s=1.0), life)


def test_what_does_not_load_is_said(tmp_path: Path) -> None:
    async def life(link: AlignerLink) -> None:
        with pytest.raises(EngineError, match="is no model of the Qwen3-ASR family"):
            await link.start()
        assert link.pid is None

    linked(settings(tmp_path), life)


@pytest.mark.parametrize(
    "words", [[["a", 0.0]], [["a", 0.0, "x"]], [[1, 0.0, 1.0]], [["a", 0.0, float("nan")]], ["a"]]
)
def test_nonsense_is_no_answer(
    clock: Path, monkeypatch: pytest.MonkeyPatch, words: list[object]
) -> None:
    async def life(link: AlignerLink) -> None:
        monkeypatch.setattr(link, "_process", object())
        monkeypatch.setattr(link, "_answer", lambda *_: _answers(words))
        with pytest.raises(EngineError, match="nonsense"):
            await link._ask(noise(1), TEXT)
        monkeypatch.setattr(link, "_process", None)

    async def _answers(words: list[object]) -> object:
        return Aligned(words).event()

    linked(settings(clock), life)
