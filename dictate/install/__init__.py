"""`dictate setup`: the service, keyboard shortcuts, other machines, and how to take it all away."""
