"""The control set of a term: sentences without it, some with words that sound like it, which must
stay as they are.

They are spoken by the voices that are installed here, in a process of its own
(`python -m dictate.proof controls`), and recognized like a dictation: with its engine and its list.
"""

import base64
import json
import logging
from asyncio import timeout
from dataclasses import dataclass
from typing import Any, Final

from dictate.platform.child_process import ChildProcess, python_module
from dictate.translation import _

log = logging.getLogger(__name__)

MOST_SENTENCES: Final = 12
SPEAK_S: Final = 15.0
"""Seconds for all sentences to be spoken. Those that are by then are used."""


@dataclass(slots=True)
class Sentence:
    """One sentence without the term."""

    said: str
    pcm: bytes
    """16-bit, mono, 16 kHz."""
    without: str | None = None
    """What is recognized without the term, once that was needed."""


async def spoken(term: str, heard: str, language: str) -> tuple[list[Sentence], str]:
    """The sentences for this term, which was taken for the words `heard`; if there are none, also
    why not."""
    words = ("--heard", heard, "--language", language, "--most", str(MOST_SENTENCES), "--", term)
    process = ChildProcess(
        "control set", python_module("dictate.proof", "controls", *words), log, answers=True
    )
    output = b""
    why = _("no voice spoke in time")
    try:
        async with timeout(SPEAK_S):
            await process.start()
            while piece := await process.stdout.read(65536):
                output += piece
    except TimeoutError:
        pass
    except OSError as error:
        why = str(error)
    finally:
        await process.kill()
    rows = [_row(line) for line in output.split(b"\n")]
    sentences = [
        Sentence(row["said"], base64.b64decode(row["sound"])) for row in rows if "said" in row
    ]
    if sentences:
        return sentences, ""
    last = rows[-2] if len(rows) > 1 else {}
    told = last.get("error") or last.get("result", {}).get("note")
    return [], str(told or process.last_words or why)


def _row(line: bytes) -> dict[str, Any]:
    try:
        row: dict[str, Any] = json.loads(line)
    except ValueError:
        return {}  # cut off in the middle
    return row
