"""What we use of the system: folders, buses, desktops, files."""
