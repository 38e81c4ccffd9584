"""Takes in what the user saved: all of it, or, if any part of it cannot be used, none of it.

Strategy: all that may fail (choosing the speech detector and the outputs, starting engines) happens
before anything is replaced. Then every part gets the new settings at once. What was replaced ends
when no dictation can be in it any more. Each of the two files counts for itself: one with a
mistake, and one that is gone or empty, leaves what is in force, and does not hold the other back.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from dictate.app.engine_manager import Clients, EngineManager
from dictate.app.event_dispatcher import SPEECH, EventDispatcher
from dictate.app.output_manager import OutputManager, Outputs
from dictate.app.pipeline import Pipeline
from dictate.app.profiles import Profiles, make_profiles
from dictate.app.signals import Signal
from dictate.config import config_file
from dictate.config.profiles import engine_of, named, names_of, text_of
from dictate.config.schema import Settings, SpeechSettings
from dictate.config.sources import CommandLineOverrides, ConfigFiles, FilesRead
from dictate.engines.speed import Speed
from dictate.errors import ConfigError, DictateError, Unavailable, joined
from dictate.hotwords import calibration, hotwords_file
from dictate.microphone.supervisor import MicrophoneSupervisor
from dictate.platform.background import BackgroundTasks
from dictate.text import prepare
from dictate.translation import _
from dictate.vad import DETECTORS
from dictate.vad.segmenter import Segmenter

log = logging.getLogger(__name__)

MOST_CHANGES = 3
"""Maximum number of changed options that are listed when a file is saved; more are counted."""
FALLBACK = _("another detector is used instead")
"""Follows why the speech detector that was named does not work."""


@dataclass(frozen=True, slots=True)
class Configuration(FilesRead):
    """The contents of both files, with what the command line overrides."""

    unread: bool = False
    """Whether the settings are the defaults because config.toml could not be used since the
    start."""


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where a configuration comes from, at the start and at each reload."""

    files: ConfigFiles
    overrides: CommandLineOverrides

    @property
    def overridden(self) -> list[str]:
        """A line for each thing that the user's files do not decide."""
        return [*self.overrides.notes, *self.files.notes]

    async def read(
        self, in_force: Configuration | None = None, *, absent_is_default: bool = False
    ) -> Configuration:
        """Both files; see `ConfigFiles.read`. Raises ConfigError."""
        return await asyncio.to_thread(self._read, in_force, absent_is_default)

    def _read(self, in_force: Configuration | None, absent_is_default: bool) -> Configuration:  # noqa: FBT001
        read = self.files.read(self.overrides, in_force, absent_is_default=absent_is_default)
        # The phrases of a long list take a moment to sort: here, not in the first dictation.
        for name in names_of(read.settings):
            text, language = text_of(read.settings, name), engine_of(read.settings, name).language
            own = named(read.settings, name).replacements
            for hotwords in read.hotwords.uses(profile=name):
                prepare(hotwords.replacing(own), text, (language,))
        unread = self.files.config in read.problems and (in_force is None or in_force.unread)
        return Configuration(
            read.settings,
            read.hotwords,
            read.problems,
            read.has_hotwords_file,
            read.notes,
            read.calibrations,
            unread,
        )


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
        observer: EventDispatcher,
    ) -> None:
        self.configuration = configuration
        self.read_at = time.strftime("%H:%M:%S")
        """The time at which what is in force was read."""
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
        self._observer = observer
        self._reported: dict[Path, str] = {}
        """What was last reported of each file that is not used."""
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

    async def reload_or_report(self, *, again: bool = False, saved: bool = True) -> None:
        """Reload, and report to the user what went wrong, or that a file is in force that was
        `saved`. A mistake that is reported already is reported once more only if `again`."""
        if again:
            self._reported.clear()
        try:
            await self._reload(saved=saved)
        except DictateError as error:
            source = str(self._source.files.config)  # until a reload works
            self._observer.trouble(joined(str(error), _("the old settings stay")), source)

    def report_start(self) -> None:
        """Report to the user which files Dictate started without."""
        self._report_problems(self.configuration, _("Dictate started without this file"))

    async def reload(self, *, retry: bool = False) -> list[str]:
        """Read both files again and apply what changed; a line for each change. With `retry`, the
        user asked for it: a file that is gone or empty means the defaults, and engines that were
        given up are tried again.

        Raises DictateError. If that is a ConfigError, its lines say what is wrong and, with
        `retry`, what was applied all the same; otherwise nothing has changed.
        """
        if retry:
            self.retried()
        lines = await self._reload(retry=retry)
        problems = self.configuration.problems.values()
        if mistakes := [line for each in problems if not each.absent for line in each.lines]:
            applied = (
                [_("applied all the same: {line}").format(line=line) for line in lines]
                if retry
                else []
            )
            raise ConfigError([*mistakes, *applied])
        return lines

    async def _reload(self, *, retry: bool = False, saved: bool = False) -> list[str]:
        async with self._replacing:
            old = self.configuration
            new = await self._source.read(old, absent_is_default=retry)
            settings = config_file.changes(old.settings, new.settings)
            words = await asyncio.to_thread(hotwords_file.difference, old.hotwords, new.hotwords)
            lines = settings + words
            strengths = calibration.difference(old.calibrations, new.calibrations)
            lines = settings + words + strengths
            if retry:
                lines += [
                    _("the engine {name} is tried again").format(name=name)
                    for name in self._engines.excluded
                ]
            async with AsyncExitStack() as unused:
                segmenter, problem = self._pipeline.segmenter, None
                wanted = old.settings.speech != new.settings.speech
                if wanted or (retry and self._observer.has_trouble(SPEECH)):
                    segmenter, problem = await make_segmenter(new.settings.speech)
                if wanted and problem:
                    raise Unavailable(problem)
                if problem:
                    problem = joined(problem, FALLBACK)
                outputs = self._outputs.outputs
                if _outputs_differ(old.settings, new.settings):
                    outputs = await self._outputs.prepare(new.settings)
                    unused.push_async_callback(self._outputs.discard, outputs)
                engines = await self._engines.prepare(new.settings, retry=retry)
                unused.pop_all()
            loading = await self._apply(new, segmenter, outputs, engines)
            mended = self._report_problems(new, _("the old settings stay"))
            if problem:
                self._observer.trouble(problem, SPEECH)
                lines.append(problem)
            elif problem is not None and self._observer.has_trouble(SPEECH):
                self._observer.mended(SPEECH)
                lines.append(
                    _('speech.use = "{use}" works now').format(use=new.settings.speech.use)
                )
            self._report_taken(settings, words, mended, saved=saved)
            for note in new.notes:
                if note not in old.notes:
                    log.info("hotwords from %s", note)
        return lines + await loading

    def _report_taken(
        self, settings: list[str], words: list[str], mended: list[str], *, saved: bool
    ) -> None:
        """Acknowledge what is in force now: in the log, and if it was `saved` also to the user, who
        sees no other answer."""
        files, taken = self._source.files, dict.fromkeys(mended, _("used again"))
        if settings:
            few = len(settings) <= MOST_CHANGES
            taken[files.config.name] = (
                "; ".join(settings) if few else _("{count} changes").format(count=len(settings))
            )
        if words:
            taken[files.hotwords.name] = hotwords_file.summary(self.configuration.hotwords)
        for name, what in taken.items():
            log.info("%s read: %s", name, what)
        if settings or words:
            self.read_at = time.strftime("%H:%M:%S")
        if taken and saved and not self.configuration.problems:
            self._observer.saved("; ".join(f"{name}: {what}" for name, what in taken.items()))

    def _report_problems(self, read: Configuration, ending: str) -> list[str]:
        """Have the status show what is wrong with the files, and nothing that is mended; the names
        of the files that are mended."""
        mended = []
        for path in (self._source.files.config, self._source.files.hotwords):
            problem = read.problems.get(path)
            if problem is None:
                if self._observer.has_trouble(str(path)):
                    self._observer.mended(str(path))
                    mended.append(path.name)
                self._reported.pop(path, None)
                continue
            more = _(" (and {count} more: dictatectl check)").format(count=len(problem.lines) - 1)
            first = problem.lines[0] + more * (len(problem.lines) > 1)
            absent = _("the old settings stay until it is back, or until you run dictatectl reload")
            if self._reported.get(path) != first:
                self._reported[path] = first
                message = joined(first, absent if problem.absent else ending)
                self._observer.trouble(message, str(path))
        return mended

    async def replace_outputs(self) -> None:
        """Choose the outputs again: the desktop has come, gone or changed."""
        async with self._replacing:
            outputs = await self._outputs.prepare(self.settings)
            self._apply_outputs(self.settings, outputs)
            self._apply_profiles()

    async def choose_engine_again(self) -> Speed | None:
        """A model has come: have "auto" choose again. The next dictation uses the better engine,
        which is loaded and tested by then; one that is under way keeps its own. Returns the speed
        of the new engine, or None if none is better. Raises EngineError if it does not work."""
        in_use = self._engines.clients
        better = await self._engines.prepare_better(self.configuration.hotwords)
        if better is None:
            return None
        clients, speed = better
        async with AsyncExitStack() as unused:
            unused.push_async_callback(self._engines.discard, clients)
            async with self._replacing:
                if in_use != self._engines.clients:
                    return None  # a reload has replaced them meanwhile
                unused.pop_all()
                for client in self._engines.apply(self.settings, clients):
                    self._retire(client.stop)
                self._apply_profiles()
        await self._engines.load_hotwords(self.configuration.hotwords)
        return speed

    async def set_option(self, option: str, value: str) -> None:
        """Write one option ("microphone.device") into config.toml and reload. Raises DictateError,
        and then the settings in force are the old ones."""
        path = self._source.files.config
        await asyncio.to_thread(config_file.set_option, path, option, value)
        await self._reload()
        if problem := self.configuration.problems.get(path):
            raise ConfigError(list(problem.lines))

    async def close(self) -> None:
        """End at once what was replaced. Idempotent."""
        await self._retiring.cancel()

    async def _apply(
        self,
        new: Configuration,
        segmenter: Segmenter,
        outputs: Outputs,
        engines: Clients,
    ) -> asyncio.Task[list[str]]:
        """Use all of it; the task has the hotwords taken in."""
        # From here on nothing fails, and up to the microphone nothing waits.
        self.configuration = new
        self._apply_outputs(new.settings, outputs)
        for client in self._engines.apply(new.settings, engines):
            self._retire(client.stop)
        self._engines.calibrate(new.calibrations)
        self._apply_profiles()
        self._pipeline.apply(new.settings, segmenter)
        self.applied(new.settings)
        # Before the next dictation can begin.
        loading = asyncio.create_task(self._engines.load_hotwords(new.hotwords))
        await self._microphone.apply(new.settings.microphone)
        return loading

    def _apply_outputs(self, settings: Settings, outputs: Outputs) -> None:
        for output in self._outputs.apply(settings, outputs):
            self._retire(output.close)

    def _apply_profiles(self) -> None:
        settings, hotwords = self.configuration.settings, self.configuration.hotwords
        repairs = self._profiles.main.repairs
        found = make_profiles(settings, hotwords, self._engines, self._outputs, repairs)
        self._profiles.apply(found)
        self._outputs.changed()

    def _retire(self, end: Callable[[], Awaitable[None]]) -> None:
        async def when_idle() -> None:
            try:
                await self._pipeline.idle.wait()
            finally:
                await end()

        self._retiring.start(when_idle())


async def make_segmenter(settings: SpeechSettings) -> tuple[Segmenter, str]:
    """A segmenter with the detector that the settings choose, or, where that cannot work here, with
    another one; and why, or "". Raises Unavailable if none can."""

    def make() -> tuple[Segmenter, str]:
        problem, use = "", settings.use
        if use != "auto" and (reason := DETECTORS.why_not(use, settings)):
            use = "auto"
            problem = _('speech.use = "{use}" cannot work here: {reason}').format(
                use=settings.use, reason=reason
            )
        detector = DETECTORS.choose(use, settings)
        made = Segmenter(settings, detector.frame_samples, detector.likelihood, detector.reset)
        return made, problem

    return await asyncio.to_thread(make)


def _outputs_differ(old: Settings, new: Settings) -> bool:
    def wanted(settings: Settings) -> object:
        return settings.output, {each.output for each in settings.profile}

    return wanted(old) != wanted(new)
