"""Builds the documentation as a site, which opens from its folder, offline: `make site`.

The pages are copied first, in the tree of the repository and with every file that they link to, so
that a link leads to the same place here and there.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[1]
SETTINGS = ROOT / "docs" / "site"
BUILD = ROOT / "build"
"""Named in docs/site/mkdocs.yml, too."""
LINK = re.compile(r"\]\((?!\w+:)([^)#\s]+)")
REQUESTED = {"script": "src", "img": "src", "iframe": "src", "source": "src", "link": "href"}
"""What a browser loads by itself, which a link to click on is not: a tag and its attribute."""
IN_STYLE = re.compile(r"(?:url\(|@import)\s*[\"']?((?:\w+:)?//[^\"')\s]+)")
ELSEWHERE = re.compile(r"(?:\w+:)?//")


def main() -> None:
    copy_pages(BUILD / "pages")
    words = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--config-file"]
    if subprocess.run([*words, str(SETTINGS / "mkdocs.yml")], check=False).returncode:
        sys.exit(1)
    if wrong := sorted(requests(BUILD / "site")):
        sys.exit("The site would request from elsewhere:\n" + "\n".join(wrong))
    print(f"Open {BUILD / 'site' / 'index.html'}")


def pages() -> list[Path]:
    """All that is for reading."""
    at_top = [ROOT / f"{name}.md" for name in ("README", "CHANGELOG", "SECURITY", "bench/README")]
    return [*at_top, *sorted((ROOT / "docs").glob("**/*.md"))]


def copy_pages(target: Path) -> None:
    """The pages, and what they link to or show."""
    shutil.rmtree(target, ignore_errors=True)
    for page in pages():
        for name in LINK.findall(page.read_text()):
            file = (page.parent / unquote(name)).resolve()
            shutil.copyfile(file, place(file, target))
    for page in pages():
        place(page, target).write_text(without_escapes(page.read_text()))
    for file in SETTINGS.glob("*.*s"):
        shutil.copyfile(file, place(file, target))


def place(file: Path, target: Path) -> Path:
    """Where the copy of a file goes."""
    copy = target / file.relative_to(ROOT)
    copy.parent.mkdir(parents=True, exist_ok=True)
    return copy


def without_escapes(text: str) -> str:
    """A bar in code in a table, which GitHub wants escaped and MkDocs does not."""
    return re.sub(r"`[^`\n]+`", lambda code: code[0].replace(r"\|", "|"), text)


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
        name = REQUESTED.get(tag)
        self.loaded += [value for key, value in attrs if key == name and value]


if __name__ == "__main__":
    main()
