"""The aligner process on tiny models of the true class: a clock, and one with random weights."""

import asyncio
import json
import os
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from wyoming.error import Error
from wyoming.event import Event

from dictate.config.schema import EngineSettings
from dictate.engines import aligner, aligner_client
from dictate.engines.aligner import Aligner, unavailable_reason
from dictate.engines.aligner_client import AlignerClient
from dictate.engines.call_watch import Usage
from dictate.engines.protocol import Aligned, EngineState, StatusEvent
from dictate.engines.qwen3 import load as qwen3_load
from dictate.errors import EngineError
from dictate.events import Samples
from dictate.installation import install_command
from dictate.transcribe.words import AlignmentFailed, place
from tests.lab import tiny_aligner, tiny_qwen3
from tests.lab.files import noise
from tests.transcribe.test_words import split

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


def test_a_clock_that_runs_backwards_contradicts_itself(tmp_path: Path, sound: Samples) -> None:
    found = Aligner.load(settings(tiny_aligner.make(tmp_path, pace=-3.0))).align(sound, TEXT)
    assert found.moved == 11, "all but the first of the times"
    with pytest.raises(AlignmentFailed, match="contradict each other"):
        place(TEXT, [(w, s, e) for w, s, e in found.words], found.moved, 0.0, 10.0)


def test_random_weights_are_not_believed(tmp_path: Path, sound: Samples) -> None:
    found = Aligner.load(settings(tiny_aligner.make(tmp_path))).align(sound, TEXT)
    assert [word for word, _, _ in found.words] == split(TEXT)
    with pytest.raises(AlignmentFailed):
        place(TEXT, [(w, s, e) for w, s, e in found.words], found.moved, 0.0, 10.0)


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "don't \u2018quote\u2019 \u00abthis\u00bb \u2014 foo_bar.py, v2.0! \u00bd",
        "我说“你好”\uff0cGPT模型。",
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
    assert unavailable_reason(settings(clock, language=language)) is None


@pytest.mark.parametrize("language", ["nl", "auto", "hi-IN"])
def test_a_language_that_it_does_not_know_is_said(clock: Path, language: str) -> None:
    reason = unavailable_reason(settings(clock, language=language))
    assert reason is not None
    assert f"does not know the language '{language}'" in reason
    assert "set engine.language to one of zh, yue, en" in reason


@pytest.mark.parametrize(("language", "package"), [("ja", "nagisa"), ("ko-KR", "soynlp")])
def test_a_package_that_a_language_needs_is_named(
    clock: Path, monkeypatch: pytest.MonkeyPatch, language: str, package: str
) -> None:
    monkeypatch.setattr(aligner, "find_spec", lambda _: None)
    reason = unavailable_reason(settings(clock, language=language))
    assert reason is not None
    assert reason.startswith(f"{package} is missing")
    assert reason.endswith(f": {install_command(f'aligner-{language[:2]}')}")


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    assert unavailable_reason(EngineSettings()) == (
        "the model qwen3-aligner is not downloaded: dictate models download qwen3-aligner"
    )
    reason = unavailable_reason(EngineSettings(aligner="qwen3"))
    assert reason == "engine.aligner names the model qwen3, which is for dictation"
    monkeypatch.setattr(
        qwen3_load, "unavailable_reason", lambda: "torch is missing: pip install it"
    )
    assert unavailable_reason(EngineSettings()) == "torch is missing: pip install it"


def test_a_model_that_hears_is_no_aligner(tmp_path: Path) -> None:
    folder = tiny_qwen3.make(tmp_path)
    with pytest.raises(EngineError, match=r"lacks 1 weights .*score\.weight"):
        Aligner.load(settings(folder))


def with_client(wanted: EngineSettings, life: Callable[[AlignerClient], Awaitable[None]]) -> None:
    """One life of a client; its process is gone afterwards."""

    async def run() -> None:
        client = AlignerClient(wanted)
        try:
            await life(client)
        finally:
            await client.stop()

    asyncio.run(run())


def test_it_runs_in_a_process_of_its_own(clock: Path, loaded: Aligner, sound: Samples) -> None:
    async def life(client: AlignerClient) -> None:
        assert await client.start() == []
        assert client.pid not in (None, os.getpid())
        for text in (TEXT, "", "one two"):
            # PCM has 16 bits, which is not to change a step of 80 ms.
            assert await client.align(sound, text) == loaded.align(sound, text)

    with_client(settings(clock), life)


READY = StatusEvent(state=EngineState.READY, notes=["a note"]).event()
BROKEN = StatusEvent(state=EngineState.FAILED, message="no such model").event()
WORDS = Aligned([["one", 0, 0.5]], 1)

