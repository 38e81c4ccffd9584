"""Whatever happens to config.toml and hotwords.toml, Dictate starts, and dictates as it did."""

import os
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.word_server import word_server


@pytest.fixture
def user(tmp_path: Path) -> Iterator[Home]:
    with home(tmp_path) as made:
        yield made


def dictate(daemon: RealDaemon) -> str:
    """Dictate once; what was written."""
    before = daemon.written()
    daemon.ctl("start")
    wait_for(lambda: daemon.written() != before, daemon.logged())
    return daemon.written().removeprefix(before)


def has_written(daemon: RealDaemon, times: int) -> bool:
    """Whether so many texts are written."""
    return daemon.written().count("\n") >= times


def warned(daemon: RealDaemon, trouble: str) -> int:
    """How often the log says so."""
    return sum("WARNING" in line and trouble in line for line in daemon.logged().splitlines())


# At the start -------------------------------------------------------------------------------------


def a_mistake(path: Path) -> None:
    path.write_text("words = [\n")


def latin_1(path: Path) -> None:
    path.write_bytes(b'words = ["Zo\xeb"]\n')


def a_pipe(path: Path) -> None:
    """A reader waits until a writer comes."""
    path.unlink()
    os.mkfifo(path)


def a_circle(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def a_link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to("not-mounted-yet.toml")


BROKEN = [a_mistake, latin_1, a_pipe, a_circle, a_folder, a_link_to_nothing]
"""One of each way in which a file is not used and comes back. All that is wrong with a content, or
is no file of text, is in test_config_faults.py and the tests of both files."""


@pytest.mark.parametrize("name", ["config", "hotwords"])
@pytest.mark.parametrize("spoil", BROKEN)
@pytest.mark.fault("E1", "E4")
def test_a_file_that_cannot_be_used_is_left_out_and_taken_as_soon_as_it_is_mended(
    user: Home,
    name: str,
    spoil: Callable[[Path], None],
    record_property: Callable[[str, object], None],
) -> None:
    without = ("--engine", f"scripted:{user.says}", "--output", "stdout", "--hotkey", "none")
    daemon = user.daemon("--microphone", f"wav:{user.recording}", *without)
    content = {
        "config": user.settings + "[text]\nspacing = 'trailing'\n",
        "hotwords": '[replacements]\n"ever lost" = "ever lost, Zo\u00eb"\n',
    }[name]
    written = {"config": f"{Home.text} ", "hotwords": "Nothing said is ever lost, Zo\u00eb."}[name]
    path = getattr(daemon, name)
    spoil(path)
    with daemon:
        trouble = daemon.status()["trouble"]
        assert trouble.startswith(f"{name}.toml"), daemon.logged()
        assert "Dictate started without this file" in trouble
        assert warned(daemon, trouble) == 1
        wait_for(lambda: daemon.written() == f"{Home.text}\n", "the recording is dictated")
        daemon.wait_state("ready")
        whole = path.with_name("mended")
        whole.write_text(content)
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        whole.replace(path)
        mended = time.monotonic()
        wait_for(lambda: f"{name}.toml read: " in daemon.logged(), "it is acknowledged")
        record_property("recovered_s", time.monotonic() - mended)
        assert dictate(daemon) == f"{written}\n"
        assert daemon.status()["trouble"] == ""
        assert "Traceback" not in daemon.logged()


def test_files_of_editors_of_windows_are_read(user: Home) -> None:
    """They begin with a byte order mark, and their lines end with CR and LF."""
    hotwords = '[replacements]\n"ever lost" = "ever lost, Zo\u00eb"\n'
    daemon = user.daemon(*user.spoken)
    for path, text in ((daemon.config, user.settings), (daemon.hotwords, hotwords)):
        path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    with daemon:
        wait_for(lambda: daemon.written() != "", daemon.logged())
        assert daemon.written() == "Nothing said is ever lost, Zo\u00eb.\n"
        assert daemon.status()["trouble"] == ""


def test_old_dictations_outlive_a_mistake_in_the_settings_that_keep_them(user: Home) -> None:
    """The defaults, which keep less, decide about no dictation of a user whose file is broken."""
    with user.daemon(*user.spoken, config=user.settings) as daemon:
        wait_for(lambda: daemon.written() != "", daemon.logged())
        daemon.wait_state("ready")
    age = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1])\n"
        "db.execute('UPDATE dictation SET since = -100 * 86400')\n"
        "db.commit()\n"
    )
    os.spawnlp(  # a process of its own: SQLite's locks belong to the process
        os.P_WAIT, "python3", "python3", "-c", age, str(user.folder / "state/dictate/journal.db")
    )
    daemon = user.daemon()
    daemon.config.write_text(user.settings + "[journal]\nkeep_days = 3650\nkeep_dayz = 1\n")
    with daemon:
        assert "keep_dayz" in daemon.status()["trouble"]
        assert [entry["text"] for entry in daemon.history()] == [Home.text]
    daemon.config.write_text(user.settings + "[journal]\nkeep_days = 50\n")
    with user.daemon() as daemon:
        wait_for(lambda: not daemon.history(), "now it is deleted")


