"""How a command line is written in a .desktop file."""

import re
from collections.abc import Iterable


def exec_value(words: Iterable[str]) -> str:
    """The value of Exec that runs these words, as the Desktop Entry Specification quotes them.
    GLib takes no program with a % in its path, however it is quoted."""
    return " ".join(map(_quoted, words))


def _quoted(word: str) -> str:
    word = word.replace("%", "%%")
    if re.fullmatch(r"[\w./%:=-]+", word):
        return word
    quoted = re.sub(r'(["`$\\])', r"\\\1", word)
    # A value is a string first, in which a backslash stands for itself only when doubled.
    return '"{}"'.format(quoted.replace("\\", "\\\\"))
