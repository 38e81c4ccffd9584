"""What a user gets from a transducer, whatever runs it: NeMo, or onnxruntime. Real engines on a
real, small model of our own."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dictate.config.schema import TextSettings
from dictate.engines import Engine, transducer
from dictate.engines.transducer import DIFFERENT
from dictate.errors import Unavailable
from dictate.events import RATE, Samples
from dictate.hotwords.model import Guards, Hotwords, Term
from dictate.proof.voices import FLITE
from dictate.text import polish
from tests.lab import mini_model, mini_onnx
from tests.lab.voices import read, speak
from tests.mini_model.synth import UNHEARD

AUDIO = Path(__file__).parents[1] / "audio"
SAMPLES = Path(__file__).parents[2] / "dictate" / "samples"
CHUNKS_MS = (80, 160, 560, 1120)
CLAUDE = Hotwords((Term("Claude Code"),))
TERMS = Hotwords(
    tuple(map(Term, ("Claude Code", "pytest", "Nemotron", "Hyprland", "Claude", "Anthropic")))
)
SPOKEN = {
    "Claude Code": "claude code",
    "Claude": "claude",
    "pytest": "pie test",
    "Nemotron": "nemo tron",
    "Anthropic": "anthropic",
    "Hyprland": "hyper land",
}
"""A term, and how a voice is told to say it."""
AROUND = ("Show me {}.", "We want {} today.", "Use {} for the new file.", "Tell {} to open it.")
ORDINARY = (
    "The clouds are dark today.",
    "Please move the file to the cloud.",
    "We need cloud storage today.",
    "Please open the window and close the door.",
    "The meeting has been moved to Friday afternoon.",
    "There is a problem with the new version of the program.",
    "The train leaves at seven in the morning.",
    "We should talk about the new plan this afternoon.",
)


@pytest.fixture(scope="module", params=["nemotron", "onnx"])
def name(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def in_chunks(name: str, chunk_ms: int) -> Engine:
    """The engine of this name with this chunk: ONNX files have only one."""
    return mini_model.engine() if name == "nemotron" else mini_onnx.engine(chunk_ms=chunk_ms)


@pytest.fixture(scope="module")
def engine(name: str) -> Engine:
    return in_chunks(name, 560)


@pytest.fixture(scope="module")
def asked() -> Samples:
    return read(SAMPLES / "2-claude-code.wav")


def hear(
    engine: Engine,
    sound: Samples,
    hotwords: Hotwords = Hotwords(),  # noqa: B008 - frozen
    chunk_ms: int = 560,
    size: int = 1600,
) -> str:
    utterance = engine.begin(hotwords, None, chunk_ms)
    for start in range(0, len(sound), size):
        utterance.feed(sound[start : start + size])
    return utterance.finish()


def test_partials_only_grow(name: str, asked: Samples) -> None:
    utterance = in_chunks(name, 80).begin(TERMS, None, 80)
    texts = [utterance.feed(asked[at : at + 320]) for at in range(0, len(asked), 320)]
    seen = [text for text in texts if text is not None]
    assert len(seen) > 5
    assert all(b.startswith(a) for a, b in pairwise(seen))
    assert utterance.finish().startswith(seen[-1])


def test_sound_that_ends_in_the_last_word_keeps_it_and_its_full_stop(
    engine: Engine, asked: Samples
) -> None:
    loud = np.flatnonzero(np.abs(asked) > 0.02)
    assert hear(engine, asked[: loud[-1]]).endswith("problem.")


@pytest.mark.parametrize("level", [0.0, 0.001, 0.003])
def test_no_term_out_of_silence(engine: Engine, level: float) -> None:
    strong = Hotwords(TERMS.terms, strength=4.0)
    noise = np.random.default_rng(2).normal(0, level, 10 * RATE).astype(np.float32)
    assert hear(engine, noise, strong) == ""


def test_a_sound_too_short_for_a_word_gives_nothing(engine: Engine, asked: Samples) -> None:
    assert hear(engine, asked[RATE : RATE + RATE // 4], TERMS) == ""


def test_claude_code_is_repaired_and_the_clouds_stay(engine: Engine, asked: Samples) -> None:
    assert hear(engine, asked) == "We asked cloud code about the problem."
    assert hear(engine, asked, CLAUDE) == "We asked Claude Code about the problem."
    clouds = read(SAMPLES / "3-clouds.wav")
    assert hear(engine, clouds, TERMS) == hear(engine, clouds) == "The clouds are dark today."


def test_boosting_finds_most_terms_and_harms_nothing(engine: Engine) -> None:
    told = {}
    for written, spoken in SPOKEN.items():
        for frame in AROUND:
            for voice in FLITE:
                sound = speak(frame.format(spoken), voice)
                told[written, frame, voice] = hear(engine, sound, TERMS)
    missed = {key: text for key, text in told.items() if key[0].lower() not in text.lower()}
    assert len(missed) <= 0.2 * len(told), missed
    for sentence in ORDINARY:
        for voice in FLITE:
            sound = speak(sentence, voice)
            assert hear(engine, sound, TERMS) == hear(engine, sound), (sentence, voice)


def test_the_text_without_the_hotwords_is_known(engine: Engine, asked: Samples) -> None:
    plain = "We asked cloud code about the problem."
    unguarded = Hotwords(CLAUDE.terms, guards=Guards(compare=False))
    for hotwords in (CLAUDE, unguarded, Hotwords(CLAUDE.terms, strength=0.0), Hotwords()):
        utterance = engine.begin(hotwords, None)
        utterance.feed(asked)
        boosted = hotwords.strength > 0 and hotwords.terms
        expected = "We asked Claude Code about the problem." if boosted else plain
        assert (utterance.finish(), utterance.plain) == (expected, plain)
    short = engine.begin(CLAUDE, None)
    short.feed(asked[: RATE // 5])
    assert short.finish() == ""
    assert short.plain == ""


def test_streamed_at_any_chunk_the_boost_is_the_same(name: str, asked: Samples) -> None:
    for chunk_ms in CHUNKS_MS:
        heard = hear(in_chunks(name, chunk_ms), asked, CLAUDE, chunk_ms)
        assert heard == "We asked Claude Code about the problem."


def test_weight_and_strength_count(engine: Engine, asked: Samples) -> None:
    plain = "We asked cloud code about the problem."
    assert hear(engine, asked, Hotwords((Term("Claude Code", weight=0.01),))) == plain
    assert hear(engine, asked, Hotwords(CLAUDE.terms, strength=0.0)) == plain
    assert hear(engine, asked, Hotwords(CLAUDE.terms, strength=0.01)) == plain
    weak = Hotwords((Term("Claude Code", weight=3.0),), strength=0.5)
    assert "Claude Code" in hear(engine, asked, weak)


def test_the_list_changes_between_and_during_dictations(engine: Engine, asked: Samples) -> None:
    plain, boosted = hear(engine, asked), hear(engine, asked, CLAUDE)
    half = len(asked) // 2
    first = engine.begin(CLAUDE, None)
    first.feed(asked[:half])
    assert engine.prepare(Hotwords((Term("Nemotron"),))) == []
    second = engine.begin(Hotwords((Term("Nemotron"),)), None)
    second.feed(asked[:half])
    first.feed(asked[half:])
    second.feed(asked[half:])
    assert (first.finish(), second.finish()) == (boosted, plain)


@pytest.mark.parametrize("many", [10, 100, 1000, 10_000])
def test_long_lists_are_taken_and_cost_no_text(engine: Engine, asked: Samples, many: int) -> None:
    letters = np.random.default_rng(many)
    names = ["".join(letters.choice(list("abcdefghiklmnoprstuvw"), 9)) for _ in range(many)]
    hotwords = Hotwords((Term("Claude Code"), *map(Term, names)), guards=Guards(cap=False))
    assert engine.prepare(hotwords) == []
    heard = hear(engine, asked, hotwords)
    if many <= 1000:
        assert heard == "We asked Claude Code about the problem."
    else:
        # Where nearly every token begins some term, none is preferred: less is found.
        assert heard in (hear(engine, asked), hear(engine, asked, CLAUDE))


def test_names_that_begin_alike_hide_no_term(engine: Engine) -> None:
    names = "Pieper Piatek Pickard Piazza Pilger Pinto Pirelli Pisano Pitman Piccolo Pienaar"
    hotwords = Hotwords(tuple(map(Term, ("pytest", *names.split()))))
    utterance = engine.begin(hotwords, None)
    utterance.feed(speak("Show me pie test.", UNHEARD[0]))
    assert utterance.finish() == "Show me pytest."
    assert utterance.plain == "Show me pie test."


def test_what_the_model_cannot_write_is_named(engine: Engine) -> None:
    lines = engine.prepare(Hotwords((Term("Claude"), Term("5€ note"), Term("Go"))))
    assert len(lines) == 2
    assert any("'5€ note'" in line for line in lines)
    assert any("'Go'" in line and "hotwords.shortest" in line for line in lines)


def test_signs_and_accents_are_boosted_as_they_are_said(engine: Engine, asked: Samples) -> None:
    accents = Term("Claüde Code"), Term("Claüde Code", sounds_like=("Claude Code",))
    refused, usable = engine.inspect(accents, Guards())
    assert refused.tokens[0] == "▁C la <unk> de ▁C ode"
    assert "'Claüde Code'" in refused.problem
    assert "(ü)" in refused.problem
    assert "sounds_like" in refused.problem
    assert (usable.problem, usable.tokens) == ("", refused.tokens)
    assert engine.prepare(Hotwords(accents[:1])) == [refused.problem]
    plain = "We asked cloud code about the problem."
    assert hear(engine, asked, Hotwords(accents[:1])) == plain
    words = Hotwords(accents[1:])
    heard = hear(engine, asked, words)
    assert heard == "We asked Claude Code about the problem."
    assert polish(heard, words, TextSettings()) == ("We asked Claüde Code about the problem.")


def test_each_term_is_reported_as_the_model_sees_it(engine: Engine) -> None:
    names = ("Claude Code", "C++", ".NET", "node.js", "Go", "5€")
    reports = engine.inspect([Term(name) for name in names], Guards())
    assert [report.spelling for report in reports] == list(names)
    # "C plus plus" is boosted in place of the first, and in the text it becomes the spelling.
    usable = [report.spelling for report in reports if not report.problem]
    assert usable == ["Claude Code", "C++", ".NET", "node.js"]
    for report in reports:
        written = [text.replace(" ", "").replace("▁", " ").strip() for text in report.tokens]
        assert report.spelling in ("C++", "5€") or written[0] == report.spelling
    assert "▁" in reports[0].tokens[0]
    assert engine.inspect([Term("Go")], Guards(shortest=1))[0].problem == ""


def test_where_the_boost_runs_wild_the_plain_text_stands_and_says_so(
    engine: Engine, asked: Samples, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transducer, "settle", lambda plain, *_: (plain, True))
    utterance = engine.begin(CLAUDE, None)
    utterance.feed(asked)
    assert utterance.finish() == "We asked cloud code about the problem."
    assert utterance.effort.note == DIFFERENT
    assert "Claude" not in utterance.effort.note
    trusting = Hotwords(CLAUDE.terms, guards=Guards(compare=False))
    assert hear(engine, asked, trusting) == "We asked Claude Code about the problem."


def test_the_strongest_boost_cannot_turn_a_sentence_into_terms(engine: Engine) -> None:
    wild = Hotwords(tuple(Term(term.spelling, weight=10.0) for term in TERMS.terms), strength=4.0)
    sound = read(AUDIO / "window.wav")
    text = hear(engine, sound, wild)
    plain = hear(engine, sound).lower().split()
    assert len(set(text.lower().split()) & set(plain)) >= len(plain) - 3, text


def test_other_languages_are_refused(engine: Engine) -> None:
    with pytest.raises(Unavailable, match="knows en, not 'de-DE'"):
        engine.begin(CLAUDE, "de-DE")


# Choosing.


def test_whether_it_can_work_is_known_without_loading_anything_heavy(name: str) -> None:
    heavy = ("torch", "nemo", "onnxruntime", "sentencepiece")
    code = (
        "import sys\n"
        "from dictate.config.schema import EngineSettings\n"
        "from dictate.engines import ENGINES\n"
        f"ENGINES.make({name!r}, EngineSettings(use={name!r})).unavailable_reason()\n"
        f"print([name for name in {heavy} if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
