"""The benchmark of hotwords counts what it says it counts, and reads public sets as they are."""

import csv
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bench.hotwords_metrics import Errors, Found, align, tally, words
from bench.hotwords_public import earnings22, librispeech
from bench.hotwords_report import draw, goals, tables
from bench.hotwords_run import CELLS, THINNED, Subject, utterances
from bench.hotwords_speech import TERMS, sets
from dictate.config.schema import EngineSettings
from dictate.errors import Unavailable
from dictate.events import RATE
from dictate.hotwords.model import Hotwords, Term
from tests.mini_model import text

# Metrics.


def test_the_cheapest_alignment_is_that_of_the_literature() -> None:
    """Two changed words cost more than one missing, one added and one right."""
    assert align(["a", "b"], ["b", "c"]) == [(0, None), (1, 0), (None, 1)]
    assert align([], ["a"]) == [(None, 0)]
    assert align(["a"], ["b"]) == [(0, 0)]


def test_words_count_with_the_list_that_they_are_in() -> None:
    """As the script of Le et al. counts: an added word is its own kind."""
    found = tally("ask claude about it", "ask cloud about claude", (), ["Claude"])
    assert (found.biased, found.unbiased) == (Errors(1, 1), Errors(3, 1))
    found = tally("ask claude", "ask claude claude now", (), ["Claude"])
    assert (found.biased, found.unbiased) == (Errors(1, 1), Errors(1, 1))
    assert found.all == Errors(2, 2)
    assert found.all.rate == 100.0
    assert Errors().rate is None


def test_a_term_is_right_only_where_it_was_said() -> None:
    def found(said: str, heard: str, **options: Any) -> Found:
        return tally(said, heard, ["Claude", "Claude Code"], (), **options).found

    assert found("Claude Code is here", "Claude Code is here.") == Found(1, 0, 0)
    assert found("Claude Code is here", "cloud code is here") == Found(0, 1, 0)
    assert found("it is here", "Claude is here") == Found(0, 0, 1)
    # Only a part of it, or elsewhere, is false as well as missing.
    assert found("Claude Code is here", "Claude is here") == Found(0, 1, 1)
    assert found("open the cloud for Claude", "open Claude for the cloud") == Found(0, 1, 1)
    assert found("Claude and Claude", "Claude and cloud") == Found(1, 1, 0)
    # The paper counts a term in a longer one, too.
    assert found("Claude Code", "Claude Code", nested=True) == Found(2, 0, 0)


def test_rates_of_nothing_are_unknown() -> None:
    assert (Found().precision, Found().recall, Found().f) == (None, None, None)
    assert Found(3, 1, 0).recall == 0.75
    assert Found(3, 0, 1).precision == 0.75
    assert Found(3, 1, 1).f == 0.75


# Speech.


@pytest.mark.parametrize("engine", ["nemotron", "pocketsphinx"])
def test_the_control_sets_have_no_term_and_no_utterance_twice(engine: str) -> None:
    several = sets(engine)
    assert [len(those) for those in several.values()] == [120, 300, 300][: len(several)]
    for name, spoken in several.items():
        assert len(set(spoken)) >= len(spoken) - 1
        for one in spoken:
            terms = tally(one.written, one.written, TERMS, ()).found
            assert (terms.hits > 0) is (name == "terms"), one
            assert bool(one.term) is (name == "terms")


def test_no_sentence_of_the_small_model_was_trained() -> None:
    said = {one.spoken for name in ("terms", "control") for one in sets("onnx")[name]}
    tested = {one.spoken for name in text.TESTS for one in text.for_tests(name)}
    assert said <= tested


def test_goals_are_judged_on_every_utterance() -> None:
    spoken = sets("onnx")
    for name, every in spoken.items():
        assert utterances(spoken, name, goal=True) == every
        common = utterances(spoken, name, goal=False)
        assert len(common) == len(every) // THINNED[name]
        assert set(common) <= set(every)


def test_a_text_counts_only_for_what_made_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    script = tmp_path / "says"
    script.write_text("hello Claude\n")
    spoken = sets("onnx", 6)["terms"][:2]

    def hear() -> Subject:
        subject = Subject("scripted", EngineSettings(use=f"scripted:{script}", deadline_s=30.0))
        subject.hear([(Hotwords(), spoken)])
        return subject

    first = hear()
    assert [first.text(Hotwords(), one).text for one in spoken] == ["hello Claude"] * 2
    script.write_text("something else\n")
    # Kept, because nothing that Subject knows of has changed; another list is not.
    again = hear()
    assert again.text(Hotwords(), spoken[0]).text == "hello Claude"
    with pytest.raises(KeyError):
        again.text(Hotwords((Term("Claude"),)), spoken[0])


# Report.


