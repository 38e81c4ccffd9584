"""The fourth stage: what was heard becomes what is written. Pure functions, in this order."""
