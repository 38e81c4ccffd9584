"""Which engine and model would be the best here, on machines that differ."""

from collections.abc import Callable
from pathlib import Path

import pytest

from dictate import engines
from dictate.config.schema import EngineSettings
from dictate.engines import ENGINES, advice, graphics_card
from dictate.engines import packages as packages_of
from dictate.errors import Unavailable
from dictate.models import store
from dictate.models.catalogue import CATALOGUE
from dictate.models.store import ModelFile

AUTO = EngineSettings()


@pytest.fixture
def machine(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A machine with or without a card, with these packages and models."""

    def make(*, card: bool = False, packages: str = "", models: str = "") -> None:
        monkeypatch.setattr(advice, "nvidia_card", lambda: card)
        monkeypatch.setattr(engines, "nvidia_card", lambda: card)
        there = [name for engine in packages.split() for name in packages_of.PACKAGES[engine]]
        monkeypatch.setattr(packages_of, "find_spec", lambda name: name in there or None)

        def installed(model: object) -> ModelFile | None:
            name = getattr(model, "name", "")
            return ModelFile(name, Path(name), "", "") if name in models.split() else None

        monkeypatch.setattr(store, "installed", installed)
        monkeypatch.setattr(type(ENGINES), "why_not", lambda *_: "")

    return make


Machine = Callable[..., None]


def test_nemo_is_the_best_on_a_card_and_onnx_without_one(machine: Machine) -> None:
    machine(card=True)
    assert ENGINES.order(AUTO) == ENGINES.auto == ("nemotron", "onnx", "pocketsphinx")
    on_the_processor = ("onnx", "nemotron", "pocketsphinx")
    assert ENGINES.order(EngineSettings(device="cpu")) == on_the_processor
    machine(card=False)
    assert ENGINES.order(AUTO) == on_the_processor


@pytest.mark.parametrize(
    ("card", "packages", "best"),
    [
        (False, "", "nemotron-onnx"),
        (False, "nemotron onnx", "nemotron-onnx"),
        (True, "onnx", "nemotron-onnx"),
        (True, "nemotron onnx", "nemotron"),
    ],
)
def test_the_best_model(machine: Machine, *, card: bool, packages: str, best: str) -> None:
    machine(card=card, packages=packages)
    found = advice.best_model(AUTO)
    assert found is not None
    assert found.name == best


def test_the_model_that_the_user_chose_is_the_best(machine: Machine) -> None:
    machine()
    assert advice.best_model(EngineSettings(model="parakeet-onnx")) == CATALOGUE["parakeet-onnx"]
    assert advice.best_model(EngineSettings(model="/my/own.nemo")) is None
    assert advice.best_model(EngineSettings(model="qwen3")) is None


def test_a_language_that_the_model_does_not_know_is_left_to_the_user(machine: Machine) -> None:
    machine()
    with pytest.raises(Unavailable) as error:
        advice.best_model(EngineSettings(language="de"))
    assert str(error.value) == (
        "nemotron-onnx does not know the language de; set engine.model to nemotron-3.5-onnx or "
        "parakeet-onnx"
    )
    found = advice.best_model(EngineSettings(language="de", model="parakeet-onnx"))
    assert found == CATALOGUE["parakeet-onnx"]


@pytest.mark.parametrize(
    ("there", "serving", "device", "said"),
    [
        (
            {"packages": "onnx"},
            "pocketsphinx",
            "",
            "the starter; nemotron-onnx would understand much more: dictate models download "
            "nemotron-onnx (0.66 GB)",
        ),
        (
            {},
            "pocketsphinx",
            "",
            "the starter; nemotron-onnx would understand much more: dictate setup --engine onnx "
            "(and 0.66 GB for the model)",
        ),
        (
            {"packages": "onnx", "models": "nemotron-onnx"},
            "pocketsphinx",
            "",
            "the starter; nemotron-onnx would understand much more: dictatectl reload",
        ),
        ({}, "onnx", "cpu", "the best without an NVIDIA card"),
        (
            {"card": True},
            "onnx",
            "cpu",
            "on the processor; nemotron would use the NVIDIA card: dictate setup --engine nemotron "
            "(and 2.47 GB for the model)",
        ),
        ({"card": True}, "nemotron", "NVIDIA GB10", "the best there is"),
        (
            {"card": True},
            "nemotron",
            "cpu",
            "on the processor, because torch cannot use the NVIDIA card",
        ),
        (
            {"packages": "nemotron onnx"},
            "nemotron",
            "cpu",
            "on the processor; nemotron-onnx is faster there: dictate models download "
            "nemotron-onnx (0.66 GB)",
        ),
    ],
)
def test_what_the_status_says(
    machine: Machine, there: dict[str, str], serving: str, device: str, said: str
) -> None:
    machine(**there)
    assert advice.explain(AUTO, serving, device) == f"auto: {said}"


@pytest.mark.parametrize(
    ("rtf", "more"),
    [
        (0.4, ""),
        (
            1.3,
            ", but slower than speech (1.30 s of work for a second of sound on cpu); dictatectl "
            "engine pocketsphinx changes to the starter",
        ),
    ],
)
def test_an_engine_that_is_too_slow_here_is_called_so(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, rtf: float, more: str
) -> None:
    machine()
    record = store.InstalledModel("", "", "", "", rtf, "cpu")
    monkeypatch.setattr(store, "record_of", lambda _: record)
    said = f"auto: the best without an NVIDIA card{more}"
    assert advice.explain(AUTO, "onnx", "cpu") == said


def test_an_engine_that_the_user_chose_is_not_commented_on(machine: Machine) -> None:
    machine()
    assert advice.explain(EngineSettings(use="pocketsphinx"), "pocketsphinx", "") == ""
    assert advice.explain(AUTO, "auto", "") == "", "it is not chosen yet"


def test_a_card_shows_by_its_driver(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(graphics_card, "_SIGNS", (str(tmp_path / "driver"),))
    assert not graphics_card.nvidia_card()
    (tmp_path / "driver").touch()
    assert graphics_card.nvidia_card()
