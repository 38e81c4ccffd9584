"""The daemon is killed while a polished text takes the place of the raw one: after the next start
both are known, the window has at most one of them, and nothing is written by itself."""

from pathlib import Path

import pytest

from tests.lab.chat_server import ChatLab
from tests.lab.daemon import RealDaemon
from tests.lab.scripted import Home, home
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer

pytestmark = pytest.mark.desktop

RAW = "um so the plan is good"
POLISHED = "So, the plan is good."
CRASHED = "Dictate crashed while writing it: part of it may be in the window"

POINTS = [
    # step, when, at which call, what stands in the window, what the journal knows
    ("replacing", "before", 1, RAW, "delivered"),
    ("replacing", "after", 1, RAW, "held"),
    ("undo", "after", 1, "", "held"),
    ("write", "before", 2, "", "held"),
    ("write", "after", 2, POLISHED, "held"),
    ("delivered", "after", 2, POLISHED, "delivered"),
]


class Crashing(RealDaemon):
    """The daemon that dies there, after it has written the recording."""

    def __init__(self, user: Home, step: str, when: str, at: int) -> None:
        super().__init__(user.folder, user.env, *user.spoken, config=user.settings)
        self.program = ("tests.lab.crashing:main", step, when, str(at))


@pytest.mark.parametrize(
    ("step", "when", "at", "window", "state"),
    POINTS,
    ids=[f"{when} {step}" for step, when, *_ in POINTS],
)
@pytest.mark.fault("C13", "F1")
def test_killed_between_undo_and_write(
    tmp_path: Path, step: str, when: str, at: int, window: str, state: str
) -> None:
    with home(tmp_path) as user, XServer() as x, ChatLab(lambda _: POLISHED) as lab:
        field = GtkField(x, tmp_path)
        user.env["DISPLAY"] = x.display
        user.say(RAW)
        user.settings = user.settings.replace("stdout", "x11") + (
            f'[text]\npolish = true\n[polish]\nbase_url = "{lab.url}"\n'
        )
        crashing = Crashing(user, step, when, at)
        crashing.spawn()
        assert crashing.wait(60) == -9, crashing.logged()
        assert not x.keys_down()
        with user.daemon() as daemon:
            (entry,) = daemon.history()
            assert entry["text"] == RAW
            assert entry["polished"] == (
                "" if (step, when) == ("replacing", "before") else POLISHED
            )
            assert entry["state"] == state
            assert state == "delivered" or entry["reason"] == CRASHED
            assert field.text() == window
            assert len(lab.asked) == 1
            daemon.ctl("paste")
            field.wait_text(window + (entry["polished"] or RAW))
        field.close()
