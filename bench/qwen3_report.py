"""The figures of `qwen3.py` as Markdown tables. Pure: figures in, text out."""

from typing import Any, Final

from bench.figures import percentile, table

AS_IT_IS: Final = "encoded early, with a draft"
AHEAD: Final = "encoded early, no draft"
LATE: Final = "nothing early"

Found = dict[str, Any]


def tables(found: Found) -> str:
    """All of one run."""
    runs = len(next(iter(found["lengths"].values()))[AS_IT_IS]["release_ms"])
    asked = "".join(f", {key} = {value}" for key, value in found["asked"].items())
    notes = "".join(f" ({note})" for note in found["notes"])
    head = (
        f"{found['machine']}; {found['device']}; {found['model']} model, {found['precision']}"
        f"{asked}{notes}, {runs} runs of each; loaded in {found['load_s']:.1f} s.\n"
    )
    return "\n".join([head, _lengths(found), _contexts(found), _texts(found) + _roof(found)])


def _lengths(found: Found) -> str:
    """Release to final: p50 / p95, and the ratio to the engine's normal mode."""
    lengths = found["lengths"]
    ways = list(next(iter(lengths.values())))
    rows = []
    for seconds, figures in lengths.items():
        ours = percentile(50, figures[AS_IT_IS]["release_ms"])
        steps = [step for way in ways for step in figures[way]["step_ms"]]
        cells = [
            f"{_times(figures[way]['release_ms'])} ({_ratio(figures[way]['release_ms'], ours)})"
            for way in ways
        ]
        rows.append([seconds, *cells, f"{percentile(50, steps):.1f}"])
    head = ["release to final, ms: p50 / p95 (ratio); s", *ways, "a step"]
    return table(head, rows)


def _contexts(found: Found) -> str:
    columns = [(way, state) for way in (AS_IT_IS, LATE) for state in ("warm", "cold")]
    rows = [
        [
            number,
            f"{figures['told']}",
            f"{figures['tokens']}",
            f"{percentile(50, figures['prepare_ms']):.1f}",
            *(_times(figures[state][way]) for way, state in columns),
        ]
        for number, figures in found["contexts"].items()
    ]
    head = ["hotwords", "in the prompt", "tokens before the sound", "prepare ms"]
    head += [f"{way}, {state}" for way, state in columns]
    return table(head, rows)


def _texts(found: Found) -> str:
    groups = [
        {text for figures in ways.values() for text in figures["texts"]}
        for ways in found["lengths"].values()
    ]
    same = sum(len(texts) == 1 for texts in groups)
    return f"All ways wrote the same text at {same} of {len(groups)} lengths.\n"


def _roof(found: Found) -> str:
    bandwidth = found.get("bandwidth")
    if not bandwidth:
        return ""
    weights = found["weights_bytes"]
    return (
        f"A step reads at least the language model's weights, {weights / 1e6:.0f} MB; at the "
        f"{bandwidth / 1e9:.0f} GB/s that a copy reaches here, that is "
        f"{weights / bandwidth * 1000:.2f} ms.\n"
    )


def _times(values: list[float]) -> str:
    return f"{percentile(50, values):.0f} / {percentile(95, values):.0f}"


def _ratio(values: list[float], ours: float) -> str:
    return f"{percentile(50, values) / ours:.1f}x"
