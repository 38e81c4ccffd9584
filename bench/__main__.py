"""`python -m bench`: every benchmark, one after the other, as Markdown tables."""

from bench import footprint, nemotron, overlay, press_to_sample, qwen3, release_to_text, remote

for one in (release_to_text, press_to_sample, footprint, overlay, nemotron, qwen3, remote):
    print(f"\n## {one.__name__.partition('.')[2]}\n")
    one.main()
