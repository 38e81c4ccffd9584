"""The rows of the benchmark: their references, and when each one passes. Pure.

The reference is the engine with which the project began. On a GPU, a row passes if it is at least
as good. Without a GPU the reference means nothing, so the row has a rule of its own, and says so.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from statistics import fmean
from typing import Final

from dictate.translation import N_, _

REFERENCE: Final = "DGX Spark, NeMo 2.8.0rc0"  # untranslated
HOTWORD: Final = "Claude Code"  # untranslated
HARMLESS: Final = "cloud storage"  # untranslated
"""Words that sound like the hotword, and must not be replaced by it."""

# Figures of the reference: the *_S of a clip are its length, the *_MS its time to the text.
LOAD_S: Final = 6.0
LONG_S: Final = 71.0
LONG_MS: Final = 431.0
BOOSTED_S: Final = 11.0
BOOSTED_MS: Final = 346.0
SHORT_S: Final = 2.6
RELEASE_MS: Final = 24.0
MEMORY_GB: Final = 2.49

MAX_WORD_ERRORS: Final = 15.0
"""Maximum word error rate, in per cent."""
MAX_RELEASE_MS: Final = 1000.0
"""Maximum milliseconds from release to text without a GPU: a user does not wait longer before
typing on."""


class Verdict(Enum):
    """The result of a row."""

    PASS = "PASS"
    FAIL = "FAIL"
    SKIP = "SKIP"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table. The JSON has the same names."""

    name: str
    verdict: Verdict
    why: str
    """The rule that decided, or why it could not be measured."""
    figure: float | None = None
    unit: str = ""
    reference: float | None = None
    """In the same unit; None if the reference has no such figure."""
    saw: tuple[str, ...] = ()
    """Details, one line each."""


LOADS: Final = N_("model loads")
TRANSCRIPTION: Final = N_("basic transcription")
BOOSTING: Final = N_("boosting configuration")
REPAIRED: Final = N_("hotword repaired")
HARM: Final = N_("hotword harms nothing")
LONG: Final = N_("latency, 71 s clip")
BOOSTED: Final = N_("latency, 11 s boosted clip")
RELEASE: Final = N_("release to final, 2.6 s")
CHUNK: Final = N_("streaming chunk")
MEMORY: Final = N_("memory")
SHORT: Final = N_("short audio gives nothing")
SILENCE: Final = N_("silence gives nothing")
NOISE: Final = N_("quiet noise gives nothing")


def on_gpu(device: str) -> bool:
    """Whether the device, as the engine names it, can be compared with the reference."""
    return device.partition(",")[0].lower() not in ("", "cpu")


def skipped(name: str, reason: str) -> Row:
    """A row that could not be measured."""
    return Row(name, Verdict.SKIP, reason)


def failed(name: str, reason: str) -> Row:
    """A row without a figure, because the engine gave no answer."""
    return Row(name, Verdict.FAIL, reason)


def loads(seconds: float, *, gpu: bool, saw: tuple[str, ...] = ()) -> Row:
    """The time in which the model loaded."""
    passes, why = _judged(seconds, LOAD_S, "s", gpu=gpu, alone=True, rule=_("it loads"))
    return Row(LOADS, passes, why, round(seconds, 2), "s", LOAD_S, saw)


def transcription(pairs: Sequence[tuple[str, str]]) -> Row:
    """Reference text and transcript of each sentence, without hotwords."""
    counts = [word_errors(said, heard) for said, heard in pairs]
    wrong, words = (sum(column) for column in zip(*counts, strict=True))
    figure = 100.0 * wrong / max(words, 1)
    worst = max(zip(counts, pairs, strict=True), key=lambda one: one[0][0])
    saw = [
        _("{wrong} of {words} words wrong, missing or added, in {count} sentences").format(
            wrong=wrong, words=words, count=len(counts)
        )
    ]
    if worst[0][0]:
        saw.append(
            _("the worst: said {said!r}, heard {heard!r}").format(
                said=worst[1][0], heard=worst[1][1]
            )
        )
    return Row(
        TRANSCRIPTION,
        _verdict(figure <= MAX_WORD_ERRORS),
        _("passes with at most {max_word_errors:g} % word errors").format(
            max_word_errors=MAX_WORD_ERRORS
        ),
        round(figure, 1),
        _("% word errors"),
        saw=tuple(saw),
    )


def boosting(milliseconds: float, unusable: Sequence[str], hotwords_as: str) -> Row:
    """The time in which the engine prepared the list, and one line for each term that it cannot
    use."""
    return Row(
        BOOSTING,
        _verdict(not any(HOTWORD in line for line in unusable)),
        _("passes if the engine accepts the list and can use {hotword}").format(hotword=HOTWORD),
        round(milliseconds, 1),
        "ms",
        saw=(
            _("the engine takes hotwords as {hotwords_as}").format(hotwords_as=hotwords_as),
            *(_("unusable: {term}").format(term=line) for line in unusable),
        ),
    )


def repaired(sentences: Sequence[tuple[str, str, str]]) -> Row:
    """Sentences that contain the hotword: reference text, transcript without boosting it, and
    transcript with boosting."""
    good = sum(HOTWORD in heard for __, __, heard in sentences)
    saw = []
    for said, without, heard in sentences:
        saw += _compared(said, without, heard)
    return Row(
        REPAIRED,
        _verdict(good == len(sentences)),
        _("passes if every transcript contains {hotword}").format(hotword=HOTWORD),
        good,
        _("of {count} sentences").format(count=len(sentences)),
        saw=tuple(saw),
    )


