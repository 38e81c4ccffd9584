"""The first minute of a new user: dictating with the starter, while the real model is downloaded,
and with that once it is here. Whatever happens to the download, nothing said is lost."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from dictate.platform.resources import samples
from tests.hub import Hub, serving
from tests.lab import mini_onnx
from tests.lab.arriving_model import BROKEN, FILES, FOLDER, MODEL, NAME, TEXT, contents
from tests.lab.bus import session_bus
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.network_manager import GUESS_YES, NO, network_manager

pytestmark = pytest.mark.timeout(180)

TRAIN = Path(__file__).parents[1] / "audio" / "train.wav"
MAKEFILE = Path(__file__).parents[2] / "Makefile"
BEGINS = f"Downloading {NAME} meanwhile"
ARRIVED = f"{NAME} is here: the next dictation uses it"
ENCODER = len(FILES["encoder.int8.onnx"])
SPOKEN_S = 1.3
"""In this time the voice says three words."""


@dataclass
class Newcomer:
    """A user without any files, and the hub."""

    folder: Path
    hub: Hub
    env: dict[str, str]

    def daemon(self, *words: str, **env: str) -> RealDaemon:
        """`dictate run` with these words, with a sentence spoken again and again as microphone."""
        recording = self.folder / "talk.wav"
        if not recording.exists():
            sound, rate = soundfile.read(samples()[0], dtype="int16")
            soundfile.write(recording, np.tile(sound, 20), rate)
        config = (
            f'[microphone]\nuse = "wav:{recording}"\n[output]\nuse = "stdout"\n'
            '[hotkey]\nuse = "none"\n[speech]\nend_ms = 0\n'
        )
        daemon = RealDaemon(self.folder, self.env | env, *words, config=config)
        daemon.program = ("-m", "dictate")
        daemon.env["PYTHONPATH"] = os.pathsep.join([str(FOLDER), daemon.env["PYTHONPATH"]])
        return daemon

    def demo(self, *words: str, **env: str) -> RealDaemon:
        """The same with the first words of a sample in place of the three samples."""
        sound, rate = soundfile.read(samples()[0], dtype="int16")
        short = self.folder / "short.wav"
        soundfile.write(short, sound[: round(SPOKEN_S * rate)], rate)
        daemon = self.daemon(*words, **env)
        daemon.program = (
            "-c",
            "from pathlib import Path\n"
            "from dictate import cli\n"
            "from dictate.platform import resources\n"
            f"resources.samples = lambda: [Path({str(short)!r})] * 3\n"
            "cli.main()",
        )
        return daemon

    @property
    def models(self) -> list[str]:
        """What is in the store, parts of downloads included."""
        folder = self.folder / "data" / "dictate" / "models"
        return sorted(path.name for path in folder.glob("**/*") if path.is_file())


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    with session_bus(tmp_path) as bus, serving() as hub:
        hub.files = dict(FILES)
        env = {
            "DBUS_SESSION_BUS_ADDRESS": bus.address,
            "DBUS_SYSTEM_BUS_ADDRESS": bus.address,
            "HF_ENDPOINT": hub.address,
            "no_proxy": "*",
        }
        yield Newcomer(tmp_path, hub, env)


def begin(daemon: RealDaemon) -> None:
    daemon.ctl("start")
    daemon.wait_state("recording")


def end(daemon: RealDaemon) -> dict[str, Any]:
    """Let go once some words are said; what became of the dictation."""
    daemon.wait_spoken(SPOKEN_S)
    daemon.ctl("stop")
    daemon.wait_state("ready", 60)
    (entry,) = daemon.history(1)
    assert entry["state"] == "delivered"
    return dict(entry)


def dictate(daemon: RealDaemon) -> dict[str, Any]:
    begin(daemon)
    return end(daemon)


def by_the_starter(entry: dict[str, Any]) -> bool:
    return entry["engine"] == "pocketsphinx" and entry["text"] not in ("", TEXT)


def arrives(daemon: RealDaemon) -> None:
    wait_for(lambda: ARRIVED in daemon.logged(), "the model is in use", 60)


@contextmanager
def half_way(newcomer: Newcomer, daemon: RealDaemon) -> Iterator[None]:
    """Inside, half of the model is here, and no more comes."""
    newcomer.hub.opened.clear()
    with daemon:
        wait_for(lambda: "49 % of 0.01 GB" in daemon.status()["engine_choice"], "half is here", 30)
        yield
        assert "Traceback" not in daemon.logged()


def test_the_next_dictation_uses_it_and_one_under_way_keeps_the_starter(newcomer: Newcomer) -> None:
    daemon = newcomer.daemon("--fetch", "auto")
    with half_way(newcomer, daemon):
        status = daemon.status()
        assert status["engine"] == "pocketsphinx"
        assert status["engine_choice"].startswith(f"auto: pocketsphinx for now; downloading {NAME}")
        assert by_the_starter(dictate(daemon))
        begin(daemon)
        newcomer.hub.opened.set()
        arrives(daemon)
        assert by_the_starter(end(daemon)), "its sound went to the starter"
        entry = dictate(daemon)
        assert (entry["engine"], entry["text"]) == ("onnx", TEXT)
        assert daemon.written().splitlines()[-1] == TEXT
        assert len(daemon.written().splitlines()) == len(daemon.history()) == 3
        status = daemon.status()
        assert (status["engine"], status["model"]) == ("onnx", NAME)
        assert status["engine_choice"] == "auto: the best without an NVIDIA card"
        wait_for(lambda: len(workers(daemon)) == 1, "the starter has ended")
        logged = daemon.logged()
        assert f"Dictate: {ARRIVED}" in logged, "the notification"
        (line,) = re.findall(rf"{BEGINS}.*", logged)
        assert "0.01 GB, NVIDIA Open Model License (https://www.nvidia.com/" in line
        assert "make run MODEL=none" in line
        record = newcomer.folder / "data/dictate/models" / f"{NAME}.json"
        assert '"rtf": 0.' in record.read_text(), "its speed was measured"


def test_the_real_engine_understands_the_second_sentence(newcomer: Newcomer) -> None:
    folder = str(mini_onnx.path())
    newcomer.hub.files = contents(folder)
    (newcomer.folder / "talk.wav").write_bytes(TRAIN.read_bytes())
    daemon = newcomer.daemon("--fetch", "auto", **{MODEL: folder})
    newcomer.hub.opened.clear()
    with daemon:
        wait_for(lambda: "downloading" in choice(daemon), "it is under way", 30)
        daemon.ctl("start")
        wait_for(lambda: daemon.written(), "the recording is over", 60)
        newcomer.hub.opened.set()
        arrives(daemon)
        daemon.ctl("start")
        wait_for(lambda: len(daemon.written().splitlines()) == 2, "it is over once more", 60)
        new, old = daemon.history(2)
        assert (old["engine"], new["engine"]) == ("pocketsphinx", "onnx")
        assert new["text"] == TRAIN.with_suffix(".txt").read_text().strip()
        assert daemon.status()["chunk_ms"] == 560
        assert "Traceback" not in daemon.logged()


def workers(daemon: RealDaemon) -> list[int]:
    return [
        pid
        for pid in daemon.children()
        if b"dictate.engines.worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]


def command_of_make_run() -> list[str]:
    """The words behind `dictate run` in the Makefile."""
    text = MAKEFILE.read_text()
    model = re.search(r"^MODEL := (.*)$", text, re.MULTILINE)
    recipe = re.search(r"^\t@\$\(BIN\)/dictate run (.*)$", text, re.MULTILINE)
    assert model is not None
    assert recipe is not None
    return recipe[1].replace("$(MODEL)", model[1]).split()


def test_make_run_without_microphone_dictates_the_samples_at_once_and_with_the_model(
    newcomer: Newcomer,
) -> None:
    newcomer.hub.opened.clear()
    daemon = newcomer.demo(*command_of_make_run())
    daemon.spawn()
    wait_for(lambda: "Waiting for the model" in daemon.logged(), "all samples are dictated", 60)
    assert len(daemon.written().splitlines()) == 3
    newcomer.hub.opened.set()
    assert daemon.wait(120) == 0
    lines = daemon.written().splitlines()
    assert len(lines) == 6
    assert lines[3:] == [TEXT] * 3
    assert TEXT not in lines[:3]
    logged = daemon.logged()
    assert logged.index(BEGINS) < logged.index(ARRIVED) < logged.index("Once more, with the model")
    assert "Traceback" not in logged


def test_without_a_network_it_says_so_once_and_dictates(newcomer: Newcomer) -> None:
    daemon = newcomer.demo("--demo", "--fetch", "auto", HF_ENDPOINT="http://127.0.0.1:9")
    daemon.spawn()
    assert daemon.wait(120) == 0
    assert len(daemon.written().splitlines()) == 3
    excuses = re.findall(f"{NAME} is not downloaded yet .*", daemon.logged())
    assert len([line for line in excuses if "it is tried again by itself" in line]) == 1


def test_a_network_that_is_cut_in_the_middle(newcomer: Newcomer) -> None:
    newcomer.hub.cut_after = ENCODER // 2
    with newcomer.daemon("--fetch", "auto") as daemon:
        excuse = f"{NAME} is not downloaded yet"
        wait_for(lambda: excuse in daemon.status()["engine_choice"], "it says so", 30)
        newcomer.hub.cut_after = None
        assert by_the_starter(dictate(daemon))
        arrives(daemon)
        assert dictate(daemon)["text"] == TEXT
        assert f"bytes={ENCODER // 2}-" in [asked for _, asked in newcomer.hub.asked]
        assert daemon.logged().count(f"{excuse} (") == 1
        assert "Traceback" not in daemon.logged()


def test_a_download_that_is_killed_goes_on(newcomer: Newcomer) -> None:
    daemon = newcomer.daemon("--fetch", "auto")
    with half_way(newcomer, daemon):
        begin(daemon)
        os.kill(daemon.child("dictate.models.fetch"), signal.SIGKILL)
        newcomer.hub.opened.set()
        assert by_the_starter(end(daemon))
        arrives(daemon)
        assert dictate(daemon)["text"] == TEXT
        assert newcomer.hub.asked[1][1].startswith("bytes=")


def test_after_a_kill_of_the_daemon_the_next_start_goes_on(newcomer: Newcomer) -> None:
    daemon = newcomer.daemon("--fetch", "auto")
    with half_way(newcomer, daemon):
        child = daemon.child("dictate.models.fetch")
        begin(daemon)
        daemon.wait_spoken(SPOKEN_S)
        daemon.kill()
        wait_for(lambda: not Path(f"/proc/{child}").exists(), "the download ended with it")
        newcomer.hub.opened.set()
        daemon.start()
        arrives(daemon)
        assert newcomer.hub.asked[1][1].startswith("bytes=")
        assert dictate(daemon)["text"] == TEXT
        assert {entry["state"] for entry in daemon.history()} == {"delivered", "held"}


def test_a_full_disk_is_reported_once_and_left_to_the_user(newcomer: Newcomer) -> None:
    small = "import resource, runpy; resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000,) * 2)"
    daemon = newcomer.daemon("--fetch", "auto")
    daemon.program = ("-c", f"{small}; runpy.run_module('dictate', run_name='__main__')")
    with daemon:
        wait_for(lambda: daemon.status()["trouble"], "it is reported", 30)
        assert f"{NAME} cannot be downloaded: " in daemon.status()["trouble"]
        assert "File too large" in daemon.status()["trouble"]
        assert by_the_starter(dictate(daemon))
        assert len(newcomer.hub.asked) == 1
        assert "Traceback" not in daemon.logged()


@pytest.mark.fault("S18")
def test_what_is_not_the_model_is_deleted_and_never_used(newcomer: Newcomer) -> None:
    newcomer.hub.files["encoder.int8.onnx"] = b"?" * ENCODER
    with newcomer.daemon("--fetch", "auto") as daemon:
        wait_for(lambda: daemon.status()["trouble"], "it is reported", 30)
        assert "arrived with the SHA-256" in daemon.status()["trouble"]
        assert by_the_starter(dictate(daemon))
        assert newcomer.models == []
        assert len(newcomer.hub.asked) == 1


def test_a_model_that_the_engine_cannot_load_changes_nothing(newcomer: Newcomer) -> None:
    daemon = newcomer.daemon("--fetch", "auto", **{BROKEN: "1"})
    with half_way(newcomer, daemon):
        newcomer.hub.opened.set()
        begin(daemon)
        wait_for(lambda: daemon.status()["trouble"], "it is reported", 60)
        trouble = daemon.status()["trouble"]
        assert f"{NAME} is here, but cannot be used: onnx was given up: " in trouble
        assert "this processor is too old; the engine stays as it is" in trouble
        assert by_the_starter(end(daemon))
        assert by_the_starter(dictate(daemon))
        wait_for(lambda: len(workers(daemon)) == 1, "the other process has ended")


def test_a_metered_connection_is_not_used_until_it_no_longer_is(newcomer: Newcomer) -> None:
    with network_manager(newcomer.env["DBUS_SYSTEM_BUS_ADDRESS"]) as manager:
        manager.metered = GUESS_YES
        with newcomer.daemon("--fetch", "auto") as daemon:
            wait_for(lambda: "calls this connection metered" in choice(daemon), "it waits", 30)
            assert by_the_starter(dictate(daemon))
            assert newcomer.hub.asked == []
            assert daemon.logged().count("while NetworkManager calls the connection metered") == 1
            manager.metered = NO
            arrives(daemon)


def choice(daemon: RealDaemon) -> str:
    return str(daemon.status()["engine_choice"])


@pytest.mark.parametrize(
    "words", [(), ("--fetch", "none"), ("--fetch", "auto", "--engine", "pocketsphinx")]
)
@pytest.mark.fault("S18")
def test_nothing_is_downloaded_unasked(newcomer: Newcomer, words: tuple[str, ...]) -> None:
    with newcomer.daemon(*words) as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "it is loaded", 60)
        assert by_the_starter(dictate(daemon))
        assert newcomer.hub.asked == []
        if "--engine" in words:
            assert choice(daemon) == ""
        else:
            assert choice(daemon) == (
                f"auto: the starter; {NAME} would understand much more: dictate models download"
                f" {NAME} (0.01 GB)"
            )


def test_a_model_downloaded_by_hand_is_used_after_a_reload(newcomer: Newcomer) -> None:
    with newcomer.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "it is loaded", 60)
        done = subprocess.run(
            [sys.executable, "-m", "dictate", "models", "download", NAME],
            env=daemon.env, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        assert f"{NAME} on this machine: real time (0." in done.stderr
        assert done.stderr.endswith("uses it after: dictatectl reload\n")
        assert by_the_starter(dictate(daemon))
        wait_for(lambda: choice(daemon).endswith("much more: dictatectl reload"), "it says so")
        begin(daemon)
        daemon.ctl("reload")
        assert by_the_starter(end(daemon))
        wait_for(lambda: daemon.status()["engine"] == "onnx", "the engine is chosen again")
        assert dictate(daemon)["text"] == TEXT
        daemon.ctl("reload")
        assert len(workers(daemon)) == 1, "nothing is better now: it is not loaded again"


def test_a_model_that_no_one_knows_is_refused_at_the_command_line(newcomer: Newcomer) -> None:
    daemon = newcomer.daemon("--fetch", "nemotron-onyx")
    daemon.spawn()
    assert daemon.wait(30) == 1
    assert f"no model is called 'nemotron-onyx'; did you mean {NAME}?" in daemon.logged()
