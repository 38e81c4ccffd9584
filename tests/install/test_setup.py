"""`dictate setup` without systemd for this user; test_systemd.py tests it with systemd."""

import io
import re
import stat
import sys
from pathlib import Path

import pytest

from dictate.cli import main
from dictate.install import links, removal, service
from dictate.install.removal import Deletes
from dictate.platform.locks import locked
from dictate.platform.resources import shipped

UNIT = "config/systemd/user/dictate.service"
ACTIVATION = "data/dbus-1/services/io.github.dictate.Dictate1.service"
APPLICATION = "data/applications/io.github.dictate.desktop"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home, in which the package is installed below a folder with an awkward name."""
    programs = tmp_path / "50% of my $programs/bin"
    programs.mkdir(parents=True)
    for name in ("dictate", "dictatectl"):
        (programs / name).write_text("#!/bin/sh\necho microphone: none here\nexit 1\n")
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    defaults = tmp_path / "defaults"
    defaults.mkdir()
    for name in ("config.toml", "hotwords.toml"):
        (defaults / name).write_text(f"# {name}\n")

    def fake(name: str) -> Path:
        return defaults / Path(name).name if name.startswith("config/") else shipped(name)

    monkeypatch.setattr(service, "shipped", fake)
    monkeypatch.setattr(removal, "shipped", fake)
    monkeypatch.setenv("PATH", f"{tmp_path}/.local/bin:/usr/bin:/bin")
    return tmp_path


def tree(home: Path) -> dict[str, str]:
    """Every file of the user's four homes, with its text."""
    return {
        str(path.relative_to(home)): path.read_text()
        for folder in ("config", "state", "cache", "data")
        for path in sorted((home / folder).rglob("*"))
        if path.is_file()
    }


def test_install_says_each_step_in_one_line(home: Path) -> None:
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert list(tree(home)) == [
        "config/dictate/config.toml",
        "config/dictate/hotwords.toml",
        UNIT,
        APPLICATION,
        ACTIVATION,
    ]
    assert [line.split(":")[0] for line in said] == ["done"] * 7 + ["skipped", "microphone"]
    assert "no systemd runs for this user" in said[7]
    assert all("\n" not in line for line in said)


def test_install_again_changes_nothing(home: Path) -> None:
    service.install(out=lambda _: None)
    before = tree(home)
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert tree(home) == before
    assert [line.split(":")[0] for line in said[:7]] == ["unchanged"] * 7


def test_what_the_user_wrote_is_never_overwritten(home: Path) -> None:
    mine = home / "config/dictate/config.toml"
    mine.parent.mkdir(parents=True)
    mine.write_text("mine\n")
    unit = home / UNIT
    unit.parent.mkdir(parents=True)
    unit.write_text("[Service]\nExecStart=/bin/true\n")
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert mine.read_text() == "mine\n"
    assert "/bin/true" in unit.read_text()
    assert any("skipped" in line and "not written by dictate setup" in line for line in said)


def test_an_older_unit_of_ours_is_renewed(home: Path) -> None:
    unit = home / UNIT
    unit.parent.mkdir(parents=True)
    unit.write_text("# Written by `dictate setup`\n[Service]\n")
    assert service.install(out=lambda _: None) == 0
    assert "WatchdogSec" in unit.read_text()


