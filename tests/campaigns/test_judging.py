"""A campaign that finds nothing proves nothing unless it would find something."""

import random
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import soundfile

from dictate.events import RATE, Samples
from dictate.journal.journal import Journal
from tests.campaigns import journals, keys, tones, utterances
from tests.campaigns.faults import Fault, Moment, Undo
from tests.campaigns.footprint import slope
from tests.campaigns.result import Plan, Result
from tests.campaigns.utterances import Campaign, Spoken

HERE, THERE = "here", "there"
SILENCE, WHOLE = np.zeros(RATE, np.float32), tones.sound_of(1)


def judged(windows: dict[str, list[int]], *spoken: Spoken, folder: Path) -> list[str]:
    """The kinds of findings, if these numbers stand in the windows."""
    order = {title: [tones.word(n) for n in numbers] for title, numbers in windows.items()}
    user: Any = SimpleNamespace(
        folder=folder,
        in_order=lambda: order,
        written=lambda: {title: Counter(words) for title, words in order.items()},
    )
    result = Result("utterances", Plan(1, 1), "utterances")
    campaign = Campaign(user, result)
    campaign.spoken = list(spoken)
    campaign.judge()
    return [finding.split(": ")[2] for finding in result.findings]


def said(step: int, state: str = "delivered", reason: str = "", **more: Any) -> Spoken:
    entry = {"state": state, "text": more.pop("text", tones.word(step)), "reason": reason}
    return Spoken(step, step + 1, HERE, entry=entry, **more)


@pytest.mark.parametrize(
    ("windows", "spoken", "found"),
    [
        ({HERE: [1, 2]}, [said(1), said(2)], []),
        ({HERE: [1]}, [said(1), said(2)], ["lost"]),
        ({HERE: [1, 1]}, [said(1)], ["doubled", "misplaced"]),
        ({THERE: [1]}, [said(1)], ["misplaced"]),
        ({HERE: [2, 1]}, [said(1), said(2)], ["misplaced"]),
        ({HERE: [1]}, [said(1, "held", "the window changed")], ["doubled"]),
        ({HERE: [1]}, [said(1, "held", "part of it may be in the window")], []),
        ({}, [said(1, "held", "part of it may be in the window")], []),
        ({THERE: [1]}, [said(1, "held", "recovered", pasted=[THERE])], []),
        ({}, [said(1, "held", "recovered", pasted=[THERE])], ["lost"]),
        ({}, [said(1, "held", "recovered", text="w00009", cut=True)], ["misplaced"]),
    ],
)
def test_what_is_not_as_it_must_be_is_found(
    windows: dict[str, list[int]], spoken: list[Spoken], found: list[str], tmp_path: Path
) -> None:
    assert judged(windows, *spoken, folder=tmp_path) == found


@pytest.mark.parametrize(
    ("kept", "came", "cut", "found"),
    [
        (SILENCE, tones.word(1), False, ["lost"]),
        (SILENCE, f"torn {tones.word(1)}", False, ["lost"]),
        (SILENCE, None, False, ["lost"]),  # nobody knows
        (SILENCE, "", False, []),  # it was played to nobody
        (SILENCE, "torn", False, []),
        (SILENCE, tones.word(1), True, []),
        (SILENCE, None, True, []),
        (WHOLE, "", False, ["lost"]),
        (WHOLE, "", True, ["lost"]),
        (None, "", False, []),
        (None, tones.word(1), False, ["lost"]),
    ],
)
def test_what_is_missing_is_lost_unless_it_is_proved_that_it_did_not_come(
    kept: Samples | None, came: str | None, cut: bool, found: list[str], tmp_path: Path
) -> None:
    audio = tmp_path / "state" / "dictate" / "audio"
    audio.mkdir(parents=True)
    if kept is not None:
        soundfile.write(audio / "2.wav", kept, RATE, subtype="PCM_16")
    for text in ("", "torn"):
        spoken = said(1, "empty", text=text, came=came, cut=cut)
        assert judged({}, spoken, folder=tmp_path) == found


