"""What `dictatectl check` prints in a terminal."""

import subprocess
import tempfile
from pathlib import Path
from typing import Final

from tests.lab.daemon import REPOSITORY
from tests.lab.desk import running_desk
from tests.lab.xserver import wait_for

LOOKS: Final = (
    *("-T", "Terminal", "-geometry", "104x49+0+0", "-fa", "DejaVu Sans Mono", "-fs", "10"),
    *("-b", "14", "-bg", "#20262d", "-fg", "#e6e9ec"),
)
HOME: Final = "/home/anna"
ELSEWHERE: Final = f"""
mount --rbind {REPOSITORY} /mnt && mount -t tmpfs none /home && mkdir -p {HOME}/dictate &&
mount --move /mnt {HOME}/dictate && exec "$@"
"""
"""Has another /home, for one command, so that no path of the machine that takes the picture is in
it. Python must be elsewhere."""


def check(target: Path) -> None:
    """`dictatectl check` on X11, where everything that Dictate needs is there."""
    with (
        tempfile.TemporaryDirectory(prefix="dictate-check-") as name,
        running_desk(Path(name), "1000x900") as desk,
    ):
        done, command = Path(name) / "done", "dictatectl check"
        python = f"{HOME}/dictate/.venv/bin/python -m dictate.ctl.main check"
        line = (
            f"printf '\\033[?25l\\033[1m$ {command}\\033[0m\\n'; {python}; echo $? >{done}; sleep 9"
        )
        here = {"HOME": HOME, "XDG_RUNTIME_DIR": name, "PYTHONPATH": f"{HOME}/dictate"}
        desk.x.spawn(
            *("xterm", *LOOKS, "-e", "unshare", "--map-root-user", "--mount"),
            *("sh", "-c", ELSEWHERE, "sh", "sh", "-c", line),
            more_env={**desk.env, **here},
        )
        wait_for(done.exists, f"{command} ends", 60)
        if done.read_text() != "0\n":
            raise SystemExit(
                f"{command} misses something here; the picture is to show a machine"
                " that misses nothing"
            )
        desk.x.screenshot(target)
        subprocess.run(
            ["convert", target, "-trim", "-strip", "-colors", "64", f"PNG8:{target}"], check=True
        )
