"""The options for numbers, fillers and punctuation, in a daemon that runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate import inverse_normalization
from tests.lab.daemon import wait_for
from tests.lab.scripted import Home, home

SAID = "Um, we need twenty-three files by four thirty p.m. on March third."


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path) as made:
        made.say(*[SAID] * 4)
        yield made


@pytest.mark.skipif(
    inverse_normalization.unavailable_reason() is not None,
    reason=inverse_normalization.unavailable_reason() or "",
)
def test_they_are_live_and_the_journal_keeps_what_was_heard(user: Home) -> None:
    def libraries() -> bool:
        """Whether the daemon has loaded what numbers need."""
        return "_fstrt" in Path(f"/proc/{daemon.pid}/maps").read_text()

    def dictated(times: int) -> str:
        daemon.ctl("start")
        daemon.wait_spoken(0.5)
        daemon.ctl("stop")
        wait_for(lambda: daemon.written().count("\n") >= times, daemon.logged())
        return daemon.written().splitlines()[-1]

    with user.daemon() as daemon:
        daemon.wait_state("ready")
        assert dictated(1) == SAID
        assert not libraries()
        on = '[text]\nnumbers = true\nfillers = "remove"\npunctuation = "short"\n'
        daemon.config.write_text(user.settings + on)
        daemon.ctl("reload")
        assert libraries(), "loaded with the settings, not in a dictation"
        assert dictated(2) == "We need 23 files by 4:30 p.m. on March 3"
        entry = daemon.history()[0]
        assert entry["text"] == "We need 23 files by 4:30 p.m. on March 3"
        assert entry["heard"] == SAID
        check = daemon.ctl("check", check=False).stdout
        assert any("numbers" in line for line in check.splitlines())
        lower = on.replace('"short"', '"lower"').replace("true", "false")
        daemon.config.write_text(user.settings + lower)
        daemon.ctl("reload")
        assert dictated(3) == "we need twenty-three files by four thirty p.m. on march third"
