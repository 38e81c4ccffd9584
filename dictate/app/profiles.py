"""The profiles: engine, language, words, text steps and output of a dictation."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from dictate.app.engine_manager import EngineManager
from dictate.app.output_manager import OutputManager
from dictate.app.repair import MOST_LISTS, RepairStore
from dictate.config import profiles
from dictate.config.schema import Settings, TextSettings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.language import utterance_language
from dictate.events import FinalTranscript, PartialTranscript
from dictate.hotwords.language import LAYOUT
from dictate.hotwords.model import MAIN, Hotwords
from dictate.outputs import Focus, Output
from dictate.platform.background import ignore_exception
from dictate.text import polish
from dictate.text.fit import Fitting
from dictate.text.repair import Repairs
from dictate.text.repair_list import wants_repair
from dictate.text.snippets import SnippetValues
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
    """A BCP 47 tag, or AUTO."""
    output: Output
    hotwords: Hotwords
    """The whole list."""
    text: TextSettings
    repair: str
    """`hotwords.repair` of the settings."""
    repairs: RepairStore
    name: str = MAIN
    follows_layout: bool = False
    """Whether the layout of the keyboard decides the language; `language` is the one without it."""
    replacements: tuple[tuple[str, str], ...] = ()
    """Those before the ones of the list."""
    edits: bool = True
    """Whether a whole utterance may be a voice command."""
    sends: bool = False
    """Whether Enter is pressed behind a text."""

    def begin(
        self,
        number: int,
        on_partial: Callable[[PartialTranscript], None],
        application: str | None = None,
    ) -> UtteranceClient:
        """Begin an utterance at the engine. None for `application` means the one that has the focus
        now, if terms depend on it and the output says in time which one that is."""
        if self._wants_repair:
            for words in self.hotwords.uses(profile=self.name)[:MOST_LISTS]:
                self.repairs.prepare(words)
        hotwords: Hotwords | asyncio.Task[Hotwords]
        if application is not None or not self.hotwords.by_application:
            hotwords = self.hotwords_in(application or "")
        else:
            hotwords = asyncio.create_task(self._hotwords_of_focus())
        return self.engine.begin(number, hotwords, self.language, on_partial)

    def polish(
        self, final: FinalTranscript, application: str, values: SnippetValues | None = None
    ) -> str:
        """The text as it is written into this application ("" if that is not known). `values` are
        those of snippets; None means that none is written."""
        hotwords = self.hotwords_in(application)
        repairs = self.repairs.get(hotwords) if self._wants_repair else None
        return self._polish(final, hotwords, repairs, values)

    def language_of(self, final: FinalTranscript) -> str | None:
        """The language of the utterance (BCP 47), as far as it is known."""
        return utterance_language(self.language, final.language, self.engine.info.languages)

    def polish_without_terms(self, final: FinalTranscript, application: str) -> str:
        """The text as it would be if the list had no terms."""
        return self._polish(final, replace(self.hotwords_in(application), terms=()), None)

    def fitting(self, detected: str, application: str) -> Fitting:
        """How its texts are fitted in. `detected` is the language that the engine detected; empty
        if none."""
        language = utterance_language(self.language, detected, self.engine.info.languages)
        words = self.hotwords_in(application).replacing(self.replacements)
        keeps = kept_spellings(words, language)
        # Where full stops are left out, none before the cursor says nothing about the next letter.
        plain = self.text.code or self.text.punctuation != "full"
        capitals = "keep" if plain else self.text.capitals
        return Fitting(self.text.spacing, capitals, language, keeps)

    def _polish(
        self,
        final: FinalTranscript,
        hotwords: Hotwords,
        repairs: Repairs | None,
        values: SnippetValues | None = None,
    ) -> str:
        return polish(
            final.text,
            hotwords.replacing(self.replacements),
            self.text,
            language=self.language_of(final),
            punctuates=final.punctuates,
            audio_s=final.audio_s,
            repairs=repairs,
            values=values,
        )

    @property
    def _wants_repair(self) -> bool:
        """Whether the texts of the engine are repaired."""
        return wants_repair(self.repair, self.engine.info.hotwords_as)

    async def _hotwords_of_focus(self) -> Hotwords:
        focus = await focus_in_time(self.output)
        return self.hotwords_in(focus.application if focus else "")

    def landing(self, place: "Profile") -> "Profile":
        """This profile has heard the dictation, and its text lands where `place` is on: that one
        writes it."""
        return replace(place, engine=self.engine, language=self.language)

    def hotwords_in(self, application: str) -> Hotwords:
        """The list of a dictation in this application ("" if that is not known)."""
        return self.hotwords.for_use(profile=self.name, application=application)


async def focus_in_time(output: Output) -> Focus | None:
    """What has the focus, if the output says it within FOCUS_S."""
    asking = asyncio.create_task(output.focus())
    ignore_exception(asking)
    # An output that is late is not cancelled: it may be connecting.
    await asyncio.wait({asking}, timeout=FOCUS_S)
    known = asking.done() and not asking.cancelled() and asking.exception() is None
    return asking.result() if known else None


class ProfileSet:
    """All profiles by their names, MAIN among them, and the settings that say where each is on. A
    dictation keeps the set that it began with."""

    def __init__(self, found: Mapping[str, Profile], settings: Settings) -> None:
        self._found = found
        self._settings = settings
        self.by_application = profiles.by_application(settings)
        """Whether what is in front decides."""

    @property
    def main(self) -> Profile:
        """The profile of the settings outside of profiles."""
        return self._found[MAIN]

    @property
    def outputs(self) -> tuple[Output, ...]:
        """The outputs of all of them."""
        return tuple(profile.output for profile in self.all)

    @property
    def all(self) -> tuple[Profile, ...]:
        """All of them, MAIN first."""
        return tuple(self._found.values())

    def named(self, name: str) -> Profile:
        """The profile with this name; the main one if there is none."""
        return self._found.get(name, self.main)

    def at(self, focus: Focus | None) -> Profile:
        """The profile that is on in what has the focus."""
        if focus is None or not self.by_application:
            return self.main
        return self.named(profiles.fitting(self._settings, focus.application, focus.title))


class Profiles:
    """The profiles in force."""

    def __init__(self, found: ProfileSet) -> None:
        self.now = found
        """Of a dictation that begins now."""

    def apply(self, found: ProfileSet) -> None:
        """Use these from the next dictation on."""
        self.now = found

    @property
    def main(self) -> Profile:
        """The profile of the settings outside of profiles."""
        return self.now.main

    def named(self, name: str) -> Profile:
        """The profile with this name; the main one if there is none."""
        return self.now.named(name)


def make_profiles(
    settings: Settings,
    hotwords: Hotwords,
    engines: EngineManager,
    outputs: OutputManager,
    repairs: RepairStore,
) -> ProfileSet:
    """The profiles of the engines and outputs of now."""
    found = {
        name: Profile(
            engine=engines.clients[name],
            language=profiles.engine_of(settings, name).language,
            output=outputs.of(profiles.named(settings, name).output),
            hotwords=hotwords,
            text=profiles.text_of(settings, name),
            repair=settings.hotwords.repair,
            repairs=repairs,
            name=name,
            follows_layout=profiles.language_of(settings, name) == LAYOUT,
            replacements=profiles.named(settings, name).replacements,
            edits=profiles.named(settings, name).spoken_commands,
            sends=profiles.named(settings, name).send == "enter",
        )
        for name in profiles.names_of(settings)
    }
    return ProfileSet(found, settings)
