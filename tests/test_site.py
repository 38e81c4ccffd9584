"""The documentation as a site: it is whole, it reads as on GitHub, and it requests nothing."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("mkdocs", reason="mkdocs is missing: `make test` installs it")

from scripts.docs_site import requests

ROOT = Path(__file__).parents[1]
PARAGRAPH = re.compile(r"<p>(.*?)</p>", re.DOTALL)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, made as `make site` makes it: each warning of MkDocs is an error."""
    folder = tmp_path_factory.mktemp("site")
    words = [sys.executable, str(ROOT / "scripts/docs_site.py"), str(folder)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_it_begins_with_the_readme_and_its_film(site: Path) -> None:
    assert 'src="docs/pictures/dictation.webp"' in (site / "index.html").read_text()
    assert (site / "docs/pictures/dictation.webp").is_file()


def test_the_pictures_of_the_readme_are_there(site: Path) -> None:
    shown = re.findall(r'<img [^>]*src="([^"]+)"', (site / "index.html").read_text())
    assert len(shown) == 4
    assert [name for name in shown if not (site / name).is_file()] == []


def test_no_list_table_or_code_became_a_paragraph(site: Path) -> None:
    lines = [
        (str(page.relative_to(site)), line)
        for page in site.glob("**/*.html")
        for paragraph in PARAGRAPH.findall(page.read_text())
        for line in paragraph.splitlines()
    ]
    assert len(lines) > 1000
    assert [found for found in lines if re.match(r"\s*(?:- |\d+\. |\||```|\[)", found[1])] == []


def test_a_bar_in_a_table_is_one(site: Path) -> None:
    page = (site / "docs/guide/code.html").read_text()
    assert "<code>git log --oneline | head</code>" in page


def test_its_search_works_without_a_server(site: Path) -> None:
    assert "var __index = " in (site / "search/search_index.js").read_text()
    assert 'src="docs/site/iframe-worker.js"' in (site / "index.html").read_text()


@pytest.mark.parametrize(
    "content",
    [
        '<script src="https://example.org/a.js"></script>',
        '<link rel="stylesheet" href="//example.org/a.css">',
        '<img src="http://example.org/a.png">',
        "<style>p { background: url(https://example.org/a.png) }</style>",
    ],
)
def test_a_request_to_elsewhere_is_found(tmp_path: Path, content: str) -> None:
    (tmp_path / "page.html").write_text(f'<a href="https://example.org">a link</a> {content}')
    (tmp_path / "own.css").write_text("@font-face { src: url(a.woff2) }")
    (found,) = requests(tmp_path)
    assert found.startswith("page.html: ")
    assert "example.org/a." in found


def test_a_font_of_a_style_is_found(tmp_path: Path) -> None:
    (tmp_path / "own.css").write_text("@font-face { src: url('https://example.org/a.woff2') }")
    assert list(requests(tmp_path)) == ["own.css: https://example.org/a.woff2"]
