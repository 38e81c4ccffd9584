"""`dictate setup --remove`: takes away what setup installed, and on request also the user's data.

Strategy: what would delete dictations, models or settings is listed with its size and asked for
before anything is done. The journal's lock is held meanwhile, so that no daemon writes into it.
"""

import shutil
import sys
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path

from dictate import console
from dictate.errors import DictateError
from dictate.install import links, packaged, remote, shortcuts, uinput
from dictate.install.service import (
    REMOTE_UNIT,
    SERVE_UNITS,
    UNIT,
    Locations,
    executable,
    locations,
    systemctl,
    systemctl_step,
    systemd_unavailable_reason,
)
from dictate.platform.generated_files import Out, remove_generated
from dictate.platform.locks import locked
from dictate.platform.resources import shipped
from dictate.translation import _

SETTINGS = ("config.toml", "hotwords.toml")


@dataclass(frozen=True, slots=True)
class Deletes:
    """The user's data that are to be deleted, too."""

    recordings: bool = False
    """The dictations, text and sound, and the models."""
    settings: bool = False

    @property
    def anything(self) -> bool:
        """Whether any data are to be deleted."""
        return self.recordings or self.settings

    @property
    def options(self) -> str:
        """As on the command line."""
        words = ("--purge" * self.recordings, "--settings" * self.settings)
        return " ".join(filter(None, words))


@dataclass(frozen=True, slots=True)
class Victim:
    """A file or folder of the user."""

    path: Path
    what: str

    @property
    def is_there(self) -> bool:
        """Whether there is anything to delete."""
        return self.path.exists() or self.path.is_symlink()

    def __str__(self) -> str:
        return f"{self.path} ({_size(self.path) / 1e6:,.1f} MB): {self.what}"


def explain(deletes: Deletes, *, out: Out = console.step) -> int:
    """Refuse to delete without `--remove`, and print what would be deleted. 2, as for every wrong
    command line."""
    out(
        _(
            "failed: {options} deletes only together with --remove, and without --keys or\n"
            "--uinput; nothing was done. `dictate setup --remove {options}` would delete:"
        ).format(options=deletes.options)
    )
    victims = [str(each) for each in _victims(locations(), deletes)]
    for line in victims or [_("nothing, because none of it is there")]:
        out(f"  {line}")
    return 2


def remove(deletes: Deletes, *, sure: bool, out: Out = console.step) -> int:
    """Remove what `service.install`, `shortcuts.bind` and `remote.remote` made, and then the user's
    data that are to be deleted; asks first unless `sure`. Names what it leaves.

    Safe to repeat. 0 if nothing else is left, 1 if a step failed or the user said no.
    """
    places = locations()
    victims = _victims(places, deletes)
    if victims and not _may_delete(places, victims, sure=sure, out=out):
        return 1
    shortcuts.unbind(out=out)
    remote.undo(out=out)
    try:
        _remove_installed(places, out)
        _delete(places, victims, out)
        _report_remaining(places, out)
        _remove_empty_folders(places)
    except BlockingIOError:
        out(
            _("failed: a dictate runs and uses {state}: end it, then run this again").format(
                state=places.state
            )
        )
        return 1
    except OSError as error:
        out(_("failed: {error}").format(error=error))
        return 1
    uinput.report_remaining_rule(out=out)
    return 0


def _may_delete(places: Locations, victims: list[Victim], *, sure: bool, out: Out) -> bool:
    """Whether no other daemon runs, and the user wants it."""
    if _is_in_use(places) and systemctl("is-active", UNIT).returncode != 0:
        out(
            _(
                "failed: a dictate runs that is not the service, and writes into your "
                "dictations: end it, then run this again; nothing was done"
            )
        )
        return False
    out(_("this deletes for good:"))
    for victim in victims:
        out(f"  {victim}")
    if sure:
        return True
    if not sys.stdin.isatty():
        out(
            _("failed: this is no terminal that can ask you: add --yes to delete; nothing was done")
        )
        return False
    try:
        answer = input(_("Delete them? [y/N] "))
    except EOFError:
        answer = ""
    if answer.strip().lower() in ("y", "yes"):
        return True
    out(_("nothing was done"))
    return False


