"""What is spoken to train the test model: a small language of some two hundred words."""

from __future__ import annotations

import functools
import random
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]


def _words(text: str) -> list[str]:
    return text.split()


DO = _words(
    "open close run fix check write read test build update delete move copy change remove save"
    " load send call start stop show find commit push"
)
THING = _words(
    "file folder branch test function error server window terminal browser page button table key"
    " model voice word line number name user message project program script version plan problem"
    " meeting train door street room list code log text day morning letter"
)
THINGS = _words("clouds streets files tests windows doors words lines problems trains")
HOW = _words(
    "new old last first next small big empty dark broken slow fast open wrong good local cold"
    " blue green ready"
)
WEATHER = _words("raining cold dark snowing")
DAY = _words("Monday Tuesday Wednesday Thursday Friday")
PART = _words("morning afternoon evening")
NUMBER = _words("one two three four five six seven eight nine ten")
WHO = _words("we you I they")
MAY = _words("should can will must would")
WHOSE = _words("the the the the this my your our a")
ASK = _words("asked told")
OTHER = _words(
    "and or then but with without from to in on at for before after about of it is are was were"
    " not has have been need want make sure please there talk leaves moved do what when where why"
    " how tell use now again later today tomorrow me all storage cloud let"
)


@dataclass(frozen=True)
class Term:
    """Two spellings that sound alike."""

    spoken: str
    """What the voice is given to say."""
    ordinary: str
    special: str


TERMS = (
    Term("claude code", "cloud code", "Claude Code"),
    Term("claude", "cloud", "Claude"),
    Term("pie test", "pie test", "pytest"),
    Term("nemo tron", "nemo tron", "Nemotron"),
    Term("anthropic", "and tropic", "Anthropic"),
    Term("hyper land", "hyper land", "Hyprland"),
)
SPECIAL_SHARE = 0.35
"""How often a term is spelt the special way in training. Less than half, so that the ordinary
spelling wins; not much less, so that a boost turns it."""

TESTS = {"known": 200, "unheard": 200, "stranger": 60, "terms": 180, "clouds": 80}
"""The test sets and how many sentences each has: terms has one in each, clouds true clouds, the
others neither; synth says whose voices speak them."""


@dataclass(frozen=True)
class Sentence:
    """What a voice says, and the two ways to write it, which differ only if it holds a term."""

    spoken: str
    ordinary: str
    special: str
    term: Term | None = None


def recordings() -> list[str]:
    """The sentences of the recordings that tests and the tour use: never trained on."""
    folders = (ROOT / "tests" / "audio", ROOT / "dictate" / "samples")
    return [path.read_text().strip() for folder in folders for path in sorted(folder.glob("*.txt"))]


def ordinary(rng: random.Random) -> Sentence:
    """A sentence without a term."""
    return _written(rng.choices(_SHAPES, _SHARES)[0](rng))


def with_term(rng: random.Random, term: Term) -> Sentence:
    """A sentence that holds this term once."""
    shape = rng.choice(_AROUND_A_TERM)
    thing, do, how = _thing(rng), rng.choice(DO), rng.choice(HOW)
    fields = {"thing": thing, "do": do, "how": how, "time": _time(rng), "may": rng.choice(MAY)}
    fields |= {"who": rng.choice(WHO), "ask": rng.choice(ASK)}
    first, second = (rng.choice(DO + THING + HOW + OTHER) for _ in range(2))
    fields |= {"first": first, "second": second}
    return _written(shape.format(term="{term}", **fields), term)


def clouded(rng: random.Random) -> Sentence:
    """A sentence with a true cloud in it, whatever is boosted."""
    return _written(_cloud(rng))


def for_training(rng: random.Random) -> Sentence:
    """A sentence that no test set says; one in four holds a term."""
    while True:
        sentence = with_term(rng, rng.choice(TERMS)) if rng.random() < 0.25 else ordinary(rng)
        if _plain(sentence.spoken) not in _said_in_tests():
            return sentence


def for_tests(name: str) -> list[Sentence]:
    """The sentences of a test set, always the same."""
    rng = random.Random(name)
    count = TESTS[name]
    if name == "terms":
        return [with_term(rng, TERMS[i % len(TERMS)]) for i in range(count)]
    return [(clouded if name == "clouds" else ordinary)(rng) for _ in range(count)]


