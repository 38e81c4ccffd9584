"""The film and the pictures of the documentation, taken from running programs: `make pictures`."""
