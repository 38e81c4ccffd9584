"""The user says the sentences: recorded by the microphone of the settings, cut by the voice."""

import asyncio
from typing import Final

import numpy as np

from dictate.config.schema import MicrophoneSettings, SpeechSettings
from dictate.errors import MicrophoneError
from dictate.events import RATE, Samples, SpeechEnded
from dictate.microphone import MICROPHONES
from dictate.translation import _
from dictate.vad import DETECTORS
from dictate.vad.segmenter import Segmenter

LONGEST_S: Final = 20.0
"""Seconds of a recording, from its beginning to the end of the sentence."""
END_MS: Final = 900
"""Milliseconds of silence that end a sentence."""
STALLED_S: Final = 5.0
"""Seconds without sound from the microphone, after which it counts as lost."""


async def record(microphone: MicrophoneSettings, speech: SpeechSettings) -> Samples:
    """One sentence, as it is spoken now. Raises MicrophoneError, Unavailable."""
    source = await asyncio.to_thread(MICROPHONES.choose, microphone.use, microphone)
    segmenter = await asyncio.to_thread(_segmenter, speech)
    recorded: list[Samples] = []
    try:
        async with asyncio.timeout(STALLED_S) as limit:
            await source.open()
            while sum(map(len, recorded)) < LONGEST_S * RATE:
                limit.reschedule(asyncio.get_running_loop().time() + STALLED_S)
                chunk = await source.read()
                if chunk is None:
                    break
                recorded.append(chunk.samples)
                if any(isinstance(mark, SpeechEnded) for mark in segmenter.push(chunk)):
                    break
    except TimeoutError as error:
        raise MicrophoneError(
            _("no sound comes from the microphone: see `dictatectl check`")
        ) from error
    finally:
        await source.close()
    if not segmenter.heard_speech:
        raise MicrophoneError(
            _(
                "no speech was heard: is the microphone muted, or a different one meant? See "
                "`dictatectl devices`"
            )
        )
    return np.concatenate(recorded)


def _segmenter(speech: SpeechSettings) -> Segmenter:
    detector = DETECTORS.choose(speech.use, speech)
    cut = SpeechSettings(speech.use, speech.threshold, speech.start_ms, END_MS)
    return Segmenter(cut, detector.frame_samples, detector.likelihood, detector.reset)
