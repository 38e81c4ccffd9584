"""Every way in which a file is saved is noticed, once, and nothing else is."""

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from asyncinotify import Inotify

from dictate.platform import file_watcher as watch_module
from dictate.platform.file_watcher import QUIET_S, watch

PATIENCE_S = 20.0


def run(
    paths: list[Path],
    steps: Sequence[Callable[[], object]],
    on_change: Callable[[Path], None] = lambda path: None,
) -> list[set[Path]]:
    """What was told after each step. A step after which nothing is told waits for some time."""

    async def session() -> list[set[Path]]:
        ready, told = asyncio.Event(), asyncio.Event()
        seen: list[Path] = []
        heard: list[set[Path]] = []

        async def note(path: Path) -> None:
            seen.append(path)
            told.set()
            on_change(path)

        task = asyncio.create_task(watch(paths, note, ready.set))
        await asyncio.wait_for(ready.wait(), PATIENCE_S)
        for step in steps:
            told.clear()
            seen.clear()
            quiet = await asyncio.to_thread(step) is NOTHING
            if quiet:
                await asyncio.sleep(5 * QUIET_S)
            else:
                await asyncio.wait_for(told.wait(), PATIENCE_S)
                await asyncio.sleep(3 * QUIET_S)
            heard.append(set(seen))
        assert not task.done()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return heard

    return asyncio.run(session())


NOTHING = object()
"""Returned by a step that must not be noticed."""


def in_place(path: Path) -> None:
    path.write_text(path.read_text() + "a")


def renamed_over(path: Path) -> None:
    temporary = path.with_name(".config.toml.swp")
    temporary.write_text("renamed")
    temporary.rename(path)


def backed_up_and_written_anew(path: Path) -> None:
    path.rename(path.with_name("config.toml~"))
    path.write_text("anew")


def deleted_and_created(path: Path) -> None:
    path.unlink()
    path.write_text("created")


def deleted(path: Path) -> None:
    path.unlink()


def linked(path: Path) -> None:
    path.unlink()
    other = path.with_name("other.toml")
    other.write_text("linked")
    path.symlink_to(other)


def hard_linked(path: Path) -> None:
    other = path.with_name("twin.toml")
    other.write_text("twin")
    path.unlink()
    path.hardlink_to(other)


