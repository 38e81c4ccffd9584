"""The units that a package of the system brings, for every user who enables them.

`scripts/deb` writes them from the same templates as `dictate setup`, which then only enables them.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import Final

from dictate.platform.generated_files import MARKER
from dictate.platform.resources import shipped

UNITS: Final = Path("/usr/lib/systemd/user")
APPLICATIONS: Final = Path("/usr/share/applications")
FOLDERS: Final = {
    "CONFIG": ".config/dictate",
    "STATE": ".local/state/dictate",
    "CACHE": ".cache/dictate",
}
"""In the user's home, where no XDG variable moves them."""
# untranslated
_COMMENT: Final = """# Comes with the package of Dictate. Put your own changes into a drop-in:
# systemctl --user edit dictate
"""


def text(name: str, dictate: str) -> str:
    """A file of our systemd folder as a package installs it; `dictate` is the program's path."""
    filled = shipped(f"systemd/{name}").read_text()
    # The "-" is for folders that are not there yet.
    folders = {key: f"-%h/{folder}" for key, folder in FOLDERS.items()}
    for key, value in {**folders, "DICTATE": dictate}.items():
        filled = filled.replace(f"@{key}@", value)
    mark, section, rest = filled.partition("\n[")
    if not mark.startswith(MARKER):
        raise ValueError(f"{name} does not begin with {MARKER!r}")  # untranslated
    return f"{_COMMENT}{section}{rest}"


def starts(unit: str, dictate: str) -> bool:
    """Whether a package has installed this unit, and it starts the program at this path."""
    try:
        lines = (UNITS / unit).read_text().splitlines()
    except OSError:
        return False
    prefix = "ExecStart="
    programs = (line.removeprefix(prefix).split()[0] for line in lines if line.startswith(prefix))
    # The one in /usr/bin is a link.
    return Path(dictate).resolve() in [Path(program).resolve() for program in programs]


def may_write(folders: Iterable[Path]) -> bool:
    """Whether a package's unit may write into these folders of the user."""
    return {Path.home() / folder for folder in FOLDERS.values()} == set(folders)