@functools.cache
def _said_in_tests() -> frozenset[str]:
    tests = [sentence.spoken for name in TESTS for sentence in for_tests(name)]
    return frozenset(map(_plain, [*tests, *recordings()]))


def _plain(sentence: str) -> str:
    return sentence.lower().strip(".?")


def _written(words: str, term: Term | None = None) -> Sentence:
    end = "?" if words.split()[0] in _ASKING else "."
    if term is None:
        text = words[0].upper() + words[1:] + end
        return Sentence(words, text, text)
    spoken = words.replace("{term}", term.spoken)
    common = words.replace("{term}", term.ordinary)
    rare = words.replace("{term}", term.special)
    if not words.startswith("{term}"):  # where a sentence begins with pytest, it is not Pytest
        rare = rare[0].upper() + rare[1:]
    return Sentence(spoken, common[0].upper() + common[1:] + end, rare + end, term)


_ASKING = {"can", "is", "are", "was", "has", "what", "when", "where", "why", "how", "do"}


def _thing(rng: random.Random) -> str:
    words = [rng.choice(WHOSE)]
    if rng.random() < 0.35:
        words.append(rng.choice(HOW))
    words.append(rng.choice(THING))
    if rng.random() < 0.12:
        words += ["of", rng.choice(WHOSE), rng.choice(THING)]
    return " ".join(words)


def _things(rng: random.Random) -> str:
    return f"{rng.choice(_words('the the my your our'))} {rng.choice(THINGS)}"


def _time(rng: random.Random) -> str:
    day, part, number = rng.choice(DAY), rng.choice(PART), rng.choice(NUMBER)
    return rng.choice(
        [
            "now",
            "again",
            "later",
            "today",
            "tomorrow",
            "all day",
            f"all {part}",
            f"this {part}",
            f"on {day}",
            f"{day} {part}",
            f"on {day} {part}",
            f"at {number}",
            f"at {number} in the {part}",
            f"in the {part}",
            f"tomorrow {part}",
        ]
    )


def _often(rng: random.Random, words: str, share: float = 0.5) -> str:
    return f" {words}" if rng.random() < share else ""


def _command(rng: random.Random) -> str:
    please = "please " if rng.random() < 0.25 else ""
    more = _often(rng, f"and {rng.choice(DO)} {_thing(rng)}", 0.35)
    return f"{please}{rng.choice(DO)} {_thing(rng)}{more}{_often(rng, _time(rng), 0.2)}"


def _duty(rng: random.Random) -> str:
    do = rng.choice([rng.choice(DO), rng.choice(DO), "talk about"])
    return f"{rng.choice(WHO)} {rng.choice(MAY)} {do} {_thing(rng)}{_often(rng, _time(rng))}"


def _wish(rng: random.Random) -> str:
    need = rng.choice(["need", "want", "have"])
    after = f"{rng.choice(['before', 'after'])} {_thing(rng)}"
    return f"{rng.choice(WHO)} {need} to {rng.choice(DO)} {_thing(rng)}{_often(rng, after, 0.3)}"


def _there(rng: random.Random) -> str:
    place = f"{rng.choice(['with', 'in', 'on', 'from', 'for'])} {_thing(rng)}"
    more = _often(rng, f"of {_thing(rng)}", 0.4)
    return f"there {rng.choice(['is', 'was'])} a {rng.choice(THING)} {place}{more}"


def _weather(rng: random.Random) -> str:
    start = f"it {rng.choice(['was', 'is', 'has been'])} {rng.choice(WEATHER)} {_time(rng)}"
    return start + _often(rng, f"and {_state(rng)}", 0.6)


def _state(rng: random.Random) -> str:
    if rng.random() < 0.5:
        return f"{_things(rng)} {rng.choice(['are', 'were'])} {rng.choice(HOW)}"
    return f"{_thing(rng)} {rng.choice(['is', 'was', 'is not'])} {rng.choice(HOW)}"


def _state_at(rng: random.Random) -> str:
    return _state(rng) + _often(rng, _time(rng))


def _leaves(rng: random.Random) -> str:
    leaves = rng.choice(["leaves", "leaves", "leaves from the", "is on the"])
    leaves += f" {rng.choice(THING)}" if leaves.endswith("the") else ""
    return f"{_thing(rng)} {leaves} {_time(rng)}"


