"""Builds the documentation as a site, which opens from its folder, offline: `make site`.

The pages are copied first, in the tree of the repository and with every file that they link to, so
that a link leads to the same place here and there.
"""

import logging
import os
import re
import shutil
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "docs" / "site"
AT_TOP = ("README.md", "CHANGELOG.md", "SECURITY.md", "bench/README.md")
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
LOADED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser loads by itself, which a link to click on it does not: a tag and its attribute."""
IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:\w+:)?//[^\"')\s]+)")
ELSEWHERE = re.compile(r"(?:\w+:)?//")


def main(target: Path) -> None:
    """Build the site into the folder `site` of this one. Exits with what is wrong with it."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    os.environ["NO_MKDOCS_2_WARNING"] = "1"  # what comes after Material: docs/decisions.md
    pages, site = target / "pages", target / "site"
    copy_pages(pages)
    settings = str(SETTINGS / "mkdocs.yml")
    try:
        build(load_config(settings, docs_dir=str(pages), site_dir=str(site)))
    except Abort as error:
        sys.exit(str(error))
    if wrong := sorted(requests(site)):
        sys.exit("The site would request from elsewhere:\n" + "\n".join(wrong))
    print(f"Open {site / 'index.html'}")


def copy_pages(target: Path) -> None:
    """The pages, and what they link to or show."""
    shutil.rmtree(target, ignore_errors=True)
    pages = [*(ROOT / name for name in AT_TOP), *sorted((ROOT / "docs").glob("**/*.md"))]
    for page in pages:
        for name in LINK.findall(page.read_text()):
            file = (page.parent / unquote(name)).resolve()
            if file.is_file():  # of all else MkDocs says that it is not there
                shutil.copyfile(file, place(file, target))
    for page in pages:
        place(page, target).write_text(for_mkdocs(page.read_text()))
    for file in SETTINGS.glob("*.*s"):
        shutil.copyfile(file, place(file, target))


def place(file: Path, target: Path) -> Path:
    """Where the copy of a file goes."""
    copy = target / file.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    return copy


def for_mkdocs(text: str) -> str:
    """What GitHub reads and MkDocs does not: an escaped bar in code in a table, and where a block
    of code belongs (`after`, for tests/test_documents.py)."""
    text = re.sub(r"`[^`\n]+`", lambda code: code[0].replace(r"\|", "|"), text)
    return re.sub(r'^(```.*) after="[^"]*"$', r"\1", text, flags=re.MULTILINE)


def requests(site: Path) -> Iterator[str]:
    """What the pages and styles would have a browser load from elsewhere, each with its file."""
    for file in (*site.glob("**/*.html"), *site.glob("**/*.css")):
        text, name = file.read_text(), file.relative_to(site)
        found = Tags(text).loaded if file.suffix == ".html" else []
        for address in (*found, *IN_STYLE.findall(text)):
            if ELSEWHERE.match(address):
                yield f"{name}: {address}"


class Tags(HTMLParser):
    """`loaded` has the addresses of what a page loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        name = LOADED.get(tag)
        self.loaded += [value for key, value in attrs if key == name and value]


if __name__ == "__main__":
    main(Path(*sys.argv[1:]) if sys.argv[1:] else ROOT / "build")
