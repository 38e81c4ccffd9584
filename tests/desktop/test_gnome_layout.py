"""The keyboard layout that is on in GNOME Shell, as its own portal tells it."""

import asyncio
from pathlib import Path

import pytest

from dictate.platform.keyboard_layout import layout_language
from tests.lab.gnome import Gnome
from tests.lab.xserver import wait_for

pytestmark = [pytest.mark.gnome, pytest.mark.timeout(180)]

SOURCES = "Main.panel.statusArea.keyboard._inputSourceManager"


class _Gnome(Gnome):
    settings = "keyfile"


def test_gnome_says_the_layout_of_now(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gnome"
    folder.mkdir()

    def says(language: str) -> None:
        wait_for(lambda: asyncio.run(layout_language()) == language, language)

    with _Gnome(folder) as gnome:
        gnome.start_portal()
        for name in ("DBUS_SESSION_BUS_ADDRESS", "XDG_CURRENT_DESKTOP", "WAYLAND_DISPLAY"):
            monkeypatch.setenv(name, gnome.env[name])
        listed = "[('xkb', 'us'), ('xkb', 'de+nodeadkeys'), ('xkb', 'ch+fr')]"
        schema = "org.gnome.desktop.input-sources"
        gnome.run("gsettings", "set", schema, "sources", listed)
        says("en")
        for at, language in ((1, "de"), (2, "fr"), (0, "en")):
            gnome.evaluate(f"{SOURCES}.inputSources[{at}].activate(true); 1")
            says(language)
