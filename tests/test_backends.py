"""Backends of other packages: found by name, named in every list, and never in the way of ours."""

import json
import logging
import os
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.backends import Backends
from dictate.config import config_file
from dictate.config.schema import EngineSettings, OutputSettings
from dictate.diagnostics.check import rows
from dictate.engines import ENGINES, Engine
from dictate.errors import ConfigError, NoSuchBackend, Unavailable
from dictate.outputs import OUTPUTS
from tests.lab.bus import session_bus
from tests.lab.daemon import REPOSITORY, RealDaemon
from tests.lab.package import install
from tests.lab.scripted import noise

ECHO = """
from pathlib import Path

from dictate.engines import Engine, Utterance
from dictate.outputs import Output, Receipt


class EchoEngine(Engine):
    name = "echo"
    languages = ("en",)
    streams = False
    hotwords_as = ""

    def unavailable_reason(self):
        return None

    def load(self):
        self.says = self.settings.use.partition(":")[2] or "Nothing said is ever lost."

    def prepare(self, hotwords):
        return []

    def begin(self, hotwords, language, chunk_ms=0):
        return Echo(self.says)


class Echo(Utterance):
    def __init__(self, says):
        self.says = says
        self.loud = False

    def feed(self, samples):
        self.loud = self.loud or bool((abs(samples) > 0.02).any())

    def finish(self):
        return self.says if self.loud else ""

    def cancel(self):
        pass


class FileOutput(Output):
    name = "thefile"

    def __init__(self, settings):
        self.path = Path(settings.use.partition(":")[2])

    def unavailable_reason(self):
        return None if self.path.name else "no file is named: write thefile:PATH"

    async def open(self):
        pass

    async def focus(self):
        return None

    async def write(self, text, focus):
        self.path.write_text(text)
        return Receipt.DELIVERED

    async def close(self):
        pass
"""
BOTH = {"engines/echo": "EchoEngine", "outputs/thefile": "FileOutput"}
BROKEN = {
    "engines/syntax": "broken_syntax:Engine",
    "engines/gone": "broken_gone:Engine",
    "engines/exits": "broken_exits:Engine",
    "engines/misnamed": "EchoEngine",
    "engines/abstract": "AbstractEngine",
    "engines/raises": "RaisingEngine",
}
BROKEN_CODE = f"""{ECHO}

class AbstractEngine(Engine):
    name = "abstract"


class RaisingEngine(EchoEngine):
    name = "raises"

    def unavailable_reason(self):
        raise ZeroDivisionError("on purpose")
"""
REASONS = {
    "syntax": "SyntaxError",
    "gone": "No module named 'broken_gone'",
    "exits": "SystemExit",
    "misnamed": "its class has the name 'echo', its entry point 'misnamed'",
    "abstract": "abstract",
    "raises": "ZeroDivisionError: on purpose",
}


