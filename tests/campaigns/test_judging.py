"""A campaign that finds nothing proves nothing unless it would find something."""

import random
import shutil
from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from dictate.journal.journal import Journal
from tests.campaigns import journals, keys, tones
from tests.campaigns.footprint import slope
from tests.campaigns.result import Plan, Result
from tests.campaigns.utterances import Campaign, Spoken

HERE, THERE = "here", "there"


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
        ({}, [said(1, "empty", text="", cut=True)], []),
        ({}, [said(1, "empty", text="")], ["lost"]),
    ],
)
def test_what_is_not_as_it_must_be_is_found(
    windows: dict[str, list[int]], spoken: list[Spoken], found: list[str], tmp_path: Path
) -> None:
    audio = tmp_path / "state" / "dictate" / "audio"
    audio.mkdir(parents=True)
    for each in spoken:
        tones.write(audio / f"{each.number}.wav", each.step)
    assert judged(windows, *spoken, folder=tmp_path) == found


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
    steps = [100.0 * step for step in range(20)]
    assert slope(steps, [50.0] * 20) == pytest.approx(0.0)
    assert slope(steps, [50.0 + step / 500 for step in steps]) == pytest.approx(2.0)
