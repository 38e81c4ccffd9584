"""`dictate serve`: shares this machine's engine with other users and machines."""
