"""`dictatectl` from outside: real processes, a real bus, a daemon that only pretends to dictate."""

import argparse
import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import shtab

from dictate import console
from dictate.app.output_writer import TAKEN_BACK
from dictate.ctl import render
from dictate.ctl.hotwords import evidence
from dictate.ctl.main import function_of, parser
from dictate.engines import ENGINES
from dictate.journal.entry import Entry, EntryState
from dictate.platform import paths
from tests.lab import forked
from tests.lab.bus import Bus, session_bus
from tests.lab.daemon import DICTATECTL
from tests.lab.fake_daemon import CANARY

ROOT = Path(__file__).parents[2]
CTL = [sys.executable, "-m", "dictate.ctl.main"]


@pytest.fixture
def bus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bus]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    with session_bus(tmp_path) as running:
        monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", running.address)
        yield running


@contextmanager
def daemon() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.lab.fake_daemon"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=ROOT,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
    finally:
        process.send_signal(signal.SIGCONT)
        process.terminate()
        process.communicate(timeout=20)


@pytest.fixture
def running(bus: Bus) -> Iterator["subprocess.Popen[str]"]:
    with daemon() as process:
        yield process


def ctl(*words: str, stdin: str = "") -> "subprocess.CompletedProcess[str]":
    return forked.run(DICTATECTL, *words, env=os.environ, stdin=stdin)


def done(*words: str) -> str:
    result = ctl(*words)
    assert result.returncode == 0, result.stderr
    return result.stdout


