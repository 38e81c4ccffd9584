"""The settings window, from outside: a real window on a real X server, real clicks and keys, a real
daemon. What it shows is read as a screen reader reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import Home, home
from tests.lab.settings_window import SettingsWindow, settings_window
from tests.lab.xserver import XServer

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(120)]

ENTRY, CHOICE, LINE, SWITCH = "text box", "combo box", "list item", "switch"


@pytest.fixture(scope="module")
def x() -> Iterator[XServer]:
    with XServer() as server:
        yield server


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory, x: XServer) -> Iterator[Home]:
    with home(tmp_path_factory.mktemp("home"), seconds=20) as user:
        # A long path as a value must not make the window narrow.
        recording = user.recording.rename(user.folder / f"noise{60 * '-'}.wav")
        user.settings = user.settings.replace(str(user.recording), str(recording))
        user.env["DISPLAY"] = x.display
        user.settings += '# mine\n[sounds]\nenabled = true # I like them\n[overlay]\nuse = "none"\n'
        yield user


@pytest.fixture(scope="module")
def daemon(user: Home) -> Iterator[RealDaemon]:
    with user.daemon() as daemon:
        daemon.hotwords.write_text('# my words\nwords = ["Hyprland"]\n')
        yield daemon


@pytest.fixture(scope="module")
def window(
    x: XServer, daemon: RealDaemon, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SettingsWindow]:
    with settings_window(x, daemon.env, tmp_path_factory.mktemp("window")) as window:
        window.find("Ready, scripted.*")
        yield window


@pytest.fixture
def config(daemon: RealDaemon) -> Iterator[str]:
    """What stands in config.toml, and does again after the test."""
    text = daemon.config.read_text()
    yield text
    daemon.config.write_text(text)


def test_a_switch_changes_the_line_and_the_daemon_and_undo_takes_it_back(
    window: SettingsWindow, daemon: RealDaemon, config: str
) -> None:
    window.search("sounds.enabled")
    window.click("Sounds", SWITCH)
    changed = config.replace("enabled = true #", "enabled = false #")
    wait_for(lambda: daemon.config.read_text() == changed, "the file is changed")
    window.find("sounds.enabled: true -> false")
    wait_for(lambda: "sounds.enabled: true -> false" in daemon.logged(), "the daemon knows it")
    window.click("Undo")
    wait_for(lambda: daemon.config.read_text() == config, "the file is as it was")
    assert daemon.ended is None


def test_a_wrong_value_is_explained_below_it_and_not_written(
    window: SettingsWindow, daemon: RealDaemon, config: str
) -> None:
    window.click("Microphone", LINE)
    window.click("Linger", ENTRY)
    window.type("9999")
    window.press("Return")
    window.find("microphone.linger_s must be from 0 to 3600, not 9999")
    assert daemon.config.read_text() == config
    window.type("3,5")
    window.press("Return")
    wait_for(lambda: "\nlinger_s = 3.5\n" in daemon.config.read_text(), "the file is changed")
    assert not window.has("microphone.linger_s must.*")
    window.click("Reset Linger")
    wait_for(lambda: "linger_s = 3.5" not in daemon.config.read_text(), "the default is back")


def test_an_option_is_found_by_its_words_and_set_with_the_keyboard(
    window: SettingsWindow, daemon: RealDaemon, config: str
) -> None:
    window.search("punctuation spoken")
    window.find("Spoken punctuation", CHOICE)
    assert not window.has("Linger", ENTRY)
    window.click("Spoken punctuation", CHOICE)
    window.press("Down", "Return")
    wait_for(lambda: 'spoken_punctuation = "on"' in daemon.config.read_text(), "it is set")


def test_the_limits_of_a_large_number_can_be_read(window: SettingsWindow) -> None:
    window.search("journal.keep_mb")
    window.find("journal.keep_mb, default: 200 · from 0 to 1000000")


def test_a_title_beside_a_long_value_stays_whole_in_a_narrow_window(
    window: SettingsWindow,
) -> None:
    window.click("Microphone", LINE)
    below = "auto, portaudio, or wav:PATH.*"
    wide, _height = window.size(below, "label")
    window.resize(360, 680)
    try:
        wait_for(lambda: window.size(below, "label")[0] < min(wide, 360), "the page is narrow")
        width, height = window.size("Sound system", "label")
    finally:
        window.resize(900, 680)
    assert width > 2 * height, "its letters stand below one another"
    wait_for(lambda: window.size(below, "label")[0] == wide, "the page is as it was")


def test_a_change_by_hand_shows_and_a_mistake_is_named_with_its_line(
    window: SettingsWindow, daemon: RealDaemon, config: str
) -> None:
    window.click("Microphone", LINE)
    line = config.count("\n", 0, config.index("[engine]")) + 1
    daemon.config.write_text(config.replace("[engine]", "linger_s = 21\n[engine]"))
    wait_for(lambda: window.text_of("Linger", ENTRY) == "21", "it is shown")
    daemon.config.write_text(config.replace("[engine]", "linger_s = lots\n[engine]"))
    window.find(rf"config\.toml:{line}: .*")
    window.find("Open the file")
    assert not window.has("Linger", ENTRY)
    daemon.config.write_text(config)
    wait_for(lambda: window.text_of("Linger", ENTRY) == "8", "it is shown")


def test_a_hotword_is_added_and_removed_with_its_comments_kept(
    window: SettingsWindow, daemon: RealDaemon
) -> None:
    window.click("Hotwords", LINE)
    window.click("Add a hotword")
    window.click("How it is written")
    window.x.run("xdotool", "type", "Nemotron")
    window.press("Return")
    before = '# my words\nwords = ["Hyprland"]\n'
    added = '# my words\nwords = ["Hyprland", "Nemotron"]\n'
    wait_for(lambda: daemon.hotwords.read_text() == added, "it is in the file")
    window.find("2 hotwords")
    wait_for(lambda: "Nemotron" in daemon.ctl("hotwords", "list").stdout, "the daemon has it")
    window.click("Nemotron")
    window.click("Remove", "button")
    wait_for(lambda: daemon.hotwords.read_text() == before, "it is gone")


def test_a_dictation_is_found_copied_and_forgotten(
    window: SettingsWindow, daemon: RealDaemon
) -> None:
    daemon.ctl("start")
    daemon.wait_spoken(0.2)
    daemon.ctl("stop")
    wait_for(lambda: Home.text in daemon.written(), "it is written")
    window.click("History", LINE)
    window.find("Today")
    window.click(Home.text)
    window.click("Copy", "button")
    window.find("Copied")
    window.click("Forget", "button")
    window.find("Forget this dictation.")
    window.press("Tab", "Return")
    wait_for(lambda: not daemon.history(), "it is gone")


def test_the_pages_that_need_the_daemon_say_so_without_it(
    window: SettingsWindow, daemon: RealDaemon, config: str
) -> None:
    window.click("Engines", LINE)
    window.find("Running")
    window.click("Check", LINE)
    window.find("Dictate .*works.*")
    daemon.kill()
    window.find("Dictate is not running")
    window.click("Engines", LINE)
    window.find("Start it in a terminal: dictate run")
    window.search("sounds.enabled")
    window.click("Sounds", SWITCH)
    wait_for(lambda: daemon.config.read_text() != config, "the file is changed all the same")
    daemon.start()
    window.find("Ready, scripted.*")
    assert Path(daemon.config).read_text() != config
