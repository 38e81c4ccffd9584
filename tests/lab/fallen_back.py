"""Dictations with a remote engine that has a fallback."""

import asyncio
from dataclasses import replace
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.hotwords.model import Hotwords
from tests.lab.engine import PATIENCE_S, Whole, until
from tests.lab.scripted import script

HERE = "heard on this machine"
"""The transcript of the fallback engine, whatever is said."""


async def dictations(
    folder: Path, settings: EngineSettings, pcm: bytes, *expected: str, ready: bool = True
) -> tuple[EngineClient, list[int]]:
    """Dictate this sound once for each expected text; the engine, and for each the number of calls
    for the whole sound."""
    fallback = f"scripted:{script(folder / 'here', HERE, HERE)}"
    engine = EngineClient(replace(settings, fallback=fallback), folder / "e")
    asked = []
    async with asyncio.timeout(6 * PATIENCE_S):
        await engine.start()
        try:
            await until(lambda: engine.state == ("ready" if ready else "failed"))
            for number, text in enumerate(expected):
                whole = Whole(pcm)
                utterance = engine.begin(number, Hotwords(), "en")
                utterance.feed(pcm)
                assert (await utterance.finish(whole)).text == text
                asked.append(whole.asked)
        finally:
            await engine.stop()
    return engine, asked
