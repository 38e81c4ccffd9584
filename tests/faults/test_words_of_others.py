"""What engines, libraries and other machines say reaches no terminal raw, and where it may quote
the text, nobody but who reads the log at DEBUG."""

import io
import subprocess
import sys
from pathlib import Path

import pytest

from dictate.app.terminal import Terminal
from dictate.engines.protocol import error_event, error_from, error_text
from dictate.errors import EngineError
from dictate.platform.bus import one_line
from tests.lab.daemon import wait_for
from tests.lab.scripted import home

HOSTILE = "so\x1b[31mred\x9b2J\x07 \u202etxet\u2066 \r\n12:00:00 ERROR dictate: forged\0 end"
CONTROLS = "\x1b\x9b\x07\u202e\u2066\r\0"


@pytest.mark.fault("S8")
def test_an_engine_that_quotes_the_text_in_an_error(tmp_path: Path) -> None:
    quote = "said: \x1b[31mmy password is canary"
    with home(tmp_path) as user:
        user.say(f"!raise {quote}", f"!raise {quote}", user.text)
        with user.daemon(*user.spoken) as daemon:
            wait_for(lambda: daemon.status()["trouble"].startswith("held: "), "it is held", 40)
            assert daemon.status()["trouble"].startswith("held: RuntimeError at fake_engine.py:")
            (entry,) = daemon.history()
            assert "canary" not in entry["reason"]
            assert "canary" not in daemon.ctl("status").stdout
            lines = [line for line in daemon.logged().splitlines() if "canary" in line]
            assert lines, "for who looks for the reason"
            assert all(" DEBUG " in line for line in lines)
            assert "\x1b" not in daemon.logged()


@pytest.mark.fault("S8")
def test_what_is_not_ours_is_kept_apart() -> None:
    try:
        int("canary")
    except ValueError as error:
        found = error_from(error_event(error))
    assert str(found).startswith("ValueError at test_words_of_others.py:")
    assert found.says.endswith("'canary'")
    found = error_from(error_event(EngineError("the server refuses (status 400)", "x" * 9_999)))
    assert (str(found), found.says) == ("the server refuses (status 400)", "x" * 1000)
    assert error_text(EngineError("no model", "HTTP 404")) == "no model; it says: HTTP 404"


def shown_in_terminal() -> str:
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.line(HOSTILE)
    return stream.getvalue()


def shown_by_error() -> str:
    code = f"from dictate import console; console.error({HOSTILE!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return done.stderr.decode()


def logged() -> str:
    code = (
        "import logging; from dictate.platform.log_lines import log_to_stderr;"
        "log_to_stderr(logging.INFO, '%(levelname)s %(message)s');"
        f"logging.info('%s', {HOSTILE!r})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    return done.stderr.decode()


@pytest.mark.parametrize(
    "show", [lambda: one_line(HOSTILE), shown_in_terminal, shown_by_error, logged]
)
@pytest.mark.fault("S6")
def test_no_way_out_lets_control_characters_through(show: object) -> None:
    assert callable(show)
    shown = show()
    assert "red" in shown
    assert "end" in shown
    assert not [sign for sign in CONTROLS if sign in shown]
    assert "\n12:00:00 ERROR" not in shown or show is shown_by_error  # no line of a log