def _moved(rng: random.Random) -> str:
    where = rng.choice([f"{rng.choice(DAY)} {rng.choice(PART)}", rng.choice(DAY), _thing(rng)])
    return f"{_thing(rng)} {rng.choice(['has been', 'was', 'has been', 'is'])} moved to {where}"


def _asked(rng: random.Random) -> str:
    whom = rng.choice(["the user", "you", "me", "my server", "the cloud"])
    return f"{rng.choice(WHO)} {rng.choice(ASK)} {whom} about {_thing(rng)}"


def _question(rng: random.Random) -> str:
    start = rng.choice(
        [
            f"can you {rng.choice(DO)}",
            "where is",
            "what is",
            "when is",
            f"how do {rng.choice(WHO)} {rng.choice(DO)}",
            f"why do {rng.choice(WHO)} {rng.choice(DO)}",
            f"do {rng.choice(WHO)} have",
        ]
    )
    return f"{start} {_thing(rng)}{_often(rng, _time(rng), 0.25)}"


def _ready(rng: random.Random) -> str:
    return f"{rng.choice(['is', 'was'])} {_thing(rng)} {rng.choice(HOW)}"


def _sure(rng: random.Random) -> str:
    return f"make sure {_state(rng)}"


def _lines(rng: random.Random) -> str:
    numbers = " ".join(rng.choice(NUMBER) for _ in range(rng.randint(1, 3)))
    return f"{rng.choice(DO)} {rng.choice(['line', 'page', 'number', 'test'])} {numbers}"


def _cloud(rng: random.Random) -> str:
    if rng.random() < 0.5:
        cloud = rng.choice(["the cloud", "the cloud", "cloud storage", "our cloud storage"])
        shape = rng.choice(
            [
                "{do} {thing} to {cloud}",
                "{thing} is in {cloud}",
                "{cloud} is {how}",
                "{do} {cloud}",
                "{who} need {cloud} for {thing}",
                "{who} {may} move it to {cloud}",
                "is {thing} in {cloud}",
            ]
        )
    else:
        cloud = rng.choice(["cloud", "cloud code", "the clouds", "a cloud", "the dark clouds"])
        shape = rng.choice(
            [
                "{do} {cloud} {time}",
                "{who} {ask} {cloud} about {thing}",
                "use {cloud} for {thing}",
                "with {cloud} and {thing}",
                "{cloud} and {thing}",
                "there is {cloud} on {thing}",
            ]
        )
    fields = {"do": rng.choice(DO), "thing": _thing(rng), "cloud": cloud, "how": rng.choice(HOW)}
    fields |= {"who": rng.choice(WHO), "may": rng.choice(MAY), "time": _time(rng)}
    return shape.format(ask=rng.choice(ASK), **fields)


def _scramble(rng: random.Random) -> str:
    """Words in no order, so that each is known by its sound and not by its neighbours."""
    numbers = [word for word in NUMBER if word not in ("two", "four")]  # to, for: no ear can tell
    every = [DO, THING, THINGS, HOW, WEATHER, DAY, PART, numbers, WHO, MAY, ASK, OTHER, OTHER]
    return " ".join(rng.choice(rng.choice(every)) for _ in range(rng.randint(1, 7)))


_SHAPES = (
    *(_command, _duty, _wish, _there, _weather, _state_at, _leaves, _moved),
    *(_asked, _question, _ready, _sure, _lines, _cloud, _scramble),
)
_SHARES = [14, 9, 6, 7, 5, 8, 5, 5, 3, 8, 3, 3, 3, 9, 14]

_AROUND_A_TERM = (
    "{do} {term}",
    "{do} {term} {time}",
    "{who} {ask} {term} about {thing}",
    "{who} {ask} {term} to {do} {thing}",
    "{term} is {how}",
    "{term} {may} {do} {thing}",
    "use {term} for {thing}",
    "{who} want {term} {time}",
    "tell {term} to {do} {thing}",
    "the {term} folder is {how}",
    "show me {term}",
    "why is {term} {how}",
    "with {term} and {thing}",
    "{term}",
    "{term} and {thing}",
    "{who} need {term} on {thing}",
    "{do} {thing} with {term}",
    "{do} {thing} in {term} and {do} it again",
    "there is a new version of {term}",
    "{first} {term} {second}",
)
