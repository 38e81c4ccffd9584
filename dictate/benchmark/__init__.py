"""`dictate bench gate`: is this machine, with this engine, good enough to dictate with?

The table that started the project, measured where the user sits, through the engine process that
the daemon uses: `rows.py` judges, `speech.py` speaks, `run.py` measures, `show.py` shows.
"""
