"""Python runs this at its start if this folder is on its path: the daemon, its engine processes and
its downloads then have the small model of `tests/lab/arriving_model.py`."""

import sys

PROGRAMS = {"run", "models", "dictate.engines.worker", "dictate.models.fetch"}

if PROGRAMS & set(sys.orig_argv):
    from tests.lab import arriving_model

    arriving_model.install()
