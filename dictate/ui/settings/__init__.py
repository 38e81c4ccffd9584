"""The settings window, in the system's Python, which has GTK: `main.py` runs there, and
`dictate/settings/` tells it what to show. It imports nothing but these files, and the translation.
"""

from pathlib import Path
from typing import Final

WINDOW: Final = Path(__file__).with_name("main.py")
