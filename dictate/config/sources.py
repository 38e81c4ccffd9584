"""Where the settings come from: the two files, and the command line, which overrides them."""

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

from dictate.config import config_file
from dictate.config.schema import HotwordSettings, Settings
from dictate.errors import ConfigError
from dictate.hotwords import calibration, whole_list
from dictate.hotwords.calibration import Calibration
from dictate.hotwords.model import Guards, Hotwords
from dictate.hotwords.whole_list import WholeList
from dictate.platform import paths
from dictate.toml import toml_file
from dictate.translation import _

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
            _(
                "{note}{name}.use is {use}: --{name} on the command line of dictate "
                "overrides config.toml"
            ).format(note=NOTE, name=name, use=use)
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
    """The list in the file and those beside it, used as the settings say. Raises ConfigError.
    Blocks."""
    return whole_list.load(path, settings.strength, guards_of(settings))


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
    """By the file; those of the files beside hotwords.toml count as its own."""
    has_hotwords_file: bool = False
    """Whether the hotwords are from hotwords.toml, and not only from the files beside it, or the
    default."""
    notes: tuple[str, ...] = ()
    """One line for each source of hotwords of which something is not used."""
    calibrations: tuple[Calibration, ...] = ()
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
            _("the settings"): ("--config", self.config, paths.config_file()),
            _("the hotwords"): ("--hotwords", self.hotwords, paths.hotwords_file()),
        }
        return [
            _(
                "{note}{what} are those in {file}: {option} on the command line of dictate "
                "overrides {usual}"
            ).format(note=NOTE, what=what, file=file, option=option, usual=usual)
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

        A file with a mistake, or one that is gone or empty, leaves what is in force as it is. The
        files beside hotwords.toml are one with it, but may be gone or empty. Nothing is in force at
        the start: then the defaults are used. With `absent_is_default`, a file that is gone or
        empty means the defaults at any time. Blocks. Raises ConfigError for the command line only.
        """
        problems: dict[Path, FileProblem] = {}
        default = overrides.apply_to(Settings())
        settings = kept = in_force.settings if in_force else default
        try:
            text = toml_file.read(self.config)
            if text and not text.isspace():
                settings = config_file.parse(text, self.config.name)
            elif absent_is_default:
                settings = default
            elif problem := _why_kept(self.config, text, is_default=kept == default):
                problems[self.config] = problem
        except ConfigError as error:
            problems[self.config] = FileProblem(tuple(error.problems))
        settings = overrides.apply_to(settings)
        read = self._read_hotwords(settings.hotwords, in_force, absent_is_default=absent_is_default)
        return replace(
            read,
            settings=settings,
            problems=problems | read.problems,
            calibrations=calibration.load(calibration.calibration_file()),
        )

    def _read_hotwords(
        self, settings: HotwordSettings, in_force: FilesRead | None, *, absent_is_default: bool
    ) -> FilesRead:
        """The list, and what is wrong with it; the settings are not read."""
        path, guards = self.hotwords, guards_of(settings)
        none = Hotwords(strength=settings.strength, guards=guards)
        if self.without_hotwords:
            none = hotwords_of(settings, self.without_hotwords)
        kept = FilesRead(Settings(), none, {})
        if in_force:
            same = replace(in_force.hotwords, strength=settings.strength, guards=guards)
            kept = replace(in_force, hotwords=_one_of(in_force.hotwords, same), problems={})
        try:
            texts = whole_list.texts_of(path)
            text = texts.get(path)
            absent = not text or text.isspace()
            if absent and not absent_is_default:
                is_default = kept.hotwords == none or not kept.has_hotwords_file
                if problem := _why_kept(path, text, is_default=is_default):
                    return replace(kept, problems={path: problem})
            if absent and not texts.keys() - {path}:
                found = WholeList(none, none, {})
            else:
                found = whole_list.of_texts(texts, path, settings.strength)
        except ConfigError as error:
            return replace(kept, problems={path: FileProblem(tuple(error.problems))})
        hotwords = replace(found.hotwords, guards=guards)
        return FilesRead(
            kept.settings,
            _one_of(in_force.hotwords, hotwords) if in_force else hotwords,
            {},
            has_hotwords_file=not absent,
            notes=found.notes,
        )


def _one_of(old: Hotwords, new: Hotwords) -> Hotwords:
    """The old list if the new one is equal: it is prepared already, and known by its identity."""
    return old if old == new else new


def _why_kept(path: Path, text: str | None, *, is_default: bool) -> FileProblem | None:
    """Why a file that is gone or empty leaves what is in force; None if that is the default."""
    if text is None and (target := _link_target(path)):
        return FileProblem(
            (
                _("{name}: the link leads to {target}, which does not exist").format(
                    name=path.name, target=target
                ),
            )
        )
    if is_default:
        return None
    what = "gone" if text is None else "empty"
    return FileProblem(
        (_("{name}: the file is {what}").format(name=path.name, what=what),), absent=True
    )


def _link_target(path: Path) -> Path | None:
    """Where the link leads; None if it is none, or is gone meanwhile."""
    try:
        return path.readlink()
    except OSError:
        return None


def guards_of(settings: HotwordSettings) -> Guards:
    """The limits to the harm of terms that the settings want."""
    return Guards(settings.shortest, settings.cap, settings.compare)
