"""Where the settings come from: the two files, and the command line, which overrides them."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final, TypeVar

from dictate.config import config_file
from dictate.config.schema import HotwordSettings, Settings
from dictate.errors import ConfigError
from dictate.hotwords import calibration, hotwords_file
from dictate.hotwords.calibration import Calibration
from dictate.hotwords.model import Guards, Hotwords
from dictate.platform import paths
from dictate.toml import toml_file

T = TypeVar("T")

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
    return hotwords_file.load(path, settings.strength, _guards(settings))


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why a file was not used."""

    lines: tuple[str, ...]
    """One line for each mistake in it."""
    absent: bool = False
    """Whether it is gone or empty, as a file is for a moment while some programs save it."""


@dataclass(frozen=True, slots=True)
class FilesRead:
    """What the two files say; in place of a file that was not used, what is in force."""

    settings: Settings
    hotwords: Hotwords
    problems: dict[Path, FileProblem]
    calibrations: tuple[Calibration, ...]
    """The default strengths of engines that were measured."""


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
        """The file that `read` takes the hotwords from. Blocks."""
        if self.without_hotwords and not self.hotwords.exists():
            return self.without_hotwords
        return self.hotwords

    def read(
        self,
        overrides: CommandLineOverrides,
        in_force: FilesRead | None = None,
        *,
        absent_is_default: bool = False,
    ) -> FilesRead:
        """Read both, each for itself: a mistake in one does not hold the other back.

        A file with a mistake, or one that is gone or empty, leaves what is in force as it is.
        Nothing is in force at the start: then the defaults are used. With `absent_is_default`, a
        file that is gone or empty means the defaults at any time. Blocks. Raises ConfigError for
        the command line only.
        """
        problems: dict[Path, FileProblem] = {}

        def take(path: Path, largest: int, parse: Callable[[str], T], default: T, kept: T) -> T:
            try:
                text = toml_file.read(path, largest)
                if text and not text.isspace():
                    return parse(text)
            except ConfigError as error:
                problems[path] = FileProblem(tuple(error.problems))
                return kept
            if absent_is_default:
                return default
            if text is None and (target := _link_target(path)):
                line = f"{path.name}: the link leads to {target}, which does not exist"
                problems[path] = FileProblem((line,))
            elif kept != default:
                what = "gone" if text is None else "empty"
                problems[path] = FileProblem((f"{path.name}: the file is {what}",), absent=True)
            return kept

        default = overrides.apply_to(Settings())
        settings = overrides.apply_to(
            take(
                self.config,
                toml_file.LARGEST_BYTES,
                lambda text: config_file.parse(text, self.config.name),
                default,
                in_force.settings if in_force else default,
            )
        )
        strength, guards = settings.hotwords.strength, _guards(settings.hotwords)
        none = Hotwords(strength=strength, guards=guards)
        if self.without_hotwords:
            none = hotwords_of(settings.hotwords, self.without_hotwords)
        hotwords = take(
            self.hotwords,
            toml_file.LARGEST_LIST_BYTES,
            lambda text: hotwords_file.parse(text, self.hotwords.name, strength),
            none,
            replace(in_force.hotwords, strength=strength, guards=guards) if in_force else none,
        )
        calibrations = calibration.load(calibration.calibration_file())
        return FilesRead(settings, replace(hotwords, guards=guards), problems, calibrations)


def _link_target(path: Path) -> Path | None:
    """Where the link leads; None if it is none, or is gone meanwhile."""
    try:
        return path.readlink()
    except OSError:
        return None


def _guards(settings: HotwordSettings) -> Guards:
    return Guards(settings.shortest, settings.cap, settings.compare)
