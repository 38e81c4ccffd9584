"""Dictations with a remote engine that has a local fallback."""

import asyncio
from dataclasses import replace
from pathlib import Path

from dictate.config.schema import EngineSettings
from dictate.engines.link import EngineClient
from dictate.hotwords.model import Hotwords
from tests.lab.engine import PATIENCE_S, Whole, until
from tests.lab.scripted import script

HERE = "heard on this machine"
"""What the engine here hears, whatever is said."""


async def dictations(
    folder: Path, settings: EngineSettings, pcm: bytes, *expected: str, ready: bool = True
) -> tuple[EngineClient, list[int]]:
    """Dictate this sound once for each text that is expected; the link, and how often the whole
    sound was asked for in each."""
    fallback = f"scripted:{script(folder / 'here', HERE, HERE)}"
    link = EngineClient(replace(settings, fallback=fallback), folder / "e")
    asked = []
    async with asyncio.timeout(6 * PATIENCE_S):
        await link.start()
        try:
            await until(lambda: link.state == ("ready" if ready else "failed"))
            for number, text in enumerate(expected):
                whole = Whole(pcm)
                utterance = link.begin(number, Hotwords(), "en")
                utterance.feed(pcm)
                assert (await utterance.finish(whole)).text == text
                asked.append(whole.asked)
        finally:
            await link.stop()
    return link, asked