# While it runs ------------------------------------------------------------------------------------


def gone(path: Path) -> None:
    path.unlink()


def emptied(path: Path) -> None:
    path.write_text("")


def only_blanks(path: Path) -> None:
    path.write_text("\n  \n")


def away_with_its_folder(path: Path) -> None:
    path.parent.rename(path.parent.with_name("away"))


@pytest.mark.parametrize("name", ["config", "hotwords"])
@pytest.mark.fault("E4")
def test_a_file_that_is_gone_or_empty_changes_nothing_until_it_is_back(
    user: Home, name: str, record_property: Callable[[str, object], None]
) -> None:
    with user.daemon(config=user.settings + "[text]\nspacing = 'trailing'\n") as daemon:
        daemon.hotwords.write_text('[replacements]\n"ever lost" = "gone"\n')
        daemon.ctl("reload")
        path = getattr(daemon, name)
        before = path.read_text()
        for lose in (gone, emptied, only_blanks, a_link_to_nothing, a_folder):
            told = warned(daemon, f"{name}.toml")
            lose(path)
            lost = time.monotonic()
            wait_for(lambda: daemon.status()["trouble"] != "", f"{lose.__name__} is told")
            record_property("detected_s", time.monotonic() - lost)
            trouble = daemon.status()["trouble"]
            assert trouble.startswith(f"{name}.toml")
            assert "the old settings stay" in trouble
            assert dictate(daemon) == "Nothing said is gone. \n", lose.__name__
            if path.is_dir():
                path.rmdir()
            path.unlink(missing_ok=True)
            path.write_text(before)
            wait_for(lambda: daemon.status()["trouble"] == "", daemon.logged())
            assert dictate(daemon) == "Nothing said is gone. \n", lose.__name__
            assert warned(daemon, f"{name}.toml") == told + 1, lose.__name__


def test_the_defaults_are_back_when_the_user_asks_for_them(user: Home) -> None:
    with user.daemon(config=user.settings) as daemon:
        daemon.hotwords.write_text('[replacements]\n"ever lost" = "gone"\n')
        wait_for(lambda: "hotwords.toml read: 1 replacement" in daemon.logged(), "the new list")
        daemon.hotwords.unlink()
        wait_for(lambda: "hotwords.toml" in daemon.status()["trouble"], daemon.logged())
        assert "- replacement ever lost" in daemon.ctl("reload").stdout
        assert daemon.status()["trouble"] == ""
        assert dictate(daemon) == f"{Home.text}\n"


def test_an_added_hotword_does_not_bring_the_defaults_of_a_lost_config_file(user: Home) -> None:
    with user.daemon(config=user.settings + "[text]\nspacing = 'trailing'\n") as daemon:
        daemon.config.unlink()
        wait_for(lambda: "config.toml" in daemon.status()["trouble"], daemon.logged())
        assert daemon.ctl("hotwords", "add", "Zo").stdout.startswith("+ ")
        assert dictate(daemon) == f"{Home.text} \n"
        assert "text.spacing: trailing -> auto" in daemon.ctl("reload").stdout


@pytest.mark.fault("E1")
def test_a_mistake_in_one_file_does_not_spoil_a_change_of_the_other(user: Home) -> None:
    with user.daemon(config=user.settings) as daemon:
        daemon.config.write_text("[text")
        wait_for(lambda: "config.toml:1" in daemon.status()["trouble"], daemon.logged())
        done = daemon.ctl("hotwords", "add", "Zo")
        assert done.stdout == "+ Zo\n"
        assert done.stderr.splitlines()[0].startswith("dictatectl: config.toml:1: ")
        assert len(done.stderr.splitlines()) == 1
        assert "hotwords.toml read: 1 term" in daemon.logged()


@pytest.mark.fault("E1")
def test_the_files_beside_hotwords_toml_are_watched_and_one_with_a_mistake_changes_nothing(
    user: Home,
) -> None:
    with user.daemon(config=user.settings) as daemon:
        more = daemon.hotwords.with_suffix(".d") / "more.toml"
        more.parent.mkdir()
        more.write_text('[replacements]\n"ever lost" = "gone"\n')
        wait_for(lambda: "hotwords.toml read: 1 replacement" in daemon.logged(), daemon.logged())
        more.write_text('[replacements]\n"ever lost" = "away"\n"Ever lost" = "away"\n')
        wait_for(lambda: daemon.status()["trouble"] != "", daemon.logged())
        trouble = daemon.status()["trouble"]
        assert trouble.startswith('hotwords.d/more.toml:3: "Ever lost" is in line 2 already')
        assert trouble.endswith("the old settings stay")
        assert dictate(daemon) == "Nothing said is gone.\n"
        more.unlink()
        wait_for(lambda: daemon.status()["trouble"] == "", daemon.logged())
        assert dictate(daemon) == f"{Home.text}\n"


