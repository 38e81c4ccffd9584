"""The editor: what is asked, what leaves the machine, how long it may take."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from dictate.chat import editor
from dictate.chat.address import chat_url, where
from dictate.chat.editor import TextEditor, budget_s
from dictate.chat.guards import Guard, Rejected
from dictate.config.config_file import parse
from dictate.config.schema import PolishSettings
from dictate.errors import ChatError, ConfigError
from dictate.hotwords.model import Hotwords, Term
from tests.lab.chat_server import Asked, ChatLab, Handler

HOTWORDS = Hotwords(
    terms=(Term("Kubernetes"), Term("Zanzibar"), Term("Grüezi", language="de"), Term("C++"))
)


def run(
    work: Callable[[TextEditor], Awaitable[None]],
    lab: ChatLab,
    folder: Path,
    trouble: list[str] | None = None,
) -> None:
    async def main() -> None:
        lines: list[str] = [] if trouble is None else trouble
        made = TextEditor(PolishSettings(base_url=lab.url), folder, lines.append)
        try:
            async with asyncio.timeout(60):
                await work(made)
        finally:
            await made.close()

    asyncio.run(main())


def test_polish_asks_with_the_text_and_its_terms_alone(tmp_path: Path) -> None:
    def model(asked: Asked) -> str:
        assert "Language: en-GB" in asked.prompt
        assert "spelled: C++, Kubernetes\n" in asked.prompt
        assert "Zanzibar" not in asked.prompt
        assert asked.body["temperature"] == 0
        return "Sure, here is the corrected text:\n\nDeploy C++ to Kubernetes today."

    async def work(made: TextEditor) -> None:
        made.warm()
        raw = "um deploy C++ to Kubernetes today"
        assert await made.polish(raw, HOTWORDS, "en-GB") == "Deploy C++ to Kubernetes today."
        lab.model = lambda asked: "Deploy it to Kubernetes today."
        with pytest.raises(Rejected) as error:
            await made.polish(raw, HOTWORDS, None)
        assert error.value.guard is Guard.TERMS

    with ChatLab(model) as lab:
        run(work, lab, tmp_path)
        assert "that of the text" in lab.asked[1].prompt


def test_edit_asks_with_the_selection_and_the_instruction(tmp_path: Path) -> None:
    async def work(made: TextEditor) -> None:
        selection = "  It is a long way to {text}.\n"
        found = await made.edit(selection, "make this shorter", HOTWORDS, "en")
        assert found == "  Far.\n"
        asked = lab.asked[0]
        assert (asked.text, asked.instruction) == (selection, "make this shorter")
        with pytest.raises(ChatError, match="has more than 4,000 characters"):
            await made.edit("x" * 4_001, "make this shorter", HOTWORDS, "en")
        assert len(lab.asked) == 1

    with ChatLab(lambda _: "Far.") as lab:
        run(work, lab, tmp_path)


def test_a_prompt_of_the_users_own(tmp_path: Path) -> None:
    async def work(made: TextEditor) -> None:
        prompt = tmp_path / "polish.md"
        prompt.write_text("Polish: {text}")
        assert await made.polish("one two three", Hotwords(), "en") == "Polish: one two three"
        prompt.write_text("Polish\n{this}")
        for _ in range(2):
            await made.polish("one two three", Hotwords(), "en")
        assert "You correct the transcript" in lab.asked[-1].prompt

    trouble: list[str] = []
    with ChatLab(
        lambda asked: asked.prompt if "{" in asked.prompt or len(asked.prompt) < 99 else asked.text
    ) as lab:
        run(work, lab, tmp_path, trouble)
    assert len(trouble) == 1
    assert trouble[0].startswith("polish.md:2: {this} is not one of")


def test_it_has_a_time_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert [budget_s(n) for n in (0, 100, 1000, 4000)] == [4.0, 4.0, 8.0, 15.0]
    monkeypatch.setattr(editor, "budget_s", lambda _: 1.0)

    def stall(handler: Handler) -> None:
        handler.lab.over.wait(30)

    async def work(made: TextEditor) -> None:
        lab.on_asked = stall
        with pytest.raises(ChatError, match=r"did not answer (for|within)"):
            await made.polish("one two three", Hotwords(), "en")

    with ChatLab() as lab:
        run(work, lab, tmp_path)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://127.0.0.1:11434/v1", "local"),
        ("http://localhost:8080/v1/", "local"),
        ("localhost:8080/v1/chat/completions", "local"),
        ("http://[::1]:8080", "local"),
        ("https://api.example.com/v1", "remote: api.example.com"),
        ("api.example.com/v1", "remote: api.example.com"),
        ("https://192.168.1.7:8000/v1", "remote: 192.168.1.7"),
    ],
)
def test_whether_texts_leave_the_machine(address: str, place: str) -> None:
    settings = parse(f'[polish]\nbase_url = "{address}"').polish
    assert settings.base_url == chat_url(address)
    assert where(settings) == place


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("http://api.example.com/v1", "would travel there in clear"),
        ("http://192.168.1.7:11434/v1", "would travel there in clear"),
        ("https://user:key@example.com", "put the key in a file"),
        ("ftp://127.0.0.1", "is no address"),
        ("", "is no address"),
    ],
)
def test_an_address_that_is_not_safe_is_refused_with_its_line(address: str, why: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse(f'[polish]\nbase_url = "{address}"')
    assert error.value.problems[0].startswith("config.toml:2")
    assert why in error.value.problems[0]
