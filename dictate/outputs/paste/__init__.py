"""Pasting: put the text on the clipboard, press the paste keys, put the clipboard back."""
