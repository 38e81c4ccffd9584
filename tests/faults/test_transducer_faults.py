"""Each engine that runs a transducer, real and with a real model, fails at each point of its life
in each way: what was said comes from a fresh process, and is written once.

The way is the real one from the sound to the output: pipeline, session, journal, link, process.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from dictate.config.schema import EngineSettings, Settings
from dictate.engines import control, supervisor
from dictate.engines.client import EngineClient
from dictate.engines.process import EngineProcess
from dictate.errors import EngineLost
from dictate.events import RATE, AudioChunk, Samples
from dictate.hotwords.model import Hotwords
from dictate.journal.entry import EntryState
from dictate.journal.journal import Journal
from dictate.outputs import Receipt
from tests.app.test_pipeline import PAUSE, Rig
from tests.lab import mini_model, mini_onnx
from tests.lab.engine import until
from tests.lab.faulty import ALWAYS
from tests.lab.forked_engines import serves
from tests.lab.processes import children
from tests.lab.voices import read

pytestmark = pytest.mark.timeout(400)

SOUND = read(Path(__file__).parents[1] / "audio" / "train.wav")
AT_ONCE = 4
"""So many lives are lived beside each other: much of each is waiting."""
DEADLINE_S = 3.0
LOADING_S = 20.0
PATIENCE_S = 90.0
SAYS = {
    "hung": f"hung for {DEADLINE_S:g} s",
    "killed": "died",
    "no device memory": "CUDA out of memory",
    "device lost": "CUDA error",
}
"""What people are told of it."""
LOADING = ["before the model", "in the restore", "in the warm-up"]
UTTERANCE = [
    "at the begin",
    "at the first feed",
    "in the middle of a feed",
    "between two feeds",
    "at the start of the finish",
    "in the encoder's last step",
    "in the decoder's last step",
    "before the text is sent",
]
KINDS = ["hung", "killed", "no device memory", "device lost"]
ON_THE_COMPUTER = ["in the restore", "between two feeds", "before the text is sent"]
"""Where its own memory may run out, and not the graphics card's."""


@dataclass(frozen=True)
class Fault:
    """What happens where."""

    point: str
    kind: str
    engine: str = "nemotron"

    def __str__(self) -> str:
        return f"{self.point}: {self.kind}"

    @property
    def id(self) -> str:
        """The name of its test."""
        return f"{self} ({self.engine})"


# What waits longest comes first, so that the others are done beside it.
FAULTS = [
    Fault(point, kind) for points in (LOADING, UTTERANCE) for kind in KINDS for point in points
]
FAULTS += [Fault(point, "no memory") for point in ON_THE_COMPUTER]
ONNX_FAULTS = [
    # A hang while it loads is the supervisor's business, and waits long: once is enough.
    Fault("in the restore", "hung", "onnx"),
    *(Fault(point, "hung", "onnx") for point in UTTERANCE),
    *(Fault(point, "killed", "onnx") for point in (*LOADING, *UTTERANCE)),
    *(Fault(point, "no memory", "onnx") for point in ON_THE_COMPUTER),
]


class Life(Rig):
    """The whole way with the real engine; `faults` are those that are still to come."""

    def __init__(self, folder: Path, engine: EngineSettings) -> None:
        folder.mkdir(exist_ok=True)
        settings = replace(Settings(), engine=engine)
        super().__init__(folder / "journal", settings)
        self.faults = folder / "faults"
        self.engine = EngineClient(engine, folder / "e")
        self.put(replace(self.profiles.main, engine=self.engine))

    async def say(self, sound: Samples) -> int:
        """One dictation, to its end; its number."""
        self.press()
        number = (await self.thread.call(Journal.history, 1))[0].number
        size = int(RATE * PAUSE)
        for start in range(0, len(sound), size):
            piece = sound[start : start + size]
            self.pipeline.hear(AudioChunk(piece, time.monotonic() - PAUSE))
            await asyncio.sleep(0)
        self.release()
        await self.speak(0.1, 0.0, real_time=True)
        await asyncio.wait_for(self.pipeline.idle.wait(), PATIENCE_S)
        return number

    def written(self) -> str:
        """What was written since the last time."""
        return self.screen.windows.pop("editor", "")


