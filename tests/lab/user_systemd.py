"""A real `systemd --user` on a machine that was not booted with systemd: a container, a builder.

Strategy: as root, in a private mount namespace, pretend that systemd is there (`/run/systemd`),
delegate a cgroup to an ordinary user, become that user, and start the user manager with a session
bus. Everything lies in one temporary folder and ends with the context.
"""

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

ACCOUNT = "daemon"
"""Ordinary for the kernel, and there on every Linux."""
MANAGER = Path("/lib/systemd/systemd")
ROOT = Path(__file__).parents[2]
BOOT_S = 20.0


@dataclass(frozen=True, slots=True)
class UserSystemd:
    """The manager and its user's world."""

    folder: Path
    home: Path
    environment: dict[str, str]
    namespace: int
    """The process whose mount namespace it is."""

    @property
    def log(self) -> str:
        """What the manager and the services wrote."""
        return (self.folder / "log").read_text(errors="replace")

    def run(self, *command: str | Path, timeout: float = 30.0) -> subprocess.CompletedProcess[str]:
        """Run a command as that user, in that world."""
        outer = ["nsenter", f"--target={self.namespace}", "--mount", "--root", "setpriv"]
        outer += [f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--clear-groups", "--inh-caps=-all"]
        return subprocess.run(
            [*outer, *map(str, command)],
            env=self.environment,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )

    def systemctl(self, *arguments: str) -> str:
        """`systemctl --user`; its output. Fails the test if it fails."""
        done = self.run("systemctl", "--user", *arguments)
        if done.returncode:
            pytest.fail(f"systemctl {' '.join(arguments)}: {done.stderr}\n{self.log[-3000:]}")
        return done.stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """One property of a unit."""
        return self.systemctl("show", "--property", name, "--value", unit)

    def wait(self, unit: str, name: str, value: str, timeout: float = 15.0) -> None:
        """Wait until a property of a unit has this value."""
        end = time.monotonic() + timeout
        while (now := self.show(unit, name)) != value:
            if time.monotonic() > end:
                pytest.fail(f"{unit}: {name} stays {now}, not {value}\n{self.log[-3000:]}")
            time.sleep(0.05)


def _why_not() -> str | None:
    for tool in (str(MANAGER), "unshare", "setpriv", "nsenter", "dbus-daemon", "systemctl"):
        if shutil.which(tool) is None:
            return f"{tool} is missing: apt install systemd util-linux dbus"
    if os.geteuid() != 0:
        return "a user manager of the test's own takes root: run the tests as root in a container"
    if subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True).returncode:
        return "mount namespaces are forbidden here: give the container CAP_SYS_ADMIN"
    return None


def _hierarchies() -> list[Path]:
    """Where cgroups are made: the one of cgroup v2, or of a hybrid set-up systemd's and v2's."""
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():
        return [top]
    return [path for path in (top / "systemd", top / "unified") if path.is_dir()]


@contextmanager
def _cgroups(name: str) -> Iterator[list[Path]]:
    made = []
    try:
        for hierarchy in _hierarchies():
            cgroup = hierarchy / name
            (cgroup / "manager").mkdir(parents=True)
            made.append(cgroup)
            for path in [cgroup, *cgroup.rglob("*")]:
                shutil.chown(path, ACCOUNT)
    except OSError as error:
        _remove(made)
        pytest.skip(f"no cgroup can be delegated here ({error}): mount /sys/fs/cgroup writable")
    if not made:
        pytest.skip("no cgroup hierarchy of systemd or v2 here: mount /sys/fs/cgroup")
    try:
        yield made
    finally:
        _remove(made)


def _remove(cgroups: list[Path]) -> None:
    """Kill what is left in them, and remove them."""
    for cgroup in cgroups:
        inner = sorted((path for path in cgroup.rglob("*") if path.is_dir()), reverse=True)
        for path in [*inner, cgroup]:
            # The manager may remove it, and a process may end, at any moment.
            with suppress(FileNotFoundError, ProcessLookupError):
                while pids := (path / "cgroup.procs").read_text().split():
                    for pid in pids:
                        os.kill(int(pid), signal.SIGKILL)
                    time.sleep(0.05)
                path.rmdir()


