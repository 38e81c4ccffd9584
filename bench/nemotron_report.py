"""The figures of `nemotron.py` as Markdown tables, beside the goals. Pure: figures in, text out."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.figures import percentile, table

OURS: Final = "ours"
SERVER: Final = "NeMo example, as a server"
FLAT: Final = 1.2
"""Maximum ratio of the end of the longest utterance to that of the shortest."""

Found = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Goal:
    """One goal and the result."""

    wanted: str
    figure: str
    verdict: str
    """"met", "missed", or why it is not judged."""


def tables(found: Found) -> str:
    """All of one run."""
    runs = len(next(iter(found["lengths"].values()))[OURS]["finish_ms"])
    head = (
        f"{found['machine']}; {found['device']}; {found['model']} model, {found['precision']}"
        f"{_asked(found)}, chunk {found['chunk_ms']} ms, {runs} runs of each; times in ms.\n"
    )
    parts = [_starts(found), _ends(found), _chunks(found), _lists(found), _goals(found)]
    return "\n".join([head, *parts])


def goals(found: Found) -> Iterator[Goal]:
    """The goals of the main engine: for an H200-class card with the full model, and for any
    machine."""
    spared = "" if found["device"] != "cpu" and found["model"] != "small" else _spared(found)
    ours = [figures[OURS]["finish_ms"] for figures in found["lengths"].values()]
    p50s = [percentile(50, times) for times in ours]
    p95 = max(percentile(95, times) for times in ours)
    yield _most("end, p50 of the worst length, ms", max(p50s), 8, spared)
    yield _most("end, p95 of the worst length, ms", p95, 12, spared)
    if len(p50s) > 1:
        yield _most("end of the longest by that of the shortest", p50s[-1] / p50s[0], FLAT, "")
    start = found["starts"][OURS]
    held = start.get("card_kept_mb", start["memory_mb"])
    halved = spared or ("" if found["precision"] == "bf16" else "for bf16")
    yield _most("memory in bf16, MB", held, 1600, halved)
    lists = found["lists"][OURS]
    if {"0", "1000"} <= set(lists):
        more = percentile(50, lists["1000"]["chunk_ms"]) - percentile(50, lists["0"]["chunk_ms"])
        yield _most("1,000 hotwords, more for each chunk, ms", more, 0.5, spared)
    yield _most("start to ready, s", start["ready_s"], 10, spared)
    ratios = [
        percentile(50, figures[SERVER]["finish_ms"]) / p50
        for figures, p50 in zip(found["lengths"].values(), p50s, strict=True)
    ]
    yield _least("the end against NeMo's example as a server, times", min(ratios), 2)


def _spared(found: Found) -> str:
    return "for a card" if found["device"] == "cpu" else "for the full model"


def _most(what: str, figure: float, most: float, spared: str) -> Goal:
    verdict = spared or ("met" if figure <= most else "missed")
    return Goal(f"{what}: at most {most:g}", f"{figure:.2f}", verdict)


def _least(what: str, figure: float, least: float) -> Goal:
    verdict = "met" if figure >= least else "missed"
    return Goal(f"{what}: at least {least:g}", f"{figure:.2f}", verdict)


def _asked(found: Found) -> str:
    asked = ", ".join(f"{key} = {value}" for key, value in found["asked"].items())
    notes = "; ".join(found["notes"])
    return "".join(f" ({words})" for words in (asked, notes) if words)


def _starts(found: Found) -> str:
    rows = []
    for name, start in found["starts"].items():
        card = [
            f"{start[key]:.0f}" if key in start else "-" for key in ("card_held_mb", "card_kept_mb")
        ]
        rows.append(
            [
                name,
                f"{start['ready_s']:.1f}",
                f"{start['memory_mb']:.0f}",
                f"{start['peak_mb']:.0f}",
                *card,
            ]
        )
    columns = ("", "start to ready s", "memory MB", "at its highest", "of the card", "kept of it")
    return table(columns, rows)


def _ends(found: Found) -> str:
    """The end: p50 / p95 / p99."""
    lengths = found["lengths"]
    ways = list(next(iter(lengths.values())))
    rows = [
        [
            seconds,
            *(
                " / ".join(
                    f"{percentile(at, figures[way]['finish_ms']):.1f}" for at in (50, 95, 99)
                )
                for way in ways
            ),
        ]
        for seconds, figures in lengths.items()
    ]
    return table(["end, p50 / p95 / p99; s", *ways], rows)


def _chunks(found: Found) -> str:
    lengths = found["lengths"]
    ways = list(next(iter(lengths.values())))
    rows = [
        [seconds, *(f"{percentile(50, figures[way]['chunk_ms']):.1f}" for way in ways)]
        for seconds, figures in lengths.items()
    ]
    return table(["chunk, p50; s", *ways], [*rows, ["text as ours", *_same(lengths, ways)]])


def _same(lengths: Found, ways: Sequence[str]) -> Iterator[str]:
    for way in ways:
        pairs = [
            (ours, theirs)
            for figures in lengths.values()
            for ours, theirs in zip(figures[OURS]["texts"], figures[way]["texts"], strict=True)
        ]
        yield f"{sum(ours == theirs for ours, theirs in pairs)} of {len(pairs)}"


def _lists(found: Found) -> str:
    lists = found["lists"]
    rows = [
        [
            number,
            *(
                f"{percentile(50, figures[number]['rebuild_ms']):.0f}"
                f" / {percentile(50, figures[number]['chunk_ms']):.1f}"
                f" / {percentile(50, figures[number]['finish_ms']):.1f}"
                for figures in lists.values()
            ),
        ]
        for number in lists[OURS]
    ]
    return table(["hotwords: new list / chunk / end, p50", *lists], rows)


def _goals(found: Found) -> str:
    rows = [[goal.wanted, goal.figure, goal.verdict] for goal in goals(found)]
    roof = ""
    weights = found["weights_bytes"]
    if bandwidth := found.get("bandwidth"):
        roof = (
            f"A step reads at least the encoder's weights, {weights / 1e6:.0f} MB; at the "
            f"{bandwidth / 1e9:.0f} GB/s that a copy reaches here, that is "
            f"{weights / bandwidth * 1000:.2f} ms.\n\n"
        )
    return roof + table(["goal", "figure", ""], rows)