@asynccontextmanager
async def living(folder: Path, **changes: object) -> AsyncIterator[Life]:
    changes = {"deadline_s": DEADLINE_S, "tail_ms": 40, **changes}
    made = mini_onnx if changes.get("use") == "onnx" else mini_model
    life = Life(folder, made.settings(**changes))
    try:
        await life.engine.start()
        yield life
    finally:
        await life.pipeline.drain(0)
        await life.engine.stop()
        life.journal_executor.submit(life.journal.close)
        await asyncio.to_thread(life.journal_executor.shutdown)


@pytest.fixture(scope="module")
def python(fork_server: str) -> Iterator[None]:
    """Engine processes are forked, and one that loads for ever is found out soon."""
    original = EngineProcess.kill

    async def kill(child: EngineProcess) -> None:
        await original(child)
        await until(lambda: not serves(child.socket))

    with pytest.MonkeyPatch.context() as m:
        m.setattr("sys.executable", fork_server)
        m.setattr(EngineProcess, "kill", kill)
        for module in (control, supervisor):
            m.setattr(module, "LOADING_S", LOADING_S)
        yield
    assert not [command for command in children().values() if b"engines.worker" in command]


LASTING = [
    Fault("in the restore", "no device memory"),
    Fault("in the restore", "killed"),
    Fault("at the first feed", "device lost"),
    Fault("in the encoder's last step", "hung"),
]
"""Faults that come again in the fresh process."""


async def ends_with_the_next_best_engine(folder: Path, fault: Fault) -> None:
    async with living(folder, use="auto") as life:
        number = await life.say(SOUND)
        assert "train" in life.written().lower()
        assert await life.state(number) is EntryState.DELIVERED
        info = life.engine.info
        assert (info.name, life.engine.state) == ("pocketsphinx", "ready")
        assert any("nemotron was given up" in note for note in info.notes)


async def keeps_the_sound(folder: Path, fault: Fault) -> None:
    async with living(folder) as life:
        number = await life.say(SOUND)
        assert life.written() == ""
        assert await life.state(number) is EntryState.HELD
        (told,) = [line for line in life.observer.told if not line.endswith("in the field")]
        assert SAYS[fault.kind] in told
        if fault.point in LOADING:
            await until(lambda: life.engine.state == "failed")
            assert SAYS[fault.kind] in life.engine.message
        life.faults.unlink()
        assert await life.replay.paste(number) is Receipt.DELIVERED
        assert "train" in life.written().lower()
        assert life.engine.info.name == "nemotron"


def each(
    folder: Path, what: Callable[[Path, Fault], Coroutine[Any, Any, None]], faults: list[Fault]
) -> None:
    """Do this with each fault. They wait beside each other."""

    async def main() -> None:
        async with asyncio.TaskGroup() as lives:
            for home, fault in zip(homes, faults, strict=True):
                lives.create_task(what(home, fault), name=str(fault))

    homes = [folder / str(number) for number in range(len(faults))]
    for home, fault in zip(homes, faults, strict=True):
        home.mkdir()
        (home / "faults").write_text(f"{ALWAYS}{fault}")
    asyncio.run(main())


@pytest.mark.fault("D1", "D2", "D4", "D8")
def test_what_comes_again_ends_with_the_next_best_engine(python: None, tmp_path: Path) -> None:
    each(tmp_path, ends_with_the_next_best_engine, LASTING)


@pytest.mark.fault("D1", "D2", "D4", "D8")
def test_what_comes_again_in_an_engine_that_was_named_keeps_the_sound(
    python: None, tmp_path: Path
) -> None:
    """Once it works again, the sound becomes the text that it was."""
    each(tmp_path, keeps_the_sound, LASTING)


@pytest.mark.fault("D2")
def test_hotwords_that_break_the_device_cost_a_process_and_no_dictation(
    python: None, tmp_path: Path
) -> None:
    async def main() -> None:
        async with living(tmp_path) as life:
            await until(lambda: life.engine.state == "ready")
            life.faults.write_text("in the hotwords: device lost")
            with pytest.raises(EngineLost, match="CUDA error: unknown error"):
                await life.engine.prepare(Hotwords())
            await life.say(SOUND)
            assert "train" in life.written().lower()
            assert life.engine.supervisor.run == 2

    asyncio.run(main())


