"""The speech of `bench.hotwords`, and the names that fill its lists. The same every time.

The sentences with terms, and those of the control set, are the test sentences of the small model
(`tests/mini_model/text.py`), which its training left out. The free ones have ordinary English
words, most of which the small model does not know.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bench.hearing_speech import EVERYDAY, SIMILAR
from bench.hotwords_metrics import words
from dictate.benchmark.audio import synthesize
from dictate.events import Samples
from dictate.proof.voices import FLITE
from tests.lab.pinned import package_folder
from tests.mini_model import text

TERMS = tuple(term.special for term in text.TERMS)
"""Each sounds like ordinary words, and the small model writes those unless a list says otherwise.
"""
COUNTS = {"terms": 120, "control": 300, "free": 300}
"""Utterances of each set."""
WATCHED = 60
"""Sentences of the set "unheard" that training watched."""

GENERAL = ("pocketsphinx",)
"""Engines whose model knows English at large. They need no control set in the words of the small
model. Theirs are flite's voices: PocketSphinx's model was made from recordings of people, and
hardly follows espeak-ng."""

HELD_OUT = ("en-us+f4", "en-gb-x-rp+m5", "en-gb-scotland", "en-gb-scotland+f5")
"""Voices that the small model never heard. Not UNHEARD of `tests/mini_model/synth.py`: espeak-ng
has no variants of en-gb, so that its en-gb+m5 is the en-gb of training."""

NEAR = (
    "The cloud moved in front of the moon.",
    "He threw a clod of earth over the wall.",
    "The lion clawed at the gate of the cage.",
    "They applauded for nearly ten minutes.",
    "The ship sailed under a red flag.",
    "She closed the window before the storm.",
    "A loud noise woke the whole street.",
    "The code of the safe was lost years ago.",
    "My coat is hanging behind the door.",
    "The crowd could not hear the speaker.",
    "He could call the office from the car.",
    "The road was closed because of the flood.",
    "The cook made a pie with apples and honey.",
    "They taste the best of every pie.",
    "The pilot passed his last test in June.",
    "By the rest of us nothing was said.",
    "The high tide took the boats away.",
    "The tropic sun burned all day.",
    "An ant was walking up the bottle.",
    "The topic of the talk was heating.",
    "The throne room is open to visitors.",
    "Nobody knows the name of the trainer.",
    "He saw them on the way to town.",
    "The electron is smaller than the atom.",
    "The higher land is dry and stony.",
    "The hyper market opens at nine.",
    "Her plan was to travel by land.",
    "The island has only one hospital.",
    "Ireland is green because of the rain.",
    "The hired van broke down on the hill.",
)
"""Without a term, and with words that sound like a part of one."""
SPOKEN = (
    "The birch canoe slid on the smooth planks.",
    "Glue the sheet to the dark blue background.",
    "It is easy to tell the depth of a well.",
    "These days a chicken leg is a rare dish.",
    "Rice is often served in round bowls.",
    "The juice of lemons makes fine punch.",
    "The box was thrown beside the parked truck.",
    "The hogs were fed chopped corn and garbage.",
    "Four hours of steady work faced us.",
    "A large size in stockings is hard to sell.",
    "The boy was there when the sun rose.",
    "A rod is used to catch pink salmon.",
    "The source of the huge river is the clear spring.",
    "Kick the ball straight and follow through.",
    "Help the woman get back to her feet.",
    "A pot of tea helps to pass the evening.",
    "Smoky fires lack flame and heat.",
    "The soft cushion broke the man's fall.",
    "The salt breeze came across from the sea.",
    "The girl at the booth sold fifty bonds.",
    "The small pup gnawed a hole in the sock.",
    "The fish twisted and turned on the bent hook.",
    "Press the pants and sew a button on the vest.",
    "The swan dive was far short of perfect.",
    "The beauty of the view stunned the young boy.",
    "Two blue fish swam in the tank.",
    "Her purse was full of useless trash.",
    "The colt reared and threw the tall rider.",
    "It snowed, rained, and hailed the same morning.",
    "Read verse out loud for pleasure.",
)
"""The first thirty of the IEEE's sentences ("Recommended Practice for Speech Quality Measurements",
1969), with all the sounds of English."""
FREE = (*EVERYDAY, *SIMILAR, *NEAR, *SPOKEN)


@dataclass(frozen=True, slots=True)
class Spoken:
    """One utterance."""

    spoken: str
    """What the voice is told to say."""
    written: str
    """What should be written."""
    term: str
    """The term that was said, or nothing."""
    voice: str

    @property
    def key(self) -> str:
        """Its own."""
        return repr(self)

    @property
    def samples(self) -> Samples:
        """Its sound. Raises Unavailable."""
        return _sound(self.spoken, self.voice)


@cache
def _sound(spoken: str, voice: str) -> Samples:
    return synthesize(spoken, voice)


def voices(engine: str) -> tuple[str, ...]:
    """Who speaks to this engine: voices that its model never heard."""
    return FLITE if engine in GENERAL else HELD_OUT


def sets(engine: str, count: int | None = None) -> dict[str, list[Spoken]]:
    """The utterances for this engine; `count` is the most of each set, None for all."""
    speakers = voices(engine)
    terms = [
        Spoken(one.spoken, one.special, one.term.special if one.term else "", voice)
        for one, voice in zip(text.for_tests("terms"), _turns(speakers), strict=False)
    ]
    control = [
        Spoken(one.spoken, one.ordinary, "", voice)
        for one, voice in zip(_control(), _turns(speakers), strict=False)
    ]
    free = [  # each sentence in three voices
        Spoken(one, one, "", speakers[(at + turn) % len(speakers)])
        for turn in range(3)
        for at, one in enumerate(FREE)
    ]
    found = {"terms": terms, "free": free}
    if engine not in GENERAL:
        found["control"] = control
    most = {name: min(COUNTS[name], count or COUNTS[name]) for name in found}
    return {name: _spread(spoken, most[name]) for name, spoken in found.items()}


def _turns(voices: Sequence[str]) -> list[str]:
    """Each term is said by every voice: they come in turns of six, as the terms do."""
    return [voices[at // len(text.TERMS) % len(voices)] for at in range(1000)]


def _spread(those: list[Spoken], count: int) -> list[Spoken]:
    """As many, from everywhere, but whole turns of the terms."""
    return those[:count] if those[0].term else those[:: len(those) // count][:count]


def _control() -> list[text.Sentence]:
    """Sentences of words that the small model knows, without a term: true clouds and others."""
    unheard = text.for_tests("unheard")[WATCHED:]
    every = [*text.for_tests("clouds"), *text.for_tests("known"), *unheard]
    return list({one.spoken: one for one in every}.values())[: COUNTS["control"]]


@cache
def distractors(count: int) -> tuple[str, ...]:
    """Names that nobody says here: words of the pronouncing dictionary that the language model of
    the same package lacks, which are surnames for the most part. A shorter list is the beginning
    of a longer one."""
    names = list(_names())
    random.Random("distractors").shuffle(names)
    return tuple(name.capitalize() for name in names[:count])


@cache
def _names() -> tuple[str, ...]:
    from pocketsphinx import Config, Decoder

    path = package_folder("pocketsphinx") / "model" / "en-us" / "cmudict-en-us.dict"
    listed = {line.split()[0] for line in Path(path).read_text().splitlines()}
    said = {word for one in (*FREE, *TERMS) for word in words(one)}
    tested = [one for name in text.TESTS for one in text.for_tests(name)]
    said |= {word for one in tested for word in words(one.special)}
    model = Decoder(Config(loglevel="FATAL")).get_lm("_default")
    return tuple(
        word
        for word in sorted(listed - said)
        if word.isascii()
        and word.isalpha()
        and 4 <= len(word) <= 10
        # What the model lacks has the lowest number there is, and not the logarithm of a share.
        and model.prob([word]) < -(2**28)
    )
