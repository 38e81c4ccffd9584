"""Outputs that paste with keys which the desktop's portal or the kernel presses."""
