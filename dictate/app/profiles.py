"""The two profiles: the engine, the language and the output of a dictation."""

from collections.abc import Callable
from dataclasses import dataclass

from dictate.app.repair import RepairStore
from dictate.config.schema import Settings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.language import utterance_language
from dictate.events import FinalTranscript, PartialTranscript
from dictate.hotwords.model import Hotwords
from dictate.outputs import Output
from dictate.text import polish
from dictate.text.repair_list import wants_repair


@dataclass(frozen=True, slots=True)
class Profile:
    """What hears a dictation and what writes it, from its press to its end."""

    engine: EngineClient
    language: str
    output: Output


class Profiles:
    """The main profile and the second, with the user's words and the text steps for both."""

    def __init__(
        self, settings: Settings, hotwords: Hotwords, main: Profile, second: Profile
    ) -> None:
        self.settings = settings
        self.hotwords = hotwords
        self.main = main
        self.second = second
        self._repairs = RepairStore()

    def apply(self, settings: Settings, hotwords: Hotwords, main: Profile, second: Profile) -> None:
        """Use these from the next dictation on. One that is in flight keeps its profile."""
        self.settings, self.hotwords = settings, hotwords
        self.main, self.second = main, second

    def choose(self, *, second: bool) -> Profile:
        """The profile of a dictation that begins now."""
        return self.second if second else self.main

    def begin(
        self, number: int, profile: Profile, on_partial: Callable[[PartialTranscript], None]
    ) -> UtteranceClient:
        """Begin an utterance at the profile's engine, with the hotwords of now."""
        if self._repairs_with(profile):
            self._repairs.prepare(self.hotwords)
        return profile.engine.begin(number, self.hotwords, profile.language, on_partial)

    def polish(self, final: FinalTranscript, profile: Profile) -> str:
        """The text as it is written."""
        known = profile.engine.info.languages
        return polish(
            final.text,
            self.hotwords,
            self.settings.text,
            language=utterance_language(profile.language, final.language, known),
            punctuates=final.punctuates,
            audio_s=final.audio_s,
            repairs=self._repairs.get(self.hotwords) if self._repairs_with(profile) else None,
        )

    def _repairs_with(self, profile: Profile) -> bool:
        """Whether the texts of this profile's engine are repaired."""
        return wants_repair(self.settings.hotwords.repair, profile.engine.info.hotwords_as)