@contextmanager
def user_systemd(
    environment: Mapping[str, str] | None = None, readable: Sequence[Path] = ()
) -> Iterator[UserSystemd]:
    """A running user manager with a session bus; skips the test, with the reason, where none can
    be had. `environment` is added to that of all services; `readable` is made readable for the
    user, as the checkout and this Python are."""
    reason = _why_not()
    if reason:
        pytest.skip(reason)
    # Not in pytest's folder, which only root may enter, nor in /tmp, where all may write.
    folder = Path(tempfile.mkdtemp(prefix="dsd", dir="/var/tmp"))
    name = folder.name
    try:
        with _cgroups(name) as cgroups:
            yield from _world(folder, cgroups, dict(environment or {}), readable)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _world(
    folder: Path, cgroups: list[Path], extra: dict[str, str], readable: Sequence[Path]
) -> Iterator[UserSystemd]:
    home, runtime = folder / "home", folder / "run"
    user = {
        "HOME": str(home),
        # The bus would look below the home that the account has in the password file.
        "XDG_DATA_HOME": str(home / ".local/share"),
        "USER": ACCOUNT,
        "LANG": "C.UTF-8",
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "XDG_RUNTIME_DIR": str(runtime),
        "DBUS_SESSION_BUS_ADDRESS": f"unix:path={runtime}/bus",
        "SYSTEMD_LOG_TARGET": "console",
        **extra,
    }
    units = home / ".config/systemd/user"
    units.mkdir(parents=True)
    # As distributions have them, where they are installed.
    (units / "dbus.socket").write_text("[Socket]\nListenStream=%t/bus\n")
    (units / "dbus.service").write_text(_BUS)
    (units / "sockets.target.wants").mkdir()
    (units / "sockets.target.wants/dbus.socket").symlink_to(units / "dbus.socket")
    # There is no journal here: services write where the manager writes.
    (home / ".config/systemd/user.conf").write_text(
        "[Manager]\nDefaultStandardOutput=inherit\nDefaultStandardError=inherit\n"
    )
    runtime.mkdir()
    account = pwd.getpwnam(ACCOUNT)
    for path in (folder, runtime, home, *home.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    runtime.chmod(0o700)
    needed = {ROOT, Path(sys.prefix), Path(sys.base_prefix), *readable}
    root = {
        "PATH": os.environ["PATH"],
        "FOLDER": str(folder),
        "ACCOUNT": ACCOUNT,
        "CGROUPS": ":".join(map(str, cgroups)),
        "READABLE": ":".join(sorted(map(str, needed))),
    }
    settings = [f"{key}={value}" for key, value in user.items()]
    script = Path(__file__).with_suffix(".sh")
    boot = ["unshare", "--mount", "--propagation", "private", "sh", str(script)]
    boot += ["env", "-i", *settings, str(MANAGER), "--user", "--unit=default.target"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            boot, env=root, cwd="/", stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    manager = UserSystemd(folder, home, user, process.pid)
    try:
        _wait_for_boot(manager, process)
        yield manager
    finally:
        if process.poll() is None:
            manager.run("systemctl", "--user", "exit")
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
        process.wait(10)


_BUS = """
[Unit]
Requires=dbus.socket
[Service]
Type=notify
NotifyAccess=main
ExecStart=/usr/bin/dbus-daemon --session --address=systemd: --nofork --systemd-activation
"""


def _wait_for_boot(manager: UserSystemd, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + BOOT_S
    # Before its socket is there, systemctl would ask the bus to start a manager, and wait for it.
    private = Path(manager.environment["XDG_RUNTIME_DIR"]) / "systemd/private"
    while time.monotonic() < end and process.poll() is None:
        state = ["systemctl", "--user", "is-system-running"]
        # Degraded: a unit of some other package has no luck here.
        if private.exists() and manager.run(*state).stdout.strip() in ("running", "degraded"):
            return
        time.sleep(0.1)
    pytest.fail(f"the user manager did not come up:\n{manager.log[-4000:]}")
