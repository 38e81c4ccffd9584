"""The output of `dictatectl` for people, with colour on a terminal."""

import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Any, Final

from dictate import console
from dictate.client.dictations import wanted
from dictate.console import line, paint, safe
from dictate.labels import label
from dictate.translation import _

Fields = dict[str, Any]

_STATES: Final = {"ready": "green", "recording": "red", "finishing": "yellow"}
_WRONG: Final = ("hotwords", "trouble")
"""The items of the status that are there only if something is wrong."""
_FEWEST_TEXTS: Final = 3
"""Texts of which a median says something."""
_NOT_POLISHED: Final = "not polished: "  # untranslated
"""Before the reason, in that of an entry, in any language."""
_MIN_TEXT: Final = 20
"""Characters of a text that are shown on even the narrowest terminal."""


def status(found: Fields) -> None:
    """The daemon's status, one item on each line."""
    state = str(found["state"])
    line(paint(label(state), _STATES.get(state, "bold")))
    microphone = found["microphone"] or _("the default")
    items = {
        "microphone": f"{microphone}, {label('open' if found['microphone_open'] else 'closed')}",
        "engine": ", ".join(filter(None, (found["engine"], label(found["engine_state"])))),
        _("chosen by"): found["engine_choice"],
        **_engine(found),
        "progress": found["engine_progress"],
        "output": found["output"],
        _("passed over"): found["output_notes"],
        "hotkey": found["hotkey"],
        "overlay": found["overlay"],
        "polish": found["polish"],
        _("in front"): _in_front(found["in_front"]),
        **_profiles(found),
        **_fallbacks(found["engines"]),
        **{
            _("{name} key").format(name=name): found[f"{name}_key"]
            for name in ("cancel", "paste", "undo", "correct", "edit")
            if found[f"{name}_key"] != "none"
        },
        _("last text"): _last_text(found),
        _("last texts"): last_texts(found["finish_times"]),
        "hotwords": found["hotword_warnings"],
        "trouble": found["trouble"],
    }
    for name, value in items.items():
        if value:
            shown = paint(safe(value), "yellow") if name in _WRONG else safe(value)
            line(f"  {label(name):12} {shown}")


def _engine(found: Fields) -> Fields:
    """What the engine runs on, as far as it reports it."""
    memory_mb = found["engine_memory_mb"]
    return {
        "model": found["model"],
        _("runs on"): ", ".join(filter(None, (found["device"], found["precision"]))),
        "chunk": f"{found['chunk_ms']} ms" if found["chunk_ms"] else "",
        "memory": f"{memory_mb:.0f} MB" if memory_mb else "",
        "note": found["engine_notes"],
    }


def _last_text(found: Fields) -> str:
    """How long the last text took, and the part of the engine in it."""
    if not found["last_finish_ms"]:
        return ""
    engine_ms = found["engine_finish_ms"]
    part = (
        _(", {engine_ms:.0f} ms of it for the engine").format(engine_ms=engine_ms)
        if engine_ms
        else ""
    )
    return _("{last_finish_ms:.0f} ms after the release{part}").format(
        last_finish_ms=found["last_finish_ms"], part=part
    )


def last_texts(times: Fields) -> str:
    """How long several texts took, and what they waited for."""
    texts, early = int(times.get("texts", 0)), int(times.get("early", 0))
    if texts < _FEWEST_TEXTS:
        return ""
    parts = {"sound": "tail", "engine": "engine", "journal": "journal", "application": "output"}
    waited = ", ".join(f"{times[f'{part}_ms']:.0f} {name}" for name, part in parts.items())
    ready = (
        _("; {early} of {texts} ready before the release").format(early=early, texts=texts)
        if early
        else ""
    )
    return _(
        "{total_ms:.0f} ms after the release (median of {texts}: {waited}), at most "
        "{slowest_ms:.0f} ms{ready}"
    ).format(
        total_ms=times["total_ms"],
        texts=texts,
        waited=waited,
        slowest_ms=times["slowest_ms"],
        ready=ready,
    )


def _in_front(front: Fields) -> str:
    """The application in front, and the profile that is on there."""
    return _("{application}, profile {profile}").format(
        application=front["application"] or _("not known"), profile=front["profile"]
    )


def _profiles(found: Fields) -> Fields:
    """The profile of the dictation under way, and how the others differ from the main one."""
    items: Fields = {"profile": found["profile"]}
    main = found["profiles"][0]
    for profile in found["profiles"][1:]:
        engine = (profile["engine"], profile["model"], profile["engine_state"])
        items[f"[{profile['name']}]"] = ", ".join(
            filter(
                None,
                (
                    "" if profile["key"] == "none" else _("key {key}").format(key=profile["key"]),
                    profile["language"] if profile["language"] != main["language"] else "",
                    *(engine if profile["own_engine"] else ()),
                    profile["engine_notes"] if profile["own_engine"] else "",
                    _("output {output}").format(output=profile["output"])
                    if profile["output"] != main["output"]
                    else "",
                ),
            )
        )
    return items


