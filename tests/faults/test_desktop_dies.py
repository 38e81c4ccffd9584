"""The desktop dies while a text is being written: it is kept, and not written again by itself; the
next one finds the new desktop."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.daemon import wait_for
from tests.lab.scripted import home
from tests.lab.windows import GtkField, TkField
from tests.lab.xserver import XServer, need

pytestmark = pytest.mark.desktop


@pytest.mark.fault("C7", "C11", "C13")
def test_the_x_server_dies_in_the_middle_of_a_text(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    need("xclip")
    with home(tmp_path) as user, XServer() as x:
        hung = GtkField(x, tmp_path)
        user.env["DISPLAY"] = x.display
        user.say("the first", "the second")
        user.settings = user.settings.replace(
            'use = "stdout"', 'use = "x11"\npaste_timeout_ms = 10000'
        )
        with user.daemon() as daemon:
            hung.hang()
            daemon.ctl("start")
            wait_for(
                lambda: daemon.history()[:1] and daemon.history()[0]["state"] == "typing", "it"
            )
            time.sleep(0.5)  # the text is offered, and the keys are pressed
            x.kill()
            killed = time.monotonic()
            wait_for(lambda: daemon.history()[0]["state"] == "held", daemon.logged())
            record_property("detected_s", time.monotonic() - killed)
            assert daemon.ctl("last").stdout == "the first\n"
            x.start(x.display)
            window, back = TkField(x, tmp_path), time.monotonic()
            daemon.ctl("start")
            window.wait_text("the second")
            record_property("recovered_s", time.monotonic() - back)
            daemon.wait_state("ready")
            states = [(entry["text"], entry["state"]) for entry in daemon.history()]
            assert states == [("the second", "delivered"), ("the first", "held")]
            assert window.text() == "the second"
            window.close()
