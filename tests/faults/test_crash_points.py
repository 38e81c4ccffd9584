"""The daemon is killed at every step of a dictation, and started again: what was said is there,
nothing is written a second time by itself, and the next dictation works.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.windows import GtkField
from tests.lab.xserver import XServer

TEXT = Home.text
AT_ONCE = 3
"""So many crashes are tried at a time: most of each is waiting."""

BEFORE_IT = "Dictate crashed before writing it"
WHILE_WRITING = "Dictate crashed while writing it: part of it may be in the window"


@dataclass(frozen=True)
class Point:
    """Where the daemon is killed, and what must be the case after the next start."""

    step: str
    when: str
    state: str
    """Of the dictation; "none" if there is no trace of it."""
    reason: str = ""
    written: int = 0
    """How often the text was written before the crash."""
    at: int = 1
    """At which call of the step."""

    @property
    def recovered(self) -> bool:
        """Whether there is something to tell the user."""
        return self.state == "held"

    def __str__(self) -> str:
        return f"{self.when} {self.step} {self.at}"


POINTS = [
    # No sound has been taken yet: nothing was said.
    Point("begin", "before", "none"),
    Point("begin", "after", "empty", "Dictate crashed, and no sound of it is there"),
    Point("append", "before", "empty", "Dictate crashed, and no sound of it is there"),
    Point("append", "after", "held", "recovered"),
    Point("append", "before", "held", "recovered", at=20),
    Point("captured", "before", "held", "recovered"),
    Point("captured", "after", "held", "recovered"),
    Point("transcribed", "before", "held", "recovered"),
    Point("transcribed", "after", "held", BEFORE_IT),
    Point("typing", "before", "held", BEFORE_IT),
    Point("typing", "after", "held", WHILE_WRITING),
    Point("write", "before", "held", WHILE_WRITING),
    Point("write", "after", "held", WHILE_WRITING, written=1),
    Point("delivered", "before", "held", WHILE_WRITING, written=1),
    Point("delivered", "after", "delivered", "delivered", written=1),
]


class Crashing(RealDaemon):
    """The daemon that dies there, while it dictates the recording."""

    def __init__(self, user: Home, point: Point) -> None:
        super().__init__(user.folder, user.env, *user.spoken, config=user.settings)
        self.program = ("tests.lab.crashing:main", point.step, point.when, str(point.at))

    def die(self) -> None:
        """Run, to the bitter end."""
        self.spawn()
        assert self.wait() == -9, self.logged()


def live_on(daemon: RealDaemon, point: Point) -> None:
    """After the restart: check what the daemon says of the dictation that the crash cut short."""
    daemon.wait_state("ready")
    if point.recovered:
        wait_for(lambda: "recovered 1 dictation;" in daemon.logged(), daemon.logged())
        trouble = daemon.status()["trouble"]
        assert "recovered 1 dictation; see `dictatectl history`, `dictatectl paste N`" in trouble
    else:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
        assert "recovered" not in daemon.logged()
    entries = daemon.history() if point.state != "none" else []
    assert [entry["state"] for entry in entries] == [point.state] * len(entries)
    for entry in entries:
        assert entry["reason"] == point.reason
        assert entry["number"] == 1
        assert entry["text"] == ("" if point.state == "empty" else TEXT)
        assert entry["has_audio"] is (point.state != "empty")


def at_stdout(folder: Path, point: Point) -> float:
    """One crash, from the first start to the next dictation after it: the seconds from the second
    start until it was written."""
    folder.mkdir()
    with home(folder) as user:
        Crashing(user, point).die()
        started = time.monotonic()
        with user.daemon() as daemon:
            live_on(daemon, point)
            assert daemon.written().splitlines() == [TEXT] * point.written
            expected = point.written
            if point.recovered:
                daemon.ctl("paste")
                expected += 1
                assert daemon.written().splitlines() == [TEXT] * expected
                assert daemon.history()[0]["state"] == "delivered"
            daemon.ctl("start")
            wait_for(lambda: daemon.written().count(TEXT) == expected + 1, "the next dictation")
            recovered_s = time.monotonic() - started
            daemon.wait_state("ready")
            numbers = [entry["number"] for entry in daemon.history()]
            assert numbers == list(range(len(numbers), 0, -1))
            assert len(numbers) == (1 if point.state == "none" else 2)
    return recovered_s


@pytest.fixture(scope="module")
def lives(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Point, Future[float]]]:
    """All crashes, some of them at a time."""
    base = tmp_path_factory.mktemp("crashes")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {
            point: pool.submit(at_stdout, base / str(number), point)
            for number, point in enumerate(POINTS)
        }


@pytest.mark.parametrize("point", POINTS, ids=str)
@pytest.mark.fault("C13", "F1")
def test_killed(
    lives: dict[Point, Future[float]], point: Point, record_property: Callable[[str, object], None]
) -> None:
    record_property("recovered_s", lives[point].result())


@pytest.mark.desktop
@pytest.mark.parametrize(
    "point", [p for p in POINTS if (p.step, p.when) in {("write", "after"), ("typing", "after")}],
    ids=str,
)  # fmt: skip
@pytest.mark.fault("C13", "C5", "F1")
def test_killed_beside_a_window(tmp_path: Path, point: Point) -> None:
    """The same with a real window: what stands in it is the witness."""
    with home(tmp_path) as user, XServer() as x:
        window = GtkField(x, tmp_path)
        user.env["DISPLAY"] = x.display
        user.settings = user.settings.replace("stdout", "x11")
        Crashing(user, point).die()
        assert not x.keys_down()
        with user.daemon() as daemon:
            live_on(daemon, point)
            assert window.text() == TEXT * point.written
            daemon.ctl("paste")
            window.wait_text(TEXT * (point.written + 1))
            window.close()


@pytest.mark.desktop
@pytest.mark.fault("C13", "F1")
def test_killed_between_two_texts_in_a_window(tmp_path: Path) -> None:
    """The new daemon does not know what the old one has written: no space before the next text."""
    with home(tmp_path) as user, XServer() as x:
        window = GtkField(x, tmp_path)
        user.env["DISPLAY"] = x.display
        user.settings = user.settings.replace("stdout", "x11")
        expected = ""
        for _ in range(2):
            with user.daemon() as daemon:
                for between in ("", " "):
                    daemon.ctl("start")
                    expected += between + TEXT
                    window.wait_text(expected)
                    daemon.wait_state("ready")
                assert [entry["text"] for entry in daemon.history(2)] == [TEXT, TEXT]
                daemon.kill()
        window.close()
