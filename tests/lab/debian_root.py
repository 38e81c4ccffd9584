"""A clean Debian of the release that this machine has, in which packages are installed and removed.

Strategy: debootstrap makes a root once, which is kept for later runs, apart from that of
`scripts/desktops`, in which programs are installed. Each use lays an overlay in memory over it, in
a mount namespace of its own, so that nothing stays.
"""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

CACHE: Final = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "dictate-packages"
MOUNT: Final = """
set -e
mount -t tmpfs -o size=4g memory "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=$2,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
mount -t proc proc "$1/root/proc"
mount --rbind /dev "$1/root/dev"
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


def _base() -> Path:
    """The root that all uses share. Skips where it cannot be made."""
    if os.geteuid() != 0:
        pytest.skip("only root can make the root of another Debian and enter it")
    if shutil.which("debootstrap") is None:
        pytest.skip("debootstrap is missing: apt install debootstrap")
    release = platform.freedesktop_os_release()
    suite = release["VERSION_CODENAME"]
    root = CACHE / suite
    if root.is_dir():
        return root
    new = CACHE / f"{suite}.new"
    shutil.rmtree(new, ignore_errors=True)
    CACHE.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["debootstrap", "--variant=minbase", suite, new],
        capture_output=True,
        text=True,
        check=False,
        timeout=900,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return new.rename(root)


@contextmanager
def debian_root(folder: Path) -> Iterator[DebianRoot]:
    """A clean root, mounted at `folder` until the context ends."""
    base = _base()
    process = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", MOUNT, "sh", folder, base],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "ready\n"
        root = DebianRoot(folder / "root", process.pid)
        for name in ("resolv.conf", "hosts"):
            root.copy_in(Path("/etc", name), f"/etc/{name}")
        yield root
    finally:
        process.communicate(timeout=20)
