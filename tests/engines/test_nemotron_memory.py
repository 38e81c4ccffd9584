"""What the main engine says of the device's memory, which is measured when all that takes some has
taken it. There is no graphics card here: torch's answers about one are ours."""

from types import SimpleNamespace
from typing import Any

import pytest

from dictate.engines import device
from dictate.engines.nemotron import engine as nemotron
from tests.lab import mini_model


def test_it_is_measured_after_the_halving_and_the_warm_up(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = mini_model.unloaded()
    engine.settings = mini_model.settings(precision="bf16")
    happened: list[str] = []

    def note(owner: Any, name: str, answer: object = None) -> None:
        def noted(*what: Any) -> Any:
            happened.append(name)
            return original(*what) if answer is None else answer

        original = getattr(owner, name)
        monkeypatch.setattr(owner, name, noted)

    note(engine, "_halve")
    note(nemotron, "release")
    note(engine, "_warm_up")
    note(device, "memory_mb", 1234.5)
    engine.load()
    assert happened == ["_halve", "release", "_warm_up", "memory_mb"]
    assert engine.facts.device_memory_mb == 1234.5


@pytest.mark.parametrize(
    ("kind", "integrated", "megabytes"), [("cpu", 0, 0.0), ("cuda", 0, 1500.0), ("cuda", 1, 3000.0)]
)
def test_whose_memory_it_is(
    monkeypatch: pytest.MonkeyPatch, kind: str, integrated: int, megabytes: float
) -> None:
    torch = pytest.importorskip("torch", reason="torch is not installed")
    monkeypatch.setattr(
        torch.cuda, "get_device_properties", lambda _: SimpleNamespace(is_integrated=integrated)
    )
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda: 1_500_000_000)
    monkeypatch.setattr(device, "free_mb", lambda: 5000.0)
    assert device.memory_mb(SimpleNamespace(type=kind), 8000.0) == megabytes