async def suffer(life: Life, fault: Fault, text: str) -> float:
    """Say something while this happens: the seconds from the press to the text."""
    link = life.engine
    link.supervisor.ensure_running()
    await until(lambda: link.state == "ready")
    run = link.supervisor.run
    life.faults.write_text(str(fault))
    if fault.point in LOADING:
        link.supervisor.restart(run, "the test wants it to load")
    pressed = time.monotonic()
    number = await life.say(SOUND)
    took_s = time.monotonic() - pressed
    assert life.faults.read_text() == "", "it did not happen"
    # All write into one window.
    assert life.written().removeprefix(" ") == text
    assert await life.state(number) is EntryState.DELIVERED
    assert link.supervisor.run == run + (2 if fault.point in LOADING else 1)
    return took_s


@pytest.fixture(scope="module")
def outcomes(
    python: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Fault, Future[float]]]:
    """All of them happen, in lives beside each other."""
    folder = tmp_path_factory.mktemp("lives")
    mini_onnx.path()  # made before the loop runs, which must not block
    found: dict[Fault, Future[float]] = {fault: Future() for fault in (*FAULTS, *ONNX_FAULTS)}
    of_nemotron, of_onnx = list(reversed(FAULTS)), list(reversed(ONNX_FAULTS))

    async def live(number: int, use: str, waiting: list[Fault]) -> None:
        async with living(folder / str(number), use=use) as life:
            await life.say(SOUND)
            text = life.written()
            assert "train" in text.lower()
            while waiting:
                fault = waiting.pop()
                try:
                    took_s = await asyncio.wait_for(suffer(life, fault, text), PATIENCE_S)
                except (Exception, AssertionError) as error:
                    found[fault].set_exception(error)
                    life.faults.unlink(missing_ok=True)
                    life.written()
                else:
                    found[fault].set_result(took_s)

    async def main() -> None:
        try:
            nemotron = [live(number, "nemotron", of_nemotron) for number in range(AT_ONCE)]
            onnx = [live(AT_ONCE + number, "onnx", of_onnx) for number in range(2)]
            await asyncio.gather(*nemotron, *onnx)
        finally:
            for fault in (*of_nemotron, *of_onnx):
                found[fault].cancel()

    with ThreadPoolExecutor(1) as pool, pytest.MonkeyPatch.context() as monkeypatch:
        # One fault after the other would count as a crash loop.
        monkeypatch.setattr(supervisor, "STEADY_S", 0.0)
        all_of_them = pool.submit(asyncio.run, main())
        yield found
        all_of_them.result()


def of(*kinds: str) -> pytest.MarkDecorator:
    """All faults of these kinds."""
    chosen = [fault for fault in (*FAULTS, *ONNX_FAULTS) if fault.kind in kinds]
    return pytest.mark.parametrize("fault", chosen, ids=lambda fault: fault.id)


Outcomes = dict[Fault, Future[float]]
Record = Callable[[str, object], None]


@pytest.mark.fault("D1")
@of("no device memory", "no memory")
def test_without_memory_the_text_comes_once(
    outcomes: Outcomes, fault: Fault, record_property: Record
) -> None:
    record_property("recovered_s", outcomes[fault].result())


@pytest.mark.fault("D2")
@of("device lost")
def test_after_the_device_was_lost_the_text_comes_once(
    outcomes: Outcomes, fault: Fault, record_property: Record
) -> None:
    record_property("recovered_s", outcomes[fault].result())


@pytest.mark.fault("D4")
@of("hung")
def test_of_an_engine_that_hangs_the_text_comes_once(
    outcomes: Outcomes, fault: Fault, record_property: Record
) -> None:
    record_property("recovered_s", outcomes[fault].result())


@pytest.mark.fault("D8")
@of("killed")
def test_of_an_engine_that_dies_the_text_comes_once(
    outcomes: Outcomes, fault: Fault, record_property: Record
) -> None:
    record_property("recovered_s", outcomes[fault].result())
