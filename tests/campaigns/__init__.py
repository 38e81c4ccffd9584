"""Campaigns: one kind of abuse each, random and seeded, for as long as one likes.

    python -m tests.campaigns NAME --seed 1 --count 1000 --seconds 600
    make campaign                      all of them, at the length of a night

Each prints one line, and for each finding one more: the seed and the step that repeat it.
"""
