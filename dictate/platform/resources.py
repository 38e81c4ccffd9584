"""The files that come with the program: `config/`, `systemd/` and sample recordings."""

from pathlib import Path

from dictate.installation import reinstall_command
from dictate.translation import _

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """The path of a shipped file, like "config/config.toml".

    An installed package has them in `dictate/share`, a checkout beside the package. Raises
    FileNotFoundError if neither has it: the installation is broken.
    """
    for home in (_PACKAGE / "share", _PACKAGE.parent):
        if (home / name).is_file():
            return home / name
    missing = _("{file} is missing in this installation: {command}")
    raise FileNotFoundError(missing.format(file=name, command=reinstall_command()))


def samples() -> list[Path]:
    """The sample recordings, in the order in which the demo plays them."""
    return sorted((_PACKAGE / "samples").glob("*.wav"))
