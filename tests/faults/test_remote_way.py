"""The whole product with its engine on another machine: from the start of a dictation to the text,
what `dictatectl status` says of it, and the same when that machine is gone."""

import re
import time
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import home
from tests.lab.serving import Serving

pytestmark = pytest.mark.timeout(180)

THERE = "heard over there"


def dictated(daemon: RealDaemon, number: int) -> dict[str, object]:
    """One dictation; its entry in the journal."""
    daemon.ctl("start")
    wait_for(lambda: daemon.status()["state"] == "recording", "it records")
    time.sleep(1)
    daemon.ctl("stop", check=False)  # a silence may have ended it already
    wait_for(lambda: daemon.history(1)[0]["number"] == number, "it is in the journal")
    wait_for(lambda: daemon.history(1)[0]["state"] == "delivered", "it is written", 60)
    return dict(daemon.history(1)[0])


@pytest.mark.fault("G1")
def test_from_the_start_to_the_text(tmp_path: Path) -> None:
    with (
        Serving(tmp_path / "spark", lines=(THERE,)) as server,
        home(tmp_path, seconds=30) as user,
    ):
        config = user.settings.replace(
            f'use = "scripted:{user.says}"',
            f'use = "wyoming"\naddress = "{server.socket}"\nfallback = "scripted:{user.says}"',
        )
        with user.daemon(config=config) as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "it is reached")
            entry = dictated(daemon, 1)
            assert (str(entry["text"]).lower(), entry["engine"]) == (THERE, "wyoming")
            status = daemon.status()
            assert (status["engine"], status["engine_state"]) == ("wyoming", "ready")
            assert re.fullmatch(r"remote: s, \d+\.\d ms away", str(status["device"]))
            assert "runs on      remote: s, " in daemon.ctl("status").stdout

            server.stop()
            entry = dictated(daemon, 2)
            assert (entry["text"], entry["engine"]) == (user.text, "scripted")
            status = daemon.status()
            assert (status["engine"], status["engine_state"]) == ("scripted", "ready")
            assert "remote" not in str(status["device"])
            note = "the engine at s .*; scripted served instead"
            assert re.search(note, str(status["engine_notes"]))

            server.start()
            entry = dictated(daemon, 3)
            assert entry["engine"] == "wyoming"
            children = daemon.children()
            assert len(children) >= 2
        assert not [pid for pid in children if Path(f"/proc/{pid}").exists()]
        assert daemon.written().count(user.text) == 1
        assert daemon.written().lower().count(THERE) == 2
