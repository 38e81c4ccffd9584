"""The figures of `hotwords.py` as tables, beside the goals, and as a picture."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bench.figures import table
from bench.hotwords_metrics import Errors, Found
from bench.hotwords_run import DEFAULT_STRENGTH, SIZES, STRENGTHS, USUAL_SIZE
from bench.nemotron_report import Goal

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Row = dict[str, Any]
Rows = list[Row]

PRECISION: Final = 0.99
TIMES: Final = 5.0
"""What recall is to be, times that of strength 0."""
MORE: Final = 0.1
"""Points of the word error rate on the rest that a list may cost."""
GREY: Final = "#808080"
"""Of lines and words: legible on white and on black."""
COLOURS: Final = {"pocketsphinx": "#d9772b", "nemotron": "#2b8a8a", "onnx": "#7a6fd0"}


def tables(found: dict[str, Any]) -> str:
    """All engines, one after the other, then the goals."""
    parts = [f"{found['machine']}\n"]
    for name, engine in found["engines"].items():
        rows: Rows = engine["rows"]
        parts += [f"**{name}**, {engine['model']}; voices {', '.join(engine['voices'])}\n"]
        parts += [_by_strength(rows), *([_by_size(rows)] if len(_sizes(rows)) > 1 else [])]
    parts += [table(("goal", "engine", "figure", ""), list(_goal_rows(found)))]
    return "\n".join(parts)


def goals(rows: Rows) -> Iterator[Goal]:
    """Of one engine: at the default strength, with 100 distractors."""
    usual, without = (
        _cell(rows, strength, USUAL_SIZE, goal=True) for strength in (DEFAULT_STRENGTH, 0.0)
    )
    every = _found(list(usual.values()))
    precision = every.precision or 0.0
    yield _goal(f"precision: at least {PRECISION}", f"{precision:.3f}", precision >= PRECISION)
    for name, row in usual.items():
        if name == "terms":
            continue
        changed = len(row["changed"])
        figure = f"{changed} of {row['utterances']}"
        yield _goal(f"texts without a term that changed ({name}): 0", figure, changed == 0)
    recall, before = (_found([one["terms"]]).recall or 0.0 for one in (usual, without))
    times = f"{recall / before:.1f}" if before else "no end of"
    yield _goal(
        f"recall: at least {TIMES:g} times that of strength 0",
        f"{times} times ({before:.2f} to {recall:.2f})",
        recall >= TIMES * before and recall > 0,
    )
    now, then = (_unbiased(_known(one)).rate or 0.0 for one in (usual, without))
    yield _goal(
        f"U-WER: at most {MORE:g} points more",
        f"{now - then:+.2f} ({then:.2f} to {now:.2f} %)",
        now - then <= MORE,
    )


def _goal(wanted: str, figure: str, met: bool) -> Goal:  # noqa: FBT001 - the verdict
    return Goal(wanted, figure, "met" if met else "**missed**")


def _goal_rows(found: dict[str, Any]) -> Iterator[list[str]]:
    for name, engine in found["engines"].items():
        for goal in goals(engine["rows"]):
            yield [goal.wanted, name, goal.figure, goal.verdict]


def _by_strength(rows: Rows) -> str:
    goal = len(_sizes(rows)) == 1  # no other list was measured, so every utterance is comparable
    lines = [(f"{at:g}", _cell(rows, at, USUAL_SIZE, goal=goal)) for at in _strengths(rows)]
    return _table("strength", lines)


def _by_size(rows: Rows) -> str:
    lists = [(str(size), _cell(rows, DEFAULT_STRENGTH, size)) for size in _sizes(rows)]
    return _table("distractors", lists)


def _table(first: str, lines: Sequence[tuple[str, dict[str, Row]]]) -> str:
    untermed = [name for name in lines[0][1] if name != "terms"]
    head = [first, "recall", "precision", "F", "B-WER", "U-WER"]
    head += [f"changed, {name}" for name in untermed]
    made = []
    for name, cell in lines:
        terms, every = cell["terms"], _found(list(cell.values()))
        recall = _found([terms])
        made.append(
            [
                *(
                    name,
                    f"{_number(recall.recall)} ({recall.hits} of {recall.hits + recall.misses})",
                ),
                *(_number(every.precision), _number(every.f)),
                _rate(Errors(terms["biased_words"], terms["biased_wrong"])),
                _rate(_unbiased(_known(cell))),
                *(
                    f"{len(cell[name]['changed'])} of {cell[name]['utterances']}"
                    for name in untermed
                ),
            ]
        )
    return table(head, made)


def draw(found: dict[str, Any], path: Path) -> None:
    """Recall and harm by strength, and recall by size, as an SVG for light and dark pages. Raises
    ImportError without matplotlib."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    # Words as words, and the same file for the same figures.
    style: dict[Any, Any] = {"svg.fonttype": "none", "svg.hashsalt": "hotwords", "font.size": 9.0}
    with mpl.rc_context(style):
        figure = Figure(figsize=(9, 2.8), layout="constrained")
        recall, harm, size = figure.subplots(1, 3)
        for name, engine in found["engines"].items():
            rows: Rows = engine["rows"]
            colour = COLOURS.get(name, GREY)
            strengths, sizes = _strengths(rows), _sizes(rows)
            strong = [_cell(rows, at, USUAL_SIZE) for at in strengths]
            _line(recall, strengths, [_recall(cell) for cell in strong], colour, name)
            _line(harm, strengths, [_harm(cell) for cell in strong], colour, name)
            long = [_recall(_cell(rows, DEFAULT_STRENGTH, at)) for at in sizes]
            _line(size, [SIZES.index(at) for at in sizes], long, colour, name)
        size.set_xticks(range(len(SIZES)), [f"{at:,}" for at in SIZES])
        _label(recall, f"strength ({USUAL_SIZE} distractors)", "terms found, %")
        _label(harm, f"strength ({USUAL_SIZE} distractors)", "texts without a term changed, %")
        _label(size, f"distractors (strength {DEFAULT_STRENGTH:g})", "terms found, %")
        for axes in (recall, size):
            axes.set_ylim(0, 100)
        recall.legend(frameon=False, labelcolor=GREY)
        figure.savefig(path, format="svg", metadata={"Date": None}, transparent=True)