STAND_IN = f"""#!{sys.executable} -I
import os, sys, time
sys.path[:0] = {sys.path!r}
nan = float('nan')
from wyoming.event import Event, read_event, write_event
starts = FOLDER + "/starts"
with open(starts, "a") as file:
    file.write("x")
kinds = KINDS
kind, *more = kinds[min(os.path.getsize(starts), len(kinds)) - 1]
time.sleep(0.7 if kind == "late" else 0)
for event in more[:1]:
    write_event(Event(*event), sys.stdout.buffer)
    sys.stdout.flush()
    read_event(sys.stdin.buffer)
for event in more[1:]:
    write_event(Event(*event), sys.stdout.buffer)
sys.stdout.write("hello\\n" if kind == "talk" else "")
sys.stdout.flush()
if kind == "die":
    sys.exit("no memory")
while kind != "leave" and os.read(0, 1):
    pass
time.sleep(100 if kind == "hang" else 0)
"""


def wire(event: Event) -> tuple[str, dict[str, Any]]:
    """What is sent of it: plain JSON."""
    return event.type, json.loads(json.dumps(event.data))


class StandIn:
    """A program that replaces the aligner and does something else at each start."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self._monkeypatch = monkeypatch

    def does(self, *kinds: tuple[object, ...]) -> None:
        """Send the first event (`late`: after a while), and the others one per request; then
        `die`, `hang`, `talk` or `answer` no more. The last kind is repeated for all further
        starts."""
        program = self.folder / "python"
        said = [
            (kind, *(wire(event) for event in events if isinstance(event, Event)))
            for kind, *events in kinds
        ]
        program.write_text(
            STAND_IN.replace("FOLDER", repr(str(self.folder))).replace("KINDS", repr(said))
        )
        program.chmod(0o755)
        self._monkeypatch.setattr(sys, "executable", str(program))

    @property
    def starts(self) -> int:
        """Number of times it was started."""
        return len((self.folder / "starts").read_text())


@pytest.fixture
def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    monkeypatch.setattr(aligner_client, "LONGEST_RTF", 0.0)
    return StandIn(tmp_path, monkeypatch)


ANSWERS = ("answer", READY, WORDS.event())
HANGS = ("hang", READY)
DIES = ("die", READY)
FAILS = ("answer", READY, Error("out of memory", "OutOfMemoryError").event())
TALKS = ("talk", READY)
OTHER = ("answer", READY, READY)


def wrong(*words: object) -> tuple[object, ...]:
    return ("answer", READY, Aligned(list(words)).event())


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (HANGS, "the aligner did nothing for 2 s"),
        (DIES, r"the aligner died \(exit status 1: no memory\)"),
        (FAILS, "the aligner failed: out of memory"),
        (TALKS, "not an event"),
        (OTHER, "the aligner answers dictate-status"),
        (wrong(["a", 0.0]), "nonsense"),
        (wrong(["a", 0.0, "x"]), "nonsense"),
        (wrong([1, 0.0, 1.0]), "nonsense"),
        (wrong(["a", 0.0, float("nan")]), "nonsense"),
        (wrong("abc"), "nonsense"),
    ],
)
def test_what_fails_gets_a_fresh_process_once(
    tmp_path: Path, stand_in: StandIn, kind: tuple[object, ...], reason: str
) -> None:
    async def life(client: AlignerClient) -> None:
        stand_in.does(kind, ANSWERS)
        assert await client.start() == ["a note"]
        first = client.pid
        assert await client.align(noise(1), TEXT) == WORDS
        assert client.pid not in (None, first)
        await client.stop()
        stand_in.does(kind)
        assert await client.start() == ["a note"]
        with pytest.raises(EngineError, match=reason):
            await client.align(noise(1), TEXT)
        assert stand_in.starts == 4
        assert client.pid is None

    with_client(settings(tmp_path, deadline_s=2.0), life)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        (("die",), r"the aligner died \(exit status 1: no memory\)"),
        (
            ("answer", StatusEvent(state=EngineState.FAILED, message="no such model").event()),
            "no such model",
        ),
        (("answer", Error("no").event()), "the aligner begins with error"),
        (("hang",), r"the aligner did nothing for 0\.5 s"),
    ],
)
def test_what_does_not_load_is_said(
    tmp_path: Path,
    stand_in: StandIn,
    monkeypatch: pytest.MonkeyPatch,
    kind: tuple[object, ...],
    reason: str,
) -> None:
    monkeypatch.setattr(aligner_client, "FROZEN_S", 0.5 if kind == ("hang",) else 20.0)

    async def life(client: AlignerClient) -> None:
        stand_in.does(kind)
        with pytest.raises(EngineError, match=reason):
            await client.start()
        assert client.pid is None

    with_client(settings(tmp_path), life)


@pytest.mark.fault("D6")
def test_a_load_that_works_for_long_is_left_alone(
    tmp_path: Path, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(aligner_client, "FROZEN_S", 0.2)
    monkeypatch.setattr(aligner_client, "loading_usage_of", lambda _: Usage(time.monotonic(), 0))

    async def life(client: AlignerClient) -> None:
        stand_in.does(("late", READY))
        assert await client.start() == ["a note"]
        assert stand_in.starts == 1

    with_client(settings(tmp_path), life)


def test_a_folder_without_a_model_is_said(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"is no Qwen3-ASR model: it has no config\.json"):
        Aligner.load(settings(tmp_path))
