"""`dictate setup`: makes Dictate a service of this user, and takes that back.

Strategy: every step looks first, does only what is missing, and says one line: "done", "already
so", or "skipped" with the reason. A file that the user wrote or changed is never touched, neither
by installing nor by removing.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_config_path, user_data_path

from dictate.errors import DictateError
from dictate.models import store
from dictate.platform import paths
from dictate.platform.resources import shipped

UNIT = "dictate.service"
SERVE = ("dictate-serve.socket", "dictate-serve.service")
REMOTE = "dictate-remote.service"
ACTIVATION = "io.github.dictate.Dictate1.service"
OURS = "# Written by `dictate setup`"
"""How a file begins that we may rewrite and remove."""
NO_NAMESPACES = f"""{OURS}, because this system forbids user namespaces, without
# which the unit would not start. The file system is then not read-only for Dictate.
[Service]
PrivateUsers=no
ProtectSystem=no
ProtectHome=no
"""

Out = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Places:
    """Where this user's files are."""

    config: Path
    state: Path
    cache: Path
    models: Path
    units: Path
    """The folder of the user's units."""
    activation: Path

    @property
    def unit(self) -> Path:
        """The daemon's."""
        return self.units / UNIT

    def drop_in(self, unit: str) -> Path:
        """For a system that forbids user namespaces."""
        return self.units / f"{unit}.d/no-user-namespaces.conf"


def find_places() -> Places:
    return Places(
        config=paths.config_file().parent,
        state=paths.state_dir(),
        cache=paths.cache_dir(),
        models=paths.models_dir(),
        units=user_config_path() / "systemd/user",
        activation=user_data_path() / "dbus-1/services" / ACTIVATION,
    )


def install(*, out: Out = print) -> int:
    """Write the two configuration files, install and start the service, and show the check.

    Safe to repeat. 0 if all that can work here is in place, 1 if a step failed.
    """
    places = find_places()
    try:
        for folder in (places.config, places.state, places.cache):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for name in ("config.toml", "hotwords.toml"):
            write_default(places.config / name, name, out)
        manager = manager_missing()
        changed = write_ours(places.unit, unit(UNIT, places), out)
        changed |= write_ours(places.activation, filled(ACTIVATION, DICTATE=executable()), out)
        if manager is None and user_namespaces_forbidden():
            changed |= write_ours(places.drop_in(UNIT), NO_NAMESPACES, out)
    except (OSError, DictateError) as error:
        out(f"failed: {error}")
        return 1
    started = True
    if manager is None:
        started = _start(changed=changed, out=out)
    else:
        out(f"skipped: starting the service: {manager}; `dictate run` runs it in a terminal")
    _show_check(out)
    return 0 if started else 1


def remove(*, purge: bool, out: Out = print) -> int:
    """Take away what `install` wrote; with `purge` also what was said and the models that were
    downloaded. Says what it left.

    Safe to repeat. 0 if nothing of ours is left but what it names, 1 if a step failed.
    """
    places = find_places()
    manager = manager_missing()
    all_units = (UNIT, *SERVE, REMOTE)
    try:
        if manager is not None:
            out(f"skipped: stopping the service: {manager}")
        else:
            for name in all_units:
                if (places.units / name).exists():
                    step(f"stopped and disabled {name}", out, "disable", "--now", name)
        drop_ins = [places.drop_in(name) for name in all_units]
        for path in (*(places.units / name for name in all_units), *drop_ins, places.activation):
            remove_ours(path, out)
        if manager is None:
            systemctl("daemon-reload")
        for name in ("config.toml", "hotwords.toml"):
            _remove_default(places.config / name, name, out)
        _remove_data(places, out, purge=purge)
        emptied = (places.config, places.state, places.cache, places.models, places.models.parent)
        for folder in (*(path.parent for path in drop_ins), *emptied):
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()
    except OSError as error:
        out(f"failed: {error}")
        return 1
    return 0


def _remove_data(places: Places, out: Out, *, purge: bool) -> None:
    downloaded = [f"{path} ({size / 1e6:,.1f} MB)" for path, size in store.stored().items()]
    if purge:
        for folder in (places.state, places.cache, places.models):
            if folder.exists():
                shutil.rmtree(folder)
                out(f"done: removed {folder}")
        for file in downloaded:
            out(f"done: removed {file}")
        return
    if places.state.exists() and any(places.state.iterdir()):
        out(f"left: {places.state}, what you said; dictate setup --remove --purge deletes it")
    for file in downloaded:
        out(f"left: {file}; dictate setup --remove --purge deletes it, too")


