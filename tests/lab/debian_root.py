"""A clean Debian or Ubuntu, in which packages are made, installed and removed.

Strategy: debootstrap makes a root of each release once, which is kept for later runs, apart from
that of `scripts/desktops`, in which programs are installed. Each use lays an overlay in memory over
it, in a mount namespace of its own, so that nothing stays.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

INDEX: Final = [
    *("/etc/pip.conf", "/etc/xdg/pip", "/opt", "/srv"),
    *(str(Path.home() / name) for name in (".config/pip", ".pip")),
]
"""How this machine reaches an index of Python packages, and what it keeps of one."""
CERTIFICATES: Final = Path("/etc/ssl/certs/ca-certificates.crt")
"""Whom it trusts."""
CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dictate-packages"
OWN: Final = platform.freedesktop_os_release().get("VERSION_CODENAME", "")
"""The release of this machine."""
UBUNTU: Final = ("noble",)
UBUNTU_KEYS: Final = Path("/usr/share/keyrings/ubuntu-archive-keyring.gpg")
NAMESPACE: Final = ("unshare", "--mount", "--propagation", "private")
MOUNT: Final = """
set -e
mount -t tmpfs -o size=4g memory "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
to=$1/root
shift 2
for path; do
    if [ -d "$path" ]; then mkdir -p "$to$path"; else mkdir -p "$to${path%/*}"; : >"$to$path"; fi
    mount --bind -o ro "$path" "$to$path"
done
echo ready
exec cat
"""


@dataclass(frozen=True, slots=True)
class DebianRoot:
    """The root while it is in use."""

    folder: Path
    """Seen from inside its mount namespace."""
    namespace: int
    """The process whose mount namespace it is."""
    variables: Mapping[str, str]
    """Of the environment, besides the usual ones."""

    def run(
        self, *command: str, user: str = "root", timeout: float = 300.0
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it as root, or as an ordinary user, and fail the test if it fails."""
        become = () if user == "root" else ("runuser", "-u", user, "--")
        home = "/root" if user == "root" else f"/home/{user}"
        enter = ("nsenter", f"--target={self.namespace}", "--mount", "chroot", str(self.folder))
        done = subprocess.run(
            [*enter, *become, *command],
            env={
                "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                "HOME": home,
                "LANG": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive",
                **self.variables,
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
        assert done.returncode == 0, f"{' '.join(command)}:\n{done.stdout}\n{done.stderr}"
        return done

    def copy_in(self, path: Path, to: str) -> None:
        """Copy a file of this machine into it."""
        self.run("mkdir", "-p", str(Path(to).parent))
        with path.open("rb") as source:
            subprocess.run(
                ["nsenter", f"--target={self.namespace}", "--mount", "tee", f"{self.folder}{to}"],
                stdin=source,
                stdout=subprocess.DEVNULL,
                check=True,
            )

    def copy_out(self, path: str, to: Path) -> None:
        """Copy a file of it to this machine."""
        with to.open("wb") as target:
            subprocess.run(
                ["nsenter", f"--target={self.namespace}", "--mount", "cat", f"{self.folder}{path}"],
                stdout=target,
                check=True,
            )


def _base(suite: str) -> Path:
    """The root of a release that all uses share. Skips where it cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the root of another Debian and enter it")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is missing: apt install debootstrap")
    root = CACHE / suite
    if root.is_dir():
        return root
    new = CACHE / f"{suite}.new"
    shutil.rmtree(new, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    options: tuple[str, ...] = ()
    script: tuple[str, ...] = ()
    if suite in UBUNTU:
        if not UBUNTU_KEYS.exists():
            pytest.skip(f"{UBUNTU_KEYS} is missing: install Ubuntu's package ubuntu-keyring")
        options = ("--components=main,universe", f"--keyring={UBUNTU_KEYS}")
        # Debian's debootstrap may not know the release; this is the script of all of Ubuntu's, with
        # the mirror that it names.
        script = ("", "gutsy")
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", *options, suite, str(new), *script],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return new.rename(root)


@contextmanager
def debian_root(folder: Path, suite: str = OWN, *, index: bool = False) -> Iterator[DebianRoot]:
    """A clean root of a release, mounted at `folder` until the context ends. With `index`, pip
    finds there what it finds here, once it has our CERTIFICATES, too."""
    base = _base(suite)
    shared = [path for path in INDEX if index and Path(path).exists()]
    variables = {name: value for name, value in os.environ.items() if name.startswith("PIP_")}
    process = subprocess.Popen(
        [*NAMESPACE, "sh", "-c", MOUNT, "sh", folder, base, *shared],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        root = DebianRoot(folder / "root", process.pid, variables if index else {})
        for name in ("resolv.conf", "hosts"):
            root.copy_in(Path("/etc", name), f"/etc/{name}")
        yield root
    finally:
        process.communicate(timeout=20)