def asked(process: "subprocess.Popen[str]") -> str:
    """The next call that the daemon received."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


# With a daemon ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["start", "toggle", "press", "edit"])
def test_control(running: "subprocess.Popen[str]", word: str) -> None:
    assert done(word) == ""
    assert asked(running) == word


def test_errors_of_the_daemon_are_printed(running: object) -> None:
    result = ctl("paste", "2")
    assert result.returncode == 1
    assert result.stderr == "dictatectl: dictation 2 has no text : nothing to write\n"
    result = ctl("forget", "8", "--yes")
    assert result.returncode == 1
    assert "its log says more" in result.stderr
    assert CANARY not in result.stderr


def test_status(running: object) -> None:
    shown = json.loads(done("status", "--json"))
    assert shown["state"] == "ready"
    assert shown["engine_state"] == "ready"
    assert shown["microphone_open"] is False
    done("start")
    assert json.loads(done("status", "--json"))["microphone_open"] is True
    assert done("status").splitlines()[:2] == ["recording", "  microphone   Blue Yeti, open"]
    assert "last text" not in done("status")
    done("stop")
    assert json.loads(done("status", "--json"))["finish_times"]["total_ms"] == 31.2
    assert done("status").splitlines()[-1] == (
        "  last texts   31 ms after the release (median of 12: 0 sound, 2 engine, 6 journal, "
        "21 application), at most 190 ms; 7 of 12 ready before the release"
    )


def test_the_last_text_can_be_piped_on_as_it_is(running: object) -> None:
    result = ctl("last")
    assert result.stdout == f"Third {CANARY}.\nNext \U0001f600\n"
    assert "dictatectl paste 3" in result.stderr
    assert json.loads(done("last", "--json"))["state"] == "held"


def test_the_history_is_newest_last_for_people_and_first_for_machines(running: object) -> None:
    lines = done("history").splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert [entry["number"] for entry in json.loads(done("history", "--json"))] == [3, 2, 1]
    assert len(json.loads(done("history", "--json", "-n", "1"))) == 1


def test_the_history_does_not_say_a_state_twice(capsys: pytest.CaptureFixture[str]) -> None:
    row = {"number": 2, "started": 1.7e9, "text": "", "state": "cancelled"}
    late = "cancelled; its text came late"
    render.history([{**row, "reason": late}, {**row, "reason": "cancelled"}])
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("  cancelled")
    assert first.count("cancelled") == 1
    assert second.endswith(late)


def test_the_history_translates_the_reasons_that_the_journal_has_in_english(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    german = {
        TAKEN_BACK: "zurückgenommen",
        "not polished: {error}": "nicht geglättet: {error}",
    }
    monkeypatch.setattr(render, "_", lambda text: german.get(text, text))
    held = {"number": 2, "started": 1.7e9, "text": "", "state": "held", "reason": TAKEN_BACK}
    why = {"state": "delivered", "reason": "sent; not polished: it has moved"}
    render.history([{**held, **why, "text": "Hello."}, held])
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("  held         zurückgenommen")
    assert second.endswith("  delivered    Hello.  (nicht geglättet: it has moved)")
    render.text({**held, "text": "Hello."})
    assert "zurückgenommen" in capsys.readouterr().err


@pytest.mark.fault("A11")
def test_the_history_says_how_much_sound_was_lost(capsys: pytest.CaptureFixture[str]) -> None:
    row = asdict(Entry(7, EntryState.DELIVERED, 0.0, text="and so on")) | {"state": "delivered"}
    of_older = {name: value for name, value in row.items() if name != "lost_ms"}
    render.history([{**row, "lost_ms": 1250}, row, of_older])
    said = [line.partition("delivered")[2].strip() for line in capsys.readouterr().out.splitlines()]
    assert said == ["and so on", "and so on", "(1250 ms of sound were lost)  and so on"]


def test_a_long_history_is_listed_whole(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENTRIES", "2500")
    with daemon():
        for limit, expected in (("100000", 2500), ("1700", 1700), ("2500", 2500)):
            numbers = [
                entry["number"] for entry in json.loads(done("history", "--json", "-n", limit))
            ]
            assert numbers == list(range(2500, 2500 - expected, -1))
        assert len(done("history", "-n", "100000").splitlines()) == 2500


def test_writing_again(running: "subprocess.Popen[str]") -> None:
    assert done("paste") == "delivered\n"
    assert asked(running) == "paste None"
    assert done("paste", "1") == "delivered\n"
    assert asked(running) == "paste 1"


def test_undo(running: "subprocess.Popen[str]") -> None:
    assert done("undo") == "dictation 3 is taken back\n"
    assert asked(running) == "undo"


def test_check_live_shows_what_arrives(running: object) -> None:
    lines = done("check", "--live").splitlines()
    assert lines[1] == "✓ x11: exact, 12 ms, delivered  (this one is used)"
    assert lines[2] == "✗ ibus: something else arrived: �[1mDi"
    assert json.loads(done("check", "--live", "--json"))[0]["verdict"] == "exact"


def test_forgetting(running: "subprocess.Popen[str]") -> None:
    assert ctl("forget", "1", stdin="y\n").returncode == 2
    assert done("forget", "1", "--yes") == "1 dictation deleted, text and sound\n"
    assert asked(running) == "forget 1"
    assert done("forget", "--all", "--yes") == "2 dictations deleted, text and sound\n"
    assert asked(running) == "forget None"
    assert ctl("forget", "--all", "--yes").returncode == 4
    for command in ("last", "history"):
        assert ctl(command).returncode == 4


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_forgetting_asks_on_a_terminal(running: object, answer: str, code: int) -> None:
    ours, theirs = pty.openpty()
    try:
        process = subprocess.Popen(
            [*CTL, "forget", "1"], stdin=theirs, stdout=subprocess.PIPE, text=True
        )
        os.write(ours, answer.encode())
        out = process.communicate(timeout=60)[0]
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Delete dictation 1, text and sound, for good?" in out
    assert process.returncode == code


def test_people_read_states_in_their_language_and_scripts_read_codes(running: object) -> None:
    def said(*words: str) -> str:
        german = os.environ | {"LANGUAGE": "de"}
        return subprocess.run(
            [*CTL, *words], env=german, stdout=subprocess.PIPE, text=True, check=True
        ).stdout

    assert said("status").startswith("bereit\n")
    assert json.loads(said("status", "--json"))["state"] == "ready"
    history = said("history")
    assert "zurückgehalten" in history
    assert "held" not in history
    states = [entry["state"] for entry in json.loads(said("history", "--json"))]
    assert states == ["held", "empty", "delivered"]


def test_reload_and_devices(running: object) -> None:
    assert done("reload").splitlines()[0] == "hotwords.toml: 1 term added: Claude Code"
    assert done("devices").startswith("* Blue Yeti  (48 kHz, 2 channels)\n")
    assert json.loads(done("devices", "--json"))[0]["default"] is True


def test_the_check_of_the_daemon(running: object) -> None:
    result = ctl("check")
    assert result.returncode == 1
    assert result.stdout.splitlines() == [
        "output",
        "  - x11: not needed (no DISPLAY)",
        "  ✓ stdout  (this one is used)",
        "engine",
        "  ✗ scripted",
        "      no file given",
        "desktop",
        "  ! overlay",
        "      no GTK",
        "",
        "Dictate cannot work here yet: no engine works",
    ]
    assert json.loads(ctl("check", "--json").stdout)[-1]["stage"] == "verdict"


def test_changing_the_engine_has_the_files_read(running: "subprocess.Popen[str]") -> None:
    from dictate.config import config_file
    from dictate.platform import paths

    assert done("engine").splitlines()[0] == "engine"
    assert [row["name"] for row in json.loads(done("engine", "--json"))] == ["scripted"]
    refused = ctl("engine", "scripted")
    assert (refused.returncode, "no file given" in refused.stderr) == (1, True)
    assert "auto -> scripted:words.txt" in done("engine", "scripted:words.txt")
    assert asked(running) == "read files"
    assert "scripted:words.txt -> auto" in done("engine", "auto")
    assert asked(running) == "read files"
    unknown = ctl("engine", "pocketsfinx")
    assert unknown.returncode == 4
    assert "there is no engine 'pocketsfinx'" in unknown.stderr
    assert config_file.load(paths.config_file()).engine.use == "auto"
    said = done("engine", "pocketsphinx")
    assert "auto -> pocketsphinx" in said
    assert "note: engine.use is scripted: --engine on the command line of dictate" in said
    assert asked(running) == "read files"
    assert config_file.load(paths.config_file()).engine.use == "pocketsphinx"
    assert "undo: dictatectl engine --profile second pocketsphinx" in done(
        "engine", "--second", "auto"
    )
    settings = config_file.load(paths.config_file())
    assert (settings.engine.use, settings.profile[0].engine) == ("pocketsphinx", "auto")


@pytest.mark.parametrize(
    ("word", "why"),
    [
        ("stop", "nothing is being recorded"),
        ("cancel", "no dictation is under way"),
        ("release", "the key is not down"),
    ],
)
def test_a_command_with_nothing_to_end_says_so(running: object, word: str, why: str) -> None:
    result = ctl(word)
    assert (result.returncode, result.stdout) == (4, "")
    assert why in result.stderr
    done("start")
    done("press")
    assert ctl(word).returncode == 0


def test_cancelling_says_what_is_kept(running: object) -> None:
    done("start")
    assert done("cancel") == "dictation 4 is cancelled, not written, and deleted\n"
    assert "keep_cancelled" in " ".join(done("cancel", "--help").split())


@pytest.mark.parametrize(
    "words",
    [
        ["paste", "7"],
        ["forget", "7", "--yes"],
        ["hotwords", "remove", "Nobody"],
        ["engine", "nonsense"],
    ],
)
def test_what_is_not_there_has_one_exit_code(running: object, words: list[str]) -> None:
    result = ctl(*words)
    assert result.returncode == 4
    assert "there is no " in result.stderr


def typed(*words: str, answers: Sequence[tuple[str, str]] = ()) -> tuple[int, str]:
    """What a command shows in a terminal window, and its exit code. `answers` are typed, each once
    its prompt is shown."""
    child, terminal = pty.fork()
    if child == 0:
        os.execv(sys.executable, [*CTL, *words])
    termios.tcsetwinsize(terminal, (24, 80))
    shown = b""
    with contextlib.suppress(OSError):  # the terminal ends with the command
        left = list(answers)
        while data := os.read(terminal, 1024):
            shown += data
            if left and left[0][0].encode() in shown:
                os.write(terminal, left.pop(0)[1].encode())
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), shown.decode()


def test_paste_typed_in_a_terminal_counts_down_first(running: "subprocess.Popen[str]") -> None:
    assert typed("paste", "1") == (0, "switch to the window: 3 2 1\r\ndelivered\r\n")
    assert asked(running) == "paste 1"
    assert typed("paste", "1", "--delay", "0") == (0, "delivered\r\n")


def test_paste_from_a_shortcut_acts_at_once(running: object) -> None:
    result = ctl("paste", "1")
    assert (result.stdout, result.stderr) == ("delivered\n", "")
    result = ctl("paste", "1", "--delay", "0.1")
    assert (result.stdout, result.stderr) == ("delivered\n", "")


def test_undo_typed_in_a_terminal_waits_for_the_window(running: "subprocess.Popen[str]") -> None:
    running.send_signal(signal.SIGUSR1)  # from now on the first undo finds the terminal
    assert asked(running) == "elsewhere"
    code, shown = typed("undo")
    assert code == 0
    assert shown == "switch to the window: 3 2 1\r\ndictation 3 is taken back\r\n"
    running.send_signal(signal.SIGUSR1)
    while asked(running) != "elsewhere":
        pass
    refused = ctl("undo")
    assert refused.returncode == 1
    assert "the focus moved" in refused.stderr


def test_a_dictation_with_a_profile(running: "subprocess.Popen[str]") -> None:
    for word in ("start", "toggle", "press", "release"):
        ctl(word)
        ctl(word, "--second")
        ctl(word, "--profile", "my chat")
        assert [asked(running) for _ in range(3)] == [word, f"{word} second", f"{word} my chat"]


def test_the_status_names_what_is_in_front_and_the_profiles(running: object) -> None:
    shown = json.loads(done("status", "--json"))
    assert shown["in_front"] == {"application": "Slack", "profile": "german"}
    assert [each["name"] for each in shown["profiles"]] == ["main", "german", "copied"]
    lines = done("status").splitlines()
    for line in (
        "  in front     Slack, profile german",
        "  [german]     key f9, de",
        "  [copied]     qwen3, ready, output clipboard",
    ):
        assert line in lines


def test_a_daemon_that_hangs_times_out(
    running: "subprocess.Popen[str]", monkeypatch: pytest.MonkeyPatch
) -> None:
    running.send_signal(signal.SIGSTOP)
    code = (
        "import sys; from dictate.client import daemon_client; from dictate.ctl import main;"
        "daemon_client.ANSWER_S = 0.3; sys.exit(main.run(['toggle']))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert result.returncode == 1
    assert "did not answer" in result.stderr


# Following ----------------------------------------------------------------------------------------


@contextmanager
def following() -> Iterator["subprocess.Popen[str]"]:
    process = subprocess.Popen([*CTL, "status", "--follow"], stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def next_line(process: "subprocess.Popen[str]") -> dict[str, Any]:
    assert process.stdout is not None
    found: dict[str, Any] = json.loads(process.stdout.readline())
    return found


def test_following_goes_on_across_restarts_and_never_shows_a_text(bus: Bus) -> None:
    with following() as follower:
        assert next_line(follower) == {"state": "off"}
        for _ in range(2):
            with daemon():
                # The daemon tells of itself in two steps: it is there, and it is ready.
                seen = next_line(follower)
                while seen["state"] != "ready":
                    seen = next_line(follower)
                done("start")
                seen = next_line(follower)
                assert (seen["state"], seen["dictation"]) == ("recording", 4)
                assert CANARY in done("last")
                done("stop")
                seen = next_line(follower)
                assert seen["last_finish_ms"] == 84.2
                assert CANARY not in json.dumps(seen)
            assert next_line(follower) == {"state": "off"}


def test_following_ends_with_the_bus(bus: Bus) -> None:
    with following() as follower:
        next_line(follower)
        bus.kill()
        assert follower.wait(timeout=20) == 3


def test_a_closed_pipe_is_no_error(running: object) -> None:
    result = subprocess.run(
        f"{sys.executable} -m dictate.ctl.main history --json | true; exit ${{PIPESTATUS[0]}}",
        shell=True,
        executable="/bin/bash",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (result.returncode, result.stderr) == (0, "")


# Without a daemon ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [["status"], ["status", "--json"], ["start"], ["last"], ["history"], ["forget", "1", "--yes"]],
)
def test_without_a_daemon_it_says_what_to_do(bus: Bus, words: list[str]) -> None:
    result = ctl(*words)
    assert result.returncode == 3
    assert result.stdout == ""
    assert "dictate is not running: start it with `systemctl --user start" in result.stderr


def test_without_a_bus_it_says_so() -> None:
    result = ctl("status")
    assert result.returncode == 3
    assert "session bus" in result.stderr


def test_the_check_works_without_a_daemon(bus: Bus) -> None:
    result = ctl("check", "--json")
    rows = json.loads(result.stdout)
    assert result.returncode == (0 if render.works(rows) else 1)
    stages = dict.fromkeys(row["stage"] for row in rows)
    assert list(stages) == [
        *("files", "microphone", "speech", "engine", "output", "hotkey", "desktop", "journal"),
        "verdict",
    ]
    found = {(row["stage"], row["name"]): row for row in rows}
    assert found["desktop", "session bus"]["why_not"] == ""
    assert "DISPLAY" in found["desktop", "display"]["why_not"]
    assert "DISPLAY" in found["output", "x11"]["why_not"]
    assert "--output stdout" in found["output", "stdout"]["why_not"]


# Hotwords -----------------------------------------------------------------------------------------


def test_changing_hotwords_has_the_files_read(running: "subprocess.Popen[str]") -> None:
    assert ctl("hotwords", "remove", "Nobody").returncode == 4
    added = done("hotwords", "add", "Grzegorz", "--weight", "2", "--sounds-like", "gregorsh")
    assert "Grzegorz" in added
    assert asked(running) == "read files"
    listed = {row["spelling"]: row for row in json.loads(done("hotwords", "list", "--json"))}
    assert listed["Grzegorz"]["weight"] == 2.0
    assert listed["Grzegorz"]["sounds_like"] == ["gregorsh"]
    assert "  (weight 2; sounds like gregorsh)\n" in done("hotwords", "list")
    assert "Grzegorz" in done("hotwords", "remove", "Grzegorz")
    assert asked(running) == "read files"
    assert "Grzegorz" not in done("hotwords", "list")


def test_several_words_need_no_quotes(running: object) -> None:
    assert done("hotwords", "add", "New", "York", "--weight", "2") == "+ New York\n"
    assert "New York  (weight 2)" in done("hotwords", "list")
    assert done("hotwords", "remove", "new", "york") == "- New York\n"


def test_hotwords_can_be_changed_without_a_daemon(bus: Bus) -> None:
    result = ctl("hotwords", "add", "Grzegorz")
    assert result.returncode == 0
    assert "when it starts" in result.stderr


def test_an_impossible_hotword_is_refused(bus: Bus) -> None:
    result = ctl("hotwords", "add", "Grzegorz", "--weight", "-5")
    assert result.returncode == 1
    assert "weight" in result.stderr


def test_lint_says_what_is_wrong_and_what_to_do(bus: Bus, tmp_path: Path) -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "dictate" / "hotwords.toml"
    file.parent.mkdir(parents=True)
    file.write_text('words = ["Kubernetes", "Team %"]')
    result = ctl("hotwords", "lint")
    assert result.returncode == 1
    assert "hotwords.toml:1: warning: Team %: engines write words for %" in result.stdout
    assert 'add sounds_like = ["team percent"]' in result.stdout
    assert result.stdout.splitlines()[-1].startswith(f"{file}: 1 warning")
    file.write_text('words = ["Kubernetes"]')
    shown = json.loads(done("hotwords", "lint", "--json"))  # and the exit code is 0
    assert shown == {"findings": [], "tokens": {}, "note": ""}


def test_lint_asks_the_daemon_and_goes_on_without_an_engine(running: object) -> None:
    file = Path(os.environ["XDG_CONFIG_HOME"]) / "dictate" / "hotwords.toml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text('words = ["Team %"]')
    result = ctl("hotwords", "lint")
    assert "Team %: engines write words for %" in result.stdout
    assert "the engine does not say how it sees the terms" in result.stderr


def test_audit_shows_both_texts_and_what_each_term_did(running: object) -> None:
    shown = done("hotwords", "audit").splitlines()
    assert shown[0].endswith("how its hotwords came there is not known")
    assert shown[1:3] == ["         Not known.", shown[2]]
    assert shown[2].endswith('Claude Code for "clawed code", by sounds_like; Zoë was heard anyway')
    assert shown[3:5] == ["  with     Claude Code", "  without  clawed code"]
    assert shown[5].endswith('Claude for "cloud"')
    assert shown[6:] == [
        "  with     Ask Claude about the cloud.",
        "  without  Ask cloud about the cloud.",
        "  correct  Ask Claude Code.",
    ]
    (row,) = json.loads(done("hotwords", "audit", "1", "--json"))
    assert row["firings"] == [
        {"term": "Claude", "kind": "fired", "before": "cloud", "after": "Claude"}
    ]
    assert row["unknown"] is False


def test_audit_does_not_deny_a_hotword_whose_evidence_is_lost(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    row = {"number": 2, "started": 0.0, "corrected": "", "unknown": False, "firings": []}
    rows = [{**row, "text": text, "without": "cloud"} for text in ("cloud", "Claude")]
    monkeypatch.setattr(evidence, "ask_about_hotwords", lambda *_: rows)
    evidence.audit(argparse.Namespace(limit=2, json=False))
    lost, _, _, none, _ = capsys.readouterr().out.splitlines()
    assert lost.endswith("no hotword is recorded for the difference")
    assert none.endswith("no hotwords")


def test_audit_paints_the_words_that_differ(running: object) -> None:
    _, shown = typed("hotwords", "audit", "1")
    assert "Ask \033[32mClaude\033[0m about the cloud." in shown
    assert "Ask \033[31mcloud\033[0m about the cloud." in shown


def write_hotwords(text: str = "words = []\n") -> None:
    """The user's file, without the example that a new one has."""
    path = paths.hotwords_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def test_the_list_has_what_is_known_of_each_term(running: object) -> None:
    write_hotwords()
    done("hotwords", "add", "Grzegorz")
    done("hotwords", "add", "Nobody")
    known, unknown = done("hotwords", "list").splitlines()
    assert known.split(maxsplit=1)[1] == "3 hits    1 missed    2 false  last 2023-11-14"
    assert unknown == "Nobody"
    first, second = json.loads(done("hotwords", "list", "--json"))
    assert (first["hits"], first["false_hits"], second["hits"]) == (3, 2, None)


