"""The loop from outside: dictate a wrong name into a window, correct it, see the proof, accept it,
dictate again. The window, the keys, the engine and the sound are real; flite speaks, into a
recording that serves as the microphone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desktop.conftest import Desk
from tests.lab import voices
from tests.lab.daemon import RealDaemon, wait_for, with_constants
from tests.lab.windows import GtkField

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(300)]

SAID = "I need to ask Anthropic about the deadline"
PROOF_S = 120


@pytest.fixture(scope="module")
def daemon(desk: Desk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealDaemon]:
    home = tmp_path_factory.mktemp("home")
    recording = home / "said.wav"
    voices.write(recording, voices.speak(SAID, "slt"))
    config = f'[engine]\nuse = "pocketsphinx"\n[microphone]\nuse = "wav:{recording}"\n'
    daemon = RealDaemon(home, desk.env, config=config, hotwords="# my words\nwords = []\n")
    daemon.program = with_constants(
        {"dictate.app.control_set.MOST_SENTENCES": 2, "dictate.app.plain_replay.QUIET_S": 1.0}
    )
    with daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded", 60)
        yield daemon


def dictate(daemon: RealDaemon) -> str:
    """The recording, into the window that has the focus; what was written."""
    before = daemon.status()["dictation"]
    daemon.ctl("start")
    wait_for(
        lambda: (s := daemon.status())["state"] == "ready" and s["dictation"] != before,
        "it is written",
        60,
    )
    entry = daemon.history(1)[0]
    assert entry["state"] == "delivered", entry
    return str(entry["text"])


def test_a_wrong_name_is_corrected_proved_accepted_and_right_the_next_time(
    desk: Desk, daemon: RealDaemon, tmp_path: Path
) -> None:
    window = GtkField(desk.x, tmp_path)
    wrong = dictate(daemon)
    window.wait_text(wrong)
    assert "Anthropic" not in wrong
    shown = daemon.ctl("correct", "--text", SAID, "--yes", timeout_s=PROOF_S).stdout
    assert f"weight 1    ✓ {SAID}" in shown
    assert 'proposal: add the hotword "Anthropic"' in shown
    assert "+ Anthropic" in shown
    assert daemon.hotwords.read_text().startswith("# my words")
    assert "learned from dictation 1" in daemon.ctl("hotwords", "list").stdout
    assert window.text() == wrong  # the window was left alone
    daemon.ctl("paste", "1", "--delay", "0")
    wait_for(lambda: window.text().endswith(SAID), "the corrected text is written")
    right = dictate(daemon)
    assert "Anthropic" in right
    wait_for(lambda: window.text().endswith(f"{SAID} {right}"), "the second text is written")
    # The starter engine tells the plain text later: the sound is heard again when it is idle.
    wait_for(
        lambda: 'Anthropic for "' in daemon.ctl("hotwords", "audit", "1").stdout,
        "the audit shows that it fired",
        90,
    )
    shown = daemon.ctl("hotwords", "audit", "1").stdout
    assert f"with     {right}" in shown
    assert "without" in shown
    daemon.ctl("hotwords", "unlearn", "Anthropic")
    assert "Anthropic" not in daemon.hotwords.read_text()
    window.close()
