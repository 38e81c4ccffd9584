"""The best engine cannot be used after all: one more try in a fresh process, then the next best,
which also transcribes what was said meanwhile."""

import asyncio
import os
import signal
from pathlib import Path

import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.events import FinalTranscript, pcm_from_samples
from dictate.hotwords.model import Hotwords
from tests.lab import mini_model
from tests.lab.daemon import wait_for
from tests.lab.engine import Whole, attempts, until
from tests.lab.scripted import home
from tests.lab.voices import read

pytestmark = [pytest.mark.timeout(240), pytest.mark.usefixtures("forked_engine_processes")]

TRAIN = Path(__file__).parents[1] / "audio" / "train.wav"
PATIENCE_S = 200.0
GIVEN_UP = "engine nemotron: given up"


async def said(engine: EngineClient, pcm: bytes) -> FinalTranscript:
    utterance = engine.begin(1, Hotwords(), "en")
    utterance.feed(pcm)
    return await utterance.finish(Whole(pcm))


async def kill_while_it_hears(engine: EngineClient, run: int) -> None:
    await until(lambda: engine.supervisor.run == run and bool(attempts(engine)))
    assert engine.supervisor.pid is not None
    os.kill(engine.supervisor.pid, signal.SIGKILL)
    await until(lambda: engine.supervisor.run > run)


def auto(model: Path) -> EngineSettings:
    return EngineSettings(use="auto", model=str(model), trust_model=True, deadline_s=60)


@pytest.mark.fault("D5")
def test_a_model_that_does_not_load_gives_way_and_nothing_said_is_lost(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(b"no model")
    pcm = pcm_from_samples(read(TRAIN))

    async def main() -> None:
        engine = EngineClient(auto(broken), tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await engine.start()
            try:
                final = await said(engine, pcm)
                assert "train" in final.text.lower()
                assert engine.info.name == "pocketsphinx"
                assert engine.supervisor.run == 3, "two processes for the broken one"
                assert any("nemotron was given up" in note for note in engine.info.notes)
            finally:
                await engine.stop()

    asyncio.run(main())


@pytest.mark.fault("D8")
def test_an_engine_that_dies_of_an_utterance_twice_gives_way_to_the_next(tmp_path: Path) -> None:
    pcm = pcm_from_samples(read(TRAIN))

    async def main() -> None:
        engine = EngineClient(auto(mini_model.MINI), tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await engine.start()
            try:
                await until(lambda: engine.state == "ready")
                assert engine.info.name == "nemotron"
                speaking = asyncio.create_task(said(engine, pcm))
                await kill_while_it_hears(engine, run=1)
                await kill_while_it_hears(engine, run=2)
                final = await speaking
                assert "train" in final.text.lower()
                assert engine.info.name == "pocketsphinx"
            finally:
                await engine.stop()

    asyncio.run(main())


@pytest.mark.fault("D5")
def test_an_engine_that_was_asked_for_by_name_is_not_replaced(tmp_path: Path) -> None:
    broken = tmp_path / "broken.nemo"
    broken.write_bytes(b"no model")

    async def main() -> None:
        settings = mini_model.settings(model=str(broken))
        engine = EngineClient(settings, tmp_path / "e")
        async with asyncio.timeout(PATIENCE_S):
            await engine.start()
            try:
                await until(lambda: engine.state == "failed")
                assert "cannot be loaded" in engine.message
            finally:
                await engine.stop()

    asyncio.run(main())


@pytest.mark.fault("D3")
def test_a_reload_tries_it_again(tmp_path: Path) -> None:
    """It may work by now: a card that was lost is back, or its memory is free."""
    with home(tmp_path) as user:
        wanted = f'use = "auto"\nmodel = "{mini_model.MINI}"\ntrust_model = true\ndevice = "cuda"\n'
        user.env["CUDA_VISIBLE_DEVICES"] = ""
        user.settings = user.settings.replace(f'use = "scripted:{user.says}"\n', wanted)
        with user.daemon() as daemon:

            def next_best() -> bool:
                status = daemon.status()
                return (status["engine"], status["engine_state"]) == ("pocketsphinx", "ready")

            wait_for(next_best, "the next best engine is ready", 100)
            assert "nemotron was given up: no NVIDIA card" in daemon.status()["engine_notes"]
            assert daemon.logged().count(GIVEN_UP) == 1
            assert "the engine nemotron is tried again" in daemon.ctl("reload").stdout
            wait_for(next_best, "the next best engine is ready again", 100)
            assert daemon.logged().count(GIVEN_UP) == 2


@pytest.mark.fault("D5")
def test_status_says_why_an_engine_cannot_be_used(tmp_path: Path) -> None:
    with home(tmp_path) as user:
        wanted = f'use = "nemotron"\nmodel = "{mini_model.MINI}"\ntrust_model = false\n'
        user.settings = user.settings.replace(f'use = "scripted:{user.says}"\n', wanted)
        with user.daemon() as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "failed", "it failed", 60)
            assert "trust_model" in daemon.status()["engine_notes"]
            assert "trust_model" in daemon.ctl("status").stdout
