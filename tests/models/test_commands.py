"""`dictate models`, as a user sees it."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dictate import cli
from dictate.engines import ENGINES, speed
from dictate.engines.speed import Speed
from dictate.errors import EngineError
from dictate.models import downloader, store
from dictate.models.catalogue import CATALOGUE, Model
from dictate.platform import paths
from tests.hub import CONTENT, SHA256, Hub, model, part_of, put, serving

ROOT = Path(__file__).parents[2]


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """A hub, and a small model in the catalogue, which no engine could load."""
    monkeypatch.setitem(CATALOGUE, "nemotron", model())
    monkeypatch.setattr(speed, "measure_model", lambda _: Speed(0.37, "cpu", "nemotron"))
    monkeypatch.setattr(type(ENGINES), "why_not", lambda *_: "")
    with serving() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.address)
        monkeypatch.setenv("no_proxy", "*")
        yield hub


def dictate(*arguments: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["models", *arguments])
    return int(ended.value.code or 0)


Out = pytest.CaptureFixture[str]


def test_download_names_the_licence_first(hub: Hub, capsys: Out) -> None:
    assert dictate("download", "nemotron") == 0
    out, err = capsys.readouterr()
    assert out == f"{model().path}: as published (SHA-256 {SHA256})\n"
    assert "under the NVIDIA Open Model License:\nhttps://www.nvidia.com/" in err
    hub.status = 404
    dictate("remove", "nemotron")
    assert dictate("download", "nemotron") == 1
    err = capsys.readouterr().err
    assert err.index("NVIDIA Open Model License") < err.index("404 Not Found")


def test_list_says_what_is_here(hub: Hub, capsys: Out) -> None:
    assert dictate("list") == 0
    before = capsys.readouterr().out
    assert "nemotron: not downloaded\n" in before
    assert "chunks of 80, 160, 320, 560, 1120 ms" in before
    assert "2.51 GB; does not stream; for engine nemotron on an NVIDIA card\n" in before
    assert "0.66 GB; chunks of 560 ms; for engine onnx on any processor\n" in before
    assert (
        "    7.1 % of words wrong (mean of 8 English sets of the Open ASR Leaderboard, " in before
    )
    assert "on this machine: not measured yet" in before
    assert "OpenMDW-1.1: https://openmdw.ai/" in before
    put(model(), b"")
    dictate("list")
    assert capsys.readouterr().out == before
    put(model(), CONTENT[:1000])
    dictate("list")
    assert "nemotron: 0.00 GB of it are here" in capsys.readouterr().out
    dictate("download", "nemotron")
    capsys.readouterr()
    dictate("list")
    after = capsys.readouterr().out
    assert f"nemotron: installed as {model().path}\n" in after
    assert "on this machine: real time (0.37 s of work for a second of sound on cpu)\n" in after


def test_list_for_machines(hub: Hub, capsys: Out) -> None:
    dictate("download", "nemotron")
    capsys.readouterr()
    assert dictate("list", "--json") == 0
    here, missing, *_ = json.loads(capsys.readouterr().out)
    assert here == {
        "name": "nemotron",
        "title": "NVIDIA Nemotron Speech Streaming 0.6B",
        "languages": "English",
        "engine": "nemotron",
        "runs_on": "NVIDIA card",
        "word_errors": 7.07,
        "word_errors_of": model().word_errors_of,
        "licence": "NVIDIA Open Model License",
        "licence_url": model().licence_url,
        "chunks_ms": [80, 160, 560, 1120],
        "size": len(CONTENT),
        "repository": "nvidia/nemotron-speech-streaming-en-0.6b",
        "revision": model().revision,
        "installed": True,
        "problem": None,
        "path": str(model().path),
        "sha256": SHA256,
        "sha256_from": "publisher",
        "rtf": 0.37,
        "measured_on": "cpu",
        "real_time": True,
    }
    assert (missing["rtf"], missing["real_time"]) == (None, None)
    assert (missing["name"], missing["installed"], missing["path"]) == ("nemotron-3.5", False, None)


def test_a_model_that_fails_its_test_is_here_all_the_same(
    hub: Hub, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Model) -> Speed:
        raise EngineError("this processor is too old")

    monkeypatch.setattr(speed, "measure_model", fail)
    assert dictate("download", "nemotron") == 0
    assert "the test of nemotron failed: this processor is too old" in capsys.readouterr().err
    dictate("list", "--json")
    here, *_ = json.loads(capsys.readouterr().out)
    assert (here["installed"], here["rtf"], here["real_time"]) == (True, None, None)


def test_a_machine_that_is_too_slow_is_called_so(
    hub: Hub, capsys: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(speed, "measure_model", lambda _: Speed(1.3, "cpu", "nemotron"))
    dictate("download", "nemotron")
    assert "nemotron on this machine: slower than speech (1.30 s" in capsys.readouterr().err


def test_a_download_that_changes_nothing_keeps_the_measured_speed(hub: Hub) -> None:
    dictate("download", "nemotron")
    downloader.download(model(), lambda _: None)
    record = store.record_of(model())
    assert record is not None
    assert record.rtf == 0.37


def test_verify_hashes_again(hub: Hub, capsys: Out) -> None:
    assert dictate("verify") == 0
    assert capsys.readouterr().err == "No model is downloaded.\n"
    assert dictate("verify", "nemotron") == 1
    assert "dictate models download nemotron" in capsys.readouterr().err
    dictate("download", "nemotron")
    capsys.readouterr()
    for arguments in (["verify"], ["verify", "nemotron"]):
        assert dictate(*arguments) == 0
        assert capsys.readouterr().out == f"nemotron: as published (SHA-256 {SHA256})\n"
    model().path.write_bytes(b"damaged")
    for arguments in (["verify"], ["verify", "nemotron"]):
        assert dictate(*arguments) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert "is damaged or was changed" in err


def test_what_is_unsafe_is_listed_and_fails_verify(hub: Hub, capsys: Out) -> None:
    dictate("download", "nemotron")
    model().path.chmod(0o666)
    capsys.readouterr()
    assert dictate("list") == 0
    assert "nemotron: cannot be used: " in capsys.readouterr().out
    assert dictate("list", "--json") == 0
    assert "chmod go-w" in json.loads(capsys.readouterr().out)[0]["problem"]
    assert dictate("verify") == 1
    assert "chmod go-w" in capsys.readouterr().err


def test_remove_takes_all_of_it_and_nothing_else(hub: Hub, capsys: Out) -> None:
    dictate("download", "nemotron")
    put(model(), b"of a later try")
    other = part_of(CATALOGUE["nemotron-3.5"])
    other.write_bytes(b"another model")
    assert dictate("remove", "nemotron") == 0
    assert capsys.readouterr().out.endswith("nemotron is removed.\n")
    assert list(paths.models_dir().iterdir()) == [other]
    assert dictate("remove", "nemotron") == 1
    assert "nothing to remove" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["download", "verify", "remove"])
@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("nemotorn", "did you mean nemotron?"),
        ("../../etc/passwd", f"there are {', '.join(CATALOGUE)}"),
        ("x.nemo", f"there are {', '.join(CATALOGUE)}"),
    ],
)
def test_an_unknown_name(command: str, name: str, hint: str, capsys: Out) -> None:
    assert dictate(command, name) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err == f"dictate: no model is called {name!r}; {hint}\n"


SMALL = """
import sys
from dictate.models.catalogue import CATALOGUE
from tests.hub import model
from dictate.engines import ENGINES
CATALOGUE["nemotron"] = model()
type(ENGINES).why_not = lambda *_: "it cannot be tested here"
from dictate.cli import main
main(["models", *sys.argv[1:]])
"""


def in_a_terminal(*arguments: str, interrupt: bool = False) -> tuple[int, str]:
    """Run it as a user does, with Ctrl+C once the bar is there; exit status and what was shown."""
    ours, theirs = pty.openpty()
    shown = bytearray()
    with subprocess.Popen(
        [sys.executable, "-c", SMALL, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "100"},
        cwd=ROOT,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    ) as process:
        os.close(theirs)
        killer = threading.Timer(60, process.kill)
        killer.start()
        try:
            while True:
                try:
                    some = os.read(ours, 4096)
                except OSError:
                    break
                shown += some
                if interrupt and b"2.6/5.1 MB" in shown:
                    process.send_signal(signal.SIGINT)
                    interrupt = False
        finally:
            killer.cancel()
            os.close(ours)
    return process.returncode, shown.decode()


def test_a_terminal_gets_a_progress_bar(hub: Hub) -> None:
    status, shown = in_a_terminal("download", "nemotron")
    assert status == 0, shown
    assert "5.1/5.1 MB" in shown
    assert "as published" in shown
    assert model().path.read_bytes() == CONTENT


def test_ctrl_c_says_how_to_go_on(hub: Hub) -> None:
    hub.stall_after = len(CONTENT) // 2
    status, shown = in_a_terminal("download", "nemotron", interrupt=True)
    assert status == 130, shown
    assert "Interrupted; to continue: dictate models download nemotron" in shown
    assert "Traceback" not in shown
    assert part_of(model()).stat().st_size > 0
    hub.stall_after = None
    status, shown = in_a_terminal("download", "nemotron")
    assert status == 0, shown
    assert hub.asked[-1][1].startswith("bytes=")
