"""The table: what each row measures itself against, and when it passes. No clock, no sound.

The reference is the first engine we believed in: on a GPU a row passes where it is at least as
good. Without a GPU the reference says nothing, so a row has a rule of its own there, and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean
from typing import Final

REFERENCE: Final = "DGX Spark, NeMo 2.8.0rc0"
HOTWORD: Final = "Claude Code"
HARMLESS: Final = "cloud storage"
"""What sounds like the hotword and must stay as it is."""

LOAD_S: Final = 6.0
LONG_S: Final = 71.0
LONG_MS: Final = 431.0
BOOSTED_S: Final = 11.0
BOOSTED_MS: Final = 346.0
SHORT_S: Final = 2.6
RELEASE_MS: Final = 24.0
MEMORY_GB: Final = 2.49

MOST_WORD_ERRORS: Final = 15.0
"""Per cent."""
SLOWEST_RELEASE_MS: Final = 1000.0
"""Without a GPU: who waits longer than this for the text has gone on typing."""


class Verdict(Enum):
    """What became of a row."""

    PASS = "PASS"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table; these are the names in the JSON."""

    name: str
    verdict: Verdict
    why: str
    """The rule it was judged by, or why it could not be measured."""
    figure: float | None = None
    unit: str = ""
    reference: float | None = None
    """In the same unit; None where the reference has no such figure."""
    saw: tuple[str, ...] = ()
    """What else was seen, a line each."""


LOADS: Final = "model loads"
TRANSCRIPTION: Final = "basic transcription"
BOOSTING: Final = "boosting configuration"
REPAIRED: Final = "hotword repaired"
HARM: Final = "hotword harms nothing"
LONG: Final = "latency, 71 s clip"
BOOSTED: Final = "latency, 11 s boosted clip"
RELEASE: Final = "release to final, 2.6 s"
CHUNK: Final = "streaming chunk"
MEMORY: Final = "memory"
SHORT: Final = "short audio gives nothing"
SILENCE: Final = "silence gives nothing"
NOISE: Final = "quiet noise gives nothing"


def on_gpu(device: str) -> bool:
    """Whether the device, as the engine names it, can be held against the reference."""
    return device.lower() not in ("", "cpu")


def skipped(name: str, reason: str) -> Row:
    """A row that could not be measured."""
    return Row(name, Verdict.SKIP, reason)


def failed(name: str, reason: str) -> Row:
    """A row whose measurement came to nothing, as the engine gave no answer."""
    return Row(name, Verdict.FAIL, reason)


def loads(seconds: float, *, gpu: bool, saw: tuple[str, ...] = ()) -> Row:
    """The model was loaded in so many seconds."""
    passes, why = _judged(seconds, LOAD_S, "s", gpu=gpu, alone=True, rule="it loads")
    return Row(LOADS, passes, why, round(seconds, 2), "s", LOAD_S, saw)


def transcription(said_heard: Sequence[tuple[str, str]]) -> Row:
    """What was said and what was heard, sentence by sentence, without hotwords."""
    counts = [word_errors(said, heard) for said, heard in said_heard]
    wrong, words = (sum(column) for column in zip(*counts, strict=True))
    figure = 100.0 * wrong / max(words, 1)
    worst = max(zip(counts, said_heard, strict=True), key=lambda one: one[0][0])
    saw = [f"{wrong} of {words} words wrong, missing or added, in {len(counts)} sentences"]
    if worst[0][0]:
        saw.append(f"the worst: said {worst[1][0]!r}, heard {worst[1][1]!r}")
    return Row(
        TRANSCRIPTION,
        _verdict(figure <= MOST_WORD_ERRORS),
        f"passes with at most {MOST_WORD_ERRORS:g} % word errors",
        round(figure, 1),
        "% word errors",
        saw=tuple(saw),
    )


def boosting(milliseconds: float, unusable: Sequence[str], hotwords_as: str) -> Row:
    """The list was taken in, in so long; a line for each term of it that cannot be used."""
    return Row(
        BOOSTING,
        _verdict(not any(HOTWORD in line for line in unusable)),
        f"passes when the list is taken in and {HOTWORD} can be used",
        round(milliseconds, 1),
        "ms",
        saw=(f"hotwords reach it as {hotwords_as}", *(f"unusable: {line}" for line in unusable)),
    )


def repaired(said_without_with: Sequence[tuple[str, str, str]]) -> Row:
    """Sentences with the hotword in them: as said, as heard without it and with it."""
    good = sum(HOTWORD in heard for _, _, heard in said_without_with)
    saw = []
    for said, without, heard in said_without_with:
        saw += [f"said: {said}", f"without: {without}", f"with: {heard}"]
    return Row(
        REPAIRED,
        _verdict(good == len(said_without_with)),
        f"passes when every sentence comes out with {HOTWORD}",
        good,
        f"of {len(said_without_with)} sentences",
        saw=tuple(saw),
    )


