"""`dictate serve`: this machine's engine for others."""