def calls(process: "subprocess.Popen[str]", first: str) -> list[str]:
    """The calls that the daemon received, from this one on."""
    assert process.stdout is not None
    found = [asked(process)]
    while not found[-1].startswith(first):
        found = [asked(process)]
    return found


def test_a_correction_is_proved_and_learned_only_if_the_user_accepts(
    running: "subprocess.Popen[str]",
) -> None:
    write_hotwords()
    words = ("correct", "1", "--text", "First Claude Code.")
    result = ctl(*words, stdin="")
    assert result.returncode == 0
    assert "weight 1.5  ✓ First Claude Code." in result.stdout
    assert 'dictation 2 changed: "cloud" became "Claude"' in result.stdout
    assert "control set 7 sentences, 1 changed" in result.stdout
    assert '"the clod of earth" became "the Claude of earth"' in result.stdout
    assert "no more control sentences: there was no time for the other 5" in result.stdout
    assert 'proposal: add the hotword "Claude Code" with weight 1.5' in result.stdout
    assert "give --yes" in result.stderr
    assert ctl("hotwords", "list").returncode == 4
    accepted = done(*words, "--yes")
    assert "+ Claude Code" in accepted
    assert '`dictatectl hotwords unlearn "Claude Code"` takes it back' in accepted
    assert "learned from dictation 1 on 2023-11-14" in done("hotwords", "list")
    assert done("hotwords", "unlearn", "claude", "code") == "- Claude Code\n"
    assert ctl("hotwords", "unlearn", "claude", "code").returncode == 4