def _fallbacks(engines: Sequence[Fields]) -> Fields:
    """The engines that serve where another one failed, once one has."""
    return {
        "fallback"
        if row["profiles"].startswith("main")
        else _("fallback of [{profiles}]").format(profiles=row["profiles"]): (
            ", ".join(filter(None, (row["name"], row["state"], row["notes"])))
        )
        for row in engines
        if row["fallback"]
    }


def text(entry: Fields) -> None:
    """The text itself to stdout, so that it can be piped; if it is held, a note to stderr."""
    said = wanted(entry)
    console.text(safe(said, newlines=True) if sys.stdout.isatty() else said)
    if entry["state"] == "held":
        reason = entry["reason"]
        why = f": {safe(_(reason))}" if reason else ""
        again = _("`dictatectl paste {number}` writes it, where the cursor is then").format(
            number=entry["number"]
        )
        line(_("not written{why} ({again})").format(why=why, again=again), sys.stderr)


def history(entries: Sequence[Fields]) -> None:
    """The newest last, next to the prompt; each on one line of the terminal."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for entry in reversed(entries):
        when = time.strftime("%a %d %b %H:%M", time.localtime(entry["started"]))
        head = f"{entry['number']:5}  {when}  {label(entry['state']):11}"
        reason = entry["reason"] if entry["reason"] != entry["state"] else ""
        __, mark, error = reason.partition(_NOT_POLISHED)
        why = _("not polished: {error}").format(error=error) if mark else ""
        said = safe(wanted(entry) or _(reason)) + (f"  ({safe(why)})" if why else "")
        if entry.get("command") and not entry["text"]:
            said = safe(f"{entry['heard']} ({_(reason)})")
        if lost_ms := entry.get("lost_ms"):
            said = _("({lost_ms} ms of sound were lost)  {said}").format(lost_ms=lost_ms, said=said)
        if width and len(head) + 2 + len(said) > width:
            said = said[: max(_MIN_TEXT, width - len(head) - 3)] + "…"
        held = entry["state"] == "held"
        line(f"{paint(head, 'yellow' if held else 'dim')}  {said}".rstrip())


def devices(found: Sequence[Fields]) -> None:
    """The microphones; a star marks the default."""
    for device in found:
        mark = paint("*", "green") if device.get("default") else " "
        rate = _("{rate:g} kHz, {channels} channels").format(
            rate=float(device.get("rate", 0)) / 1000, channels=device.get("channels")
        )
        described = device.get("description") or ""
        line(f"{mark} {safe(device['name'])}  {paint(safe(f'{described} ({rate})'), 'dim')}")


def check(rows: Sequence[Fields]) -> None:
    """What works, by stage, what to do about the rest, and last the verdict. Red is only what keeps
    Dictate from working; what it does not need is dim."""
    for stage, group in groupby(rows, key=lambda row: row["stage"]):
        if stage == "verdict":
            continue
        line(paint(label(stage), "bold"))
        of_stage = list(group)
        choice = not all(row["chosen"] for row in of_stage)
        for row in of_stage:
            used = paint(_("  (this one is used)"), "dim") if choice and row["chosen"] else ""
            name, reason = safe(label(row["name"])), safe(row["why_not"])
            if not reason:
                line(f"  {paint('✓', 'green')} {name}{used}")
            elif row.get("needed") or row["chosen"]:
                mark = paint("✗", "red") if row.get("needed") else paint("!", "yellow")
                line(f"  {mark} {name}{used}")
                line(f"      {reason}")
            else:
                line(
                    paint(
                        _("  - {name}: not needed ({reason})").format(name=name, reason=reason),
                        "dim",
                    )
                )
    for row in rows:
        if row["stage"] == "verdict":
            line()
            line(paint(safe(row["name"]), "red" if row["why_not"] else "green"))


def works(rows: Iterable[Fields]) -> bool:
    """Whether nothing that Dictate needs is missing."""
    return not any(row["why_not"] for row in rows if row["stage"] == "verdict")


_VERDICTS = {
    "exact": ("✓", "green", "exact"),
    "copied": ("✓", "green", _("in the clipboard, for you to paste")),
    "different": ("✗", "red", _("something else arrived: ")),
    "failed": ("✗", "red", ""),
}


def live(rows: Sequence[Fields]) -> None:
    """What arrived from each output."""
    for row in rows:
        sign, colour, verdict = _VERDICTS[row["verdict"]]
        used = paint(_("  (this one is used)"), "dim") if row["used"] else ""
        took = f", {row['ms']:.0f} ms, {row['receipt']}" if row["verdict"] == "exact" else ""
        found = row["found"] or ("nothing" if row["verdict"] == "different" else "")
        line(f"{paint(sign, colour)} {safe(row['output'])}: {verdict}{safe(found)}{took}{used}")
    if not rows:
        line(_("no output can write into a window here: see `dictatectl check`"), sys.stderr)


def output_works(rows: Sequence[Fields]) -> bool:
    """Whether the chosen output works; if none is chosen, whether any does."""
    chosen = [row for row in rows if row["used"]] or rows
    return any(row["verdict"] in ("exact", "copied") for row in chosen)
