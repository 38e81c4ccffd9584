"""The steps of the guided setup, in their order."""

from dictate.cli.guided_setup import daemon, engine, key, microphone, sentence, words
from dictate.cli.guided_setup.dialogue import Dialogue, Skipped
from dictate.errors import DictateError
from dictate.translation import _

STEPS = (microphone.step, key.step, engine.step, words.step, sentence.step)


def lead() -> None:
    """Lead the user of this terminal through all of them. Raises DictateError if the daemon does
    not start."""
    dialogue = Dialogue(len(STEPS))
    dialogue.screen.print()
    dialogue.say(
        _(
            "Five short steps: microphone, key, engine, your words, a sentence. s and Enter "
            "skips one; Ctrl+C ends. `dictate setup` begins again at any time."
        )
    )
    with daemon.running(dialogue.say) as stays:
        for step in STEPS:
            try:
                step(dialogue)
            except Skipped:
                dialogue.say(_("Skipped."), "dim")
            except DictateError as error:
                dialogue.say(f"{error}", "yellow")
            except EOFError:
                break
        dialogue.say("")
        dialogue.say(_("That was all. Every option is in config.toml, with a comment."))
    if not stays:
        dialogue.say(_("From now on, start Dictate with `dictate run`."))
