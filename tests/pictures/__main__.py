"""`python -m tests.pictures [NAME ...]` takes these again, or all; `make pictures`."""

import sys

from tests.lab.daemon import REPOSITORY
from tests.pictures import film

FOLDER = REPOSITORY / "docs" / "pictures"

film.film(FOLDER / "dictation.webp")
