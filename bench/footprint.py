"""What the daemon costs: memory, idle and listening CPU, start to ready, status, hotword reload."""

import argparse
import socket
import subprocess
import sys
import time

from bench.figures import cpu_s, machine, memory_mb, quantiles
from bench.rig import Bench, bench, speech
from tests.lab.daemon import wait_for

WORDS = ("alpha", "bravo", "charlie", "delta", "echo", "foxtrot", "golf", "hotel", "india", "kilo")


def processes(b: Bench) -> dict[str, int]:
    """The daemon and its children, by name."""
    return {
        "daemon": b.daemon.pid,
        "capture": b.daemon.child("dictate.microphone.capture"),
        "engine": b.daemon.child("dictate.engines.worker"),
    }


def cpu_share(pids: dict[str, int], seconds: float) -> dict[str, float]:
    """CPU of each process, in percent of one core, over a number of seconds."""
    before = {name: cpu_s(pid) for name, pid in pids.items()}
    time.sleep(seconds)
    return {name: (cpu_s(pid) - before[name]) / seconds * 100 for name, pid in pids.items()}


def idle_and_listening(seconds: float) -> None:
    """Memory, and CPU at rest and during a dictation."""
    with bench() as b:
        b.daemon.ctl("start")
        b.sound.play(speech(b.folder, 2)).wait(30)
        b.daemon.ctl("stop")
        b.daemon.wait_state("ready")
        # Longer than `linger`, so that the microphone is closed and the next process is ready.
        time.sleep(15)
        pids = processes(b)
        for name, pid in pids.items():
            rss, pss = memory_mb(pid), memory_mb(pid, "Pss")
            print(f"| {name}, memory | RSS {rss:.1f} MB | PSS {pss:.1f} MB |")
        for name, share in cpu_share(pids, seconds).items():
            print(f"| {name}, idle, CPU over {seconds:g} s | {share:.2f} % of a core | |")
        b.daemon.ctl("start")
        player = b.sound.play(speech(b.folder, 20))
        time.sleep(2)
        for name, share in cpu_share(processes(b), 15).items():
            print(f"| {name}, listening to speech, CPU over 15 s | {share:.1f} % of a core | |")
        player.wait(60)
        b.daemon.ctl("cancel")
        times = []
        for _ in range(30):
            began = time.perf_counter()
            b.daemon.ctl("status")
            times.append((time.perf_counter() - began) * 1000)
        print(f"| dictatectl status, ms | p50, p95, p99: {quantiles(times)} | |")


def start_to_ready(runs: int) -> None:
    """Seconds from exec to READY=1, and to the loaded engine."""
    ready, loaded = [], []
    for _ in range(runs):
        with bench() as b:
            b.daemon.__exit__(None, None, None)
            path = b.folder / "notify"
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
                notify.bind(str(path))
                b.daemon.env["NOTIFY_SOCKET"] = str(path)
                began = time.perf_counter()
                b.daemon.spawn()
                while b"READY=1" not in notify.recv(4096):
                    pass
                ready.append((time.perf_counter() - began) * 1000)
                wait_for(lambda: b.daemon.status()["engine_state"] == "ready", "it loads", 60)
                loaded.append((time.perf_counter() - began) * 1000)
    print(f"| start to ready (READY=1), ms | p50, p95, p99: {quantiles(ready)} | |")
    print(f"| start to engine loaded, ms (polled) | p50, p95, p99: {quantiles(loaded)} | |")


def reload(runs: int) -> None:
    """`dictatectl reload` of a changed list, until the engine has it."""
    with bench() as b:
        for count in (10, 100, 1000):
            times = []
            for run in range(runs):
                names = [
                    f"{WORDS[i % 10]} {WORDS[i // 10 % 10]} {WORDS[i // 100]} {WORDS[run]}"
                    for i in range(count)
                ]
                began = time.perf_counter()
                lines = ",\n".join(f'"{name}"' for name in names)
                b.daemon.hotwords.write_text(f"words = [\n{lines}\n]\n")
                b.daemon.ctl("reload")
                times.append((time.perf_counter() - began) * 1000)
            print(f"| hotword reload, {count} terms, ms | p50, p95, p99: {quantiles(times)} | |")


def main() -> None:
    """Print one table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--idle-s", type=float, default=60)
    parser.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{machine()}\n\n| what | figure | |\n|---|---|---|")
    began = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    bare = (time.perf_counter() - began) * 1000
    print(f"| (for comparison: an empty Python process, ms) | {bare:.0f} | |")
    idle_and_listening(arguments.idle_s)
    start_to_ready(arguments.runs)
    reload(arguments.runs)


if __name__ == "__main__":
    main()
