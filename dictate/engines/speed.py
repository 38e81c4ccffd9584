"""How fast an engine is on this machine: a sentence recognized twice, and timed."""

import asyncio
import contextlib
import os
from dataclasses import dataclass
from typing import Final

from dictate.config.schema import EngineSettings
from dictate.engines.client import EngineClient
from dictate.engines.protocol import EngineState
from dictate.engines.self_test import check_sound
from dictate.errors import EngineError
from dictate.events import pcm_from_samples
from dictate.hotwords.model import Hotwords
from dictate.models.catalogue import Model
from dictate.models.speed import REAL_TIME_RTF, describe_speed
from dictate.platform import paths
from dictate.translation import _

RUNS: Final = 2
"""Number of times that the sentence is recognized; the fastest counts, because other programs may
run meanwhile."""
PATIENCE_S: Final = 120.0
"""Seconds without progress, after which an engine under test counts as hung."""


@dataclass(frozen=True, slots=True)
class Speed:
    """What was measured."""

    rtf: float
    """Real-time factor: seconds of work for a second of sound."""
    device: str
    """For people: "NVIDIA GB10", "cpu"."""
    model: str
    """The model that was measured."""

    @property
    def is_real_time(self) -> bool:
        """Whether it keeps up with the voice."""
        return self.rtf <= REAL_TIME_RTF

    def __str__(self) -> str:
        return describe_speed(self.rtf, self.device)


async def load(client: EngineClient) -> None:
    """Wait until an engine that was started is loaded. Raises EngineError if it does not load."""
    with contextlib.suppress(TimeoutError):
        await client.supervisor.until_settled()
    if client.state is not EngineState.READY:
        raise EngineError(client.message or _("the engine does not start"))


async def measure(client: EngineClient) -> Speed:
    """Time an engine that is loaded. Raises EngineError if it recognizes nothing of an English
    sentence, or fails and a different engine serves instead."""
    pcm = pcm_from_samples(await asyncio.to_thread(check_sound))
    name, fastest = client.info.name, float("inf")

    async def whole() -> bytes:
        return pcm

    for __ in range(RUNS):
        utterance = client.begin(0, Hotwords(), None)
        utterance.feed(pcm)
        try:
            final = await utterance.finish(whole)
        except BaseException:
            utterance.cancel()
            raise
        english = client.settings.language.lower().startswith("en")
        if client.info.name != name or (english and not final.text):
            raise EngineError(_("the engine {name} recognized nothing in a test").format(name=name))
        fastest = min(fastest, client.info.rtf)
    return Speed(fastest, client.info.device, client.info.model)


def measure_model(model: Model) -> Speed:
    """Time a downloaded model in an engine process of its own. It blocks. Raises DictateError."""
    settings = EngineSettings(use=model.engine, model=model.name, deadline_s=PATIENCE_S)

    async def run() -> Speed:
        folder = await asyncio.to_thread(paths.safe_dir, paths.runtime_dir())
        client = EngineClient(settings, folder / f"speed-{os.getpid()}.sock")
        await client.start()
        try:
            await load(client)
            return await measure(client)
        finally:
            await client.stop()

    return asyncio.run(run())