def test_a_weight_that_was_learned_is_taken_back(running: object) -> None:
    done("hotwords", "add", "Claude Code", "--sounds-like", "clod code")
    words = ("correct", "1", "--text", "First Claude Code.", "--yes")
    assert "~ Claude Code: weight 1 -> 1.5" in done(*words)
    assert done("hotwords", "unlearn", "Claude Code") == "~ Claude Code: weight 1.5 -> 1\n"


def test_a_replacement_may_be_learned_instead(bus: Bus, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROPOSAL", "replace")
    with daemon():
        result = json.loads(done("correct", "1", "--text", "First Claude Code.", "--yes", "--json"))
        (change,) = result["changes"]
        assert (change["wrong"], change["right"]) == ("cloud code", "Claude Code")
        assert result["learned"][0]["lines"] == ["+ replacement cloud code -> Claude Code"]
        taken_back = done("hotwords", "unlearn", "Claude Code")
        assert taken_back == "- replacement cloud code\n"


def test_a_text_is_corrected_in_the_terminal(running: "subprocess.Popen[str]") -> None:
    write_hotwords()
    # Ctrl+A, Ctrl+K: the text that is there is replaced.
    edited, new = f"{CANARY}.", "\x01\x0bFirst Claude Code."
    _, shown = typed("correct", "1", answers=[(edited, f"{new}\n"), ("[n]o: ", "n\n")])
    assert f"First {CANARY}." in shown  # offered to edit
    assert "[Y]es, [r]eplacement instead, [n]o" in shown
    assert "takes it back" not in shown
    assert calls(running, "correct") == ["correct 1 First Claude Code."]
    _, shown = typed("correct", "1", answers=[(edited, f"{new}\n"), ("[n]o: ", "\n")])
    assert "+ Claude Code" in shown


def test_a_text_is_corrected_in_an_editor(
    running: "subprocess.Popen[str]", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = paths.runtime_dir()
    editor = tmp_path / "my editor"
    editor.write_text('#!/bin/sh\nsed -i s/Third.*/Fourth./ "$1"\n')
    editor.chmod(0o700)
    monkeypatch.setenv("VISUAL", f"'{editor}'")
    done("correct", "--editor", "--yes")
    assert calls(running, "correct") == ["correct 3 Fourth."]
    assert list(runtime.rglob("*.txt")) == []
    monkeypatch.setenv("VISUAL", "no-such-editor")
    assert "set $EDITOR" in ctl("correct", "--editor").stderr


def test_a_window_is_asked_for(running: "subprocess.Popen[str]") -> None:
    done("correct", "--window")
    done("correct", "2", "--window")
    assert calls(running, "correct window 2") == ["correct window 2"]


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["--window", "a", "b"], 2, "--window takes a number only"),
        (["one"], 2, "two phrases in quotes"),
        (["1", "2", "3", "4"], 2, "two phrases in quotes"),
        ([], 2, "give the wrong and the right words"),
        (["2"], 4, "dictation 2 has no text"),
        (["77", "a", "b"], 4, "dictation 77 has no text"),
        (["not there", "b"], 4, "the text does not have 'not there'"),
        (["--text", ""], 4, "nothing was corrected"),
    ],
)
def test_a_correction_that_makes_no_sense(
    running: object, words: list[str], code: int, message: str
) -> None:
    result = ctl("correct", *words, stdin="")
    assert (result.returncode, message in result.stderr) == (code, True), result.stderr


