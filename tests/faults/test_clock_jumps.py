"""The wall clock is set while the daemon runs, by the network or by hand, as libfaketime makes a
program believe: durations, deadlines and the journal go by clocks that nobody sets."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home

LIBRARY = next(iter(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1")), None)
DAY_S = 86_400
ALONE = "import os; del os.environ['LD_PRELOAD']; from dictate import cli; cli.main()"
"""The daemon without its children: the engine process asks for the processor's time of a thread,
which the library does not know."""
Record = Callable[[str, object], None]


@pytest.mark.fault("F10")
@pytest.mark.skipif(LIBRARY is None, reason="libfaketime is missing: apt install faketime")
def test_a_clock_that_jumps_in_the_middle_of_a_dictation(
    tmp_path: Path, record_property: Record
) -> None:
    clock = tmp_path / "clock"

    def jump(days: int) -> None:
        # In one step: the program may look at any time.
        new = clock.with_suffix(".new")
        new.write_text(f"{days:+}d")
        new.rename(clock)

    jump(0)
    with home(tmp_path, seconds=1.0) as user:
        slow = ("!slow 1.0", Home.text)
        user.say(Home.text, Home.text, *slow, *slow)
        daemon = user.daemon(
            config=user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 5.0\n"),
            LD_PRELOAD=str(LIBRARY),
            FAKETIME_TIMESTAMP_FILE=str(clock),
            FAKETIME_NO_CACHE="1",
            FAKETIME_DONT_FAKE_MONOTONIC="1",
        )
        daemon.program = ("-c", ALONE)
        with daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            moments = [(state, days) for state in ("recording", "finishing") for days in (2, -2)]
            for texts, (state, days) in enumerate(moments, 1):
                daemon.ctl("start")
                daemon.wait_state(state)
                jump(days)
                began = time.monotonic()
                whole = f"{Home.text}\n" * texts
                wait_for(lambda: daemon.written() == whole, daemon.logged())  # noqa: B023
                record_property("recovered_s", time.monotonic() - began)
                daemon.wait_state("ready")
                assert 0 < daemon.status()["last_finish_ms"] < 10_000
            jumped(daemon)
            jump(0)
        assert "Traceback" not in daemon.logged()


def jumped(daemon: RealDaemon) -> None:
    """What must be the case after four dictations."""
    entries = daemon.history()
    assert [entry["number"] for entry in entries] == [4, 3, 2, 1]
    assert {entry["state"] for entry in entries} == {"delivered"}
    assert [entry["audio_s"] for entry in entries] == pytest.approx([1.0] * 4, abs=0.3)
    # The clock did jump: the second began two days after the first, the third four days before.
    starts = [round((entry["started"] - entries[3]["started"]) / DAY_S) for entry in entries]
    assert starts == [2, -2, 2, 0]
    assert daemon.status()["trouble"] == ""
    assert "restarted" not in daemon.logged()
