"""`dictatectl hotwords audit`: what the hotwords did to the last dictations."""

import sys
import time
from argparse import Namespace
from typing import Any

from dictate import console
from dictate.client.daemon_client import ask_about_hotwords
from dictate.console import paint, safe
from dictate.ctl.exit_codes import NOTHING, OK
from dictate.hotwords.spoken_words import Words
from dictate.translation import _
from dictate.word_alignment import aligned


def audit(arguments: Namespace) -> int:
    """Show each text, and below it what it would have been without the hotwords."""
    rows = ask_about_hotwords("Audit", "u", arguments.limit)
    if arguments.json:
        console.as_json(rows)
    elif rows:
        for row in reversed(rows):
            _show(row)
    else:
        console.line(_("there are no dictations yet"), sys.stderr)
    return OK if rows else NOTHING


def _show(row: dict[str, Any]) -> None:
    when = time.strftime("%a %d %b %H:%M", time.localtime(row["started"]))
    console.line(paint(f"{row['number']:5}  {when}", "bold") + f"  {_did(row)}")
    text, without = safe(row["text"]), row.get("without")
    if without is None or safe(without) == text:
        console.line(f"         {text}")
    else:
        with_them, without_them = _marked(text, safe(without))
        console.line(_("  with     {with_them}").format(with_them=with_them))
        console.line(_("  without  {without_them}").format(without_them=without_them))
    if row["corrected"]:
        console.line(_("  correct  {corrected}").format(corrected=safe(row["corrected"])))


def _did(row: dict[str, Any]) -> str:
    """What the terms did, in words."""
    said = []
    for firing in row["firings"]:
        term, before = safe(firing["term"]), safe(firing["before"])
        instead = f'"{before}"' if before else _("nothing")
        if firing["kind"] == "heard":
            said.append(_("{term} was heard anyway").format(term=term))
        elif firing["kind"] == "spelled":
            said.append(
                _("{term} for {instead}, by sounds_like").format(term=term, instead=instead)
            )
        else:
            said.append(
                _("{term} for {instead}").format(term=paint(term, "green"), instead=instead)
            )
    if row["unknown"]:
        said.append(paint(_("how its hotwords came there is not known"), "dim"))
    if not said and row.get("without") not in (None, row["text"]):
        # Their evidence is lost, of a time without room on the disk; or they changed other words.
        said.append(paint(_("no hotword is recorded for the difference"), "dim"))
    return "; ".join(said) or paint(_("no hotwords"), "dim")


def _marked(text: str, without: str) -> tuple[str, str]:
    """Both texts, with the words painted that differ."""
    one, other = Words.of(text), Words.of(without)
    painted_one, painted_other = list(one.pieces), list(other.pieces)
    for stretch in aligned(one.pieces, other.pieces):
        if not stretch.equal:
            for at in range(stretch.a, stretch.b):
                painted_one[at] = _painted(painted_one[at], "green")
            for at in range(stretch.c, stretch.d):
                painted_other[at] = _painted(painted_other[at], "red")
    return "".join(painted_one).strip(), "".join(painted_other).strip()


def _painted(piece: str, colour: str) -> str:
    word = piece.lstrip()
    return piece[: len(piece) - len(word)] + paint(word, colour)
