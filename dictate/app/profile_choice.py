"""Which profile a dictation has.

A key or a call may name it: then it has this one. Otherwise what is in front decides, if any
profile depends on that. At the press it decides what hears the dictation: engine, language and
terms. At the release, where the text will land, it decides what writes it: text steps and output.
"""

import logging
from collections.abc import Callable
from dataclasses import replace

from dictate.app.dictation import Dictation
from dictate.app.profiles import Profile, ProfileSet, focus_in_time
from dictate.app.utterance import LateUtterance, Utterance
from dictate.engines.client import UtteranceClient
from dictate.errors import DictateError
from dictate.events import PartialTranscript
from dictate.outputs import Focus
from dictate.platform.keyboard_layout import layout_language

log = logging.getLogger(__name__)


def begin(
    profiles: ProfileSet,
    number: int,
    asked: str,
    on_partial: Callable[[PartialTranscript], None],
    on_known: Callable[[Profile], None],
) -> tuple[Profile, Utterance]:
    """Begin an utterance with the profile that was `asked` for, or ("") with the one that is on in
    what is in front. The profile is returned; if it is not known yet, `on_known` receives it
    later."""
    profile = profiles.named(asked)
    by_place = not asked and profiles.by_application
    if not by_place and not profile.follows_layout:
        return profile, profile.begin(number, on_partial)

    async def later() -> UtteranceClient:
        found, application = profile, None
        if by_place:
            focus = await focus_in_time(profiles.main.output)
            found = profiles.at(focus)
            application = focus.application if focus else ""
        found = await in_language_of_layout(found)
        on_known(found)
        return found.begin(number, on_partial, application)

    return profile, LateUtterance(later())


async def land(dictation: Dictation) -> Focus | None:
    """Note where the text of this dictation lands. What has the focus, for the output that writes
    it. Raises DictateError."""
    focus = await _in_front(dictation)
    if focus is not None:
        dictation.place = dictation.profiles.at(focus)
        dictation.application = focus.application
    if focus is None or dictation.profile.output is not dictation.profiles.main.output:
        focus = await dictation.profile.output.focus()
    return focus.untitled() if focus else None


async def landing_now(dictation: Dictation) -> Profile:
    """What would write its text if it ended now, as far as that is known."""
    try:
        focus = await _in_front(dictation)
    except DictateError:
        focus = None
    return dictation.hearing.landing(dictation.profiles.at(focus)) if focus else dictation.profile


async def _in_front(dictation: Dictation) -> Focus | None:
    """What has the focus, if that decides which profile writes its text."""
    if dictation.asked or not dictation.profiles.by_application:
        return None
    return await dictation.profiles.main.output.focus()


async def in_language_of_layout(profile: Profile) -> Profile:
    """This profile in the language of the keyboard's layout, if it follows that, and if its engine
    can hear it."""
    if not profile.follows_layout:
        return profile
    try:
        language = await layout_language()
    except Exception:  # whatever it is, the dictation has the other language
        log.exception("the layout of the keyboard")
        language = None
    if language is None:
        return profile
    known = {tag.partition("-")[0].lower() for tag in profile.engine.info.languages}
    if known and language.partition("-")[0].lower() not in known:
        log.info("the layout is %s, which the engine does not know", language)
        return profile
    return replace(profile, language=language)
