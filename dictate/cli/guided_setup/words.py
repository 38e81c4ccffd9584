"""The step about the user's own words: a few names, each tried before it is written."""

from argparse import Namespace
from typing import Final

from dictate.cli.guided_setup.dialogue import Dialogue
from dictate.ctl.hotwords import editing, proof
from dictate.errors import DictateError
from dictate.translation import _

MOST: Final = 5
"""Maximum number of names: each is tried for 10 seconds and more."""
VOICES: Final = 1
"""Number of installed voices that speak each name: with more, it takes half a minute."""


def step(dialogue: Dialogue) -> None:
    """Ask for names, try each, and write those that work. Raises Skipped."""
    dialogue.heading(
        _("Your words"),
        _(
            "Names that a recogniser cannot know: of people, products, places. Dictate tries "
            "each with a synthetic voice, and writes it into hotwords.toml if it helps."
        ),
    )
    given = dialogue.ask(_("Up to {most}, with commas between them:").format(most=MOST))
    names = list(filter(None, (" ".join(word.split()) for word in given.split(","))))
    for name in names[:MOST]:
        _try(dialogue, name)
    if len(names) > MOST:
        left = ", ".join(names[MOST:])
        dialogue.say(
            _("Not tried: {left}. Use `dictatectl hotwords test --apply NAME`.").format(left=left)
        )


def _try(dialogue: Dialogue, name: str) -> None:
    wanted = Namespace(
        spelling=[name],
        sounds_like=[],
        clip=[],
        say=False,
        voices=VOICES,
        last=0,
        html=None,
        json=False,
        apply=True,
        weight=None,
        group="",
    )
    try:
        proof.test(wanted)
    except DictateError as error:
        dialogue.say(f"{error}.", "yellow")
        if (
            dialogue.ask(
                _("a adds {name} untried; Enter leaves it out:").format(name=name), skips=False
            )
            == "a"
        ):
            editing.add(wanted)
