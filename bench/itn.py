"""Which library writes numbers as a careful typist does: right, wrong, left alone, per language.

The sentences are those of tests/lab/spoken_numbers.py: the rules of the text step were made with
the first table, and the second, "later", was written when they were done. `--show NAME` also prints
what a library got wrong. The rivals are installed by hand, NeMo in an environment of its own:
pynini, which it needs, changes how damga runs.
"""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from importlib import import_module

from bench.figures import machine, percentile, table
from tests.lab.spoken_numbers import LATER, SENTENCES

Rewrite = Callable[[str], str]

_SPACE_BEFORE = re.compile(r" (?=[.,]$|, )")
"""Some of them write one before a sign; that is not counted."""


def _dictate(language: str) -> Rewrite:
    polish = import_module("dictate.text").polish
    no_words = import_module("dictate.hotwords.model").Hotwords()
    settings = import_module("dictate.config.schema").TextSettings(numbers=True)
    return lambda text: str(polish(text, no_words, settings, language=language, punctuates=True))


def _damga(language: str) -> Rewrite:
    return import_module("damga").InverseNormalizer(lang=language).normalize  # type: ignore[no-any-return]


def _text2num(language: str) -> Rewrite:
    alpha2digit = import_module("text_to_num").alpha2digit
    return lambda text: str(alpha2digit(text, language))


def _wetext(language: str) -> Rewrite:
    normalizer = import_module("wetext").Normalizer(lang=language, operator="itn")
    normalizer.normalize("a")  # an unknown language shows at the first text
    return normalizer.normalize  # type: ignore[no-any-return]


def _itntext(language: str) -> Rewrite:
    return import_module("itntext").Normalizer(lang=language, operator="itn").normalize  # type: ignore[no-any-return]


def _nemo(language: str) -> Rewrite:
    module = import_module("nemo_text_processing.inverse_text_normalization.inverse_normalize")
    normalizer = module.InverseNormalizer(lang=language, input_case="cased")
    return lambda text: str(normalizer.inverse_normalize(text, verbose=False))


LIBRARIES: dict[str, tuple[str, Callable[[str], Rewrite]]] = {
    "dictate": ("rapidfuzz", _dictate),
    "damga": ("damga", _damga),
    "itntext": ("itntext", _itntext),
    "nemo_text_processing": ("nemo_text_processing", _nemo),
    "text2num": ("text_to_num", _text2num),
    "wetext": ("wetext", _wetext),
}
"""Each library with a module that it needs, and what makes its function for a language. "dictate"
is the text step, which uses one of them and adds rules of its own."""


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", choices=LIBRARIES, help="print what this one got wrong")
    shown = parser.parse_args().show
    rows = []
    for name, (module, make) in LIBRARIES.items():
        try:
            import_module(module)
        except ImportError:
            print(f"{name} is not installed here")
            continue
        for language in SENTENCES:
            try:
                rewrite = make(language)
            except (KeyError, ValueError, NotImplementedError):
                rows.append([name, language, "no such language"])
                continue
            took_ms: list[float] = []
            first = _counted(rewrite, SENTENCES[language], took_ms, show=name == shown)
            later = _counted(rewrite, LATER[language], took_ms, show=name == shown)
            times = f"{percentile(50, took_ms):.2f} / {percentile(95, took_ms):.2f}"
            rows.append([name, language, first, later, times])
    head = ("", "language", "right / wrong / left alone", "the same, later", "ms p50 / p95")
    print(table(head, rows))
    count = sum(map(len, SENTENCES.values()))
    print(f"{count} sentences, and {sum(map(len, LATER.values()))} later. {machine()}")


def _counted(
    rewrite: Rewrite, sentences: Sequence[tuple[str, ...]], took_ms: list[float], *, show: bool
) -> str:
    right = wrong = left = 0
    for said, *good in sentences:
        start = time.perf_counter()
        written = _SPACE_BEFORE.sub("", rewrite(said))
        took_ms.append((time.perf_counter() - start) * 1000)
        right += written in good
        left += written not in good and written == said
        wrong += written not in good and written != said
        if show and written not in good:
            print(f"{said!r} -> {written!r}")
    return f"{right} / {wrong} / {left}"


if __name__ == "__main__":
    main()
