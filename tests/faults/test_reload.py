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


def test_a_save_with_a_detector_that_is_not_installed_changes_nothing_until_it_is(
    tmp_path: Path,
) -> None:
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
            assert daemon.status()["trouble"].endswith("; the old settings stay")
            for _ in range(2):  # as often as the user asks
                failed = daemon.ctl("reload", check=False)
                assert failed.returncode == 1
                assert install_command("silero") in failed.stderr
            assert "Traceback" not in daemon.logged()
            missing.unlink()
            done = daemon.ctl("reload").stdout
            for line in (
                "microphone.device: ",
                "speech.use: auto -> silero",
                "journal.keep_days: 30.0 -> 3.0",
                "notifications.enabled: true -> false",
            ):
                assert line in done
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
