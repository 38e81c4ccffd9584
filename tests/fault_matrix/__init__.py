"""The fault matrix: 74 faults and 20 threats (`rows.py`), each held by tests that have the mark
`@pytest.mark.fault("A1", ...)`, and docs/reliability.md, which says what came of them.

    python -m tests.fault_matrix                   write the page anew from the stored figures
    python -m tests.fault_matrix --run --rounds 3  run all marked tests first, three times

Three things make the page, so that it stays true by itself:

- `rows.py`, the table, and `marks.py`, which finds the marked tests in the source;
- `figures.json`, what the last run of each marked test came to (`plugin.py` gathers it). A run of
  some of the tests replaces their figures only;
- `campaign.json`, what the long runs came to. `page.store_campaign` writes it.

A marked test may tell figures by pytest's `record_property`, each as often as it likes:

- "detected_s" and "recovered_s": seconds from the fault until it was noticed, and until a dictation
  works again;
- "runs": how often it injected the fault, if more than once;
- "lost", "doubled", "misplaced": dictations, if it counts them. Else its assertions stand for 0.
"""
