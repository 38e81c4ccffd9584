"""Lints hotwords.toml: gathers what the rules of `hotwords/lint.py` want to know, and applies them.

`python -m dictate.diagnostics.hotword_lint [--hotwords FILE] [--engine NAME]` prints the findings
as JSON. The daemon and `dictatectl` run it as a process of its own, because the pronouncing
dictionary takes 80 MB, and a long list takes a second of work. With `--beside` they tell it on
standard input, as JSON, what only the daemon knows:

    {"socket": where its main engine process listens, "counts": [journal.evidence.TermCounts]}
"""

import argparse
import asyncio
import json
import os
import re
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from dictate.config import config_file
from dictate.config.profiles import language_of, names_of, text_of
from dictate.config.schema import HotwordSettings, Settings
from dictate.config.sources import guards_of
from dictate.engines import TermReport, inspection
from dictate.engines.boost_phrases import LONG_LISTS
from dictate.engines.selection import MOST_PROMPTED
from dictate.errors import ConfigError, EngineError
from dictate.hotwords import whole_list
from dictate.hotwords.lint import lint
from dictate.hotwords.lint.findings import Finding, Known, Tokens
from dictate.hotwords.lint.words import folded
from dictate.hotwords.model import Hotwords, Source, TermState
from dictate.hotwords.whole_list import WholeList
from dictate.phonetics.dictionary import entries, word_pairs
from dictate.phonetics.homophones import close_words
from dictate.phonetics.pronouncer import said_as, shared
from dictate.platform import paths
from dictate.text.commands import rules_of
from dictate.text.languages import Command
from dictate.text.pieces import Break, Mark
from dictate.translation import _

MOST_UNKNOWN: Final = 200
"""Words that espeak-ng is asked for: it takes 1 ms for each."""
INSPECT_S: Final = 20.0
"""Seconds in which the engine must have said how it sees the terms; it may still be loading."""
NOTHING_KNOWN: Final = Tokens()

_QUOTED = re.compile(r""""((?:[^"\\]|\\.)*)"|'([^']*)'|#""")
"""A text in quotes, or the beginning of a comment."""
_ENDS = {Break.LINE: _("a line end"), Break.PARAGRAPH: _("an empty line")}


@dataclass(frozen=True, slots=True)
class Linted:
    """The findings, and what they rest on."""

    findings: list[Finding]
    reports: Mapping[str, TermReport]
    """How the engine sees each term, by its spelling; empty if it was not asked."""
    note: str = ""
    """Why it did not answer."""


def linted(
    settings: Settings,
    path: Path,
    engine: str,
    socket: Path | None = None,
    counts: Sequence[Mapping[str, Any]] = (),
) -> Linted:
    """What is wrong with the list at `path` and what belongs to it, used by this engine, which
    listens at `socket`. `counts` are rows like `journal.evidence.TermCounts`. Blocks; raises
    ConfigError."""
    texts = whole_list.texts_of(path)
    whole = whole_list.of_texts(texts, path, settings.hotwords.strength)
    hotwords = replace(whole.hotwords, guards=guards_of(settings.hotwords))
    spellings = [term.spelling for term in hotwords.for_language("en")]
    english = word_pairs() if entries() else None
    with ThreadPoolExecutor() as pool:  # espeak-ng and the engine are processes of their own
        sounds = pool.submit(shared().sounds, spellings, MOST_UNKNOWN)
        asked = pool.submit(ask_engine, socket, hotwords) if socket else None
        found_at = places(texts, whole, path)
        if english:
            close_words("")  # loads the words that it looks at
    reports, note = asked.result() if asked else ([], "")
    known = Known(
        sounds=sounds.result(),
        close_words=close_words,
        english=english,
        spoken=_spoken(settings, hotwords),
        snippet_word=settings.text.snippet_word,
        tokens={
            report.spelling: found
            for report in reports
            if (found := tokens_of(report)) != NOTHING_KNOWN
        },
        last_used=last_used(whole, counts),
        comfort=comfort(engine, settings.hotwords),
        said_as=lambda spelling: " ".join(said_as(spelling)[0]).lower(),
        places=found_at,
        profiles=names_of(settings),
        now=time.time(),
    )
    by_spelling = {report.spelling: report for report in reports}
    return Linted(lint(hotwords, known), by_spelling, note)


def ask_engine(socket: Path, hotwords: Hotwords) -> tuple[list[TermReport], str]:
    """How the engine sees the terms, and why it does not say that."""
    terms = [term for term in hotwords.terms if term.state is TermState.ACTIVE]

    async def ask() -> list[TermReport]:
        async with asyncio.timeout(INSPECT_S):
            return await inspection.inspect(socket, terms, hotwords.guards)

    try:
        return asyncio.run(ask()), ""
    except TimeoutError:
        return [], _(
            "the engine did not say within {inspect_s:.0f} s how it sees the terms"
        ).format(inspect_s=INSPECT_S)
    except (OSError, EngineError) as error:
        return [], _("the engine does not say how it sees the terms: {error}").format(error=error)


def tokens_of(report: TermReport) -> Tokens:
    """What the rules are told of a report: pieces of the spelling, but no pronunciation."""
    pieces = tuple(report.tokens[0].split()) if report.tokens else ()
    written = "".join(pieces).replace("\u2581", "")  # the mark of tokenizers for a space
    if written.casefold() != "".join(report.spelling.casefold().split()):
        pieces = ()
    problem = report.problem.removeprefix(f"{report.spelling!r} ")
    return Tokens(pieces, problem)


