"""The real daemon and a save of which one part cannot be used."""

import textwrap
from pathlib import Path

from dictate.installation import install_command
from tests.lab.daemon import wait_for
from tests.lab.scripted import home

CHANGES = textwrap.dedent("""
    [notifications]
    enabled = false
    [journal]
    keep_days = 3
    [speech]
    use = "silero"
""")


def test_a_detector_that_is_not_installed_loses_none_of_the_other_changes(tmp_path: Path) -> None:
    missing = tmp_path / "silero is not installed"
    missing.touch()
    with home(tmp_path) as user:
        daemon = user.daemon()
        daemon.program = (
            "-c",
            "import os\n"
            "from dictate import cli\n"
            "from dictate.vad import silero\n"
            f"silero.find_spec = lambda _: None if os.path.exists({str(missing)!r}) else True\n"
            "cli.main()\n",
        )
        with daemon:
            before = daemon.config.read_text()
            changed = before.replace("[microphone]", '[microphone]\ndevice = "other"') + CHANGES
            daemon.config.write_text(changed)
            wait_for(lambda: "not installed" in daemon.status()["trouble"], "the user is told")
            assert daemon.status()["trouble"].startswith('speech.use = "silero" cannot work here: ')
            assert daemon.status()["trouble"].endswith("; webrtc is used instead")
            assert "config.toml read: 4 changes" in daemon.logged()
            for _ in range(2):  # as often as the user asks
                assert install_command("silero") in daemon.ctl("reload").stdout
            assert "Traceback" not in daemon.logged()
            missing.unlink()
            assert daemon.ctl("reload").stdout == 'speech.use = "silero" works now\n'
            assert daemon.ctl("reload").stdout.startswith("already in force: read at ")
            assert daemon.status()["trouble"] == ""


def test_a_detector_that_is_not_installed_keeps_no_daemon_from_starting(tmp_path: Path) -> None:
    with home(tmp_path) as user:
        daemon = user.daemon(*user.spoken, config=user.settings + '[speech]\nuse = "silero"\n')
        daemon.program = (
            "-c",
            "from dictate import cli\n"
            "from dictate.vad import silero\n"
            "silero.find_spec = lambda _: None\n"
            "cli.main()\n",
        )
        with daemon:
            wait_for(lambda: daemon.written() == f"{user.text}\n", daemon.logged())
            assert "speech.use" in daemon.status()["trouble"]
