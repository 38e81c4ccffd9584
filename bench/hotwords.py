"""What hotwords do, and what harm: recall, precision and F of terms, the word error rates on them
and on the rest (B-WER, U-WER), and how many texts without a term change, by strength and by the
length of the list. Without options: every engine with a model on this machine, on synthetic speech.
With a public set in a folder: on that.
"""

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bench.figures import machine, table
from bench.hotwords_metrics import Tally, tally
from bench.hotwords_public import PublicSet, Recorded, earnings22, librispeech
from bench.hotwords_report import draw, tables
from bench.hotwords_run import CELLS, GOALS, Cell, Subject, measure
from bench.hotwords_speech import HELD_OUT, Spoken, sets, voices
from dictate.benchmark.audio import ESPEAK
from dictate.config import config_file
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES
from dictate.errors import DictateError
from dictate.hotwords.model import Hotwords, Term
from dictate.platform import paths
from dictate.proof.voices import FLITE
from tests.lab import mini_model, mini_onnx
from tests.lab.the_case import CASE, NAMES, RIGHT, names

ENGINE_NAMES = ("pocketsphinx", "nemotron", "onnx", "qwen3", "openai")
SMALL = "the small model of tests/mini_model"
PATIENCE_S = 120.0
"""Seconds without progress after which an engine has failed; a busy machine is slow."""


def subjects(names: Sequence[str], models: dict[str, str]) -> tuple[list[Subject], list[str]]:
    """These engines, each with the model that was named, or else the small one, or that of
    config.toml; and one line for each that cannot be measured."""
    found, left_out = [], []
    for name in names:
        settings, model = _settings(name, models.get(name, ""))
        if reason := ENGINES.load(name)(settings).unavailable_reason():
            left_out.append(f"Not measured: {name}: {reason}")
        else:
            found.append(Subject(name, replace(settings, deadline_s=PATIENCE_S), model))
    return found, left_out


def _settings(name: str, model: str) -> tuple[EngineSettings, str]:
    if model:
        return EngineSettings(use=name, model=model, trust_model=True), Path(model).name
    if name == "nemotron" and mini_model.unavailable() is None:
        return mini_model.settings(), SMALL
    if name == "onnx" and mini_model.unavailable() is None:
        return mini_onnx.settings(), f"{SMALL}, 8 bits"
    own = config_file.load(paths.config_file()).engine
    if own.use == name:
        return own, own.model or "as configured"
    return EngineSettings(use=name), "its own model"


def synthetic(found: list[Subject], count: int | None, lists: Sequence[Cell]) -> dict[str, Any]:
    """The figures of these engines on synthetic speech. Raises DictateError."""
    engines = {}
    for subject in found:
        rows = measure(subject, sets(subject.name, count), lists)
        engines[subject.name] = {
            "model": subject.model,
            "voices": voices(subject.name),
            "rows": rows,
        }
    return {"machine": machine(), "engines": engines}


def case(subject: Subject) -> list[list[str]]:
    """What becomes of the sentence with which this project began: a line for each voice. Raises
    DictateError."""
    spoken = [Spoken(CASE, CASE, "", voice) for voice in (*FLITE, *ESPEAK, *HELD_OUT)]
    subject.hear([(NAMES, spoken)])
    texts = [(one.voice, subject.text(NAMES, one).written(NAMES)) for one in spoken]
    return [
        [subject.name, voice, "right" if names(text) == RIGHT else "**wrong**", text]
        for voice, text in texts
    ]


def public(subject: Subject, published: PublicSet, count: int | None) -> list[dict[str, Any]]:
    """A row for no list, and for each kind of list of the set. Raises DictateError."""
    utterances = published.utterances[:count]
    listed: list[tuple[str, dict[tuple[str, ...], tuple[Recorded, ...]]]] = []
    listed.append(("none", {(): utterances}))
    for name in published.lists:
        several: dict[tuple[str, ...], tuple[Recorded, ...]] = {}
        for one in utterances:
            terms = dict(one.lists).get(name)
            if terms is not None:
                several[terms] = (*several.get(terms, ()), one)
        listed.append((name, several))
    every = [(_list(terms), those) for _, several in listed for terms, those in several.items()]
    subject.hear(every)
    return [{"list": name} | _public_row(subject, published, several) for name, several in listed]


