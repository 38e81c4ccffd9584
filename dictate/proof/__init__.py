"""Shows what a term does before it is used: clips are recognized without it and with it, by the
engine that runs.

`python -m dictate.proof` is a child process of whoever wants the proof. It prints JSON lines: what
it is doing, and last the result or an error (`__main__.py`). It loads no model: it is one more
client of the engine process of the daemon, and waits while a dictation is under way.
"""
