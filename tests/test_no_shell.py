"""No word that is recognised, configured or downloaded can become a command or code: nothing in the
program runs a shell, evaluates text, or unpickles."""

import ast
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import pytest

from dictate.config.schema import Settings

PACKAGE = Path(__file__).parents[1] / "dictate"
SHELLS = {"sh", "bash", "dash", "zsh", "/bin/sh", "/bin/bash"}
FORBIDDEN = {
    "eval", "exec", "os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput",
    "asyncio.create_subprocess_shell", "pickle.load", "pickle.loads", "marshal.loads", "yaml.load",
    "yaml.unsafe_load", "shelve.open",
}  # fmt: skip


def runs_text(source: str) -> Iterator[str]:
    """Each place where this code would run a text."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.List | ast.Tuple):
            words = [getattr(word, "value", None) for word in node.elts[:2]]
            if words and words[0] in SHELLS and words[-1] == "-c":
                yield f"line {node.lineno}: {words[0]}"
        if not isinstance(node, ast.Call):
            continue
        name = ast.unparse(node.func)
        given = {word.arg: ast.unparse(word.value) for word in node.keywords}
        if name in FORBIDDEN:
            yield f"line {node.lineno}: {name}"
        if "subprocess" in name and given.get("shell", "False") != "False":
            yield f"line {node.lineno}: shell"
        if name.endswith("torch.load") and given.get("weights_only") != "True":
            yield f"line {node.lineno}: torch.load"
        if name in ("np.load", "numpy.load") and given.get("allow_pickle", "False") != "False":
            yield f"line {node.lineno}: allow_pickle"


@pytest.mark.fault("S17")
def test_nothing_runs_a_text() -> None:
    found = {
        path.relative_to(PACKAGE).as_posix(): list(runs_text(path.read_text()))
        for path in PACKAGE.rglob("*.py")
    }
    assert len(found) > 300
    assert {path: places for path, places in found.items() if places} == {}


@pytest.mark.parametrize(
    "source",
    [
        "subprocess.run(command, shell=True)",
        "subprocess.Popen(['sh', '-c', text])",
        "os.system(text)",
        "eval(text)",
        "pickle.loads(data)",
        "torch.load(path)",
        "np.load(path, allow_pickle=True)",
    ],
)
def test_what_runs_a_text_is_found(source: str) -> None:
    assert len(list(runs_text(source))) == 1


@pytest.mark.fault("S17")
def test_no_option_is_a_command() -> None:
    """Neither config.toml nor hotwords.toml has a hook; programs that are run are named in code."""
    options = [
        f"{table.name}.{option.name}"
        for table in fields(Settings)
        if hasattr(getattr(Settings(), table.name), "__dataclass_fields__")
        for option in fields(getattr(Settings(), table.name))
    ]
    assert len(options) > 60
    words = ("command", "hook", "exec", "program", "script", "shell")
    assert [name for name in options if any(word in name for word in words)] == []
