"""How long the text steps take for a sentence: with every option on, and beside it with none.

The sentences are those of the tests on numbers, in four languages, about half of them with numbers.
The word list has 100 terms. The last line is one text of 20,000 characters, which is over 20
minutes of speech: the most that the numbers step looks at.
"""

import argparse
import time

from bench.figures import machine, percentile, table
from dictate.config.schema import TextSettings
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish, prepare
from tests.lab.spoken_numbers import LATER, SENTENCES
from tests.lab.without_numbers import WITHOUT

ON = TextSettings(spoken_punctuation="on", numbers=True, fillers="remove", punctuation="lower")
OFF = TextSettings(spoken_punctuation="off", spoken_newlines=False)
WORDS = Hotwords(terms=tuple(Term(f"Gadget{n} Pro") for n in range(100)))
LONG = 20_000


def sentences() -> list[tuple[str, str]]:
    """Each with its language."""
    said = [(language, row[0]) for language in SENTENCES for row in SENTENCES[language]]
    said += [(language, row[0]) for language in LATER for row in LATER[language]]
    return said + [(language, one) for language in WITHOUT for one in WITHOUT[language]]


def measure(settings: TextSettings, said: list[tuple[str, str]], rounds: int) -> list[float]:
    """Milliseconds of each."""
    prepare(WORDS, settings, {language for language, _ in said})
    took_ms = []
    for _ in range(rounds):
        for language, text in said:
            start = time.perf_counter()
            polish(text, WORDS, settings, language=language, punctuates=True)
            took_ms.append((time.perf_counter() - start) * 1000)
    return took_ms


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="how often each sentence is taken")
    rounds = parser.parse_args().rounds
    said = sentences()
    long = " ".join(text for language, text in said if language == "en")
    long = (long * (LONG // len(long) + 1))[:LONG]
    rows = []
    for name, settings in (("everything on", ON), ("everything off", OFF)):
        took_ms = measure(settings, said, rounds)
        (whole_ms,) = measure(settings, [("en", long)], 1)
        cells = [
            f"{value:.2f}" for value in (*(percentile(q, took_ms) for q in (50, 95)), max(took_ms))
        ]
        rows.append([name, *cells, f"{whole_ms:.0f}"])
    print(table(("", "p50 ms", "p95 ms", "max ms", "20,000 characters ms"), rows))
    print(f"{len(said)} sentences, {rounds} times each. {machine()}")


if __name__ == "__main__":
    main()