def test_a_quarantined_term_is_restored(running: object) -> None:
    done("hotwords", "add", "Grzegorz", "--weight", "2")
    assert done("hotwords", "restore", "grzegorz") == "it is in use already\n"
    write_hotwords('[[word]]\nspelling = "Grzegorz"\nweight = 2\nstate = "quarantined"\n')
    assert done("hotwords", "restore", "grzegorz") == "~ Grzegorz: quarantined -> active\n"
    assert ctl("hotwords", "restore", "nobody").returncode == 4


# The command line ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["nonsense"],
        ["forget"],
        ["forget", "1", "--all"],
        ["history", "-n", "0"],
        ["paste", "x"],
        ["paste", "--delay", "99"],
        ["hotwords", "add", "Claude", "--weight", "much"],
        ["completion", "csh"],
    ],
)
def test_wrong_usage(words: list[str]) -> None:
    result = ctl(*words)
    assert result.returncode == 2
    assert "dictatectl" in result.stderr
    assert "_count" not in result.stderr


def test_a_wrong_number_is_named_in_words() -> None:
    assert "argument number: 'abc' is not a whole number" in ctl("paste", "abc").stderr
    assert "argument -n: '1.5' is not a whole number" in ctl("history", "-n", "1.5").stderr
    assert "'much' is not a number" in ctl("hotwords", "add", "A", "--weight", "much").stderr


