"""A second engine beside the main one: each dictation reaches the engine it was meant for, and no
failure of the second affects the main one."""

import os
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, engine_for, home, noise, script

MAIN, SECOND = "The main engine.", "The second engine."


class TwoEngines(Home):
    """A user with a second engine, each engine with one line of its own."""

    text = MAIN

    def __init__(self, user: Home) -> None:
        super().__init__(user.folder, user.bus)
        self.seconds = script(self.folder / "second", SECOND)
        self.main_settings = self.settings
        self.second_is(self.seconds)

    def second_is(self, says: Path) -> None:
        self.settings = f'{self.main_settings}[second]\nengine = "scripted:{says}"\n'

    def second_says(self, *lines: str) -> None:
        before = engine_for(self.seconds)
        script(self.seconds, *lines)
        self.settings = self.settings.replace(before, engine_for(self.seconds))


@pytest.fixture
def user(tmp_path: Path) -> Iterator[TwoEngines]:
    with home(tmp_path) as user:
        yield TwoEngines(user)


def engines(daemon: RealDaemon) -> dict[str, int]:
    """The engine processes, by the script that each speaks from."""
    found = {}
    for pid in daemon.children():
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
        if "dictate.engines.worker" in words:
            found[Path(words[words.index("--engine") + 1]).name] = pid
    return found


def both_ready(daemon: RealDaemon) -> dict[str, int]:
    def ready() -> bool:
        status = daemon.status()
        return {status["engine_state"], status["second_engine_state"]} == {"ready"}

    wait_for(ready, "both engines are ready")
    return engines(daemon)


def newest(daemon: RealDaemon) -> dict[str, Any]:
    """The newest dictation; number 0 while there is none."""
    found = daemon.history(1)
    return found[0] if found else {"number": 0, "state": ""}


def dictate(daemon: RealDaemon, *words: str) -> dict[str, Any]:
    """The recording, dictated; what the journal has of it once that is settled."""
    before = newest(daemon)["number"]
    daemon.ctl("start", *words)
    wait_for(lambda: newest(daemon)["number"] > before, "it has begun")
    settled = ("delivered", "held", "empty")
    wait_for(lambda: newest(daemon)["state"] in settled, "it is written or held", 30)
    return newest(daemon)


def test_each_is_heard_by_the_engine_it_was_meant_for(user: TwoEngines) -> None:
    with user.daemon() as daemon:
        assert set(both_ready(daemon)) == {"script", "second"}
        assert [dictate(daemon, *words)["text"] for words in ([], ["--second"], [])] == [
            *(MAIN, SECOND, MAIN),
        ]
        assert daemon.written() == f"{MAIN}\n{SECOND}\n{MAIN}\n"
        daemon.ctl("toggle", "--second")
        wait_for(lambda: daemon.history(1)[0]["text"] == SECOND, "a toggled one is heard, too")
        assert "[second]     scripted, ready" in daemon.ctl("status").stdout


def test_the_second_is_replaced_live_and_the_main_one_stays(user: TwoEngines) -> None:
    with user.daemon() as daemon:
        main = both_ready(daemon)["script"]
        other = script(user.folder / "other", "Another one.")
        said = daemon.ctl("engine", "--second", f"scripted:{other}").stdout
        assert "dictatectl engine --profile second scripted:" in said
        wait_for(lambda: set(engines(daemon)) == {"script", "other"}, "the old one has ended")
        assert dictate(daemon, "--second")["text"] == "Another one."
        # One process serves both where only the language differs.
        daemon.config.write_text(f'{user.main_settings}[second]\nlanguage = "hi"\n')
        daemon.ctl("reload")
        wait_for(lambda: engines(daemon) == {"script": main}, "there is only the main one")
        assert dictate(daemon, "--second")["text"] == MAIN
        assert daemon.status()["second_engine"] == ""


@pytest.mark.parametrize("fault", ["killed", "hung", "crash"])
def test_no_failure_of_the_second_affects_the_main_one(user: TwoEngines, fault: str) -> None:
    user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 1.0\n")
    if fault == "crash":
        user.second_says("!crash", "!crash", SECOND)
    with user.daemon() as daemon:
        before = both_ready(daemon)
        if fault in ("killed", "hung"):
            os.kill(before["second"], signal.SIGKILL if fault == "killed" else signal.SIGSTOP)
        daemon.ctl("start", "--second")
        wait_for(lambda: daemon.status()["state"] != "recording", "the second works on it")
        assert dictate(daemon)["text"] == MAIN
        second = daemon.history(2)[1]
        if fault in ("killed", "hung"):
            wait_for(lambda: daemon.history(2)[1]["text"] == SECOND, "a fresh process hears it")
        else:
            wait_for(lambda: daemon.history(2)[1]["state"] == "held", "it is held")
            assert daemon.history(2)[1]["has_audio"]
        assert engines(daemon)["script"] == before["script"]
        assert daemon.status()["engine_notes"] == ""
        assert second["second"] is True


