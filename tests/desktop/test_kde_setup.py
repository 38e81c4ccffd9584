"""`dictate setup --keys` on KDE, where KWin starts what was bound.

`make kde` installs KWin and runs this; `make test` does not.
"""

import time
from pathlib import Path

import pytest

from dictate.install import shortcuts
from dictate.platform import paths
from tests.lab.kwin import Kwin
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.kde, pytest.mark.timeout(180)]

CTRL, ALT, SPACE, C, F9 = 29, 56, 57, 46, 67
"""As the kernel numbers them."""
CONFIG = """
[hotkey]
use = "{use}"
key = "ctrl+alt+space"
cancel_key = "ctrl+alt+c"
[second]
key = "{second}"
"""


@pytest.fixture
def told(kwin: Kwin, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What was told, each a file in this folder."""
    for name, value in kwin.more_env.items():
        monkeypatch.setenv(name, value)
    told = kwin.folder / "told"
    told.mkdir(exist_ok=True)
    monkeypatch.setattr(shortcuts, "command", lambda *words: f"touch {told}/{'-'.join(words)}")
    paths.config_file().parent.mkdir(exist_ok=True)
    return told


def bound(use: str, second: str) -> list[str]:
    paths.config_file().write_text(CONFIG.format(use=use, second=second))
    said: list[str] = []
    assert shortcuts.bind(out=said.append) == 0
    return said


def press(kwin: Kwin, *keys: int) -> None:
    kwin.hand(*(f"key {key} 1" for key in keys), *(f"key {key} 0" for key in reversed(keys)))


def heard(told: Path) -> set[str]:
    return {file.name for file in told.iterdir()}


def forget(told: Path) -> None:
    for file in told.iterdir():
        file.unlink()


def test_kde_starts_what_was_bound_until_it_is_taken_back(kwin: Kwin, told: Path) -> None:
    for _ in range(2):
        said = bound("none", "f9")
        assert len([line for line in said if line.startswith("done: KDE binds")]) == 3
    press_all(kwin, told)
    # KDE writes down what was bound a little later.
    wait_for(lambda: "dictate-key-cancel" in saved_shortcuts(kwin), "it is kept", 30)
    kwin.kill()
    kwin.start_kwin()
    press_all(kwin, told)
    said = []
    shortcuts.unbind(out=said.append)
    assert len([line for line in said if line.startswith("done: removed")]) == 3
    forget(told)
    press(kwin, CTRL, ALT, SPACE)
    time.sleep(1)
    assert heard(told) == set()
    said.clear()
    shortcuts.unbind(out=said.append)
    assert said == []


def press_all(kwin: Kwin, told: Path) -> None:
    forget(told)
    for keys in ((CTRL, ALT, SPACE), (F9,), (CTRL, ALT, C)):
        press(kwin, *keys)
    wait_for(lambda: heard(told) == {"Toggle", "Toggle-second", "Cancel"}, "all is told", 30)


def saved_shortcuts(kwin: Kwin) -> str:
    file = kwin.folder / "config/kglobalshortcutsrc"
    return file.read_text() if file.exists() else ""


def test_what_the_portal_hears_is_not_taken_from_it(kwin: Kwin, told: Path) -> None:
    said = bound("auto", "f9")
    assert "KDE's portal already reports press and release" in said[0]
    assert [line for line in said if line.startswith("done: KDE binds")] == [
        f"done: KDE binds ctrl+alt+c to: touch {told}/Cancel"
    ]
    shortcuts.unbind(out=said.append)


def test_a_key_that_another_program_has_is_left_alone(kwin: Kwin, told: Path) -> None:
    said = bound("none", "super+d")
    skipped = "skipped: super+d: another program has it in KDE: choose another key"
    assert skipped in said
    assert not list((kwin.folder / "data/applications").glob("dictate-key-second*"))
    shortcuts.unbind(out=said.append)
