"""`python -m tests.pictures` takes all of them again; a NAME of one behind it, that one only."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from tests.lab.daemon import REPOSITORY
from tests.pictures.film import film
from tests.pictures.overlay import overlay
from tests.pictures.settings import settings
from tests.pictures.terminal import check

FOLDER: Final = REPOSITORY / "docs" / "pictures"
PICTURES: Final[dict[str, Callable[[Path], None]]] = {
    "dictation.webp": film,
    "overlay-light.png": partial(overlay, "light"),
    "overlay-dark.png": partial(overlay, "dark"),
    "check.png": check,
    "settings.png": settings,
}


def main() -> None:
    for name in sys.argv[1:] or PICTURES:
        PICTURES[name](FOLDER / name)
        print(f"docs/pictures/{name}: {(FOLDER / name).stat().st_size // 1000} kB", flush=True)


if __name__ == "__main__":
    main()
