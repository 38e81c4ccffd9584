"""Hold a key, talk, let go: the words stand in the window you were looking at."""

__version__ = "0.1.0"