def test_files_are_for_the_user_alone(home: Path) -> None:
    service.install(out=lambda _: None)
    for name in ("config/dictate", "state/dictate", "cache/dictate"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o700
    for path in (home / "config/dictate").iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_paths_are_quoted_for_systemd_and_for_the_bus(home: Path) -> None:
    service.install(out=lambda _: None)
    executable = f'"{home}/50%% of my $programs/bin/dictate" run'
    assert f"\nExecStart={executable}\n" in (home / UNIT).read_text()
    executable = executable.replace("%%", "%")
    assert f"\nExec={executable}\n" in (home / ACTIVATION).read_text()
    for name in (UNIT, ACTIVATION):
        assert not re.search("@[A-Z]+@", (home / name).read_text())


def test_the_menu_starts_this_installation(home: Path) -> None:
    service.install(out=lambda _: None)
    entry = (home / APPLICATION).read_text()
    program = home / "50%% of my \\\\$programs/bin/dictate"
    assert f'\nExec="{program}" settings\n' in entry
    (icon,) = re.findall(r"^Icon=(.*)$", entry, re.MULTILINE)
    assert Path(icon).read_text().startswith("<svg")


def test_remove_deletes_exactly_what_install_wrote(home: Path) -> None:
    stranger = home / "config/systemd/user/other.service"
    stranger.parent.mkdir(parents=True)
    stranger.write_text("[Service]\n")
    before = tree(home)
    service.install(out=lambda _: None)
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert tree(home) == before
    assert not (home / "config/dictate").exists()
    assert sum(line.startswith("done: removed") for line in said) == 7
    assert removal.remove(Deletes(), sure=True, out=lambda _: None) == 0


def test_remove_leaves_what_the_user_changed_and_says_where(home: Path) -> None:
    service.install(out=lambda _: None)
    hotwords = home / "config/dictate/hotwords.toml"
    hotwords.write_text("mine\n")
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert list(tree(home)) == ["config/dictate/hotwords.toml"]
    assert (
        f"left: {hotwords}, which you changed; `dictate setup --remove --settings` deletes it"
        in said
    )


def test_only_purge_deletes_the_dictations(home: Path) -> None:
    service.install(out=lambda _: None)
    journal = home / "state/dictate/journal.sqlite"
    journal.write_text("what was said")
    said: list[str] = []
    removal.remove(Deletes(), sure=True, out=said.append)
    assert journal.exists()
    assert any(str(journal.parent) in line and "--purge" in line for line in said)
    assert removal.remove(Deletes(recordings=True), sure=True, out=said.append) == 0
    assert not journal.parent.exists()


def test_only_purge_deletes_the_models_and_both_name_them(home: Path) -> None:
    service.install(out=lambda _: None)
    folder = home / "data/dictate/models"
    folder.mkdir(parents=True)
    with (folder / "nemotron.nemo").open("wb") as model:
        model.truncate(2_473_041_920)
    (folder / "nemotron.json").write_text("{}")
    (folder / "nemotron-3.5.ea30d66d.part").write_bytes(bytes(1_500_000))
    names = [
        f"{folder}/nemotron-3.5.ea30d66d.part (1.5 MB)",
        f"{folder}/nemotron.nemo (2,473.0 MB)",
    ]
    said: list[str] = []
    assert removal.remove(Deletes(), sure=True, out=said.append) == 0
    assert (folder / "nemotron.nemo").exists()
    how = "`dictate setup --remove --purge` deletes it, too"
    assert [line for line in said if "nemotron" in line] == [f"left: {it}; {how}" for it in names]
    said.clear()
    assert removal.remove(Deletes(recordings=True), sure=True, out=said.append) == 0
    removed = [f"done: removed {it}: a model" for it in names]
    assert [line for line in said if line.startswith("done") and "nemotron" in line] == removed
    assert not (home / "data/dictate").exists()


def test_a_home_that_cannot_be_written_is_one_clear_line(home: Path) -> None:
    (home / "config/systemd").write_text("a file where a folder must be")
    said: list[str] = []
    assert service.install(out=said.append) == 1
    assert said[-1].startswith("failed: ")
    assert str(home / "config/systemd") in said[-1]


def test_without_an_installed_command_it_says_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(home / "python"))
    said: list[str] = []
    assert service.install(out=said.append) == 1
    assert "install the package" in said[-1]
    assert not (home / UNIT).exists()


def test_setup_links_the_commands_where_the_shell_finds_them(home: Path) -> None:
    said: list[str] = []
    links.make(out=said.append)
    for name in links.COMMANDS:
        link = home / ".local/bin" / name
        assert link.readlink() == Path(sys.executable).with_name(name)
        assert f"done: linked {link} to {link.readlink()}" in said
    assert links.reminder() is None
    links.make(out=said.append)
    links.remove(out=said.append)
    assert not any((home / ".local/bin").iterdir())
    assert "make setup" in (links.reminder() or "")


