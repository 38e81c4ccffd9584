"""The terminal shows previews and the log without mixing them."""

import logging
import os
import pty
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TextIO

import pytest

from dictate.app.terminal import Terminal
from tests.lab.terminal import shown_on


def lines_seen(raw: bytes) -> list[str]:
    """The lines as they stand on the screen in the end."""
    seen: list[str] = []
    for line in raw.decode().replace("\r\n", "\n").split("\n"):
        last = re.split(r"\r\x1b\[K", line)[-1]
        seen.append(re.sub(r"\x1b\[[0-9;]*m", "", last))
    return seen


class Screen:
    def __init__(self) -> None:
        self._mine, theirs = pty.openpty()
        self.stream: TextIO = os.fdopen(theirs, "w", encoding="utf-8")

    def lines(self) -> list[str]:
        self.stream.close()
        return lines_seen(shown_on(self._mine))


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("TERM", "xterm")
    return Screen()


@pytest.fixture
def logger() -> Iterator[Callable[[TextIO], logging.Logger]]:
    log = logging.getLogger("tried")

    log.propagate = False
    log.setLevel(logging.INFO)

    def with_handler(stream: TextIO) -> logging.Logger:
        log.addHandler(logging.StreamHandler(stream))
        return log

    yield with_handler
    log.handlers.clear()


def test_a_log_line_stands_above_the_preview_and_the_preview_stays(
    screen: Screen, logger: Callable[[TextIO], logging.Logger]
) -> None:
    terminal, log = Terminal(screen.stream), logger(screen.stream)
    terminal.share_with(log.handlers)
    terminal.partial("see you next week")
    log.info("one")
    log.info("two")
    assert screen.lines() == ["one", "two", "… see you next week"]


def test_after_the_final_text_no_preview_comes_again(
    screen: Screen, logger: Callable[[TextIO], logging.Logger]
) -> None:
    terminal, log = Terminal(screen.stream), logger(screen.stream)
    terminal.share_with(log.handlers)
    terminal.partial("see you")
    terminal.clear()
    log.info("one")
    terminal.line("two")
    assert screen.lines() == ["one", "two", ""]


def test_a_log_in_a_file_gets_no_preview(
    screen: Screen, logger: Callable[[TextIO], logging.Logger], tmp_path: Path
) -> None:
    with (tmp_path / "log").open("w") as file:
        terminal, log = Terminal(screen.stream), logger(file)
        terminal.share_with(log.handlers)
        terminal.partial("see you")
        log.info("one")
        terminal.clear()
    assert (tmp_path / "log").read_text() == "one\n"
    assert screen.lines() == [""]


def test_a_log_on_another_terminal_is_left_alone(
    screen: Screen, logger: Callable[[TextIO], logging.Logger]
) -> None:
    other = Screen()
    terminal, log = Terminal(screen.stream), logger(other.stream)
    terminal.share_with(log.handlers)
    terminal.partial("see you")
    log.info("one")
    assert other.lines() == ["one", ""]
    assert screen.lines() == ["… see you"]


@pytest.mark.parametrize("text", ["word " * 60, "今天" * 80, "e\u0301" * 200])
def test_a_long_preview_stays_on_one_line(
    screen: Screen, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    terminal = Terminal(screen.stream)
    terminal.partial(text)
    (line,) = screen.lines()
    widths = [0 if c == "\u0301" else 2 if c in "今天" else 1 for c in line]
    assert 36 <= sum(widths) < 40


def test_how_far_a_slow_engine_is_stands_before_the_preview(screen: Screen) -> None:
    terminal = Terminal(screen.stream)
    terminal.partial("see you")
    terminal.progress("hearing, 12 s behind")
    assert screen.lines() == ["(hearing, 12 s behind) … see you"]


def test_a_download_is_shown_where_nothing_else_is(
    screen: Screen, logger: Callable[[TextIO], logging.Logger]
) -> None:
    terminal, log = Terminal(screen.stream), logger(screen.stream)
    terminal.share_with(log.handlers)
    terminal.background("downloading it: 34 %")
    log.info("one")
    terminal.partial("see you")
    terminal.background("downloading it: 35 %")
    log.info("two")
    terminal.clear()
    terminal.line("three")
    terminal.background("downloading it: 35 %")
    assert screen.lines() == ["one", "two", "three", "(downloading it: 35 %)"]


def test_a_preview_hides_a_download(screen: Screen) -> None:
    terminal = Terminal(screen.stream)
    terminal.background("downloading it: 34 %")
    terminal.partial("see you")
    assert screen.lines() == ["… see you"]


def test_a_download_that_is_over_leaves_nothing(screen: Screen) -> None:
    terminal = Terminal(screen.stream)
    terminal.background("downloading it: 34 %")
    terminal.background("")
    assert screen.lines() == [""]


def test_a_preview_cannot_control_the_terminal(screen: Screen) -> None:
    Terminal(screen.stream).partial("a\x1b[2Jb\nc")
    assert screen.lines() == ["… a�[2Jb c"]


def test_a_dumb_terminal_gets_no_preview(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "dumb")
    Terminal(screen.stream).partial("see you")
    assert screen.lines() == [""]


def test_a_stream_that_is_no_terminal_gets_a_line_for_each_preview(tmp_path: Path) -> None:
    with (tmp_path / "out").open("w") as file:
        terminal = Terminal(file, always=True)
        terminal.partial("a")
        terminal.partial("a")
        terminal.partial("a b")
        terminal.progress("12 s of 3 min")
        terminal.background("downloading it: 34 %")
        terminal.clear()
    assert (tmp_path / "out").read_text() == "… a\n… a b\n"
