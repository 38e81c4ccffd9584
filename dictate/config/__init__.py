"""The settings: their schema, the file they are read from, the reference made of them."""
