"""`dictate setup`: installs Dictate as a service of this user; `removal.py` removes it again.

Strategy: every step checks first, does only what is missing, and prints one line: "done",
"unchanged", or "skipped" with the reason. Neither installing nor removing touches a file that the
user wrote or changed.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from platformdirs import user_config_path, user_data_path

from dictate import console
from dictate.errors import DictateError
from dictate.install import links, packaged
from dictate.platform import desktop_entry, paths
from dictate.platform.generated_files import (
    MARKER,
    Out,
    run,
    write_generated,
)
from dictate.platform.portal_session import APPLICATION
from dictate.platform.resources import shipped
from dictate.translation import _

UNIT: Final = "dictate.service"
SERVE_UNITS: Final = ("dictate-serve.socket", "dictate-serve.service")
REMOTE_UNIT: Final = "dictate-remote.service"
ACTIVATION: Final = "io.github.dictate.Dictate1.service"
DESKTOP_FILE: Final = f"{APPLICATION}.desktop"
# untranslated
NO_NAMESPACES: Final = f"""{MARKER}, because this system forbids user namespaces.
# Without them the unit starts only with these settings, and Dictate may write to all your files.
[Service]
PrivateUsers=no
ProtectSystem=no
ProtectHome=no
"""
# untranslated
MOVED_FOLDERS: Final = f"""{MARKER}, because your XDG variables move Dictate's folders.
[Service]
ReadWritePaths="""


@dataclass(frozen=True, slots=True)
class Locations:
    """The folders and files of this user."""

    config: Path
    state: Path
    cache: Path
    models: Path
    units: Path
    """The folder of the user's systemd units."""
    activation: Path
    """The file that lets the session bus start the service."""
    application: Path
    """The file by which a desktop knows Dictate."""

    @property
    def unit(self) -> Path:
        """The daemon's unit."""
        return self.units / UNIT

    def drop_in(self, unit: str) -> Path:
        """The drop-in of a unit for systems that forbid user namespaces."""
        return self.units / f"{unit}.d/no-user-namespaces.conf"

    @property
    def moved_folders(self) -> Path:
        """The drop-in with the user's folders, where a package's unit has others."""
        return self.units / f"{UNIT}.d/folders.conf"


def locations() -> Locations:
    """Where the files of this user are."""
    return Locations(
        config=paths.config_file().parent,
        state=paths.state_dir(),
        cache=paths.cache_dir(),
        models=paths.models_dir(),
        units=user_config_path() / "systemd/user",
        activation=user_data_path() / "dbus-1/services" / ACTIVATION,
        application=user_data_path() / "applications" / DESKTOP_FILE,
    )


def install(*, out: Out = console.step) -> int:
    """Write the two configuration files, install and start the service, and print the check.

    Safe to repeat. 0 if everything that can work here is in place, 1 if a step failed.
    """
    places = locations()
    try:
        for folder in (places.config, places.state, places.cache):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("config.toml", "hotwords.toml"):
            write_default(places.config / name, name, out)
        no_systemd = systemd_unavailable_reason()
        changed = _install_units(places, out)
        if no_systemd is None and user_namespaces_forbidden():
            changed |= write_generated(places.drop_in(UNIT), NO_NAMESPACES, out)
        links.make(out=out)
    except (OSError, DictateError) as error:
        out(_("failed: {error}").format(error=error))
        return 1
    started = True
    if no_systemd is None:
        started = _start(changed=changed, out=out)
    else:
        out(
            _(
                "skipped: starting the service: {no_systemd}; run `dictate run` in a terminal"
            ).format(no_systemd=no_systemd)
        )
    _show_check(out)
    return 0 if started else 1


def _install_units(places: Locations, out: Out) -> bool:
    """Write the daemon's unit, the file for the bus and the .desktop file, unless a package of the
    system has brought them; whether a service changed. Raises OSError and DictateError."""
    dictate = executable()
    if packaged.starts(UNIT, dictate):
        out(
            _("unchanged: {units}, which came with the package").format(units=packaged.UNITS / UNIT)
        )
        folders = (places.config, places.state, places.cache)
        if not packaged.may_write(folders):
            words = " ".join(_quoted(folder).replace("%", "%%") for folder in folders)
            return write_generated(places.moved_folders, f"{MOVED_FOLDERS}{words}\n", out)
        return False
    changed = write_generated(places.unit, unit_text(UNIT, places), out)
    changed |= write_generated(places.activation, fill_template(ACTIVATION, DICTATE=dictate), out)
    write_generated(places.application, application_text(), out)
    return changed


def executable() -> str:
    """The absolute path of `dictate`, quoted: a service has a different PATH than the shell. Raises
    DictateError."""
    return _quoted(_program())


