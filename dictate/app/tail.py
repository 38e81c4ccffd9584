"""The end of a dictation's sound: whether the voice has ended, and what can be done ahead of it."""

from typing import Final

from dictate.app.dictation import Dictation
from dictate.vad.voice_end import VoiceEnd

UNHEARD_S: Final = 0.06
"""Seconds of sound before the release that need not have come when the tail ends: that is the
chunk which is being recorded. Chunks have 20 ms, with large buffers of the sound server 43 ms."""

LATEST_S: Final = 3.0
"""Seconds after the release in which sound from before it may still come, as long as it does."""


def voice_ended(dictation: Dictation, voice_end: VoiceEnd) -> bool:
    """Whether this dictation was released, and the tail may end because the voice has: if the sound
    before the release is late, nobody knows yet."""
    released_at = dictation.released_at
    heard = released_at > 0 and dictation.heard_until > released_at - UNHEARD_S
    return heard and voice_end.certain


def still_comes(dictation: Dictation, heard_until: float, now: float) -> bool:
    """Whether sound from before the release is late, and more of it has come since `heard_until`:
    the rest is waited for. On a busy machine the sound may lag behind the key."""
    behind = heard_until < dictation.heard_until < dictation.released_at
    return behind and now < dictation.released_at + LATEST_S


def ask_for_drafts(
    dictation: Dictation, voice_end: VoiceEnd, *, paused: bool, wanted: bool
) -> None:
    """Have the final text made in a pause, as the release may follow; once something sounds, it is
    not the final text. `paused`: a pause has begun."""
    if paused or not voice_end.still:  # not only where it changes: the segmenter may be a new one
        dictation.utterance.drop_draft()
    if paused and voice_end.still and wanted and not dictation.released_at:
        dictation.utterance.ask_for_draft()
