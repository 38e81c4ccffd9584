"""A locale that is not UTF-8, which few systems have installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

NAME = "de_DE.ISO-8859-1"


def latin_1(folder: Path) -> dict[str, str]:
    """The environment of a user with this locale; skips where it cannot be made."""
    if shutil.which("localedef") is None or not Path("/usr/share/i18n/charmaps").is_dir():
        pytest.skip("localedef or its tables are missing: apt install locales")
    command = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / NAME)]
    # It warns about symbols that this charset lacks, with a status of 1.
    subprocess.run(command, check=False, capture_output=True)
    return {"LOCPATH": str(folder), "LC_ALL": NAME}
