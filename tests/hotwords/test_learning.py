"""What was learned is taken back as it was learned."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

LEARN_AND_TAKE_BACK = """
import sys
from pathlib import Path
from dictate.hotwords.learning import learn, take_back
from dictate.hotwords.proposal import Action, Proof
path = Path(sys.argv[1])
before = path.read_text()
learned = learn(path, Proof("Claude Code", "cloud code", "Claude Code", Action.ADD, 3.0))
assert path.read_text() != before
print(take_back(path, learned.term, learned.how, "cloud code"))
"""


@pytest.mark.parametrize("language", ["C", "de"])
def test_a_term_of_the_users_gets_its_weight_back_in_every_language(
    tmp_path: Path, language: str
) -> None:
    path = tmp_path / "hotwords.toml"
    path.write_text('[[word]]\nspelling = "Claude Code"\nweight = 1.5\n')
    told = subprocess.run(
        [sys.executable, "-P", "-c", LEARN_AND_TAKE_BACK, path],
        env=os.environ | {"LANGUAGE": language},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stderr
    assert path.read_text() == '[[word]]\nspelling = "Claude Code"\nweight = 1.5\n'