def test_the_help_names_the_exit_codes() -> None:
    text = done("--help")
    for code in ("  0  done", "  3  dictate is not running", "  4  there is no such thing"):
        assert code in text


@pytest.mark.parametrize("shell", shtab.SUPPORTED_SHELLS)
def test_completion(shell: str) -> None:
    script = done("completion", shell)
    assert "hotwords" in script
    assert all(name in script for name in ("auto", *ENGINES.names))
    if shell == "bash":
        subprocess.run(["bash", "-n"], input=script, text=True, check=True)


def test_every_command_has_a_function_and_a_help() -> None:
    listed = list(_commands_of(parser(), "command"))
    listed += _commands_of(dict(listed)["hotwords"], "action")
    for name, command in listed:
        if name not in ("completion", "hotwords"):
            assert callable(function_of(command.get_default("run")))
        assert command.description


def _commands_of(
    of: argparse.ArgumentParser, dest: str
) -> Iterator[tuple[str, argparse.ArgumentParser]]:
    listed = next(action for action in of._actions if action.dest == dest)
    assert isinstance(listed.choices, dict)
    yield from listed.choices.items()


def test_a_command_alone_is_parsed_as_among_all() -> None:
    for name, command in _commands_of(parser(), "command"):
        alone = dict(_commands_of(parser(word=name), "command"))[name]
        assert alone.format_help() == command.format_help()


