"""The correction window, in a process of its own: `process.py` talks with it, `window.py` is it."""
