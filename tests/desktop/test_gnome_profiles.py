"""Profiles on GNOME, which tells nobody what is in front. The applications that accessibility knows
are known by it, and the others have the main profile."""

import time
from pathlib import Path

import pytest

from tests.desktop.test_gnome import session
from tests.desktop.test_profiles import in_front
from tests.lab.accessibility import AccessibilityBus
from tests.lab.daemon import RealDaemon, wait_for, with_constants
from tests.lab.eight import PATIENCE
from tests.lab.gnome import AccessibleChromiumOnGnome, Gnome, Gtk4OnGnome, Qt6OnGnome
from tests.lab.scripted import noise, script
from tests.lab.windows import Window

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

__all__ = ["session"]  # what reports the focus does not start without a display

PROFILES = """
[[profile]]
name = "browser"
applications = ["chromium"]
replacements = { "numbers" = "figures" }
[[profile]]
name = "letters"
titles = ["gtk4-*"]
replacements = { "numbers" = "sums" }
"""
PATIENT = {
    **PATIENCE,
    "dictate.app.profiles.FOCUS_S": 5,
    "dictate.outputs.guard.CONFIRM_S": 2,
}


def test_the_window_decides_where_accessibility_knows_it(gnome: Gnome, tmp_path: Path) -> None:
    before = gnome.more_env
    bus = AccessibilityBus(before["DBUS_SESSION_BUS_ADDRESS"], tmp_path)
    config = (
        '[hotkey]\nuse = "none"\n'
        f'[microphone]\nuse = "wav:{noise(tmp_path / "noise.wav", 60)}"\n'
        f'[engine]\nuse = "scripted:{script(tmp_path / "says", "The numbers.")}"\n{PROFILES}'
    )
    daemon = RealDaemon(gnome.folder, before, config=config)
    daemon.program = with_constants(PATIENT)

    def said(window: Window, text: str, profile: str) -> None:
        window.focus()
        wait_for(lambda: in_front(daemon)[1] == profile, f"the profile is {profile}", 60)
        daemon.ctl("start")
        daemon.wait_state("recording")
        time.sleep(0.3)
        daemon.ctl("stop")
        window.wait_text(text)
        daemon.wait_state("ready")

    with bus, daemon:
        gnome.more_env = {**before, **bus.env}
        try:
            kinds = (AccessibleChromiumOnGnome, Gtk4OnGnome, Qt6OnGnome)
            browser, letters, other = (kind(gnome, tmp_path) for kind in kinds)
        finally:
            gnome.more_env = before
        said(letters, "The sums.", "letters")
        said(browser, "The figures.", "browser")
        assert in_front(daemon)[0] == "chromium"
        said(other, "The numbers.", "main")
        assert in_front(daemon) == ("", "main")
        said(browser, "The figures. The figures.", "browser")
        assert letters.title not in daemon.log.read_text()
        for window in (browser, letters, other):
            window.close()
