"""Nobody dictates unless the user presses a key: speech from a loudspeaker, a television or a
visitor is not heard, and what is heard ends in no Enter."""

import time
from pathlib import Path

import pytest

from dictate.config.profile_schema import NO_KEY, ProfileSettings
from dictate.config.schema import Settings
from tests.desktop.conftest import Desk, desk
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.windows import Xterm

__all__ = ["desk"]
pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]
SPOKEN = sorted((Path(__file__).parents[2] / "dictate" / "samples").glob("*.wav"))


@pytest.mark.fault("S19", "S20")
def test_speech_without_a_key_press_is_not_heard(desk: Desk, tmp_path: Path) -> None:
    """The daemon as it comes, ready to dictate, in a room where somebody speaks."""
    with RealDaemon(tmp_path, desk.env) as daemon:
        wait_for(lambda: daemon.status()["hotkey"] == "ctrl_r", "the hotkey is heard")
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded", 60)
        window = Xterm(desk.x, tmp_path)
        player = desk.sound.play(SPOKEN[2])
        while player.poll() is None:
            assert desk.sound.recordings() == 0, "the sound server knows of nobody who listens"
            assert not daemon.status()["microphone_open"]
            time.sleep(0.2)
        assert player.returncode == 0, "somebody spoke"
        assert daemon.history() == []
        assert window.text() == ""
        window.close()


@pytest.mark.fault("S20", "S6")
def test_no_text_sends_itself_unless_a_profile_says_so() -> None:
    """Enter behind a text is an option of profiles, of which there are none, and off in them."""
    assert Settings().profile == ()
    assert ProfileSettings().send == NO_KEY
