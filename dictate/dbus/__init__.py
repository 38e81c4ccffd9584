"""The D-Bus service: what other programs may ask of the daemon."""
