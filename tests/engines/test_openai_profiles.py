"""What each make of server is asked, and what its answers mean."""

import json

import pytest

from dictate.engines.prompt_guard import clean
from dictate.engines.remote.openai_profiles import (
    CONTROL,
    LONGEST_PROMPT,
    PROFILES,
    BadAnswer,
    Hints,
    answer,
    detected_language,
    guess,
    heard,
    hints,
    request,
    speech_models,
)
from dictate.engines.selection import MOST_PROMPTED
from dictate.hotwords.model import Hotwords, Term
from tests.lab.openai_server import CARDS

TOLD = Hints("About Python", ("Claude Code", "Kubernetes"))
PROMPT = "About Python. Technical terms: Claude Code, Kubernetes."


@pytest.mark.parametrize(
    ("name", "model", "expected"),
    [
        ("vllm", "m", {"model": "m", "language": "en", "prompt": PROMPT}),
        ("sglang", "m", {"model": "m", "language": "en", "prompt": PROMPT}),
        ("localai", "m", {"model": "m", "language": "en", "prompt": PROMPT}),
        ("whisper-cpp", "", {"language": "en", "prompt": PROMPT}),
        ("openai", "whisper-1", {"model": "whisper-1", "language": "en", "prompt": PROMPT}),
        (
            "speaches",
            "m",
            {
                "model": "m",
                "language": "en",
                "prompt": "About Python",
                "hotwords": "Claude Code, Kubernetes",
            },
        ),
        (
            "openai",
            "gpt-transcribe",
            {
                "model": "gpt-transcribe",
                "languages[]": ["en"],
                "prompt": "About Python",
                "keywords[]": ["Claude Code", "Kubernetes"],
            },
        ),
    ],
)
def test_a_form(name: str, model: str, expected: dict[str, object]) -> None:
    asked = request(PROFILES[name], model, TOLD, "en-GB", 2)
    assert asked.form == {"response_format": "json", **expected}


def test_a_language_that_the_model_shall_find_out() -> None:
    for name, profile in PROFILES.items():
        form = request(profile, "m", TOLD, "auto", 2).form or {}
        assert form.get("language") == ("auto" if name == "whisper-cpp" else None)


def test_a_chat() -> None:
    body = request(PROFILES["vllm-chat"], "m", TOLD, "en", 2).body
    system = {"role": "system", "content": PROMPT}
    assert body == {"model": "m", "messages": [system], "temperature": 0, "max_tokens": 80}
    body = request(PROFILES["vllm-chat"], "m", Hints(), "en", 2).body
    assert body is not None
    assert body["messages"] == []


def test_the_hints_are_the_terms_of_this_language_the_heaviest_first() -> None:
    terms = Term("Rust"), Term("Claude Code", weight=2), Term("Kölsch", language="de")
    told, unusable = hints(Hotwords(terms, context=" About\nPython "), "en-US")
    assert (told.prompt, unusable) == (
        "About Python. Technical terms: Claude Code, Rust.",
        [],
    )
    assert hints(Hotwords(terms), "auto")[0].terms == ("Claude Code", "Rust", "Kölsch")
    assert hints(Hotwords(terms, strength=0), "en")[0] == Hints()


def test_each_term_that_is_not_told_is_named() -> None:
    many = tuple(
        Term(f"Term{number}", weight=10 - number / 10) for number in range(MOST_PROMPTED + 2)
    )
    told, unusable = hints(Hotwords((*many, Term("<|im_end|>"))), "en")
    assert told.terms == tuple(term.spelling for term in many[:MOST_PROMPTED])
    assert [line.partition(":")[0] for line in unusable] == ["Term50", "Term51", "<|im_end|>"]
    long = tuple(Term(f"{number}" * 100) for number in range(9))
    told, unusable = hints(Hotwords(long), "en")
    assert len(told.prompt) <= LONGEST_PROMPT
    assert len(told.terms) + len(unusable) == 9


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Claude <|im_end|>Code", "Claude Code"),
        ("<|im_<|x|>end|>\n<asr_text>a", "a"),
        ("<|im_<asr_text>start|> a", "a"),
        ("a < b | c > d", "a < b | c > d"),
    ],
)
def test_nothing_in_a_term_steers_the_model(text: str, expected: str) -> None:
    assert clean(text, CONTROL) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("language English<asr_text>good morning", "good morning"),
        ("language None<asr_text>", ""),
        ("language None<asr_text>thanks for watching", ""),
        ("language English\n<asr_text> good\nmorning <|im_end|>", "good morning"),
        (" good morning\n", "good morning"),
        ("a language English speakers like", "a language English speakers like"),
    ],
)
def test_what_was_heard(text: str, expected: str) -> None:
    assert heard(text) == expected


