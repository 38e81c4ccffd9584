"""The proof as one HTML page: all clips are in it, and it loads nothing from anywhere."""

import base64
import io
import os
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path
from typing import Any, Final

import numpy as np
import soundfile

from dictate.errors import TranscriptError
from dictate.events import RATE, Samples, pcm_from_samples
from dictate.proof.trial import Compared, Reading, Tried, stretches
from dictate.proof.verdict import Evidence, Verdict, changed
from dictate.translation import _

# untranslated
_STYLE: Final = """
:root { color-scheme: light dark; --line: #d5d5d5; --quiet: #666; --good: #1a7f37; --bad: #c62828;
        --came: #d8f5dd; --gone: #fde0e0; }
@media (prefers-color-scheme: dark) {
  :root { --line: #444; --quiet: #aaa; --good: #5fce7b; --bad: #ff8a80; --came: #17421f;
          --gone: #561c1c; } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.verdict { font-size: 1.1rem; padding: .8rem 1rem; border-left: .4rem solid var(--bad);
           background: color-mix(in srgb, var(--bad) 8%, transparent); }
.verdict.good { border-color: var(--good);
                background: color-mix(in srgb, var(--good) 8%, transparent); }
.quiet { color: var(--quiet); }
article { border-top: 1px solid var(--line); padding: .7rem 0; }
article h3 { font-size: 1rem; margin: 0 0 .3rem; font-weight: 600; }
audio { width: 100%; height: 2rem; margin: .2rem 0; }
dl { display: grid; grid-template-columns: 9rem 1fr; gap: .15rem 1rem; margin: .3rem 0; }
dt { color: var(--quiet); } dd { margin: 0; overflow-wrap: anywhere; }
ins { background: var(--came); text-decoration: none; border-radius: .2rem; padding: 0 .15rem; }
del { background: var(--gone); border-radius: .2rem; padding: 0 .15rem; }
summary { cursor: pointer; color: var(--quiet); }
@media (max-width: 40rem) { dl { grid-template-columns: 1fr; } dt { margin-top: .4rem; } }
"""
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; media-src data:"  # untranslated
"""What a browser may load: what is in the page."""


def page(found: Evidence, judged: Verdict, facts: dict[str, Any], notes: Sequence[str]) -> str:
    """The whole page."""
    return "\n".join(
        (
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">',
            '<meta name="viewport" content="width=device-width">',
            f"<title>Hotword: {escape(found.spelling)}</title>\n<style>{_STYLE}</style>\n</head>",
            f"<body>\n<h1>Hotword: {escape(found.spelling)}</h1>",
            f'<p class="verdict{" good" if judged.kind.good else ""}">'
            f"{escape(judged.sentence)}</p>",
            f'<p class="quiet">{escape(_about(facts))}</p>',
            *(f'<p class="quiet">{escape(note)}</p>' for note in notes),
            f"<h2>{_('Said')}</h2>",
            *map(_tried, found.tried),
            *_section(_("Control sentences"), found.controls),
            *_section(_("Your last dictations"), found.history),
            "</body>\n</html>\n",
        )
    )


def write(path: Path, html: str) -> None:
    """Write it for this user only: it may hold dictations. Blocks. Raises TranscriptError."""
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        aside.touch(mode=0o600, exist_ok=False)
        aside.write_text(html, "utf-8")
        aside.replace(path)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise TranscriptError(
            _("{path} cannot be written: {strerror}").format(path=path, strerror=error.strerror)
        ) from error


def _about(facts: dict[str, Any]) -> str:
    engine = " ".join(filter(None, (facts["engine"], facts["model"])))
    way = f" ({facts['hotwords_as']})" if facts["hotwords_as"] else ""
    forms = ", ".join(facts["sounds_like"])
    return _("Engine: {engine}{way}. Strength of all hotwords: {strength:g}.").format(
        engine=engine, way=way, strength=facts["strength"]
    ) + (_(" Sounds like: {forms}.").format(forms=forms) if forms else "")


def _tried(one: Tried) -> str:
    readings = "".join(_reading(one, reading) for reading in one.readings)
    turns = _("right without the term") if one.right_without else _("never right")
    if one.turns_at is not None and not one.right_without:
        turns = _("right from weight {turns_at:g}").format(turns_at=one.turns_at)
    return (
        f"<article><h3>{escape(one.clip.name)}: {turns}</h3>{_audio(one.clip.sound)}<dl>"
        f"{_item(_('said'), escape(one.clip.said)) if one.clip.said else ''}"
        f"{_item(_('without'), escape(one.without.text))}{readings}</dl></article>"
    )


def _reading(one: Tried, reading: Reading) -> str:
    shown = _marked(one.without.text, reading.heard.text)
    if reading.by_text_step:
        recognized = escape(reading.heard.recognized)
        recognized = _("recognized: {recognized}").format(recognized=recognized)
        shown += f' <span class="quiet">({recognized})</span>'
    return _item(_("weight {weight:g}").format(weight=reading.weight), shown)


def _section(title: str, compared: Sequence[Compared]) -> Iterator[str]:
    if not compared:
        return
    result = _("{title}: {changed} of {count} changed").format(
        title=title, changed=changed(compared) or _("none"), count=len(compared)
    )
    yield f"<h2>{result}</h2>"
    for one in compared:
        if one.changed:
            marked = _marked(one.without.text, one.reading.heard.text)
            said = _item(_("said"), escape(one.clip.said)) if one.clip.said else ""
            texts = _item(_("without"), escape(one.without.text)) + _item(_("with"), marked)
            head = f"<h3>{escape(one.clip.name)}</h3>{_audio(one.clip.sound)}"
            yield f"<article>{head}<dl>{said}{texts}</dl></article>"
    same = [one for one in compared if not one.changed]
    if same:
        lines = "".join(f"<li>{escape(one.without.text) or _('(nothing)')}</li>" for one in same)
        stayed = _("{count} stayed as they are").format(count=len(same))
        yield f"<details><summary>{stayed}</summary><ul>{lines}</ul></details>"


def _item(name: str, html: str) -> str:
    return f"<dt>{name}</dt><dd>{html or _('(nothing)')}</dd>"


def _marked(before: str, after: str) -> str:
    """The later text, with what is gone and what came."""
    shown = []
    for one in stretches(before, after):
        if one.before == one.after:
            shown.append(escape(one.after))
            continue
        shown += [f"<del>{escape(one.before)}</del>"] if one.before else []
        shown += [f"<ins>{escape(one.after)}</ins>"] if one.after else []
    return " ".join(shown)


def _audio(sound: Samples) -> str:
    file = io.BytesIO()
    pcm = np.frombuffer(pcm_from_samples(sound), "<i2")
    soundfile.write(file, pcm, RATE, format="FLAC", subtype="PCM_16")
    data = base64.b64encode(file.getvalue()).decode()
    return f'<audio controls preload="none" src="data:audio/flac;base64,{data}"></audio>'