def last_used(whole: WholeList, counts: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """When each term was last heard or, if the journal has no text with it, since when at least it
    could have been: since it was learned, or since its file was last changed, which may have been
    to add it, but not before the oldest text that the journal has. Nothing is said of the other
    terms."""
    known = {row["term"]: row for row in counts}
    oldest = min((row["first_used"] for row in known.values() if row["first_used"]), default=0.0)
    changed = {
        file: file.stat().st_mtime
        for file in set(whole.origins.values())
        if isinstance(file, Path) and file.exists()
    }
    found: dict[str, float] = {}
    for spelling, origin in whole.origins.items():
        row = known.get(spelling, {})
        if since := row.get("last_used") or row.get("learned_at"):
            found[spelling] = since
        elif oldest and isinstance(origin, Path) and origin in changed:
            found[spelling] = max(oldest, changed[origin])
    return found


def comfort(engine: str, settings: HotwordSettings) -> list[tuple[int, str]]:
    """Numbers of terms above which this engine does less with the list, and what it does then."""
    if engine in ("nemotron", "onnx") and settings.cap:
        return [
            (
                most,
                _("the engine prefers them {share:g} times as strongly (hotwords.cap)").format(
                    share=share
                ),
            )
            for most, share in LONG_LISTS
        ]
    if engine == "qwen3":
        return [(MOST_PROMPTED, _("the engine is told the heaviest of them only"))]
    return []


def places(texts: Mapping[Path, str], whole: WholeList, path: Path) -> Mapping[str, str]:
    """Spelling -> where it is from: file and line where it is first written between quotes, as in
    "hotwords.d/names.toml:12", or the source. `texts` are those of the list at `path`."""
    lines: dict[Path, dict[str, int]] = {}
    for file, text in texts.items():
        found = lines[file] = {}
        for number, line in enumerate(text.split("\n"), 1):
            for phrase in _quoted(line):
                found.setdefault(phrase, number)

    def place(spelling: str, origin: Path | Source) -> str:
        if isinstance(origin, Source):
            return origin.name
        name, line = whole_list.name_of(origin, path), lines[origin].get(spelling)
        return f"{name}:{line}" if line else name  # it may be written with escapes

    return {spelling: place(spelling, origin) for spelling, origin in whole.origins.items()}


def _quoted(line: str) -> Iterator[str]:
    for found in _QUOTED.finditer(line):
        if found[0] == "#":
            return
        yield (found[1] or found[2] or "").strip()


def _spoken(settings: Settings, hotwords: Hotwords) -> dict[str, str]:
    spoken: dict[str, str] = {}
    for name in names_of(settings):
        text, language = text_of(settings, name), language_of(settings, name)
        rules = rules_of(language.partition("-")[0].lower())
        signs = rules.signs if text.spoken_punctuation != "off" else {}
        ends = rules.line_ends if text.spoken_newlines else {}
        spoken.update(
            (folded(said), _writes(what)) for said, what in (*signs.items(), *ends.items())
        )
    if settings.text.spoken_newlines:
        own = {"newline": Break.LINE, "paragraph": Break.PARAGRAPH}
        spoken.update(
            (folded(said), _writes(own[action]))
            for said, action in hotwords.commands
            if action in own
        )
    return spoken


def _writes(command: Command) -> str:
    parts: Sequence[Mark | Break] = command if isinstance(command, tuple) else (command,)
    return " and ".join(_ENDS[one] if isinstance(one, Break) else f"`{one.sign}`" for one in parts)


def _as_row(finding: Finding) -> dict[str, str]:
    return {**asdict(finding), "severity": finding.severity.value}


def main(argv: Sequence[str] | None = None) -> None:
    """Print {"findings": [...], "tokens": {spelling: [...]}, "note": "", "problems": [...]}: the
    tokens are how the engine sees the terms, the note is why that is not known, and the problems
    are mistakes in the files."""
    parser = argparse.ArgumentParser(prog="dictate.diagnostics.hotword_lint")
    parser.add_argument("--hotwords", type=Path, default=paths.hotwords_file())
    parser.add_argument("--config", type=Path, default=paths.config_file())
    parser.add_argument("--engine", default="")
    parser.add_argument("--beside", action="store_true")
    arguments = parser.parse_args(argv)
    beside = json.loads(sys.stdin.readline()) if arguments.beside else {}
    os.nice(10)  # a dictation comes first
    answer: dict[str, Any] = {"findings": [], "tokens": {}, "note": "", "problems": []}
    try:
        settings = config_file.load(arguments.config)
    except ConfigError:
        settings = Settings()  # the daemon reports what is wrong with that file
    try:
        socket = Path(beside["socket"]) if beside.get("socket") else None
        engine = arguments.engine or settings.engine.use
        found = linted(settings, arguments.hotwords, engine, socket, beside.get("counts", ()))
        answer["findings"] = [_as_row(finding) for finding in found.findings]
        answer["tokens"] = {
            spelling: report.tokens for spelling, report in found.reports.items() if report.tokens
        }
        answer["note"] = found.note
    except ConfigError as error:
        answer["problems"] = error.problems
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
