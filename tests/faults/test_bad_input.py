"""Whatever is missing, wrong or full: a clear message, nothing lost, and it works again after."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.lab import forked
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.pulse import PulseAudio
from tests.lab.scripted import Home, home, noise, script

CONFIG_EXIT = 78


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path) as made:
        yield made


def dictate(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """A `dictate` command that is expected to end by itself."""
    return forked.run("dictate.cli:main", *words, env=RealDaemon(folder, {}).env, timeout_s=30)


def written(daemon: RealDaemon, times: int) -> None:
    """Wait until the text was written so many times, and see that it was not written more often."""
    wait_for(lambda: daemon.written().count("\n") >= times, daemon.logged())
    assert daemon.written().splitlines() == [Home.text] * times


def warnings(daemon: RealDaemon, word: str) -> int:
    """In how many lines of the log the user is warned of this."""
    return sum("WARNING" in line and word in line for line in daemon.logged().splitlines())


# The command line ---------------------------------------------------------------------------------


def test_unknown_names_on_the_command_line(tmp_path: Path) -> None:
    wrong = ["--microphone", "mike", "--engine", "nemotrom", "--output", "x12", "--hotkey", "x12"]
    done = dictate(tmp_path, "run", *wrong)
    assert done.returncode == CONFIG_EXIT
    lines = done.stderr.splitlines()
    assert [line.split()[0] for line in lines] == wrong[::2]
    assert "portaudio" in lines[0]
    assert "pocketsphinx" in lines[1]
    assert "did you mean x11?" in lines[2]
    assert "none" in lines[3]
    assert dictate(tmp_path, "file", "--engine", "x", "a.wav").returncode == CONFIG_EXIT


@pytest.mark.parametrize("option", ["--config", "--hotwords"])
def test_a_file_that_was_named_but_is_not_there(tmp_path: Path, option: str) -> None:
    done = dictate(tmp_path, "run", option, str(tmp_path / "no.toml"))
    assert done.returncode == CONFIG_EXIT
    assert done.stderr == f"{tmp_path / 'no.toml'}: there is no such file\n"


def test_a_recording_that_is_not_there(tmp_path: Path) -> None:
    done = dictate(tmp_path, "run", "--microphone", f"wav:{tmp_path / 'no.wav'}")
    assert done.returncode == 1
    assert done.stderr.endswith(f"{tmp_path / 'no.wav'} does not exist\n")


def test_sound_files_that_are_none(tmp_path: Path) -> None:
    good = noise(tmp_path / "good.wav", 0.5)
    (tmp_path / "empty.wav").touch()
    (tmp_path / "text.wav").write_text("This is no sound. " * 100)
    (tmp_path / "torn.wav").write_bytes(good.read_bytes()[:44])
    (tmp_path / "folder.wav").mkdir()
    names = ["missing", "empty", "text", "torn", "folder", "good"]
    files = [str(tmp_path / f"{name}.wav") for name in names]
    says = script(tmp_path / "script", Home.text)
    done = dictate(tmp_path, "file", "--engine", f"scripted:{says}", *files)
    assert done.returncode == 1
    assert done.stdout == f"{good}: {Home.text}\n"
    told = ["does not exist", "is empty", "is no sound file", "holds no sound", "is a folder"]
    for line, file, what in zip(done.stderr.splitlines(), files, told, strict=False):
        assert line.startswith(f"dictate: {file} {what}")
    assert done.stderr.count("\n") == len(files), "and one line for the good one"
    assert list((tmp_path / "run" / "dictate").iterdir()) == []


# The two files ------------------------------------------------------------------------------------


@pytest.mark.fault("E2")
def test_every_mistake_in_both_files_is_told_by_a_command_that_ends(tmp_path: Path) -> None:
    """The daemon starts without such a file: see test_settings_files.py."""
    sound = noise(tmp_path / "a.wav", 0.5)
    wrong = '[engin]\n[engine]\nuse = "pocketsfinx"\ntale_ms = 5\n[microphone]\npre_roll_ms=-1'
    daemon = RealDaemon(tmp_path, {}, config=wrong, hotwords='words = ["one", 2]\n')
    done = dictate(tmp_path, "file", str(sound))
    assert done.returncode == CONFIG_EXIT
    told = done.stderr.splitlines()
    assert [line.partition(": ")[0] for line in told] == [
        f"config.toml:{number}" for number in (1, 3, 4, 6)
    ]
    for line, meant in zip(told, ("engine", "pocketsphinx", "tail_ms"), strict=False):
        assert line.endswith(f"did you mean {meant}?")
    assert "from 0 to 2000" in told[3]
    daemon.config.write_text("")
    done = dictate(tmp_path, "file", str(sound))
    assert done.returncode == CONFIG_EXIT
    assert done.stderr.startswith("hotwords.toml:1: ")


@pytest.mark.fault("E1", "E2")
def test_mistakes_while_it_runs_change_nothing(user: Home) -> None:
    with user.daemon() as daemon:
        daemon.wait_state("ready")

        def save(path: Path, text: str, why: str) -> None:
            """Save as editors do: the new file whole, over the old one."""
            aside = path.with_suffix(".new")
            aside.write_text(text)
            aside.replace(path)
            wait_for(lambda: why in daemon.status()["trouble"], why)

        save(daemon.config, user.settings + "[output]\n", "config.toml:")
        assert "the old settings stay" in daemon.status()["trouble"]
        wrong = user.settings.replace('"stdout"', '"stduot"') + "[text]\nspaicng = 'none'\n"
        save(daemon.config, wrong, "config.toml:6")
        assert "(and 1 more: dictatectl check)" in daemon.status()["trouble"]
        assert "(and 1 more" in daemon.logged()
        failed = daemon.ctl("reload", check=False)
        assert failed.returncode == 1
        assert "did you mean stdout?" in failed.stderr
        assert "did you mean spacing?" in failed.stderr
        assert "config.toml:6" in daemon.ctl("check", check=False).stdout

        good = user.settings + "[text]\nspacing = 'trailing'\n"
        daemon.config.write_text(good)
        daemon.hotwords.write_text('[replacements]\n"ever lost" = "ever gone"\n')
        daemon.ctl("reload")
        save(daemon.hotwords, "words = [", "hotwords.toml:1")
        daemon.ctl("start")
        wait_for(lambda: daemon.written() != "", "the text")
        assert daemon.written() == "Nothing said is ever gone. \n"  # the last good list, and space

        told = warnings(daemon, "hotwords.toml:1")
        os.kill(daemon.pid, signal.SIGHUP)
        wait_for(lambda: warnings(daemon, "hotwords.toml:1") > told, "it was read again")
        daemon.hotwords.write_text("")
        daemon.ctl("reload")
        daemon.ctl("start")
        wait_for(lambda: f"{Home.text} \n" in daemon.written(), "the new list")
        daemon.wait_state("ready")


# What is missing ----------------------------------------------------------------------------------


@pytest.mark.fault("A8", "A9")
@pytest.mark.desktop
def test_no_microphone_then_one_then_a_wrong_name(user: Home, tmp_path: Path) -> None:
    pulse = PulseAudio(tmp_path)
    sound = {name: value for name, value in pulse.env.items() if name.startswith("PULSE_")}
    config = user.settings.replace(f"wav:{user.recording}", "portaudio")
    talk = noise(tmp_path / "talk.wav", 1.0)

    def press(daemon: RealDaemon, expected: str) -> None:
        daemon.ctl("start")
        wait_for(lambda: expected in daemon.status()["trouble"], expected)
        daemon.ctl("stop", check=False)  # a silence may have ended it already
        daemon.wait_state("ready")

    def speak(daemon: RealDaemon) -> None:
        daemon.ctl("start")
        wait_for(lambda: daemon.status()["microphone_open"], "the microphone is open")
        pulse.play(talk).wait(30)
        daemon.ctl("stop", check=False)  # a silence may have ended it already
        daemon.wait_state("ready")

    with ExitStack() as stack:
        stack.push(pulse.__exit__)
        daemon = stack.enter_context(user.daemon(config=config, **sound))
        daemon.wait_state("ready")
        press(daemon, "there is no microphone")
        assert warnings(daemon, "there is no microphone") == 1
        assert daemon.history()[0]["state"] == "empty"
        pulse.start()
        speak(daemon)
        written(daemon, 1)
        assert "there is no microphone" not in daemon.status()["trouble"]
        daemon.config.write_text(config + '[microphone]\ndevice = "Studio"\n')
        named = config.replace('portaudio"', 'portaudio"\ndevice = "Studio"')
        daemon.config.write_text(named)
        daemon.ctl("reload")
        press(daemon, "Studio")
        assert "Virtual Microphone" in daemon.status()["trouble"]
        daemon.config.write_text(named.replace("Studio", "virtual"))
        daemon.ctl("reload")
        speak(daemon)
        written(daemon, 2)


@pytest.mark.fault("F5")
def test_no_session_bus(user: Home) -> None:
    daemon = user.daemon(*user.spoken, DBUS_SESSION_BUS_ADDRESS="unix:path=/nowhere")
    daemon.spawn()
    with ExitStack() as stack:
        stack.push(daemon.__exit__)
        written(daemon, 1)
        assert warnings(daemon, "the session bus at unix:path=/nowhere cannot be reached") == 1
        assert "dbus-run-session" in daemon.logged()
        assert "started:" in daemon.logged()
        failed = daemon.ctl("status", check=False)
        assert failed.returncode == 3
        assert "session bus" in failed.stderr
    assert daemon.ended == 0


@pytest.mark.fault("C10", "F3")
def test_no_display(user: Home) -> None:
    """A service's standard output is a log, so what was said is held."""
    config = user.settings.replace('"stdout"', '"auto"').replace('"none"', '"auto"')
    with user.daemon(*user.spoken, config=config) as daemon:
        wait_for(lambda: daemon.status()["trouble"].startswith("held:"), daemon.logged())
        status = daemon.status()
        assert status["hotkey"].startswith("none: ")
        assert "DISPLAY" in status["hotkey"]
        assert status["output"] == "none"
        assert "DISPLAY" in status["trouble"]
        assert "--output stdout" in status["trouble"]
        assert warnings(daemon, "no hotkey") == 1
        assert daemon.written() == ""
        assert Home.text not in daemon.logged()
        assert daemon.ctl("last").stdout == f"{Home.text}\n"
        failed = daemon.ctl("paste", check=False)
        assert failed.returncode == 1
        assert "DISPLAY" in failed.stderr
        daemon.config.write_text(user.settings)
        daemon.ctl("reload")
        daemon.ctl("paste")
        written(daemon, 1)


