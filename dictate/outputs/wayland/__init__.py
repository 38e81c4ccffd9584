"""Text into the windows of a Wayland compositor, as a client of it."""
