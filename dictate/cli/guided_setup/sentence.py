"""The last step: the first sentence, dictated into the terminal."""

from dictate.cli.guided_setup import engine
from dictate.cli.guided_setup.dialogue import Dialogue, sentence
from dictate.client.daemon_client import ask, ask_status
from dictate.config import config_file
from dictate.hotkeys.advice import how_to_press
from dictate.platform import paths
from dictate.translation import _


def step(dialogue: Dialogue) -> None:
    """Have the user dictate sentences, and show what each took. Raises Skipped, DictateError."""
    settings = config_file.load(paths.config_file()).hotkey
    dialogue.heading(
        _("Your first sentence"),
        _("{sentence}; then let go. The text appears here, and Enter takes it.").format(
            sentence=sentence(how_to_press(settings.key, settings.mode, holds=True))
        ),
    )
    before = ask("Last").get("number", 0)
    while given := dialogue.ask(">"):
        last = ask("Last")
        if given == "e":
            engine.choose(dialogue)
        elif last.get("number", 0) == before:
            dialogue.say(_("That was typed: hold the key, and talk."))
        else:
            before = last["number"]
            dialogue.say(
                _("{last_finish_ms:.0f} ms from the release to the text, with {engine}.").format(
                    last_finish_ms=ask_status()["last_finish_ms"], engine=last["engine"]
                ),
                "green",
            )
            dialogue.say(_("Once more; or Enter alone ends, and e chooses another engine."))