def test_the_service_does_not_depend_on_the_link(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    service.install(out=lambda _: None)
    before = (home / UNIT).read_text()
    monkeypatch.setattr(sys, "argv", [str(home / ".local/bin/dictate"), "setup"])
    service.install(out=lambda _: None)
    assert (home / UNIT).read_text() == before


@pytest.mark.parametrize(
    ("shell", "line"),
    [
        ("/bin/bash", "  echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> ~/.bashrc"),
        ("/usr/bin/zsh", "  echo 'export PATH=\"$HOME/.local/bin:$PATH\"' >> ~/.zshrc"),
        ("/usr/bin/fish", "  fish_add_path ~/.local/bin"),
    ],
)
def test_a_path_without_the_folder_of_the_links_gets_the_one_line(
    home: Path, monkeypatch: pytest.MonkeyPatch, shell: str, line: str
) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("SHELL", shell)
    said: list[str] = []
    links.make(out=said.append)
    assert said[-2:] == [
        f"to do: {home}/.local/bin is not in your PATH; run this, and open a new terminal:",
        line,
    ]


@pytest.mark.parametrize("foreign", ["file", "link", "dangling link"])
def test_a_command_of_somebody_else_is_never_replaced(home: Path, foreign: str) -> None:
    theirs = home / ".local/bin/dictate"
    theirs.parent.mkdir(parents=True)
    if foreign == "file":
        theirs.write_text("#!/bin/sh\n")
    else:
        theirs.symlink_to("/bin/sh" if foreign == "link" else "/nowhere/dictate")
    before = _as_it_is(theirs)
    said: list[str] = []
    assert service.install(out=said.append) == 0
    assert any(line.startswith(f"skipped: {theirs} is not a link of ours") for line in said)
    removal.remove(Deletes(), sure=True, out=said.append)
    assert _as_it_is(theirs) == before
    assert not theirs.with_name("dictatectl").is_symlink()


def _as_it_is(path: Path) -> tuple[int, int, int]:
    """What shows that a file is still the same one. To read a link changes its time of access."""
    found = path.lstat()
    return found.st_ino, found.st_mode, found.st_mtime_ns


def test_a_command_that_the_shell_finds_already_is_not_linked(home: Path) -> None:
    """As pipx and uv do it: a link of their own."""
    theirs = home / ".local/bin"
    theirs.mkdir(parents=True)
    programs = Path(sys.executable).parent
    (home / "shims").symlink_to(programs)
    for name in links.COMMANDS:
        (theirs / name).symlink_to(home / "shims" / name)
    said: list[str] = []
    links.make(out=said.append)
    links.remove(out=said.append)
    assert said == []
    assert all((theirs / name).is_symlink() for name in links.COMMANDS)


@pytest.fixture
def data(home: Path) -> Path:
    """A journal of the user, and settings."""
    service.install(out=lambda _: None)
    (home / "state/dictate/journal.db").write_text("what was said")
    (home / "config/dictate/config.toml").write_text("mine\n")
    return home


def survives(home: Path) -> bool:
    journal = home / "state/dictate/journal.db"
    return journal.exists() and (home / "config/dictate/config.toml").exists()


@pytest.mark.parametrize("deletes", [Deletes(recordings=True), Deletes(settings=True)])
def test_purge_without_remove_says_what_it_would_do_and_does_nothing(
    data: Path, capsys: pytest.CaptureFixture[str], deletes: Deletes
) -> None:
    before = tree(data)
    with pytest.raises(SystemExit) as ended:
        main(["setup", *deletes.options.split()])
    printed = capsys.readouterr().out
    assert ended.value.code == 2
    assert f"`dictate setup --remove {deletes.options}` would delete:" in printed
    assert (
        str(data / ("state/dictate" if deletes.recordings else "config/dictate/config")) in printed
    )
    assert tree(data) == before


@pytest.mark.parametrize("more", ["--keys", "--uinput"])
def test_purge_beside_a_removal_of_something_smaller_is_refused(data: Path, more: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["setup", "--remove", "--purge", "--yes", more])
    assert ended.value.code == 2
    assert survives(data)


def test_without_a_terminal_nothing_is_deleted_unless_the_user_says_yes(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    said: list[str] = []
    assert removal.remove(Deletes(recordings=True), sure=False, out=said.append) == 1
    assert f"  {data}/state/dictate (0.0 MB): your dictations, text and sound" in said
    assert "add --yes" in said[-1]
    assert survives(data)
    assert (data / UNIT).exists()


@pytest.mark.parametrize(("answer", "gone"), [("y", True), ("n", False), ("", False)])
def test_in_a_terminal_it_asks(
    data: Path, monkeypatch: pytest.MonkeyPatch, answer: str, *, gone: bool
) -> None:
    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", lambda _: answer)
    said: list[str] = []
    deletes = Deletes(recordings=True, settings=True)
    assert removal.remove(deletes, sure=False, out=said.append) == (0 if gone else 1)
    assert survives(data) is not gone
    if gone:
        assert tree(data) == {}
    else:
        assert said[-1] == "nothing was done"


def test_settings_are_deleted_only_if_they_are_named(data: Path) -> None:
    assert removal.remove(Deletes(recordings=True), sure=True, out=lambda _: None) == 0
    assert list(tree(data)) == ["config/dictate/config.toml"]
    assert removal.remove(Deletes(settings=True), sure=True, out=lambda _: None) == 0
    assert tree(data) == {}


def test_nothing_is_deleted_under_a_running_daemon(data: Path) -> None:
    before = tree(data)
    said: list[str] = []
    with locked(data / "state/dictate"):
        assert removal.remove(Deletes(recordings=True), sure=True, out=said.append) == 1
    assert said == [
        "failed: a dictate runs that is not the service, and writes into your dictations: end it, "
        "then run this again; nothing was done"
    ]
    assert tree(data) == before


def test_what_a_link_leads_to_is_deleted_and_not_the_folder_itself(data: Path) -> None:
    elsewhere = data / "big disk"
    (data / "state/dictate").rename(elsewhere)
    (data / "state/dictate").symlink_to(elsewhere)
    assert removal.remove(Deletes(recordings=True), sure=True, out=lambda _: None) == 0
    assert list(elsewhere.iterdir()) == []
    assert not (data / "state/dictate").is_symlink()
