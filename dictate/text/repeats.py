"""Cuts a phrase that a recognizer repeats without end. Pure.

People repeat themselves, too. So a phrase counts as repeated by the recognizer only if nobody could
have said it that often in the time, or if it is several words long and comes very often.
"""

import re
from collections.abc import Sequence
from typing import Final

LONGEST_UNIT: Final = 24
"""Words of the longest phrase whose repetition is noticed."""
FEWEST: Final = 3
"""Repetitions below which a phrase is never cut."""
SHORTEST: Final = 30
"""Characters that the repetitions must have: less may have been said at once."""
SIGNS_PER_S: Final = 30
"""Characters per second that nobody speaks; fast talkers reach 25."""
MOST_PLACES: Final = 100_000
"""Maximum number of words at which a repetition is looked for: no dictation has more, and a broken
engine must not stop the event loop for seconds. All that one phrase repeats is one place."""
WIDE: Final = 3
"""Characters that one of Chinese, Japanese, Korean or Thai counts for: each is a syllable."""

_WIDE_SIGNS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
)
_WORD = re.compile(rf"[{_WIDE_SIGNS}]|[^\W_{_WIDE_SIGNS}]+(?:['\u2019][^\W_]+)*")


def unrepeated(text: str, audio_s: float) -> str:
    """`text`, recognized from `audio_s` seconds of sound, with one occurrence of each phrase that
    is repeated without end. 0 seconds means that the length is unknown."""
    spans = [match.span() for match in _WORD.finditer(text)]
    words = [text[start:stop].casefold() for start, stop in spans]
    length = _length(text)
    kept: list[str] = []
    later = _later(words)
    done = at = 0
    for _ in range(MOST_PLACES):
        if at >= len(words):
            break
        size, times = _loop(words, later, at)
        if times >= FEWEST:
            end = at + size * times
            start, stop = spans[at][0], spans[end - 1][1]
            repeated = _length(text[start:stop])
            left_s = max(0.0, audio_s - (length - repeated) / SIGNS_PER_S)
            if _too_often(words[at : at + size], times) or (
                audio_s and repeated > max(SHORTEST, SIGNS_PER_S * left_s)
            ):
                if len(words) - end < size and words[end:] == words[at : at + len(words) - end]:
                    stop = spans[-1][1]  # the last repetition was cut short
                    end = len(words)
                kept.append(text[done : spans[at + size - 1][1]])
                done = stop
            at = end
        else:
            at += 1
    return "".join(kept) + text[done:]


def _later(words: Sequence[str]) -> list[int]:
    """The place at which each word comes again; the end if it does not."""
    seen: dict[str, int] = {}
    later = [len(words)] * len(words)
    for at in range(len(words) - 1, -1, -1):
        later[at] = seen.get(words[at], len(words))
        seen[words[at]] = at
    return later


def _loop(words: Sequence[str], later: Sequence[int], at: int) -> tuple[int, int]:
    """The size of the phrase at this word, and how often it comes in a row."""
    largest = min(LONGEST_UNIT, (len(words) - at) // 2)
    again = later[at]
    while (size := again - at) <= largest:
        again = later[again]
        times = 1
        end = at + size
        while words[end] == words[at] and words[end : end + size] == words[at : at + size]:
            times += 1
            end += size
            if end + size > len(words):
                break
        if times >= FEWEST:
            return size, times
    return 1, 1


def _too_often(phrase: Sequence[str], times: int) -> bool:
    """Whether nobody says this phrase so often in a row, however slowly. Numbers may repeat."""
    if len(phrase) < 2 or _length("".join(phrase)) < 8 or all(map(str.isdigit, phrase)):
        return False
    return times >= (12 if len(phrase) == 2 else 8)


def _length(text: str) -> int:
    return len(text) + (WIDE - 1) * len(re.findall(f"[{_WIDE_SIGNS}]", text))
