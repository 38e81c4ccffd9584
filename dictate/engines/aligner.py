"""The aligner process: one model, Qwen3-ForcedAligner, that says when each word of a text is said.

    python -m dictate.engines.aligner [--settings JSON]

It does not transcribe: the text may come from any engine. It sends `dictate-status` once it is
loaded or has failed to load, and then answers each `dictate-align` on its standard input with
`dictate-aligned` or `error` on its standard output, one after the other. It ends when its standard
input does.
"""

import argparse
import json
import logging
import os
import signal
from importlib.util import find_spec
from typing import BinaryIO, Final, Self

from wyoming.event import Event, read_event, write_event

from dictate.config.schema import EngineSettings
from dictate.engines.protocol import (
    Align,
    Aligned,
    EngineState,
    StatusEvent,
    error_event,
    error_text,
)
from dictate.engines.qwen3 import load as loading
from dictate.engines.qwen3.load import ALIGNER, Loaded
from dictate.engines.sandbox import close_network
from dictate.errors import Unavailable
from dictate.events import Samples, samples_from_pcm
from dictate.installation import install_command
from dictate.models import store
from dictate.models.store import ModelFile
from dictate.platform.lifeline import die_with_parent
from dictate.platform.log_lines import log_to_stderr
from dictate.translation import _

_LANGUAGES: Final = ("zh", "yue", "en", "fr", "de", "it", "ja", "ko", "pt", "ru", "es")
_WORD_SPLITTERS: Final = {"ja": "nagisa", "ko": "soynlp"}
"""The packages that split these languages into words."""

log = logging.getLogger(__name__)


def unavailable_reason(settings: EngineSettings) -> str | None:
    """Why the aligner cannot work here and what to do, or None. Imports nothing heavy."""
    if reason := loading.unavailable_reason():
        return reason
    language = _base(settings.language)
    if language not in _LANGUAGES:
        return _(
            "the aligner does not know the language {language!r}: set engine.language to "
            "one of {languages}"
        ).format(language=settings.language, languages=", ".join(_LANGUAGES))
    package = _WORD_SPLITTERS.get(language)
    if package and find_spec(package) is None:
        return _(
            "{package} is missing, which splits this language into words: {install_command}"
        ).format(package=package, install_command=install_command(f"aligner-{language}"))
    try:
        find(settings)
    except Unavailable as error:
        return str(error)
    return None


def find(settings: EngineSettings) -> ModelFile:
    """The aligner's model on this machine. Raises Unavailable."""
    return store.find(settings.aligner, trusted=settings.trust_model, engine="aligner")


def _base(tag: str) -> str:
    return tag.partition("-")[0].lower()


class Aligner:
    """The model, loaded."""

    def __init__(self, loaded: Loaded, language: str) -> None:
        self._loaded = loaded
        self._language = language

    @classmethod
    def load(cls, settings: EngineSettings) -> Self:
        """Raises Unavailable, EngineError."""
        if reason := unavailable_reason(settings):
            raise Unavailable(reason)
        with store.opened(find(settings)) as folder:
            loaded = loading.load(folder, settings.device, settings.precision, ALIGNER)
        return cls(loaded, _base(settings.language))

    def align(self, sound: Samples, text: str) -> Aligned:
        """The times of the words that the model finds in the text. They may differ from those that
        are written: punctuation is left out."""
        import torch

        model, processor = self._loaded.model, self._loaded.processor
        inputs, words = processor.prepare_forced_aligner_inputs(
            audio=sound, transcript=text, language=self._language
        )
        if not words[0]:
            return Aligned([])
        inputs = inputs.to(model.device, model.dtype)
        with torch.inference_mode():
            scores = model(**inputs).logits
        mark = model.config.timestamp_token_id
        found = processor.decode_forced_alignment(
            scores, inputs["input_ids"], words, timestamp_token_id=mark
        )[0]
        marked = scores[0].argmax(dim=-1)[inputs["input_ids"][0] == mark]
        said = (marked.double() * processor.timestamp_segment_time / 1000).tolist()
        used = [at for one in found for at in (one["start_time"], one["end_time"])]
        moved = sum(abs(one - other) > 0.001 for one, other in zip(said, used, strict=True))
        return Aligned([[one["text"], one["start_time"], one["end_time"]] for one in found], moved)


def serve(settings: EngineSettings, requests: BinaryIO, answers: BinaryIO) -> None:
    """Load the model, and answer until the requests end."""

    def answer(event: Event) -> None:
        write_event(event, answers)
        answers.flush()

    network_note = close_network()
    try:
        aligner = Aligner.load(settings)
    except Exception as error:
        log.debug("the aligner does not load", exc_info=True)
        answer(StatusEvent(state=EngineState.FAILED, message=error_text(error)).event())
        return
    notes = [network_note] if network_note else []
    answer(StatusEvent(state=EngineState.READY, notes=notes).event())
    while event := read_event(requests):
        try:
            sound = samples_from_pcm(event.payload or b"")
            reply = aligner.align(sound, Align.from_event(event).text).event()
        except Exception as error:
            log.debug("the aligner fails", exc_info=True)
            reply = error_event(error)
        answer(reply)


def main() -> None:
    """Align until the parent is gone."""
    parser = argparse.ArgumentParser(prog="dictate.engines.aligner", description=main.__doc__)
    # untranslated
    parser.add_argument("--settings", default="{}", metavar="JSON", help="of EngineSettings")
    settings = EngineSettings(**json.loads(parser.parse_args().settings))
    log_to_stderr(logging.WARNING, "%(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # What a library prints must not get into the answers.
    os.dup2(2, 1)
    die_with_parent()
    serve(settings, requests, answers)


if __name__ == "__main__":
    main()
