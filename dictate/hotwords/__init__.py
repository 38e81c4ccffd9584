"""The user's own words: their data model, and hotwords.toml."""
