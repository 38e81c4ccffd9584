"""The starter engine, on speech: the user's words are heard, and nothing is invented."""

import subprocess
import sys

import numpy as np
import pytest

from dictate.config.schema import EngineSettings
from dictate.engines.pocketsphinx import PocketSphinxEngine
from dictate.errors import Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Guards, Hotwords, Term
from tests.engines.test_speech_gate import NOISES
from tests.lab.voices import speak

CLAUDE = Hotwords((Term("Claude Code"),))
NONE = Hotwords()


@pytest.fixture(scope="module")
def engine() -> PocketSphinxEngine:
    engine = PocketSphinxEngine(EngineSettings())
    engine.load()
    return engine


def hear(engine: PocketSphinxEngine, samples: Samples, hotwords: Hotwords = NONE) -> str:
    utterance = engine.begin(hotwords, "en-US")
    for start in range(0, len(samples), 1600):
        utterance.feed(samples[start : start + 1600])
    return utterance.finish()


@pytest.mark.parametrize("voice", ["slt", "rms", "en-us"])
@pytest.mark.parametrize(
    "sentence", ["I wrote it with Claude Code", "open Claude Code in the terminal"]
)
def test_a_hotword_is_heard(engine: PocketSphinxEngine, sentence: str, voice: str) -> None:
    spoken = speak(sentence, voice)
    assert "Claude Code" not in hear(engine, spoken)
    assert "Claude Code" in hear(engine, spoken, CLAUDE)


@pytest.mark.parametrize("voice", ["slt", "rms"])
@pytest.mark.parametrize(
    "sentence", ["we keep the files in cloud storage", "the clouds are dark today"]
)
def test_a_hotword_changes_nothing_else(
    engine: PocketSphinxEngine, sentence: str, voice: str
) -> None:
    spoken = speak(sentence, voice)
    assert hear(engine, spoken, CLAUDE) == hear(engine, spoken)


def test_no_strength_is_no_hotword(engine: PocketSphinxEngine) -> None:
    spoken = speak("I wrote it with Claude Code")
    weak = Hotwords(CLAUDE.terms, strength=0.0)
    assert hear(engine, spoken, weak) == hear(engine, spoken)


def test_a_term_sounds_as_the_user_says(engine: PocketSphinxEngine) -> None:
    named = Hotwords((Term("Frobnitz", sounds_like=("claude code",)),))
    assert "Frobnitz" in hear(engine, speak("I wrote it with Claude Code"), named)


def test_a_term_of_another_language_is_not_heard(engine: PocketSphinxEngine) -> None:
    spoken = speak("I wrote it with Claude Code")
    french = Hotwords((Term("Claude Code", language="fr"),))
    assert hear(engine, spoken, french) == hear(engine, spoken)


def test_the_signs_of_a_term_are_said(engine: PocketSphinxEngine) -> None:
    """Otherwise "see" would be written as "C++"."""
    reports = engine.inspect([Term("C++"), Term("+++"), Term(".NET"), Term("Claude")], Guards())
    assert [report.spelling for report in reports] == ["C++", "+++", ".NET", "Claude"]
    assert reports[0].tokens == ("S IY P L AH S P L AH S",)
    assert "D AA T N EH T" in reports[2].tokens
    assert reports[3].tokens == ("K L AO D",)
    spoken = speak("we see the clouds today")
    assert hear(engine, spoken, Hotwords((Term("C++"),))) == hear(engine, spoken)


def test_a_thousand_terms(engine: PocketSphinxEngine) -> None:
    many = tuple(Term(f"Claude {number} thing", sounds_like=("thing",)) for number in range(999))
    hotwords = Hotwords((*CLAUDE.terms, *many))
    assert engine.prepare(hotwords) == []
    assert "Claude Code" in hear(engine, speak("I wrote it with Claude Code"), hotwords)


def test_lists_come_and_go(engine: PocketSphinxEngine) -> None:
    spoken = speak("I wrote it with Claude Code")
    for _ in range(2):
        engine.prepare(Hotwords((Term("Kubernetes"),)))
        assert "Claude Code" in hear(engine, spoken, CLAUDE)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.fault("D7")
def test_noise_is_nothing(engine: PocketSphinxEngine, noise: str) -> None:
    assert hear(engine, NOISES[noise][: 2 * RATE].astype(np.float32)) == ""


def test_the_first_utterance_is_as_good_as_any() -> None:
    fresh = PocketSphinxEngine(EngineSettings())
    fresh.load()
    spoken = speak("please open the window and close the door")
    first = hear(fresh, spoken)
    hear(fresh, speak("the clouds are dark today", "en-us"))
    assert first == hear(fresh, spoken) == "please open the window and close the door"


def test_sentences_with_pauses_are_joined(engine: PocketSphinxEngine) -> None:
    pause = np.zeros(RATE, np.float32)
    one = speak("please open the window and close the door")
    other = speak("the train leaves at seven in the morning")
    heard = hear(engine, np.concatenate([one, pause, other]))
    assert heard.startswith("please open the window and close the door the train leaves")


def test_one_short_word(engine: PocketSphinxEngine) -> None:
    assert hear(engine, speak("okay", "slt")) == "okay"


def test_a_quarter_of_a_second_holds_no_word(engine: PocketSphinxEngine) -> None:
    spoken = speak("We need cloud storage today and it was none of us")
    for start in range(0, len(spoken) - RATE // 4, RATE // 8):
        assert hear(engine, spoken[start : start + RATE // 4]) == ""


def test_it_knows_english_only(engine: PocketSphinxEngine) -> None:
    assert "English" in str(PocketSphinxEngine(EngineSettings(language="de")).unavailable_reason())
    with pytest.raises(Unavailable, match="English only"):
        engine.begin(NONE, "de")


def test_it_writes_nothing_to_the_terminal() -> None:
    program = (
        "from dictate.engines.pocketsphinx import PocketSphinxEngine as E;"
        "from dictate.config.schema import EngineSettings as S; e = E(S()); e.load()"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, timeout=60)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
