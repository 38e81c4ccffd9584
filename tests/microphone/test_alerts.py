import numpy as np

from dictate.microphone.alerts import PATIENCE_S, MicrophoneAlerts

SOUND = np.full(320, 0.1, np.float32)
SILENCE = np.zeros(320, np.float32)


def test_a_loss_is_told_at_once_and_that_it_lasts_only_later() -> None:
    complaints = MicrophoneAlerts()
    told = complaints.lost(10.0, "unplugged")
    assert told is not None
    assert "unplugged" in told
    assert complaints.closed(10.2, "no device") is None
    last = complaints.closed(10.0 + PATIENCE_S, "no device")
    assert last is not None
    assert "no device" in last
    assert complaints.closed(99.0, "no device") is None
    assert complaints.lost(99.0, "unplugged") is None


def test_what_cannot_be_opened_is_told_at_once_and_once() -> None:
    complaints = MicrophoneAlerts()
    told = complaints.closed(10.0, "there is no microphone 'x'")
    assert told is not None
    assert told.startswith("there is no microphone 'x'.")
    assert [complaints.closed(float(now), "again") for now in range(11, 30)] == [None] * 19


def test_each_loss_and_each_dictation_is_told_anew() -> None:
    complaints = MicrophoneAlerts()
    assert complaints.lost(10.0, "unplugged")
    complaints.sound(SOUND)
    assert complaints.lost(20.0, "unplugged")
    complaints.begin()
    assert complaints.closed(20.1, "no device")


def test_muted_is_said_once_and_never_after_sound() -> None:
    complaints = MicrophoneAlerts()
    complaints.sound(SILENCE)
    assert complaints.muted()
    assert complaints.muted() is None
    complaints.begin()
    assert complaints.muted()
    complaints.begin()
    complaints.sound(SOUND)
    assert complaints.muted() is None