# More than one ------------------------------------------------------------------------------------


@pytest.mark.fault("F4", "S16")
def test_a_second_one_ends_and_the_first_goes_on(user: Home, tmp_path: Path) -> None:
    with user.daemon() as first:
        first.wait_state("ready")
        second = dictate(user.folder, "run")
        assert second.returncode == 0
        assert "running already" in second.stderr
        assert "dictatectl" in second.stderr
        # Not the same runtime folder: then the name on the bus tells them apart.
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        third = RealDaemon(elsewhere, user.env, config=user.settings)
        third.spawn()
        assert third.wait() == 0
        assert "another dictate is running" in third.logged()
        first.ctl("start")
        written(first, 1)


@pytest.mark.fault("F4", "S16")
def test_of_five_at_once_one_lives(user: Home) -> None:
    five = [user.daemon() for _ in range(5)]
    with ExitStack() as stack:
        for each in five:
            each.spawn()
            stack.push(each.__exit__)

        def living() -> list[RealDaemon]:
            return [each for each in five if each.ended is None]

        wait_for(lambda: len(living()) == 1, "four have ended")
        (one,) = living()
        assert [each.ended for each in five if each is not one] == [0] * 4
        assert one.logged().count("running already") == 4
        one.wait_state("ready")
        one.ctl("start")
        written(one, 1)


