"""The words as they come, in a small window of its own process: `process.py` keeps that process,
`picture.py` says what it shows, `window.py` is the process.
"""