def _list(terms: Sequence[str]) -> Hotwords:
    return Hotwords(tuple(map(Term, terms)))


def _public_row(
    subject: Subject,
    published: PublicSet,
    several: dict[tuple[str, ...], tuple[Recorded, ...]],
) -> dict[str, Any]:
    whole, count = Tally(), 0
    for terms, those in several.items():
        for one in those:
            text = subject.text(_list(terms), one).written(_list(terms))
            # Without a list, too, those words are counted that a list would have.
            counted = terms or one.said
            whole += tally(one.written, text, counted, one.said, nested=True, split=published.split)
            count += 1
    found = whole.found
    return {
        "utterances": count,
        "wer": whole.all.rate,
        "u_wer": whole.unbiased.rate,
        "b_wer": whole.biased.rate,
        "precision": found.precision,
        "recall": found.recall,
        "f": found.f,
    }


def _public_table(rows: Sequence[dict[str, Any]]) -> str:
    def cell(value: object) -> str:
        rounded = f"{value:.2f}" if isinstance(value, float) else str(value)
        return "-" if value is None else rounded

    head = ("list", "utterances", "WER %", "U-WER %", "B-WER %", "precision", "recall", "F")
    return table(head, [list(map(cell, row.values())) for row in rows])


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="bench hotwords", description=__doc__)
    parser.add_argument(
        "--engine", nargs="+", choices=ENGINE_NAMES, default=ENGINE_NAMES, metavar="ENGINE"
    )
    parser.add_argument(
        "--model",
        type=_model,
        action="append",
        default=[],
        metavar="ENGINE=PATH",
        help="the model that an engine is to use, and to trust",
    )
    parser.add_argument("--count", type=int, metavar="N", help="utterances of each set, at most")
    parser.add_argument(
        "--goals", action="store_true", help="only the two lists that the goals are about"
    )
    parser.add_argument(
        "--case", action="store_true", help="only the sentence with which this project began"
    )
    parser.add_argument("--json", action="store_true", help="print JSON, with each changed text")
    parser.add_argument("--plot", type=Path, metavar="SVG", help="draw the figures, too")
    for name in _READERS:
        parser.add_argument(
            f"--{name}", type=Path, metavar="FOLDER", help="measure on this set, downloaded there"
        )
    arguments = parser.parse_args()
    try:
        found, left_out = subjects(arguments.engine, dict(arguments.model))
        asked = [
            (read, folder)
            for name, read in _READERS.items()
            if (folder := getattr(arguments, name))
        ]
        if arguments.case:
            lines = [line for subject in found for line in case(subject)]
            print(table(("engine", "voice", "names and cloud", "text"), lines))
        elif asked:
            _print_public(found, [read(folder) for read, folder in asked], arguments)
        else:
            lists = GOALS if arguments.goals else CELLS
            figures = synthetic(found, arguments.count, lists)
            print(json.dumps(figures, indent=1) if arguments.json else tables(figures))
            if arguments.plot:
                draw(figures, arguments.plot)
    except DictateError as error:
        raise SystemExit(str(error)) from error
    if not arguments.json:
        print("\n".join(left_out))


_READERS: dict[str, Callable[[Path], PublicSet]] = {
    "earnings22": earnings22,
    "librispeech": librispeech,
}


def _print_public(
    found: list[Subject], published: list[PublicSet], arguments: argparse.Namespace
) -> None:
    rows = {
        one.name: {subject.name: public(subject, one, arguments.count) for subject in found}
        for one in published
    }
    if arguments.json:
        print(json.dumps({"machine": machine(), "sets": rows}, indent=1))
        return
    print(f"{machine()}\n")
    for name, engines in rows.items():
        for engine, several in engines.items():
            print(f"**{name}**, {engine}\n\n{_public_table(several)}")


def _model(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if name not in ENGINE_NAMES or not path:
        wanted = ", ".join(ENGINE_NAMES)
        raise argparse.ArgumentTypeError(f"{text!r}: write ENGINE=PATH, with {wanted}")
    return name, path


if __name__ == "__main__":
    main()
