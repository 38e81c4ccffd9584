"""A real SSH server on loopback, with its own keys, and an `ssh` that is configured for it."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.lab.daemon import wait_for

HOST = "spark.test"
"""The name under which `ssh` knows it."""


@dataclass(frozen=True, slots=True)
class FarMachine:
    """What is behind the SSH server."""

    runtime: Path
    """The XDG_RUNTIME_DIR of the account that logs in."""
    tools: Path
    """The folder of that `ssh`, for PATH."""


def _why_not() -> str | None:
    for tool in ("sshd", "ssh", "ssh-keygen"):
        if shutil.which(tool, path=f"{os.environ['PATH']}:/usr/sbin:/sbin") is None:
            return f"{tool} is missing: apt install openssh-server openssh-client"
    if os.geteuid() != 0:
        return "sshd needs root to let an account log in: run the tests as root in a container"
    return None


@contextmanager
def far_machine(folder: Path, runtime: Path) -> Iterator[FarMachine]:
    """The server, while the context lasts. Skips the test, with the reason, where there is none."""
    if reason := _why_not():
        pytest.skip(reason)
    folder.mkdir(parents=True)
    for name in ("host", "user"):
        key = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)]
        subprocess.run(key, check=True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    (folder / "known").write_text(f"[127.0.0.1]:{port} {(folder / 'host.pub').read_text()}")
    (folder / "sshd_config").write_text(
        f"ListenAddress 127.0.0.1:{port}\n"
        f"HostKey {folder / 'host'}\n"
        f"AuthorizedKeysFile {folder / 'user.pub'}\n"
        f"PidFile {folder / 'pid'}\n"
        "PermitRootLogin prohibit-password\nPasswordAuthentication no\nUsePAM no\nStrictModes no\n"
        f"SetEnv XDG_RUNTIME_DIR={runtime}\n"
    )
    (folder / "ssh_config").write_text(
        f"Host {HOST}\n HostName 127.0.0.1\n Port {port}\n User root\n"
        f" IdentityFile {folder / 'user'}\n IdentitiesOnly yes\n"
        f" UserKnownHostsFile {folder / 'known'}\n GlobalKnownHostsFile none\n"
    )
    tools = folder / "tools"
    tools.mkdir()
    (tools / "ssh").write_text(
        f'#!/bin/sh\nexec {shutil.which("ssh")} -F {folder / "ssh_config"} "$@"\n'
    )
    (tools / "ssh").chmod(0o755)
    Path("/run/sshd").mkdir(exist_ok=True)  # where it locks itself in
    program = shutil.which("sshd", path="/usr/sbin:/sbin:/usr/bin") or "sshd"
    with (folder / "log").open("w") as log:
        server = subprocess.Popen(
            [program, "-D", "-e", "-f", str(folder / "sshd_config")], stderr=log, stdout=log
        )
    try:
        wait_for(lambda: "listening" in (folder / "log").read_text(), "sshd listens")
        yield FarMachine(runtime, tools)
    finally:
        server.terminate()
        server.wait(10)
