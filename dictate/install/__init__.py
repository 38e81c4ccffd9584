"""`dictate setup`: installs the service, keyboard shortcuts and tunnels, and removes them again."""
