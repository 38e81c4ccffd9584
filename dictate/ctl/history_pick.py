"""`dictatectl history --pick`: the user picks one of the past texts, and what to do with it."""

import json
import os
import subprocess
import tempfile
import time
from argparse import Namespace
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from dictate import console
from dictate.client import dictations
from dictate.client.daemon_client import ask, ask_about_hotwords
from dictate.ctl import render
from dictate.ctl.commands import paste
from dictate.ctl.exit_codes import FAILED, INTERRUPTED, OK
from dictate.ctl.picker import Picker, find_picker, how_to_get_one
from dictate.ctl.terminal import typed_in_terminal
from dictate.errors import DictateError
from dictate.labels import label
from dictate.platform.child_process import python_module
from dictate.translation import _

Entry = dict[str, Any]

CLOSES_S: Final = 0.3
"""Seconds until a window of a picker is gone, and the focus is back where it was."""


def pick(entries: list[Entry]) -> int:
    """Have the user pick one of these dictations, newest first, and do what is wanted with it."""
    picker = find_picker()
    if picker is None:
        console.error(
            _("dictatectl: no program to pick with: {advice}").format(advice=how_to_get_one())
        )
        render.history(entries)
        return FAILED
    usable = {entry["number"]: entry for entry in entries if entry["text"] or entry["has_audio"]}
    lines = {number: _line(entry) for number, entry in usable.items()}
    number = picker.choose(_("dictation"), lines)
    if number is None:
        return INTERRUPTED
    actions = _actions(usable[number], picker)
    labels = {at: what for at, (what, __) in enumerate(actions, 1)}
    chosen = picker.choose(_("dictation {number}").format(number=number), labels)
    return INTERRUPTED if chosen is None else actions[chosen - 1][1]()


def _line(entry: Entry) -> str:
    when = time.strftime("%a %d %b %H:%M", time.localtime(entry["started"]))
    without = _("({state}, no text)").format(state=label(entry["state"]))
    said = entry["heard"] if entry.get("command") else ""
    return f"{when} {dictations.wanted(entry) or said or without}"


def _actions(entry: Entry, picker: Picker) -> list[tuple[str, Callable[[], int]]]:
    number, text = entry["number"], dictations.wanted(entry)
    found: list[tuple[str, Callable[[], int]]] = []
    if text:
        found.append((_("copy it"), lambda: _copy(text)))
    found.append((_("write it again, where the cursor is"), lambda: _write(number)))
    if entry["has_audio"]:
        found.append((_("hear it"), lambda: _hear(number)))
        again = _("have another engine recognise it")
        found.append((again, lambda: _hear_with_another(entry, picker)))
    if text:
        found.append((_("correct it"), lambda: _correct(number)))
    return found


def _copy(text: str) -> int:
    ask("Copy", "s", text)
    console.line(_("copied"))
    return OK


def _write(number: int) -> int:
    # In a terminal it counts down.
    delay_s = None if typed_in_terminal() else CLOSES_S
    return paste(Namespace(number=number, delay=delay_s))


def _correct(number: int) -> int:
    ask_about_hotwords("CorrectWindow", "u", number)
    return OK


def _hear(number: int) -> int:
    dictations.play(dictations.sound_of(number))
    return OK


def _hear_with_another(entry: Entry, picker: Picker) -> int:
    number, sound = entry["number"], dictations.sound_of(entry["number"])
    rows = [row for row in ask("Check") if row["stage"] == "engine" and not row["why_not"]]
    names = [row["name"] for row in rows if row["name"] != entry["engine"]]
    if not names:
        raise DictateError(_("no other engine works here: `dictatectl engine` says why"))
    engine = picker.choose(label("engine"), dict(enumerate(names, 1)))
    if engine is None:
        return INTERRUPTED
    name = names[engine - 1]
    text = _recognise(name, sound)
    console.text(text)
    what = picker.choose(
        _("{name} heard").format(name=name),
        {
            1: _("copy it: {text}").format(text=text),
            2: _("it is right: keep it as the corrected text"),
        },
    )
    if what == 1:
        return _copy(text)
    if what == 2:
        ask_about_hotwords("Correct", "us", number, text)
        console.line(
            _("kept: `dictatectl paste {number}` writes it, where the cursor is then").format(
                number=number
            )
        )
        return OK
    return INTERRUPTED


def _recognise(engine: str, sound: Path) -> str:
    """What this engine hears. Its progress goes to standard error. Raises DictateError."""
    words = python_module("dictate", "file", "--json", "--engine", engine, str(sound))
    # What it has done so far must not be kept outside of the journal if the user interrupts it.
    with tempfile.TemporaryDirectory(prefix="dictate-") as folder:
        done = subprocess.run(
            words,
            env={**os.environ, "XDG_CACHE_HOME": folder},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            check=False,
        )
    found = json.loads(done.stdout) if done.stdout else []
    text = str(found[0].get("text", "")) if found else ""
    if not text:
        raise DictateError(
            _("{engine} heard nothing").format(engine=engine)
            if found
            else _("{engine} failed").format(engine=engine)
        )
    return text
