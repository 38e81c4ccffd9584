"""The whole list of the user: hotwords.toml, the files in hotwords.d beside it in the order of
their names, and what the sources returned last. Everything here blocks."""

from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from dictate.errors import ConfigError
from dictate.hotwords.limits import MOST_TERMS, folded
from dictate.hotwords.model import Guards, Hotwords, Source, Term
from dictate.hotwords.parser import parse_files
from dictate.hotwords.source_list import read_copy, reasons, terms_in
from dictate.toml import toml_file
from dictate.translation import _, ngettext

USUAL_GUARDS = Guards()


@dataclass(frozen=True, slots=True)
class WholeList:
    """The list, and what its terms come from."""

    hotwords: Hotwords
    own: Hotwords
    """The list without the terms of sources."""
    origins: dict[str, Path | Source]
    """Where each term is from, by its spelling."""
    notes: tuple[str, ...] = ()
    """One line for each source of which something is not used."""


def folder_of(path: Path) -> Path:
    """Where more files may be beside this one: hotwords.d beside hotwords.toml."""
    return path.with_suffix(".d")


def files_beside(path: Path) -> list[Path]:
    """The files in that folder, in the order of their names. Raises ConfigError."""
    folder = folder_of(path)
    try:
        found = sorted(folder.iterdir())
    except (FileNotFoundError, NotADirectoryError):
        return []
    except OSError as error:
        raise ConfigError(
            [
                _("{name}: cannot read it: {strerror}").format(
                    name=folder.name, strerror=error.strerror
                )
            ]
        ) from error
    return [file for file in found if file.suffix == ".toml" and not file.name.startswith(".")]


def texts_of(path: Path) -> dict[Path, str]:
    """The texts of the file at `path` and of those beside it; without those that do not exist.
    Raises ConfigError with a line for each that cannot be read."""
    texts: dict[Path, str] = {}
    problems: list[str] = []
    largest = toml_file.LARGEST_LIST_BYTES
    for file in [path, *files_beside(path)]:
        try:
            text = toml_file.read(file, toml_file.LARGEST_LIST_BYTES)
        except ConfigError as error:
            beside = "" if file == path else f"{folder_of(path).name}/"
            problems += [f"{beside}{problem}" for problem in error.problems]
            continue
        if text is not None:
            texts[file] = text
            largest -= len(text)
    if largest < 0 and not problems:
        most = toml_file.LARGEST_LIST_BYTES // 1024
        problems.append(
            _("{name} and the files beside it have together more than {most:,} kB").format(
                name=path.name, most=most
            )
        )
    if problems:
        raise ConfigError(problems)
    return texts


def name_of(file: Path, path: Path) -> str:
    """What a file of the list at `path` is called in messages."""
    return file.name if file == path else f"{folder_of(path).name}/{file.name}"


def of_texts(texts: dict[Path, str], path: Path, strength: float = 1.0) -> WholeList:
    """The list in these texts, with the terms of its sources. Raises ConfigError with all problems
    at once."""
    named = [(name_of(file, path), text) for file, text in texts.items()]
    hotwords, counts = parse_files(named, strength)
    origins: dict[str, Path | Source] = {}
    terms = iter(hotwords.terms)
    for file, count in zip(texts, counts, strict=True):
        origins |= {term.spelling: file for term in islice(terms, count)}
    return _with_sources(hotwords, origins)


def read(path: Path) -> WholeList:
    """The list in the file at `path` and in those beside it. Raises ConfigError with all problems
    at once."""
    return of_texts(texts_of(path), path)


def load(path: Path, strength: float, guards: Guards = USUAL_GUARDS) -> Hotwords:
    """The list in the file at `path` and in those beside it; an empty one if there are none.

    `strength`, which applies to all terms, and `guards` are from config.toml. It blocks on the
    disk: call it off the loop. Raises ConfigError with all problems at once.
    """
    return replace(of_texts(texts_of(path), path, strength).hotwords, guards=guards)


def _with_sources(hotwords: Hotwords, origins: dict[str, Path | Source]) -> WholeList:
    """A term of the user's files wins over the same one of a source, and so does that of an earlier
    source."""
    notes, more, own = [], list[Term](), hotwords
    known = {folded(spelling) for spelling in origins}
    for source in hotwords.sources:
        copy = read_copy(source)
        if copy is None:
            continue
        try:
            terms, skipped = terms_in(copy.content, source.group)
        except ValueError:  # a copy of an earlier version
            continue
        for term in terms:
            name = folded(term.spelling)
            if name in known:
                skipped[_("that the list has already")] += 1
            elif len(known) >= MOST_TERMS:
                skipped[_("beyond {most_terms:,} terms").format(most_terms=MOST_TERMS)] += 1
            else:
                known.add(name)
                more.append(term)
                origins[term.spelling] = source
        if skipped:
            count = skipped.total()
            note = ngettext(
                "{name}: {count:,} entry is not used: {reasons}",
                "{name}: {count:,} entries are not used: {reasons}",
                count,
            )
            notes.append(note.format(name=source.name, count=count, reasons=reasons(skipped)))
    if more:
        hotwords = replace(hotwords, terms=hotwords.terms + tuple(more))
    return WholeList(hotwords, own, origins, tuple(notes))
