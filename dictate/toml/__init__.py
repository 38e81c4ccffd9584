"""Reading and writing TOML files, with line and column for each mistake."""
