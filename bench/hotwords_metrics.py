"""How right a text is, as the literature on contextual biasing counts it. Pure.

- **B-WER** and **U-WER** (Le et al., "Contextualized Streaming End-to-End Speech Recognition with
  Trie-Based Deep Biasing and Shallow Fusion", 2021): the word error rate on the words of the
  biasing list that are in the utterance, and on all others. A word that was added counts as its own
  kind.
- **Precision, recall, F** of terms (Contextual Earnings-22, arXiv 2604.07354, section 3): a term is
  a hit where it is aligned with itself, a miss where it was said and is not, and false where it is
  written and was not said there.
"""

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass

Words = Callable[[str], list[str]]
Pairs = list[tuple[int | None, int | None]]
"""Indices of a word that was said and of the word that was heard for it; None where one lacks."""


@dataclass(frozen=True, slots=True)
class Errors:
    """Words that were said, and how many are wrong, missing or added."""

    words: int = 0
    wrong: int = 0

    def __add__(self, other: "Errors") -> "Errors":
        return Errors(self.words + other.words, self.wrong + other.wrong)

    @property
    def rate(self) -> float | None:
        """Per cent; None if no word was said."""
        return 100 * self.wrong / self.words if self.words else None


@dataclass(frozen=True, slots=True)
class Found:
    """What became of the terms."""

    hits: int = 0
    misses: int = 0
    false: int = 0

    def __add__(self, other: "Found") -> "Found":
        return Found(self.hits + other.hits, self.misses + other.misses, self.false + other.false)

    @property
    def precision(self) -> float | None:
        """0 to 1; None if no term was written."""
        return _share(self.hits, self.hits + self.false)

    @property
    def recall(self) -> float | None:
        """0 to 1; None if no term was said."""
        return _share(self.hits, self.hits + self.misses)

    @property
    def f(self) -> float | None:
        """The harmonic mean of both, 0 to 1; None if no term was said or written."""
        return _share(2 * self.hits, 2 * self.hits + self.misses + self.false)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was made of some utterances."""

    biased: Errors = Errors()
    """Of B-WER."""
    unbiased: Errors = Errors()
    """Of U-WER."""
    found: Found = Found()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.biased + other.biased, self.unbiased + other.unbiased, self.found + other.found
        )

    @property
    def all(self) -> Errors:
        """Of WER."""
        return self.biased + self.unbiased


def words(text: str) -> list[str]:
    """The words in small letters, without signs; an apostrophe divides, as in Contextual
    Earnings-22."""
    return re.findall(r"[^\W_]+", text.lower())


def tally(
    said: str,
    heard: str,
    terms: Collection[str],
    biased: Collection[str],
    *,
    nested: bool = False,
    split: Words = words,
) -> Tally:
    """Of one utterance. `terms` are those that the engine was given, `biased` those whose words
    count for B-WER. `nested` says whether a term counts inside a longer one, too ("Claude" in
    "Claude Code")."""
    one, other = split(said), split(heard)
    pairs = align(one, other)
    kinds = {word for term in biased for word in split(term)}
    apart = {True: Errors(), False: Errors()}
    for at, to in pairs:
        word = other[to] if at is None else one[at]  # type: ignore[index] # one of both is there
        right = at is not None and to is not None and one[at] == other[to]
        apart[word in kinds] += Errors(int(at is not None), int(not right))
    listed = list(dict.fromkeys(tuple(split(term)) for term in terms))
    return Tally(apart[True], apart[False], _found(one, other, pairs, listed, nested=nested))


def align(said: Sequence[str], heard: Sequence[str]) -> Pairs:
    """The cheapest alignment of words, where a wrong word costs 4 and a missing or added one 3: the
    costs, and the choice among equals, of Le et al. and of sclite."""
    costs = [[3 * at for at in range(len(heard) + 1)]]
    for row, word in enumerate(said, start=1):
        above, line = costs[-1], [3 * row]
        for column, other in enumerate(heard):
            change = above[column] + (0 if word == other else 4)
            line.append(min(change, line[column] + 3, above[column + 1] + 3))
        costs.append(line)
    pairs: Pairs = []
    row, column = len(said), len(heard)
    while row or column:
        cost = costs[row][column]
        if row and column:
            same = said[row - 1] == heard[column - 1]
            if cost == costs[row - 1][column - 1] + (0 if same else 4):
                row, column = row - 1, column - 1
                pairs.append((row, column))
                continue
        if column and cost == costs[row][column - 1] + 3:
            column -= 1
            pairs.append((None, column))
        else:
            row -= 1
            pairs.append((row, None))
    return pairs[::-1]


def _found(
    one: list[str], other: list[str], pairs: Pairs, terms: list[tuple[str, ...]], *, nested: bool
) -> Found:
    to = {at: place for at, place in pairs if at is not None and place is not None}
    claimed = set(_occurrences(other, terms, nested=nested))
    said = list(_occurrences(one, terms, nested=nested))
    hits = 0
    for at, term in said:
        places = [to.get(at + number) for number in range(len(term))]
        first = places[0]
        if first is None or places != list(range(first, first + len(term))):
            continue
        if (first, term) in claimed:
            claimed.remove((first, term))
            hits += 1
    return Found(hits, len(said) - hits, len(claimed))


def _occurrences(
    text: list[str], terms: list[tuple[str, ...]], *, nested: bool
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Where each term is: from the left, without overlaps; the longest come first."""
    listed = set(terms)
    sizes = sorted({len(term) for term in terms if term}, reverse=True)
    taken: dict[tuple[str, ...] | None, set[int]] = {}
    for size in sizes:
        for at in range(len(text) - size + 1):
            term, places = tuple(text[at : at + size]), range(at, at + size)
            own = taken.setdefault(term if nested else None, set())
            if term in listed and own.isdisjoint(places):
                own.update(places)
                yield at, term


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
