"""Finds texts for the user that are not marked for translation: `python -m tests.unmarked_messages
[FILE...]`.

Every literal of two words or more counts as one, except in docstrings, log lines, and where
`EXEMPT` says so. A literal that only looks like one has a comment `# untranslated` on its line, or
on a line of its own above the statement.
"""

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[1]
MARKS: Final = frozenset({"_", "N_", "ngettext", "pgettext"})
# Errors of programmers, which no user sees, and what takes no messages.
EXEMPT_CALLS: Final = frozenset(
    (
        "TypeError",
        "AssertionError",
        "RuntimeError",
        "KeyError",
        "LookupError",
        "NotImplementedError",
        "TimeoutError",
        "Thread",
        "compile",
        "search",
        "match",
        "fullmatch",
        "sub",
        "split",
        "finditer",
        "findall",
        "startswith",
        "endswith",
        "removeprefix",
        "removesuffix",
        "partition",
        "rpartition",
        "strftime",
        "find",
        "index",
        "count",
        "execute",
        "executemany",
        "executescript",
        "getLogger",
        "TypeAlias",
        "TypeVar",
        "cast",
        "ChildProcess",
        "MenuEntry",
        "python_module",
    )
)
LOGGERS: Final = frozenset({"log", "_log", "logging", "logger"})
EXEMPT: Final = {
    "chat/guard_words.py": "words of texts",
    "config/reference.py": "the documentation, which is English",
    "hotwords/language.py": "names of languages",
    "joining.py": "names of Unicode",
    "journal/schema.py": "SQL",
    "outputs/wayland/protocols.py": "names of a protocol",
    "phonetics/phonemes.py": "sounds",
    "proof/carriers.py": "sentences to speak",
    "proof/controls.py": "sentences to speak",
    "text/annotations.py": "what an engine writes",
    "text/code.py": "words that are said",
    "text/code_signs.py": "words that are said",
    "text/edit_phrases.py": "words that are said",
    "text/fillers.py": "words that are said",
    "text/first_words.py": "words that are said",
    "text/languages.py": "words that are said",
    "text/number_words.py": "words that are said",
    "text/punctuation.py": "signs",
    "translation.py": "marked by its name",
}
"""Files and folders without texts for the user, and what their literals are."""

_WORDS: Final = re.compile(
    r"[^\W\d_]{2,}\S*(?: +\S+)* +\S*[^\W\d_]{2,}|[^\W\d_]{3,} \{\}|\{\} [^\W\d_]{3,}"
)
_NO_MESSAGE: Final = re.compile(
    r"\s*(?:<|WHERE |ORDER BY |python -m |dictate \{?[a-z]|dictatectl |Bearer |exit status 0|\{\}$)"
)
"""HTML, SQL, commands."""
_COMMENT: Final = re.compile(r"#\s*untranslated\b")


def unmarked(file: Path) -> Iterator[tuple[int, str]]:
    """The line and the text of each."""
    source = file.read_text()
    if exempt(file):
        return
    lines = source.splitlines()
    excused = {number for number, line in enumerate(lines, 1) if _COMMENT.search(line)}
    for statement, node, text in _literals(ast.parse(source)):
        if not _WORDS.search(text) or _NO_MESSAGE.match(text):
            continue
        own = range(node.lineno, (node.end_lineno or node.lineno) + 1)
        above = statement.lineno - 1
        alone = above in excused and lines[above - 1].lstrip().startswith("#")
        if not (excused.intersection(own) or alone):
            yield node.lineno, text


def exempt(file: Path) -> bool:
    name = file.resolve().relative_to(ROOT / "dictate").as_posix()
    return any(name == one or name.startswith(one.rstrip("/") + "/") for one in EXEMPT)


def _literals(tree: ast.Module) -> Iterator[tuple[ast.stmt, ast.expr, str]]:
    """Each text of a statement, but no docstrings, annotations, or what is marked or exempt."""
    todo: list[tuple[ast.AST, ast.stmt]] = [(each, each) for each in tree.body]
    while todo:
        node, statement = todo.pop()
        if isinstance(node, ast.Expr) and _text(node.value) is not None:
            continue
        if isinstance(node, ast.Call) and _is_exempt(node):
            continue
        if isinstance(node, ast.expr) and (text := _text(node)) is not None:
            yield statement, node, text
            if isinstance(node, ast.JoinedStr):
                inner = [each.value for each in node.values if isinstance(each, ast.FormattedValue)]
                todo += [(each, statement) for each in inner]
            continue
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns"):
                continue
            for each in value if isinstance(value, list) else [value]:
                if isinstance(node, ast.Compare) and not isinstance(each, ast.Call):
                    continue  # a word that is compared
                if isinstance(each, ast.AST):
                    todo.append((each, each if isinstance(each, ast.stmt) else statement))


def _is_exempt(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in MARKS | EXEMPT_CALLS
    if not isinstance(function, ast.Attribute):
        return False
    owner = function.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    if name in LOGGERS:
        return True
    return function.attr in EXEMPT_CALLS


def _text(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
    return None


def main(given: Iterable[str]) -> int:
    files = [Path(one) for one in given] or [ROOT / "dictate"]
    found = 0
    for each in files:
        for file in sorted(each.rglob("*.py")) if each.is_dir() else [each]:
            for line, text in unmarked(file):
                print(f"{file}:{line}: {text[:80]!r}")
                found += 1
    return min(found, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