# The journal's folder -----------------------------------------------------------------------------


def a_link_to_nothing(folder: Path) -> None:
    folder.symlink_to(folder.parent / "a disk that is not mounted")


def a_file(folder: Path) -> None:
    folder.write_text("mine")


def read_only(folder: Path) -> None:
    folder.mkdir()
    mount(folder, "size=64k,ro")


def full(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    mount(folder, "size=16k,mode=700")
    (folder / "filler").write_bytes(b"x" * 16_384)


def mount(folder: Path, options: str) -> None:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "none", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        pytest.skip(f"no file system can be mounted here ({done.stderr.strip()}): run as root")


@pytest.fixture
def state(user: Home) -> Iterator[Path]:
    """Where the journal's folder will be."""
    folder = user.folder / "state" / "dictate"
    folder.parent.mkdir(exist_ok=True)
    yield folder
    if folder.is_mount():
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("spoil", [a_link_to_nothing, a_file, read_only, full])
@pytest.mark.fault("E5", "E6")
def test_a_folder_that_cannot_be_used(
    user: Home, state: Path, spoil: Callable[[Path], None]
) -> None:
    spoil(state)
    with user.daemon(*user.spoken) as daemon:
        written(daemon, 1)
        assert warnings(daemon, str(state)) == 1
        assert "memory only" in daemon.status()["trouble"]
        assert daemon.ctl("last").stdout == f"{Home.text}\n"
        assert daemon.history()[0]["state"] == "delivered"
        daemon.wait_state("ready")
        daemon.ctl("paste")
        written(daemon, 2)


@pytest.mark.fault("E5")
def test_the_disk_has_room_again_after_a_start_without(user: Home, state: Path) -> None:
    full(state)
    with user.daemon(*user.spoken) as daemon:
        written(daemon, 1)
        daemon.wait_state("ready")
        assert "memory only" in daemon.status()["trouble"]
        daemon.ctl("start")
        written(daemon, 2)
        daemon.wait_state("ready")
        assert [e["number"] for e in daemon.history()] == [2, 1]
        subprocess.run(["mount", "-o", "remount,size=10m", str(state)], check=True)
        daemon.ctl("start")
        written(daemon, 3)
        daemon.wait_state("ready")
        assert "the journal is on the disk again" in daemon.logged()
        assert "memory only" not in daemon.status()["trouble"]
        daemon.kill()
    with user.daemon() as daemon:
        entries = daemon.history()
        assert [(e["number"], e["text"]) for e in entries] == [(n, Home.text) for n in (3, 2, 1)]
        assert {e["state"] for e in entries} == {"delivered"}


@pytest.mark.fault("E5")
def test_the_disk_fills_up_in_the_middle(tmp_path: Path, state: Path) -> None:
    with home(tmp_path, seconds=3.2) as user:
        state.mkdir(mode=0o700)
        mount(state, "size=96k,mode=700")
        with user.daemon(*user.spoken) as daemon:
            written(daemon, 1)
            daemon.wait_state("ready")
            assert "Make room" in daemon.status()["trouble"]
            assert daemon.ctl("last").stdout == f"{Home.text}\n"
            entry = daemon.history()[0]
            assert entry["state"] == "delivered"
            assert entry["audio_s"] > 3
            subprocess.run(["mount", "-o", "remount,size=10m", str(state)], check=True)
            daemon.ctl("start")
            written(daemon, 2)
            daemon.wait_state("ready")
            assert daemon.status()["trouble"] == "", "the disk works again"
        with user.daemon() as daemon:
            daemon.wait_state("ready")
            entries = daemon.history()
            assert [e["number"] for e in entries] == [2, 1]
            assert {e["state"] for e in entries} == {"delivered"}
            assert {e["text"] for e in entries} == {Home.text}
