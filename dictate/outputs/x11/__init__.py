"""Text into the windows of an X server."""
