"""`dictatectl correct`, `hotwords restore` and `hotwords unlearn`: nothing is learned silently."""

import contextlib
import sys
import tempfile
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from dictate import console
from dictate.client.daemon_client import ask, ask_about_hotwords
from dictate.console import paint, safe
from dictate.ctl.commands import report_change
from dictate.ctl.editor import run_editor
from dictate.ctl.exit_codes import NOTHING, OK, USAGE
from dictate.errors import DictateError, NotFound
from dictate.hotwords import hotwords_file
from dictate.hotwords.corrections import replaced
from dictate.hotwords.learning import term_of
from dictate.hotwords.model import TermState
from dictate.hotwords.proposal_text import false_hit, take_back
from dictate.platform import paths
from dictate.translation import _

ADD, REPLACE, LEAVE = "add", "replace", "leave"
"""What the daemon may propose."""
QUESTIONS: Final = {
    ADD: (_("[Y]es, [r]eplacement instead, [n]o"), ADD),
    REPLACE: (_("[Y]es, [t]erm all the same, [n]o"), REPLACE),
    LEAVE: (_("[t]erm all the same, [r]eplacement all the same, [N]o"), LEAVE),
}
"""The answers to each proposal, and what Enter means."""
ANSWERS: Final = {"t": ADD, "r": REPLACE, "n": LEAVE, "no": LEAVE}


class _Usage(DictateError):
    """The words on the command line make no sense together."""


def correct(arguments: Namespace) -> int:
    """Correct a text; prove what could be learned from that, and propose it."""
    try:
        number, pair = _asked_for(arguments.words)
        if arguments.window:
            return _window(number, pair, arguments)
    except _Usage as error:
        console.error(f"dictatectl: {error}")
        return USAGE
    entry = _entry(number)
    number = entry["number"]
    wanted = _wanted(arguments, entry, pair)
    if wanted is None:
        console.error(
            _(
                "dictatectl: give the wrong and the right words, --text or --editor; only a "
                "terminal can show the text to edit"
            )
        )
        return USAGE
    if not wanted or wanted == entry["text"] == (entry["corrected"] or wanted):
        console.line(_("nothing was corrected"), sys.stderr)
        return NOTHING
    found = ask_about_hotwords("Correct", "us", number, wanted)
    talks = not arguments.json
    if talks:
        console.line(
            _(
                "dictation {number} is corrected: `dictatectl paste {number}` writes it "
                "where the cursor is then"
            ).format(number=number)
        )
        for each in found:
            if each["not_said"]:
                console.line(safe(false_hit(each["not_said"])))
    results = [
        _learn(number, each["wrong"], each["right"], arguments)
        for each in found
        if each["teaches"] and (pair is None or _overlap(each, pair))
    ]
    if talks and not results:
        console.line(_("there is nothing to learn from that"))
    if arguments.json:
        console.as_json({"number": number, "text": wanted, "changes": found, "learned": results})
    return OK


def _window(number: int, pair: tuple[str, str] | None, arguments: Namespace) -> int:
    """Have the daemon ask the user."""
    if pair is not None or arguments.yes or arguments.json:
        raise _Usage(_("--window takes a number only: the rest is asked there"))
    ask_about_hotwords("CorrectWindow", "u", number)
    return OK


def _overlap(change: dict[str, str], pair: tuple[str, str]) -> bool:
    """Whether this change is the one that was asked for, or a part of it, or has it inside."""
    one, other = change["right"].casefold(), pair[1].casefold()
    return one in other or other in one


def restore(arguments: Namespace) -> int:
    """Use a quarantined term again."""
    spelling = " ".join(arguments.spelling)
    path = paths.hotwords_file()
    term = term_of(path, spelling)
    if term is None:
        raise NotFound(
            _("there is no hotword {spelling!r}; see `dictatectl hotwords list`").format(
                spelling=spelling
            )
        )
    changed = hotwords_file.add(path, term.spelling) if term.state is not TermState.ACTIVE else []
    return report_change(changed or [_("it is in use already")], _("the hotwords"))


def unlearn(arguments: Namespace) -> int:
    """Take back what was learned about a term."""
    changed = ask_about_hotwords("Unlearn", "s", " ".join(arguments.spelling))
    for line in changed or [_("it was taken out already")]:
        console.line(safe(line))
    return OK


def _asked_for(words: list[str]) -> tuple[int, tuple[str, str] | None]:
    """The number (0: the last) and the wrong and right words, from the command line."""
    numbered = len(words) in (1, 3)
    if len(words) > 3 or (numbered and not words[0].isdecimal()):
        raise _Usage(_('give a number, or two phrases in quotes, e.g. "cloud code" "Claude Code"'))
    number = int(words[0]) if numbered else 0
    rest = words[1:] if numbered else words
    return number, (rest[0], rest[1]) if rest else None


