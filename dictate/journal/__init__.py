"""The dictations: texts and sound, kept so that no crash can lose them."""
