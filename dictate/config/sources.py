"""Where the settings come from: the two files, and the command line, which overrides them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from dictate.config import config_file
from dictate.config.schema import HotwordSettings, Settings
from dictate.errors import ConfigError
from dictate.hotwords import hotwords_file
from dictate.hotwords.model import Guards, Hotwords
from dictate.platform import paths

NOTE: Final = "note: "
"""The beginning of a line that says what is not as in the user's files, and why."""


@dataclass(frozen=True, slots=True)
class CommandLineOverrides:
    """What the command line says; it overrides config.toml, also after a reload."""

    microphone: str | None = None
    engine: str | None = None
    output: str | None = None
    hotkey: str | None = None

    @property
    def notes(self) -> list[str]:
        """One line for each option that is overridden."""
        given = {field.name: getattr(self, field.name) for field in fields(self)}
        return [
            f"{NOTE}{name}.use is {use}: --{name} on the command line of dictate overrides "
            "config.toml"
            for name, use in given.items()
            if use is not None
        ]

    def apply_to(self, settings: Settings) -> Settings:
        """These settings with the overrides applied. Raises ConfigError for unknown names."""
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
    """The list in the file, used as the settings say. Raises ConfigError. Blocks."""
    guards = Guards(settings.shortest, settings.cap, settings.compare)
    return hotwords_file.load(path, settings.strength, guards)


@dataclass(frozen=True, slots=True)
class ConfigFiles:
    """The two files that the user edits."""

    config: Path
    hotwords: Path
    without_hotwords: Path | None = None
    """The list to use while there is no file `hotwords`."""

    @property
    def notes(self) -> list[str]:
        """One line for each file that is read instead of the usual one."""
        files = {
            "the settings": ("--config", self.config, paths.config_file()),
            "the hotwords": ("--hotwords", self.hotwords, paths.hotwords_file()),
        }
        return [
            f"{NOTE}{what} are those in {file}: {option} on the command line of dictate overrides "
            f"{usual}"
            for what, (option, file, usual) in files.items()
            if file != usual
        ]

    @property
    def hotwords_in_force(self) -> Path:
        """The file that `read` takes the hotwords from."""
        return self.hotwords

    def read(self, overrides: CommandLineOverrides) -> tuple[Settings, Hotwords]:
        """Both, whole. Raises ConfigError with every problem of both. Blocks."""
        settings, hotwords, problems = Settings(), Hotwords(), []
        try:
            settings = config_file.load(self.config)
        except ConfigError as error:
            problems += error.problems
        try:
            settings = overrides.apply_to(settings)
        except ConfigError as error:
            problems += error.problems
        try:
            there = self.without_hotwords is None or self.hotwords.exists()
            path = self.hotwords if there else self.without_hotwords
            hotwords = hotwords_of(settings.hotwords, path or self.hotwords)
        except ConfigError as error:
            problems += error.problems
        if problems:
            raise ConfigError(problems)
        return settings, hotwords
