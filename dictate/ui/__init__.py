"""What the user sees and hears: overlay, tray, notifications, sounds; music pauses."""
