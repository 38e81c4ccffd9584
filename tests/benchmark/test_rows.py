"""The verdicts: what passes with a GPU, what without one, and that a row says by which rule."""

import pytest

from dictate.benchmark import rows
from dictate.benchmark.rows import Row, Verdict

PASS, FAIL, SKIP = Verdict.PASS, Verdict.FAIL, Verdict.SKIP


@pytest.mark.parametrize(
    ("device", "gpu"),
    [
        ("NVIDIA GB10", True),
        ("cuda:0", True),
        ("cuda, 4 threads", True),
        ("cpu", False),
        ("cpu, 4 threads", False),
        ("", False),
    ],
)
def test_only_a_gpu_is_held_against_the_reference(device: str, gpu: bool) -> None:
    assert rows.on_gpu(device) is gpu


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (rows.loads(6.0, gpu=True), PASS),
        (rows.loads(6.1, gpu=True), FAIL),
        (rows.loads(60.0, gpu=False), PASS),
        (rows.clip(rows.LONG, [400.0, 460.0], 71.0, gpu=True), PASS),
        (rows.clip(rows.LONG, [400.0, 470.0], 71.0, gpu=True), FAIL),
        (rows.clip(rows.LONG, [70_000.0], 71.0, gpu=False), PASS),
        (rows.clip(rows.LONG, [71_000.0], 71.0, gpu=False), FAIL),
        (rows.clip(rows.BOOSTED, [346.0], 11.0, gpu=True), PASS),
        (rows.clip(rows.BOOSTED, [347.0], 11.0, gpu=True), FAIL),
        (rows.release([20.0, 24.0, 900.0], gpu=True), PASS),
        (rows.release([20.0, 25.0, 26.0], gpu=True), FAIL),
        (rows.release([20.0, 999.0, 2000.0], gpu=False), PASS),
        (rows.release([1000.0], gpu=False), FAIL),
        (rows.memory(2549.0, 9000.0, gpu=True), PASS),
        (rows.memory(3000.0, 100.0, gpu=True), FAIL),
        (rows.memory(0.0, 9000.0, gpu=False), PASS),
        (rows.memory(0.0, 0.0, gpu=False), SKIP),
        (rows.chunk(11.0, 560), PASS),
        (rows.chunk(560.0, 560), FAIL),
        (rows.chunk(0.0, 560), SKIP),
        (rows.nothing(rows.SILENCE, ""), PASS),
        (rows.nothing(rows.SILENCE, "the"), FAIL),
    ],
)
def test_figures(row: Row, verdict: Verdict) -> None:
    assert row.verdict is verdict
    assert row.why


@pytest.mark.parametrize(
    "row",
    [
        rows.loads(1.0, gpu=False),
        rows.clip(rows.LONG, [1.0], 71.0, gpu=False),
        rows.clip(rows.BOOSTED, [1.0], 11.0, gpu=False),
        rows.release([1.0], gpu=False),
        rows.memory(0.0, 100.0, gpu=False),
    ],
)
def test_without_a_gpu_a_row_says_that_it_has_a_rule_of_its_own(row: Row) -> None:
    assert row.why.startswith("no reference for a CPU: passes if ")
    assert row.reference, "it is shown all the same"


def test_fifteen_per_cent_of_the_words_may_be_wrong() -> None:
    said = " ".join(["word"] * 20)
    three_wrong = " ".join(["word"] * 17)
    assert rows.transcription([(said, three_wrong)]).verdict is PASS
    worse = rows.transcription([("A whole sentence.", "a whole sentence"), (said, "word " * 16)])
    assert worse.verdict is FAIL
    assert worse.figure == pytest.approx(100 * 4 / 23, abs=0.1)
    assert any(said in line for line in worse.saw), "the worst sentence is shown"


def test_a_hotword_must_come_out_of_every_sentence() -> None:
    good = ("I use Claude Code.", "I use cloud code", "I use Claude Code")
    bad = ("Ask Claude Code.", "ask clod code", "ask cloud code")
    assert rows.repaired([good, good]).verdict is PASS
    row = rows.repaired([good, bad])
    assert (row.verdict, row.figure) == (FAIL, 1)
    assert "without: I use cloud code" in row.saw
    assert "with: ask cloud code" in row.saw


def test_what_sounds_alike_must_stay_as_it_is() -> None:
    same = ("cloud storage", "cloud storage", "cloud storage")
    changed = ("cloud storage", "cloud storage", "Claude Code storage")
    by_itself = ("cloud storage", "Claude Code", "Claude Code")
    assert rows.harm([same]).verdict is PASS
    assert rows.harm([same, changed]).verdict is FAIL
    assert rows.harm([by_itself]).verdict is FAIL


def test_a_list_is_taken_in_when_the_hotword_can_be_used() -> None:
    assert rows.boosting(3.0, [], "words").verdict is PASS
    row = rows.boosting(3.0, ["'Zzyzx': how it sounds is not known"], "words")
    assert row.verdict is PASS
    assert any("Zzyzx" in line for line in row.saw), "what cannot be used is named"
    assert rows.boosting(3.0, ["'Claude Code': not known"], "words").verdict is FAIL


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [rows.percentile(values, share) for share in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert rows.percentile([7.0], 50) == rows.percentile([7.0], 99) == 7.0


def test_word_errors() -> None:
    assert rows.word_errors("The train leaves.", "the train leaves") == (0, 3)
    assert rows.word_errors("the train leaves", "a train leaves now") == (2, 3)
    assert rows.word_errors("the train leaves", "") == (3, 3)
