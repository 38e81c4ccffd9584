"""docs/adding-an-output.md, followed in a copy of the repository."""

import re
from pathlib import Path

from tests.lab.scratch_copy import ROOT, follow, run, scratch_copy

PAGE = ROOT / "docs" / "adding-an-output.md"

WRITE = """
import asyncio, sys
from dictate.config.schema import OutputSettings
from dictate.outputs import OUTPUTS
async def main():
    use = f"file:{sys.argv[1]}"
    output = await asyncio.to_thread(OUTPUTS.choose, use, OutputSettings(use=use))
    await output.open()
    for text in ("one", "zwei ✓"):
        await output.write(text, None)
    await output.close()
asyncio.run(main())
"""


def test_one_file_and_one_line_add_an_output_that_passes_the_contract(tmp_path: Path) -> None:
    root = scratch_copy(tmp_path)
    before = files(root)
    printed = follow(PAGE, root)
    passed = re.search(r"(\d+) passed", printed)
    assert passed, printed
    assert int(passed[1]) >= 5, printed
    assert not re.search(r"\d+ (?:failed|error|skipped)", printed), printed
    (tmp_path / "write.py").write_text(WRITE)
    notes = tmp_path / "notes.txt"
    run(f".venv/bin/python {tmp_path}/write.py {notes}", root)
    assert notes.read_text() == "one\nzwei ✓\n"

    after = files(root)
    changed = {path for path in after if after[path] != before.get(path)}
    names = ("config.toml", "config.md", "dictate.1", "dictatectl.1")
    generated = {path for path in changed if Path(path).name in names}
    assert len(generated) >= 3
    assert changed - generated == {"dictate/outputs/file.py", "dictate/outputs/__init__.py"}
    line = set(after["dictate/outputs/__init__.py"].splitlines())
    line -= set(before["dictate/outputs/__init__.py"].splitlines())
    assert line == {b'        "file": "dictate.outputs.file:FileOutput",'}


def files(root: Path) -> dict[str, bytes]:
    """What the copy holds, aside from what running it leaves."""
    paths = (path for path in root.rglob("*") if path.is_file())
    names = ((path.relative_to(root), path) for path in paths)
    return {
        str(name): path.read_bytes()
        for name, path in names
        if not any(part.startswith(".") or part == "__pycache__" for part in name.parts)
    }