def row(name: str, strength: float, size: int, *, goal: bool, **changes: Any) -> dict[str, Any]:
    untermed = {"hits": 0, "misses": 0, "utterances": 300}
    hits = 10 if strength == 0 else 100
    terms = {"hits": hits, "misses": 120 - hits, "utterances": 120}
    return {
        "set": name,
        "strength": strength,
        "distractors": size,
        "goal": goal,
        "false": 0,
        "biased_words": 100,
        "biased_wrong": 10,
        "unbiased_words": 1000,
        "unbiased_wrong": 50,
        "changed": [],
        **(terms if name == "terms" else untermed),
        **changes,
    }


def rows(**changes: Any) -> list[dict[str, Any]]:
    """Of an engine that meets all goals; `changes` are those of one set at the usual strength."""
    return [
        row(name, cell.strength, cell.size, goal=goal, **changed)
        for cell in CELLS
        for name in ("terms", "free", "control")
        for goal in ((False, True) if cell.usual else (False,))
        for changed in [changes.get(name, {}) if goal and cell.strength else {}]
    ]


@pytest.mark.parametrize(
    ("changes", "missed"),
    [
        ({}, []),
        ({"free": {"false": 2}}, [0]),
        ({"free": {"changed": [["a", "b", "c"]]}}, [1]),
        ({"control": {"changed": [["a", "b", "c"]]}}, [2]),
        ({"terms": {"hits": 30, "misses": 90}}, [3]),
        ({"control": {"unbiased_wrong": 54}}, [4]),
    ],
)
def test_a_goal_that_is_missed_is_told(changes: Any, missed: list[int]) -> None:
    verdicts = [goal.verdict for goal in goals(rows(**changes))]
    assert [at for at, verdict in enumerate(verdicts) if verdict == "**missed**"] == missed


def test_the_tables_and_the_picture_have_the_figures(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is missing")
    engine = {"model": "a model", "voices": ["one", "two"], "rows": rows()}
    found = {"machine": "a machine", "engines": {"onnx": engine}}
    written = tables(found)
    assert (
        "| 1 | 0.83 (100 of 120) | 1.000 | 0.91 | 10.0 % | 5.0 % | 0 of 300 | 0 of 300 |" in written
    )
    assert written.count("| met |") == 5
    draw(found, tmp_path / "drawn.svg")
    assert "terms found" in (tmp_path / "drawn.svg").read_text()


# Public sets.

PIECES = (
    {
        "file_id": "4468654",
        "audio_start": 0.0,
        "audio_end": 1.0,
        "duration": 1.0,
        "text": "Welcome to Hyundai's call.",
        "norm_text": "welcome to hyundai s call",
        "transcript": ["Welcome", "to", "Hyundai's", "call."],
        "dictionary": ["Hyundai"],
        "keywords": ["Hyundai", "Genesis", "Ioniq"],
        "is_flagged": False,
    },
    {
        "file_id": "4468654",
        "audio_start": 15.0,
        "audio_end": 16.0,
        "duration": 1.0,
        "text": "Genesis and Ioniq sold well.",
        "norm_text": "genesis and ioniq sold well",
        "transcript": ["Genesis", "and", "Ioniq", "sold", "well."],
        "dictionary": ["Genesis", "Ioniq"],
        "keywords": ["Hyundai", "Genesis", "Ioniq"],
        "is_flagged": False,
    },
)
"""Two rows in the columns of the published set."""


def sound(path: Path, seconds: float = 1.0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(0).normal(0, 0.01, round(seconds * RATE))
    soundfile.write(path, noise, RATE)
    return path


def in_parquet(folder: Path) -> None:
    pyarrow = pytest.importorskip("pyarrow", reason="pyarrow is missing")
    from pyarrow import parquet

    data = sound(folder / "made.wav").read_bytes()
    pieces = [
        {"audio": {"bytes": data, "path": f"{at}.wav"}, **one} for at, one in enumerate(PIECES)
    ]
    table = pyarrow.Table.from_pylist(pieces)
    parquet.write_table(table, folder / "test-00000-of-00001.parquet")
    parquet.write_table(table, folder / "validation-00000-of-00001.parquet")


def in_json_lines(folder: Path) -> None:
    """As NVIDIA's NeMo Skills writes them."""
    lines = []
    for at, one in enumerate(PIECES):
        sound(folder / "audio" / f"{at}.wav")
        named = {"audio_filename": f"{at}.wav", "text": one["text"]}
        named |= {"local_keywords": one["dictionary"], "global_keywords": one["keywords"]}
        lines.append(json.dumps(named))
    (folder / "samples.jsonl").write_text("\n".join(lines) + "\n")


def in_csv(folder: Path) -> None:
    """With the two columns of lists the other way round, as an earlier version of the set has."""
    written = io.StringIO()
    to = csv.DictWriter(written, ["audio", "text", "dictionary", "keywords"])
    to.writeheader()
    for at, one in enumerate(PIECES):
        sound(folder / f"{at}.wav")
        lists = {"dictionary": one["keywords"], "keywords": one["dictionary"]}
        cells = {name: json.dumps(listed) for name, listed in lists.items()}
        to.writerow({"audio": f"{at}.wav", "text": one["text"], **cells})
    (folder / "test.csv").write_text(written.getvalue())


@pytest.mark.parametrize("made", [in_parquet, in_json_lines, in_csv])
def test_contextual_earnings22(tmp_path: Path, made: Any) -> None:
    made(tmp_path)
    found = earnings22(tmp_path)
    assert found.lists == ("chunk", "file")
    assert [one.written for one in found.utterances] == [one["text"] for one in PIECES]
    assert [one.said for one in found.utterances] == [("Hyundai",), ("Genesis", "Ioniq")]
    for one in found.utterances:
        lists = dict(one.lists)
        assert lists["chunk"] == one.said
        assert lists["file"] == ("Hyundai", "Genesis", "Ioniq")
        assert len(one.samples) == RATE
    assert len({one.key for one in found.utterances}) == 2
    assert found.split("Hyundai's Q&A") == ["hyundai", "s", "q", "a"]


def test_without_pyarrow_a_parquet_file_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "test-00000-of-00001.parquet").write_bytes(b"PAR1")
    monkeypatch.setattr("bench.hotwords_public.find_spec", lambda _: None)
    with pytest.raises(
        Unavailable, match=r"takes pyarrow to read: .*pip install pyarrow.* JSON lines"
    ):
        earnings22(tmp_path)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("", "no .parquet, .jsonl, .json or .csv file with rows"),
        ('{"text": "a"', r"samples\.jsonl:1: not JSON"),
        ('{"text": "a"}', r"row 1: no column dictionary or local_keywords, but text"),
        ('{"dictionary": "x", "keywords": []}', r"row 1: not JSON"),
        ('{"dictionary": "3", "keywords": []}', r"row 1: not a list, as JSON, of keywords: 3"),
        (
            '{"text": "a", "dictionary": [], "keywords": [], "audio": "no.wav"}',
            r"row 1: there is no file no\.wav in ",
        ),
    ],
)
def test_what_is_wrong_with_earnings22_is_said(tmp_path: Path, lines: str, message: str) -> None:
    (tmp_path / "samples.jsonl").write_text(lines)
    with pytest.raises(Unavailable, match=message):
        earnings22(tmp_path)


