"""Text into the fields that belong to IBus."""
