"""`dictate file`: transcribes recordings, in the same way as speech from the microphone.

One engine process serves all files. The sound is read as a stream and cut where nobody speaks. Each
segment is one utterance, and its transcript is on disk as soon as it is known.

- `plan.py` decides which file becomes which output, with which hotwords.
- `source.py` stores pipes, which can be read only once.
- `command.py` does it.
- `cut.py` cuts the sound into segments.
- `align.py` and `words.py` find the time of each word.
- `resume_file.py` keeps the transcripts, so that an interrupted run can be resumed.
- `cues.py` makes subtitles, and `formats.py` writes the outputs.
- `progress.py` shows the progress.
"""