def _is_in_use(places: Locations) -> bool:
    """Whether a daemon has the journal open."""
    try:
        with locked(places.state):
            return False
    except BlockingIOError:
        return True
    except OSError:
        return False


def _remove_installed(places: Locations, out: Out) -> None:
    no_systemd = systemd_unavailable_reason()
    all_units = (UNIT, *SERVE_UNITS, REMOTE_UNIT)
    if no_systemd is not None:
        out(_("skipped: stopping the service: {no_systemd}").format(no_systemd=no_systemd))
    else:
        for name in all_units:
            if (places.units / name).exists() or (name == UNIT and _is_packaged()):
                systemctl_step(
                    _("stopped and disabled {name}").format(name=name),
                    out,
                    "disable",
                    "--now",
                    name,
                )
    drop_ins = [places.moved_folders, *map(places.drop_in, all_units)]
    units = (places.units / name for name in all_units)
    for path in (*units, *drop_ins, places.activation, places.application):
        remove_generated(path, out)
    if no_systemd is None:
        systemctl("daemon-reload")
    links.remove(out=out)
    for name in SETTINGS:
        path = places.config / name
        if path.exists() and path.read_bytes() == shipped(f"config/{name}").read_bytes():
            path.unlink()
            out(_("done: removed {path}").format(path=path))


def _is_packaged() -> bool:
    """Whether a package of the system has brought this Dictate's unit."""
    with suppress(DictateError):
        return packaged.starts(UNIT, executable())
    return False


def _victims(places: Locations, deletes: Deletes) -> list[Victim]:
    found: list[Victim] = []
    if deletes.recordings:
        found += [
            Victim(places.state, _("your dictations, text and sound")),
            Victim(places.cache, _("files that can be made again")),
            *(Victim(path, "a model") for path in _models(places)),
        ]
    if deletes.settings:
        found += [Victim(places.config / name, _("your settings")) for name in SETTINGS]
    return [each for each in found if each.is_there]


def _models(places: Locations) -> list[Path]:
    folder = places.models
    return [path for path in sorted(folder.glob("*")) if path.suffix != ".json"]


def _delete(places: Locations, victims: list[Victim], out: Out) -> None:
    """Delete these. Raises OSError; BlockingIOError if a daemon runs."""
    state = {each.path for each in victims} & {places.state}
    with locked(places.state) if state else nullcontext():
        for victim in victims:
            if not victim.is_there:
                continue  # our default settings, which the user never changed
            line = str(victim)
            _delete_tree(victim.path)
            out(_("done: removed {line}").format(line=line))
    if any(each.what == "a model" for each in victims):
        for record in places.models.glob("*.json"):
            record.unlink()


def _delete_tree(path: Path) -> None:
    """Delete a file, a link, or a folder with all that is in it."""
    if path.is_dir():
        # Also behind a link: the data are meant, not the link.
        for child in path.iterdir():
            if child.is_dir() and not child.is_symlink():
                shutil.rmtree(child)
            else:
                child.unlink()
        if not path.is_symlink():
            path.rmdir()
            return
    path.unlink()


def _report_remaining(places: Locations, out: Out) -> None:
    purge = _("`dictate setup --remove --purge` deletes")
    if places.state.exists() and any(places.state.iterdir()):
        out(
            _("left: {state}, your dictations; {purge} them").format(
                state=places.state, purge=purge
            )
        )
    for path in _models(places):
        out(
            _("left: {path} ({size:,.1f} MB); {purge} it, too").format(
                path=path, size=_size(path) / 1000000.0, purge=purge
            )
        )
    for name in SETTINGS:
        if (path := places.config / name).exists():
            out(
                _(
                    "left: {path}, which you changed; `dictate setup --remove --settings` "
                    "deletes it"
                ).format(path=path)
            )


def _remove_empty_folders(places: Locations) -> None:
    drop_ins = (places.drop_in(name).parent for name in (UNIT, *SERVE_UNITS, REMOTE_UNIT))
    own = (places.config, places.state, places.cache, places.models, places.models.parent)
    for folder in (*drop_ins, *own):
        if folder.is_dir() and not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()


def _size(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.rglob("*") if path.is_dir() else [path]
    return sum(each.lstat().st_size for each in files if not each.is_dir())
