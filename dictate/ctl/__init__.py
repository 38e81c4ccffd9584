"""The command `dictatectl`: talks to the running daemon over D-Bus."""
