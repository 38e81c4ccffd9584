"""How fast an engine is, measured with a sentence in a process of its own."""

import asyncio
from pathlib import Path

import pytest

from dictate.engines.speed import Speed, load, measure
from dictate.errors import EngineError
from dictate.models.speed import describe_speed
from tests.lab.engine import running

pytestmark = pytest.mark.usefixtures("forked_engine_processes")


def test_a_loaded_engine_is_timed(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), running(tmp_path, "any text") as engine:
            await load(engine)
            speed = await measure(engine)
            assert 0 < speed.rtf < 1
            assert speed.is_real_time

    asyncio.run(main())


def test_an_engine_that_fails_has_no_speed(tmp_path: Path) -> None:
    async def main() -> None:
        lines = ("!raise no memory", "!raise no memory", "any text")
        async with asyncio.timeout(60), running(tmp_path, *lines) as engine:
            await load(engine)
            with pytest.raises(EngineError, match="RuntimeError at fake_engine"):
                await measure(engine)

    asyncio.run(main())


def test_an_engine_that_does_not_load_says_why(tmp_path: Path) -> None:
    async def main() -> None:
        async with asyncio.timeout(60), running(tmp_path, "# no line to speak") as engine:
            with pytest.raises(EngineError, match="has no line to speak"):
                await load(engine)

    asyncio.run(main())


@pytest.mark.parametrize(
    ("rtf", "device", "said"),
    [
        (0.371, "cpu", "real time (0.37 s of work for a second of sound on cpu)"),
        (0.8, "", "real time (0.80 s of work for a second of sound)"),
        (1.31, "cpu", "slower than speech (1.31 s of work for a second of sound on cpu)"),
    ],
)
def test_a_speed_in_words(rtf: float, device: str, said: str) -> None:
    assert describe_speed(rtf, device) == str(Speed(rtf, device, "")) == said
