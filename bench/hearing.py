"""How well the engines hear: words that are wrong, and terms that are spelled right, in speech that
was not made for this project.

Every engine that has a model on this machine takes part, and Whisper tiny.en beside them: a third
party's model behind a third party's server. `scripts/prepare peers` installs what this needs.
"""

import argparse
import asyncio
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rapidfuzz.distance import Levenshtein

from bench.figures import machine, say, table
from bench.hearing_speech import TERMS, Speech, recordings, spoken
from bench.remote import linked
from dictate.config.schema import EngineSettings, TextSettings
from dictate.engines import ENGINES
from dictate.errors import EngineError
from dictate.events import pcm_from_samples
from dictate.hotwords.model import Hotwords, Term
from dictate.text import polish
from tests.lab.engine import Whole
from tests.lab.pinned import NotPinned
from tests.lab.whisper import WhisperServer

LOCAL = ("nemotron", "onnx", "qwen3", "pocketsphinx")
"""The engines of this machine."""
PATIENCE_S = 120.0
"""Seconds without progress after which an engine has failed; a busy machine is slow."""
HEAD = (
    *("engine", "speech", "words", "wrong words", "right terms", "false terms"),
    *("with hotwords: wrong words", "right terms", "false terms"),
)


@dataclass(frozen=True, slots=True)
class Score:
    """What an engine made of some clips."""

    words: int = 0
    wrong: int = 0
    """Words that are wrong, missing or added."""
    terms: int = 0
    right: int = 0
    """Terms that were said, and are in the text in their spelling."""
    false: int = 0
    """Terms in the text that were not said."""

    def cells(self) -> list[str]:
        """Of a table."""
        right = f"{self.right} of {self.terms}" if self.terms else "none said"
        return [f"{100 * self.wrong / max(1, self.words):.1f} %", right, str(self.false)]


def score(pairs: Sequence[tuple[str, str]]) -> Score:
    """Of what was said and what was written, clip by clip."""
    words = wrong = terms = right = false = 0
    for said, heard in pairs:
        one, other = normalised(said), normalised(heard)
        words += len(one)
        wrong += Levenshtein.distance(one, other)
        for term in TERMS:
            spoken, written = count(term, said), count(term, heard)
            terms += spoken
            right += min(spoken, written)
            false += max(0, written - spoken)
    return Score(words, wrong, terms, right, false)


def count(term: str, text: str) -> int:
    """How often a term is in a text, in its spelling, as words of their own."""
    return len(re.findall(rf"(?<!\w){re.escape(term)}(?!\w)", text))


def normalised(text: str) -> list[str]:
    """The words of a text, as the field compares them: without signs, with numbers in figures."""
    return _normaliser()(text).split()


@cache
def _normaliser() -> Callable[[str], str]:
    from whisper_normalizer.english import EnglishTextNormalizer

    normaliser: Callable[[str], str] = EnglishTextNormalizer()
    return normaliser


async def transcribe(
    settings: EngineSettings, speeches: Sequence[Speech], hotwords: Hotwords
) -> list[Score]:
    """The score of an engine for each kind of speech. Raises EngineError."""
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        async with linked(settings, Path(folder)) as link:
            if link.state != "ready":
                raise EngineError(link.message)
            await link.prepare(hotwords)
            for speech in speeches:
                pairs = []
                for number, clip in enumerate(speech.clips):
                    pcm = pcm_from_samples(clip.samples)
                    utterance = link.begin(number, hotwords, "en")
                    utterance.feed(pcm)
                    final = await utterance.finish(Whole(pcm))
                    text = polish(
                        final.text,
                        hotwords,
                        TextSettings(),
                        language="en",
                        punctuates=final.punctuates,
                        audio_s=final.audio_s,
                    )
                    pairs.append((clip.text, text.strip()))
                    say(f"{clip.text} -> {text}")
                scores.append(score(pairs))
    return scores


def rows(name: str, settings: EngineSettings, speeches: Sequence[Speech]) -> list[list[str]]:
    """Of the table: one engine, without and with hotwords."""
    listed = Hotwords(tuple(map(Term, TERMS)))
    without, boosted = (
        asyncio.run(transcribe(settings, speeches, hotwords)) for hotwords in (Hotwords(), listed)
    )
    return [
        [name, speech.name, str(one.words), *one.cells(), *other.cells()]
        for speech, one, other in zip(speeches, without, boosted, strict=True)
    ]


def whisper_rows(speeches: Sequence[Speech]) -> list[list[str]]:
    """Of the table: the yardstick. Its server does not use the hotwords that it receives, so its
    second row has them in the prompt that the server was started with."""
    found = []
    for name, prompt in {
        "Whisper tiny.en": "",
        "Whisper tiny.en, prompted": f"Technical terms: {', '.join(TERMS)}.",
    }.items():
        with tempfile.TemporaryDirectory() as folder, WhisperServer(Path(folder), prompt) as server:
            address = server.address
            settings = EngineSettings(use="wyoming", address=address, deadline_s=PATIENCE_S)
            found += rows(name, settings, speeches)
    return found


def _model(text: str) -> tuple[str, str]:
    name, _, path = text.partition("=")
    if name not in LOCAL or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: write ENGINE=PATH, with {', '.join(LOCAL)}")
    return name, path


def main() -> None:
    """Print it."""
    parser = argparse.ArgumentParser(prog="bench.hearing", description=__doc__)
    parser.add_argument(
        "--model",
        type=_model,
        action="append",
        default=[],
        metavar="ENGINE=PATH",
        help="the model that an engine is to use, and to trust",
    )
    models = dict(parser.parse_args().model)
    try:
        speeches = [recordings(), *spoken()]
        found, left_out = [], []
        for name in LOCAL:
            model = models.get(name, "")
            settings = EngineSettings(
                use=name, model=model, trust_model=bool(model), deadline_s=PATIENCE_S
            )
            if reason := ENGINES.load(name)(settings).unavailable_reason():
                left_out.append(f"Not measured: {name}: {reason}")
            else:
                found += rows(name, settings, speeches)
        found += whisper_rows(speeches)
    except (NotPinned, EngineError) as error:
        raise SystemExit(str(error)) from error
    print(f"{machine()}\n\n{table(HEAD, found)}")
    print("\n".join(left_out))


if __name__ == "__main__":
    main()
