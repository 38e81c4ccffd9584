"""The words that people see for a state or a stage. The state itself is a code for machines."""

from typing import Final

from dictate.translation import N_, _

# untranslated
_LABELS: Final = {
    # States of the daemon, of an engine, of a microphone, of a dictation and of a hotword.
    "cancelled": N_("cancelled"),
    "captured": N_("captured"),
    "closed": N_("closed"),
    "delivered": N_("delivered"),
    "empty": N_("empty"),
    "failed": N_("failed"),
    "finishing": N_("finishing"),
    "held": N_("held"),
    "loading": N_("loading"),
    "open": N_("open"),
    "paused": N_("paused"),
    "quarantined": N_("quarantined"),
    "ready": N_("ready"),
    "recording": N_("recording"),
    "restarting": N_("restarting"),
    "starting": N_("starting"),
    "transcribed": N_("transcribed"),
    "typing": N_("typing"),
    # How bad a finding is.
    "error": N_("error"),
    "hint": N_("hint"),
    "warning": N_("warning"),
    # Stages and other parts, in the check and in the status.
    "application": N_("application"),
    "cancel key": N_("cancel key"),
    "chunk": N_("chunk"),
    "correct key": N_("correct key"),
    "desktop": N_("desktop"),
    "display": N_("display"),
    "edit key": N_("edit key"),
    "engine": N_("engine"),
    "engine speed": N_("engine speed"),
    "fallback": N_("fallback"),
    "files": N_("files"),
    "hotkey": N_("hotkey"),
    "hotwords": N_("hotwords"),
    "journal": N_("journal"),
    "language model": N_("language model"),
    "memory": N_("memory"),
    "microphone": N_("microphone"),
    "model": N_("model"),
    "note": N_("note"),
    "numbers": N_("numbers"),
    "output": N_("output"),
    "overlay": N_("overlay"),
    "paste key": N_("paste key"),
    "polish": N_("polish"),
    "profile": N_("profile"),
    "progress": N_("progress"),
    "session bus": N_("session bus"),
    "sound": N_("sound"),
    "sounds": N_("sounds"),
    "speech": N_("speech"),
    "speech detector": N_("speech detector"),
    "text": N_("text"),
    "trouble": N_("trouble"),
    "undo key": N_("undo key"),
}


def label(code: str) -> str:
    """The words for it in the user's language; itself if it has none, such as the name of an
    engine."""
    return _(_LABELS[code]) if code in _LABELS else code
