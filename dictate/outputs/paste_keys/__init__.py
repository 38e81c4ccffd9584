"""Outputs that paste by keys pressed elsewhere: by the desktop's portal, or in the kernel."""
