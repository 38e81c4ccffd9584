"""Readers of public sets, from a folder that the user has downloaded.

**Contextual Earnings-22** (huggingface.co/datasets/argmaxinc/contextual-earnings22; paper arXiv
2604.07354): pieces of 15 s from conference calls. Of the columns of its Parquet files these are
read: `audio` (a file's bytes, and its name), `text`, `dictionary` and `keywords` (those that are
said in the piece, and those of the whole call). So is an export of the same rows as .jsonl, .json
or .csv, where `audio` is the path of a file from the folder, or its name in `audio/`; the names
that NVIDIA's NeMo Skills gives the columns are known, too.

**LibriSpeech with lists of rare words** (github.com/facebookresearch/fbai-speech, is21_deep_bias):
`SET.biasing_N.tsv` has, divided by tabs, the utterance, its text, the rare words in it, and N words
more for the list, each as JSON. Its sound is `SPEAKER/CHAPTER/UTTERANCE.flac` of LibriSpeech.
"""

import csv
import io
import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from bench.hotwords_metrics import Words, words
from dictate.errors import Unavailable
from dictate.events import Samples
from dictate.microphone.sound_file import read_sound_file

KEYWORDS: Final = ("dictionary", "local_keywords"), ("keywords", "global_keywords")
"""The columns of the two lists. Which is which differs between versions of the set: the one of the
piece is the shorter."""
TEXT: Final = ("text", "norm_text")
AUDIO: Final = ("audio", "audio_filename", "audio_filepath", "file_name")


@dataclass(frozen=True, slots=True)
class Recorded:
    """One utterance of a public set."""

    key: str
    written: str
    said: tuple[str, ...]
    """The terms of its lists that are said in it."""
    lists: tuple[tuple[str, tuple[str, ...]], ...]
    """Name of a list -> its terms."""
    read: Callable[[], Samples]

    @property
    def samples(self) -> Samples:
        """Its sound. Raises AudioFileError."""
        return self.read()


@dataclass(frozen=True, slots=True)
class PublicSet:
    """A set as it was published, and how its words are counted."""

    name: str
    utterances: tuple[Recorded, ...]
    lists: tuple[str, ...]
    split: Words = words


def earnings22(folder: Path) -> PublicSet:
    """Contextual Earnings-22. Raises Unavailable."""
    found = tuple(_earnings22(folder))
    if not found:
        raise Unavailable(
            f"{folder}: no .parquet, .jsonl, .json or .csv file with rows: download the files of "
            "huggingface.co/datasets/argmaxinc/contextual-earnings22 into it"
        )
    return PublicSet("Contextual Earnings-22", found, ("chunk", "file"))


def librispeech(folder: Path) -> PublicSet:
    """LibriSpeech with lists of rare words: each file of them that is in the folder. Raises
    Unavailable."""
    files = sorted(folder.rglob("*.biasing_*.tsv"))
    if not files:
        raise Unavailable(
            f"{folder}: no file SET.biasing_N.tsv: copy is21_deep_bias/ref/ of "
            "github.com/facebookresearch/fbai-speech into it"
        )
    sounds = {path.stem: path for end in ("flac", "wav") for path in folder.rglob(f"*.{end}")}
    lists: dict[str, dict[str, tuple[str, ...]]] = {}
    texts: dict[str, tuple[str, tuple[str, ...]]] = {}
    for file in files:
        size = file.stem.rpartition("_")[2]
        for number, line in enumerate(file.read_text().splitlines(), start=1):
            name, text, rare, listed = _columns(file, number, line)
            if name not in sounds:
                raise Unavailable(
                    f"{file}:{number}: there is no {name}.flac in {folder}: unpack that part of "
                    "LibriSpeech (openslr.org/12) into it"
                )
            texts[name] = text, rare
            lists.setdefault(name, {})[size] = tuple(dict.fromkeys((*rare, *listed)))
    sizes = sorted({size for several in lists.values() for size in several}, key=int)
    utterances = [
        Recorded(
            f"librispeech {name}",
            text,
            rare,
            tuple(lists[name].items()),
            lambda path=sounds[name]: read_sound_file(path),  # type: ignore[misc]
        )
        for name, (text, rare) in texts.items()
    ]
    return PublicSet("LibriSpeech, rare words", tuple(utterances), tuple(sizes), librispeech_words)


