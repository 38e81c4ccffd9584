"""Which profile a dictation has.

A key or a call may name it: then it has this one. Otherwise what is in front decides, if any
profile depends on that. At the press it decides what hears the dictation: engine, language and
terms. At the release, where the text will land, it decides what writes it: text steps and output.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from dictate.app.dictation import Dictation
from dictate.app.profiles import Profile, Profiles, focus_in_time
from dictate.app.utterance import LateUtterance, Utterance
from dictate.engines.client import UtteranceClient
from dictate.events import PartialTranscript
from dictate.outputs import Focus
from dictate.platform.keyboard_layout import layout_language

log = logging.getLogger(__name__)


class ProfileChoice:
    """`on_partial` receives what the engines hear so far, `on_heard_by` the number of a dictation
    and the profile that hears it, once that is known."""

    def __init__(
        self,
        profiles: Profiles,
        on_partial: Callable[[PartialTranscript], None],
        on_heard_by: Callable[[int, Profile], None],
    ) -> None:
        self._profiles = profiles
        self._on_partial = on_partial
        self._on_heard_by = on_heard_by

    def begin(self, number: int, asked: str) -> tuple[Profile, Utterance]:
        """Begin an utterance with the profile that was `asked` for, or with the one that is on in
        what is in front (""); also the profile, as far as it is known at once."""
        profile = self._profiles.named(asked)
        if not profile.follows_layout and (asked or not self._profiles.by_application):
            self._on_heard_by(number, profile)
            return profile, profile.begin(number, self._on_partial)
        return profile, LateUtterance(self._begin(number, asked))

    async def _begin(self, number: int, asked: str) -> UtteranceClient:
        profile, application = self._profiles.named(asked), None
        if not asked and self._profiles.by_application:
            focus = await focus_in_time(self._profiles.main.output)
            profile = self._profiles.fitting(focus)
            application = focus.application if focus else ""
        profile = await in_language_of_layout(profile)
        self._on_heard_by(number, profile)
        return profile.begin(number, self._on_partial, application)

    async def land(self, dictation: Dictation) -> Focus | None:
        """Note where the text of this dictation lands. What has the focus, for the output that
        writes it."""
        if dictation.asked or not self._profiles.by_application:
            focus = await dictation.profile.output.focus()
        else:
            front = self._profiles.main.output
            if (focus := await front.focus()) is not None:
                dictation.place = self._profiles.fitting(focus)
                dictation.application = focus.application
            if dictation.profile.output is not front:
                focus = await dictation.profile.output.focus()
        return focus.untitled() if focus else None


async def in_language_of_layout(profile: Profile) -> Profile:
    """This profile in the language of the keyboard's layout, if it follows that, and if its engine
    can hear it."""
    language = await layout_language() if profile.follows_layout else None
    if language is None:
        return profile
    known = {tag.partition("-")[0].lower() for tag in profile.engine.info.languages}
    if known and language.partition("-")[0].lower() not in known:
        log.info("the layout is %s, which the engine does not know", language)
        return profile
    return replace(profile, language=language)
