"""Polish and edit in a real window of sway: the daemon, its process for the model, the server, the
application and the keyboard are real; the model is a function, the engine a script."""

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.lab.chat_server import Asked, ChatLab, Handler
from tests.lab.daemon import RealDaemon, wait_for
from tests.lab.scripted import home
from tests.lab.sway import Gtk4, Keyboard, Sway

pytestmark = [pytest.mark.desktop, pytest.mark.timeout(180)]

RAW = "um so the plan is good"
POLISHED = "So, the plan is good."
A, X, LEFT = 30, 45, Keyboard.LEFT
"""The numbers of keys."""


def model(asked: Asked) -> str:
    if "Instruction:" in asked.prompt:
        return f"{asked.text.upper()}"
    return POLISHED


class Desk:
    """A sway with a window, and a daemon whose engine always says RAW."""

    def __init__(self, sway: Sway, keyboard: Keyboard, daemon: RealDaemon, lab: ChatLab) -> None:
        self.sway = sway
        self.keyboard = keyboard
        self.daemon = daemon
        self.lab = lab

    def say(self, *command: str) -> dict[str, object]:
        """The recording, until its text is written."""
        before = self.daemon.status()["dictation"]
        self.daemon.ctl(*(command or ("start",)))
        self.daemon.wait_state("recording")
        self.daemon.ctl(*(command or ("stop",)))
        self.daemon.wait_state("ready")
        assert command or self.daemon.status()["dictation"] != before
        return self.last()

    def last(self) -> dict[str, object]:
        return self.daemon.history(1)[0]

    def settings(self, old: str, new: str) -> None:
        text = self.daemon.config.read_text()
        assert old in text
        self.daemon.config.write_text(text.replace(old, new))
        self.daemon.ctl("reload")

    def select_all(self) -> None:
        self.keyboard.down(Keyboard.CTRL)
        self.keyboard.tap(A)
        self.keyboard.up(Keyboard.CTRL)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with (
        home(tmp_path_factory.mktemp("home"), seconds=60) as user,
        ChatLab(model) as lab,
        Sway() as sway,
        sway.keyboard() as keyboard,
    ):
        user.say(RAW)
        config = user.settings.replace('use = "stdout"', 'use = "auto"') + (
            f'[text]\npolish = true\n[polish]\nbase_url = "{lab.url}"\nwhen = "after"\n'
        )
        with user.daemon(config=config, WAYLAND_DISPLAY=sway.display) as daemon:
            wait_for(lambda: daemon.status()["engine_state"] == "ready", "the engine is loaded")
            assert daemon.status()["output"] == "input_method"
            assert daemon.status()["polish"] == "local"
            yield Desk(sway, keyboard, daemon, lab)


@pytest.fixture
def window(desk: Desk, tmp_path: Path) -> Iterator[Gtk4]:
    opened = Gtk4(desk.sway, tmp_path)
    opened.focus()
    desk.lab.on_asked = None
    desk.lab.model = model
    yield opened
    opened.close()


def test_the_polished_text_takes_the_place_of_the_raw_one(desk: Desk, window: Gtk4) -> None:
    seen: list[str] = []

    def look(asked: Asked) -> str:
        wait_for(window.text, "the raw text is there at once")
        seen.append(window.text())
        return POLISHED

    desk.lab.model = look
    desk.say()
    window.wait_text(POLISHED)
    assert [text.lower() for text in seen] == [RAW]
    wait_for(lambda: desk.last()["state"] == "delivered", "it is delivered")
    assert (desk.last()["text"], desk.last()["polished"]) == (RAW, POLISHED)
    assert POLISHED in desk.daemon.ctl("history").stdout
    assert "as you said it again" in desk.daemon.ctl("undo").stdout
    window.wait_text(seen[0])
    assert desk.last()["polished"] == ""
    assert "is taken back" in desk.daemon.ctl("undo").stdout
    window.wait_text("")


def lies(asked: Asked) -> str:
    return "So, the plan is good for 5000."


def stalls(handler: Handler) -> None:
    handler.lab.over.wait(60)


def answers_500(handler: Handler) -> None:
    handler.say(500, {"error": {"message": "out of memory"}})


