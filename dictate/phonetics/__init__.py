"""How words sound: pronunciations, how near two of them are, and which common words are near.

Sounds are written in ARPAbet without stress, as in CMU's pronouncing dictionary, with a space
between phonemes: "K L AO D". English only. Everything is loaded at its first use and kept.
"""