HEAVY = {
    *("asyncio", "dbus_fast", "numpy", "rich", "torch", "sounddevice", "sqlite3"),
    *("dictate.hotkeys", "dictate.events", "dictate.platform.bus"),
}
SPARED = {
    *("dataclasses", "inspect", "json", "logging", "ssl", "subprocess", "tomlkit", "urllib"),
    *("dictate.config", "dictate.ctl.commands", "dictate.ctl.hotwords", "dictate.ctl.render"),
}
"""What a command that a key press runs must not wait for, either."""


@pytest.mark.parametrize(
    ("words", "never"),
    [
        (["status"], HEAVY | {"json", "subprocess", "dictate.ctl.hotwords"}),
        (["hotwords", "list"], HEAVY),
        *((words.split(), HEAVY | SPARED) for words in ("toggle", "start --second", "stop")),
    ],
)
def test_it_carries_nothing_heavy(running: object, words: list[str], never: set[str]) -> None:
    code = "import sys; from dictate.ctl.main import run\n"
    code += f"run({words!r}); print('MODULES', *sys.modules)"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout
    carried = set(out.partition("MODULES")[2].split())
    assert "dictate.client.daemon_client" in carried
    assert not never & carried


# For people ---------------------------------------------------------------------------------------


def test_colour_only_on_a_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert console.paint("ready", "green") == "ready"
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert console.paint("ready", "green") == "\033[32mready\033[0m"
    monkeypatch.setenv("NO_COLOR", "1")
    assert console.paint("ready", "green") == "ready"


def test_a_text_cannot_control_the_terminal() -> None:
    assert console.safe("a\033[2Jb\nc\u202ed\x9be") == "a�[2Jb c�d�e"
    assert console.safe("a\nb\033", newlines=True) == "a\nb�"
