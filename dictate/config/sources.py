"""What the user wants: the two files, and the command line that wins over them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path

from dictate.config import config_file
from dictate.config.schema import HotwordSettings, Settings
from dictate.errors import ConfigError
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import Guards, Hotwords


@dataclass(frozen=True, slots=True)
class CommandLineOverrides:
    """What the command line asks for; it wins over config.toml, also after a reload."""

    microphone: str | None = None
    engine: str | None = None
    output: str | None = None
    hotkey: str | None = None

    def over(self, settings: Settings) -> Settings:
        """These settings with the wishes in their places. Raises ConfigError for unknown names."""
        problems = []
        for section in (field.name for field in fields(self)):
            use = getattr(self, section)
            if use is None:
                continue
            if wrong := config_file.wrong(f"{section}.use", use):
                problems.append(f"--{section} {wrong}")
            changed = replace(getattr(settings, section), use=use)
            settings = replace(settings, **{section: changed})
        if problems:
            raise ConfigError(problems)
        return settings


def hotwords_of(settings: HotwordSettings, path: Path) -> Hotwords:
    """The list in the file, as the settings want it used. Raises ConfigError. Blocks."""
    guards = Guards(settings.shortest, settings.cap, settings.compare)
    return hotwords_file.load(path, settings.strength, guards)


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """The two files the user edits."""

    config: Path
    hotwords: Path

    def read(self, wishes: CommandLineOverrides) -> tuple[Settings, Hotwords]:
        """Both, whole. Raises ConfigError with every problem of both. Blocks."""
        settings, hotwords, problems = Settings(), Hotwords(), []
        try:
            settings = config_file.load(self.config)
        except ConfigError as error:
            problems += error.problems
        try:
            settings = wishes.over(settings)
        except ConfigError as error:
            problems += error.problems
        try:
            hotwords = hotwords_of(settings.hotwords, self.hotwords)
        except ConfigError as error:
            problems += error.problems
        if problems:
            raise ConfigError(problems)
        return settings, hotwords
