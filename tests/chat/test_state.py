"""What the check says of the chat server."""

from dataclasses import replace

from dictate.chat.state import unavailable_reason
from dictate.config.schema import HotkeySettings, PolishSettings, Settings
from dictate.diagnostics import check
from tests.lab.chat_server import KEY, MODEL, ChatLab


def test_the_check_says_whether_the_server_answers_and_has_the_model() -> None:
    with ChatLab() as lab:
        settings = PolishSettings(base_url=lab.url)
        assert unavailable_reason(settings) == ""
        assert unavailable_reason(replace(settings, model=MODEL)) == ""
        assert "does not list the model other, but small-model" in unavailable_reason(
            replace(settings, model="other")
        )
        lab.models = ["a:latest", "b"]
        assert unavailable_reason(replace(settings, model="a")) == ""
        assert "has a:latest, b: set polish.model" in unavailable_reason(settings)
        lab.key = KEY
        assert "polish.api_key_file (status 401)" in unavailable_reason(settings)
    used = Settings(polish=settings, hotkey=HotkeySettings(edit_key="f9"))
    (row,) = [row for row in check._extras(used) if row.stage == "language model"]
    assert row.name == "the server's only model (local)"
    assert "cannot be reached" in row.reason
    assert not row.needed
    assert not [row for row in check._extras(Settings()) if row.stage == "language model"]
