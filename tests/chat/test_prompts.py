"""The prompts: files that the user can change, and that cannot break anything."""

from pathlib import Path

import pytest

from dictate.chat import prompts
from dictate.chat.prompts import LARGEST, Prompt


@pytest.mark.parametrize("prompt", Prompt)
def test_without_a_file_of_the_users_own_it_is_the_default(prompt: Prompt, tmp_path: Path) -> None:
    found = prompts.read(prompt, tmp_path / "prompts")
    assert found.text == prompts.default(prompt)
    assert not found.problem
    prompts.check(prompt, found.text)


@pytest.mark.parametrize("prompt", Prompt)
def test_the_guide_shows_the_default(prompt: Prompt) -> None:
    guide = Path(__file__).parents[2] / "docs" / "guide" / "polish.md"
    assert f"```text\n{prompts.default(prompt)}```" in guide.read_text()


def test_the_places_are_filled_once(tmp_path: Path) -> None:
    (tmp_path / "edit.md").write_text("{{Do}} {instruction} with {text}. {terms}/{language}")
    filled = prompts.read(Prompt.EDIT, tmp_path).filled(
        text="{instruction} }{", instruction="{text}", terms="A, B", language="de"
    )
    assert filled == "{Do} {text} with {instruction} }{. A, B/de"


@pytest.mark.parametrize(
    ("prompt", "raw", "problem"),
    [
        (Prompt.POLISH, b"one\ntwo {txet}\n{text}", "polish.md:2: {txet} is not one of {text}, "),
        (Prompt.POLISH, b"{text}\n\n{instruction}", "polish.md:3: {instruction} is not one of"),
        (Prompt.POLISH, b"one\ntwo\n", "polish.md:2: {text} is missing in it"),
        (Prompt.POLISH, b"", "polish.md:1: {text} is missing in it"),
        (Prompt.EDIT, b"{text}", "edit.md:1: {instruction} is missing in it"),
        (Prompt.POLISH, b'{text}\n{"a": 1}', "polish.md:2: a single {: write {{ for the sign"),
        (Prompt.POLISH, b"{text}\n}", "polish.md:2: a single }: write }} for the sign"),
        (Prompt.POLISH, b"{text}\n{}", "polish.md:2: {} is not one of"),
        (Prompt.POLISH, b"{text}\n\xff", "polish.md:2: it is not UTF-8"),
        (Prompt.POLISH, b"{text}" + b"x" * LARGEST, "polish.md: it is larger than 64 kB"),
    ],
)
def test_a_broken_file_names_its_line_and_the_default_is_used(
    prompt: Prompt, raw: bytes, problem: str, tmp_path: Path
) -> None:
    (tmp_path / prompt.value).write_bytes(raw)
    found = prompts.read(prompt, tmp_path)
    assert found.problem.startswith(problem)
    assert found.text == prompts.default(prompt)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "polish.md").mkdir()
    found = prompts.read(Prompt.POLISH, tmp_path)
    assert found.problem == "polish.md: cannot be read: Is a directory"
    assert found.text == prompts.default(Prompt.POLISH)
