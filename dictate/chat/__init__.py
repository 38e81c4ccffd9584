"""A language model of the user's choice edits texts: it polishes what was said, and changes what is
selected.

The server is any with OpenAI's chat interface, on this machine or, by its explicit address, on
another. The model is not trusted: `guards.py` refuses what is no edit of the text, and the raw text
stays. The daemon itself uses no network, so a process of its own (`host.py`) talks to the server.
"""
