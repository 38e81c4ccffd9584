"""A document that tells a developer what to do, followed to the letter in a copy of the repository.

    root = scratch_copy(tmp_path)
    follow(ROOT / "docs" / "adding-an-engine.md", root)

`follow` goes through the code blocks of the document from top to bottom. The info string, which
stands behind the opening backticks and is not shown on the rendered page, says what to do with a
block:

- ```` ```python title="dictate/engines/parrot.py" ````: the block is written to this file, whose
  folder is made if need be. The path is relative to the copy; it may lead out of it
  (`../dictate-parrot/pyproject.toml`), but not out of the folder that the copy lies in.
- ```` ```python title="dictate/engines/__init__.py" after="table={" ````: the block is inserted
  below the one line of this file that contains `table={`, indented like the line that follows.
- ```` ```sh ````: the block is run by `sh -eu` in the copy. It fails the test if it fails.
- Any other block only illustrates, and nothing is done with it.

The copy has a `.venv` of its own, made of links to what runs the tests, so `make docs`, `make fix`
and `.venv/bin/python -m pytest ...` work in it as in a checkout, on the copy's own code, and
install nothing.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
LEFT_OUT = (".*", "__pycache__", "build", "dist", "shared", "*.nemo", "*.log")
BLOCK = re.compile(r"^```(?P<about>[^`\n]*)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
ABOUT = re.compile(r'(title|after)="([^"]+)"')


def scratch_copy(folder: Path) -> Path:
    """A copy of the repository in `folder`, without history, caches and models; its root."""
    root = folder / "dictate-checkout"
    shutil.copytree(ROOT, root, ignore=shutil.ignore_patterns(*LEFT_OUT))
    venv = root / ".venv"
    venv.mkdir()
    for name in ("bin", "lib", "lib64", "pyvenv.cfg"):
        if (Path(sys.prefix) / name).exists():
            (venv / name).symlink_to(Path(sys.prefix) / name)
    # Newer than all that it is made from, so that `make` installs nothing.
    for stamp in ("run.stamp", "test.stamp"):
        (venv / stamp).touch()
    return root


def follow(document: Path, root: Path) -> str:
    """Do what the code blocks of `document` say in the copy at `root`; what its commands printed.

    AssertionError if a command fails, if the place of an insertion is not found exactly once, or if
    there is nothing to follow.
    """
    printed, followed = [], 0
    for block in BLOCK.finditer(document.read_text()):
        about, code = block["about"], block["code"]
        where = dict(ABOUT.findall(about))
        if "title" in where:
            path = (root / where["title"]).resolve()
            assert path.is_relative_to(root.parent.resolve()), f"{path} is out of bounds"
            if "after" in where:
                _insert(path, where["after"], code)
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(code)
        elif about.strip() == "sh":
            printed.append(run(code, root))
        else:
            continue
        followed += 1
    assert followed, f"{document.name} has no block to follow"
    return "".join(printed)


def run(commands: str, root: Path) -> str:
    """What these lines print, run by a shell at the root of a copy. AssertionError if one fails."""
    done = subprocess.run(
        ["sh", "-eu", "-c", commands],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}"
    return done.stdout


def _insert(path: Path, after: str, code: str) -> None:
    lines = path.read_text().splitlines(keepends=True)
    places = [number for number, line in enumerate(lines, 1) if after in line]
    assert len(places) == 1, f"{path.name} has {len(places)} lines with {after!r}, not one"
    below = lines[places[0]] if places[0] < len(lines) else ""
    indent = below[: len(below) - len(below.lstrip())]
    new = [f"{indent}{line}" if line.strip() else line for line in code.splitlines(keepends=True)]
    path.write_text("".join(lines[: places[0]] + new + lines[places[0] :]))