def _program() -> Path:
    for candidate in (Path(sys.argv[0]), Path(sys.executable).with_name("dictate")):
        # Not resolved: a link stays valid after an update of its target. Our own is for the shell.
        if candidate.name == "dictate" and candidate.is_file() and not links.is_ours(candidate):
            return candidate.absolute()
    raise DictateError(
        _(
            "there is no `dictate` beside {executable}: install the package, then run its "
            "`dictate setup`"
        ).format(executable=sys.executable)
    )


def _quoted(path: Path) -> str:
    """A path as one word, for a unit or a D-Bus service file."""
    word = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"' if set(word) & set(" \t'\"\\") else word


def application_text() -> str:
    """Our .desktop file, with the paths of this installation: no menu would find them by name."""
    __, section, text = shipped(f"packaging/desktop/{DESKTOP_FILE}").read_text().partition("[")
    icon = shipped(f"packaging/desktop/{APPLICATION}.svg")
    program = desktop_entry.exec_value([str(_program())])
    text = text.replace("Exec=dictate ", f"Exec={program} ")
    text = text.replace(f"Icon={APPLICATION}\n", f"Icon={icon}\n")
    return f"{MARKER}, and removed by `dictate setup --remove`.\n{section}{text}"  # untranslated


def fill_template(name: str, **values: str) -> str:
    """The file `name` of our systemd folder, with each @KEY@ replaced by its value."""
    text = shipped(f"systemd/{name}").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def unit_text(name: str, places: Locations) -> str:
    """The text of a unit. Raises DictateError if `dictate` is not installed."""
    folders = {"CONFIG": places.config, "STATE": places.state, "CACHE": places.cache}
    words = {key: _quoted(path) for key, path in folders.items()}
    words["DICTATE"] = executable()
    return fill_template(name, **{key: word.replace("%", "%%") for key, word in words.items()})


def write_default(path: Path, name: str, out: Out) -> None:
    """Write our default file of this name, unless the user has one."""
    if path.exists():
        out(_("unchanged: {path}, which exists already").format(path=path))
        return
    path.write_text(shipped(f"config/{name}").read_text())
    path.chmod(0o600)
    out(_("done: wrote {path}").format(path=path))


def systemctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `systemctl --user`."""
    return run("systemctl", "--user", *arguments, timeout=60.0)


def systemd_unavailable_reason() -> str | None:
    """Why this user has no systemd, or None."""
    if shutil.which("systemctl") is None:
        return _("systemd is not installed")
    if systemctl("show-environment").returncode:
        return _(
            "no systemd runs for this user (in a container, or after a login without a session)"
        )
    return None


def user_namespaces_forbidden() -> bool:
    """Whether a unit with user namespaces fails to start here."""
    # The service manager must try it: its permissions are not those of the shell.
    probe = ("systemd-run", "--user", "--wait", "--quiet", "--collect")
    options = (
        "-p",
        "PrivateUsers=yes",
        "-p",
        "ProtectSystem=strict",
        "-p",
        "ProtectHome=read-only",
    )
    works_without = run(*probe, "true").returncode == 0
    return works_without and run(*probe, *options, "true").returncode != 0


def systemctl_step(what: str, out: Out, *arguments: str) -> bool:
    """Run `systemctl --user`, and print `what` was done, or why it failed; whether it worked."""
    done = systemctl(*arguments)
    if done.returncode == 0:
        out(_("done: {what}").format(what=what))
        return True
    reason = (
        done.stderr.strip() or _("exit status {returncode}").format(returncode=done.returncode)
    ).splitlines()[0]
    out(
        _("failed: systemctl --user {arguments}: {reason}").format(
            arguments=" ".join(arguments), reason=reason
        )
    )
    return False


def _start(*, changed: bool, out: Out) -> bool:
    if changed:
        systemctl("daemon-reload")
        # The bus has to reload, too: it does not watch a folder that has just been created.
        run(
            "busctl",
            "--user",
            "call",
            "org.freedesktop.DBus",
            "/org/freedesktop/DBus",
            "org.freedesktop.DBus",
            "ReloadConfig",
        )
    active = systemctl("is-active", UNIT).returncode == 0
    enabled = systemctl("is-enabled", UNIT).returncode == 0
    if active and enabled and not changed:
        out(_("unchanged: the service is enabled and running"))
        return True
    if not systemctl_step(_("the service is enabled"), out, "enable", UNIT):
        return False
    return systemctl_step(_("the service is running"), out, "restart" if changed else "start", UNIT)


def _show_check(out: Out) -> None:
    command = Path(sys.executable).with_name("dictatectl")
    done = run(str(command), "check")
    for line in (done.stdout or done.stderr).splitlines():
        out(line)
    if done.returncode == 127 and not done.stdout:
        out(_("skipped: `dictatectl check`; run it yourself"))