def harm(said_without_with: Sequence[tuple[str, str, str]]) -> Row:
    """Sentences with something alike in them: as said, as heard without the hotword and with it."""
    saw = []
    changed = 0
    for said, without, heard in said_without_with:
        if without != heard or HOTWORD in heard:
            changed += 1
            saw += [f"said: {said}", f"without: {without}", f"with: {heard}"]
        else:
            saw.append(f"unchanged: {heard}")
    return Row(
        HARM,
        _verdict(changed == 0),
        "passes when every sentence stays as it is without the hotword",
        changed,
        f"of {len(said_without_with)} sentences changed",
        saw=tuple(saw),
    )


def clip(name: str, runs_ms: Sequence[float], audio_s: float, *, gpu: bool, note: str = "") -> Row:
    """A clip whose sound was fed at once, and the milliseconds to its text, for each run."""
    reference = {LONG: LONG_MS, BOOSTED: BOOSTED_MS}[name]
    figure = fmean(runs_ms)
    rtf = figure / 1000 / audio_s
    passes, why = _judged(figure, reference, "ms", gpu=gpu, alone=rtf < 1, rule="RTF < 1")
    of_reference = reference / 1000 / (LONG_S if name == LONG else BOOSTED_S)
    saw = [
        f"RTF {rtf:.4f} (reference {of_reference:.4f}); average of {len(runs_ms)},"
        f" {min(runs_ms):.0f} to {max(runs_ms):.0f} ms"
    ]
    if note:
        saw.append(note)
    return Row(name, passes, why, round(figure, 1), "ms", reference, tuple(saw))


def release(runs_ms: Sequence[float], *, gpu: bool) -> Row:
    """From the last sound of an utterance fed in real time to its text, for each run."""
    p50, p95, p99 = (percentile(runs_ms, share) for share in (50, 95, 99))
    rule = f"the median is under {SLOWEST_RELEASE_MS / 1000:g} s"
    alone = p50 < SLOWEST_RELEASE_MS
    passes, why = _judged(p50, RELEASE_MS, "ms", gpu=gpu, alone=alone, rule=rule)
    saw = f"p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, of {len(runs_ms)} utterances"
    return Row(RELEASE, passes, why, round(p50, 1), "ms (median)", RELEASE_MS, (saw,))


def chunk(step_ms: float, chunk_ms: int) -> Row:
    """So much work for a chunk of so much sound."""
    if step_ms <= 0 or chunk_ms <= 0:
        return skipped(CHUNK, "this engine does not work in chunks, or does not time them")
    return Row(
        CHUNK,
        _verdict(step_ms < chunk_ms),
        "passes when a chunk takes less time than it lasts",
        round(step_ms, 2),
        "ms (median)",
        saw=(f"a chunk is {chunk_ms} ms of sound",),
    )


def memory(device_mb: float, process_mb: float, *, gpu: bool) -> Row:
    """Megabytes on the device, 0 if the engine does not say, and of the engine process."""
    figure_mb = device_mb or process_mb
    if not figure_mb:
        return skipped(MEMORY, "the engine does not say how much memory it takes")
    gb = figure_mb / 1024
    passes, why = _judged(gb, MEMORY_GB, "GB", gpu=gpu, alone=True, rule="the engine says it")
    whose = "on the device" if device_mb else "the engine process"
    saw = (f"{whose}, once loaded",)
    return Row(MEMORY, passes, why, round(gb, 2), "GB", MEMORY_GB, saw)


def nothing(name: str, heard: str) -> Row:
    """Sound in which nothing was said, and what was heard all the same."""
    return Row(
        name,
        _verdict(not heard),
        "passes when no text comes out",
        len(heard.split()),
        "words",
        saw=(f"heard {heard!r}",) if heard else (),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` per cent of them do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Words wrong, missing or added, and words said; letter case and signs do not count."""
    one, other = _words(said), _words(heard)
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, start=1):
        above, row = row, [i, *row[1:]]
        for j, candidate in enumerate(other, start=1):
            row[j] = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != candidate))
    return row[-1], len(one)


def _words(text: str) -> list[str]:
    return "".join(c for c in text.lower() if c.isalnum() or c in " '").split()


def _judged(
    figure: float, reference: float, unit: str, *, gpu: bool, alone: bool, rule: str
) -> tuple[Verdict, str]:
    if gpu:
        return _verdict(figure <= reference), f"passes at {reference:g} {unit} or less"
    return _verdict(alone), f"no reference for a CPU: passes when {rule}"


def _verdict(passes: bool) -> Verdict:  # noqa: FBT001 - it is the question
    return Verdict.PASS if passes else Verdict.FAIL
