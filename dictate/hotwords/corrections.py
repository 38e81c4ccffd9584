"""What the user changed in a text: the wrong words and the right ones. Pure."""

from dataclasses import dataclass

from dictate.hotwords.spoken_words import Words
from dictate.word_alignment import aligned

_SENTENCE_ENDS = (".", "!", "?", ":", "\n")


@dataclass(frozen=True, slots=True)
class Correction:
    """Words of the text that the user replaced by others."""

    wrong: str
    """Empty if words were added."""
    right: str
    """Empty if words were removed."""
    not_said: str = ""
    """A hotword in the wrong words that is not in the right ones; empty if there is none."""

    @property
    def teaches(self) -> bool:
        """Whether something could be learned from it. Ordinary words in the place of a hotword only
        say that it was wrong there."""
        return bool(self.wrong and self.right and not (self.not_said and self.right.islower()))


def corrections(written: str, corrected: str) -> list[Correction]:
    """The changed words, from left to right. Signs of the sentence do not count, and neither does
    the letter case of a word alone that begins a sentence in either text."""
    one, other = Words.of(written), Words.of(corrected)
    # With letter case: "cloud code" for "Claude Code" is one mistake of two words.
    exact = [one_by_one(one), one_by_one(other)]
    found = []
    for equal, a, b, c, d in aligned(*exact):
        if equal or (one.keys[a:b] == other.keys[c:d] and _begins(one, a, b, other, c)):
            continue
        found.append(Correction(_on_one_line(one.text(a, b)), _on_one_line(other.text(c, d))))
    return found


def replaced(written: str, wrong: str, right: str) -> str | None:
    """The text with the right words in place of the wrong ones, wherever they stand as whole words;
    None if they do not stand there."""
    words, sought = Words.of(written), Words.of(wrong).keys
    spans = word_spans(written, words)
    size, at, done, result = len(sought), 0, 0, ""
    while size and at + size <= len(words.keys):
        if words.keys[at : at + size] == sought:
            before = written[done : spans[at][0]]
            done = spans[at + size - 1][1]
            # Words that are taken out take the space before them along.
            result += before + right if right else before.rstrip(" ")
            at += size
        else:
            at += 1
    return f"{result}{written[done:]}".lstrip(" ") if done else None


def word_spans(text: str, words: Words) -> list[tuple[int, int]]:
    """Where each of its words begins and ends in the text, without the signs of the sentence."""
    spans, at = list[tuple[int, int]](), 0
    for number, piece in enumerate(words.pieces):
        at = text.index(piece.strip(), at)
        word = words.text(number, number + 1)
        begin = text.index(word, at)
        spans.append((begin, begin + len(word)))
        at += len(piece.strip())
    return spans


def one_by_one(words: Words) -> list[str]:
    """The words with their letter case, without the signs of the sentence."""
    return [words.text(number, number + 1) for number in range(len(words.keys))]


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _begins(one: Words, a: int, b: int, other: Words, c: int) -> bool:
    """Whether the first of these words begins a sentence, and no other word changed."""
    if one_by_one(one)[a + 1 : b] != one_by_one(other)[c + 1 : c + b - a]:
        return False
    return any(
        at == 0 or words.pieces[at - 1].endswith(_SENTENCE_ENDS)
        for words, at in ((one, a), (other, c))
    )
