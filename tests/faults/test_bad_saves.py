"""Bad saves of config.toml in bulk: the last good settings stay, the mistake is named, and nobody
waits."""

import dataclasses
import os
import random
import re
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from dictate.config import config_file
from dictate.config.schema import TABLES
from dictate.config.sources import CommandLineOverrides, ConfigFiles
from dictate.errors import ConfigError
from tests.faults.test_config_faults import BOMBS
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import home

SAVES = 1000
GOOD = """\
[engine]
use = "auto"
tail_ms = 120
[text]
spacing = "trailing"
[journal]
keep_days = 365
keep_audio = false
"""
SLOWEST_S = 2.0
"""Seconds for an answer on the bus while a file is read. The goal is 0.1 s on a machine that
does nothing else."""
SLOW = "# slow\n"
READS_SLOWLY = f"""
import time
from dictate.config.sources import ConfigFiles
read = ConfigFiles.read
def slowly(files, *given, **named):
    if files.config.read_text().startswith({SLOW!r}):
        time.sleep({SLOWEST_S + 0.5})
    return read(files, *given, **named)
ConfigFiles.read = slowly
from dictate import cli
cli.main()
"""
"""`dictate` where a file with this first line takes longer to read than anybody may wait."""


@pytest.mark.fault("E1")
def test_of_a_thousand_bad_saves_each_keeps_the_last_good_settings(
    record_property: Callable[[str, object], None],
) -> None:
    memory = Path("/dev/shm")  # a disk would take most of the time
    with TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        save_badly(ConfigFiles(Path(folder) / "config.toml", Path(folder) / "hotwords.toml"))
    record_property("runs", SAVES)


def save_badly(files: ConfigFiles) -> None:
    files.config.write_text(GOOD)
    before = files.read(CommandLineOverrides())
    assert before.problems == {}
    assert before.settings.journal.keep_days == 365
    chance, bad = random.Random(20261130), 0
    while bad < SAVES:
        at = chance.randrange(len(GOOD))
        end = chance.choice([at, at + 1, at + chance.randrange(1, 30), len(GOOD)])
        text = (
            GOOD[:at] + chance.choice(["", '"', "[", "=", "\n", "\0", "]]", "ü", "'"]) + GOOD[end:]
        )
        files.config.write_text(text)
        after = files.read(CommandLineOverrides(), before)
        if not after.problems:
            continue
        bad += 1
        assert after.settings == before.settings, text
        (problem,) = after.problems.values()
        assert all(re.match(r"config\.toml:\d+: ", line) for line in problem.lines), problem.lines


def misspelled(name: str, chance: random.Random) -> str:
    """One letter is missing, doubled, or changes places with the next one."""
    at = chance.randrange(1, len(name) - 1)
    one, two = name[at], name[at + 1]
    return name[:at] + chance.choice([two, one + one + two, two + one]) + name[at + 2 :]


@pytest.mark.fault("E2")
def test_each_misspelled_option_is_named_with_the_one_that_was_meant(
    record_property: Callable[[str, object], None],
) -> None:
    chance, runs = random.Random(20261130), 0
    for table in TABLES:
        options = dataclasses.fields(table.type)  # type: ignore[arg-type]
        names = {option.name for option in options}
        for option in options:
            if option.metadata.get("hidden") or len(option.name) < 4:
                continue
            wrong = misspelled(option.name, chance)
            if wrong in names:
                continue
            with pytest.raises(ConfigError) as caught:
                config_file.parse(f"[{table.name}]\n{wrong} = 1\n")
            (problem,) = caught.value.problems
            expected = rf"config\.toml:2: there is no option {wrong} in \[{table.name}\]; did you"
            assert re.match(expected, problem), problem
            assert f" {option.name}?" in problem, problem
            runs += 1
    assert runs > 50
    record_property("runs", runs)


@pytest.mark.fault("E3")
def test_the_daemon_answers_while_it_reads_a_bomb(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    def answer_s(daemon: RealDaemon) -> float:
        began = time.monotonic()
        daemon.status()
        return time.monotonic() - began

    bombs = [
        BOMBS["a million words"],
        BOMBS["brackets in brackets, line by line"],
        SLOW + BOMBS["a dotted key of 40 kB"],
    ]
    with home(tmp_path) as user:
        daemon = user.daemon()
        daemon.program = ("-c", READS_SLOWLY)
        with daemon:
            for bomb in bombs:
                slowest, saved = 0.0, time.monotonic()
                daemon.config.write_text(bomb)
                while not daemon.status()["trouble"].startswith("config.toml:"):
                    slowest = max(slowest, answer_s(daemon))
                    assert time.monotonic() < saved + 20
                if not bomb.startswith(SLOW):
                    record_property("detected_s", time.monotonic() - saved)
                assert slowest < SLOWEST_S, bomb[:20]
                daemon.config.write_text(user.settings)
                wait_for(lambda: daemon.status()["trouble"] == "", "it is mended")