def executable() -> str:
    """The installed `dictate`, whole: a service has another PATH than the user's shell."""
    for candidate in (Path(sys.argv[0]), Path(sys.executable).with_name("dictate")):
        # Not resolved: a link stays right when what it points to is renewed.
        if candidate.name == "dictate" and candidate.is_file():
            return _quoted(candidate.absolute())
    raise DictateError(
        f"there is no `dictate` beside {sys.executable}: install the package, then run its "
        "`dictate setup`"
    )


def _quoted(path: Path) -> str:
    """A path as one word, in a unit as well as in a D-Bus service file."""
    word = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{word}"' if set(word) & set(" \t'\"\\") else word


def filled(name: str, **values: str) -> str:
    text = shipped(f"systemd/{name}").read_text()
    for key, value in values.items():
        text = text.replace(f"@{key}@", value)
    return text


def unit(name: str, places: Places) -> str:
    folders = {"CONFIG": places.config, "STATE": places.state, "CACHE": places.cache}
    words = {key: _quoted(path) for key, path in folders.items()}
    words["DICTATE"] = executable()
    return filled(name, **{key: word.replace("%", "%%") for key, word in words.items()})


def write_default(path: Path, name: str, out: Out) -> None:
    if path.exists():
        out(f"already so: {path} is there, and left as it is")
        return
    path.write_text(shipped(f"config/{name}").read_text())
    path.chmod(0o600)
    out(f"done: wrote {path}")


def _remove_default(path: Path, name: str, out: Out) -> None:
    if not path.exists():
        return
    if path.read_text() == shipped(f"config/{name}").read_text():
        path.unlink()
        out(f"done: removed {path}")
    else:
        out(f"left: {path}, because you changed it")


def write_ours(path: Path, text: str, out: Out) -> bool:
    """Write a file of ours; whether it changed."""
    old = path.read_text() if path.exists() else None
    if old == text:
        out(f"already so: {path}")
        return False
    if old is not None and not old.startswith(OURS):
        out(f"skipped: {path} is not from dictate setup, and left as it is")
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    out(f"done: wrote {path}")
    return True


def remove_ours(path: Path, out: Out) -> None:
    if not path.exists():
        return
    if path.read_text().startswith(OURS):
        path.unlink()
        out(f"done: removed {path}")
    else:
        out(f"left: {path}, because it is not from dictate setup")


def run(*command: str, timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
    """Run a program; one that is missing or hangs counts as one that failed and said so."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return subprocess.CompletedProcess(command, 127, "", str(error))


def systemctl(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run("systemctl", "--user", *arguments, timeout=60.0)


def manager_missing() -> str | None:
    """Why there is no systemd for this user, or None."""
    if shutil.which("systemctl") is None:
        return "systemd is not installed"
    if systemctl("show-environment").returncode:
        return "no systemd runs for this user (a container, or a login without a session)"
    return None


def user_namespaces_forbidden() -> bool:
    # Asked of the service manager itself: what a shell may do says little about it.
    probe = ("systemd-run", "--user", "--wait", "--quiet", "--collect")
    options = (
        "-p",
        "PrivateUsers=yes",
        "-p",
        "ProtectSystem=strict",
        "-p",
        "ProtectHome=read-only",
    )
    plain = run(*probe, "true").returncode == 0
    return plain and run(*probe, *options, "true").returncode != 0


def step(what: str, out: Out, *arguments: str) -> bool:
    done = systemctl(*arguments)
    if done.returncode == 0:
        out(f"done: {what}")
        return True
    reason = (done.stderr.strip() or f"exit status {done.returncode}").splitlines()[0]
    out(f"failed: systemctl --user {' '.join(arguments)}: {reason}")
    return False


def _start(*, changed: bool, out: Out) -> bool:
    if changed:
        systemctl("daemon-reload")
        # The bus, too, has to see its new file, where its folder is as new as the file.
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
        out("already so: the service is enabled and runs")
        return True
    if not step("the service is enabled", out, "enable", UNIT):
        return False
    return step("the service runs", out, "restart" if changed else "start", UNIT)


def _show_check(out: Out) -> None:
    command = Path(sys.executable).with_name("dictatectl")
    done = run(str(command), "check")
    for line in (done.stdout or done.stderr).splitlines():
        out(line)
    if done.returncode == 127 and not done.stdout:
        out("skipped: dictatectl check; run it yourself")
