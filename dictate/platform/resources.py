"""Where the files are that come with the program: `config/`, `systemd/` and sample recordings."""

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]


def shipped(name: str) -> Path:
    """The path of a shipped file, like "config/config.toml".

    An installed package carries them in `dictate/share`, a checkout beside the package. Raises
    FileNotFoundError where neither has it, which means a broken installation.
    """
    for home in (_PACKAGE / "share", _PACKAGE.parent):
        if (home / name).is_file():
            return home / name
    raise FileNotFoundError(f"{name} did not come with this installation: install it again")


def samples() -> list[Path]:
    """The sample recordings, in the order in which they are spoken."""
    return sorted((_PACKAGE / "samples").glob("*.wav"))
