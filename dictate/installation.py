"""How this Dictate is installed, and the commands that install here what it lacks.

Outside of a checkout, an extra is named by its requirements, never as `dictate-daemon[extra]`: the
index that pip asks may have a package of that name that is not ours.
"""

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from dictate.translation import _

if TYPE_CHECKING:
    from importlib.metadata import Distribution

DISTRIBUTION: Final = "dictate-daemon"
"""Our name for pip; the package to import is `dictate`."""
_ROOT: Final = Path(__file__).parents[1]
_REINSTALL: Final = {
    "dpkg": ("apt", "install", "--reinstall"),
    "pacman": ("pacman", "-S"),
    "rpm": ("dnf", "reinstall"),
}
"""What installs a package of the system again."""
_EXTRA: Final = re.compile(r"extra\s*==\s*[\"']([\w.-]+)[\"']")


def install_command(extra: str) -> str:
    """The shell command that installs an extra of ours into this installation."""
    return as_shell(install_steps(extra))


def install_steps(extra: str) -> list[list[str]]:
    """The same as command lines to run one after the other."""
    root = checkout()
    if root is None or _is_pipx() or _is_uv_tool():
        return _add(*requirements(extra))
    return _pip("-e", f"{root}[{extra}]")


def package_command(name: str) -> str:
    """The shell command that installs a package from the index, which we need, again."""
    return as_shell(_add(name, again=True))


def reinstall_command() -> str:
    """The shell command that installs Dictate again, with all its files."""
    root = checkout()
    if _is_pipx():
        return shlex.join(["pipx", "reinstall", Path(sys.prefix).name])
    if _is_uv_tool():
        return shlex.join(["uv", "tool", "upgrade", "--reinstall", DISTRIBUTION])
    if root:
        return as_shell(_pip("-e", str(root)))
    if again := _REINSTALL.get(_installer()):
        return shlex.join([*_as_root(), *again, "dictate"])
    return as_shell(_pip("--force-reinstall", "--no-deps", *_source()))


def system_command(*packages: str) -> str:
    """What to do to install these packages of the system; their names are those of Debian."""
    if shutil.which("apt-get") is None:
        return _("install what Debian calls {packages}").format(packages=_(" and ").join(packages))
    return shlex.join([*_as_root(), "apt", "install", *packages])


def extras() -> list[str]:
    """The names of our extras."""
    if root := checkout():
        return list(_toml(root / "pyproject.toml")["project"]["optional-dependencies"])
    found = _metadata()
    return (found.metadata.get_all("Provides-Extra") or []) if found else []


def requirements(extra: str) -> list[str]:
    """What pip must install for an extra of ours."""
    found = _metadata()
    lines = (found.requires or []) if found else []
    parts = [line.partition(";") for line in lines]
    return [what.strip() for what, __, when in parts if extra in _EXTRA.findall(when)]


def checkout() -> Path | None:
    """The checkout that this code runs from, or None if it was copied into an environment."""
    return _ROOT if (_ROOT / "pyproject.toml").is_file() else None


def as_shell(steps: Sequence[Sequence[str]]) -> str:
    """Command lines as one line for a shell."""
    return " && ".join(map(shlex.join, steps))


def _is_pipx() -> bool:
    return Path(sys.prefix, "pipx_metadata.json").is_file()


def _installer() -> str:
    """What installed us: pip, uv, or what `packaging/tree` was told."""
    found = _metadata()
    return (found.read_text("INSTALLER") or "").strip() if found else ""


def _is_uv_tool() -> bool:
    return _receipt().is_file()


def _receipt() -> Path:
    """Where `uv tool install` writes down what it installed."""
    return Path(sys.prefix, "uv-receipt.toml")


def _add(*names: str, again: bool = False) -> list[list[str]]:
    """The steps that add packages of the index to this installation."""
    if _is_pipx():
        return [["pipx", "inject", *(["--force"] if again else []), Path(sys.prefix).name, *names]]
    if _is_uv_tool():
        words = ["--reinstall"] if again else []
        # uv removes what a later command does not name.
        for name in dict.fromkeys((*_kept_by_uv(), *names)):
            words += ["--with", name]
        return [["uv", "tool", "install", *words, *_source()]]
    return _pip(*(["--force-reinstall", "--no-deps"] if again else []), *names)


def _pip(*arguments: str) -> list[list[str]]:
    """The steps that run `pip install` for this Python."""
    uv = shutil.which("uv")
    if find_spec("pip") is None and uv is not None:
        return [[uv, "pip", "install", "--python", sys.executable, *_pip_flags(), *arguments]]
    pip = [sys.executable, "-P", "-m", "pip", "install", *_pip_flags(), *arguments]
    if _is_environment() and not os.access(sys.prefix, os.W_OK):
        pip = [*_as_root(), *pip]  # that of a package of the system
    if find_spec("pip") is not None:
        return [pip]
    if _is_environment():
        return [[sys.executable, "-P", "-m", "ensurepip"], pip]
    return [[*_as_root(), "apt", "install", "python3-pip"], pip]


def _pip_flags() -> list[str]:
    if _is_environment():
        return []
    import sysconfig

    # The user's own folder, which this Python reads, too: nothing of the system is changed.
    user = ["--user"] if os.geteuid() else []
    scheme = sysconfig.get_path("stdlib", sysconfig.get_default_scheme())
    managed = Path(scheme, "EXTERNALLY-MANAGED").is_file()
    return [*user, "--break-system-packages"] if managed else user


def _is_environment() -> bool:
    """Whether pip may install into this Python: a virtual environment, or one of conda."""
    return sys.prefix != sys.base_prefix or Path(sys.prefix, "conda-meta").is_dir()


def _as_root() -> list[str]:
    return ["sudo"] if os.geteuid() else []


def _source() -> list[str]:
    """Where this Dictate came from, as pip and uv take it."""
    if root := checkout():
        return ["--editable", str(root)]
    found = _metadata()
    origin = json.loads((found.read_text("direct_url.json") if found else None) or "{}")
    if not origin:
        return [DISTRIBUTION]
    url = str(origin["url"])
    if version_control := origin.get("vcs_info"):
        at = version_control.get("requested_revision") or version_control["commit_id"]
        url = f"{version_control['vcs']}+{url}@{at}"
    return [f"{DISTRIBUTION} @ {url}"]


def _kept_by_uv() -> Iterable[str]:
    """What the user had uv install beside us."""
    for each in _toml(_receipt()).get("tool", {}).get("requirements", ()):
        if each["name"] != DISTRIBUTION:
            more = f"[{','.join(each['extras'])}]" if each.get("extras") else ""
            yield f"{each['name']}{more}{each.get('specifier', '')}"


def _toml(path: Path) -> dict[str, Any]:
    import tomllib

    return tomllib.loads(path.read_text())


def _metadata() -> "Distribution | None":
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        return distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return None
