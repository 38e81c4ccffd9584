"""The running daemon: what it is built of, and what happens when."""
