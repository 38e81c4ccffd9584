"""What programs share that talk to the daemon over the session bus: `dictatectl`, the settings
window."""
