"""What a profile means: its settings over those of the other tables, and where it is on. Pure."""

from dataclasses import fields, replace
from fnmatch import fnmatchcase

from dictate.config.profile_schema import ProfileSettings
from dictate.config.schema import EngineSettings, Settings, TextSettings
from dictate.hotwords.language import LAYOUT
from dictate.hotwords.model import MAIN

LONGEST_TITLE = 1000
"""Maximum characters of a title that are looked at."""


def names_of(settings: Settings) -> tuple[str, ...]:
    """The names of all profiles; the first is MAIN."""
    return (MAIN, *(profile.name for profile in settings.profile))


def named(settings: Settings, name: str) -> ProfileSettings:
    """The profile with this name. Without one, nothing differs from the main one."""
    return next((each for each in settings.profile if each.name == name), ProfileSettings(MAIN))


def key_of(settings: Settings, name: str) -> str:
    """The first key of a profile; empty if it has none. MAIN has that of [hotkey]."""
    if name == MAIN:
        return settings.hotkey.key
    return next((each.key for each in settings.key if each.profile == name), "")


def by_application(settings: Settings) -> bool:
    """Whether the profile of a dictation depends on what is in front."""
    return any(each.applications or each.titles for each in settings.profile)


def fitting(settings: Settings, application: str, title: str) -> str:
    """The name of the profile that is on in this application, in a window with this title; either
    is empty if it is not known. The first that fits is taken."""
    found = (each.name for each in settings.profile if _fits(each, application, title))
    return next(found, MAIN)


def _fits(profile: ProfileSettings, application: str, title: str) -> bool:
    if not profile.applications and not profile.titles:
        return False
    application, title = application.casefold(), title.casefold()[:LONGEST_TITLE]
    # On some desktops an application has a domain in front: org.kde.konsole.
    known = tuple(filter(None, (application, application.rpartition(".")[2])))
    return (
        not profile.applications
        or any(fnmatchcase(one, name.casefold()) for name in profile.applications for one in known)
    ) and (
        not profile.titles
        or (title != "" and any(fnmatchcase(title, each.casefold()) for each in profile.titles))
    )


def language_of(settings: Settings, name: str) -> str:
    """The language in which a profile is spoken: a BCP 47 tag, AUTO or LAYOUT."""
    of_main = LAYOUT if settings.engine.follows_layout else settings.engine.language
    return named(settings, name).language or of_main


def text_of(settings: Settings, name: str) -> TextSettings:
    """The text steps of a profile."""
    profile = named(settings, name)
    text = settings.text
    if not profile.spoken_commands:
        text = replace(text, spoken_newlines=False)
    return replace(text, **dict(profile.text))


def engine_of(settings: Settings, name: str) -> EngineSettings:
    """The settings with which the engine of a profile is loaded."""
    main, profile = settings.engine, named(settings, name)
    use = profile.engine or main.use
    differs = use != main.use
    # A model is loaded for one language, before anybody knows the layout.
    own = profile.language if profile.language != LAYOUT else ""
    return replace(
        main,
        use=use,
        language=own or main.language,
        model=profile.model or ("" if differs else main.model),
        fallback="none" if differs and main.fallback == use else main.fallback,
    )


def engines_of(settings: Settings) -> dict[str, EngineSettings]:
    """For each profile, the settings of the engine that serves it. Profiles that differ in the
    language only have the same: each dictation says its language."""
    found: dict[str, EngineSettings] = {}
    for name in names_of(settings):
        wanted = engine_of(settings, name)
        found[name] = next(
            (
                each
                for each in found.values()
                if same_engine(replace(wanted, language=each.language), each)
            ),
            wanted,
        )
    return found


def same_engine(one: EngineSettings, other: EngineSettings) -> bool:
    """Whether an engine that is loaded with one of these can serve the other."""
    return all(
        getattr(one, option.name) == getattr(other, option.name)
        for option in fields(EngineSettings)
        if not option.metadata.get("each_time")
    )
