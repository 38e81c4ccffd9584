"""Has a language model polish the texts of dictations: before they are written, or after.

The raw text is always in the journal first. Whatever fails, it stays, or is written: a server that
is down, a model that lies, a user who types meanwhile. Why is in the log and in the journal, by the
name of the guard.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Protocol

from dictate.app.dictation import Dictation
from dictate.app.journal_thread import JournalThread
from dictate.app.output_writer import NOT_LAST, OutputWriter
from dictate.app.signals import Signal
from dictate.chat.editor import TextEditor
from dictate.chat.guards import Rejected, is_long_enough
from dictate.config.schema import TextSettings
from dictate.errors import ChatError, DeliveryUnsure, NotDelivered
from dictate.hotwords.model import Hotwords
from dictate.journal.journal import Journal
from dictate.outputs import Output
from dictate.platform.background import BackgroundTasks, ignore_exception
from dictate.text import polish as in_style
from dictate.translation import _

log = logging.getLogger(__name__)

SOURCE: Final = "polish"
"""Of its troubles."""


class Observer(Protocol):
    """Who is told what comes of it; see `EventDispatcher`."""

    def held(self, number: int, reason: str) -> None: ...

    def trouble(self, message: str, source: str = ...) -> None: ...

    def mended(self, source: str) -> None: ...

    def has_trouble(self, source: str) -> bool: ...


@dataclass(slots=True)
class _Job:
    """A text that the model has."""

    raw: str
    work: asyncio.Task[str]
    later: bool
    """Whether the raw text is written first."""


class Polishing:
    """All methods belong on the loop."""

    def __init__(
        self,
        editor: TextEditor,
        journal: JournalThread,
        writer: OutputWriter,
        observer: Observer,
        acted_at: Callable[[], Sequence[float]],
    ) -> None:
        """`acted_at` returns the monotonic seconds of the user's last actions, each maybe by a
        key."""
        self.replacing = Signal[int]()
        """The written text of this dictation is about to be replaced."""
        self._editor = editor
        self._journal = journal
        self._writer = writer
        self._observer = observer
        self._acted_at = acted_at
        self._jobs: dict[int, _Job] = {}
        self._refused: dict[int, str] = {}
        """Why a text that is not written yet stays raw."""
        self._background = BackgroundTasks(log)

    async def before(self, dictation: Dictation, application: str) -> str:
        """The polished text, if it is known before the text is written; empty if the raw text is to
        be written. Later it may be replaced. Never raises."""
        number, raw, profile = dictation.number, dictation.text, dictation.profile
        if not profile.text.polish or not is_long_enough(raw):
            return ""
        if profile.text.code or dictation.has_snippet:
            return ""  # it is as the user wants it to the letter
        hotwords = profile.hotwords_in(application)
        language = dictation.fitting.language
        work = asyncio.create_task(self._polished(raw, hotwords, language, profile.text))
        ignore_exception(work)
        # What was sent with Enter cannot be replaced.
        may_wait = _takes_back(profile.output) and not profile.sends
        later = self._editor.settings.when == "after" and may_wait
        self._jobs[number] = _Job(raw, work, later)
        if later:
            return ""
        await asyncio.wait({work})
        try:
            polished = self._outcome(number)
        except ChatError as error:
            self._refused[number] = str(error)
            return ""
        if polished:
            self._journal.submit(Journal.polished, number, polished)
        return polished

    def cancel(self, number: int) -> None:
        """This text is not wanted polished any more."""
        self._refused.pop(number, None)
        if (job := self._jobs.get(number)) is not None:
            job.work.cancel()
            if job.later:
                del self._jobs[number]

    def written(self, number: int) -> None:
        """The text of this dictation was written."""
        for before in [each for each, job in self._jobs.items() if each < number and job.later]:
            # It cannot be replaced any more, and the next text waits for the model.
            self.cancel(before)
            self._journal.submit(Journal.not_polished, before, NOT_LAST)
        if why := self._refused.pop(number, ""):
            self._journal.submit(Journal.not_polished, number, why)
        if (job := self._jobs.get(number)) is not None:
            self._background.start(self._replace(number, job.work))

    def forgotten(self, number: int | None) -> None:
        """The user had this dictation deleted, or all (None)."""
        for one in list(self._jobs) if number is None else [number]:
            self.cancel(one)

    async def close(self) -> None:
        """Idempotent."""
        for number in list(self._jobs):
            self.cancel(number)
        await self._background.cancel()

    async def _polished(
        self, raw: str, hotwords: Hotwords, language: str | None, settings: TextSettings
    ) -> str:
        """The polished text in the style of these settings. Raises ChatError."""
        polished = await self._editor.polish(raw, hotwords, language)
        if settings.punctuation == "full":
            return polished
        # The terms keep their letters, and all else was done to the raw text.
        terms = replace(hotwords, replacements=(), replacements_in=(), commands=())
        style = TextSettings(
            spoken_punctuation="off", spoken_newlines=False, punctuation=settings.punctuation
        )
        lines = polished.split("\n")
        return "\n".join(in_style(line, terms, style, language=language) for line in lines)

    def _outcome(self, number: int) -> str:
        """The polished text of a job that is done; empty if none is to be written. Raises ChatError
        if the raw text stays."""
        job = self._jobs.pop(number, None)
        if job is None or job.work.cancelled():
            return ""
        try:
            polished = job.work.result()
        except ChatError as error:
            log.info("dictation %d is not polished: %s", number, error)
            # A guard does its work; a server that fails is a trouble, once.
            if not isinstance(error, Rejected) and not self._observer.has_trouble(SOURCE):
                self._observer.trouble(_("not polished: {error}").format(error=error), SOURCE)
            raise
        except Exception as error:
            log.exception("dictation %d is not polished", number)
            raise ChatError(_("{error}, see the log").format(error=type(error).__name__)) from error
        self._observer.mended(SOURCE)
        return "" if polished == job.raw else polished

    async def _replace(self, number: int, work: asyncio.Task[str]) -> None:
        await asyncio.wait({work})
        try:
            if not (polished := self._outcome(number)):
                return
            self.replacing(number)
            await self._writer.replace(number, polished, self._acted_at())
        except (ChatError, NotDelivered) as error:
            self._journal.submit(Journal.not_polished, number, str(error))
        except DeliveryUnsure as error:
            self._observer.held(number, str(error))
        else:
            log.info("dictation %d is polished", number)


def _takes_back(output: Output) -> bool:
    """Whether this output can take a text back at all."""
    return type(output).undo is not Output.undo
