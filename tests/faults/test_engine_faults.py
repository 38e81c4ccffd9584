"""Whatever the engine process does, each utterance gets its text once, or a clear error."""

import asyncio
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.engines.link import CRASHES, EngineLink
from dictate.errors import EngineError, EngineLost
from dictate.hotwords import Hotwords, Term
from tests.lab.engines import link, loud, script, spool, until
from tests.lab.engines import signal as send

NONE = Hotwords()
SOUND = loud(1.0)


class Spool:
    """Counts how often the whole sound was asked for."""

    asked = 0

    async def __call__(self) -> bytes:
        self.asked += 1
        return SOUND


def dictate(
    folder: Path,
    *lines: str,
    hurt: Callable[[EngineLink], Awaitable[None]] | None = None,
    deadline_s: float = 10.0,
) -> tuple[str, int, int]:
    """Feed half, hurt the engine, feed the rest: the text, how often the whole sound was asked
    for, and how many processes it took."""

    async def run() -> tuple[str, int, int]:
        whole = Spool()
        async with link(folder, script(folder, *lines), deadline_s) as engine:
            await until(lambda: engine.state == "ready")
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND[: len(SOUND) // 2])
            if hurt is not None:
                await hurt(engine)
            utterance.feed(SOUND[len(SOUND) // 2 :])
            final = await utterance.finish(whole)
            return final.text, whole.asked, engine.run

    return asyncio.run(run())


async def kill(engine: EngineLink) -> None:
    send(engine, signal.SIGKILL)


async def kill_later(engine: EngineLink) -> None:
    await asyncio.sleep(0.3)
    send(engine, signal.SIGKILL)


async def stop(engine: EngineLink) -> None:
    send(engine, signal.SIGSTOP)


@pytest.mark.parametrize("hurt", [kill, kill_later, stop])
def test_killed_or_stopped_while_the_user_speaks(
    tmp_path: Path, hurt: Callable[[EngineLink], Awaitable[None]]
) -> None:
    text, asked, processes = dictate(tmp_path, "said once", hurt=hurt, deadline_s=1.0)
    assert (text, processes) == ("said once", 2)
    assert asked == 1 or hurt is kill  # killed so early that nothing had been sent


@pytest.mark.parametrize(
    "fault",
    [
        *("hang", "hang feed", "crash", "crash feed", "garbage", "huge"),
        *("raise out of memory", "raise out of memory feed"),
    ],
)
def test_one_fault_is_healed(tmp_path: Path, fault: str) -> None:
    lines = (f"!{fault}", "said once", "and this is next")
    assert dictate(tmp_path, *lines, deadline_s=1.0) == ("said once", 1, 2)


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("hang", EngineLost, "hung for 1 s"),
        ("crash", EngineLost, "died"),
        ("garbage", EngineError, "nonsense"),
        ("huge", EngineError, "2000000 characters"),
        ("raise out of memory", EngineError, "out of memory"),
    ],
)
def test_a_fault_that_stays_is_an_error(
    tmp_path: Path, fault: str, error: type[EngineError], says: str
) -> None:
    async def run() -> None:
        lines = (f"!{fault}", f"!{fault}", "never said", "the next one")
        async with link(tmp_path, script(tmp_path, *lines), 1.0) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            with pytest.raises(error, match=says):
                await utterance.finish(spool(SOUND))
            following = engine.begin(2, NONE, None)
            following.feed(SOUND)
            assert (await following.finish(spool(SOUND))).text == "never said"

    asyncio.run(run())


def test_a_slow_engine_is_not_a_hung_one(tmp_path: Path) -> None:
    assert dictate(tmp_path, "!slow 1", "in the end", deadline_s=3.0) == ("in the end", 0, 1)


def test_a_silent_microphone_is_not_a_hung_engine(tmp_path: Path) -> None:
    async def silence(_: EngineLink) -> None:
        await asyncio.sleep(2.5)

    assert dictate(tmp_path, "text", hurt=silence, deadline_s=1.0) == ("text", 0, 1)


def test_killed_while_it_finishes(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, script(tmp_path, "!slow 5", "said once")) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            finishing = asyncio.create_task(utterance.finish(spool(SOUND)))
            await until(lambda: (tmp_path / "script.said").exists())
            send(engine, signal.SIGKILL)
            assert (await finishing).text == "said once"

    asyncio.run(run())


def test_killed_with_two_utterances_open(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, script(tmp_path, "first", "second")) as engine:
            await until(lambda: engine.state == "ready")
            utterances = [engine.begin(number, NONE, None) for number in (1, 2)]
            for utterance in utterances:
                utterance.feed(SOUND)
            await asyncio.sleep(0.3)
            send(engine, signal.SIGKILL)
            texts = [(await utterance.finish(spool(SOUND))).text for utterance in utterances]
            assert texts == ["first", "second"]
            assert engine.run == 2

    asyncio.run(run())


def test_killed_while_idle_it_comes_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, "pocketsphinx") as engine:
            await engine.prepare(Hotwords((Term("Claude Code"),)))
            send(engine, signal.SIGKILL)
            await until(lambda: engine.run == 2 and engine.state == "ready")
            assert await engine.prepare(Hotwords((Term("—"),))) != []

    asyncio.run(run())


def test_a_crash_loop_ends_and_the_next_press_tries_again(tmp_path: Path) -> None:
    async def run() -> None:
        async with link(tmp_path, script(tmp_path, "in the end")) as engine:
            for _ in range(CRASHES):
                await until(lambda: engine.state == "ready")
                send(engine, signal.SIGKILL)
                await until(lambda: engine.state != "ready")
            await until(lambda: engine.state == "failed")
            assert "killed by signal 9" in engine.message
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            assert (await utterance.finish(spool(SOUND))).text == "in the end"

    asyncio.run(run())


def test_what_whole_raises_comes_through(tmp_path: Path) -> None:
    async def run() -> None:
        async def gone() -> bytes:
            raise FileNotFoundError("the spool is gone")

        async with link(tmp_path, script(tmp_path, "!crash", "text")) as engine:
            utterance = engine.begin(1, NONE, None)
            utterance.feed(SOUND)
            with pytest.raises(FileNotFoundError, match="the spool is gone"):
                await utterance.finish(gone)

    asyncio.run(run())
