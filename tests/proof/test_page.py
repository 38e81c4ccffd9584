"""The page holds everything, asks for nothing, and is for this user only."""

import base64
import io
import stat
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import soundfile

from dictate.errors import TranscriptError
from dictate.events import RATE
from dictate.proof import page
from dictate.proof.decoder import Heard
from dictate.proof.trial import Clip, Compared, Reading, Tried, changes
from dictate.proof.verdict import Evidence, judge

SOUND = np.sin(np.arange(RATE // 4, dtype=np.float32) / np.float32(20)) * np.float32(0.5)
FACTS = {"engine": "fake", "model": "m", "hotwords_as": "a tree", "sounds_like": [], "strength": 1}


class Seen(HTMLParser):
    """Tags with their attributes, and the text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta",):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def made() -> str:
    without, heard = Heard("a <b> cloud code", ""), Heard("a <b> Claude Code", "a <b> Claude Code")
    plain = Heard("a <b> cloud code", "a <b> cloud code")
    reading = Reading(1.0, heard, True, False, changes(plain.text, heard.text))
    tried = Tried(Clip("flite <slt>", SOUND, "A Claude Code."), plain, False, (reading,))
    same = Compared(Clip("control 1", SOUND, "Oh."), plain, Reading(1.0, plain, False, False, ()))
    hurt = Compared(Clip("dictation 7", SOUND), plain, reading)
    found = Evidence("Claude Code", "fake", True, "", [tried], 1.0, [same], [hurt])
    assert without.text == ""
    return page.page(found, judge(found), FACTS, ["a note & more"])


def test_it_holds_the_clips_and_loads_nothing() -> None:
    seen = Seen()
    seen.feed(made())
    assert seen.open == []
    links = {name for _, has in seen.tags for name in has if name in ("href", "src", "style")}
    assert links == {"src"}
    sources = [has["src"] for tag, has in seen.tags if tag == "audio"]
    assert len(sources) == 2  # what did not change has none
    for source in sources:
        assert source is not None
        kind, _, data = source.partition(",")
        assert kind == "data:audio/flac;base64"
        sound, rate = soundfile.read(io.BytesIO(base64.b64decode(data)), dtype="float32")
        assert rate == RATE
        assert np.allclose(sound, SOUND, atol=1e-4)
    policy = next(has["content"] for tag, has in seen.tags if "http-equiv" in has)
    assert policy is not None
    assert policy.startswith("default-src 'none'")


def test_texts_are_shown_as_they_are() -> None:
    seen = Seen()
    seen.feed(made())
    for text in ("flite <slt>", "a <b> cloud code", "a note & more", "dictation 7"):
        assert text in seen.text
    assert {"ins", "del"} <= {tag for tag, _ in seen.tags}
    assert "b" not in {tag for tag, _ in seen.tags}


def test_only_this_user_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "proof.html"
    path.write_text("an older one")
    page.write(path, made())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text().startswith("<!doctype html>")
    assert [found.name for found in tmp_path.glob("*proof*")] == ["proof.html"]


def test_a_page_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TranscriptError, match=r"nowhere/p\.html cannot be written: No such file"):
        page.write(tmp_path / "nowhere" / "p.html", "")
