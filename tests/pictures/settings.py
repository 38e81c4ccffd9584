"""The settings window, open at the options for text."""

import tempfile
import time
from pathlib import Path

from tests.lab.scripted import home
from tests.lab.settings_window import TITLE, settings_window
from tests.lab.xserver import XServer


def settings(target: Path) -> None:
    """The window as `dictate settings` opens it, after a click on Text."""
    with tempfile.TemporaryDirectory(prefix="dictate-settings-") as name, XServer() as x:
        folder = Path(name)
        with home(folder) as user:
            user.env["DISPLAY"] = x.display
            with user.daemon() as daemon, settings_window(x, daemon.env, folder) as window:
                window.find("Ready, scripted.*")
                window.click("Text", "list item")
                time.sleep(1)  # what is drawn late
                found = x.run("xdotool", "search", "--onlyvisible", "--name", TITLE).split()[-1]
                colours = ("-strip", "+dither", "-colors", "128")
                x.run("import", "-window", found, *colours, f"PNG8:{target}")
