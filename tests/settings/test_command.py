"""`dictate settings` where there can be no window."""

import os
from pathlib import Path

import pytest

from dictate.errors import Unavailable
from dictate.settings import command
from dictate.ui import gtk
from tests.lab import forked
from tests.lab.settings_window import need_libadwaita


def settings() -> tuple[int, str]:
    done = forked.run("dictate.cli:main", "settings", env=dict(os.environ))
    return done.returncode, done.stderr


def test_without_a_desktop_it_says_so() -> None:
    need_libadwaita()
    assert settings() == (
        1,
        "dictate: the settings window cannot be shown: there is no desktop that can be reached\n",
    )


@pytest.mark.parametrize(
    ("window", "said"),
    [
        (
            'echo \'{"why_not": "no gi: apt install gir1.2-adw-1"}\'',
            r"cannot be shown: no gi: .*gir1\.2-adw-1",
        ),
        ("kill -SEGV $$", "ended .killed by signal 11"),
        ("echo '{\"ready\": true}'; exit 1", "ended .exit status 1.: start it again"),
    ],
)
def test_a_window_that_cannot_be_or_ends_is_reported(
    window: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\n{window}\n")
    program.chmod(0o755)
    monkeypatch.setattr(gtk, "PYTHON", str(program))
    with pytest.raises(Unavailable, match=said):
        command.run()
