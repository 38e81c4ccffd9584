"""The user's own words: their model, and the file they are read from."""
