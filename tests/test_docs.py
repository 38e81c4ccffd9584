"""What is written down is still so: paths, links, commands, targets, and the form of each page."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from dictate.cli import parser

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = [
    ROOT / "README.md",
    ROOT / "CHANGELOG.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "bench" / "README.md",
    *sorted(DOCS.glob("**/*.md")),
]
GENERATED = {DOCS / "reference" / "config.md"}
OURS = r"(?:config|systemd|docs|bench|dictate|tests|scripts|packaging)"

EXAMPLES = {
    "code.py",
    "dictate/engines/parrot.py",
    "talks/monday.toml",
    "vllm/v1/executor/uniproc_executor.py",
}
"""Files that exist in the text only, or in another program."""

DECISION = re.compile(r"\d{4}-\d\d-\d\d · (?:accepted|replaced by \[.+\]\(#(.+)\))")
"""The line below the heading of a decision: its date and its state."""
TERM = re.compile(r"- \*\*(.+?)\*\*: ")

TERMS = """back-off, boosting tree, chord, chunk, client, double tap, endpoint, engine, event,
fallback, final transcript, heartbeat, held, hotkey, hotword, journal, latch, linger, look-ahead,
output, partial transcript, portal, pre-roll, preedit, profile, receipt, segmenter, spool,
stability, strength, supervisor, tail, utterance, VAD, weight"""
"""What a newcomer has to know, as the glossary says it once."""


def named_paths(page: Path) -> set[str]:
    """Every path of ours that a page names in backticks."""
    text = page.read_text()
    in_code = re.findall(rf"`({OURS}/[\w./-]*)`", text)
    at_top = re.findall(r"`([\w/-]+\.(?:toml|md|py))`", text)
    return {*in_code, *at_top} - EXAMPLES


def links(page: Path) -> list[tuple[str, str]]:
    """The file, empty for the page itself, and the heading of every link inside the repository."""
    return [
        (match["file"], match["heading"] or "")
        for match in re.finditer(
            r"\]\((?!https?:)(?P<file>[^)#]*)(?:#(?P<heading>[^)]+))?\)", page.read_text()
        )
    ]


def anchors(page: Path) -> set[str]:
    """The headings of a page, as a link names them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def is_there(page: Path, name: str) -> bool:
    """Beside the page, at the top, in the package or in a stage."""
    homes = [page.parent, ROOT, ROOT / "config", ROOT / "dictate", *ROOT.glob("dictate/**/")]
    return any((home / name).exists() for home in homes)


def gone(page: Path) -> list[str]:
    """The paths and links of a page that lead nowhere."""
    wrong = [name for name in named_paths(page) if not is_there(page, name)]
    for file, heading in links(page):
        target = page.parent / file if file else page
        if not target.exists():
            wrong.append(file)
        elif heading and heading not in anchors(target):
            wrong.append(f"{file}#{heading}")
    return sorted(wrong)


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_path_and_every_link_leads_somewhere(page: Path) -> None:
    assert gone(page) == []


def test_a_path_that_does_not_exist_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# Here\nsee `dictate/outputs/telepathy.py`, [this](gone.md), [that](#there), [it](#here) "
        "and `dictate/cli/run.py`"
    )
    assert gone(page) == ["#there", "dictate/outputs/telepathy.py", "gone.md"]


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "README.md"
    found = {(DOCS / file).resolve() for file, _heading in links(index)}
    assert {page for page in DOCS.glob("**/*.md") if page != index} - found == set()


@pytest.mark.parametrize("page", sorted(set(PAGES) - GENERATED), ids=name_of)
def test_no_line_of_prose_is_longer_than_100_characters(page: Path) -> None:
    prose = re.sub(r"^```.*?^```$", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    lines = [line for line in prose.splitlines() if not line.startswith(("|", "    "))]
    assert [line for line in lines if len(line) > 100] == []


def test_every_decision_has_a_date_and_a_state() -> None:
    page = DOCS / "decisions.md"
    entries = re.findall(r"^### (.+)\n\n((?:.+\n)*)", page.read_text(), re.MULTILINE)
    assert len(entries) == page.read_text().count("\n### ")
    without = [title for title, first in entries if not DECISION.fullmatch(" ".join(first.split()))]
    assert without == []


def test_the_glossary_says_each_term_once_in_two_lines() -> None:
    lines = (DOCS / "glossary.md").read_text().splitlines()
    terms = [match[1] for line in lines if (match := TERM.match(line))]
    assert terms == sorted(set(terms), key=str.lower)
    assert set(re.split(r",\s+", TERMS)) - set(terms) == set()
    entries = "\n".join(lines).split("\n- ")
    assert [entry for entry in entries if entry.count("\n") > 1] == []


def test_the_readme_fits_on_a_screen_and_names_the_commands() -> None:
    readme = (ROOT / "README.md").read_text()
    assert len(readme.splitlines()) <= 75
    for words in ("make run", "make test", "Right Ctrl", "dictatectl", "hotwords.toml"):
        assert words in readme


def test_the_readme_names_the_fields_for_passwords_that_do_not_report_themselves() -> None:
    readme = " ".join((ROOT / "README.md").read_text().split())
    (promise,) = re.findall(r"Password fields get nothing[^.]*\.", readme)
    assert "Firefox and Chromium" in promise


def test_the_guide_shows_how_to_make_a_certificate() -> None:
    guide = (ROOT / "docs/guide/remote.md").read_text()
    assert re.search(r"^ +openssl req -x509 ", guide, re.MULTILINE)


def test_dictate_has_the_commands_that_the_readme_shows() -> None:
    known = parser().format_help()
    for command in re.findall(r"^ +dictate (\w+)", (ROOT / "README.md").read_text(), re.MULTILINE):
        assert f" {command} " in known


def test_help_lists_every_target() -> None:
    if shutil.which("make") is None:
        pytest.skip("make is missing: apt install make")
    makefile = (ROOT / "Makefile").read_text()
    phony = re.findall(r"^\.PHONY: (.*)$", makefile, re.MULTILINE)
    said = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.findall(r"^  make (\w+) +\S", said, re.MULTILINE)
    assert listed == phony[0].split()
    assert set(listed) >= {"help", "run", "test", "lint", "fix", "docs", "bench", "clean"}


def test_the_build_machine_runs_what_the_readme_says() -> None:
    lines = (ROOT / ".ci/run").read_text().splitlines()
    assert "exec make test </dev/null" in lines
    assert "\n    make test " in (ROOT / "README.md").read_text()
