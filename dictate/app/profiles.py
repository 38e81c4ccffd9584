"""The two profiles: the engine, the language and the output of a dictation."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from dictate.config.schema import Settings
from dictate.engines.client import EngineClient, UtteranceClient
from dictate.engines.language import utterance_language
from dictate.events import FinalTranscript, PartialTranscript
from dictate.hotwords.model import Hotwords
from dictate.outputs import Output
from dictate.text import polish


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
        return profile.engine.begin(number, self.hotwords, profile.language, on_partial)

    def polish(
        self, final: FinalTranscript, profile: Profile, *, without_terms: bool = False
    ) -> str:
        """The text as it is written, or as it would be if the list had no terms."""
        known = profile.engine.info.languages
        hotwords = replace(self.hotwords, terms=()) if without_terms else self.hotwords
        return polish(
            final.text,
            hotwords,
            self.settings.text,
            language=utterance_language(profile.language, final.language, known),
            punctuates=final.punctuates,
            audio_s=final.audio_s,
        )