def test_the_main_one_does_not_wait_for_a_second_that_still_loads(user: TwoEngines) -> None:
    user.second_says("!loading go-on", SECOND)
    with user.daemon() as daemon:
        wait_for(lambda: daemon.status()["engine_state"] == "ready", "the main one is ready")
        daemon.ctl("start", "--second")
        daemon.wait_state("finishing")
        assert dictate(daemon)["text"] == MAIN
        assert daemon.written() == f"{MAIN}\n"
        daemon.ctl("reload")  # does not wait for it either
        assert daemon.status()["second_engine_state"] == "loading"
        (user.folder / "go-on").touch()
        wait_for(
            lambda: daemon.written() == f"{MAIN}\n{SECOND}\n", "the second is written, too", 40
        )


def test_the_second_has_a_fall_back_of_its_own(user: TwoEngines) -> None:
    spare = script(user.folder / "spare", "The fall-back.")
    user.second_says("!crash", "!crash", SECOND)
    fallback = f'[engine]\nfallback = "scripted:{spare}"\n'
    user.settings = user.settings.replace("[engine]\n", fallback)
    with user.daemon() as daemon:
        both_ready(daemon)
        assert dictate(daemon, "--second")["text"] == "The fall-back."
        assert dictate(daemon)["text"] == MAIN
        assert set(engines(daemon)) == {"script", "second", "spare"}

        def seen() -> list[tuple[object, ...]]:
            keys = ("profiles", "fallback", "name", "state")
            return [tuple(row[key] for key in keys) for row in daemon.status()["engines"]]

        expected = [
            ("main", False, "scripted", "ready"),
            ("second", False, "fake", "ready"),
            ("second", True, "scripted", "ready"),
        ]
        wait_for(lambda: seen() == expected, "all three are seen, and work")
        assert "  fallback of [second] scripted, ready" in daemon.ctl("status").stdout


@pytest.mark.fault("F8")
def test_the_watchdog_is_fed_while_the_second_works_for_longer_than_its_deadline(
    user: TwoEngines,
) -> None:
    """And nobody takes the signs of life before that: they are dropped."""
    user.second_says("!busy 1.5", SECOND)
    user.settings = user.settings.replace("[engine]\n", "[engine]\ndeadline_s = 1.0\n")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(user.folder / "notify"))
        manager.settimeout(10)  # far more than lies between two signs of life
        notify = {"NOTIFY_SOCKET": str(user.folder / "notify"), "WATCHDOG_USEC": "200000"}
        with user.daemon(**notify) as daemon:
            before = both_ready(daemon)
            time.sleep(1.5)  # more signs than a socket holds
            daemon.ctl("start", "--second")
            told: list[bytes] = []
            for _ in range(20):  # what waits is old
                manager.recv(4096)
            while daemon.written() != f"{SECOND}\n":
                told.append(manager.recv(4096))
            assert told.count(b"WATCHDOG=1") > 5
            assert engines(daemon) == before
            assert "restarted: " not in daemon.logged()


@pytest.mark.fault("F1")
def test_after_a_crash_it_is_heard_by_the_engine_it_was_meant_for(user: TwoEngines) -> None:
    noise(user.recording, 30)
    with user.daemon() as daemon:
        both_ready(daemon)
        for words in ([], ["--second"]):
            daemon.ctl("press", *words)  # a shortcut of the desktop's, which is held
            daemon.wait_state("recording")
            daemon.wait_spoken(0.5)
            if not words:
                daemon.ctl("release")
                daemon.wait_state("ready")
        daemon.kill()
        daemon.start()
        wait_for(lambda: daemon.history(1)[0]["state"] == "held", "it is recovered")
        assert [entry["text"] for entry in daemon.history(2)] == [SECOND, MAIN]


def test_without_a_desktop_what_is_for_the_clipboard_is_held(user: TwoEngines) -> None:
    user.settings += 'output = "clipboard"\n'
    with user.daemon() as daemon:
        both_ready(daemon)
        entry = dictate(daemon, "--second")
        assert (entry["state"], entry["text"]) == ("held", SECOND)
        assert "DISPLAY" in entry["reason"]
        assert dictate(daemon)["state"] == "delivered"
        daemon.ctl("paste", str(entry["number"]))
        wait_for(lambda: daemon.written() == f"{MAIN}\n{SECOND}\n", "it is written by hand")