def _line(
    axes: "Axes", places: Sequence[float], values: Sequence[float], colour: str, name: str
) -> None:
    axes.plot(places, values, marker="o", markersize=3.5, linewidth=1.5, color=colour, label=name)


def _label(axes: "Axes", below: str, title: str) -> None:
    axes.set_xlabel(below, color=GREY)
    axes.set_title(title, color=GREY, fontsize=9)
    axes.tick_params(colors=GREY)
    axes.patch.set_alpha(0)
    for name, spine in axes.spines.items():
        spine.set_color(GREY)
        spine.set_visible(name in ("left", "bottom"))


def _recall(cell: dict[str, Row]) -> float:
    return 100 * (_found([cell["terms"]]).recall or 0.0)


def _harm(cell: dict[str, Row]) -> float:
    rows = [row for name, row in cell.items() if name != "terms"]
    changed = sum(len(row["changed"]) for row in rows)
    return float(100 * changed / sum(row["utterances"] for row in rows))


def _known(cell: dict[str, Row]) -> Rows:
    """The sets in words that the model knows: a small one does not know the free ones."""
    return [cell["terms"], cell.get("control", cell["free"])]


def _strengths(rows: Rows) -> list[float]:
    """Those that were measured."""
    return [at for at in STRENGTHS if _cell(rows, at, USUAL_SIZE)]


def _sizes(rows: Rows) -> list[int]:
    return [at for at in SIZES if _cell(rows, DEFAULT_STRENGTH, at)]


def _cell(rows: Rows, strength: float, size: int, *, goal: bool = False) -> dict[str, Row]:
    """Set -> its row; `goal` says whether of every utterance."""
    wanted = (strength, size, goal)
    return {
        row["set"]: row
        for row in rows
        if (row["strength"], row["distractors"], row["goal"]) == wanted
    }


def _found(rows: Rows) -> Found:
    return sum((Found(row["hits"], row["misses"], row["false"]) for row in rows), Found())


def _unbiased(rows: Rows) -> Errors:
    return sum((Errors(row["unbiased_words"], row["unbiased_wrong"]) for row in rows), Errors())


def _number(share: float | None) -> str:
    return "-" if share is None else f"{share:.2f}" if share < PRECISION else f"{share:.3f}"


def _rate(errors: Errors) -> str:
    return "-" if errors.rate is None else f"{errors.rate:.1f} %"