def _entry(number: int) -> dict[str, Any]:
    """The dictation with this number, or the last with a text. Raises NotFound."""
    entry = ask("Last")
    if number:
        found = ask("HistoryBefore", "uu", number + 1, 1)
        entry = found[0] if found and found[0]["number"] == number else None
    if not entry or not entry["text"]:
        what = (
            _("dictation {number} has no text").format(number=number)
            if number
            else _("there is no text yet")
        )
        raise NotFound(_("{what}; see `dictatectl history`").format(what=what))
    result: dict[str, Any] = entry
    return result


def _wanted(
    arguments: Namespace, entry: dict[str, Any], pair: tuple[str, str] | None
) -> str | None:
    """The corrected text; None if nobody can be asked. Raises NotFound."""
    text = entry["corrected"] or entry["text"]
    if pair is not None:
        # The same correction once more, to accept what was proposed.
        again = replaced(entry["text"], *pair) is not None and text != entry["text"]
        wanted = replaced(text, *pair) or (text if again else None)
        if wanted is None:
            raise NotFound(
                _("the text does not have {pair!r}: {text}").format(pair=pair[0], text=safe(text))
            )
        return wanted
    if arguments.text is not None:
        return str(arguments.text)
    if arguments.editor or (sys.stdin.isatty() and "\n" in text.strip()):
        return _edited_in_file(text)
    return _edited_in_line(text) if sys.stdin.isatty() else None


def _edited_in_line(text: str) -> str:
    import readline

    console.line(_("correct the text, then press Enter:"), sys.stderr)
    readline.set_startup_hook(lambda: readline.insert_text(text))
    try:
        return input("> ").strip()
    except EOFError:
        return text
    finally:
        readline.set_startup_hook()


def _edited_in_file(text: str) -> str:
    # In the runtime folder, which is in memory on most systems: the text is private.
    folder = paths.safe_dir(paths.runtime_dir())
    with tempfile.NamedTemporaryFile(
        "w", suffix=".txt", dir=folder, encoding="utf-8", delete=False
    ) as file:
        file.write(text)
    try:
        run_editor(Path(file.name))
        return Path(file.name).read_text(encoding="utf-8").rstrip("\n")
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(file.name).unlink()


def _learn(number: int, wrong: str, right: str, arguments: Namespace) -> dict[str, Any]:
    """Prove one correction, propose, and do what the user wants; what was found and done."""
    talks = not arguments.json
    if talks:
        console.line(
            _('\ntrying "{right}" for "{wrong}" on your clip …').format(
                right=safe(right), wrong=safe(wrong)
            )
        )
    proof: dict[str, Any] = ask_about_hotwords("Prove", "uss", number, wrong, right)
    if talks:
        _show(proof)
    action = proof["action"] if arguments.yes else LEAVE
    if talks and not arguments.yes:
        action = _answer(proof["action"])
    lines: list[str] = []
    if action != LEAVE:
        what = (proof[name] for name in ("term", "wrong", "right", "weight"))
        lines = ask_about_hotwords("Accept", "ussssd", number, action, *what)
        if talks:
            for line in lines or [_("nothing changed")]:
                console.line(safe(line))
            console.line(safe(take_back(proof["right" if action == REPLACE else "term"])))
    elif talks and arguments.yes:
        console.line(_("nothing was learned"))
    return {**proof, "accepted": action != LEAVE, "done": action, "lines": lines}


def _show(proof: dict[str, Any]) -> None:
    """The evidence, then the proposal."""
    for what, text in proof["evidence"]:
        mark = {"✓": "green", "✗": "red"}.get(text[:1])
        shown = f"{paint(text[0], mark)} {safe(text[2:])}" if mark else safe(text)
        console.line(f"  {safe(what):11} {shown}")
    console.line(paint(_("proposal: {proposal}").format(proposal=safe(proof["proposal"])), "bold"))
    console.line(_("  because {why}").format(why=safe(proof["why"])))


def _answer(proposed: str) -> str:
    if not sys.stdin.isatty():
        if proposed != LEAVE:
            console.line(_("nothing was learned: give --yes to accept it"), sys.stderr)
        return LEAVE
    question, default = QUESTIONS[proposed]
    try:
        answer = input(f"{question}: ").strip().lower()
    except EOFError:
        return LEAVE
    if answer in ("y", "yes"):
        return proposed
    return ANSWERS.get(answer, default) if answer in (*ANSWERS, "") else LEAVE
