"""The two profiles: the engine, the language, the words and the output of a dictation."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from dictate.app.repair import MOST_LISTS, RepairStore
from dictate.config.schema import TextSettings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.language import utterance_language
from dictate.events import FinalTranscript, PartialTranscript
from dictate.hotwords.model import Hotwords
from dictate.outputs import Output
from dictate.platform.background import ignore_exception
from dictate.text import polish
from dictate.text.fit import Fitting
from dictate.text.repair import Repairs
from dictate.text.repair_list import wants_repair
from dictate.text.spelling import kept_spellings

FOCUS_S: Final = 0.05
"""Seconds in which an output must say what has the focus at the press, or the engine hears without
the terms of an application. X11 and Wayland take some milliseconds; the sound waits meanwhile."""


@dataclass(frozen=True, slots=True)
class Profile:
    """What hears a dictation and what writes it. A dictation keeps it from its press to its end,
    whatever is reloaded meanwhile: so no utterance mixes two lists of words."""

    engine: EngineClient
    language: str
    output: Output
    hotwords: Hotwords
    """The whole list."""
    text: TextSettings
    repair: str
    """`hotwords.repair` of the settings."""
    repairs: RepairStore
    second: bool = False

    def begin(
        self,
        number: int,
        on_partial: Callable[[PartialTranscript], None],
        application: str | None = None,
    ) -> UtteranceClient:
        """Begin an utterance at the engine. None for `application` means the one that has the focus
        now, if terms depend on it and the output says in time which one that is."""
        if self._wants_repair:
            for words in self.hotwords.uses(second=self.second)[:MOST_LISTS]:
                self.repairs.prepare(words)
        hotwords: Hotwords | asyncio.Task[Hotwords]
        if application is not None or not self.hotwords.by_application:
            hotwords = self.hotwords_in(application or "")
        else:
            hotwords = asyncio.create_task(self._hotwords_of_focus())
        return self.engine.begin(number, hotwords, self.language, on_partial)

    def polish(self, final: FinalTranscript, application: str) -> str:
        """The text as it is written into this application ("" if that is not known)."""
        hotwords = self.hotwords_in(application)
        repairs = self.repairs.get(hotwords) if self._wants_repair else None
        return self._polish(final, hotwords, repairs)

    def polish_without_terms(self, final: FinalTranscript, application: str) -> str:
        """The text as it would be if the list had no terms."""
        return self._polish(final, replace(self.hotwords_in(application), terms=()), None)

    def fitting(self, detected: str, application: str) -> Fitting:
        """How its texts are fitted in. `detected` is the language that the engine detected; empty
        if none."""
        language = utterance_language(self.language, detected, self.engine.info.languages)
        keeps = kept_spellings(self.hotwords_in(application), language)
        return Fitting(self.text.spacing, self.text.capitals, language, keeps)

    def _polish(self, final: FinalTranscript, hotwords: Hotwords, repairs: Repairs | None) -> str:
        known = self.engine.info.languages
        return polish(
            final.text,
            hotwords,
            self.text,
            language=utterance_language(self.language, final.language, known),
            punctuates=final.punctuates,
            audio_s=final.audio_s,
            repairs=repairs,
        )

    @property
    def _wants_repair(self) -> bool:
        """Whether the texts of the engine are repaired."""
        return wants_repair(self.repair, self.engine.info.hotwords_as)

    async def _hotwords_of_focus(self) -> Hotwords:
        asking = asyncio.create_task(self.output.focus())
        ignore_exception(asking)
        # An output that is late is not cancelled: it may be connecting.
        await asyncio.wait({asking}, timeout=FOCUS_S)
        known = asking.done() and not asking.cancelled() and asking.exception() is None
        focus = asking.result() if known else None
        return self.hotwords_in(focus.application if focus else "")

    def hotwords_in(self, application: str) -> Hotwords:
        """The list of a dictation in this application ("" if that is not known)."""
        return self.hotwords.for_use(second=self.second, application=application)


class Profiles:
    """The main profile and the second."""

    def __init__(self, main: Profile, second: Profile) -> None:
        self.main = main
        self.second = second

    def apply(self, main: Profile, second: Profile) -> None:
        """Use these from the next dictation on. One that is in flight keeps its profile."""
        self.main, self.second = main, second

    def choose(self, *, second: bool) -> Profile:
        """The profile of a dictation that begins now."""
        return self.second if second else self.main
