"""The guided setup: `dictate setup` in a terminal leads through microphone, key, engine, words and
the first sentence. `walk.py` has the order; each step is a module of its own."""
