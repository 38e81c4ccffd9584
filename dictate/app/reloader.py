"""Takes in what the user saved: all of it, or, if any part of it cannot be used, none of it.

Strategy: all that may fail (reading the files, choosing the speech detector and the outputs,
starting engines) happens before anything is replaced. Then every part gets the new settings at
once. What was replaced ends when no dictation can be in it any more.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from dictate.app.engine_manager import EngineManager, EnginePair
from dictate.app.output_manager import OutputManager, OutputPair
from dictate.app.pipeline import Pipeline
from dictate.app.profiles import Profile, Profiles
from dictate.app.signals import Signal
from dictate.config import config_file
from dictate.config.schema import Settings, SpeechSettings
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.errors import ConfigError, DictateError, joined
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import Hotwords
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.platform.background import BackgroundTasks
from dictate.text import prepare
from dictate.vad import DETECTORS
from dictate.vad.segmenter import Segmenter

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Configuration:
    """The contents of both files, with what the command line overrides."""

    settings: Settings
    hotwords: Hotwords


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where a configuration comes from, at the start and at each reload."""

    files: ConfigFiles
    overrides: CommandLineOverrides

    @property
    def overridden(self) -> list[str]:
        """A line for each thing that the user's files do not decide."""
        return [*self.overrides.notes, *self.files.notes]

    async def read(self) -> Configuration:
        """Both files. Raises ConfigError."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> Configuration:
        settings, hotwords = self.files.read(self.overrides)
        # The phrases of a long list take a moment to sort: here, not in the first dictation.
        languages = settings.engine.language, settings.second.language or settings.engine.language
        prepare(hotwords, settings.text, languages)
        return Configuration(settings, hotwords)


class Reloader:
    """Holds the configuration in force. All methods belong on the loop."""

    def __init__(
        self,
        source: ConfigSource,
        configuration: Configuration,
        *,
        engines: EngineManager,
        outputs: OutputManager,
        profiles: Profiles,
        microphone: MicrophoneSupervisor,
        pipeline: Pipeline,
        on_trouble: Callable[[str], None],
    ) -> None:
        """`on_trouble` receives one line for the user."""
        self.configuration = configuration
        self.applied = Signal[Settings]()
        """These settings are in force from now on."""
        self.retried = Signal[[]]()
        """The user asked for a reload: what was given up gets another try."""
        self._source = source
        self._engines = engines
        self._outputs = outputs
        self._profiles = profiles
        self._microphone = microphone
        self._pipeline = pipeline
        self._on_trouble = on_trouble
        self._replacing = asyncio.Lock()
        self._retiring = BackgroundTasks(log)

    @property
    def settings(self) -> Settings:
        """The settings in force."""
        return self.configuration.settings

    @property
    def overridden(self) -> list[str]:
        """See `ConfigSource.overridden`."""
        return self._source.overridden

    @property
    def hotwords_file(self) -> Path:
        """The file whose hotwords are in force."""
        return self._source.files.hotwords_in_force

    async def reload_or_report(self) -> None:
        """Reload, and report to the user what went wrong."""
        try:
            await self.reload()
        except DictateError as error:
            problems = error.problems if isinstance(error, ConfigError) else [str(error)]
            rest = f" (and {len(problems) - 1} more: dictatectl check)" if problems[1:] else ""
            self._on_trouble(joined(f"{problems[0]}{rest}", "the old settings stay"))

    async def reload(self, *, retry: bool = False) -> list[str]:
        """Read both files again and apply what changed; a line for each change. With `retry`,
        engines that were given up are tried again.

        Raises DictateError, and then nothing has changed.
        """
        if retry:
            self.retried()
        async with self._replacing:
            new = await self._source.read()
            old = self.configuration
            lines = config_file.changes(old.settings, new.settings)
            lines += hotwords_file.difference(old.hotwords, new.hotwords)
            if retry:
                lines += [f"the engine {name} is tried again" for name in self._engines.excluded]
            async with AsyncExitStack() as unused:
                segmenter = self._pipeline.segmenter
                if old.settings.speech != new.settings.speech:
                    segmenter = await make_segmenter(new.settings.speech)
                outputs = OutputPair(self._outputs.main, self._outputs.second, self._outputs.notes)
                if _outputs_differ(old.settings, new.settings):
                    outputs = await self._outputs.prepare(new.settings)
                    unused.push_async_callback(self._outputs.discard, outputs)
                engines = await self._engines.prepare(new.settings, retry=retry)
                unused.pop_all()
            await self._apply(new, segmenter, outputs, engines)
        return lines + await self._engines.load_hotwords(new.hotwords)

    async def replace_outputs(self) -> None:
        """Choose the outputs again: the desktop has come, gone or changed."""
        async with self._replacing:
            pair = await self._outputs.prepare(self.settings)
            self._apply_outputs(self.settings, pair)
            self._apply_profiles()

    async def set_option(self, option: str, value: str) -> None:
        """Write one option ("microphone.device") into config.toml and reload. Raises DictateError,
        and then the settings in force are the old ones."""
        path = self._source.files.config
        await asyncio.to_thread(config_file.set_option, path, option, value)
        await self.reload()

    async def close(self) -> None:
        """End at once what was replaced. Idempotent."""
        await self._retiring.cancel()

    async def _apply(
        self,
        new: Configuration,
        segmenter: Segmenter,
        outputs: OutputPair,
        engines: EnginePair,
    ) -> None:
        # From here on nothing fails, and up to the microphone nothing waits.
        self.configuration = new
        self._apply_outputs(new.settings, outputs)
        for client in self._engines.apply(new.settings, engines):
            self._retire(client.stop)
        self._apply_profiles()
        self._pipeline.apply(new.settings, segmenter)
        self.applied(new.settings)
        await self._microphone.apply(new.settings.microphone)

    def _apply_outputs(self, settings: Settings, pair: OutputPair) -> None:
        for output in self._outputs.apply(settings, pair):
            self._retire(output.close)

    def _apply_profiles(self) -> None:
        settings, hotwords = self.configuration.settings, self.configuration.hotwords
        pair = make_profiles(settings, self._engines, self._outputs)
        self._profiles.apply(settings, hotwords, *pair)

    def _retire(self, end: Callable[[], Awaitable[None]]) -> None:
        async def when_idle() -> None:
            try:
                await self._pipeline.idle.wait()
            finally:
                await end()

        self._retiring.start(when_idle())


def make_profiles(
    settings: Settings, engines: EngineManager, outputs: OutputManager
) -> tuple[Profile, Profile]:
    """The main profile and the second, of the engines and outputs of now."""
    language = settings.engine.language
    return (
        Profile(engines.main, language, outputs.main),
        Profile(engines.second, settings.second.language or language, outputs.second),
    )


async def make_segmenter(settings: SpeechSettings) -> Segmenter:
    """A segmenter with the detector that the settings choose. Raises Unavailable."""

    def make() -> Segmenter:
        detector = DETECTORS.choose(settings.use, settings)
        return Segmenter(settings, detector.frame_samples, detector.likelihood, detector.reset)

    return await asyncio.to_thread(make)


def _outputs_differ(old: Settings, new: Settings) -> bool:
    return (old.output, old.second.output) != (new.output, new.second.output)