RARE = (
    "1-2-0001\tthe air was mated to the boys' tune\t"
    '["boys\'", "mated"]\t["clegg\'s", "mated", "rhode"]\n'
    '1-2-0002\ti was young\t[]\t["bilal", "wiltse"]\n'
)
"""Two lines in the format of is21_deep_bias/ref/test-clean.biasing_100.tsv."""


def test_librispeech_with_lists_of_rare_words(tmp_path: Path) -> None:
    (tmp_path / "ref").mkdir()
    (tmp_path / "ref" / "test-clean.biasing_100.tsv").write_text(RARE)
    (tmp_path / "ref" / "test-clean.biasing_500.tsv").write_text(RARE.replace("wiltse", "zw"))
    for name in ("1-2-0001", "1-2-0002"):
        sound(tmp_path / "LibriSpeech" / "test-clean" / "1" / "2" / f"{name}.flac", 0.5)
    found = librispeech(tmp_path)
    first, second = found.utterances
    assert found.lists == ("100", "500")
    assert first.said == ("boys'", "mated")
    assert dict(first.lists)["100"] == ("boys'", "mated", "clegg's", "rhode")
    assert second.said == ()
    assert dict(second.lists) == {"100": ("bilal", "wiltse"), "500": ("bilal", "zw")}
    assert len(first.samples) == len(second.samples) == RATE // 2
    right = tally(
        first.written,
        "The air was MATED to the boys\u2019 tune.",
        (),
        first.said,
        split=found.split,
    )
    assert (right.biased, right.unbiased) == (Errors(2, 0), Errors(6, 0))


def test_what_is_wrong_with_librispeech_is_said(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"no file SET\.biasing_N\.tsv"):
        librispeech(tmp_path)
    listed = tmp_path / "test-clean.biasing_100.tsv"
    listed.write_text(RARE)
    with pytest.raises(Unavailable, match=r"biasing_100\.tsv:1: there is no 1-2-0001\.flac"):
        librispeech(tmp_path)
    listed.write_text("1-2-0001\tthree\t[]\n")
    with pytest.raises(Unavailable, match=r"biasing_100\.tsv:1: not four columns"):
        librispeech(tmp_path)


def test_words_of_the_paper_have_no_apostrophe() -> None:
    assert words("Q&A: we'll   Hyoung-il, 100%_of") == [
        *("q", "a", "we", "ll", "hyoung", "il", "100", "of")
    ]


def test_the_command_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bench import hotwords

    asked = ["hotwords", "--engine", "pocketsphinx", "--earnings22", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", asked)
    with pytest.raises(SystemExit, match=r"no \.parquet"):
        hotwords.main()