@pytest.mark.parametrize(
    ("play", "why"), [(lies, "a number"), (answers_500, "out of memory")], ids=["lies", "500"]
)
@pytest.mark.fault("S7")
def test_a_model_that_lies_or_fails_changes_nothing(
    desk: Desk, window: Gtk4, play: Callable[..., object], why: str
) -> None:
    if play is lies:
        desk.lab.model = lies
    else:
        desk.lab.on_asked = answers_500
    desk.say()
    wait_for(lambda: "not polished: " in str(desk.last()["reason"]), "it is refused")
    assert why in str(desk.last()["reason"])
    assert window.text().lower() == RAW
    assert (
        f"({desk.last()['reason']}".removeprefix("(delivered; ")
        in desk.daemon.ctl("history").stdout
    )
    assert "lies" not in desk.daemon.logged()


def test_who_types_meanwhile_keeps_what_was_said(desk: Desk, window: Gtk4) -> None:
    def typed(asked: Asked) -> str:
        wait_for(window.text, "the raw text is there")
        desk.keyboard.tap(X)
        wait_for(lambda: window.text().endswith("x"), "it is typed")
        return POLISHED

    desk.lab.model = typed
    desk.say()
    wait_for(lambda: "not polished: " in str(desk.last()["reason"]), "it is refused")
    assert window.text().lower() == f"{RAW}x"


def test_the_next_dictation_may_have_begun(desk: Desk, window: Gtk4) -> None:
    begun = threading.Event()

    def late(_: Asked) -> str:
        assert begun.wait(30)
        return POLISHED

    desk.lab.model = late
    desk.say()
    wait_for(window.text, "the raw text is there")
    desk.daemon.ctl("start")
    wait_for(lambda: window.preedit() != "", "the next one is shown behind it")
    begun.set()
    window.wait_text(POLISHED)
    desk.daemon.ctl("cancel")
    desk.daemon.wait_state("ready")
    assert window.text() == POLISHED


def test_a_cancelled_dictation_does_not_wait_for_the_model(desk: Desk, window: Gtk4) -> None:
    desk.settings('when = "after"', 'when = "before"')
    try:
        desk.lab.arrived.clear()
        desk.lab.on_asked = stalls
        desk.daemon.ctl("start")
        desk.daemon.wait_state("recording")
        desk.daemon.ctl("stop")
        assert desk.lab.arrived.wait(30)
        assert "cancelled, not written" in desk.daemon.ctl("cancel").stdout
        desk.daemon.wait_state("ready")
        desk.lab.on_asked = None
        desk.say()
        window.wait_text(POLISHED)
    finally:
        desk.settings('when = "before"', 'when = "after"')


@pytest.fixture
def unpolished(desk: Desk) -> Iterator[None]:
    desk.settings("polish = true", "polish = false")
    yield
    desk.settings("polish = false", "polish = true")


def test_what_is_selected_is_edited_and_comes_back(
    desk: Desk, window: Gtk4, unpolished: None
) -> None:
    desk.say()
    wait_for(window.text, "it is written")
    before = window.text()
    assert desk.say("edit")["state"] == "cancelled"
    assert "does not say that anything is selected" in str(desk.daemon.status()["trouble"])
    assert window.text() == before
    desk.select_all()
    assert desk.say("edit")["polished"] == before.upper()
    window.wait_text(before.upper())
    assert desk.lab.asked[-1].instruction == RAW
    assert desk.last()["text"] == RAW
    assert "the edit of dictation" in desk.daemon.ctl("undo").stdout
    window.wait_text(before)
    # GTK 4 does not report a selection after that: it is not lost by the question.
    desk.select_all()
    desk.say("edit")
    assert window.text() in (before, before.upper())


def test_a_selection_that_is_left_meanwhile_is_not_replaced(
    desk: Desk, window: Gtk4, unpolished: None
) -> None:
    asked = len(desk.lab.asked)

    def touched(_: Asked) -> str:
        desk.keyboard.tap(LEFT)
        return "changed"

    desk.say()
    wait_for(window.text, "it is written")
    before = window.text()
    desk.select_all()
    desk.lab.model = touched
    assert desk.say("edit")["state"] == "cancelled"
    assert "selected" in str(desk.daemon.status()["trouble"])
    assert len(desk.lab.asked) == asked + 1
    assert window.text() == before
