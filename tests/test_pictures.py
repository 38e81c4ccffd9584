"""The film and the pictures of the documentation are those that `make pictures` takes."""

from PIL import Image

from tests.pictures.__main__ import FOLDER, PICTURES

FILM = FOLDER / "dictation.webp"


def test_each_is_there_and_no_other() -> None:
    assert sorted(path.name for path in FOLDER.iterdir()) == sorted(PICTURES)


def test_the_film_shows_a_dictation_in_a_few_seconds_and_is_small() -> None:
    assert FILM.stat().st_size < 1_500_000
    milliseconds = 0
    with Image.open(FILM) as film:
        for at in range(getattr(film, "n_frames", 1)):
            film.seek(at)
            film.load()
            milliseconds += film.info["duration"]
    assert 6_000 <= milliseconds <= 10_000
