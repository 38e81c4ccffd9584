"""`dictate file`: recordings become text, the same way as what is spoken into the microphone.

One engine process for all files. The sound is read as a stream and cut where nobody speaks; each
segment is one dictation, and is kept on disk as soon as it is heard. `plan.py` says what is to be
done, `command.py` does it, `cut.py` cuts, `kept.py` keeps, `cues.py` makes lines of subtitle
length, `formats.py` writes, `show.py` tells.
"""