def test_the_words_of_a_source_outlive_its_server(user: Home) -> None:
    source = '[[source]]\nurl = "{}"\n'
    with word_server() as server, user.daemon(config=user.settings) as daemon:
        server.words = {"hotwords": [{"spelling": "Zo\u00eb", "sounds_like": ["ever lost"]}, 7]}
        daemon.hotwords.write_text(source.format(server.url))
        wait_for(lambda: "hotwords.toml read: 1 term" in daemon.logged(), daemon.logged())
        assert "1 entry is not used: 1 neither a text nor an object" in daemon.logged()
        assert dictate(daemon) == "Nothing said is Zo\u00eb.\n"
    with user.daemon() as daemon:
        assert dictate(daemon) == "Nothing said is Zo\u00eb.\n"
        daemon.hotwords.write_text(source.format("http://127.0.0.1:9/?key=secret"))
        wait_for(lambda: "127.0.0.1:9" in daemon.status()["trouble"], daemon.logged())
        assert "secret" not in daemon.logged()
        assert dictate(daemon) == f"{Home.text}\n"


@pytest.mark.fault("E1", "E4")
def test_saves_of_every_kind_while_dictating_cost_no_dictation(user: Home) -> None:
    with user.daemon(config=user.settings) as daemon:
        whole = daemon.config.read_text()
        ways: list[Callable[[Path], None]] = [gone, emptied, a_link_to_nothing, a_folder]
        half = whole[: len(whole) // 2]
        for turn in range(8):
            path = (daemon.config, daemon.hotwords)[turn % 2]
            text = whole if path == daemon.config else f'words = ["Word {turn}"]\n'
            daemon.ctl("start")
            if turn < 4:
                ways[turn](path)
            else:
                path.write_text(half)
            wait_for(partial(has_written, daemon, turn + 1), daemon.logged())
            if path.is_dir():
                path.rmdir()
            path.unlink(missing_ok=True)
            path.write_text(text)
            daemon.wait_state("ready")
        assert daemon.written() == f"{Home.text}\n" * 8
        assert {entry["state"] for entry in daemon.history(20)} == {"delivered"}
        wait_for(lambda: daemon.status()["trouble"] == "", daemon.logged())


def test_a_good_save_is_acknowledged_and_a_reload_after_it_says_since_when(user: Home) -> None:
    with user.daemon(config=user.settings) as daemon:
        daemon.hotwords.write_text('words = ["Zo\u00eb", "Claude Code"]\n')
        wait_for(lambda: "hotwords.toml read: 2 terms" in daemon.logged(), daemon.logged())
        said = daemon.ctl("reload").stdout
        assert said.startswith("already in force: read at ")
        daemon.config.write_text(user.settings + "[text]\nspacing = 'trailing'\n")
        line = "config.toml read: text.spacing: auto -> trailing"
        wait_for(lambda: line in daemon.logged(), daemon.logged())


@pytest.mark.fault("F10")
def test_a_clock_that_is_a_year_ahead_deletes_no_dictation(user: Home) -> None:
    """B1 of a real daemon: one delivered, one held, one start with the clock 400 days ahead."""
    with user.daemon(*user.spoken, config=user.settings) as daemon:
        wait_for(lambda: daemon.written() != "", daemon.logged())
        daemon.wait_state("ready")
    daemon.config.write_text(user.settings.replace('"stdout"', '"x11"'))
    with user.daemon() as daemon:
        daemon.ctl("start")
        wait_for(lambda: daemon.status()["trouble"].startswith("held:"), daemon.logged())
        daemon.wait_state("ready")
    ahead = user.daemon()
    ahead.program = (
        "-c",
        "import time\n"
        "real = time.time\n"
        "time.time = lambda: real() + 400 * 86400\n"
        "from dictate import cli\n"
        "cli.main()\n",
    )
    with ahead:
        wait_for(lambda: "jumped 400 days ahead" in ahead.status()["trouble"], ahead.logged())
        found = ahead.history()
        assert [entry["state"] for entry in found] == ["held", "delivered"]
        assert {entry["text"] for entry in found} == {Home.text}
        assert all(entry["has_audio"] for entry in found)
