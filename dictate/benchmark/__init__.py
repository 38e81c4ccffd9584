"""`dictate bench gate`: is this machine, with this engine, good enough to dictate with?

It measures on the user's machine, through the same engine process that the daemon uses. `audio.py`
makes the speech, `measure.py` measures, `rows.py` judges, `report.py` prints.
"""