def _compared(said: str, without: str, heard: str) -> list[str]:
    return [
        _("said: {text}").format(text=said),
        _("without: {text}").format(text=without),
        _("with: {text}").format(text=heard),
    ]


def harm(sentences: Sequence[tuple[str, str, str]]) -> Row:
    """Sentences that contain something similar: reference text, transcript without boosting the
    hotword, and transcript with boosting."""
    saw = []
    changed = 0
    for said, without, heard in sentences:
        if without != heard or HOTWORD in heard:
            changed += 1
            saw += _compared(said, without, heard)
        else:
            saw.append(_("unchanged: {text}").format(text=heard))
    return Row(
        HARM,
        _verdict(changed == 0),
        _("passes if the hotword changes no sentence"),
        changed,
        _("of {count} sentences changed").format(count=len(sentences)),
        saw=tuple(saw),
    )


def clip(name: str, runs_ms: Sequence[float], audio_s: float, *, gpu: bool, note: str = "") -> Row:
    """A clip that was fed at once: the milliseconds to its text, for each run."""
    reference = {LONG: LONG_MS, BOOSTED: BOOSTED_MS}[name]
    figure = fmean(runs_ms)
    rtf = figure / 1000 / audio_s
    passes, why = _judged(figure, reference, "ms", gpu=gpu, alone=rtf < 1, rule="RTF < 1")
    of_reference = reference / 1000 / (LONG_S if name == LONG else BOOSTED_S)
    saw = [
        _(
            "RTF {rtf:.4f} (reference {of_reference:.4f}); average of {count}, {min:.0f} to "
            "{max:.0f} ms"
        ).format(
            rtf=rtf,
            of_reference=of_reference,
            count=len(runs_ms),
            min=min(runs_ms),
            max=max(runs_ms),
        )
    ]
    if note:
        saw.append(note)
    return Row(name, passes, why, round(figure, 1), "ms", reference, tuple(saw))


def release(runs_ms: Sequence[float], *, gpu: bool) -> Row:
    """An utterance that was fed in real time: the milliseconds from its last sound to its text, for
    each run."""
    p50, p95, p99 = (percentile(runs_ms, share) for share in (50, 95, 99))
    rule = _("the median is under {max_release_ms:g} s").format(
        max_release_ms=MAX_RELEASE_MS / 1000
    )
    alone = p50 < MAX_RELEASE_MS
    passes, why = _judged(p50, RELEASE_MS, "ms", gpu=gpu, alone=alone, rule=rule)
    saw = _("p50 {p50:.1f} ms, p95 {p95:.1f} ms, p99 {p99:.1f} ms, of {count} utterances").format(
        p50=p50, p95=p95, p99=p99, count=len(runs_ms)
    )
    return Row(RELEASE, passes, why, round(p50, 1), _("ms (median)"), RELEASE_MS, (saw,))


def chunk(step_ms: float, chunk_ms: int) -> Row:
    """The median time that the engine works on a chunk, and the length of a chunk."""
    if step_ms <= 0 or chunk_ms <= 0:
        return skipped(CHUNK, _("this engine does not stream in chunks, or does not time them"))
    return Row(
        CHUNK,
        _verdict(step_ms < chunk_ms),
        _("passes if a chunk takes less time than it lasts"),
        round(step_ms, 2),
        _("ms (median)"),
        saw=(_("a chunk is {chunk_ms} ms of sound").format(chunk_ms=chunk_ms),),
    )


def memory(device_mb: float, process_mb: float, *, gpu: bool) -> Row:
    """Megabytes on the device (0 if the engine does not report it) and of the engine process."""
    figure_mb = device_mb or process_mb
    if not figure_mb:
        return skipped(MEMORY, _("the engine does not report its memory"))
    gb = figure_mb / 1024
    passes, why = _judged(gb, MEMORY_GB, "GB", gpu=gpu, alone=True, rule=_("the engine reports it"))
    whose = _("on the device") if device_mb else _("the engine process")
    saw = (_("{whose}, once loaded").format(whose=whose),)
    return Row(MEMORY, passes, why, round(gb, 2), "GB", MEMORY_GB, saw)


def nothing(name: str, heard: str) -> Row:
    """Sound without words, and the transcript, which should be empty."""
    return Row(
        name,
        _verdict(not heard),
        _("passes if the transcript is empty"),
        len(heard.split()),
        _("words"),
        saw=(_("heard {heard!r}").format(heard=heard),) if heard else (),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` per cent of them do not exceed."""
    return sorted(values)[max(0, math.ceil(len(values) * share / 100) - 1)]


def word_errors(said: str, heard: str) -> tuple[int, int]:
    """Number of words wrong, missing or added, and of words said. Ignores case and punctuation."""
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
        return _verdict(figure <= reference), _("passes at {reference:g} {unit} or less").format(
            reference=reference, unit=unit
        )
    return _verdict(alone), _("no reference for a CPU: passes if {rule}").format(rule=rule)


def _verdict(passes: bool) -> Verdict:  # noqa: FBT001 - the only argument
    return Verdict.PASS if passes else Verdict.FAIL