class PretendUser:
    """Who dictates to nobody: what is said is written at once, or when the daemon is ended."""

    def __init__(self, folder: Path, *, writes_to: str = "") -> None:
        self.windows = [SimpleNamespace(title=HERE), SimpleNamespace(title=THERE)]
        self.folder = folder
        self.front = HERE
        self.words: dict[str, list[str]] = {HERE: [], THERE: []}
        self.daemon = SimpleNamespace(pid=1, ended=0, log=folder / "log", wait=lambda: None)
        self.daemon.log.touch()
        self.witness = SimpleNamespace(passed_s=1.0, heard=lambda _: "")
        self.seat = SimpleNamespace(keys_down=set())
        self._entry: dict[str, Any] = {}
        self._writes_to = writes_to

    def __getattr__(self, name: str) -> Any:
        return lambda *_: None  # what makes no difference here

    def go_to(self, window: Any) -> None:
        self.front = window.title

    def in_front(self) -> str:
        return self.front

    def newest(self) -> dict[str, Any]:
        return dict(self._entry)

    def entry(self, number: int) -> dict[str, Any]:
        return dict(self._entry)

    def wait(self, what: str, done: Any, bound_s: float = 0.0) -> None:
        assert done(), what

    def status(self) -> dict[str, Any]:
        return {"microphone_open": True}

    def press(self) -> None:
        number = self._entry.get("number", 0) + 1
        self._entry = {"number": number, "state": "recording", "text": "", "reason": ""}

    def start_saying(self, number: int) -> None:
        self._entry["text"] = tones.word(number)

    def release(self) -> None:
        if self._entry["state"] == "recording":
            self._entry["state"] = "delivered"
            self.words[self._writes_to or self.front].append(self._entry["text"])

    def in_order(self) -> dict[str, list[str]]:
        return self.words

    def written(self) -> dict[str, Counter[str]]:
        return {title: Counter(words) for title, words in self.words.items()}


def _end(user: Any, _: random.Random) -> Undo:
    user.release()
    return lambda: None


@pytest.mark.parametrize(
    ("moment", "writes_to", "found"),
    [
        (Moment.SPEAKING, "", []),
        (Moment.HEARD, "", []),
        (Moment.HEARD, THERE, ["misplaced"]),
        (Moment.BEFORE, "", []),
        (Moment.BEFORE, HERE, ["misplaced"]),
    ],
)
def test_a_text_belongs_where_its_speaker_was_when_the_dictation_ended(
    moment: Moment,
    writes_to: str,
    found: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The speaker goes from HERE to THERE with the key down, and a fault ends the daemon before."""
    user: Any = PretendUser(tmp_path, writes_to=writes_to)
    choices = iter([user.windows[0], moment, user.windows[1], 0.0])
    dice: Any = SimpleNamespace(
        random=lambda: 0.0, uniform=lambda least, _: least, choice=lambda _: next(choices)
    )
    end = (lambda *_: lambda: None) if moment is Moment.BEFORE else _end
    monkeypatch.setattr(utterances, "draw", lambda _: Fault("ended", end, ends_daemon=True))
    result = Result("utterances", Plan(1, 1), "utterances")
    campaign = Campaign(user, result)
    campaign._step(1, dice)
    campaign.judge()
    assert [finding.split(": ")[2] for finding in result.findings] == found


def test_a_number_is_heard_whole_or_is_torn() -> None:
    for number in random.Random(3).sample(range(tones.MOST), 40):
        ear = tones.Ear()
        sound = tones.sound_of(number)
        for at in range(0, len(sound), 320):
            ear.feed(sound[at : at + 320])
        assert ear.text() == tones.word(number)
    cut = tones.Ear()
    cut.feed(sound[: len(sound) // 2])
    assert cut.text() == tones.TORN


def test_a_key_that_stays_deaf_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keys.Machine, "_act", lambda *_: None)
    assert "is deaf" in keys.run(Plan(1, 1)).findings[0]


def test_a_damaged_journal_of_which_nothing_is_said_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journals.make(tmp_path / "making")
    folder = shutil.copytree(tmp_path / "made", tmp_path / "damaged")
    for part in folder.glob("journal.db*"):
        part.write_bytes(b"no database" * 100)
    told = journals.check(shutil.copytree(folder, tmp_path / "copy"), {1, 2})
    assert told == []
    monkeypatch.setattr(Journal, "open", _silently)
    assert any("nothing was said" in line for line in journals.check(folder, {1, 2}))


_opened = Journal.open


def _silently(journal: Journal) -> Any:
    journal._on_notice = journal._on_trouble = lambda _: None
    _opened(journal)
    return []


def test_what_grows_has_a_slope() -> None:
    steps = [100.0 * step for step in range(40)]
    flat, grown = slope(steps, [50.0] * 40), slope(steps, [50.0 + step / 500 for step in steps])
    assert flat.value == pytest.approx(0.0)
    assert not flat.exceeds(1.0)
    assert grown.value == pytest.approx(2.0)
    assert grown.error == pytest.approx(0.0)
    assert grown.exceeds(1.0)
    assert not slope(steps[:12], [50.0 + step for step in steps[:12]]).exceeds(1.0)


def test_what_goes_up_and_down_does_not_grow() -> None:
    dice = np.random.default_rng(5)
    steps = np.arange(100.0)
    surely = 0
    for _ in range(200):
        # Each measurement is near the one before, as that of memory is.
        noise = np.convolve(dice.normal(0, 1, 104), np.ones(5), "valid")
        surely += slope(list(steps), list(noise)).exceeds(0.0)
        assert slope(list(steps), list(noise + steps)).exceeds(0.5)
    assert surely < 20
