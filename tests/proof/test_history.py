"""The user's own dictations, with a daemon and without one."""

import asyncio
from pathlib import Path
from typing import Any

import numpy as np

from dictate.events import RATE
from dictate.proof import history
from tests.lab.voices import write


class FakeDaemon:
    def __init__(self, *entries: dict[str, Any]) -> None:
        self._entries = list(entries)

    async def history(self, limit: int) -> list[dict[str, Any]]:
        return self._entries[:limit]


def entry(number: int, **changes: Any) -> dict[str, Any]:
    usual = {"state": "delivered", "text": "x", "has_audio": True, "profile": "main"}
    return {"number": number, **usual, **changes}


def test_only_dictations_that_were_said_to_this_engine_count() -> None:
    daemon: Any = FakeDaemon(
        entry(9, state="recording"),
        entry(8),
        entry(7, state="cancelled"),
        entry(6, profile="second"),
        entry(5, has_audio=False),
        entry(4, text=""),
        entry(3, state="held"),
    )
    assert asyncio.run(history.numbers(daemon, Path("/nowhere"), 20)) == [8, 3]


def test_without_a_daemon_the_newest_sound_files_serve(tmp_path: Path) -> None:
    for name in ("2.wav", "10.wav", "9.wav", "x.wav", "3.txt"):
        (tmp_path / name).touch()
    assert asyncio.run(history.numbers(None, tmp_path, 20)) == [10, 9, 2]
    assert asyncio.run(history.numbers(None, tmp_path / "nowhere", 20)) == []


def test_what_cannot_be_read_or_is_too_long_is_left_out(tmp_path: Path) -> None:
    write(tmp_path / "1.wav", np.zeros(RATE, np.float32))
    write(tmp_path / "2.wav", np.zeros(RATE // 2, np.float32))
    write(tmp_path / "3.wav", np.zeros(round((history.LONGEST_S + 1) * RATE), np.float32))
    (tmp_path / "4.wav").write_bytes(b"no sound")
    found = history.read(tmp_path, [5, 4, 3, 2, 1], 1)
    assert ([clip.name for clip in found.clips], found.too_long) == (["dictation 2"], 1)