def librispeech_words(text: str) -> list[str]:
    """The words of a text as LibriSpeech writes them: an apostrophe belongs to its word."""
    return re.sub(r"[^\w' ]|_", " ", text.lower().replace("\u2019", "'")).split()


def _columns(file: Path, number: int, line: str) -> tuple[str, str, tuple[str, ...], list[str]]:
    try:
        name, text, rare, listed = line.split("\t")
        return name, text, tuple(json.loads(rare)), json.loads(listed)
    except ValueError as error:
        raise Unavailable(
            f"{file}:{number}: not four columns with lists in the last two ({error}): download it "
            "again"
        ) from error


def _earnings22(folder: Path) -> Iterator[Recorded]:
    for file, number, row in _rows(folder):
        where = f"{file}, row {number}"
        both = [_list(_cell(row, names, where), where) for names in KEYWORDS]
        chunk, whole = sorted(both, key=len)
        sound = _cell(row, AUDIO, where)
        yield Recorded(
            f"earnings22 {file.name} {number}",
            str(_cell(row, TEXT, where)),
            chunk,
            (("chunk", chunk), ("file", tuple(dict.fromkeys((*whole, *chunk))))),
            _sound(folder, sound, where),
        )


def _rows(folder: Path) -> Iterator[tuple[Path, int, dict[str, Any]]]:
    files = [path for path in sorted(folder.rglob("*")) if path.suffix in _READERS]
    # Of several splits the paper's figures are about the one for tests.
    for file in [path for path in files if path.name.startswith("test")] or files:
        for number, row in enumerate(_READERS[file.suffix](file), start=1):
            yield file, number, row


def _parquet(file: Path) -> Iterator[dict[str, Any]]:
    if find_spec("pyarrow") is None:
        raise Unavailable(
            f"{file} is a Parquet file, which takes pyarrow to read: {sys.executable} -m pip "
            "install pyarrow, or export it as JSON lines with the audio files beside it"
        )
    from pyarrow import parquet

    for batch in parquet.ParquetFile(file).iter_batches(batch_size=16):
        yield from batch.to_pylist()


def _jsonl(file: Path) -> Iterator[dict[str, Any]]:
    for number, line in enumerate(file.read_text().splitlines(), start=1):
        if line.strip():
            yield _json(line, f"{file}:{number}")


def _json_rows(file: Path) -> Iterator[dict[str, Any]]:
    yield from _json(file.read_text(), str(file))


def _json(text: str, where: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise Unavailable(f"{where}: not JSON ({error}): export it again") from error


def _csv(file: Path) -> Iterator[dict[str, Any]]:
    yield from csv.DictReader(io.StringIO(file.read_text()))


_READERS: Final[dict[str, Callable[[Path], Iterator[dict[str, Any]]]]] = {
    ".parquet": _parquet,
    ".jsonl": _jsonl,
    ".json": _json_rows,
    ".csv": _csv,
}


def _cell(row: dict[str, Any], names: tuple[str, ...], where: str) -> Any:
    for name in names:
        if row.get(name) is not None:
            return row[name]
    raise Unavailable(f"{where}: no column {' or '.join(names)}, but {', '.join(row) or 'none'}")


def _list(cell: Any, where: str) -> tuple[str, ...]:
    listed = _json(cell, where) if isinstance(cell, str) else cell
    if not isinstance(listed, list):
        raise Unavailable(f"{where}: not a list, as JSON, of keywords: {str(cell)[:60]}")
    return tuple(map(str, listed))


def _sound(folder: Path, cell: Any, where: str) -> Callable[[], Samples]:
    data = cell.get("bytes") if isinstance(cell, dict) else None
    if data is not None:
        return lambda: _decoded(data)
    name = str(cell.get("path") if isinstance(cell, dict) else cell)
    for path in (folder / name, folder / "audio" / Path(name).name):
        if path.is_file():
            return lambda: read_sound_file(path)
    raise Unavailable(f"{where}: there is no file {name} in {folder} or {folder / 'audio'}")


def _decoded(data: bytes) -> Samples:
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return read_sound_file(Path(file.name))
