"""`dictate models`: lists, downloads, checks and removes speech models.

Results go to stdout, progress and problems to stderr.
"""

import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from dictate import console
from dictate.errors import EngineError, Unavailable
from dictate.models import downloader, store
from dictate.models.catalogue import CATALOGUE, Model, named
from dictate.models.speed import REAL_TIME_RTF, describe_speed
from dictate.models.store import InstalledModel, ModelFile
from dictate.translation import _


def show(*, as_json: bool) -> int:
    """List the models, and how much of each is downloaded."""
    rows = [(model, *_look(model)) for model in CATALOGUE.values()]
    if as_json:
        console.as_json([_facts(*row) for row in rows])
    else:
        console.line("\n".join(_lines(*row) for row in rows))
    return 0


def download(name: str) -> int:
    """Download the model called `name`; 130 if interrupted. Raises what `downloader` raises."""
    model = named(name)
    console.error(
        _("{title} ({size:.2f} GB), under the {licence}:").format(
            title=model.title, size=model.size / 1000000000.0, licence=model.licence
        )
    )
    console.error(model.licence_url)
    try:
        with _bar(model) as on_progress:
            found = downloader.download(model, on_progress)
    except KeyboardInterrupt:
        console.error(
            _("Interrupted; to continue: dictate models download {name}").format(name=model.name)
        )
        return 130
    console.line(f"{found.path}: {_checked(found)}")
    return 0


def verify(name: str | None) -> int:
    """Hash one model, or all that are downloaded; 1 if one does not have its checksum.

    Raises Unavailable if `name` is unknown, or not downloaded.
    """
    if name is not None:
        here = [store.find(name, trusted=False, engine=named(name).engine)]
        problems = []
    else:
        looks = [_look(model) for model in CATALOGUE.values()]
        here = [found for found, __ in looks if found is not None]
        problems = [problem for __, problem in looks if problem]
    if not here and not problems:
        console.error(_("No model is downloaded."))
    for found in here:
        try:
            with store.opened(found):
                console.line(f"{found.name}: {_checked(found)}")
        except EngineError as error:
            problems.append(str(error))
    for problem in problems:
        console.error(_("dictate: {problem}").format(problem=problem))
    return 1 if problems else 0


def remove(name: str) -> int:
    """Delete the model called `name`, complete or in part. Raises Unavailable."""
    model = named(name)
    files = [model.path, model.record_path]
    files += model.path.parent.glob(f"{name}.*.part")
    there = [path for path in files if path.exists() or path.is_symlink()]
    if not there:
        raise Unavailable(
            _("the model {name} is not downloaded: there is nothing to remove").format(
                name=model.name
            )
        )
    for path in there:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError as error:
            raise Unavailable(
                _("{path} cannot be removed: {error}").format(path=path, error=error.strerror)
            ) from error
    console.line(_("{name} is removed.").format(name=model.name))
    return 0


def _look(model: Model) -> tuple[ModelFile | None, str]:
    """The downloaded model, and the reason why it cannot be used."""
    try:
        return store.installed(model), ""
    except Unavailable as error:
        return None, str(error)


def _facts(model: Model, found: ModelFile | None, problem: str) -> dict[str, object]:
    return {
        "name": model.name,
        "title": model.title,
        "languages": model.languages,
        "engine": model.engine,
        "runs_on": model.runs_on,
        "word_errors": model.word_errors,
        "word_errors_of": model.word_errors_of or None,
        "licence": model.licence,
        "licence_url": model.licence_url,
        "chunks_ms": model.chunks_ms,
        "size": model.size,
        "repository": model.repository,
        "revision": model.revision,
        "installed": found is not None,
        "problem": problem or None,
        "path": str(found.path) if found else None,
        "sha256": found.sha256 if found else model.sha256,
        "sha256_from": found.source if found else None,
        "rtf": record.rtf if (record := _measured(model, found)) else None,
        "measured_on": record.device if record else None,
        "real_time": record.rtf <= REAL_TIME_RTF if record else None,
    }


def _measured(model: Model, found: ModelFile | None) -> InstalledModel | None:
    """What is recorded of a model whose speed was measured here."""
    record = store.record_of(model) if found else None
    return record if record and record.rtf else None


def _speed(model: Model, found: ModelFile | None) -> str:
    if model.engine == "aligner":
        return ""
    if (record := _measured(model, found)) is None:
        return _("    on this machine: not measured yet\n")
    return _("    on this machine: {speed}\n").format(
        speed=describe_speed(record.rtf, record.device)
    )


def _lines(model: Model, found: ModelFile | None, problem: str) -> str:
    if found is not None:
        state = _("installed as {path}").format(path=found.path)
    elif problem:
        state = _("cannot be used: {problem}").format(problem=problem)
    elif size := downloader.bytes_here(model):
        state = _("{size:.2f} GB of it are here").format(size=size / 1000000000.0)
    else:
        state = _("not downloaded")
    chunks = (
        _("; chunks of {chunks} ms").format(chunks=", ".join(map(str, model.chunks_ms)))
        if model.chunks_ms
        else ""
    )
    if not chunks and model.engine in ("nemotron", "onnx"):
        chunks = _("; does not stream")
    errors = ""
    if model.word_errors is not None:
        errors = _("    {word_errors:.1f} % of words wrong ({word_errors_of})\n").format(
            word_errors=model.word_errors, word_errors_of=model.word_errors_of
        )
    return (
        f"{model.name}: {state}\n"
        f"    {model.title}: {model.languages}\n"
        f"    {model.size / 1e9:.2f} GB{chunks}; {_purpose(model)}\n"
        f"{errors}{_speed(model, found)}"
        f"    {model.licence}: {model.licence_url}"
    )


def _purpose(model: Model) -> str:
    """What the model is for, and on what."""
    what = (
        "dictate file --words"
        if model.engine == "aligner"
        else _("engine {name}").format(name=model.engine)
    )
    on = _("an NVIDIA card") if model.runs_on == "NVIDIA card" else _("any processor")
    return _("for {what} on {on}").format(what=what, on=on)


def _checked(found: ModelFile) -> str:
    how = _("as converted here") if found.source == store.CONVERTED else _("as published")
    return f"{how} (SHA-256 {found.sha256})"


@contextmanager
def _bar(model: Model) -> Iterator[Callable[[int], None]]:
    """A progress bar on a terminal; without a terminal it shows nothing."""
    columns = [
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    ]
    stderr = Console(stderr=True)
    with Progress(*columns, console=stderr, disable=not sys.stderr.isatty()) as progress:
        tasks: list[TaskID] = []

        def on_progress(size: int) -> None:
            # The bytes of an earlier attempt are not part of the speed.
            if not tasks:
                tasks.append(progress.add_task(model.name, total=model.size, completed=size))
            progress.update(tasks[0], completed=size)

        yield on_progress
