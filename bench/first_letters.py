"""How often the first letter of a text is right in mid-sentence, and what fitting a text in costs.

    python -m bench.first_letters [SENTENCES]

The sentences are those of the translated messages that this machine's programs have, so they are
the language of software, not of speech. A first word is ordinary if it is small four times as often
as not where it stands in the middle of others, and a name or a noun if it is the other way round;
all others do not count. English is measured on the messages that have translations. Of speech there
is a model of English word pairs: the share of the beginnings that the list knows.
"""

import gettext
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from math import exp
from pathlib import Path

from bench.figures import machine, percentile, table
from dictate.phonetics.dictionary import entries, word_pairs
from dictate.text.first_words import FIRST_WORDS
from dictate.text.fit import fit

MESSAGES = Path("/usr/share/locale")
WORD = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)*")
PLAIN = re.compile(r"[^\W\d_][^\W\d_'\u2019]*[ ,'\u2019][^%<>{}=\\_|]*$")
BEFORE = "5 + 5, "
FEWEST = 3
"""Occurrences in the middle of sentences from which on a word counts."""


def sentences(language: str) -> list[str]:
    """All of them, in an order of their own."""
    translated = "de" if language == "en" else language
    found = set()
    for path in sorted(MESSAGES.glob(f"{translated}/LC_MESSAGES/*.mo")):
        catalog: dict[object, str] = {}
        with path.open("rb") as file, suppress(UnicodeDecodeError, OSError):  # some are broken
            catalog = vars(gettext.GNUTranslations(file))["_catalog"]
        for key, text in catalog.items():
            message = (key[0] if isinstance(key, tuple) else key) if language == "en" else text
            found.update(re.split(r"(?<=[.!?])\s+|\n\n", str(message)))
    return sorted(" ".join(each.split()) for each in found)


def ordinary(texts: list[str]) -> dict[str, bool]:
    """Whether a word is ordinary, for those of which that is clear."""
    small, capital = Counter[str](), Counter[str]()
    for text in texts:
        for word in WORD.findall(text)[1:]:
            (small if word.islower() else capital)[word.lower()] += 1
    return {
        word: small[word] > capital[word]
        for word in small.keys() | capital.keys()
        if small[word] + capital[word] >= FEWEST
        and max(small[word], capital[word]) >= 4 * min(small[word], capital[word])
    }


def rows(language: str, wanted: int, times: list[float]) -> Iterator[str]:
    """The cells of a language."""
    texts = sentences(language)
    known = ordinary(texts)
    random.seed(2)
    random.shuffle(texts)
    counts = Counter[tuple[bool, bool]]()
    for text in texts:
        words = WORD.findall(text)
        if len(words) < 4 or not text[0].isupper() or not PLAIN.match(text):
            continue
        if (truth := known.get(words[0].lower())) is None:
            continue
        began = time.perf_counter()
        written = fit(BEFORE, text, "", language)
        times.append((time.perf_counter() - began) * 1000)
        counts[truth, written[0].islower()] += 1
        if counts.total() == wanted:
            break
    yield language
    for case in ((True, True), (True, False), (False, False), (False, True)):
        yield str(counts[case])


def beginnings() -> float:
    """The share of the beginnings in the model of English that the list knows, "I" included."""
    pairs, words = word_pairs(), FIRST_WORDS["en"]
    known, total = 0.0, 0.0
    for word in {entry.partition("(")[0] for entry in entries()}:
        if (share := pairs.after(word, "<s>")) is not None:
            total += exp(share)
            first = word.partition("'")[0]
            if first == "i" or {word, first} & (words.always | words.in_no_name):
                known += exp(share)
    return known / total


def main() -> None:
    """Print one table."""
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    times: list[float] = []
    cells = [list(rows(language, wanted, times)) for language in sorted(FIRST_WORDS)]
    head = ("language", "made small", "left with a capital", "name or noun, kept", "made small")
    print(f"{machine()}\n\n{table(head, cells)}")
    print(f"Beginnings in spoken English that the list knows: {beginnings():.1%}.")
    p50, p95 = percentile(50, times), percentile(95, times)
    print(f"Fitting in one sentence: p50 {p50:.2f} ms, p95 {p95:.2f} ms, max {max(times):.2f} ms.")


if __name__ == "__main__":
    main()