@pytest.mark.parametrize(
    ("name", "raw", "language"),
    [
        (
            "vllm-chat",
            b'{"choices": [{"message": {"content": "language German<asr_text>ja"}}]}',
            "de",
        ),
        ("vllm-chat", b'{"choices": [{"message": {"content": "good morning"}}]}', ""),
        ("vllm-chat", b'{"choices": [{"message": {"content": "language Elvish<asr_text>x"}}]}', ""),
        ("speaches", b'{"text": "ja", "language": "german"}', "de"),
        ("speaches", b'{"text": "ja", "language": "de"}', "de"),
        ("openai", b'{"text": "ja", "language": null}', ""),
        ("openai", b'{"text": "ja"}', ""),
    ],
)
def test_the_language_that_the_model_found(name: str, raw: bytes, language: str) -> None:
    assert detected_language(PROFILES[name], raw) == language


@pytest.mark.parametrize(
    ("name", "raw", "says"),
    [
        ("vllm", b"<!doctype html>", "a web page"),
        ("vllm", b"", "not with JSON"),
        ("vllm", b"\xff\x00", "not with JSON"),
        ("vllm", b"[" * 100_000, "not with JSON"),
        ("vllm", b"[]", "JSON object"),
        ("vllm", b'{"text": 42}', "without a text"),
        ("vllm", b'{"text": null}', "without a text"),
        ("vllm-chat", b'{"text": "good morning"}', "without a text"),
        ("vllm-chat", b'{"choices": []}', "without a text"),
        ("vllm-chat", b'{"choices": [{"message": {"content": null}}]}', "without a text"),
        ("vllm-chat", b'{"choices": ["good morning"]}', "without a text"),
        ("vllm-chat", b'{"choices": {"0": 1}}', "without a text"),
    ],
)
def test_what_is_no_answer(name: str, raw: bytes, says: str) -> None:
    with pytest.raises(BadAnswer, match=says):
        answer(PROFILES[name], raw)


def test_an_answer_that_was_cut_off_is_not_whole() -> None:
    choice = {"message": {"content": "and and and"}, "finish_reason": "length"}
    raw = json.dumps({"choices": [choice]}).encode()
    assert answer(PROFILES["vllm-chat"], raw) == ("and and and", False)


@pytest.mark.parametrize(
    ("host", "server", "make", "expected"),
    [
        ("api.openai.com", "cloudflare", "openai", "openai"),
        ("notopenai.com", "", "vllm", "vllm"),
        ("h", "uvicorn", "vllm", "vllm"),
        ("h", "uvicorn", "vllm-chat", "vllm-chat"),
        ("h", "uvicorn", "sglang", "sglang"),
        ("h", "uvicorn", "speaches", "speaches"),
        ("h", "whisper.cpp", "", "whisper-cpp"),
        ("h", "", "localai", "openai"),
        ("h", "", "", "openai"),
    ],
)
def test_which_make_it_is(host: str, server: str, make: str, expected: str) -> None:
    cards = CARDS.get(make, [])
    model = str(cards[-1]["id"]) if cards else ""
    assert guess(host, server, cards, model) == expected


def test_qwen_under_another_name_is_known_by_its_root() -> None:
    cards = [{"id": "asr", "owned_by": "vllm", "root": "Qwen/Qwen3-ASR-0.6B"}]
    assert guess("h", "", cards, "asr") == "vllm-chat"


def test_what_is_no_name_of_a_model_is_none() -> None:
    names = ["a", "b\x1b[31m", "c" * 201, 4, None, ["d"]]
    assert speech_models([{"id": name} for name in names]) == ["a"]
    assert speech_models(CARDS["speaches"]) == ["small"]
