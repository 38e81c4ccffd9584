"""Lints hotwords.toml: gathers what the rules of `hotwords/lint.py` want to know, and applies them.

`python -m dictate.diagnostics.hotword_lint [--hotwords FILE] [--engine NAME]` prints the findings
as JSON. The daemon and `dictatectl` run it as a process of its own, because the pronouncing
dictionary takes 80 MB, and a long list takes a second of work.
"""

import argparse
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from dictate.config import config_file
from dictate.config.schema import HotwordSettings, Settings
from dictate.config.sources import hotwords_of
from dictate.engines.boost_phrases import LONG_LISTS
from dictate.engines.selection import MOST_PROMPTED
from dictate.errors import ConfigError
from dictate.hotwords.lint import lint
from dictate.hotwords.lint.findings import Finding, Known
from dictate.hotwords.lint.words import folded
from dictate.hotwords.model import Hotwords
from dictate.phonetics.dictionary import entries, word_pairs
from dictate.phonetics.homophones import close_words
from dictate.phonetics.pronouncer import said_as, shared
from dictate.platform import paths
from dictate.text.commands import rules_of
from dictate.text.languages import Command
from dictate.text.pieces import Break, Mark
from dictate.toml import toml_file

MOST_UNKNOWN: Final = 200
"""Words that espeak-ng is asked for: it takes 1 ms for each."""

_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|#""")
"""A text in quotes, or the beginning of a comment."""
_ENDS = {Break.LINE: "a line end", Break.PARAGRAPH: "an empty line"}


def findings(settings: Settings, path: Path, engine: str) -> list[Finding]:
    """What is wrong with the list at `path`, used by this engine. Blocks; raises ConfigError."""
    hotwords = hotwords_of(settings.hotwords, path)
    spellings = [term.spelling for term in hotwords.for_language("en")]
    known = Known(
        sounds=shared().sounds(spellings, MOST_UNKNOWN),
        close_words=close_words,
        english=word_pairs() if entries() else None,
        spoken=_spoken(settings, hotwords),
        comfort=comfort(engine, settings.hotwords),
        said_as=lambda spelling: " ".join(said_as(spelling)[0]).lower(),
        places=places(path),
        now=time.time(),
    )
    return lint(hotwords, known)


def comfort(engine: str, settings: HotwordSettings) -> list[tuple[int, str]]:
    """Numbers of terms above which this engine does less with the list, and what it does then."""
    if engine in ("nemotron", "onnx") and settings.cap:
        return [
            (most, f"the engine prefers them {share:g} times as strongly (hotwords.cap)")
            for most, share in LONG_LISTS
        ]
    if engine == "qwen3":
        return [(MOST_PROMPTED, "the engine is told the heaviest of them only")]
    return []


def places(path: Path) -> Mapping[str, str]:
    """Spelling -> file and line where it is first written between quotes, as in "words.toml:12"."""
    found: dict[str, str] = {}
    text = toml_file.read(path, toml_file.LARGEST_LIST_BYTES) or ""
    for number, line in enumerate(text.split("\n"), 1):
        for phrase in _quoted(line):
            found.setdefault(phrase, f"{path.name}:{number}")
    return found


def _quoted(line: str) -> Iterator[str]:
    for found in _QUOTED.finditer(line):
        if found[0] == "#":
            return
        yield (found[1] or found[2] or "").strip()


def _spoken(settings: Settings, hotwords: Hotwords) -> dict[str, str]:
    spoken: dict[str, str] = {}
    for language in (settings.engine.language, settings.second.language):
        rules = rules_of(language.partition("-")[0].lower() or None)
        signs = rules.signs if settings.text.spoken_punctuation != "off" else {}
        ends = rules.line_ends if settings.text.spoken_newlines else {}
        spoken.update(
            (folded(said), _writes(what)) for said, what in (*signs.items(), *ends.items())
        )
    if settings.text.spoken_newlines:
        own = {"newline": Break.LINE, "paragraph": Break.PARAGRAPH}
        spoken.update((folded(said), _writes(own[action])) for said, action in hotwords.commands)
    return spoken


def _writes(command: Command) -> str:
    parts: Sequence[Mark | Break] = command if isinstance(command, tuple) else (command,)
    return " and ".join(_ENDS[one] if isinstance(one, Break) else f"`{one.sign}`" for one in parts)


def _as_row(finding: Finding) -> dict[str, str]:
    return {**asdict(finding), "severity": finding.severity.value}


def main(argv: Sequence[str] | None = None) -> None:
    """Print {"findings": [...], "problems": [...]}; the latter are mistakes in the files."""
    parser = argparse.ArgumentParser(prog="dictate.diagnostics.hotword_lint")
    parser.add_argument("--hotwords", type=Path, default=paths.hotwords_file())
    parser.add_argument("--config", type=Path, default=paths.config_file())
    parser.add_argument("--engine", default="")
    arguments = parser.parse_args(argv)
    os.nice(10)  # a dictation comes first
    answer: dict[str, Any] = {"findings": [], "problems": []}
    try:
        settings = config_file.load(arguments.config)
    except ConfigError:
        settings = Settings()  # the daemon reports what is wrong with that file
    try:
        found = findings(settings, arguments.hotwords, arguments.engine or settings.engine.use)
        answer["findings"] = [_as_row(finding) for finding in found]
    except ConfigError as error:
        answer["problems"] = error.problems
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
