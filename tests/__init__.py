"""The tests. They read what Dictate says in English, whatever the language of the machine."""

import os

os.environ["LANGUAGE"] = "C"
