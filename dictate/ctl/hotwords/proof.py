"""`dictatectl hotwords test`."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import Any, Final

from dictate import console
from dictate.console import line, paint, safe
from dictate.ctl.commands import report_change
from dictate.ctl.exit_codes import FAILED, OK
from dictate.ctl.hotwords.child import run_proof
from dictate.hotwords import hotwords_file
from dictate.platform import paths
from dictate.translation import _

_INDENT: Final = " " * 4


def test(arguments: Namespace) -> int:
    """Try a term, print what was found, and write it into hotwords.toml if it is wanted."""
    spelling = " ".join(arguments.spelling)
    words = ["test", "--last", str(arguments.last), "--voices", str(arguments.voices)]
    words += [word for form in arguments.sounds_like for word in ("--sounds-like", form)]
    words += [word for clip in arguments.clip for word in ("--clip", clip)]
    words += ["--say"] if arguments.say else []
    words += ["--html", arguments.html] if arguments.html else []
    result = run_proof(*words, "--", spelling)
    console.as_json(result) if arguments.json else _render(result)
    if arguments.html and not arguments.json:
        line(_("the page: {file}").format(file=Path(arguments.html).absolute()))
    found = result["verdict"]
    if not found["good"]:
        if arguments.apply:
            line(_("dictatectl: nothing was written into hotwords.toml"), sys.stderr)
        return OK if found["kind"] == "needs no hotword" else FAILED
    if arguments.apply:
        usual = found["weight"] == 1.0 and result["weight_in_list"] is None
        changed = hotwords_file.add(
            paths.hotwords_file(),
            spelling,
            None if usual else found["weight"],
            arguments.sounds_like,
        )
        return report_change(changed or [_("nothing changed")], _("the hotwords"))
    return OK


def _render(result: dict[str, Any]) -> None:
    """For people: each clip with its two texts, then what changed elsewhere, last the verdict."""
    engine = " ".join(filter(None, (result["engine"], result["model"])))
    line(
        paint(
            _("{term} with {engine}").format(term=safe(result["term"]), engine=safe(engine)), "bold"
        )
    )
    for clip in result["clips"]:
        _render_clip(clip)
    for name, what in (
        ("controls", _("control sentences")),
        ("history", _("your last dictations")),
    ):
        compared = result[name]
        if not compared:
            continue
        changed = [one for one in compared if one["changed"]]
        at = _("weight {checked_at:g}").format(checked_at=result["checked_at"])
        line(
            paint(
                _("{what} at {weight}: {changed} of {count} changed").format(
                    what=what, weight=at, changed=len(changed) or _("none"), count=len(compared)
                ),
                "bold",
            )
        )
        for one in changed:
            line(f"  {safe(one['name'])}")
            _render_texts(one["without"]["text"], one["with"])
    for note in result["notes"]:
        line(paint(_("note: {note}").format(note=safe(note)), "dim"))
    found = result["verdict"]
    line(paint(safe(found["sentence"]), "green" if found["good"] else "yellow"))


def _render_clip(clip: dict[str, Any]) -> None:
    turns = clip["turns_at"]
    if clip["right_without"]:
        mark, state = paint("✓", "green"), _("right without it")
    elif turns is None:
        mark, state = paint("✗", "red"), _("not right at any weight")
    else:
        mark, state = paint("✓", "green"), _("right from weight {turns:g}").format(turns=turns)
    line(f"{mark} {safe(clip['name'])}: {state}")
    shown = next((one for one in clip["with"] if one["weight"] == turns), clip["with"][-1])
    _render_texts(clip["without"]["text"], shown)
    said_more = {
        (change["before"], change["after"])
        for one in clip["with"]
        for change in one["changes"]
        if one is not shown and change not in shown["changes"]
    }
    for before, after in sorted(said_more):
        line(
            paint(
                _("{indent}at another weight: {change}").format(
                    indent=_INDENT, change=_change(before, after)
                ),
                "dim",
            )
        )


def _render_texts(without: str, shown: dict[str, Any]) -> None:
    line(
        paint(
            _("{indent}without   {text}").format(
                indent=_INDENT, text=safe(without) or _("(nothing)")
            ),
            "dim",
        )
    )
    text = shown["heard"]["text"]
    if text != without:
        line(
            _("{indent}with {weight:<4g} {text}").format(
                indent=_INDENT, weight=shown["weight"], text=safe(text) or _("(nothing)")
            )
        )
    if shown["by_text_step"]:
        line(
            paint(
                _("{indent}          recognized: {recognized}").format(
                    indent=_INDENT, recognized=safe(shown["heard"]["recognized"])
                ),
                "dim",
            )
        )


def _change(before: str, after: str) -> str:
    nothing = _("nothing")
    return f"{safe(before) or nothing} -> {safe(after) or nothing}"