@pytest.fixture
def echo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which a package with an engine and an output is installed."""
    folder = install(tmp_path / "site", "acme-echo", BOTH, ECHO)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, "acme_echo", raising=False)
    return folder


@pytest.fixture
def broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a package whose engines are broken, each in another way."""
    folder = install(tmp_path / "site", "acme-broken", BROKEN, BROKEN_CODE)
    (folder / "broken_syntax.py").write_text("class Engine(:\n")
    (folder / "broken_exits.py").write_text("raise SystemExit('not today')\n")
    monkeypatch.syspath_prepend(str(folder))
    for name in ("acme_broken", "broken_syntax", "broken_exits"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    return folder


def test_a_backend_of_another_package_is_found_by_its_name(echo: Path) -> None:
    engine = ENGINES.choose("echo:hello", EngineSettings(use="echo:hello"))
    assert engine.name == "echo"
    assert OUTPUTS.load("thefile").name == "thefile"
    assert "echo" in ENGINES.names
    assert ENGINES.names[: len(ENGINES.table)] == tuple(ENGINES.table)


def test_auto_takes_none_of_another_package(echo: Path) -> None:
    assert "echo" not in ENGINES.auto
    alone: Backends[Engine] = Backends("engine", table={}, auto=(), group=ENGINES.group)
    assert alone.names == ("echo",)
    with pytest.raises(Unavailable, match="no engine can work here"):
        alone.choose("auto", EngineSettings())


def test_its_name_is_among_those_to_choose_from(echo: Path) -> None:
    with pytest.raises(NoSuchBackend, match=r"choose from auto, .*, echo; did you mean echo\?$"):
        ENGINES.load("ecko")


def test_it_can_be_named_in_the_settings(echo: Path) -> None:
    settings = config_file.parse('[engine]\nuse = "echo:hello"\n[output]\nuse = "thefile:x"\n')
    assert settings.engine.use == "echo:hello"
    with pytest.raises(ConfigError, match=r"must be one of auto, .*, echo, .*; did you mean echo"):
        config_file.parse('[engine]\nuse = "ecko"\n')


def test_the_documents_do_not_depend_on_what_is_installed(echo: Path) -> None:
    assert "echo" not in config_file.docs()
    assert "echo" not in config_file.default_toml()


def test_the_check_lists_it_and_chooses_it(echo: Path) -> None:
    settings = config_file.parse('[engine]\nuse = "echo"\n[output]\nuse = "thefile:x"\n')
    found = {(row.stage, row.name): row for row in rows(settings)}
    assert found["engine", "echo"].chosen is True
    assert found["engine", "echo"].reason == ""
    assert found["output", "thefile"].chosen is True


def test_one_of_ours_cannot_be_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    taken = {
        "engines/scripted": "EchoEngine",
        "engines/auto": "EchoEngine",
        "engines/none": "EchoEngine",
        "engines/Echo:Echo": "EchoEngine",
    }
    monkeypatch.syspath_prepend(str(install(tmp_path / "site", "acme", taken, ECHO)))
    with caplog.at_level(logging.WARNING):
        assert ENGINES.names == tuple(ENGINES.table)
        assert ENGINES.load("scripted").__module__ == "dictate.engines.scripted"
    ours = "engine scripted of the package acme is ignored: engine scripted is part of Dictate"
    assert ours in caplog.messages
    for name in ("auto", "none", "Echo"):
        assert any(f"engine {name}" in message for message in caplog.messages)


def test_of_two_packages_with_one_name_the_first_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("acme-one", "acme-two"):
        install(tmp_path / "site", name, {"engines/echo": "EchoEngine"}, ECHO)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    assert ENGINES.load("echo").__module__ == "acme_one"
    assert (
        "engine echo of the package acme-two is ignored: acme-one has the same name"
        in caplog.messages
    )


@pytest.mark.parametrize("name", REASONS)
def test_a_broken_one_is_unavailable_with_its_reason(broken: Path, name: str) -> None:
    with pytest.raises(Unavailable) as caught:
        ENGINES.choose(name, EngineSettings(use=name))
    assert REASONS[name] in str(caught.value)
    assert str(caught.value).endswith("update or remove the package acme-broken")


def test_broken_ones_hide_no_other_from_the_check(broken: Path, echo_beside: None) -> None:
    found = {row.name: row.reason for row in rows(config_file.parse(""))}
    for name, reason in REASONS.items():
        assert reason in str(found[name])
    assert found["echo"] == ""
    assert "pocketsphinx" in found


@pytest.fixture
def echo_beside(broken: Path) -> None:
    """A sound package in the same folder as the broken one."""
    install(broken, "acme-echo", BOTH, ECHO)


@pytest.mark.parametrize(
    ("file", "content"),
    [("entry_points.txt", "[dictate.engines]\nno equals sign\n"), ("METADATA", "\0")],
)
def test_broken_metadata_hide_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: str
) -> None:
    folder = install(tmp_path / "site", "acme", {"engines/other": "EchoEngine"}, ECHO)
    (folder / "acme-1.0.dist-info" / file).write_text(content)
    install(folder, "acme-echo", BOTH, ECHO)
    monkeypatch.syspath_prepend(str(folder))
    assert "echo" in ENGINES.names


def test_ours_are_found_without_a_look_at_what_is_installed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked() -> None:
        raise AssertionError

    monkeypatch.setattr("importlib.metadata.distributions", looked)
    assert ENGINES.load("scripted").name == "scripted"
    assert OUTPUTS.choose("stdout", OutputSettings(use="stdout")).name == "stdout"
    assert config_file.parse('[engine]\nuse = "scripted:x"\n').engine.use == "scripted:x"


def test_a_sentence_goes_through_both(echo: Path, tmp_path: Path) -> None:
    recording, written = noise(tmp_path / "noise.wav", 0.6), tmp_path / "written"
    words = ("--engine", "echo", "--output", f"thefile:{written}", "--hotkey", "none", "--once")
    with session_bus(tmp_path) as bus:
        daemon = RealDaemon(
            tmp_path,
            {"DBUS_SESSION_BUS_ADDRESS": bus.address},
            *("--microphone", f"wav:{recording}", *words),
        )
        daemon.program = ("-m", "dictate")
        daemon.env["PYTHONPATH"] += f"{os.pathsep}{echo}"
        daemon.spawn()
        assert daemon.wait() == 0, daemon.logged()
    assert written.read_text() == "Nothing said is ever lost."
    assert "delivered" in daemon.logged()


def test_dictatectl_check_names_both(echo: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "dictate.ctl.main", "check", "--json"],
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{echo}"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = {(row["stage"], row["name"]): row["why_not"] for row in json.loads(done.stdout)}
    assert found["engine", "echo"] == ""
    assert found["output", "thefile"] == "no file is named: write thefile:PATH"


def test_the_contract_suite_tries_it_as_it_tries_ours(echo: Path) -> None:
    """It keeps the contract, but for one thing: it does not listen."""
    suite = REPOSITORY / "tests" / "contract" / "test_engine_contract.py"
    done = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "--reruns=0", "-p", "no:cacheprovider"),
            *(suite, "-k", "echo"),
        ],
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": f"{REPOSITORY}{os.pathsep}{echo}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "1 failed, 13 passed" in done.stdout
    assert "test_what_is_said_is_returned[echo]" in done.stdout
