"""The best engine cannot be used after all: one more try in a fresh process, then the next best,
and what was said meanwhile is heard by that one."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from dictate.config import EngineSettings
from dictate.engines.link import EngineLink
from dictate.events import Final, pcm_from_samples
from dictate.hotwords import Hotwords
from tests.lab import mini_model
from tests.lab.engine import Whole, until
from tests.lab.voices import read

pytestmark = pytest.mark.timeout(240)

TRAIN = Path(__file__).parents[1] / "audio" / "train.wav"
PATIENCE_S = 200.0


@pytest.fixture(autouse=True)
def nemo() -> None:
    mini_model.engine()  # skips where NeMo is missing, and says so


async def said(link: EngineLink, pcm: bytes) -> Final:
    utterance = link.begin(1, Hotwords(), "en")
    utterance.feed(pcm)
    return await utterance.finish(Whole(pcm))


async def kill_while_it_hears(link: EngineLink, run: int) -> None:
    await until(lambda: link.run == run and bool(link.exchanges))
    assert link.pid is not None
    os.kill(link.pid, signal.SIGKILL)
    await until(lambda: link.run > run)


def auto(model: Path) -> EngineSettings:
    return EngineSettings(use="auto", model=str(model), trust_model=True, deadline_s=60)


def test_a_model_that_does_not_load_gives_way_and_nothing_said_is_lost(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(b"no model")
    pcm = pcm_from_samples(read(TRAIN))

    async def main() -> None:
        link = EngineLink(auto(broken), tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await link.start()
            try:
                final = await said(link, pcm)
                assert "train" in final.text.lower()
                assert link.info.name == "pocketsphinx"
                assert link.run == 3, "two processes for the broken one"
                assert any("nemotron was given up" in note for note in link.info.notes)
            finally:
                await link.stop()

    asyncio.run(main())


def test_an_engine_that_dies_of_an_utterance_twice_gives_way_to_the_next(tmp_path: Path) -> None:
    pcm = pcm_from_samples(read(TRAIN))

    async def main() -> None:
        link = EngineLink(auto(mini_model.MINI), tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await link.start()
            try:
                await until(lambda: link.state == "ready")
                assert link.info.name == "nemotron"
                speaking = asyncio.create_task(said(link, pcm))
                await kill_while_it_hears(link, run=1)
                await kill_while_it_hears(link, run=2)
                final = await speaking
                assert "train" in final.text.lower()
                assert link.info.name == "pocketsphinx"
            finally:
                await link.stop()

    asyncio.run(main())


def test_an_engine_that_was_asked_for_by_name_is_not_replaced(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(b"no model")

    async def main() -> None:
        settings = mini_model.settings(model=str(broken))
        link = EngineLink(settings, tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await link.start()
            try:
                await until(lambda: link.state == "failed")
                assert "cannot be loaded" in link.message
            finally:
                await link.stop()

    asyncio.run(main())