def made_readable(path: Path) -> None:
    path.chmod(0o640)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder of its own."""
    path = tmp_path / "dictate" / "config.toml"
    path.parent.mkdir()
    path.write_text("")
    return path


@pytest.mark.parametrize(
    "save",
    [
        in_place,
        renamed_over,
        backed_up_and_written_anew,
        deleted_and_created,
        deleted,
        linked,
        hard_linked,
        made_readable,
    ],
)
def test_every_way_to_save_is_noticed_also_afterwards(
    path: Path, save: Callable[[Path], None]
) -> None:
    steps = [lambda: save(path), lambda: path.write_text("again")]
    assert run([path], steps) == [{path}, {path}]


def test_a_burst_of_saves_is_few_changes(path: Path) -> None:
    count = 0

    def counted(_: Path) -> None:
        nonlocal count
        count += 1

    def burst() -> None:
        for number in range(200):
            path.write_text(str(number))

    run([path], [burst], counted)
    assert count < 20


def test_other_files_in_the_folder_are_none_of_ours(path: Path) -> None:
    other = path.with_name("hotwords.toml")
    third = path.with_name("notes.txt")

    def unrelated() -> object:
        third.write_text("notes")
        third.unlink()
        return NOTHING

    steps: list[Callable[[], object]] = [
        unrelated,
        lambda: other.write_text("words = []"),
        lambda: path.write_text("x"),
    ]
    assert run([path, other], steps) == [set(), {other}, {path}]


def test_a_file_that_was_only_begun_is_told_when_it_is_closed(path: Path) -> None:
    path.unlink()
    files = []

    def begin() -> object:
        files.append(path.open("w"))
        files[0].write("half")
        files[0].flush()
        return NOTHING

    assert run([path], [begin, lambda: files[0].close()]) == [set(), {path}]


def test_the_target_of_a_dotfile_link_is_watched(tmp_path: Path, path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    target = dotfiles / "config.toml"
    target.write_text("")
    path.unlink()
    path.symlink_to("../dotfiles/config.toml")
    second = dotfiles / "second.toml"
    second.write_text("second")

    def relink() -> None:
        path.unlink()
        path.symlink_to(second)

    steps: list[Callable[[], object]] = [
        lambda: in_place(target),
        lambda: renamed_over(target),
        relink,
        lambda: in_place(second),
    ]
    assert run([path], steps) == [{path}] * 4


def test_a_linked_folder_is_followed_and_so_is_its_change(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.toml").write_text(name)
    folder = tmp_path / "dictate"
    folder.symlink_to(tmp_path / "one")
    path = folder / "config.toml"

    def relink() -> None:
        folder.unlink()
        folder.symlink_to(tmp_path / "two")

    steps: list[Callable[[], object]] = [
        lambda: in_place(tmp_path / "one" / "config.toml"),
        relink,
        lambda: in_place(tmp_path / "two" / "config.toml"),
    ]
    assert run([path], steps) == [{path}] * 3


def test_folders_that_come_later_and_go_again_are_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "config.toml"

    def make() -> None:
        path.parent.mkdir(parents=True)
        path.write_text("made")

    def move() -> None:
        (tmp_path / "a" / "b").rename(tmp_path / "a" / "c")

    def move_back() -> None:
        (tmp_path / "a" / "c").rename(tmp_path / "a" / "b")

    steps: list[Callable[[], object]] = [
        make,
        lambda: in_place(path),
        lambda: shutil.rmtree(tmp_path / "a"),
        make,
        move,
        move_back,
        lambda: in_place(path),
    ]
    assert run([path], steps) == [{path}] * 7


def test_a_folder_changes_with_each_of_its_files(tmp_path: Path) -> None:
    folder, elsewhere = tmp_path / "hotwords.d", tmp_path / "elsewhere"
    names, linked = folder / "names.toml", folder / "linked.toml"
    elsewhere.mkdir()

    def make() -> None:
        folder.mkdir()
        names.write_text("made")

    def link() -> None:
        (elsewhere / "list.toml").write_text("linked")
        linked.symlink_to(elsewhere / "list.toml")

    def nothing() -> object:
        (tmp_path / "unrelated").write_text("x")
        return NOTHING

    steps: list[Callable[[], object]] = [
        make,
        lambda: in_place(names),
        link,
        lambda: in_place(elsewhere / "list.toml"),
        nothing,
        names.unlink,
        lambda: shutil.rmtree(folder),
    ]
    heard = run([folder], steps)
    assert heard == [{folder}] * 4 + [set()] + [{folder}] * 2


def test_a_folder_that_is_a_link_is_watched_where_it_leads(tmp_path: Path) -> None:
    dotfiles = tmp_path / "dotfiles"
    dotfiles.mkdir()
    folder = tmp_path / "hotwords.d"
    folder.symlink_to(dotfiles)
    assert run([folder], [lambda: (dotfiles / "a.toml").write_text("a")]) == [{folder}]


def test_a_circle_of_links_ends_when_it_is_broken(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.symlink_to("config.toml")

    def repair() -> None:
        path.unlink()
        path.write_text("repaired")

    assert run([path], [repair, lambda: in_place(path)]) == [{path}, {path}]


def test_a_change_between_looking_and_watching_is_not_lost(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch_spots = watch_module._watch_spots
    times = iter(range(2))

    def late(*args: object) -> object:
        if next(times, None) is not None:
            path.write_text(path.read_text() + "meanwhile")
        return watch_spots(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(watch_module, "_watch_spots", late)
    assert run([path], [lambda: in_place(path)]) == [{path}]


def test_trouble_in_the_listener_does_not_end_the_watch(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_: Path) -> None:
        raise RuntimeError("the listener failed")

    steps: list[Callable[[], object]] = [lambda: in_place(path), lambda: in_place(path)]
    assert run([path], steps, fail) == [{path}, {path}]
    assert caplog.text.count("applying it failed") == 2


def test_a_system_that_cannot_watch_is_told_and_tried_again(
    path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    failures = iter([OSError(24, "Too many open files")])

    def inotify() -> object:
        for failure in failures:
            raise failure
        return Inotify()

    monkeypatch.setattr(watch_module, "Inotify", inotify)
    monkeypatch.setattr(watch_module, "RETRY_S", 0.01)
    assert run([path], [lambda: in_place(path)]) == [{path}]
    assert "Too many open files" in caplog.text


@contextmanager
def counted_descriptors() -> Iterator[None]:
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_no_descriptor_is_left_open(path: Path) -> None:
    run([path], [lambda: in_place(path)])
    with counted_descriptors():
        run([path], [lambda: in_place(path) for _ in range(5)])
